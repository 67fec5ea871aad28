internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes

// Memory: mappings and the heap.
extension SystemCalls {
    /// mmap(2): Maps a file or anonymous memory. Errors: EACCES, EAGAIN, EBADF, EEXIST, EINVAL,
    /// ENODEV, ENOMEM, EOPNOTSUPP, EOVERFLOW, EPERM. Huge pages (MAP_HUGETLB) are none: ENOMEM.
    static func mmap(
        _ caller: Caller, address: VirtualAddress, length: UInt64, protection rawProtection: UInt64,
        flags rawFlags: UInt64, descriptor: Int32, offset: UInt64
    ) throws(Errno) -> Int {
        let flags = MapFlags(rawValue: rawFlags)
        guard offset & Page.offsetMask == 0 else { throw .invalidArgument }
        let file =
            flags.contains(.anonymous) ? nil : try caller.process.descriptors.file(descriptor)
        if let file, file.flags.contains(.path) { throw .badDescriptor }
        if flags.contains(.hugePages) {
            // No huge page is ever reserved, as where vm.nr_hugepages is 0.
            throw file == nil ? .outOfMemory : .invalidArgument
        }
        guard length > 0 else { throw .invalidArgument }
        guard let whole = Page.count(holding: length).map({ $0 << UInt64(Page.shift) }), whole > 0
        else { throw .outOfMemory }
        guard !offset.addingReportingOverflow(whole).overflow else { throw .overflow }
        guard let type = flags.type else { throw .invalidArgument }
        let protection = AddressSpace.Protection(
            rawValue: UInt8(truncatingIfNeeded: rawProtection & 7))
        let sharing: AddressSpace.Sharing = type == .private ? .private : .shared
        var maximum = AddressSpace.Protection.all
        var backing = AddressSpace.Backing.anonymous
        if let file {
            if type == .sharedValidate, !flags.isSubset(of: .knownToValidate(.current)) {
                throw .notSupported
            }
            if sharing == .shared, protection.contains(.write), !file.flags.allowsWriting {
                throw .permissionDenied
            }
            guard file.flags.allowsReading else { throw .permissionDenied }
            if sharing == .shared {
                if !file.flags.allowsWriting { maximum.remove(.write) }
                if let node = file.node as? RegularNode,
                    !node.seals.isDisjoint(with: [.write, .futureWrite])
                {
                    guard !protection.contains(.write) else { throw .operationNotPermitted }
                    maximum.remove(.write)
                }
            }
            backing = try Self.backing(of: file, offset)
        } else if type == .sharedValidate {
            throw .invalidArgument
        }
        let space = caller.space
        if flags.contains(.locked), !caller.canLock { throw .operationNotPermitted }
        let placement: AddressSpace.Placement =
            flags.contains(.fixedNoReplace)
            ? .fixedNoReplace : flags.contains(.fixed) ? .fixed : .hint
        var options: AddressSpace.MapOptions = []
        if flags.contains(.growsDown) { options.insert(.growsDown) }
        if flags.contains(.unreserved) { options.insert(.unreserved) }
        if flags.contains(.locked) { options.insert(.locked) }
        if flags.asksForLow(.current) { options.insert(.low) }
        if flags.contains(.stack) { options.insert(.smallPages) }
        if flags.contains(.populate), !flags.contains(.nonblocking) { options.insert(.populate) }
        if flags.contains(.denyWrite), case .file(let pages, _) = backing { pages.isProgram = true }
        let start = try space.map(
            at: address, placement: placement, byteCount: length, protection: protection,
            backing: backing, sharing: sharing, options: options, maximum: maximum,
            owner: backing.isAnonymous ? nil : file)
        return Int(start.rawValue)
    }
    /// What a file gives to map. ENODEV for what has no pages.
    private static func backing(
        of file: OpenFile, _ offset: UInt64
    ) throws(Errno) -> AddressSpace.Backing {
        if let node = file.node as? RegularNode {
            guard let offset = Int64(exactly: offset) else { throw .overflow }
            return .file(node.pages, offset: offset)
        }
        // /dev/zero is anonymous memory by another name (zero(4)).
        if file.node.kind == .characterDevice,
            file.node.deviceNumber == DeviceNumber(major: 1, minor: 5)
        {
            return .anonymous
        }
        throw .noSuchDevice
    }

    /// munmap(2): Removes the mappings of a range. Errors: EINVAL, ENOMEM.
    static func munmap(
        _ caller: Caller, address: VirtualAddress, length: UInt64
    ) throws(Errno) -> Int {
        try caller.space.unmap(address, byteCount: length)
        return 0
    }

    /// mprotect(2): Changes what a program may do with pages. Errors: EACCES, EINVAL, ENOMEM.
    static func mprotect(
        _ caller: Caller, address: VirtualAddress, length: UInt64, protection rawProtection: UInt64
    ) throws(Errno) -> Int {
        var start = address
        var length = length
        var flags = ProtectionFlags(rawValue: rawProtection)
        guard !flags.isSuperset(of: [.growsDown, .growsUp]) else { throw .invalidArgument }
        guard start.isPageAligned else { throw .invalidArgument }
        guard length > 0 else { return 0 }
        let grows = flags.contains(.growsDown) || flags.contains(.growsUp)
        let growsDown = flags.contains(.growsDown)
        flags.subtract([.growsDown, .growsUp])
        let end = start.advanced(by: length)?.pageUp
        guard let end else { throw .outOfMemory }
        guard flags.isSubset(of: [.read, .write, .execute, .semaphore]) else {
            throw .invalidArgument
        }
        let space = caller.space
        if grows {
            guard let region = space.region(containing: start) else { throw .outOfMemory }
            // No mapping here grows upwards, as with any Linux of these machines.
            guard growsDown, region.growsDown else { throw .invalidArgument }
            start = region.start
            length = end.rawValue - start.rawValue
        }
        try space.protect(
            start, byteCount: length,
            AddressSpace.Protection(rawValue: UInt8(truncatingIfNeeded: flags.rawValue & 7)))
        return 0
    }

    /// mremap(2): Grows, shrinks or moves a mapping. Errors: EAGAIN, EFAULT, EINVAL, ENOMEM, EPERM.
    static func mremap(
        _ caller: Caller, address: VirtualAddress, oldLength: UInt64, newLength: UInt64,
        flags rawFlags: UInt64, newAddress: VirtualAddress
    ) throws(Errno) -> Int {
        let flags = RemapFlags(rawValue: rawFlags)
        guard flags.isSubset(of: .all) else { throw .invalidArgument }
        if !flags.contains(.mayMove), !flags.isDisjoint(with: [.fixed, .keepOld]) {
            throw .invalidArgument
        }
        let move: AddressSpace.Move =
            flags.contains(.fixed)
            ? .fixed(newAddress)
            : flags.contains(.keepOld)
                ? .hinted(newAddress) : flags.contains(.mayMove) ? .allowed : .no
        let start = try caller.space.remap(
            address, oldByteCount: oldLength, newByteCount: newLength, move: move,
            old: flags.contains(.keepOld) ? .kept : .unmapped)
        return Int(start.rawValue)
    }

    /// brk(2): Moves the end of the heap and returns where it is, unchanged where that can't be.
    /// Errors: none.
    static func brk(_ caller: Caller, address: VirtualAddress) -> Int {
        Int(caller.space.setBreak(address).rawValue)
    }

    /// madvise(2): Drops or populates pages, takes large ones or not, or marks them for fork and core
    /// dumps. Hints about reading change nothing; pages are not merged or collapsed: EINVAL. Errors:
    /// EACCES, EFAULT, EINVAL, ENOMEM.
    static func madvise(
        _ caller: Caller, address: VirtualAddress, length: UInt64, advice rawAdvice: Int32
    ) throws(Errno) -> Int {
        guard let number = AdviceNumber(rawValue: rawAdvice) else { throw .invalidArgument }
        let advice: AddressSpace.Advice =
            switch number {
            case .normal, .random, .sequential, .willNeed: .none
            case .cold, .pageOut: .setAside
            case .doNotNeed: .discard
            case .doNotNeedLocked: .discardLocked
            case .free: .free
            case .remove: .remove
            case .hugePages: .takeLargePages
            case .noHugePages: .takeSmallPages
            case .doNotFork: .excludeFromFork
            case .doFork: .includeInFork
            case .doNotDump: .excludeFromDump
            case .doDump: .includeInDump
            case .wipeOnFork: .wipeOnFork
            case .keepOnFork: .keepOnFork
            case .populateRead: .populateRead
            case .populateWrite: .populateWrite
            }
        try caller.space.advise(address, byteCount: length, advice)
        return 0
    }

    /// msync(2): Waits until changes of a mapping are in its file, where they are at once. Errors:
    /// EBUSY, EINVAL, ENOMEM.
    static func msync(
        _ caller: Caller, address: VirtualAddress, length: UInt64, flags rawFlags: Int32
    ) throws(Errno) -> Int {
        let flags = SynchronizeFlags(rawValue: rawFlags)
        guard flags.isSubset(of: .all), !flags.isSuperset(of: [.asynchronous, .synchronous]) else {
            throw .invalidArgument
        }
        try caller.space.synchronize(
            address, byteCount: length, flags.contains(.invalidate) ? .invalidated : .kept)
        return 0
    }

    /// mincore(2): Says for each page whether it is in memory. Errors: EFAULT, EINVAL, ENOMEM.
    static func mincore(
        _ caller: Caller, address: VirtualAddress, length: UInt64, vector: VirtualAddress
    ) throws(Errno) -> Int {
        guard address.isPageAligned else { throw .invalidArgument }
        guard let end = address.advanced(by: length)?.pageUp, end <= ProgramSpace.end else {
            throw .outOfMemory
        }
        let pages = Int((end.rawValue - address.rawValue) >> UInt64(Page.shift))
        guard ProgramMemory.contains(vector, count: pages) else { throw .badAddress }
        let space = caller.space
        var page = address
        var target = vector
        while page < end {
            // A store may change pages, so none is kept from before it.
            guard let isResident = space.isResident(page) else { throw .outOfMemory }
            try ProgramMemory.store(isResident ? 1 as UInt8 : 0, at: target)
            guard let next = page.advanced(by: UInt64(Page.size)),
                let following = target.advanced(by: 1)
            else { break }
            page = next
            target = following
        }
        return 0
    }
}

// Locked memory. Nothing is ever taken back from a program here, so that locking means presence and
// a limit.
extension SystemCalls {
    /// mlock(2): Makes a range present and keeps it so. Errors: EINVAL, ENOMEM, EPERM.
    static func mlock(
        _ caller: Caller, address: VirtualAddress, length: UInt64
    ) throws(Errno) -> Int {
        guard caller.canLock else { throw .operationNotPermitted }
        try caller.space.lock(address, byteCount: length, .now)
        return 0
    }
    /// mlock2(2): As mlock(2), with MLOCK_ONFAULT as pages are touched. Errors: EINVAL, ENOMEM, EPERM.
    static func mlock2(
        _ caller: Caller, address: VirtualAddress, length: UInt64, flags: Int32
    ) throws(Errno) -> Int {
        let onFault: Int32 = 1
        guard flags & ~onFault == 0 else { throw .invalidArgument }
        guard caller.canLock else { throw .operationNotPermitted }
        try caller.space.lock(address, byteCount: length, flags == 0 ? .now : .onFault)
        return 0
    }
    /// munlock(2): Takes back mlock(2) for a range. Errors: EINVAL, ENOMEM.
    static func munlock(
        _ caller: Caller, address: VirtualAddress, length: UInt64
    ) throws(Errno) -> Int {
        try caller.space.unlock(address, byteCount: length)
        return 0
    }
    /// mlockall(2): Locks what is mapped, what will be, or both. Errors: EINVAL, ENOMEM, EPERM.
    static func mlockall(_ caller: Caller, flags rawFlags: Int32) throws(Errno) -> Int {
        let flags = LockAllFlags(rawValue: rawFlags)
        guard flags.isSubset(of: .all), !flags.isDisjoint(with: [.current, .future]) else {
            throw .invalidArgument
        }
        guard caller.canLock else { throw .operationNotPermitted }
        let timing: AddressSpace.LockTiming = flags.contains(.onFault) ? .onFault : .now
        try caller.space.lockAll(
            flags.contains(.current) ? timing : nil, future: flags.contains(.future) ? timing : nil)
        return 0
    }
    /// munlockall(2): Takes back mlockall(2) and mlock(2). Errors: none.
    static func munlockall(_ caller: Caller) throws(Errno) -> Int {
        try caller.space.lockAll(nil, future: nil)
        return 0
    }
}

extension Caller {
    /// The process's address space with its limits as they are now.
    var space: AddressSpace {
        let space = process.addressSpace
        let limits = process.limits
        space.limits.addressSpace = limits[.addressSpace].soft
        space.limits.data = limits[.data].soft
        space.limits.stack = limits[.stack].soft
        space.limits.locked =
            process.credentials.has(.lockMemory) ? Limit.infinity : limits[.lockedMemory].soft
        return space
    }
    /// mlock(2): without the capability and with a limit of 0 no locking at all.
    fileprivate var canLock: Bool {
        process.credentials.has(.lockMemory) || process.limits[.lockedMemory].soft > 0
    }
}
