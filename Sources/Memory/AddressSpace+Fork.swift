internal import Base
internal import Hardware
package import LinuxABI

/// fork(2): a space like another one, whose private pages are copied when either writes them.
extension AddressSpace {
    /// A copy of the space as it is now (kernel/fork.c, dup_mmap). ENOMEM, with nothing changed but that
    /// large pages may be small ones.
    ///
    /// What is present stays so in both: a page that is entered here costs less than a fault there. Locks
    /// in memory are not inherited (mlock(2)).
    @export(interface)
    package func fork() throws(Errno) -> AddressSpace {
        try KernelReserve.admit()
        let child = try AddressSpace(sharingLibraryOf: self, layout: layout)
        do throws(Errno) {
            var next = regions.first
            while let region = next {
                next = region.next
                guard !region.flags.contains(.excludedFromFork) else { continue }
                try KernelReserve.admit()
                try copy(region, to: child)
            }
        } catch {
            flushAll()
            child.close()
            throw error
        }
        // Before anybody goes on writing to pages that the child has as well.
        flushAll()
        child.limits = limits
        child.breakStart = breakStart
        child.breakEnd = breakEnd
        child.sharedClocks = sharedClocks
        child.stackStart = stackStart
        return child
    }

    private func copy(_ region: Region, to child: AddressSpace) throws(Errno) {
        let new = region.copy(start: region.start, end: region.end, offset: region.offset)
        new.flags.subtract([.locked, .lockedOnFault])
        child.add(new)
        guard residentPages > 0, !region.flags.contains(.wipedOnFork) else { return }
        // A large page has one owner.
        try splitLargePages(from: region)
        var hasRoom = true
        tables.update(region.start, region.end) { address, entry in
            guard hasRoom, Frames.freeCount > KernelReserve.frames else {
                hasRoom = false
                return entry
            }
            var shared = entry
            if region.sharing == .private, entry.isWritable {
                shared = entry.with(rights: entry.rights.subtracting(.write))
            }
            guard child.tables.set(shared, at: address) else {
                hasRoom = false
                return entry
            }
            Frames.retain(Frame(containing: entry.page))
            child.residentPages += 1
            return shared
        }
        guard hasRoom else { throw .outOfMemory }
    }
    /// Splits the large pages of a region, which lie within it. ENOMEM.
    private func splitLargePages(from region: Region) throws(Errno) {
        guard region.cache == nil, region.byteCount >= Self.largePageBytes else { return }
        var start = region.start
        while let found = tables.nextLargePage(from: start, to: region.end) {
            try splitLargePage(containing: found)
            start = VirtualAddress(rawValue: found.rawValue + Self.largePageBytes)
        }
    }
}
