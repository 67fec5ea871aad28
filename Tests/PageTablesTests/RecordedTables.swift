import Base
import PageTables

/// Tables in a dictionary, which watches what real ones would suffer from.
///
/// It plays the CPU too: an entry that was live may be cached until it is flushed. So each store is
/// checked against break-before-make (Arm ARM D8.16.1: a live entry gets another output address or size
/// only by way of an invalid one and an invalidation), and each table that is freed against what may
/// still be cached of the way to it. Tests that use it run one after another.
enum RecordedTables: TableMemory {
    struct Slot: Hashable {
        let table: UInt64
        let index: Int
    }
    /// What the format says of a stored value.
    struct Reading: Equatable {
        let isLive: Bool
        let isLarge: Bool
        let page: UInt64
    }
    struct State {
        var tables: [UInt64: [UInt64]] = [:]
        var roots: Set<UInt64> = []
        var allocationsLeft = Int.max
        var allocated = 0
        var freed = 0
        var next: UInt64 = 0x7_0000_0000
        /// Live entries that are gone, or changed in their rights, and were not flushed since.
        var cached: [Slot: Reading] = [:]
        var read: (UInt64) -> Reading = { _ in Reading(isLive: false, isLarge: false, page: 0) }
        var needsBreakBeforeMake = false
        var violations: [String] = []
    }
    nonisolated(unsafe) static var state = State()

    /// Begins anew, with tables of one format.
    static func start<Entry: PageTableFormat>(_ format: Entry.Type) {
        state = State()
        state.needsBreakBeforeMake = Entry.needsBreakBeforeMake
        state.read = { value in
            let entry = Entry(rawValue: value)
            return Reading(
                isLive: entry.isPresent, isLarge: entry.isLarge, page: entry.page.rawValue)
        }
    }

    static func load(_ table: PhysicalAddress, _ index: Int) -> UInt64 {
        guard let entries = state.tables[table.rawValue] else {
            state.violations.append("load from \(table), which is no table")
            return 0
        }
        return entries[index]
    }
    static func store(_ value: UInt64, _ table: PhysicalAddress, _ index: Int) {
        guard let old = state.tables[table.rawValue]?[index] else {
            state.violations.append("store into \(table), which is no table")
            return
        }
        state.tables[table.rawValue]?[index] = value
        let slot = Slot(table: table.rawValue, index: index)
        let (before, after) = (state.read(old), state.read(value))
        if before.isLive { state.cached[slot] = before }
        guard state.needsBreakBeforeMake, after.isLive, let cached = state.cached[slot] else {
            return
        }
        if cached.page != after.page || cached.isLarge != after.isLarge {
            state.violations.append("\(slot): \(cached) becomes \(after) without a break")
        }
    }
    static func allocate() -> PhysicalAddress? {
        guard state.allocationsLeft > 0 else { return nil }
        state.allocationsLeft -= 1
        state.allocated += 1
        state.next += UInt64(Page.size)
        state.tables[state.next] = [UInt64](repeating: 0, count: 512)
        return PhysicalAddress(rawValue: state.next)
    }
    static func free(_ table: PhysicalAddress) {
        if state.tables.removeValue(forKey: table.rawValue) == nil {
            state.violations.append("\(table) is freed, and no table")
        }
        if state.cached.values.contains(where: { $0.page == table.rawValue }) {
            state.violations.append("\(table) is freed before a flush")
        }
        state.freed += 1
        state.cached = state.cached.filter { $0.key.table != table.rawValue }
    }
    /// Drops what is cached of the way to one address: TLBI VAE1 with its walks.
    static func flush(_ address: VirtualAddress) {
        for root in state.roots {
            var table = root
            for level in [3, 2, 1, 0] {
                let index = Int(address.rawValue >> UInt64(Page.shift + 9 * level) & 511)
                state.cached[Slot(table: table, index: index)] = nil
                guard let entry = state.tables[table]?[index] else { break }
                let reading = state.read(entry)
                guard reading.isLive, !reading.isLarge, level > 0 else { break }
                table = reading.page
            }
        }
    }
    static func flushAll() { state.cached = [:] }
    /// Tables that were taken and not given back.
    static var inUse: Int { state.allocated - state.freed }
}
