import Base
import CPUARM64
import CPUX86_64
import PageTables
import TestSupport
import Testing

/// The formats that all of this runs over.
enum Format: String, CaseIterable, CustomTestStringConvertible {
    case x86_64
    case arm64

    var testDescription: String { rawValue }
    func run(_ body: (any PageTableFormat.Type) throws -> Void) rethrows {
        switch self {
        case .x86_64: try body(CPUX86_64.PageTableEntry.self)
        case .arm64: try body(CPUARM64.PageTableEntry.self)
        }
    }
}

/// Page tables beside a model of what they hold.
struct Machine<Entry: PageTableFormat> {
    let tables: PageTable<RecordedTables, Entry>
    let library: PageTable<RecordedTables, Entry>
    private let librarySlots: [UInt64]
    var model = TableModel()
    /// Tables that are not the program's: two roots, and the library OS's three levels.
    private let otherTables: Int
    static var librarySlotRange: Range<Int> {
        Int(ProgramSpace.libraryStart.rawValue >> 39)..<Int(ProgramSpace.libraryEnd.rawValue >> 39)
    }

    init() throws {
        RecordedTables.start(Entry.self)
        library = try #require(PageTable.make(sharingLibraryOf: nil))
        let entry = Entry(libraryPage: PhysicalAddress(rawValue: 0x5000), rights: [.read])
        #expect(library.set(entry, at: ProgramSpace.libraryStart))
        tables = try #require(PageTable.make(sharingLibraryOf: library))
        RecordedTables.state.roots = [library.root.rawValue, tables.root.rawValue]
        otherTables = RecordedTables.inUse
        let root = library.root
        librarySlots = Self.librarySlotRange.map { RecordedTables.load(root, $0) }
    }

    /// Runs a change that may need tables, with at most `limit` of them; the model changes as it did.
    mutating func change(
        tables limit: Int = .max, _ body: (Self) -> Bool, _ modelled: (inout TableModel) -> Void
    ) -> Bool {
        RecordedTables.state.allocationsLeft = limit
        defer { RecordedTables.state.allocationsLeft = .max }
        guard body(self) else { return false }
        modelled(&model)
        return true
    }
    mutating func set(
        _ mapping: TableModel.Mapping, at address: UInt64, tables limit: Int = .max
    ) -> Bool {
        let entry = Entry(
            page: PhysicalAddress(rawValue: mapping.frame), rights: mapping.rights)
        return change(tables: limit) {
            $0.tables.set(entry, at: VirtualAddress(rawValue: address))
        } _: {
            $0.set(mapping, at: address)
        }
    }
    mutating func setLarge(
        _ mapping: TableModel.Mapping, at address: UInt64, tables limit: Int = .max
    ) -> Bool {
        let entry = Entry(
            largePage: PhysicalAddress(rawValue: mapping.frame), rights: mapping.rights)
        return change(tables: limit) {
            $0.tables.setLarge(entry, at: VirtualAddress(rawValue: address))
        } _: {
            $0.largePages[address] = mapping
        }
    }
    mutating func split(at address: UInt64, tables limit: Int = .max) -> Bool {
        change(tables: limit) {
            $0.tables.splitLargePage(at: VirtualAddress(rawValue: address))
        } _: {
            $0.split(at: address)
        }
    }
    /// Gives a range other rights. Precondition: no large page is partly within.
    mutating func protect(_ range: Range<UInt64>, _ rights: PageRights) {
        var seen: [UInt64] = []
        tables.update(
            VirtualAddress(rawValue: range.lowerBound), VirtualAddress(rawValue: range.upperBound)
        ) { address, entry in
            seen.append(address.rawValue)
            return entry.with(rights: rights)
        }
        #expect(seen == model.mapped(range), "each leaf once, lowest first")
        model.protect(range, rights)
        RecordedTables.flushAll()
    }
    /// Takes a range's pages away, then the tables that are empty.
    mutating func unmap(_ range: Range<UInt64>) {
        tables.update(
            VirtualAddress(rawValue: range.lowerBound), VirtualAddress(rawValue: range.upperBound)
        ) { _, _ in .absent }
        model.unmap(range)
        let isBelow = range.lowerBound < ProgramSpace.libraryStart.rawValue
        let limits =
            isBelow
            ? 0..<ProgramSpace.libraryStart.rawValue
            : ProgramSpace.libraryEnd.rawValue..<UInt64(1) << 48
        let around = model.neighbours(of: range, within: limits)
        let chain = tables.detachTables(
            VirtualAddress(rawValue: range.lowerBound),
            VirtualAddress(rawValue: range.upperBound),
            floor: VirtualAddress(rawValue: around.lowerBound),
            ceiling: VirtualAddress(rawValue: around.upperBound), chain: nil)
        RecordedTables.flushAll()
        PageTable<RecordedTables, Entry>.freeDetached(chain)
    }

    /// Compares the tree with the model, and what else must hold at any time.
    func check(_ location: SourceLocation = #_sourceLocation) {
        let dump = TableModel(dumping: tables.root, as: Entry.self)
        #expect(dump == model, sourceLocation: location)
        #expect(RecordedTables.state.violations == [], sourceLocation: location)
        #expect(tables.countTables() == model.tableCount, sourceLocation: location)
        #expect(
            RecordedTables.inUse == otherTables + model.tableCount, sourceLocation: location)
        let slots = Self.librarySlotRange.map { RecordedTables.load(tables.root, $0) }
        #expect(slots == librarySlots, sourceLocation: location)
    }
    /// Asks for single addresses.
    func check(at address: UInt64) {
        let entry = tables.entry(at: VirtualAddress(rawValue: address))
        let wanted = model.mapping(at: address)
        #expect(entry.isAbsent == (wanted == nil))
        if let wanted {
            #expect(entry.page.rawValue == wanted.frame)
            #expect(entry.rights == wanted.rights)
            #expect(entry.isPresent == !wanted.rights.isEmpty)
        }
        let base = address & ~(TableModel.largeSize - 1)
        let large = tables.largePage(at: VirtualAddress(rawValue: address))
        #expect(large?.page.rawValue == model.largePages[base]?.frame)
        #expect(
            tables.hasRoomForLargePage(at: VirtualAddress(rawValue: address))
                == model.hasRoomForLargePage(at: base))
    }
}

@Suite("Page tables", .serialized) struct PageTableTests {
    static let size = UInt64(Page.size)
    static let large = TableModel.largeSize
    /// Where tables of each level begin and end, below and above the library OS.
    static let places: [UInt64] = [
        0, large - 2 * size, (1 << 30) - 2 * large, (1 << 39) - 2 * large,
        ProgramSpace.libraryStart.rawValue - 4 * large, ProgramSpace.libraryEnd.rawValue,
        (1 << 48) - 4 * large,
    ]
    static let everyRights: [PageRights] = [
        [], [.read], [.read, .write], [.read, .execute], [.read, .write, .execute],
    ]
    static let seeds: [UInt64] = [1, 2, 3]

    @Test(
        "any sequence of changes leaves what a model holds, and no table too many",
        arguments: Format.allCases, seeds)
    func model(format: Format, seed: UInt64) throws {
        try format.run { try model($0, seed) }
    }
    private func model<Entry: PageTableFormat>(_ format: Entry.Type, _ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var machine = try Machine<Entry>()
        for step in 1...1500 {
            change(&machine, &random)
            for place in Self.places {
                machine.check(at: place + UInt64(random.pick(0...1023)) * Self.size)
            }
            if step % 25 == 0 { machine.check() }
            try #require(RecordedTables.state.violations == [], "seed \(seed), step \(step)")
        }
        for place in Self.places { _ = unmapAll(&machine, place..<place + 4 * Self.large) }
        machine.check()
        #expect(machine.model == TableModel())
        #expect(machine.tables.countTables() == 0)
    }
    private func change<Entry: PageTableFormat>(
        _ machine: inout Machine<Entry>, _ random: inout SeededRandom
    ) {
        let place = Self.places[random.pick(0...Self.places.count - 1)]
        let address = place + UInt64(random.pick(0...1023)) * Self.size
        let base =
            (place + Self.large - 1) & ~(Self.large - 1) + UInt64(random.pick(0...1)) * Self.large
        let rights = Self.everyRights[random.pick(0...4)]
        // Now and then there is little memory, and a change may be refused.
        let limit = random.oneIn(4) ? random.pick(0...3) : .max
        let before = machine.model
        switch random.pick(0...9) {
        case 0...3:
            let frame = UInt64(random.pick(1...(1 << 30))) * Self.size
            let done = machine.set(.init(frame: frame, rights: rights), at: address, tables: limit)
            #expect(done || (limit < 3 && machine.model == before))
        case 4...5:
            guard machine.model.hasRoomForLargePage(at: base) else { break }
            let frame = UInt64(random.pick(1...(1 << 20))) * Self.large
            let done = machine.setLarge(
                .init(frame: frame, rights: rights), at: base, tables: limit)
            #expect(done || limit < 2)
        case 6:
            let done = machine.split(at: address, tables: limit)
            #expect(done || limit < 1)
        case 7...8:
            let end = min(
                address + UInt64(random.pick(1...600)) * Self.size, place + 4 * Self.large)
            if splitEnds(&machine, address..<end) { machine.protect(address..<end, rights) }
        default:
            let end = min(
                address + UInt64(random.pick(1...1500)) * Self.size, place + 4 * Self.large)
            _ = unmapAll(&machine, address..<end)
        }
    }
    private func splitEnds<Entry: PageTableFormat>(
        _ machine: inout Machine<Entry>, _ range: Range<UInt64>
    ) -> Bool {
        (range.lowerBound % Self.large == 0 || machine.split(at: range.lowerBound))
            && (range.upperBound % Self.large == 0 || machine.split(at: range.upperBound))
    }
    private func unmapAll<Entry: PageTableFormat>(
        _ machine: inout Machine<Entry>, _ range: Range<UInt64>
    ) -> Bool {
        guard splitEnds(&machine, range) else { return false }
        machine.unmap(range)
        return true
    }

    @Test(
        "without memory for the n-th table a change leaves the tree as it was",
        arguments: Format.allCases)
    func outOfMemory(format: Format) throws { try format.run { try outOfMemory($0) } }
    private func outOfMemory<Entry: PageTableFormat>(_ format: Entry.Type) throws {
        // Changes, one after another, each with the tables it needs.
        let steps: [(needed: Int, change: (inout Machine<Entry>, Int) -> Bool)] = [
            (3, { $0.set(.init(frame: 0x1000, rights: .read), at: 0x40_0000, tables: $1) }),
            (0, { $0.set(.init(frame: 0x9000, rights: .read), at: 0x40_0000, tables: $1) }),
            (1, { $0.set(.init(frame: 0x2000, rights: .read), at: 0x80_0000, tables: $1) }),
            (2, { $0.set(.init(frame: 0x3000, rights: .read), at: 1 << 30, tables: $1) }),
            (3, { $0.set(.init(frame: 0x4000, rights: .read), at: 1 << 39, tables: $1) }),
            (0, { $0.setLarge(.init(frame: 0x60_0000, rights: .read), at: 0xa0_0000, tables: $1) }),
            (2, { $0.setLarge(.init(frame: 0x80_0000, rights: .read), at: 3 << 39, tables: $1) }),
            (1, { $0.split(at: 0xa0_1000, tables: $1) }),
            (0, { $0.split(at: 0xa0_1000, tables: $1) }),
            (1, { $0.set(.init(frame: 0x5000, rights: .read), at: 3 << 39 | 0x3000, tables: $1) }),
        ]
        var machine = try Machine<Entry>()
        for (index, step) in steps.enumerated() {
            for limit in 0..<step.needed {
                #expect(!step.change(&machine, limit), "step \(index), \(limit) tables")
                machine.check()
            }
            #expect(step.change(&machine, step.needed), "step \(index)")
            machine.check()
        }
        // Nor is a root made of which only a part would be there.
        RecordedTables.state.allocationsLeft = 0
        #expect(PageTable<RecordedTables, Entry>.make(sharingLibraryOf: machine.library) == nil)
    }

    @Test("a large page's pieces map what it mapped, with its rights", arguments: Format.allCases)
    func pieces(format: Format) throws { try format.run { try pieces($0) } }
    private func pieces<Entry: PageTableFormat>(_ format: Entry.Type) throws {
        for rights in Self.everyRights {
            let large = Entry(largePage: PhysicalAddress(rawValue: 0x4000_0000), rights: rights)
            #expect(large.isLarge && large.pageCount == 512 && large.rights == rights)
            for index in [0, 1, 511] {
                let piece = large.piece(index, level: 1)
                let page = PhysicalAddress(rawValue: 0x4000_0000 + UInt64(index) * Self.size)
                #expect(piece == Entry(page: page, rights: rights))
                // The pieces of a gigabyte are large pages.
                let middle = large.piece(index, level: 2)
                let place = PhysicalAddress(rawValue: 0x4000_0000 + UInt64(index) * Self.large)
                #expect(middle == Entry(largePage: place, rights: rights))
            }
        }
    }

    @Test(
        "rights change back and forth without a trace; a page without any keeps its frame",
        arguments: Format.allCases)
    func rights(format: Format) throws { try format.run { try rights($0) } }
    private func rights<Entry: PageTableFormat>(_ format: Entry.Type) throws {
        let page = PhysicalAddress(rawValue: 0x1234_5000)
        for old in Self.everyRights {
            for new in Self.everyRights {
                let entry = Entry(page: page, rights: old).with(rights: new)
                #expect(entry.rights == new && entry.page == page && !entry.isAbsent)
                #expect(entry.isPresent == !new.isEmpty)
                #expect(entry.isWritable == new.contains(.write))
            }
        }
        #expect(Entry.absent.isAbsent && !Entry.absent.isPresent)
        #expect(!Entry(table: page).isAbsent && Entry(table: page).page == page)
        #expect(!Entry(table: page).isLarge)
    }

    @Test("the recorder sees a live entry that becomes another at once")
    func recorder() throws {
        typealias Entry = CPUARM64.PageTableEntry
        RecordedTables.start(Entry.self)
        let table = try #require(RecordedTables.allocate())
        func store(_ page: UInt64) {
            let entry = Entry(page: PhysicalAddress(rawValue: page), rights: .read)
            RecordedTables.store(entry.rawValue, table, 0)
        }
        store(0x1000)
        #expect(RecordedTables.state.violations == [])
        store(0x2000)
        #expect(RecordedTables.state.violations.count == 1)
        RecordedTables.store(0, table, 0)
        store(0x3000)
        #expect(RecordedTables.state.violations.count == 2, "absent, but not flushed")
        RecordedTables.store(0, table, 0)
        RecordedTables.flushAll()
        store(0x4000)
        #expect(RecordedTables.state.violations.count == 2)
    }
}
