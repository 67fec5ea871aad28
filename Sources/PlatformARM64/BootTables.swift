internal import Base
internal import Hardware
internal import NucleusLayout
internal import NucleusLayoutARM64

/// Where the kernel's image lies: segments as virtual addresses, all page-aligned.
struct KernelPlace: Sendable {
    /// Physical address of LIBRARY_BASE.
    let base: UInt64
    /// The zeroed pages that the image sets aside for boot (BOOT_*).
    let bootPages: UInt64
    let constants: UInt64
    let data: UInt64
    let end: UInt64

    func physical(_ address: UInt64) -> UInt64 { address - UInt64(LIBRARY_BASE) + base }
    func bootPage(_ offset: Int32) -> UInt64 { physical(bootPages) + UInt64(offset) }
    /// The nucleus's page: the constants begin with it, behind the page of the note.
    var nucleus: PhysicalAddress {
        PhysicalAddress(rawValue: physical(constants) + UInt64(Page.size))
    }
    var physicalEnd: UInt64 { physical(end) }
}

/// The machine's page tables, made anew beside the boot code's, which map a gigabyte around the kernel
/// with every right: these have the segments' rights, all RAM, and no writable alias of code.
struct BootTables {
    private enum Storage: TableMemory {
        static let next = Global<UInt64>(0)
        static let end = Global<UInt64>(0)

        static func load(_ table: PhysicalAddress, _ index: Int) -> UInt64 {
            Frame(containing: table).load(UInt64.self, at: index * 8)
        }
        static func store(_ value: UInt64, _ table: PhysicalAddress, _ index: Int) {
            Frame(containing: table).store(value, at: index * 8)
        }
        static func allocate() -> PhysicalAddress? {
            let address = next.value
            guard address < end.value else { return nil }
            next.value = address + UInt64(Page.size)
            return PhysicalAddress(rawValue: address)
        }
        static func free(_ table: PhysicalAddress) {}
        static func flush(_ address: VirtualAddress) {}
    }
    private let tables: PageTable<Storage, PageTableEntry>
    private let kernel: KernelPlace
    private static var largePageSize: UInt64 { 2 << 20 }

    /// The tables with what the library OS is itself; `nil` without room.
    init?(_ kernel: KernelPlace) {
        let start = kernel.bootPage(BOOT_FREE_TABLES)
        Storage.next.value = start
        Storage.end.value = start + UInt64(BOOT_FREE_TABLE_COUNT) * UInt64(Page.size)
        guard let root = Storage.allocate() else { return nil }
        tables = PageTable(root: root)
        self.kernel = kernel
        guard mapKernel(), mapArea() else { return nil }
    }
    var root: PhysicalAddress { tables.root }

    private func map(_ address: UInt64, _ entry: PageTableEntry) -> Bool {
        tables.set(entry, at: VirtualAddress(rawValue: address))
    }
    private func map(_ address: UInt64, to physical: UInt64, _ rights: PageRights) -> Bool {
        map(
            address,
            PageTableEntry(libraryPage: PhysicalAddress(rawValue: physical), rights: rights))
    }
    private func mapKernel() -> Bool {
        for address in stride(from: UInt64(LIBRARY_BASE), to: kernel.end, by: Page.size) {
            let page = PhysicalAddress(rawValue: kernel.physical(address))
            let entry =
                address < kernel.constants
                ? PageTableEntry(libraryPage: page, rights: [.read, .execute]).guarded
                : PageTableEntry(
                    libraryPage: page, rights: address < kernel.data ? .read : [.read, .write])
            guard map(address, entry) else { return false }
        }
        return true
    }
    /// CPU 0's area in both views, its crash stack, and the stack of boot.
    private func mapArea() -> Bool {
        let area = UInt64(CPU_AREA_BASE)
        let user = area + UInt64(CPU_AREA_USER_VIEW)
        let data = PhysicalAddress(rawValue: kernel.bootPage(BOOT_AREA))
        guard map(area, PageTableEntry(nucleusPage: data, isCode: false)),
            map(
                area + UInt64(AREA_NUCLEUS),
                PageTableEntry(nucleusPage: kernel.nucleus, isCode: true)),
            map(user, to: data.rawValue, [.read, .write])
        else { return false }
        let stack = UInt64(LIBRARY_STACK_BASE) + UInt64(Page.size)
        return mapRange(
            user + UInt64(AREA_CRASH_STACK), to: kernel.bootPage(BOOT_CRASH_STACK),
            byteCount: UInt64(AREA_CRASH_PAGES) * UInt64(Page.size))
            && mapRange(
                stack, to: kernel.bootPage(BOOT_STACK), byteCount: UInt64(BOOT_STACK_BYTES))
    }
    private func mapRange(_ address: UInt64, to physical: UInt64, byteCount: UInt64) -> Bool {
        for offset in stride(from: 0, to: byteCount, by: Page.size) {
            guard map(address + offset, to: physical + offset, [.read, .write]) else {
                return false
            }
        }
        return true
    }

    /// Maps pages of device registers; false without room for tables.
    func mapDevice(_ address: UInt64, to physical: UInt64, byteCount: UInt64 = 1) -> Bool {
        for offset in stride(from: 0, to: byteCount, by: Page.size) {
            let page = PhysicalAddress(rawValue: physical + offset)
            guard map(address + offset, PageTableEntry(devicePage: page)) else { return false }
        }
        return true
    }
    /// Adds RAM to the direct map, the kernel's code and constants read-only; false without room for
    /// tables. Precondition: whole pages.
    func mapDirectly(_ base: UInt64, _ end: UInt64) -> Bool {
        let fixed = kernel.base..<kernel.physical(kernel.data)
        var physical = base
        while physical < end {
            let address = UInt64(DIRECT_MAP_BASE) + physical
            let next = physical + Self.largePageSize
            if physical & (Self.largePageSize - 1) == 0, next <= end,
                !(physical..<next).overlaps(fixed)
            {
                let entry = PageTableEntry(
                    libraryLargePage: PhysicalAddress(rawValue: physical), rights: [.read, .write])
                guard tables.setLarge(entry, at: VirtualAddress(rawValue: address)) else {
                    return false
                }
                physical = next
            } else {
                let rights: PageRights = fixed.contains(physical) ? .read : [.read, .write]
                guard map(address, to: physical, rights) else { return false }
                physical += UInt64(Page.size)
            }
        }
        return true
    }
    /// Goes over to these tables for good.
    func finish() {
        CPU.loadRoot(root)
        CPU.flushAll()
    }
}
