internal import Base
internal import Hardware
internal import Memory
internal import NucleusLayout
internal import Wire

/// Firmware's tables, wherever they lie: each is mapped to be read, and stays so.
struct FirmwareMemory: FirmwareReader, ~Copyable {
    private let machine: LibrarySpace
    private var nextPage = 0
    /// Pages behind FIRMWARE_WINDOW.
    private static let pageCount = 256

    init(_ machine: LibrarySpace) { self.machine = machine }

    /// Where bytes of firmware are mapped.
    struct Place: FirmwarePlace {
        fileprivate let address: UInt
        fileprivate let byteCount: Int
        func withBytes<Result>(_ body: (RawSpan) -> Result) -> Result {
            BootMemory.withMapped(at: address, byteCount: byteCount, body)
        }
    }

    mutating func map(_ address: PhysicalAddress, byteCount: Int) -> Place? {
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
