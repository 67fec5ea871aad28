internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Processes

// Record locks (fcntl(2), "Advisory record locking").
extension SystemCalls {
    /// Offsets in a struct flock of 64-bit machines.
    private enum LockField {
        static let whence: UInt64 = 2
        static let start: UInt64 = 8
        static let length: UInt64 = 16
        static let process: UInt64 = 24
    }

    /// F_SETLK, F_SETLKW, F_GETLK, and those of open files, F_OFD_SETLK and so on.
    static func lock(
        _ caller: Caller, _ file: OpenFile, _ command: DescriptorCommand,
        _ address: VirtualAddress
    ) throws(Errno) -> Int {
        let isOfFile =
            command == .getFileLock || command == .setFileLock || command == .setFileLockWaiting
        let owner =
            isOfFile ? RecordLockHolder(file) : caller.process.lockHolder
        let type = try ProgramMemory.load(Int16.self, at: address)
        let process = try ProgramMemory.load(Int32.self, at: field(address, LockField.process))
        let isQuestion = command == .getLock || command == .getFileLock
        if isQuestion, !isOfFile, type != 0, type != 1 { throw .invalidArgument }
        let lock = try range(of: file, type, address)
        if isOfFile, process != 0 { throw .invalidArgument }
        guard isQuestion else {
            let waits = command == .setLockWaiting || command == .setFileLockWaiting
            try file.setRecordLock(lock, of: owner, waits ? .blocking : .nonblocking)
            return 0
        }
        let found =
            lock.kind == .none
            ? file.ownLock(overlapping: lock).map { ($0, holder: RecordLockHolder(file)) }
            : file.conflict(with: lock, of: owner)
        guard let (held, holder) = found else {
            try ProgramMemory.store(RecordLock.Kind.none.rawValue, at: address)
            return 0
        }
        try ProgramMemory.store(held.kind.rawValue, at: address)
        try ProgramMemory.store(Int16(0), at: field(address, LockField.whence))
        try ProgramMemory.store(held.first, at: field(address, LockField.start))
        try ProgramMemory.store(
            held.last == .max ? 0 : held.last - held.first + 1,
            at: field(address, LockField.length))
        try ProgramMemory.store(holder.process, at: field(address, LockField.process))
        return 0
    }

    /// The lock that a struct flock describes (fs/locks.c, flock64_to_posix_lock).
    private static func range(
        of file: OpenFile, _ type: Int16, _ address: VirtualAddress
    ) throws(Errno) -> RecordLock {
        let whence = try ProgramMemory.load(Int16.self, at: field(address, LockField.whence))
        let distance = try ProgramMemory.load(Int64.self, at: field(address, LockField.start))
        let length = try ProgramMemory.load(Int64.self, at: field(address, LockField.length))
        let base: Int64
        switch whence {
        case 0: base = 0
        case 1: base = file.offset
        case 2: base = file.node.byteCount
        default: throw .invalidArgument
        }
        var (first, overflow) = base.addingReportingOverflow(distance)
        guard !overflow else { throw .overflow }
        guard first >= 0 else { throw .invalidArgument }
        var last = Int64.max
        if length > 0 {
            (last, overflow) = first.addingReportingOverflow(length - 1)
            guard !overflow else { throw .overflow }
        } else if length < 0 {
            guard first.addingReportingOverflow(length).partialValue >= 0 else {
                throw .invalidArgument
            }
            last = first - 1
            first += length
        }
        guard let kind = RecordLock.Kind(rawValue: type) else { throw .invalidArgument }
        return RecordLock(kind, first, last)
    }
}
