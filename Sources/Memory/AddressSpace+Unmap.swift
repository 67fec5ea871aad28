package import Base
internal import Hardware
package import LinuxABI

/// munmap(2), and taking pages out.
extension AddressSpace {
    /// The page-aligned range that a call names. Throws `failure` where the start is not aligned or
    /// the end wraps; the length is rounded up.
    static func range(
        _ start: VirtualAddress, _ byteCount: UInt64, wrapped failure: Errno
    ) throws(Errno) -> (start: VirtualAddress, end: VirtualAddress) {
        guard start.isPageAligned else { throw .invalidArgument }
        guard let end = start.advanced(by: byteCount)?.pageUp else { throw failure }
        return (start, end)
    }

    /// Removes whatever is mapped in a range. EINVAL; ENOMEM when a split would be one region too
    /// many.
    @export(interface)
    package func unmap(_ start: VirtualAddress, byteCount: UInt64) throws(Errno) {
        let range = try Self.range(start, byteCount, wrapped: .invalidArgument)
        guard range.end <= ProgramSpace.end, range.end > range.start else {
            throw .invalidArgument
        }
        try removeRegions(from: range.start, to: range.end)
    }

    func removeRegions(from start: VirtualAddress, to end: VirtualAddress) throws(Errno) {
        guard let first = regions.find(endingAbove: start), first.start < end else { return }
        if first.start < start || first.end > end { try KernelReserve.admit() }
        try split(at: start)
        try split(at: end)
        var next = regions.find(endingAbove: start)
        while let region = next, region.start < end {
            next = region.next
            if region.isPinned { continue }
            removePages(of: region, from: region.start, to: region.end)
            forget(region)
        }
    }

    /// Removes the regions whose owners count them: a space that its last process left may go only later.
    package func removeCountedRegions() {
        var next = regions.first
        while let region = next {
            next = region.next
            guard region.owner?.keepsRegionsApart == true else { continue }
            removePages(of: region, from: region.start, to: region.end)
            forget(region)
        }
    }

    /// Whether something of the library OS's own lies in a range, over which nothing can be mapped.
    func hasPinned(from start: VirtualAddress, to end: VirtualAddress) -> Bool {
        var next = regions.find(endingAbove: start)
        while let region = next, region.start < end {
            if region.isPinned { return true }
            next = region.next
        }
        return false
    }
    /// Makes the pinned region at an address an ordinary one, so that it can be removed.
    package func unpin(_ start: VirtualAddress) {
        regions.find(containing: start)?.flags.remove(.pinned)
    }

    /// Takes the pages of a part of a region out of the tables and gives their frames back; tables
    /// that nothing can use any more go too, if the whole region goes.
    func removePages(of region: Region, from start: VirtualAddress, to end: VirtualAddress) {
        guard residentPages > 0 else { return }
        announceTextChange(of: region, from: start, to: end)
        var batch = RemovalBatch()
        if end.rawValue - start.rawValue > RemovalBatch.byteCount {
            closePages(from: start, to: end)
        }
        tables.update(start, end) { address, entry in
            batch.add(entry, at: address, in: self)
            return .absent
        }
        residentPages -= batch.count
        var chain: PhysicalAddress?
        if start == region.start, end == region.end {
            let floor = region.previous?.end ?? VirtualAddress(rawValue: 0)
            let ceiling = region.next?.start ?? Self.tablesEnd
            chain = tables.detachTables(
                start, end, floor: floor, ceiling: ceiling, chain: nil)
        }
        batch.finish(in: self)
        Tables.freeDetached(chain)
    }
    /// Makes the small pages of a range not present, which keep their frames, takes large ones out, and
    /// flushes once: what is left needs no flush, however many batches it is.
    private func closePages(from start: VirtualAddress, to end: VirtualAddress) {
        var batch = RemovalBatch()
        tables.update(start, end) { address, entry in
            guard !entry.isLarge else {
                batch.add(entry, at: address, in: self)
                return .absent
            }
            batch.markStale(entry, at: address)
            return entry.with(rights: [])
        }
        batch.finish(in: self)
        residentPages -= batch.count
    }
    /// Takes a region's pages of object page `pageIndex` and up out.
    func dropPages(of region: Region, from pageIndex: Int) {
        let first = region.pageIndex(of: region.start)
        let skipped = UInt64(max(0, pageIndex - first)) << UInt64(Page.shift)
        guard skipped < region.byteCount, let start = region.start.advanced(by: skipped) else {
            return
        }
        // Private copies stay on Linux only below the new end; all go (mm/truncate.c).
        removePages(of: region, from: start, to: region.end)
    }
}

/// Frames taken out of tables, released only after their translations were flushed.
struct RemovalBatch {
    private static let capacity = 64
    /// Bytes of small pages that one batch holds.
    static var byteCount: UInt64 { UInt64(capacity) << UInt64(Page.shift) }
    private var frames = InlineArray<64, UInt32>(repeating: 0)
    private var filled = 0
    private(set) var count = 0
    /// Entries the CPU may have cached since the last flush, and the first of them.
    private var stale = 0
    private var firstStale = VirtualAddress(rawValue: 0)

    /// Takes over the frame of an entry that is about to be cleared.
    mutating func add(_ entry: PageTableEntry, at address: VirtualAddress, in space: AddressSpace) {
        if filled == Self.capacity {
            // The entries before this one were stored already.
            finish(in: space)
        }
        frames[filled] = Frame(containing: entry.page).number
        filled += 1
        count += entry.pageCount
        markStale(entry, at: address)
    }
    /// Notes an entry whose translation may be cached and is about to lose rights.
    mutating func markStale(_ entry: PageTableEntry, at address: VirtualAddress) {
        guard entry.isPresent else { return }
        if stale == 0 { firstStale = address }
        stale += 1
    }
    /// Flushes and releases.
    mutating func finish(in space: AddressSpace) {
        if stale == 1 { space.flush(firstStale) } else if stale > 1 { space.flushAll() }
        stale = 0
        for index in 0..<filled { Frames.release(Frame(number: frames[index])) }
        filled = 0
    }
}
