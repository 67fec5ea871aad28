package import Base

/// ACPI's tables (ACPI 6.5, section 5.2) as far as they tell of a machine's CPUs: the root pointer leads
/// to a table of tables, and one of those lists the CPUs' interrupt controllers.
package enum FirmwareTables {
    /// RSDP, the root pointer (section 5.2.5.3).
    package struct RootPointer: Equatable, Sendable {
        package static let byteCount = 36
        private static let oldByteCount = 20
        private static let signature: UInt64 = 0x2052_5450_2044_5352  // "RSD PTR "

        /// XSDT, or RSDT in older machines.
        package let table: PhysicalAddress
        /// Bytes of one of its entries: 8, or 4.
        package let entryByteCount: Int

        /// `nil` where the bytes are no root pointer, or damaged.
        package init?(checking bytes: RawSpan) {
            guard bytes.byteCount >= Self.byteCount,
                bytes.littleEndian(UInt64.self, at: 0) == Self.signature,
                FirmwareTables.sum(bytes, Self.oldByteCount) == 0
            else { return nil }
            let extended = bytes.littleEndian(UInt64.self, at: 24)
            if bytes.byte(at: 15) >= 2, extended != 0 {
                guard FirmwareTables.sum(bytes, Self.byteCount) == 0 else { return nil }
                table = PhysicalAddress(rawValue: extended)
                entryByteCount = 8
            } else {
                table = PhysicalAddress(rawValue: UInt64(bytes.littleEndian(UInt32.self, at: 16)))
                entryByteCount = 4
            }
        }
    }

    /// What every table begins with (section 5.2.6).
    package struct Header: Equatable, Sendable {
        package static let byteCount = 36
        /// No table that is read here is longer.
        package static let maximumTableByteCount = 1 << 16
        /// "APIC", the multiple APIC description table.
        package static let processors: UInt32 = 0x4349_5041

        package let signature: UInt32
        /// Bytes of the table, this header among them.
        package let tableByteCount: Int

        /// `nil` where the bytes are too few, or the length is impossible.
        package init?(checking bytes: RawSpan) {
            guard bytes.byteCount >= Self.byteCount,
                let count = Int(exactly: bytes.littleEndian(UInt32.self, at: 4)),
                (Self.byteCount...Self.maximumTableByteCount).contains(count)
            else { return nil }
            signature = bytes.littleEndian(UInt32.self, at: 0)
            tableByteCount = count
        }
    }

    /// Whether a whole table's bytes add up to 0.
    package static func isIntact(_ table: RawSpan) -> Bool { sum(table, table.byteCount) == 0 }
    private static func sum(_ bytes: RawSpan, _ count: Int) -> UInt8 {
        var sum: UInt8 = 0
        for index in 0..<count { sum &+= bytes.byte(at: index) }
        return sum
    }

    /// Entry `index` of the root's table; `nil` behind the last.
    package static func entry(
        _ index: Int, of table: RawSpan, _ root: RootPointer
    ) -> PhysicalAddress? {
        let offset = Header.byteCount + index * root.entryByteCount
        guard offset + root.entryByteCount <= table.byteCount else { return nil }
        return PhysicalAddress(
            rawValue: root.entryByteCount == 8
                ? table.littleEndian(UInt64.self, at: offset)
                : UInt64(table.littleEndian(UInt32.self, at: offset)))
    }

    /// CPUs in the multiple APIC description table (section 5.2.12): the local APICs' identifiers, of
    /// those that are enabled.
    package struct Processors: Sendable {
        private static let firstOffset = 44
        private enum Kind {
            static let localController: UInt8 = 0
            static let localX2Controller: UInt8 = 9
        }
        private var offset = Self.firstOffset

        package init() {}
        /// The next CPU's; `nil` behind the last, or where the table is damaged.
        package mutating func next(in table: RawSpan) -> UInt32? {
            while offset + 2 <= table.byteCount {
                let start = offset
                let byteCount = Int(table.byte(at: start + 1))
                guard byteCount >= 2, start + byteCount <= table.byteCount else { return nil }
                offset = start + byteCount
                switch table.byte(at: start) {
                case Kind.localController where byteCount >= 8:
                    guard table.littleEndian(UInt32.self, at: start + 4) & 1 != 0 else { continue }
                    return UInt32(table.byte(at: start + 3))
                case Kind.localX2Controller where byteCount >= 16:
                    guard table.littleEndian(UInt32.self, at: start + 8) & 1 != 0 else { continue }
                    return table.littleEndian(UInt32.self, at: start + 4)
                default: continue
                }
            }
            return nil
        }
    }
}
