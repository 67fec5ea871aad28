internal import Base
internal import Hardware
internal import NucleusLayout
internal import NucleusLayoutX86_64

/// The page tables of a machine that a loader entered by its own protocol: the few that the entry
/// stub made are completed here, from ring 3, before anything else runs.
struct BootTables {
    /// Tables out of the room between the stub's and the kernel.
    private enum Storage: TableMemory {
        static let next = Global(UInt64(PVH_FREE))

        static func load(_ table: PhysicalAddress, _ index: Int) -> UInt64 {
            Frame(containing: table).load(UInt64.self, at: index * 8)
        }
        static func store(_ value: UInt64, _ table: PhysicalAddress, _ index: Int) {
            Frame(containing: table).store(value, at: index * 8)
        }
        static func allocate() -> PhysicalAddress? {
            let address = next.value
            guard address + UInt64(Page.size) <= UInt64(PVH_KERNEL) else { return nil }
            next.value = address + UInt64(Page.size)
            Frame(containing: PhysicalAddress(rawValue: address)).zero()
            return PhysicalAddress(rawValue: address)
        }
        static func free(_ table: PhysicalAddress) {}
        static func flush(_ address: VirtualAddress) { CPU.flushPage(address) }
    }

    private let tables = PageTable<Storage, PageTableEntry>(
        root: PhysicalAddress(rawValue: UInt64(PVH_TABLES)))
    private static var largePageSize: UInt64 { 2 << 20 }

    /// Bounds of the kernel's segments, as virtual addresses; it begins at LIBRARY_BASE.
    struct Kernel: Sendable {
        let constants: UInt64
        let data: UInt64
        let end: UInt64
        init(constants: UInt64, data: UInt64, end: UInt64) {
            self.constants = constants
            self.data = data
            self.end = end
        }
        /// Where the image ends in RAM.
        var physicalEnd: UInt64 { Self.physical(end) }
        fileprivate static func physical(_ address: UInt64) -> UInt64 {
            address - UInt64(LIBRARY_BASE) + UInt64(PVH_KERNEL)
        }
    }

    init() {}

    /// The root that is loaded.
    var root: PhysicalAddress { tables.root }

    private func set(_ address: UInt64, to physical: UInt64, _ rights: PageRights) -> Bool {
        tables.set(
            PageTableEntry(
                libraryPage: PhysicalAddress(rawValue: physical), rights: rights),
            at: VirtualAddress(rawValue: address))
    }

    /// Maps a page of device registers, uncached; false without room for tables.
    func mapDevice(_ address: UInt64, to physical: UInt64) -> Bool {
        tables.set(
            PageTableEntry(devicePage: PhysicalAddress(rawValue: physical)),
            at: VirtualAddress(rawValue: address))
    }

    /// Gives the kernel's pages their segments' rights and takes what lies behind them away.
    func protect(_ kernel: Kernel) -> Bool {
        let start = UInt64(LIBRARY_BASE)
        let mappedEnd = start + UInt64(PVH_MAPPED - PVH_KERNEL)
        let lastEnd = (kernel.end + Self.largePageSize - 1) & ~(Self.largePageSize - 1)
        guard split(start, lastEnd) else { return false }
        update(start, kernel.end) { address, _ in
            let rights: PageRights =
                address < kernel.constants
                ? [.read, .execute] : address < kernel.data ? .read : [.read, .write]
            return PageTableEntry(
                libraryPage: PhysicalAddress(rawValue: Kernel.physical(address)), rights: rights)
        }
        update(kernel.end, mappedEnd) { _, _ in .absent }
        // No writable alias of code, constants, and what ring 0 runs and reads.
        let aliases = UInt64(DIRECT_MAP_BASE)
        let area = aliases + UInt64(PVH_AREA)
        let code = aliases + UInt64(PVH_KERNEL)
        let codeEnd = aliases + Kernel.physical(kernel.data)
        guard split(aliases, codeEnd) else { return false }
        for (start, end) in [
            (code, codeEnd),
            (area + UInt64(AREA_NUCLEUS), area + UInt64(AREA_EXCEPTION_STACK)),
        ] {
            update(start, end) { address, _ in
                PageTableEntry(
                    libraryPage: PhysicalAddress(rawValue: address - aliases), rights: .read)
            }
        }
        return true
    }
    /// Makes sure that a range is mapped by small pages.
    private func split(_ start: UInt64, _ end: UInt64) -> Bool {
        for address in stride(from: start, to: end, by: Int(Self.largePageSize)) {
            guard tables.splitLargePage(at: VirtualAddress(rawValue: address)) else { return false }
        }
        return true
    }
    private func update(
        _ start: UInt64, _ end: UInt64, _ body: (UInt64, PageTableEntry) -> PageTableEntry
    ) {
        tables.update(VirtualAddress(rawValue: start), VirtualAddress(rawValue: end)) {
            body($0.rawValue, $1)
        }
    }

    /// Adds RAM to the direct map; what is mapped already stays. False without room for tables.
    func mapDirectly(_ base: UInt64, _ end: UInt64) -> Bool {
        var physical = max(base, UInt64(PVH_MAPPED))
        while physical < end {
            let address = UInt64(DIRECT_MAP_BASE) + physical
            if physical & (Self.largePageSize - 1) == 0, physical + Self.largePageSize <= end {
                let entry = PageTableEntry(
                    libraryLargePage: PhysicalAddress(rawValue: physical), rights: [.read, .write])
                guard tables.setLarge(entry, at: VirtualAddress(rawValue: address)) else {
                    return false
                }
                physical += Self.largePageSize
            } else {
                guard set(address, to: physical, [.read, .write]) else { return false }
                physical += UInt64(Page.size)
            }
        }
        return true
    }

    /// Takes the entry stub's identity map away and drops every old translation.
    func finish() {
        Storage.store(0, root, 0)
        CPU.loadRoot(root)
    }
}
