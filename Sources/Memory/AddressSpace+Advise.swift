package import Base
internal import Hardware
package import LinuxABI

/// madvise(2), mlock(2), msync(2), mincore(2).
extension AddressSpace {
    package enum Advice: Sendable {
        /// Contents go: anonymous pages read as zero, others as their object again.
        case discard
        /// As `discard`, locked pages too.
        case discardLocked
        /// As `discard`, for private anonymous memory only (MADV_FREE).
        case free
        /// Memory goes and contents become zero, for the object and all who map it.
        case remove
        /// A hint that changes nothing here.
        case none
        /// A hint that changes nothing here, and is not for locked memory (MADV_COLD, MADV_PAGEOUT).
        case setAside
        case populateRead
        case populateWrite
        /// MADV_HUGEPAGE
        case takeLargePages
        /// MADV_NOHUGEPAGE
        case takeSmallPages
        case excludeFromFork
        case includeInFork
        case wipeOnFork
        case keepOnFork
        case excludeFromDump
        case includeInDump
    }

    /// Calls `body` with each region in a range, or the part of it within; parts nothing maps are
    /// skipped. Returns whether there were none such.
    private func forEachPart(
        _ start: VirtualAddress, _ end: VirtualAddress,
        _ body: (Region, VirtualAddress, VirtualAddress) throws(Errno) -> Void
    ) throws(Errno) -> Bool {
        var address = start
        var isComplete = true
        while address < end {
            guard let region = regions.find(endingAbove: address), region.start < end else {
                return false
            }
            if region.start > address {
                isComplete = false
                address = region.start
            }
            let next = min(region.end, end)
            if region.isPinned { isComplete = false } else { try body(region, address, next) }
            address = next
        }
        return isComplete
    }

    /// Applies advice to a range. EACCES, EINVAL, ENOMEM where a part is not mapped (the rest is
    /// done), EFAULT and ENOMEM of populating.
    @export(interface)
    package func advise(
        _ start: VirtualAddress, byteCount: UInt64, _ advice: Advice
    ) throws(Errno) {
        let range = try Self.range(start, byteCount, wrapped: .invalidArgument)
        guard range.end > range.start else { return }
        try KernelReserve.admit()
        let isComplete = try forEachPart(range.start, range.end) {
            (region, start, end) throws(Errno) in
            switch advice {
            case .none: break
            case .setAside:
                guard !region.isLocked else { throw .invalidArgument }
            case .discard:
                guard !region.isLocked else { throw .invalidArgument }
                try splitEdges(start, end)
                removePages(of: region, from: start, to: end)
            case .discardLocked:
                try splitEdges(start, end)
                removePages(of: region, from: start, to: end)
            case .free:
                guard region.cache == nil, !region.isLocked else { throw .invalidArgument }
                try splitEdges(start, end)
                removePages(of: region, from: start, to: end)
            case .remove:
                guard !region.isLocked, let cache = region.cache else { throw .invalidArgument }
                guard region.sharing == .shared, region.maximum.contains(.write) else {
                    throw .permissionDenied
                }
                let first = region.offset + Int64(start.rawValue - region.start.rawValue)
                cache.punchHole(
                    from: first, to: first + Int64(end.rawValue - start.rawValue))
            case .populateRead: try populate(start, end, .read)
            case .populateWrite: try populate(start, end, .write)
            case .takeLargePages:
                try changeFlags(start, end, inserting: .largePages, removing: .smallPages)
            case .takeSmallPages:
                try changeFlags(start, end, inserting: .smallPages, removing: .largePages)
            case .excludeFromFork:
                try changeFlags(start, end, inserting: .excludedFromFork, removing: [])
            case .includeInFork:
                try changeFlags(start, end, inserting: [], removing: .excludedFromFork)
            case .wipeOnFork:
                guard region.cache == nil else { throw .invalidArgument }
                try changeFlags(start, end, inserting: .wipedOnFork, removing: [])
            case .keepOnFork: try changeFlags(start, end, inserting: [], removing: .wipedOnFork)
            case .excludeFromDump:
                try changeFlags(start, end, inserting: .excludedFromDump, removing: [])
            case .includeInDump:
                try changeFlags(start, end, inserting: [], removing: .excludedFromDump)
            }
        }
        guard isComplete else { throw .outOfMemory }
    }
    /// Splits the large pages that the ends of a range cut.
    private func splitEdges(_ start: VirtualAddress, _ end: VirtualAddress) throws(Errno) {
        try splitLargePage(cutAt: start)
        try splitLargePage(cutAt: end)
    }
    private func populate(
        _ start: VirtualAddress, _ end: VirtualAddress, _ access: Access
    ) throws(Errno) {
        switch populate(from: start, to: end, access) {
        case .resolved: return
        case .outOfMemory, .notMapped: throw .outOfMemory
        case .notPermitted: throw .invalidArgument
        case .beyondObject: throw .badAddress
        }
    }
    private func changeFlags(
        _ start: VirtualAddress, _ end: VirtualAddress, inserting: Region.Flags,
        removing: Region.Flags
    ) throws(Errno) {
        try split(at: start)
        try split(at: end)
        guard let region = regions.find(containing: start) else { return }
        account(region, region.byteCount, isAdded: false)
        region.flags.subtract(removing)
        region.flags.formUnion(inserting)
        account(region, region.byteCount, isAdded: true)
        join(region)
    }

    // MARK: Locked memory

    func admitLocked(_ growth: UInt64) throws(Errno) {
        guard growth <= limits.locked &- min(limits.locked, lockedByteCount) else {
            throw .tryAgain
        }
    }
    package enum LockTiming: Sendable {
        /// Pages are made present at once.
        case now
        /// As they are touched (MLOCK_ONFAULT).
        case onFault
    }
    /// Locks a range's pages, which are never taken back here: accounting, and presence. ENOMEM where
    /// something is not mapped or past the limit; EINVAL.
    @export(interface)
    package func lock(
        _ start: VirtualAddress, byteCount: UInt64, _ timing: LockTiming
    ) throws(Errno) {
        let range = try Self.lockRange(start, byteCount)
        guard range.end > range.start else { return }
        try KernelReserve.admit()
        var growth = range.end.rawValue - range.start.rawValue
        _ = try forEachPart(range.start, range.end) { (region, start, end) in
            if region.isLocked { growth -= end.rawValue - start.rawValue }
        }
        guard growth <= limits.locked &- min(limits.locked, lockedByteCount) else {
            throw .outOfMemory
        }
        let flags: Region.Flags = timing == .now ? .locked : [.locked, .lockedOnFault]
        let isComplete = try forEachPart(range.start, range.end) {
            (region, start, end) throws(Errno) in
            try changeFlags(
                start, end, inserting: flags, removing: timing == .now ? .lockedOnFault : [])
        }
        guard isComplete else { throw .outOfMemory }
        guard timing == .now else { return }
        _ = try forEachPart(range.start, range.end) { (region, start, end) throws(Errno) in
            guard !region.protection.isEmpty else { throw .outOfMemory }
            let access: Access = region.isCharged ? .write : .read
            guard populate(from: start, to: end, access) == .resolved else { throw .outOfMemory }
        }
    }
    /// Unlocks a range. ENOMEM where something is not mapped; EINVAL.
    @export(interface)
    package func unlock(_ start: VirtualAddress, byteCount: UInt64) throws(Errno) {
        let range = try Self.lockRange(start, byteCount)
        guard range.end > range.start else { return }
        try KernelReserve.admit()
        let isComplete = try forEachPart(range.start, range.end) {
            (_, start, end) throws(Errno) in
            try changeFlags(start, end, inserting: [], removing: [.locked, .lockedOnFault])
        }
        guard isComplete else { throw .outOfMemory }
    }
    /// mlock(2) rounds the start down, unlike the other calls.
    private static func lockRange(
        _ start: VirtualAddress, _ byteCount: UInt64
    ) throws(Errno) -> (start: VirtualAddress, end: VirtualAddress) {
        // A length that wraps around does so on Linux too, and then is a small one.
        let length =
            (byteCount &+ UInt64(start.pageOffset) &+ Page.offsetMask) & ~Page.offsetMask
        guard let end = start.pageDown.advanced(by: length) else { throw .invalidArgument }
        return (start.pageDown, end)
    }
    /// Locks what is mapped now, what will be, or (neither) unlocks all; mlockall(2), munlockall(2).
    @export(interface)
    package func lockAll(_ current: LockTiming?, future: LockTiming?) throws(Errno) {
        if current != nil, mappedByteCount > limits.locked { throw .outOfMemory }
        switch future {
        case .now?: futureFlags = .locked
        case .onFault?: futureFlags = [.locked, .lockedOnFault]
        case nil: futureFlags = []
        }
        if current == nil, future != nil { return }
        let flags: Region.Flags = current == .onFault ? [.locked, .lockedOnFault] : .locked
        var next = regions.first
        while let region = next {
            account(region, region.byteCount, isAdded: false)
            region.flags.subtract([.locked, .lockedOnFault])
            if current != nil { region.flags.formUnion(flags) }
            account(region, region.byteCount, isAdded: true)
            if current == .now { populate(region, from: region.start, to: region.end) }
            next = join(region).next
        }
    }

    // MARK: Questions

    /// Checks a range for msync(2): contents are always in their object. ENOMEM, EINVAL; EBUSY where
    /// locked memory would have to be dropped.
    @export(interface)
    package func synchronize(
        _ start: VirtualAddress, byteCount: UInt64, _ copies: CachedCopies
    ) throws(Errno) {
        // A length that wraps to nothing is nothing on Linux too.
        if start.isPageAligned, (byteCount &+ Page.offsetMask) & ~Page.offsetMask == 0 { return }
        let range = try Self.range(start, byteCount, wrapped: .outOfMemory)
        let isComplete = try forEachPart(range.start, range.end) {
            (region, _, _) throws(Errno) in
            if copies == .invalidated, region.isLocked { throw .busy }
        }
        guard isComplete else { throw .outOfMemory }
    }
    package enum CachedCopies: Sendable {
        case kept
        case invalidated
    }

    /// Whether the page at an address would be touched without a fault's delay; `nil` where nothing
    /// is mapped.
    @export(interface)
    package func isResident(_ page: VirtualAddress) -> Bool? {
        guard let region = regions.find(containing: page), !region.isPinned else { return nil }
        if !tables.entry(at: page).isAbsent { return true }
        return region.cache?.existingFrame(at: region.pageIndex(of: page)) != nil
    }
}
