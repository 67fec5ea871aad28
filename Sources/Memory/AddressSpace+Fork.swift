package import Base
internal import Hardware
package import LinuxABI

/// fork(2): a space like another one, whose private pages are copied when either writes them.
extension AddressSpace {
    /// A copy of the space as it is now (kernel/fork.c, dup_mmap). ENOMEM, with nothing changed but that
    /// large pages may be small ones.
    ///
    /// What is present stays so in both: a page that is entered here costs less than a fault there. Pages
    /// that were written soon after earlier forks, and that of `stack`, are copied at once. Locks in memory
    /// are not inherited (mlock(2)).
    @export(interface)
    package func fork(stack: VirtualAddress) throws(Errno) -> AddressSpace {
        try KernelReserve.admit()
        let hints = forkHints ?? ForkHints()
        forkHints = hints
        hints.add(stack.pageDown)
        let child = try makeChild()
        child.hintsOfOrigin = hints
        var isStale = false
        defer {
            // Before anybody goes on writing to pages that the child has as well.
            if isStale { flushAll() }
        }
        do throws(Errno) {
            var next = regions.first
            while let region = next {
                next = region.next
                guard !region.flags.contains(.excludedFromFork) else { continue }
                try KernelReserve.admit()
                try copy(region, to: child, &isStale)
            }
        } catch {
            child.close()
            throw error
        }
        hints.forEach { copyNow($0, to: child) }
        child.limits = limits
        child.takesLargePages = takesLargePages
        child.breakStart = breakStart
        child.breakEnd = breakEnd
        child.sharedClocks = sharedClocks
        child.stackStart = stackStart
        return child
    }
    private func makeChild() throws(Errno) -> AddressSpace {
        if let spare = SpareSpaces.take(layout) { return try AddressSpace(reusing: spare) }
        return try AddressSpace(sharingLibraryOf: self, layout: layout)
    }

    private func copy(
        _ region: Region, to child: AddressSpace, _ isStale: inout Bool
    ) throws(Errno) {
        let new = region.copy(start: region.start, end: region.end, offset: region.offset)
        new.flags.subtract([.locked, .lockedOnFault])
        child.add(new)
        guard residentPages > 0, !region.flags.contains(.wipedOnFork) else { return }
        // A large page has one owner.
        try splitLargePages(from: region)
        let hints = forkHints
        var hasRoom = true
        var hasChanged = false
        tables.update(region.start, region.end) { address, entry in
            guard hasRoom, Frames.freeCount > KernelReserve.frames else {
                hasRoom = false
                return entry
            }
            var shared = entry
            if region.sharing == .private, entry.isWritable {
                // It is copied at the end.
                if hints?.contains(address) == true { return entry }
                shared = entry.with(rights: entry.rights.subtracting(.write))
                hasChanged = true
            }
            guard child.tables.set(shared, at: address) else {
                hasRoom = false
                return entry
            }
            Frames.retain(Frame(containing: entry.page))
            child.residentPages += 1
            return shared
        }
        isStale = isStale || hasChanged
        guard hasRoom else { throw .outOfMemory }
    }
    /// Gives a child its own copy of a page that this space writes; without memory it has none yet, and gets
    /// it as any page.
    private func copyNow(_ page: VirtualAddress, to child: AddressSpace) {
        let entry = tables.entry(at: page)
        guard entry.isPresent, entry.isWritable, child.tables.entry(at: page).isAbsent,
            let region = child.regions.find(containing: page), region.sharing == .private,
            !region.flags.contains(.wipedOnFork)
        else { return }
        let frame = Frame(containing: entry.page)
        if Frames.freeCount > KernelReserve.frames + 8, let copy = Frames.allocate() {
            copy.copy(from: frame)
            if child.tables.set(PageTableEntry(page: copy.address, rights: entry.rights), at: page)
            {
                child.residentPages += 1
                return
            }
            Frames.release(copy)
        }
        let shared = entry.with(rights: entry.rights.subtracting(.write))
        guard child.tables.set(shared, at: page) else { return }
        child.residentPages += 1
        Frames.retain(frame)
        _ = tables.set(shared, at: page)
        flush(page)
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

/// Pages that are written soon after a fork, by either half.
///
/// Copying one at once costs a tenth of the two faults that it saves.
final class ForkHints {
    private static let capacity = 16
    private var pages = InlineArray<16, UInt64>(repeating: 0)
    private var next = 0

    func contains(_ page: VirtualAddress) -> Bool {
        for index in 0..<Self.capacity where pages[index] == page.rawValue { return true }
        return false
    }
    /// Adds a page; the oldest makes way.
    func add(_ page: VirtualAddress) {
        guard !contains(page) else { return }
        pages[next] = page.rawValue
        next = (next + 1) % Self.capacity
    }
    func forEach(_ body: (VirtualAddress) -> Void) {
        for index in 0..<Self.capacity where pages[index] != 0 {
            body(VirtualAddress(rawValue: pages[index]))
        }
    }
}

/// Closed spaces whose empty tables the next fork of the same program takes over: what a hypervisor's shadow
/// knows of them stays right.
enum SpareSpaces {
    private static let capacity = 4
    private static let spaces = Global(InlineArray<4, AddressSpace?>(repeating: nil))

    /// A spare for a layout.
    static func take(_ layout: AddressLayout) -> AddressSpace? {
        for index in 0..<capacity {
            guard let space = spaces.value[index], space.layout.isSame(as: layout) else { continue }
            spaces.value[index] = nil
            return space
        }
        return nil
    }
    /// Keeps a space, unless memory is short or there are enough.
    static func keep(_ space: AddressSpace) -> Bool {
        guard Frames.freeCount > Frames.totalCount / 4 else { return false }
        for index in 0..<capacity where spaces.value[index] == nil {
            spaces.value[index] = space
            return true
        }
        return false
    }
    /// Gives all of them back.
    static func drop() {
        for index in 0..<capacity {
            guard let space = spaces.value[index] else { continue }
            spaces.value[index] = nil
            space.delist()
            space.furtherRoots.free()
            space.tables.destroy { _ in }
        }
    }
}

extension AddressSpace {
    /// Whether the closed space is kept for the next fork like it.
    func keepSpare() -> Bool { hintsOfOrigin != nil && SpareSpaces.keep(self) }
}
