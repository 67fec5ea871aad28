package import Base

/// How page tables are reached and where their frames come from; this module knows no frames.
package protocol TableMemory {
    static func load(_ table: PhysicalAddress, _ index: Int) -> UInt64
    /// Stores in one 8-byte store: the CPU may walk the table meanwhile.
    static func store(_ value: UInt64, _ table: PhysicalAddress, _ index: Int)
    /// A zeroed table, `nil` when memory ran out.
    static func allocate() -> PhysicalAddress?
    static func free(_ table: PhysicalAddress)
    /// Drops what the CPU may have cached of an address, where an entry has to be absent between.
    static func flush(_ address: VirtualAddress)
    /// Told of each entry that is stored into a root, for roots of other CPUs that follow it.
    static func rootChanged(_ root: PhysicalAddress, _ index: Int, _ value: UInt64)
}
extension TableMemory {
    package static func rootChanged(_ root: PhysicalAddress, _ index: Int, _ value: UInt64) {}
}

/// The page tables of one address space: four levels, leaves of 4 KiB.
///
/// A live table entry is changed by one store. Missing tables are built detached and linked by one
/// store, since a store into a live upper table is emulated on nested hosts. Nothing here flushes
/// translations: that is the caller's, who knows when a batch ends.
package struct PageTable<Memory: TableMemory, Entry: PageTableFormat>: Sendable {
    package let root: PhysicalAddress
    package init(root: PhysicalAddress) { self.root = root }

    private static var entryCount: Int { 512 }
    private static var topLevel: Int { 3 }
    private static func index(_ address: UInt64, _ level: Int) -> Int {
        Int(address &>> UInt64(truncatingIfNeeded: Page.shift &+ 9 &* level) & 511)
    }
    /// Bytes that one entry of a level spans.
    private static func span(_ level: Int) -> UInt64 {
        1 &<< UInt64(truncatingIfNeeded: Page.shift &+ 9 &* level)
    }

    /// An empty root that shares the library OS's slots with `other`; `nil` without memory.
    package static func make(sharingLibraryOf other: Self?) -> Self? {
        guard let root = Memory.allocate() else { return nil }
        let first = index(ProgramSpace.libraryStart.rawValue, topLevel)
        let end = index(ProgramSpace.libraryEnd.rawValue, topLevel)
        if let other {
            for slot in first..<end { Memory.store(Memory.load(other.root, slot), root, slot) }
        }
        return Self(root: root)
    }

    /// Stores an entry into a table of the tree.
    private func store(_ value: UInt64, _ table: PhysicalAddress, _ slot: Int) {
        Memory.store(value, table, slot)
        if table == root { Memory.rootChanged(root, slot, value) }
    }

    // MARK: One page

    /// The leaf entry of an address, `absent` where there is none. A large page reads as the piece
    /// that maps the address.
    package func entry(at address: VirtualAddress) -> Entry {
        var table = root
        var level = Self.topLevel
        while true {
            let slot = Self.index(address.rawValue, level)
            let entry = Entry(rawValue: Memory.load(table, slot))
            if level == 0 || entry.isAbsent { return entry }
            if entry.isLarge {
                var piece = entry
                while level > 0 {
                    piece = piece.piece(Self.index(address.rawValue, level - 1), level: level)
                    level -= 1
                }
                return piece
            }
            table = entry.page
            level -= 1
        }
    }

    /// Sets a leaf, with the tables above it; false when there was no memory for them. A large page
    /// in the way is split.
    package func set(_ entry: Entry, at address: VirtualAddress) -> Bool {
        set(entry, at: address, level: 0)
    }
    /// Sets a 2 MiB leaf, with the tables above it; false without memory. Precondition: the address
    /// is aligned, and `hasRoomForLargePage`.
    package func setLarge(_ entry: Entry, at address: VirtualAddress) -> Bool {
        precondition(entry.isLarge && address.rawValue & (Self.span(1) - 1) == 0)
        return set(entry, at: address, level: 1)
    }
    private func set(_ entry: Entry, at address: VirtualAddress, level leaf: Int) -> Bool {
        var table = root
        var level = Self.topLevel
        while level > leaf {
            let slot = Self.index(address.rawValue, level)
            let link = Entry(rawValue: Memory.load(table, slot))
            guard !link.isAbsent else {
                guard let subtree = build(entry, at: address, levels: leaf..<level) else {
                    return false
                }
                store(Entry(table: subtree).rawValue, table, slot)
                Entry.orderStores()
                return true
            }
            if link.isLarge {
                guard split(table, slot, at: address, level: level) else { return false }
                continue
            }
            table = link.page
            level -= 1
        }
        replace(table, Self.index(address.rawValue, leaf), at: address, by: entry)
        Entry.orderStores()
        return true
    }

    /// A detached chain of tables of `levels` down to `entry`.
    private func build(
        _ entry: Entry, at address: VirtualAddress, levels: Range<Int>
    ) -> PhysicalAddress? {
        var child = entry
        for level in levels {
            guard let table = Memory.allocate() else {
                // `child` heads what was built: the tables of the levels below.
                var below = child
                for built in (levels.lowerBound..<level).reversed() {
                    let table = below.page
                    let slot = Self.index(address.rawValue, built)
                    below = Entry(rawValue: Memory.load(table, slot))
                    Memory.free(table)
                }
                return nil
            }
            Memory.store(child.rawValue, table, Self.index(address.rawValue, level))
            child = Entry(table: table)
        }
        return child.page
    }

    /// Replaces a large page by a table of pieces that map the same; false without memory.
    private func split(
        _ table: PhysicalAddress, _ slot: Int, at address: VirtualAddress, level: Int
    ) -> Bool {
        let large = Entry(rawValue: Memory.load(table, slot))
        guard let pieces = Memory.allocate() else { return false }
        for index in 0..<Self.entryCount {
            Memory.store(large.piece(index, level: level).rawValue, pieces, index)
        }
        replace(table, slot, at: address, by: Entry(table: pieces))
        Entry.orderStores()
        return true
    }
    /// Stores an entry that may be live and map something else.
    private func replace(
        _ table: PhysicalAddress, _ slot: Int, at address: VirtualAddress, by entry: Entry
    ) {
        if Entry.needsBreakBeforeMake {
            let old = Entry(rawValue: Memory.load(table, slot))
            if old.isPresent, old.page != entry.page || old.isLarge != entry.isLarge {
                store(Entry.absent.rawValue, table, slot)
                Entry.orderStores()
                Memory.flush(address)
            }
        }
        store(entry.rawValue, table, slot)
    }
    /// The large leaf that maps an address, `nil` where none does.
    package func largePage(at address: VirtualAddress) -> Entry? {
        guard let slot = slotForLargePage(at: address), !slot.isAbsent, slot.isLarge else {
            return nil
        }
        return slot
    }
    /// Whether nothing, not even an empty table, is where a large leaf for an address would be.
    package func hasRoomForLargePage(at address: VirtualAddress) -> Bool {
        guard let slot = slotForLargePage(at: address) else { return true }
        return slot.isAbsent
    }
    private func slotForLargePage(at address: VirtualAddress) -> Entry? {
        var table = root
        var level = Self.topLevel
        while true {
            let slot = Self.index(address.rawValue, level)
            let entry = Entry(rawValue: Memory.load(table, slot))
            if level == 1 { return entry }
            guard entry.isPresent, !entry.isLarge else { return nil }
            table = entry.page
            level -= 1
        }
    }
    /// Makes sure that an address is mapped by a 4 KiB leaf, not within a large page; false without
    /// memory. The caller flushes.
    package func splitLargePage(at address: VirtualAddress) -> Bool {
        var table = root
        var level = Self.topLevel
        while level > 0 {
            let slot = Self.index(address.rawValue, level)
            let link = Entry(rawValue: Memory.load(table, slot))
            guard !link.isAbsent else { return true }
            if link.isLarge {
                guard split(table, slot, at: address, level: level) else { return false }
                continue
            }
            table = link.page
            level -= 1
        }
        return true
    }

    /// The first address in `start..<end` that a 2 MiB leaf begins at; `nil` where there is none. Absent
    /// subtrees cost one load.
    package func nextLargePage(
        from start: VirtualAddress, to end: VirtualAddress
    ) -> VirtualAddress? {
        guard start < end else { return nil }
        return nextLargePage(root, Self.topLevel, start.rawValue, end.rawValue)
            .map { VirtualAddress(rawValue: $0) }
    }
    private func nextLargePage(
        _ table: PhysicalAddress, _ level: Int, _ start: UInt64, _ end: UInt64
    ) -> UInt64? {
        var address = start
        while address < end {
            let next = min(end, (address & ~(Self.span(level) - 1)) + Self.span(level))
            let entry = Entry(rawValue: Memory.load(table, Self.index(address, level)))
            if entry.isPresent || entry.isLarge {
                if level == 1 {
                    if entry.isLarge, address & (Self.span(1) - 1) == 0 { return address }
                } else if let found = nextLargePage(entry.page, level - 1, address, next) {
                    return found
                }
            }
            address = next
        }
        return nil
    }

    // MARK: Ranges

    /// Calls `body` with each leaf that is not absent in `start..<end`, lowest first, and stores what
    /// it returns where that differs. Absent subtrees cost one load. Precondition: page-aligned, and
    /// no 2 MiB leaf (passed as one) is partly within.
    package func update(
        _ start: VirtualAddress, _ end: VirtualAddress,
        _ body: (VirtualAddress, Entry) -> Entry
    ) {
        guard start < end else { return }
        update(root, Self.topLevel, start.rawValue, end.rawValue, body)
        Entry.orderStores()
    }
    private func update(
        _ table: PhysicalAddress, _ level: Int, _ start: UInt64, _ end: UInt64,
        _ body: (VirtualAddress, Entry) -> Entry
    ) {
        var address = start
        while address < end {
            let slot = Self.index(address, level)
            let next = min(end, (address & ~(Self.span(level) - 1)) + Self.span(level))
            let entry = Entry(rawValue: Memory.load(table, slot))
            if level == 0 {
                if !entry.isAbsent {
                    let new = body(VirtualAddress(rawValue: address), entry)
                    if new != entry { Memory.store(new.rawValue, table, slot) }
                }
            } else if !entry.isAbsent, entry.isLarge {
                precondition(next - address == Self.span(level), "a large page in part")
                let new = body(VirtualAddress(rawValue: address), entry)
                if new != entry { Memory.store(new.rawValue, table, slot) }
            } else if entry.isPresent {
                update(entry.page, level - 1, address, next, body)
            }
            address = next
        }
    }

    /// Takes tables out whose whole span lies in `floor..<ceiling` and that `start..<end` touches.
    ///
    /// Precondition: no leaf is left in `floor..<ceiling`. Returns the head of a chain of detached
    /// tables to free, after a flush, with `freeDetached`.
    package func detachTables(
        _ start: VirtualAddress, _ end: VirtualAddress, floor: VirtualAddress,
        ceiling: VirtualAddress, chain: PhysicalAddress?
    ) -> PhysicalAddress? {
        var chain = chain
        guard start < end else { return chain }
        detach(
            root, Self.topLevel, start.rawValue, end.rawValue, floor.rawValue, ceiling.rawValue,
            &chain)
        return chain
    }
    private func detach(
        _ table: PhysicalAddress, _ level: Int, _ start: UInt64, _ end: UInt64, _ floor: UInt64,
        _ ceiling: UInt64, _ chain: inout PhysicalAddress?
    ) {
        var address = start
        while address < end {
            let slot = Self.index(address, level)
            let base = address & ~(Self.span(level) - 1)
            let next = base + Self.span(level)
            let entry = Entry(rawValue: Memory.load(table, slot))
            if entry.isPresent {
                if base >= floor, next <= ceiling {
                    store(0, table, slot)
                    chainUp(entry.page, level - 1, &chain)
                } else if level > 1 {
                    detach(
                        entry.page, level - 1, address, min(end, next), floor, ceiling, &chain)
                }
            }
            address = next
        }
    }
    /// Puts a detached table and those below it on the chain. A link is not present for the CPU.
    private func chainUp(_ table: PhysicalAddress, _ level: Int, _ chain: inout PhysicalAddress?) {
        if level > 0 {
            for slot in 0..<Self.entryCount {
                let entry = Entry(rawValue: Memory.load(table, slot))
                if entry.isPresent { chainUp(entry.page, level - 1, &chain) }
            }
        }
        Memory.store(chain?.rawValue ?? 0, table, 0)
        chain = table
    }
    /// Frees a chain of detached tables.
    package static func freeDetached(_ chain: PhysicalAddress?) {
        var next = chain
        while let table = next {
            let link = Memory.load(table, 0)
            next = link == 0 ? nil : PhysicalAddress(rawValue: link)
            Memory.free(table)
        }
    }

    /// Frees every table of the program's addresses and the root, with nothing stored in them; `body` is
    /// called with each leaf. Precondition: no CPU uses them, or did since its last change of roots.
    package func destroy(_ body: (Entry) -> Void) {
        let library = ProgramSpace.librarySlots
        for slot in 0..<Self.entryCount where !library.contains(slot) {
            let entry = Entry(rawValue: Memory.load(root, slot))
            if entry.isPresent { destroy(entry.page, Self.topLevel - 1, body) }
        }
        Memory.free(root)
    }
    private func destroy(_ table: PhysicalAddress, _ level: Int, _ body: (Entry) -> Void) {
        for slot in 0..<Self.entryCount {
            let entry = Entry(rawValue: Memory.load(table, slot))
            if level == 0 || entry.isLarge {
                if !entry.isAbsent { body(entry) }
            } else if entry.isPresent {
                destroy(entry.page, level - 1, body)
            }
        }
        Memory.free(table)
    }

    /// Tables below the root within the program's addresses, for accounting and tests.
    package func countTables() -> Int {
        let first = Self.index(ProgramSpace.libraryStart.rawValue, Self.topLevel)
        let end = Self.index(ProgramSpace.libraryEnd.rawValue, Self.topLevel)
        var count = 0
        for slot in 0..<Self.entryCount where slot < first || slot >= end {
            let entry = Entry(rawValue: Memory.load(root, slot))
            if entry.isPresent { count += countTables(below: entry.page, level: Self.topLevel - 1) }
        }
        return count
    }
    private func countTables(below table: PhysicalAddress, level: Int) -> Int {
        guard level > 0 else { return 1 }
        var count = 1
        for slot in 0..<Self.entryCount {
            let entry = Entry(rawValue: Memory.load(table, slot))
            if entry.isPresent, !entry.isLarge {
                count += countTables(below: entry.page, level: level - 1)
            }
        }
        return count
    }
}
