import Base
import PageTables

/// What page tables have to hold, as two dictionaries: by page and by large page.
struct TableModel: Equatable {
    struct Mapping: Equatable {
        var frame: UInt64
        var rights: PageRights
    }
    static let largeSize: UInt64 = 2 << 20
    var pages: [UInt64: Mapping] = [:]
    var largePages: [UInt64: Mapping] = [:]

    /// What maps an address, as a page of 4 KiB.
    func mapping(at address: UInt64) -> Mapping? {
        if let page = pages[address & ~Page.offsetMask] { return page }
        let base = address & ~(Self.largeSize - 1)
        guard var large = largePages[base] else { return nil }
        large.frame += (address & ~Page.offsetMask) - base
        return large
    }
    func hasRoomForLargePage(at base: UInt64) -> Bool {
        largePages[base] == nil && !pages.keys.contains { $0 & ~(Self.largeSize - 1) == base }
    }
    mutating func split(at address: UInt64) {
        let base = address & ~(Self.largeSize - 1)
        guard let large = largePages.removeValue(forKey: base) else { return }
        for offset in stride(from: 0, to: Self.largeSize, by: Page.size) {
            pages[base + offset] = Mapping(frame: large.frame + offset, rights: large.rights)
        }
    }
    mutating func set(_ mapping: Mapping, at address: UInt64) {
        split(at: address)
        pages[address] = mapping
    }
    /// The mapped addresses in a range, lowest first, large pages by their base.
    func mapped(_ range: Range<UInt64>) -> [UInt64] {
        (pages.keys.filter(range.contains) + largePages.keys.filter(range.contains)).sorted()
    }
    mutating func protect(_ range: Range<UInt64>, _ rights: PageRights) {
        for page in pages.keys where range.contains(page) { pages[page]?.rights = rights }
        for page in largePages.keys where range.contains(page) { largePages[page]?.rights = rights }
    }
    mutating func unmap(_ range: Range<UInt64>) {
        pages = pages.filter { !range.contains($0.key) }
        largePages = largePages.filter { !range.contains($0.key) }
    }
    /// The end of what is mapped below an address, and the start of what is from another on.
    func neighbours(of range: Range<UInt64>, within limits: Range<UInt64>) -> Range<UInt64> {
        var (floor, ceiling) = (limits.lowerBound, limits.upperBound)
        for (all, size) in [(pages, UInt64(Page.size)), (largePages, Self.largeSize)] {
            for page in all.keys {
                if page < range.lowerBound { floor = max(floor, page + size) }
                if page >= range.upperBound { ceiling = min(ceiling, page) }
            }
        }
        return floor..<ceiling
    }
    /// Tables below the root that hold just this: one for each part of the address space in which a
    /// leaf of a lower level lies.
    var tableCount: Int {
        var tables: Set<[UInt64]> = []
        for page in pages.keys {
            for level in [1, 2, 3] as [UInt64] { tables.insert([level, page >> (12 + 9 * level)]) }
        }
        for page in largePages.keys {
            for level in [2, 3] as [UInt64] { tables.insert([level, page >> (12 + 9 * level)]) }
        }
        return tables.count
    }

    init() {}
    /// The dump of a tree: every leaf below `root` but in the library OS's slots.
    init<Entry: PageTableFormat>(dumping root: PhysicalAddress, as format: Entry.Type) {
        add(root, level: 3, base: 0, as: format)
    }
    private mutating func add<Entry: PageTableFormat>(
        _ table: PhysicalAddress, level: UInt64, base: UInt64, as format: Entry.Type
    ) {
        for index in 0..<512 {
            let address = base + UInt64(index) << (12 + 9 * level)
            let isLibrary =
                address >= ProgramSpace.libraryStart.rawValue
                && address < ProgramSpace.libraryEnd.rawValue
            if isLibrary { continue }
            let entry = Entry(rawValue: RecordedTables.load(table, index))
            if entry.isAbsent { continue }
            let mapping = Mapping(frame: entry.page.rawValue, rights: entry.rights)
            if level == 0 {
                pages[address] = mapping
            } else if entry.isLarge {
                precondition(level == 1)
                largePages[address] = mapping
            } else {
                add(entry.page, level: level - 1, base: address, as: format)
            }
        }
    }
}
