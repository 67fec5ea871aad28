internal import Base
internal import Hardware
internal import Memory
internal import NucleusLayout
internal import Wire

/// Firmware's tables, wherever they lie: each is mapped to be read, and stays so.
struct FirmwareMemory: ~Copyable {
    private let machine: LibrarySpace
    private var nextPage = 0
    /// Pages behind FIRMWARE_WINDOW.
    private static let pageCount = 256

    init(_ machine: LibrarySpace) { self.machine = machine }

    /// Where bytes of firmware are mapped.
    struct Place {
        fileprivate let address: UInt
        fileprivate let byteCount: Int
        func withBytes<Result>(_ body: (RawSpan) -> Result) -> Result {
            BootMemory.withMapped(at: address, byteCount: byteCount, body)
        }
    }

    /// The table of CPUs; `nil` where there is none, or a damaged one.
    mutating func processorTable(_ pointer: PhysicalAddress) -> Place? {
        guard let start = map(pointer, FirmwareTables.RootPointer.byteCount),
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
        guard let start = map(address, FirmwareTables.Header.byteCount),
            let header = start.withBytes({ FirmwareTables.Header(checking: $0) }),
            signature == nil || header.signature == signature,
            let table = map(address, header.tableByteCount),
            table.withBytes({ FirmwareTables.isIntact($0) })
        else { return nil }
        return table
    }

    private mutating func map(_ address: PhysicalAddress, _ byteCount: Int) -> Place? {
        let offset = address.rawValue & Page.offsetMask
        guard address.rawValue < 1 << 52,
            let pages = Page.count(holding: offset + UInt64(byteCount)),
            let count = Int(exactly: pages), count <= Self.pageCount - nextPage
        else { return nil }
        let window = UInt64(FIRMWARE_WINDOW) + UInt64(nextPage * Page.size)
        for page in 0..<UInt64(count) {
            let step = page << UInt64(Page.shift)
            let physical = address.rawValue & ~Page.offsetMask + step
            guard
                machine.map(
                    PageTableEntry(libraryPage: PhysicalAddress(rawValue: physical), rights: .read),
                    at: VirtualAddress(rawValue: window + step))
            else { return nil }
        }
        nextPage += count
        return Place(address: UInt(window + offset), byteCount: byteCount)
    }
}
