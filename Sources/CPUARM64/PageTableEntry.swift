package import Base
internal import CPUARM64Assembly
internal import NucleusLayoutARM64
package import PageTables

/// A descriptor of the VMSAv8-64 tables with 4 KiB granule (Arm ARM D8.3).
///
/// Everything of the library OS and the program runs at EL0, so each page is EL0's and never EL1's to
/// execute. A page without any right keeps its frame in an invalid descriptor (`owned`).
package struct PageTableEntry: PageTableFormat {
    package var rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    private static let valid: UInt64 = 1 << 0
    /// A table of a higher level, a page of level 0; a block without it.
    private static let tableOrPage: UInt64 = 1 << 1
    /// Index of memory attributes in MAIR_EL1: 0 is normal memory, 1 a device.
    private static let device: UInt64 = 1 << 2
    private static let el0: UInt64 = 1 << 6
    private static let readOnly: UInt64 = 1 << 7
    private static let innerShareable: UInt64 = 3 << 8
    private static let accessed: UInt64 = 1 << 10
    private static let notGlobal: UInt64 = 1 << 11
    /// Indirect branches into the page have to land on BTI instructions (FEAT_BTI).
    private static let guarded: UInt64 = 1 << 50
    private static let noExecuteEL1: UInt64 = 1 << 53
    private static let noExecute: UInt64 = 1 << 54
    /// Ours: the entry owns a frame, valid or not.
    private static let owned: UInt64 = 1 << 55
    private static let addressMask: UInt64 = 0x0000_ffff_ffff_f000
    private static let rightsMask = valid | readOnly | noExecute

    /// A page of the program.
    package init(page: PhysicalAddress, rights: PageRights) {
        rawValue =
            page.rawValue & Self.addressMask | Self.tableOrPage | Self.el0 | Self.innerShareable
            | Self.accessed | Self.notGlobal | Self.noExecuteEL1 | Self.owned | Self.bits(rights)
    }
    /// A 2 MiB page of the program, for an entry of the level above the leaves.
    package init(largePage page: PhysicalAddress, rights: PageRights) {
        self.init(page: page, rights: rights)
        rawValue &= ~Self.tableOrPage
    }
    /// A page of the library OS: kept over changes of the root.
    package init(libraryPage page: PhysicalAddress, rights: PageRights) {
        self.init(page: page, rights: rights)
        rawValue &= ~Self.notGlobal
    }
    /// A 2 MiB page of the library OS.
    package init(libraryLargePage page: PhysicalAddress, rights: PageRights) {
        self.init(libraryPage: page, rights: rights)
        rawValue &= ~Self.tableOrPage
    }
    /// A page of device registers, for the library OS: nGnRE.
    package init(devicePage page: PhysicalAddress) {
        self.init(libraryPage: page, rights: [.read, .write])
        rawValue |= Self.device
    }
    /// A page that EL1 alone may touch: the nucleus's code, or its data.
    package init(nucleusPage page: PhysicalAddress, isCode: Bool) {
        self.init(libraryPage: page, rights: isCode ? .read : [.read, .write])
        rawValue &= ~(Self.el0 | (isCode ? Self.noExecuteEL1 : 0))
    }
    /// A link to a lower table; rights are decided by the leaf.
    package init(table: PhysicalAddress) {
        rawValue = table.rawValue & Self.addressMask | Self.tableOrPage | Self.valid
    }
    private static func bits(_ rights: PageRights) -> UInt64 {
        guard !rights.isEmpty else { return noExecute | readOnly }
        return valid | (rights.contains(.write) ? 0 : readOnly)
            | (rights.contains(.execute) ? 0 : noExecute)
    }

    package var isPresent: Bool { rawValue & Self.valid != 0 }
    package var isAbsent: Bool { rawValue & (Self.valid | Self.owned) == 0 }
    package var isWritable: Bool { isPresent && rawValue & Self.readOnly == 0 }
    package var isLarge: Bool { !isAbsent && rawValue & Self.tableOrPage == 0 }
    package var page: PhysicalAddress { PhysicalAddress(rawValue: rawValue & Self.addressMask) }
    package var rights: PageRights {
        guard isPresent else { return [] }
        var rights: PageRights = [.read]
        if isWritable { rights.insert(.write) }
        if rawValue & Self.noExecute == 0 { rights.insert(.execute) }
        return rights
    }
    /// The same page with other rights.
    package func with(rights: PageRights) -> Self {
        Self(rawValue: rawValue & ~Self.rightsMask | Self.bits(rights))
    }
    /// The same page, whose code is guarded by BTI.
    package var guarded: Self { Self(rawValue: rawValue | Self.guarded) }
    package func piece(_ index: Int, level: Int) -> Self {
        let step = UInt64(Page.size) << UInt64((level - 1) * 9)
        let base = page.rawValue & ~(step << 9 - 1)
        let kind: UInt64 = level > 1 ? 0 : Self.tableOrPage
        let flags = rawValue & ~Self.addressMask & ~Self.tableOrPage
        return Self(rawValue: flags | (base + UInt64(index) * step) | kind)
    }

    package static var needsBreakBeforeMake: Bool { true }
    package static func orderStores() { arm64_order_tables() }
}

extension ProgramSpace {
    /// First address that a program never has.
    package static let end = VirtualAddress(rawValue: UInt64(PROGRAM_END))
}
