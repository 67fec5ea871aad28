package import Base
internal import Hardware
internal import LinuxABI

/// Page faults.
extension AddressSpace {
    package typealias Access = MemoryAccess
    /// What became of a fault; all but the first two are the program's signal.
    package enum FaultOutcome: Equatable, Sendable {
        case resolved
        /// No memory for the page: the program is killed.
        case outOfMemory
        /// SIGSEGV, SEGV_MAPERR
        case notMapped
        /// SIGSEGV, SEGV_ACCERR
        case notPermitted
        /// SIGBUS, BUS_ADRERR
        case beyondObject
    }
    /// Zeroed pages that one fault maps at most, as an aligned window: a fault costs far more than
    /// a page.
    static let anonymousWindow: UInt64 = 16
    /// The same for pages that an object already has, which only have to be entered.
    static let objectWindow: UInt64 = 256

    /// Makes the page at `address` present with the right that `access` needs, or says why not.
    ///
    /// This CPU's translation is not flushed: it drops what it cached of an address when it faults there
    /// (SDM volume 3, section 5.10.4.1). Others', where the page becomes another one, are.
    @export(interface)
    package func resolveFault(at address: VirtualAddress, access: Access) -> FaultOutcome {
        guard address < ProgramSpace.end,
            let region = regionForFault(at: address)
        else { return .notMapped }
        faultCount &+= 1
        switch access {
        case .read where region.protection.isEmpty: return .notPermitted
        case .write where !region.protection.contains(.write): return .notPermitted
        case .execute where !region.protection.contains(.execute): return .notPermitted
        case .read, .write, .execute: break
        }
        let page = address.pageDown
        let entry = tables.entry(at: page)
        if entry.isAbsent {
            return region.cache == nil
                ? mapAnonymous(region, page) : mapObject(region, page, access)
        }
        if access == .write, !entry.isWritable { return makeWritable(region, page, entry) }
        // Present already: the fault met a stale translation, which it has dropped.
        if entry.isPresent { return .resolved }
        _ = tables.set(
            entry.with(rights: rights(of: region, frame: Frame(containing: entry.page))), at: page)
        return .resolved
    }

    /// The region for an address, after growing a stack down to it.
    private func regionForFault(at address: VirtualAddress) -> Region? {
        guard let region = regions.find(endingAbove: address) else { return nil }
        if region.start <= address { return region }
        return region.growsDown && grow(region, downTo: address.pageDown) ? region : nil
    }
    /// Extends a growing region down to `start`; false where a limit or the guard gap forbids it.
    func grow(_ region: Region, downTo start: VirtualAddress) -> Bool {
        guard start >= Self.lowestAddress else { return false }
        let growth = region.start.rawValue - start.rawValue
        guard region.end.rawValue - start.rawValue <= limits.stack,
            start >= ProgramSpace.libraryEnd || region.end <= ProgramSpace.libraryStart
        else { return false }
        if let previous = region.previous, !previous.protection.isEmpty, !previous.growsDown {
            guard start.rawValue - previous.end.rawValue >= Self.guardGap else { return false }
        }
        do throws(Errno) {
            try admit(growth: growth, isData: region.isData)
        } catch {
            return false
        }
        region.start = start
        account(region, growth, isAdded: true)
        return true
    }

    /// Pages beyond the faulting one are mapped only while memory is plentiful.
    private var isMemoryPlentiful: Bool { Frames.freeCount > Frames.totalCount / 8 }

    /// The aligned window around a page, within the region.
    private func window(
        _ region: Region, _ page: VirtualAddress, pages: UInt64
    ) -> (start: VirtualAddress, end: VirtualAddress) {
        let size = pages << UInt64(Page.shift)
        let base = page.rawValue & ~(size - 1)
        return (
            max(region.start, VirtualAddress(rawValue: base)),
            min(region.end, VirtualAddress(rawValue: base + size))
        )
    }

    /// Maps zeroed pages: the faulting one and, with plenty of memory, its absent neighbours.
    private func mapAnonymous(_ region: Region, _ page: VirtualAddress) -> FaultOutcome {
        if mapLarge(region, page) { return .resolved }
        guard mapFresh(region, page) else { return .outOfMemory }
        guard isMemoryPlentiful else { return .resolved }
        let window = window(region, page, pages: Self.anonymousWindow)
        var address = window.start
        while address < window.end {
            if tables.entry(at: address).isAbsent, !mapFresh(region, address) { break }
            address = VirtualAddress(rawValue: address.rawValue + UInt64(Page.size))
        }
        return .resolved
    }
    private func mapFresh(_ region: Region, _ page: VirtualAddress) -> Bool {
        guard let frame = try? Frames.allocateForProgram() else { return false }
        return install(frame, at: page, rights: region.protection.rights)
    }
    /// Maps a frame whose reference passes to the entry; false (and released) without a table.
    private func install(_ frame: Frame, at page: VirtualAddress, rights: PageRights) -> Bool {
        let entry = PageTableEntry(page: frame.address, rights: rights)
        guard tables.set(entry, at: page) else {
            Frames.release(frame)
            return false
        }
        residentPages += 1
        return true
    }

    /// Maps a page of the region's object: shared, or private and copied when written.
    private func mapObject(
        _ region: Region, _ page: VirtualAddress, _ access: Access
    ) -> FaultOutcome {
        guard let cache = region.cache else { return .notMapped }
        let index = region.pageIndex(of: page)
        guard index < cache.pageCount else { return .beyondObject }
        let isNew = cache.existingFrame(at: index) == nil
        guard let frame = try? cache.frame(at: index) else { return .outOfMemory }
        if isNew, region.sharing == .shared { fillOnwards(region, cache, index) }
        if region.sharing == .private, access == .write {
            guard let copy = copyForProgram(frame),
                install(copy, at: page, rights: region.protection.rights)
            else { return .outOfMemory }
            copyAround(region, cache)
        } else {
            Frames.retain(frame)
            guard install(frame, at: page, rights: rights(of: region, frame: frame)) else {
                return .outOfMemory
            }
        }
        mapAround(region, page, cache)
        return .resolved
    }
    /// Copies the other absent pages of a small region of a program that is written: data that a dynamic linker relocates is
    /// mostly written all over.
    private func copyAround(_ region: Region, _ cache: PageCache) {
        guard cache.isProgram, region.byteCount >> UInt64(Page.shift) <= Self.copiedWindow,
            isMemoryPlentiful
        else { return }
        var address = region.start
        while address < region.end {
            let index = region.pageIndex(of: address)
            guard index < cache.pageCount else { return }
            if let frame = cache.existingFrame(at: index), tables.entry(at: address).isAbsent {
                guard let copy = copyForProgram(frame),
                    install(copy, at: address, rights: region.protection.rights)
                else { return }
            }
            address = VirtualAddress(rawValue: address.rawValue + UInt64(Page.size))
        }
    }
    /// Gives a shared object the pages that follow a new one, twice as many each time that a program goes on
    /// where the last ones ended; `mapAround` enters them.
    private func fillOnwards(_ region: Region, _ cache: PageCache, _ index: Int) {
        filledAhead = index == filledEnd ? min(max(1, filledAhead * 2), Self.filledWindow) : 0
        filledEnd = index + 1
        guard filledAhead > 0, isMemoryPlentiful else { return }
        let end = min(
            cache.pageCount, region.pageIndex(of: region.end), index + 1 + filledAhead)
        while filledEnd < end, cache.existingFrame(at: filledEnd) == nil,
            (try? cache.frame(at: filledEnd)) != nil
        {
            filledEnd += 1
        }
    }
    /// Pages that one fault gives a shared object at most, where a program touches one after another.
    private static let filledWindow = 16
    /// Maps the absent neighbours whose frames the object already has.
    private func mapAround(_ region: Region, _ page: VirtualAddress, _ cache: PageCache) {
        guard !region.protection.isEmpty else { return }
        let window = window(region, page, pages: Self.objectWindow)
        var address = window.start
        while address < window.end {
            let index = region.pageIndex(of: address)
            if index >= cache.pageCount { return }
            if let frame = cache.existingFrame(at: index), tables.entry(at: address).isAbsent {
                Frames.retain(frame)
                guard install(frame, at: address, rights: rights(of: region, frame: frame)) else {
                    return
                }
            }
            address = VirtualAddress(rawValue: address.rawValue + UInt64(Page.size))
        }
    }

    /// A write to a page that is present without the right: the frame is ours alone, or is copied.
    private func makeWritable(
        _ region: Region, _ page: VirtualAddress, _ entry: PageTableEntry
    ) -> FaultOutcome {
        guard (try? splitLargePage(containing: page)) != nil else { return .outOfMemory }
        let frame = Frame(containing: entry.page)
        if region.sharing == .shared || Frames.shareCount(frame) == 1 {
            // It was a page of a fork that is over.
            if region.sharing == .private { forkHints?.add(page) }
            _ = tables.set(entry.with(rights: region.protection.rights), at: page)
            return .resolved
        }
        forkHints?.add(page)
        hintsOfOrigin?.add(page)
        guard copy(frame, to: region, page) else { return .outOfMemory }
        flushElsewhere(page)
        copyOnwards(region, page)
        return .resolved
    }
    /// Gives a region its own copy of a frame at a page; false without memory. The caller flushes.
    private func copy(_ frame: Frame, to region: Region, _ page: VirtualAddress) -> Bool {
        guard let copy = copyForProgram(frame) else { return false }
        _ = tables.set(
            PageTableEntry(page: copy.address, rights: region.protection.rights), at: page)
        Frames.release(frame)
        return true
    }
    /// Pages that one fault copies at most, where a program writes one after another.
    static let copiedWindow: UInt64 = 16
    /// Copies the pages that follow one that was just copied, twice as many each time that a program goes on
    /// where the last copies ended: a fault costs far more than a page.
    private func copyOnwards(_ region: Region, _ page: VirtualAddress) {
        copiedAhead = page == copiedEnd ? min(max(1, copiedAhead * 2), Self.copiedWindow) : 0
        var address = VirtualAddress(rawValue: page.rawValue + UInt64(Page.size))
        // A file's page that was not written shows what the file becomes.
        let mayCopy = isMemoryPlentiful && region.cache?.isProgram != false
        var left = mayCopy ? copiedAhead : 0
        var isStale = false
        while left > 0, address < region.end {
            let entry = tables.entry(at: address)
            let frame = Frame(containing: entry.page)
            guard entry.isPresent, !entry.isWritable, Frames.shareCount(frame) > 1,
                tables.largePage(at: address) == nil, copy(frame, to: region, address)
            else { break }
            isStale = true
            left -= 1
            address = VirtualAddress(rawValue: address.rawValue + UInt64(Page.size))
        }
        copiedEnd = address
        // Nobody has faulted at these.
        if isStale { flushAll() }
    }
    private func copyForProgram(_ frame: Frame) -> Frame? {
        guard Frames.freeCount > KernelReserve.frames, let copy = Frames.allocate() else {
            return nil
        }
        copy.copy(from: frame)
        return copy
    }

    /// Pages of a program's segment that are made present before it runs: of those that it writes, and of others.
    private static let mostWritten: UInt64 = 16
    private static let mostRead: UInt64 = objectWindow
    /// Makes pages present that a program is about to touch, as far as its file's contents are there and
    /// memory is plentiful: it costs a tenth of the faults that it saves.
    package func prepare(
        _ start: VirtualAddress, _ end: VirtualAddress, _ protection: Protection
    ) {
        guard isMemoryPlentiful, start < end, !protection.isEmpty else { return }
        let isWritten = protection.contains(.write)
        let access: Access = isWritten ? .write : protection.contains(.execute) ? .execute : .read
        let step = (isWritten ? 1 : Self.objectWindow) << UInt64(Page.shift)
        let most = (isWritten ? Self.mostWritten : Self.mostRead) << UInt64(Page.shift)
        var address = start
        while address < end, address.rawValue - start.rawValue < most {
            if tables.entry(at: address).isAbsent || isWritten {
                guard resolveFault(at: address, access: access) == .resolved else { return }
            }
            address = VirtualAddress(rawValue: (address.rawValue & ~(step - 1)) + step)
        }
    }

    /// Makes the pages of a range present, writable where the region is; stops without memory.
    func populate(_ region: Region, from start: VirtualAddress, to end: VirtualAddress) {
        guard !region.protection.isEmpty else { return }
        let access: Access = region.protection.contains(.write) ? .write : .read
        _ = populate(from: start, to: end, access)
    }
    /// Makes the pages of a range present for an access; the first outcome that is not `resolved`
    /// ends it.
    func populate(
        from start: VirtualAddress, to end: VirtualAddress, _ access: Access
    ) -> FaultOutcome {
        var address = start
        var isStale = false
        defer { if isStale { flushAll() } }
        while address < end {
            let entry = tables.entry(at: address)
            if !entry.isPresent || access == .write && !entry.isWritable {
                // No fault has dropped what the CPU may hold of a present page.
                isStale = isStale || entry.isPresent
                let outcome = resolveFault(at: address, access: access)
                guard outcome == .resolved else { return outcome }
            }
            address = VirtualAddress(rawValue: address.rawValue + UInt64(Page.size))
        }
        return .resolved
    }
}
