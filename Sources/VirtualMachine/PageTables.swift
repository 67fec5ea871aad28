package import Base

/// Page tables under construction: four levels, kept as arrays until they are stored.
package struct PageTables: Sendable {
    /// Bits of an entry (SDM 3A, 4.5).
    package struct Rights: OptionSet, Sendable {
        package let rawValue: UInt64
        package init(rawValue: UInt64) { self.rawValue = rawValue }
        package static let writable = Self(rawValue: 1 << 1)
        package static let user = Self(rawValue: 1 << 2)
        /// Device registers: write-through and cache-disable.
        package static let uncached = Self(rawValue: 1 << 3 | 1 << 4)
        package static let global = Self(rawValue: 1 << 8)
        package static let noExecute = Self(rawValue: 1 << 63)
    }

    package static let present: UInt64 = 1
    package static let accessed: UInt64 = 1 << 5
    package static let dirty: UInt64 = 1 << 6
    package static let large: UInt64 = 1 << 7
    package static let addressMask: UInt64 = 0x000f_ffff_ffff_f000
    package static let largePageSize: UInt64 = 2 << 20
    private static let entriesPerTable = 512

    /// Where table 0, the root, will be stored; the others follow.
    package let base: PhysicalAddress
    package private(set) var tables: [[UInt64]]

    package init(base: PhysicalAddress) {
        self.base = base
        tables = [[UInt64](repeating: 0, count: Self.entriesPerTable)]
    }

    /// Maps one 4 KiB page. Precondition: nothing is mapped there.
    package mutating func map(page address: UInt64, to physical: UInt64, _ rights: Rights) {
        set(address, level: 0, leaf(physical, rights))
    }
    /// Maps one 2 MiB page. Precondition: nothing is mapped there, and both are aligned.
    package mutating func map(largePage address: UInt64, to physical: UInt64, _ rights: Rights) {
        precondition((address | physical) & (Self.largePageSize - 1) == 0)
        set(address, level: 1, leaf(physical, rights) | Self.large)
    }
    /// Maps `byteCount` bytes, rounded up to pages, by small pages.
    package mutating func map(
        _ address: UInt64, to physical: UInt64, byteCount: UInt64, _ rights: Rights
    ) {
        var offset: UInt64 = 0
        while offset < byteCount {
            map(page: address + offset, to: physical + offset, rights)
            offset += UInt64(Page.size)
        }
    }

    /// Accessed and dirty are set beforehand: the CPU would set them by a store of its own, which
    /// costs an exit where a host shadows the tables.
    private func leaf(_ physical: UInt64, _ rights: Rights) -> UInt64 {
        physical | rights.rawValue | Self.present | Self.accessed
            | (rights.contains(.writable) ? Self.dirty : 0)
    }

    private mutating func set(_ address: UInt64, level: Int, _ entry: UInt64) {
        var table = 0
        var depth = 3
        while depth > level {
            let index = Self.index(address, depth)
            if tables[table][index] == 0 {
                // Rights are decided by the leaf alone.
                tables[table][index] =
                    tableAddress(tables.count) | Self.present | Rights.writable.rawValue
                    | Rights.user.rawValue | Self.accessed
                tables.append([UInt64](repeating: 0, count: Self.entriesPerTable))
            }
            table = Int(
                (tables[table][index] & Self.addressMask - base.rawValue) / UInt64(Page.size))
            depth -= 1
        }
        let index = Self.index(address, level)
        precondition(tables[table][index] == 0, "mapped twice")
        tables[table][index] = entry
    }

    private func tableAddress(_ number: Int) -> UInt64 {
        base.rawValue + UInt64(number * Page.size)
    }
    /// Index into the table of `level` (0: 4 KiB pages, 3: the root).
    package static func index(_ address: UInt64, _ level: Int) -> Int {
        Int(address >> UInt64(12 + 9 * level)) & (entriesPerTable - 1)
    }

    /// The leaf that maps an address, and the size of its page; `nil` where nothing does.
    package func leaf(for address: UInt64) -> (entry: UInt64, pageSize: UInt64)? {
        var table = 0
        for level in [3, 2, 1, 0] {
            let entry = tables[table][Self.index(address, level)]
            guard entry & Self.present != 0 else { return nil }
            if level == 0 { return (entry, UInt64(Page.size)) }
            if entry & Self.large != 0 { return (entry, Self.largePageSize) }
            table = Int((entry & Self.addressMask - base.rawValue) / UInt64(Page.size))
        }
        return nil
    }
}
