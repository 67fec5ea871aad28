package import Base
internal import Hardware
package import LinuxABI

/// mremap(2).
extension AddressSpace {
    package enum Move: Sendable {
        /// Grow in place or fail.
        case no
        case allowed
        /// To this address where it is free, else elsewhere (MREMAP_DONTUNMAP).
        case hinted(VirtualAddress)
        /// To this address, over whatever is there (MREMAP_FIXED).
        case fixed(VirtualAddress)
    }
    /// Changes the size of a mapping and returns where it then is.
    ///
    /// `oldByteCount` 0 makes a second mapping of a shared object. With `keepsOld` (MREMAP_DONTUNMAP)
    /// the old range stays, without its pages. Errors as mremap(2): EINVAL, EFAULT for what is not
    /// one mapping, EAGAIN, ENOMEM.
    @export(interface)
    package func remap(
        _ start: VirtualAddress, oldByteCount: UInt64, newByteCount: UInt64, move: Move,
        old: OldRange = .unmapped
    ) throws(Errno) -> VirtualAddress {
        guard start.isPageAligned,
            let oldPages = Page.count(holding: oldByteCount),
            let newPages = Page.count(holding: newByteCount)
        else { throw .invalidArgument }
        let (oldLength, oldOverflow) = oldPages.multipliedReportingOverflow(by: UInt64(Page.size))
        let (newLength, newOverflow) = newPages.multipliedReportingOverflow(by: UInt64(Page.size))
        guard !oldOverflow, !newOverflow, newLength > 0, newLength <= ProgramSpace.end.rawValue
        else { throw .invalidArgument }
        if old == .kept, oldLength != newLength { throw .invalidArgument }
        guard let region = regions.find(containing: start), !region.isPinned else {
            throw .badAddress
        }
        try KernelReserve.admit()
        if case .fixed(let target) = move {
            return try remapFixed(region, start, oldLength, newLength, target, old)
        }
        if oldLength >= newLength, oldLength > 0, old == .unmapped {
            if oldLength > newLength {
                guard let end = start.advanced(by: oldLength), end <= ProgramSpace.end else {
                    throw .invalidArgument
                }
                try removeRegions(
                    from: VirtualAddress(rawValue: start.rawValue + newLength), to: end)
            }
            return start
        }
        try checkGrowth(of: region, at: start, oldLength, newLength)
        if old == .unmapped, oldLength > 0, growInPlace(region, start, oldLength, newLength) {
            return start
        }
        let hint: VirtualAddress?
        switch move {
        case .no, .fixed: throw .outOfMemory
        case .allowed: hint = nil
        case .hinted(let address):
            try checkTarget(address, newLength, start, oldLength)
            hint = address
        }
        let target = try place(hint, .hint, newLength, [])
        try moveMapping(region, start, oldLength, newLength, to: target, old)
        return target
    }
    package enum OldRange: Sendable {
        case unmapped
        case kept
    }

    private func remapFixed(
        _ region: Region, _ start: VirtualAddress, _ oldLength: UInt64, _ newLength: UInt64,
        _ target: VirtualAddress, _ old: OldRange
    ) throws(Errno) -> VirtualAddress {
        try checkTarget(target, newLength, start, oldLength)
        _ = try place(target, .fixed, newLength, [])
        try removeRegions(from: target, to: VirtualAddress(rawValue: target.rawValue + newLength))
        var kept = oldLength
        if oldLength > newLength, old == .unmapped {
            try removeRegions(
                from: VirtualAddress(rawValue: start.rawValue + newLength),
                to: VirtualAddress(rawValue: start.rawValue + oldLength))
            kept = newLength
        }
        // The removals may have cut the region.
        guard let region = regions.find(containing: start) else { throw .badAddress }
        try checkGrowth(of: region, at: start, kept, newLength)
        try moveMapping(region, start, kept, newLength, to: target, old)
        return target
    }

    /// An address that a call names for the new place: in the space, and apart from the old. EINVAL.
    private func checkTarget(
        _ target: VirtualAddress, _ newLength: UInt64, _ start: VirtualAddress, _ oldLength: UInt64
    ) throws(Errno) {
        guard target.isPageAligned,
            target.rawValue <= ProgramSpace.end.rawValue - newLength,
            start.rawValue <= ProgramSpace.end.rawValue - min(oldLength, ProgramSpace.end.rawValue),
            target.rawValue + newLength <= start.rawValue
                || start.rawValue + oldLength <= target.rawValue
        else { throw .invalidArgument }
    }

    private func checkGrowth(
        of region: Region, at start: VirtualAddress, _ oldLength: UInt64, _ newLength: UInt64
    ) throws(Errno) {
        // A second mapping of private memory would be no second view of it.
        if oldLength == 0, region.sharing == .private { throw .invalidArgument }
        guard oldLength <= region.end.rawValue - start.rawValue else { throw .badAddress }
        guard newLength > oldLength else { return }
        if region.cache != nil {
            let distance = Int64(start.rawValue - region.start.rawValue)
            let (sum, overflow) = (region.offset + distance).addingReportingOverflow(
                Int64(newLength))
            guard !overflow, sum >= 0 else { throw .invalidArgument }
        }
        if region.isLocked { try admitLocked(newLength - oldLength) }
        try admit(growth: newLength - oldLength, isData: region.isData)
    }

    private func growInPlace(
        _ region: Region, _ start: VirtualAddress, _ oldLength: UInt64, _ newLength: UInt64
    ) -> Bool {
        guard start.rawValue + oldLength == region.end.rawValue,
            let newEnd = start.advanced(by: newLength), newEnd <= ProgramSpace.end,
            region.end > ProgramSpace.libraryStart || newEnd <= ProgramSpace.libraryStart
        else { return false }
        if let next = region.next, Self.startWithGap(next) < newEnd.rawValue { return false }
        let oldEnd = region.end
        account(region, newEnd.rawValue - oldEnd.rawValue, isAdded: true)
        region.end = newEnd
        let joined = join(region)
        if joined.isLocked { populate(joined, from: oldEnd, to: newEnd) }
        return true
    }

    /// Makes a region at a free place, moves the pages there, and removes the old range unless it is
    /// kept. ENOMEM (then nothing has moved).
    private func moveMapping(
        _ region: Region, _ start: VirtualAddress, _ oldLength: UInt64, _ newLength: UInt64,
        to target: VirtualAddress, _ old: OldRange
    ) throws(Errno) {
        guard regions.count < Self.maximumRegions - 2 else { throw .outOfMemory }
        try splitLargePages(
            from: start, to: VirtualAddress(rawValue: start.rawValue + min(oldLength, newLength)))
        let end = VirtualAddress(rawValue: target.rawValue + newLength)
        let moved = region.copy(start: target, end: end, offset: region.offset(at: start))
        announceTextChange(of: region, from: region.start, to: region.end)
        add(moved)
        let distance = target.rawValue &- start.rawValue
        let oldEnd = VirtualAddress(rawValue: start.rawValue + min(oldLength, newLength))
        guard movePages(from: start, to: oldEnd, by: distance) else {
            // The tables of the old range are still there, so going back needs no memory.
            _ = movePages(from: target, to: end, by: 0 &- distance)
            forget(moved)
            throw .outOfMemory
        }
        let joined = join(moved)
        if joined.isLocked { populate(joined, from: target, to: end) }
        if old == .unmapped, oldLength > 0 {
            try removeRegions(
                from: start, to: VirtualAddress(rawValue: start.rawValue + oldLength))
        }
    }
    private func movePages(
        from start: VirtualAddress, to end: VirtualAddress, by distance: UInt64
    ) -> Bool {
        var isComplete = true
        var isStale = false
        tables.update(start, end) { address, entry in
            let target = VirtualAddress(rawValue: address.rawValue &+ distance)
            guard isComplete, tables.set(entry, at: target) else {
                isComplete = false
                return entry
            }
            isStale = isStale || entry.isPresent
            return .absent
        }
        if isStale { flushAll() }
        return isComplete
    }
}
