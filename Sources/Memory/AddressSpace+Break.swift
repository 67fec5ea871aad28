package import Base
internal import Hardware
internal import LinuxABI

/// brk(2).
extension AddressSpace {
    /// Puts the empty heap at `start`; done once, by the loader.
    package func initializeBreak(at start: VirtualAddress) {
        breakStart = start
        breakEnd = start
    }
    /// Moves the end of the heap and returns where it is then: unchanged where `wanted` is below the
    /// start or memory, a limit or another mapping is in the way.
    @export(interface)
    package func setBreak(_ wanted: VirtualAddress) -> VirtualAddress {
        guard wanted >= breakStart, wanted < ProgramSpace.end else { return breakEnd }
        guard wanted.rawValue - breakStart.rawValue <= limits.data,
            let newEnd = wanted.pageUp, let oldEnd = breakEnd.pageUp
        else { return breakEnd }
        if newEnd == oldEnd {
            breakEnd = wanted
            return breakEnd
        }
        do throws(Errno) {
            if newEnd < oldEnd {
                try removeRegions(from: newEnd, to: oldEnd)
            } else {
                try growBreak(from: oldEnd, to: newEnd)
            }
            breakEnd = wanted
        } catch {
            // brk(2) has no error: the program sees the unchanged break.
        }
        return breakEnd
    }
    private func growBreak(from start: VirtualAddress, to end: VirtualAddress) throws(Errno) {
        try KernelReserve.admit()
        let length = end.rawValue - start.rawValue
        guard start >= ProgramSpace.libraryEnd || end <= ProgramSpace.libraryStart,
            regions.count < Self.maximumRegions,
            length >> UInt64(Page.shift) <= UInt64(Frames.totalCount)
        else { throw .outOfMemory }
        if let next = regions.find(endingAbove: start), Self.startWithGap(next) < end.rawValue {
            throw .outOfMemory
        }
        try admit(growth: length, isData: true)
        if futureFlags.contains(.locked) { try admitLocked(length) }
        let region = Region(
            start: start, end: end, protection: [.read, .write], maximum: .all,
            sharing: .private, cache: nil, offset: 0, owner: nil, flags: futureFlags)
        add(region)
        let joined = join(region)
        if futureFlags.contains(.locked) { populate(joined, from: start, to: end) }
    }
}
