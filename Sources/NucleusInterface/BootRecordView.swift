package import Base

/// A boot record whose header, tables and version were checked.
package struct BootRecordView: ~Escapable {
    private let bytes: RawSpan

    package enum Failure: Error, Sendable {
        case truncated
        case badMagic
        case otherVersion(UInt32)
        case badTable
    }

    /// Checks magic, version, size and that each table lies within the record.
    @_lifetime(copy bytes)
    package init(checking bytes: RawSpan) throws(Failure) {
        guard bytes.byteCount >= BootRecord.headerSize else { throw .truncated }
        guard bytes.littleEndian(UInt64.self, at: BootRecord.magicField.offset) == BootRecord.magic
        else { throw .badMagic }
        let version = bytes.littleEndian(UInt32.self, at: BootRecord.version.offset)
        guard version == NucleusInterface.version else { throw .otherVersion(version) }
        let size = Int(bytes.littleEndian(UInt32.self, at: BootRecord.size.offset))
        guard size >= BootRecord.headerSize, size <= bytes.byteCount,
            size <= BootRecord.maximumSize
        else { throw .truncated }
        self.bytes = bytes.extracting(first: size)
        for table in [
            BootRecord.memoryMap, BootRecord.modules, BootRecord.devices, BootRecord.queues,
        ] {
            let start = bytes.littleEndian(UInt64.self, at: table.offset)
            let count = bytes.littleEndian(UInt64.self, at: table.offset + 8)
            guard start <= UInt64(size), count <= 4096,
                count * UInt64(table.entrySize) <= UInt64(size) - start
            else { throw .badTable }
        }
    }

    package subscript<Value: FixedWidthInteger & BitwiseCopyable>(
        field: BootRecord.Field<Value>
    ) -> Value {
        bytes.littleEndian(Value.self, at: field.offset)
    }

    package var flags: BootRecord.Flags { .init(rawValue: self[BootRecord.flags]) }

    /// A range of memory, a module: base, size and a kind that the caller interprets.
    package struct Range: Sendable {
        package let base: PhysicalAddress
        package let byteCount: UInt64
        package let kind: UInt32
    }
    package struct Device: Sendable {
        package let kind: UInt32
        package let queueVector: UInt8
        package let configurationVector: UInt8
        /// The virtio device number, where the device was prepared.
        package let identifier: UInt16
        package let base: PhysicalAddress
        package let byteCount: UInt64
        /// Features accepted in the driver's place; 0 where the driver has to start the device.
        package let features: UInt64
    }
    /// A ring of a prepared device.
    package struct Queue: Sendable {
        package let device: Int
        package let index: UInt32
        package let size: UInt32
        package let base: PhysicalAddress
    }

    /// The bytes of one entry: their bounds are checked here, once for all its fields.
    @inline(never)
    @_lifetime(copy self)
    private func entry(_ table: BootRecord.Table, _ index: Int) -> RawSpan {
        precondition(index >= 0 && index < count(table))
        let start = Int(bytes.littleEndian(UInt64.self, at: table.offset))
        return bytes.extracting(droppingFirst: start + index * table.entrySize)
            .extracting(first: table.entrySize)
    }
    /// How many entries a table has.
    package func count(_ table: BootRecord.Table) -> Int {
        Int(bytes.littleEndian(UInt64.self, at: table.offset + 8))
    }
    /// Entry `index` of the memory map or of the modules. Precondition: below the table's count.
    package func range(_ table: BootRecord.Table, at index: Int) -> Range {
        let entry = entry(table, index)
        return Range(
            base: .init(rawValue: entry.littleEndian(UInt64.self, at: 0)),
            byteCount: entry.littleEndian(UInt64.self, at: 8),
            kind: entry.littleEndian(UInt32.self, at: 16))
    }
    /// Device `index`. Precondition: below the table's count.
    package func device(at index: Int) -> Device {
        let entry = entry(BootRecord.devices, index)
        return Device(
            kind: entry.littleEndian(UInt32.self, at: 0),
            queueVector: entry.byte(at: 4),
            configurationVector: entry.byte(at: 5),
            identifier: entry.littleEndian(UInt16.self, at: 6),
            base: .init(rawValue: entry.littleEndian(UInt64.self, at: 8)),
            byteCount: entry.littleEndian(UInt64.self, at: 16),
            features: entry.littleEndian(UInt64.self, at: 24))
    }
    /// Ring `index`. Precondition: below the table's count.
    package func queue(at index: Int) -> Queue {
        let entry = entry(BootRecord.queues, index)
        return Queue(
            device: Int(entry.littleEndian(UInt32.self, at: 0)),
            index: entry.littleEndian(UInt32.self, at: 4),
            size: entry.littleEndian(UInt32.self, at: 8),
            base: .init(rawValue: entry.littleEndian(UInt64.self, at: 16)))
    }
    /// Byte `index` of the seed. Precondition: below `BootRecord.seedSize`.
    package func seedByte(at index: Int) -> UInt8 {
        precondition(index >= 0 && index < BootRecord.seedSize)
        return bytes.byte(at: BootRecord.seed + index)
    }
}
