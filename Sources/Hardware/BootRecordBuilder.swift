package import Base
package import NucleusInterface
internal import NucleusLayout

/// Writes a boot record where a loader's protocol left none: into pages set aside for it.
package struct BootRecordBuilder {
    private let base: UInt64
    private let byteCount: Int
    private var next = BootRecord.headerSize
    /// Room for a table's entries is taken when the first one comes; tables come one after another.
    private var open: (table: Int, count: UInt64)?

    /// Begins a record. Precondition: whole pages of RAM, in the direct map and nobody else's.
    package init(at place: PhysicalAddress, byteCount: Int) {
        base = place.rawValue
        self.byteCount = byteCount
        for offset in stride(from: 0, to: byteCount, by: Page.size) { frame(at: offset).zero() }
        set(BootRecord.magicField, BootRecord.magic)
        set(BootRecord.version, NucleusInterface.version)
    }

    private func frame(at offset: Int) -> Frame {
        Frame(containing: PhysicalAddress(rawValue: base &+ UInt64(truncatingIfNeeded: offset)))
    }
    // Out of line, for its many callers: under an emulator distinct code is what a start costs.
    @inline(never)
    private func store<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at offset: Int) {
        frame(at: offset).store(value, at: offset % Page.size)
    }
    package func set<Value: FixedWidthInteger & BitwiseCopyable>(
        _ field: BootRecord.Field<Value>, _ value: Value
    ) {
        store(value, at: field.offset)
    }

    /// Takes bytes over that nobody else has seen. Precondition: BootRecord.seedSize bytes.
    package func setSeed(_ bytes: RawSpan) {
        precondition(bytes.byteCount == BootRecord.seedSize)
        for offset in stride(from: 0, to: bytes.byteCount, by: 8) {
            store(bytes.littleEndian(UInt64.self, at: offset), at: BootRecord.seed + offset)
        }
    }
    /// Appends an entry of up to four words to a table; false where the record is full.
    @discardableResult
    @inline(never)
    package mutating func append(
        _ table: BootRecord.Table, _ first: UInt64, _ second: UInt64, _ third: UInt64,
        _ fourth: UInt64 = 0
    ) -> Bool {
        guard next + table.entrySize <= byteCount else { return false }
        if open?.table != table.offset {
            open = (table.offset, 0)
            store(UInt64(next), at: table.offset)
        }
        let count = (open?.count ?? 0) + 1
        open = (table.offset, count)
        store(count, at: table.offset + 8)
        store(first, at: next)
        store(second, at: next + 8)
        store(third, at: next + 16)
        if table.entrySize > 24 { store(fourth, at: next + 24) }
        next += table.entrySize
        return true
    }

    /// Ends the record; returns its address as the library OS sees it.
    package func finish() -> UInt {
        set(BootRecord.size, UInt32(next))
        return UInt(UInt64(DIRECT_MAP_BASE) + base)
    }
}
