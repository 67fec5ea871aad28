package import Base
internal import NucleusLayoutX86_64
package import PageTables

/// An entry of a page table (SDM volume 3, section 5.5).
///
/// Everything runs in ring 3, so each entry has the user bit. A page without any right keeps its
/// frame in an entry that the CPU ignores (`owned`, not present).
package struct PageTableEntry: PageTableFormat {
    package var rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    private static let present: UInt64 = 1 << 0
    private static let writable: UInt64 = 1 << 1
    private static let user: UInt64 = 1 << 2
    private static let writeThrough: UInt64 = 1 << 3
    private static let cacheDisable: UInt64 = 1 << 4
    private static let accessed: UInt64 = 1 << 5
    private static let dirty: UInt64 = 1 << 6
    private static let large: UInt64 = 1 << 7
    private static let global: UInt64 = 1 << 8
    /// Ours: the entry owns a frame, present or not.
    private static let owned: UInt64 = 1 << 9
    private static let noExecute: UInt64 = 1 << 63
    private static let addressMask: UInt64 = 0x000f_ffff_ffff_f000
    private static let rightsMask = present | writable | noExecute

    /// A page of the program.
    ///
    /// Accessed and dirty are set at once: nothing reads them, and a hypervisor's shadow may then
    /// take the page up together with its neighbour's first fault.
    package init(page: PhysicalAddress, rights: PageRights) {
        rawValue =
            page.rawValue & Self.addressMask | Self.user | Self.owned | Self.accessed
            | (rights.contains(.write) ? Self.dirty : 0) | Self.bits(rights)
    }
    /// A 2 MiB page of the program, for an entry of the level above the leaves.
    package init(largePage page: PhysicalAddress, rights: PageRights) {
        self.init(page: page, rights: rights)
        rawValue |= Self.large
    }
    /// A page of the library OS: kept over changes of the root.
    package init(libraryPage page: PhysicalAddress, rights: PageRights) {
        self.init(page: page, rights: rights)
        rawValue |= Self.global
    }
    /// A 2 MiB page of the library OS.
    package init(libraryLargePage page: PhysicalAddress, rights: PageRights) {
        self.init(libraryPage: page, rights: rights)
        rawValue |= Self.large
    }
    /// A page of device registers, for the library OS: write-through, cache disabled.
    package init(devicePage page: PhysicalAddress) {
        self.init(libraryPage: page, rights: [.read, .write])
        rawValue |= Self.writeThrough | Self.cacheDisable
    }
    /// A link to a lower table; rights are decided by the leaf.
    package init(table: PhysicalAddress) {
        rawValue =
            table.rawValue & Self.addressMask | Self.present | Self.writable | Self.user
            | Self.accessed
    }
    /// A link that ring 0 alone follows.
    package static func supervisorLink(to table: UInt64) -> UInt64 {
        table & addressMask | present | writable | accessed
    }
    private static func bits(_ rights: PageRights) -> UInt64 {
        guard !rights.isEmpty else { return noExecute }
        return present | (rights.contains(.write) ? writable : 0)
            | (rights.contains(.execute) ? 0 : noExecute)
    }

    /// The CPU follows the entry.
    package var isPresent: Bool { rawValue & Self.present != 0 }
    /// Nothing is here, not even a page without rights.
    package var isAbsent: Bool { rawValue & (Self.present | Self.owned) == 0 }
    package var isWritable: Bool { rawValue & Self.writable != 0 }
    /// A 2 MiB (or 1 GiB) page instead of a table; of a table's entries, not of 4 KiB leaves.
    package var isLarge: Bool { rawValue & Self.large != 0 }
    package var page: PhysicalAddress { PhysicalAddress(rawValue: rawValue & Self.addressMask) }
    package var rights: PageRights {
        guard isPresent else { return [] }
        var rights: PageRights = [.read]
        if isWritable { rights.insert(.write) }
        if rawValue & Self.noExecute == 0 { rights.insert(.execute) }
        return rights
    }
    /// Another page with the same rights.
    package func with(page: PhysicalAddress) -> Self {
        Self(rawValue: rawValue & ~Self.addressMask | page.rawValue & Self.addressMask)
    }
    /// The same page with other rights.
    package func with(rights: PageRights) -> Self {
        let dirty = rights.contains(.write) ? Self.dirty : 0
        return Self(rawValue: rawValue & ~Self.rightsMask | Self.bits(rights) | dirty)
    }
    /// Entry `index` of the table that maps the same as this large entry by smaller pages.
    package func piece(_ index: Int, level: Int) -> Self {
        let step = UInt64(Page.size) << UInt64((level - 1) * 9)
        let base = page.rawValue & ~(step << 9 - 1)
        let keptLarge: UInt64 = level > 1 ? Self.large : 0
        let flags = rawValue & ~Self.addressMask & ~Self.large
        return Self(rawValue: flags | (base + UInt64(index) * step) | keptLarge)
    }

    package static var needsBreakBeforeMake: Bool { false }
    /// The CPU's walks see stores in their order.
    package static func orderStores() {}
}

extension ProgramSpace {
    /// First address that a program never has.
    package static let end = VirtualAddress(rawValue: UInt64(PROGRAM_END))
}
