package import Base
internal import NucleusLayout

/// What may be done with a page.
package struct PageRights: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let read = Self(rawValue: 1 << 0)
    package static let write = Self(rawValue: 1 << 1)
    package static let execute = Self(rawValue: 1 << 2)
}

/// An entry of a page table in one CPU's form: four levels of 512 entries, pages of 4 KiB and 2 MiB.
///
/// A page without any right keeps its frame in an entry that the CPU ignores (owned, not present).
package protocol PageTableFormat: Equatable, Sendable {
    var rawValue: UInt64 { get set }
    init(rawValue: UInt64)

    /// A page of the program.
    init(page: PhysicalAddress, rights: PageRights)
    /// A 2 MiB page of the program, for an entry of the level above the leaves.
    init(largePage page: PhysicalAddress, rights: PageRights)
    /// A page of the library OS: kept over changes of the root.
    init(libraryPage page: PhysicalAddress, rights: PageRights)
    /// A 2 MiB page of the library OS.
    init(libraryLargePage page: PhysicalAddress, rights: PageRights)
    /// A page of device registers, for the library OS: read and write, uncached.
    init(devicePage page: PhysicalAddress)
    /// A link to a lower table; rights are decided by the leaf.
    init(table: PhysicalAddress)

    /// The CPU follows the entry.
    var isPresent: Bool { get }
    /// Nothing is here, not even a page without rights.
    var isAbsent: Bool { get }
    var isWritable: Bool { get }
    /// A 2 MiB (or 1 GiB) page instead of a table; of a table's entries, not of 4 KiB leaves.
    var isLarge: Bool { get }
    var page: PhysicalAddress { get }
    var rights: PageRights { get }
    /// The same page with other rights.
    func with(rights: PageRights) -> Self
    /// Entry `index` of the table that maps the same as this large entry, an entry of `level`, by
    /// smaller pages. Levels count from the leaves' 0.
    func piece(_ index: Int, level: Int) -> Self

    /// Whether a live entry may become another without being absent, and flushed, between (Arm ARM
    /// D8.14, break-before-make).
    static var needsBreakBeforeMake: Bool { get }
    /// Makes stores to tables be seen by the CPU's walks that follow.
    static func orderStores()
}

extension PageTableFormat {
    package static var absent: Self { Self(rawValue: 0) }
    /// 4 KiB pages that the entry maps, as a leaf of the program.
    package var pageCount: Int { isLarge ? 512 : 1 }
}

/// Which addresses the library OS has.
package enum ProgramSpace {
    package static let libraryStart = VirtualAddress(rawValue: UInt64(LIBRARY_BASE))
    package static let libraryEnd = VirtualAddress(rawValue: UInt64(LIBRARY_END))
    /// The same as entries of a root.
    package static var librarySlots: Range<Int> {
        Int(LIBRARY_BASE) >> 39 & 511..<Int(LIBRARY_END) >> 39 & 511
    }
}
