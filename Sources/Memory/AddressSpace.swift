package import Base
internal import Hardware
package import LinuxABI

/// The memory of one process: regions and the page tables that map their present pages.
///
/// Regions say what may be where; pages appear when they are touched (`resolveFault`). Each leaf
/// owns one reference of its frame, whether the frame is anonymous or a file's. A private page is
/// writable only while this space is its frame's one owner; else a write copies it. Running out of
/// memory is ENOMEM before anything changed, or a fault's outcome; sizes are checked for overflow.
/// `close` ends a space: regions refer to it.
package final class AddressSpace {
    package struct Protection: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        package static let read = Self(rawValue: 1 << 0)
        package static let write = Self(rawValue: 1 << 1)
        package static let execute = Self(rawValue: 1 << 2)
        package static let all: Self = [.read, .write, .execute]
        /// What pages get: the CPU has no write or execute without read.
        var rights: PageRights {
            isEmpty ? [] : PageRights(rawValue: rawValue).union(.read)
        }
    }
    package enum Sharing: Sendable {
        case `private`
        case shared
    }
    package enum Backing {
        case anonymous
        /// `offset` is a multiple of the page size.
        case file(PageCache, offset: Int64)
    }
    package enum Placement: Sendable {
        /// There if nothing is in the way, else elsewhere.
        case hint
        /// There; what was in the way goes (MAP_FIXED).
        case fixed
        /// There, or EEXIST.
        case fixedNoReplace
    }
    package struct MapOptions: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Grows downwards on faults below it (MAP_GROWSDOWN, the stack).
        package static let growsDown = Self(rawValue: 1 << 0)
        /// Not counted by the commit check (MAP_NORESERVE).
        package static let unreserved = Self(rawValue: 1 << 1)
        /// Pages appear at once as far as memory goes (MAP_POPULATE).
        package static let populate = Self(rawValue: 1 << 2)
        package static let locked = Self(rawValue: 1 << 3)
        /// Below 2 GiB (MAP_32BIT).
        package static let low = Self(rawValue: 1 << 4)
        /// Without large pages (MAP_STACK).
        package static let smallPages = Self(rawValue: 1 << 5)
        /// The library OS's own: calls of the program pass it by, as if nothing were there.
        package static let pinned = Self(rawValue: 1 << 6)
    }
    /// Limits of the process in bytes, as setrlimit(2) sets them; `UInt64.max` is none.
    package struct Limits: Sendable {
        package var addressSpace = UInt64.max
        package var data = UInt64.max
        package var stack = UInt64(8) << 20
        package var locked = UInt64.max
    }

    typealias Tables = PageTable<FrameTables, PageTableEntry>
    let tables: Tables
    var regions = RegionTree()
    package let layout: AddressLayout
    package var limits = Limits()

    /// Whether large pages are taken where there is room for them (PR_SET_THP_DISABLE).
    package var takesLargePages = true
    /// Page faults so far.
    package internal(set) var faultCount = 0
    /// Bytes of all regions (VmSize), the most there were, and of those that count as data (VmData).
    package internal(set) var mappedByteCount: UInt64 = 0 {
        didSet { peakByteCount = max(peakByteCount, mappedByteCount) }
    }
    package private(set) var peakByteCount: UInt64 = 0
    package internal(set) var dataByteCount: UInt64 = 0
    package internal(set) var lockedByteCount: UInt64 = 0
    /// Pages that are present (VmRSS), and the most there were (VmHWM).
    package internal(set) var residentPages = 0 {
        didSet { peakResidentPages = max(peakResidentPages, residentPages) }
    }
    package private(set) var peakResidentPages = 0
    /// What mlockall(MCL_FUTURE) asked for new regions.
    var futureFlags: Region.Flags = []
    /// Called before changed text goes, moves or becomes writable (AddressSpace+Text).
    package var onTextChange: ((VirtualAddress, VirtualAddress) -> Void)?
    /// Start of the heap and the current break.
    package internal(set) var breakStart = VirtualAddress(rawValue: 0)
    package internal(set) var breakEnd = VirtualAddress(rawValue: 0)
    /// Where the vDSO's page of numbers is, for listings; its object is behind it.
    package var sharedClocks = VirtualAddress(rawValue: 0)
    /// An address of the initial stack, for listings; set with the stack.
    package var stackStart = VirtualAddress(rawValue: 0)

    /// Regions after which none is split any more, as vm.max_map_count; mmap(2) makes one more.
    package static let maximumRegions = 65530
    /// Lowest address that a program may map, as vm.mmap_min_addr.
    package static let lowestAddress = VirtualAddress(rawValue: 65536)
    /// Bytes below a growing region that stay free, as stack_guard_gap.
    static let guardGap: UInt64 = 256 << 12

    /// CPUs that have these tables loaded, a bit each: translations may have to be dropped there.
    var loadedOn: UInt64 = 0
    /// Roots of CPUs beside the first.
    var furtherRoots = FurtherRoots()
    /// Whether its root is the machine's own, which further CPUs follow as well.
    let usesFirstRoots: Bool
    /// Whether it is closed as soon as no CPU has it loaded.
    var closesWhenUnloaded = false
    /// Pages that were copied after earlier forks of this space, and of the one that it is a fork of.
    var forkHints: ForkHints?
    var hintsOfOrigin: ForkHints?
    /// Where the last copies of written pages ended, and how many went ahead of the program.
    var copiedEnd = VirtualAddress(rawValue: 0)
    var copiedAhead: UInt64 = 0
    /// The same of pages that shared objects were given.
    var filledEnd = 0
    var filledAhead = 0
    // Its place among all spaces.
    var nextSpace: AddressSpace?
    var previousSpace: AddressSpace?

    /// Uses the tables that boot left loaded at `root`, whose program slots are empty.
    package init(root: PhysicalAddress, layout: AddressLayout) {
        tables = Tables(root: root)
        self.layout = layout
        usesFirstRoots = true
        noteLoaded()
    }
    /// Makes tables that share the library OS's part of `other`; a test's space has none. ENOMEM.
    package init(sharingLibraryOf other: AddressSpace?, layout: AddressLayout) throws(Errno) {
        guard let tables = Tables.make(sharingLibraryOf: other?.tables) else {
            throw .outOfMemory
        }
        self.tables = tables
        self.layout = layout
        usesFirstRoots = false
        guard furtherRoots.make(of: tables.root) else {
            furtherRoots.free()
            FrameTables.free(tables.root)
            throw .outOfMemory
        }
        enlist()
    }
    /// Takes over the tables of a space that was closed and kept for that. ENOMEM.
    init(reusing spare: AddressSpace) throws(Errno) {
        tables = spare.tables
        layout = spare.layout
        usesFirstRoots = false
        swap(&furtherRoots, &spare.furtherRoots)
        spare.delist()
        guard furtherRoots.make(of: tables.root) else {
            furtherRoots.free()
            tables.destroy { _ in }
            throw .outOfMemory
        }
        enlist()
    }
    /// Root of the page tables.
    package var root: PhysicalAddress { tables.root }

    /// Removes every region and page, and the tables unless they are the machine's own or kept for the next
    /// one. Precondition: no CPU has it loaded, but for the machine's own.
    package func close() {
        onTextChange = nil
        guard usesFirstRoots else { return closeWithTables() }
        while let region = regions.first {
            removePages(of: region, from: region.start, to: region.end)
            forget(region)
        }
        // Tables outlive their pages; now none has any.
        let lowest = VirtualAddress(rawValue: 0)
        let chain = tables.detachTables(
            lowest, ProgramSpace.libraryStart, floor: lowest, ceiling: ProgramSpace.libraryStart,
            chain: nil)
        let all = tables.detachTables(
            ProgramSpace.libraryEnd, Self.tablesEnd, floor: ProgramSpace.libraryEnd,
            ceiling: Self.tablesEnd, chain: chain)
        guard all != nil else { return }
        // Further CPUs may walk the machine's root though they use no program's memory.
        Processors.flushAll(on: .max)
        Tables.freeDetached(all)
    }
    private func closeWithTables() {
        precondition(loadedOn == 0)
        if keepSpare() {
            // Stores into upper tables cost a hypervisor's shadow most; those stay.
            while let region = regions.first {
                tables.update(region.start, region.end) { _, entry in
                    Frames.release(Frame(containing: entry.page))
                    return .absent
                }
                forget(region)
            }
        } else {
            delist()
            furtherRoots.free()
            tables.destroy { Frames.release(Frame(containing: $0.page)) }
            while let region = regions.first { forget(region) }
        }
        residentPages = 0
    }
    /// End of the lower half, up to which tables are the program's.
    static let tablesEnd = VirtualAddress(rawValue: 1 << 47)
    // MARK: Regions

    /// The region that holds `address`.
    package func region(containing address: VirtualAddress) -> Region? {
        regions.find(containing: address)
    }
    /// The lowest region that ends above `address`.
    package func region(endingAbove address: VirtualAddress) -> Region? {
        regions.find(endingAbove: address)
    }
    package var regionCount: Int { regions.count }
    /// The lowest region, and the next above one: for walks that write as they go.
    package var firstRegion: Region? { regions.first }
    package func region(after region: Region) -> Region? { region.next }
    /// Bytes of the page tables (VmPTE).
    package var tableByteCount: UInt64 { UInt64(tables.countTables() + 1) << UInt64(Page.shift) }
    /// Calls `body` with each region, lowest first; /proc/self/maps. Nothing may change meanwhile.
    package func forEachRegion<Failure: Error>(
        _ body: (Region) throws(Failure) -> Void
    ) throws(Failure) {
        var next = regions.first
        while let region = next {
            try body(region)
            next = region.next
        }
    }
    /// What a region is called where no file names it.
    package enum RegionName: Sendable {
        case heap
        case stack
        case sharedClocks
        case sharedObject
        case none
    }
    package func name(of region: Region) -> RegionName {
        if region.start == sharedClocks { return .sharedClocks }
        if region.start.rawValue == sharedClocks.rawValue + UInt64(Page.size) {
            return .sharedObject
        }
        if region.start <= breakEnd, region.end > breakStart, region.cache == nil { return .heap }
        return region.start <= stackStart && region.end > stackStart ? .stack : .none
    }

    /// Adds a region to the tree, the cache's list and the accounts.
    func add(_ region: Region) {
        regions.insert(region)
        if let cache = region.cache {
            region.space = self
            cache.link(region)
        }
        account(region, region.byteCount, isAdded: true)
    }
    /// The opposite of `add`; pages are the caller's matter.
    func forget(_ region: Region) {
        regions.remove(region)
        if let cache = region.cache {
            cache.unlink(region)
            region.space = nil
        }
        account(region, region.byteCount, isAdded: false)
    }
    func account(_ region: Region, _ byteCount: UInt64, isAdded: Bool) {
        // Wrapping, as a difference is added: no sum here can pass the address space's size.
        let change = isAdded ? byteCount : 0 &- byteCount
        mappedByteCount &+= change
        if region.isData { dataByteCount &+= change }
        if region.isLocked { lockedByteCount &+= change }
    }

    /// Cuts the region that holds `address` there, if any does and it does not begin there.
    func split(at address: VirtualAddress) throws(Errno) {
        guard let region = regions.find(containing: address), region.start != address else {
            return
        }
        guard regions.count < Self.maximumRegions else { throw .outOfMemory }
        try splitLargePage(cutAt: address)
        let upper = region.copy(
            start: address, end: region.end, offset: region.offset(at: address))
        account(region, region.end.rawValue - address.rawValue, isAdded: false)
        region.end = address
        add(upper)
    }
    /// Joins a region with the neighbours that continue it; returns what then holds its range.
    @discardableResult
    func join(_ region: Region) -> Region {
        var region = region
        if let previous = region.previous, previous.isContinued(by: region) {
            extend(previous, over: region)
            region = previous
        }
        if let next = region.next, region.isContinued(by: next) { extend(region, over: next) }
        return region
    }
    private func extend(_ region: Region, over next: Region) {
        let end = next.end
        forget(next)
        account(region, end.rawValue - region.end.rawValue, isAdded: true)
        region.end = end
    }
    /// Joins over all regions that touch `start..<end`.
    func joinAll(from start: VirtualAddress, to end: VirtualAddress) {
        var next = regions.find(endingAbove: start.retreated(by: 1) ?? start)
        while let region = next, region.start <= end { next = join(region).next }
    }
}

/// Page tables in frames.
enum FrameTables: TableMemory {
    static func load(_ table: PhysicalAddress, _ index: Int) -> UInt64 {
        Frame(containing: table).load(UInt64.self, at: index * 8)
    }
    static func store(_ value: UInt64, _ table: PhysicalAddress, _ index: Int) {
        Frame(containing: table).store(value, at: index * 8)
    }
    static func allocate() -> PhysicalAddress? { Frames.allocateZeroed()?.address }
    static func free(_ table: PhysicalAddress) { Frames.release(Frame(containing: table)) }
    static func flush(_ address: VirtualAddress) { Processors.flush(address, on: .max) }
    static func rootChanged(_ root: PhysicalAddress, _ index: Int, _ value: UInt64) {
        RootMirrors.store(value, root, index)
    }
}
