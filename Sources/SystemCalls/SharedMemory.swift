internal import Base
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes

// System V shared memory (svipc(7)).
extension SystemCalls {
    /// shmget(2): Finds or makes a segment of shared memory. There are no huge pages: ENOMEM. Errors:
    /// EACCES, EEXIST, EINVAL, ENOENT, ENOMEM, ENOSPC, EPERM.
    static func shmget(
        _ caller: Caller, key: Int32, size: UInt64, flags: Int32
    ) throws(Errno) -> Int {
        Int(
            try IPC.sharedMemory.get(
                key: key, byteCount: size, IPCGetFlags(rawValue: flags),
                by: caller.process.ipcCaller))
    }

    /// Flags of shmat(2) (linux/shm.h).
    private struct AttachFlags: OptionSet {
        let rawValue: Int32
        /// SHM_RDONLY
        static let readOnly = Self(rawValue: 0o10000)
        /// SHM_RND
        static let roundsDown = Self(rawValue: 0o20000)
        /// SHM_REMAP
        static let replaces = Self(rawValue: 0o40000)
        /// SHM_EXEC
        static let execute = Self(rawValue: 0o100000)
    }

    /// shmat(2): Maps a segment and returns where. Errors: EACCES, EINVAL, ENOMEM, EPERM.
    static func shmat(
        _ caller: Caller, identifier: Int32, address: VirtualAddress, flags rawFlags: Int32
    ) throws(Errno) -> Int {
        let flags = AttachFlags(rawValue: rawFlags)
        guard identifier >= 0 else { throw .invalidArgument }
        var start = address
        if !start.isNull, !start.isPageAligned {
            guard flags.contains(.roundsDown) else { throw .invalidArgument }
            start = start.pageDown
            guard !start.isNull || !flags.contains(.replaces) else { throw .invalidArgument }
        } else if start.isNull, flags.contains(.replaces) {
            throw .invalidArgument
        }
        var protection: AddressSpace.Protection = [.read]
        if !flags.contains(.readOnly) { protection.insert(.write) }
        if flags.contains(.execute) { protection.insert(.execute) }
        let segment = try IPC.sharedMemory.find(
            identifier, toMap: protection, by: caller.process.ipcCaller)
        let space = caller.space
        var placement = AddressSpace.Placement.hint
        if !start.isNull {
            placement = flags.contains(.replaces) ? .fixed : .fixedNoReplace
            guard start.advanced(by: segment.byteCount) != nil else { throw .invalidArgument }
        }
        try KernelReserve.admit()
        var maximum = AddressSpace.Protection.all
        if flags.contains(.readOnly) { maximum.remove(.write) }
        segment.hold()
        defer { segment.letGo() }
        do throws(Errno) {
            let mapped = try space.map(
                at: start.isNull ? nil : start, placement: placement,
                byteCount: segment.byteCount, protection: protection,
                backing: .file(segment.pages, offset: 0), sharing: .shared, maximum: maximum,
                owner: SharedAttachment(segment))
            return Int(mapped.rawValue)
        } catch {
            // What is in the way is looked for before all else (do_shmat).
            throw error == .fileExists ? .invalidArgument : error
        }
    }

    /// shmdt(2): Removes the mapping that shmat(2) made at an address. Errors: EINVAL.
    static func shmdt(_ caller: Caller, address: VirtualAddress) throws(Errno) -> Int {
        guard address.isPageAligned else { throw .invalidArgument }
        let space = caller.space
        // The first part of it that is left, and then others of the same call as far as it reached.
        var attachment: SharedAttachment?
        var next = space.region(endingAbove: address)
        while let region = next {
            next = space.region(after: region)
            if let attachment {
                let reach = region.end.rawValue - address.rawValue
                guard reach <= attachment.segment.wholeByteCount else { break }
                guard region.owner === attachment else { continue }
            }
            guard let found = region.owner as? SharedAttachment, region.start >= address,
                region.start.rawValue - address.rawValue == UInt64(bitPattern: region.offset)
            else { continue }
            try space.unmap(region.start, byteCount: region.byteCount)
            attachment = found
        }
        guard attachment != nil else { throw .invalidArgument }
        return 0
    }

    private enum SharedMemoryCommand: Int32 {
        case remove = 0
        case set = 1
        case status = 2
        case limits = 3
        case lock = 11
        case unlock = 12
        case statusOfIndex = 13
        case usage = 14
        case statusOfAnyIndex = 15
    }

    /// shmctl(2): Tells about, changes or removes a segment. Errors: EACCES, EFAULT, EINVAL, ENOMEM,
    /// EPERM.
    static func shmctl(
        _ caller: Caller, identifier: Int32, command rawCommand: Int32, buffer: VirtualAddress
    ) throws(Errno) -> Int {
        guard let command = SharedMemoryCommand(rawValue: rawCommand), identifier >= 0 else {
            throw .invalidArgument
        }
        let memory = try IPC.sharedMemory
        let process = caller.process
        let user = process.ipcCaller
        switch command {
        case .limits: return try tellLimits(of: memory, at: buffer)
        case .usage: return try tellUsage(of: memory, at: buffer)
        case .status: return try tell(memory, .identifier(identifier), user, at: buffer)
        case .statusOfIndex: return try tell(memory, .index(identifier), user, at: buffer)
        case .statusOfAnyIndex: return try tell(memory, .anyIndex(identifier), user, at: buffer)
        case .set:
            let record = try ProgramMemory.loadPermission(
                at: buffer, of: SharedMemoryRecord.byteCount)
            try memory.change(identifier, to: record, by: user)
        case .remove: try memory.remove(identifier, by: user)
        case .lock:
            try memory.lock(identifier, limit: process.limits[.lockedMemory].soft, by: user)
        case .unlock: try memory.unlock(identifier, by: user)
        }
        return 0
    }
    private static func tell(
        _ memory: SharedMemory, _ name: IPCName, _ user: IPCCaller, at buffer: VirtualAddress
    ) throws(Errno) -> Int {
        let segment = try memory.find(name, by: user)
        return try ProgramMemory.tell(
            segment, by: name, SharedMemoryRecord.byteCount, at: buffer
        ) { segment.record.encode(into: &$0) }
    }
    /// struct shminfo64
    private static func tellLimits(
        of memory: SharedMemory, at buffer: VirtualAddress
    ) throws(Errno) -> Int {
        let most = UInt64(SharedMemory.maximumSegments)
        try ProgramMemory.storeWords(
            [SharedMemory.maximumByteCount, 1, most, most, SharedMemory.maximumPages, 0, 0, 0, 0],
            at: buffer)
        return max(memory.highestIndex, 0)
    }
    /// struct shm_info
    private static func tellUsage(
        of memory: SharedMemory, at buffer: VirtualAddress
    ) throws(Errno) -> Int {
        try ProgramMemory.storeWords(
            [UInt64(memory.count), memory.pageCount, UInt64(memory.residentPages), 0, 0, 0],
            at: buffer)
        return max(memory.highestIndex, 0)
    }
}

extension ProgramMemory {
    /// Loads what IPC_SET takes of a record of `byteCount` bytes, all of which must be there. EFAULT.
    static func loadPermission(
        at address: VirtualAddress, of byteCount: Int
    ) throws(Errno) -> IPCPermissionRecord {
        var storage = InlineArray<48, UInt8>(repeating: 0)
        do {
            var span = storage.mutableSpan
            var bytes = span.mutableRaw
            try copyIn(from: address, into: &bytes)
        }
        _ = try load(UInt64.self, at: try address.field(UInt64(byteCount - 8)))
        return IPCPermissionRecord(storage.span.raw)
    }
    /// Stores the first `byteCount` bytes, 120 at most, of the record of an object that a program asked for by
    /// `name`; returns what the call does: 0 where that was an identifier, else the identifier. EFAULT.
    static func tell(
        _ object: IPCObject, by name: IPCName, _ byteCount: Int, at address: VirtualAddress,
        _ encode: (inout MutableRawSpan) -> Void
    ) throws(Errno) -> Int {
        var storage = InlineArray<120, UInt8>(repeating: 0)
        do {
            var span = storage.mutableSpan
            var bytes = span.mutableRaw
            encode(&bytes)
        }
        try copyOut(storage.span.raw.extracting(first: byteCount), to: address)
        if case .identifier = name { return 0 }
        return Int(object.identifier)
    }
    /// Stores numbers one behind the other. EFAULT.
    static func storeWords<Word: FixedWidthInteger & BitwiseCopyable, let count: Int>(
        _ words: InlineArray<count, Word>, at address: VirtualAddress
    ) throws(Errno) {
        for index in words.indices {
            let offset = UInt64(index * MemoryLayout<Word>.size)
            try store(words[index], at: try address.field(offset))
        }
    }
}
