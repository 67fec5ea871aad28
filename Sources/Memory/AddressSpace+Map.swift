package import Base
internal import Hardware
package import LinuxABI

/// mmap(2): finding room and making regions.
extension AddressSpace {
    /// Maps `byteCount` bytes, rounded up to pages, and returns where.
    ///
    /// `maximum` bounds what mprotect(2) may add (a shared mapping of a file open for reading has no
    /// write). Errors in mmap(2)'s order: EINVAL for no bytes or an unaligned fixed address, ENOMEM
    /// for sizes and addresses beyond the space, EOVERFLOW for offsets, EPERM below
    /// `lowestAddress`, EEXIST, EAGAIN past the limit of locked memory, ENOMEM.
    @export(interface)
    package func map(
        at hint: VirtualAddress?, placement: Placement, byteCount: UInt64,
        protection: Protection, backing: Backing = .anonymous, sharing: Sharing = .private,
        options: MapOptions = [], maximum: Protection = .all, owner: RegionOwner? = nil
    ) throws(Errno) -> VirtualAddress {
        guard byteCount > 0 else { throw .invalidArgument }
        guard let pages = Page.count(holding: byteCount) else { throw .outOfMemory }
        let (length, overflow) = pages.multipliedReportingOverflow(by: UInt64(Page.size))
        guard !overflow, length <= ProgramSpace.end.rawValue else { throw .outOfMemory }
        if case .file(_, let offset) = backing {
            guard offset >= 0, Int64(length) <= Int64.max - offset else { throw .overflow }
        }
        try KernelReserve.admit()
        guard regions.count <= Self.maximumRegions else { throw .outOfMemory }

        var flags: Region.Flags = futureFlags
        if options.contains(.locked) { flags.insert(.locked) }
        if options.contains(.unreserved) { flags.insert(.unreserved) }
        if options.contains(.growsDown) { flags.insert(.growsDown) }
        if options.contains(.smallPages) { flags.insert(.smallPages) }
        if options.contains(.pinned) { flags.insert(.pinned) }
        let start = try place(hint, placement, length, options)
        guard let end = start.advanced(by: length) else { throw .outOfMemory }
        if flags.contains(.locked), length > limits.locked &- min(limits.locked, lockedByteCount) {
            throw .tryAgain
        }
        if sharing == .shared || backing.isFile, options.contains(.growsDown) {
            throw .invalidArgument
        }
        let charged = sharing == .private && protection.contains(.write)
        let replaced = placement == .fixed ? mappedBytes(from: start, to: end) : 0
        try admit(
            growth: length, replacing: replaced, isData: charged && !flags.contains(.growsDown))
        if charged, !flags.contains(.unreserved), pages > UInt64(Frames.totalCount) {
            // As Linux's heuristic: a single request that can never be met.
            throw .outOfMemory
        }
        if placement == .fixed { try removeRegions(from: start, to: end) }

        let region = Region(
            start: start, end: end, protection: protection, maximum: maximum, sharing: sharing,
            cache: cache(for: backing, sharing, length), offset: backing.offset, owner: owner,
            flags: flags)
        add(region)
        let joined = join(region)
        if options.contains(.populate) || flags.contains(.locked) && !flags.contains(.lockedOnFault)
        {
            populate(joined, from: start, to: end)
        }
        return start
    }

    private func cache(for backing: Backing, _ sharing: Sharing, _ length: UInt64) -> PageCache? {
        switch backing {
        case .file(let cache, _): return cache
        case .anonymous:
            guard sharing == .shared else { return nil }
            let cache = PageCache()
            cache.byteCount = Int64(length)
            return cache
        }
    }

    /// Whether the space may grow by `growth` bytes: RLIMIT_AS and RLIMIT_DATA. ENOMEM.
    func admit(growth: UInt64, replacing: UInt64 = 0, isData: Bool) throws(Errno) {
        let (total, overflow) = (mappedByteCount - min(replacing, mappedByteCount))
            .addingReportingOverflow(growth)
        guard !overflow, total <= limits.addressSpace else { throw .outOfMemory }
        guard isData else { return }
        let (data, dataOverflow) = dataByteCount.addingReportingOverflow(growth)
        guard !dataOverflow, data <= limits.data else { throw .outOfMemory }
    }
    private func mappedBytes(from start: VirtualAddress, to end: VirtualAddress) -> UInt64 {
        var sum: UInt64 = 0
        var next = regions.find(endingAbove: start)
        while let region = next, region.start < end {
            sum += min(region.end, end).rawValue - max(region.start, start).rawValue
            next = region.next
        }
        return sum
    }

    // MARK: Placement

    /// Chooses the start of a mapping of `length` bytes (a positive multiple of the page size).
    func place(
        _ hint: VirtualAddress?, _ placement: Placement, _ length: UInt64, _ options: MapOptions
    ) throws(Errno) -> VirtualAddress {
        switch placement {
        case .fixed, .fixedNoReplace:
            let start = hint ?? VirtualAddress(rawValue: 0)
            guard start.rawValue <= ProgramSpace.end.rawValue - length else { throw .outOfMemory }
            guard start.isPageAligned else { throw .invalidArgument }
            guard start >= Self.lowestAddress else { throw .operationNotPermitted }
            guard isProgramRange(start.rawValue, length) else { throw .outOfMemory }
            if placement == .fixedNoReplace, let other = regions.find(endingAbove: start),
                other.start.rawValue < start.rawValue + length
            {
                throw .fileExists
            }
            let end = VirtualAddress(rawValue: start.rawValue + length)
            guard !hasPinned(from: start, to: end) else { throw .outOfMemory }
            return start
        case .hint:
            if let hint, hint.rawValue != 0, let aligned = hint.pageUp {
                let start = max(aligned, Self.lowestAddress)
                if start.rawValue <= ProgramSpace.end.rawValue - length, isFree(start, length) {
                    return start
                }
            }
            let low = options.contains(.low)
            let found =
                low
                ? gapAbove(0x4000_0000, below: 0x8000_0000, length)
                : gapBelow(layout.mapBase.rawValue, length)
                    ?? gapAbove(
                        ProgramSpace.end.rawValue / 3 & ~Page.offsetMask,
                        below: ProgramSpace.end.rawValue, length)
            guard let found else { throw .outOfMemory }
            return found
        }
    }

    /// Whether a range lies where the program's memory can be.
    private func isProgramRange(_ start: UInt64, _ length: UInt64) -> Bool {
        start + length <= ProgramSpace.libraryStart.rawValue
            || start >= ProgramSpace.libraryEnd.rawValue
    }
    /// First address that belongs to a region, with the gap that a growing one keeps below itself.
    static func startWithGap(_ region: Region) -> UInt64 {
        let start = region.start.rawValue
        return region.growsDown ? start - min(start, guardGap) : start
    }
    private func isFree(_ start: VirtualAddress, _ length: UInt64) -> Bool {
        guard isProgramRange(start.rawValue, length) else { return false }
        guard let next = regions.find(endingAbove: start) else { return true }
        return start.rawValue + length <= Self.startWithGap(next)
    }

    /// The highest gap that ends at or below `limit`.
    func gapBelow(_ limit: UInt64, _ length: UInt64) -> VirtualAddress? {
        var top = limit
        // The region that could hold the byte below the limit, or the last one under it.
        var below = regions.find(endingAbove: VirtualAddress(rawValue: limit)) ?? regions.last
        if let region = below, Self.startWithGap(region) < top {
            // It may begin under the limit or be wholly below.
            if region.end.rawValue > limit { top = Self.startWithGap(region) }
        }
        while let region = below, region.start.rawValue >= top { below = region.previous }
        while true {
            let bottom = max(below?.end.rawValue ?? 0, Self.lowestAddress.rawValue)
            if let start = fit(bottom, top, length) { return VirtualAddress(rawValue: start) }
            guard let region = below else { return nil }
            top = min(top, Self.startWithGap(region))
            below = region.previous
        }
    }
    /// The highest start of `length` bytes within `bottom..<top` that avoids the library OS.
    private func fit(_ bottom: UInt64, _ top: UInt64, _ length: UInt64) -> UInt64? {
        let libraryStart = ProgramSpace.libraryStart.rawValue
        let libraryEnd = ProgramSpace.libraryEnd.rawValue
        let high = max(bottom, libraryEnd)
        if top > high, top - high >= length { return top - length }
        let ceiling = min(top, libraryStart)
        if ceiling > bottom, ceiling - bottom >= length { return ceiling - length }
        return nil
    }
    /// The lowest gap within `floor..<ceiling`.
    private func gapAbove(
        _ floor: UInt64, below ceiling: UInt64, _ length: UInt64
    ) -> VirtualAddress? {
        var start = floor
        var next = regions.find(endingAbove: VirtualAddress(rawValue: floor))
        while true {
            let end = min(next.map(Self.startWithGap) ?? ceiling, ceiling)
            if start < end, end - start >= length {
                if isProgramRange(start, length) { return VirtualAddress(rawValue: start) }
                let moved = ProgramSpace.libraryEnd.rawValue
                if start < moved, moved < end, end - moved >= length {
                    return VirtualAddress(rawValue: moved)
                }
            }
            guard let region = next, region.end.rawValue < ceiling else { return nil }
            start = max(start, region.end.rawValue)
            next = region.next
        }
    }
}

extension AddressSpace.Backing {
    package var isAnonymous: Bool { !isFile }
    var isFile: Bool {
        if case .file = self { true } else { false }
    }
    var offset: Int64 {
        if case .file(_, let offset) = self { offset } else { 0 }
    }
}
