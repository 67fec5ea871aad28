package import Base
package import Hardware

/// The library OS's own part of the page tables, which every address space shares.
package struct LibrarySpace: Sendable {
    private let tables: PageTable<FrameTables, PageTableEntry>

    /// Takes the tables with this root. Precondition: they are the machine's.
    package init(root: PhysicalAddress) { tables = PageTable(root: root) }
    package var root: PhysicalAddress { tables.root }

    // Set once by boot; a host has none.
    private static let machine = Global<LibrarySpace?>(nil)
    /// The machine's.
    package static var current: LibrarySpace? { machine.value }
    package static func setCurrent(_ space: LibrarySpace) { machine.value = space }

    /// What maps an address.
    package func entry(at address: VirtualAddress) -> PageTableEntry { tables.entry(at: address) }
    /// A root for a further CPU: the same in all but the slot of the root that `address` lies in, which
    /// is empty. It follows when this one's other slots change. `nil` without memory.
    package func makeRoot(withOwn address: VirtualAddress) -> LibrarySpace? {
        guard let root = RootMirrors.make(of: tables.root, withOwn: address) else { return nil }
        return LibrarySpace(root: root)
    }

    /// Sets an entry that was absent; false without memory for the tables above it. Precondition: the
    /// address is the library OS's.
    package func map(_ entry: PageTableEntry, at address: VirtualAddress) -> Bool {
        precondition((ProgramSpace.libraryStart..<ProgramSpace.libraryEnd).contains(address))
        precondition(tables.entry(at: address).isAbsent)
        return tables.set(entry, at: address)
    }
    /// Takes a page away, for a test of what its absence does. The caller drops its translation.
    package func takeAway(_ address: VirtualAddress) { _ = tables.set(.absent, at: address) }
    /// Maps new zeroed pages, read and write; false without memory. Precondition: as for `map`.
    package func mapPages(_ count: Int, at start: VirtualAddress) -> Bool {
        for index in 0..<count {
            guard let frame = Frames.allocateZeroed(),
                let address = start.advanced(by: UInt64(index * Page.size)),
                map(
                    PageTableEntry(libraryPage: frame.address, rights: [.read, .write]),
                    at: address)
            else { return false }
        }
        return true
    }
}
