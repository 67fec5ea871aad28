package import Base

/// How firmware's memory is reached.
package protocol FirmwareReader: ~Copyable {
    associatedtype Place: FirmwarePlace
    /// Maps bytes at any address that a table may name; `nil` where that can't be.
    mutating func map(_ address: PhysicalAddress, byteCount: Int) -> Place?
}
/// Bytes of firmware.
package protocol FirmwarePlace {
    func withBytes<Result>(_ body: (RawSpan) -> Result) -> Result
}

extension FirmwareReader where Self: ~Copyable {
    /// The table of CPUs that the root pointer at `pointer` leads to; `nil` where there is none, or a
    /// damaged one.
    package mutating func processorTable(_ pointer: PhysicalAddress) -> Place? {
        guard let start = map(pointer, byteCount: FirmwareTables.RootPointer.byteCount),
            let root = start.withBytes({ FirmwareTables.RootPointer(checking: $0) }),
            let list = table(root.table, nil)
        else { return nil }
        var index = 0
        while let address = list.withBytes({ FirmwareTables.entry(index, of: $0, root) }) {
            if let table = table(address, FirmwareTables.Header.processors) { return table }
            index += 1
        }
        return nil
    }
    /// A whole table; `nil` where it is damaged, or has not the signature.
    private mutating func table(_ address: PhysicalAddress, _ signature: UInt32?) -> Place? {
        guard let start = map(address, byteCount: FirmwareTables.Header.byteCount),
            let header = start.withBytes({ FirmwareTables.Header(checking: $0) }),
            signature == nil || header.signature == signature,
            let table = map(address, byteCount: header.tableByteCount),
            table.withBytes({ FirmwareTables.isIntact($0) })
        else { return nil }
        return table
    }
}
