internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Processes

// Mode, owner and times of files.
extension SystemCalls {
    /// chmod(2): Changes a file's mode. Errors: EPERM, EROFS, EFAULT and path errors.
    static func chmod(_ caller: Caller, path: VirtualAddress, mode: UInt32) throws(Errno) -> Int {
        try fchmodat(caller, directory: AtFlags.workingDirectory, path: path, mode: mode)
    }

    /// fchmod(2): Changes an open file's mode. Errors: EBADF, EPERM.
    static func fchmod(_ caller: Caller, descriptor: Int32, mode: UInt32) throws(Errno) -> Int {
        let entry = try caller.file(descriptor).entry
        try entry.node.changeMode(to: FileMode(rawValue: mode), by: caller.files.credentials)
        entry.tell(.attributes)
        return 0
    }

    /// fchmodat(2): As chmod(2), from a directory. Errors: those of chmod(2), EBADF.
    static func fchmodat(
        _ caller: Caller, directory: Int32, path: VirtualAddress, mode: UInt32
    ) throws(Errno) -> Int {
        let entry = try caller.resolve(directory, path)
        try entry.node.changeMode(to: FileMode(rawValue: mode), by: caller.files.credentials)
        entry.tell(.attributes)
        return 0
    }

    /// chown(2): Changes a file's owner and group; -1 leaves one. Errors: EPERM and path errors.
    static func chown(
        _ caller: Caller, path: VirtualAddress, owner: UInt32, group: UInt32
    ) throws(Errno) -> Int {
        try fchownat(
            caller, directory: AtFlags.workingDirectory, path: path, owner: owner, group: group,
            flags: 0)
    }

    /// lchown(2): As chown(2), of a symbolic link itself. Errors: those of chown(2).
    static func lchown(
        _ caller: Caller, path: VirtualAddress, owner: UInt32, group: UInt32
    ) throws(Errno) -> Int {
        try fchownat(
            caller, directory: AtFlags.workingDirectory, path: path, owner: owner, group: group,
            flags: AtFlags.symlinkNoFollow.rawValue)
    }

    /// fchown(2): As chown(2), of an open file. Errors: EBADF, EPERM.
    static func fchown(
        _ caller: Caller, descriptor: Int32, owner: UInt32, group: UInt32
    ) throws(Errno) -> Int {
        let entry = try caller.file(descriptor).entry
        try entry.node.changeOwner(to: owner, group: group, by: caller.files.credentials)
        entry.tell(.attributes)
        return 0
    }

    /// fchownat(2): As chown(2), from a directory. Errors: those of chown(2), EBADF, EINVAL.
    static func fchownat(
        _ caller: Caller, directory: Int32, path: VirtualAddress, owner: UInt32, group: UInt32,
        flags: Int32
    ) throws(Errno) -> Int {
        let flags = AtFlags(rawValue: flags)
        guard flags.isSubset(of: [.symlinkNoFollow, .emptyPath]) else { throw .invalidArgument }
        let entry = try caller.resolve(directory, path, flags)
        try entry.node.changeOwner(to: owner, group: group, by: caller.files.credentials)
        entry.tell(.attributes)
        return 0
    }

    /// utime(2): Sets access and modification time to whole seconds. Errors: those of utimensat(2).
    static func utime(
        _ caller: Caller, path: VirtualAddress, times: VirtualAddress
    ) throws(Errno) -> Int {
        var change = TimeChange.now
        if times.rawValue != 0 {
            change = .init(
                access: .at(try seconds(times, 0)), modification: .at(try seconds(times, 8)))
        }
        return try setTimes(caller, AtFlags.workingDirectory, path, change, [])
    }

    /// utimes(2): Sets both times to microseconds. Errors: those of utimensat(2).
    static func utimes(
        _ caller: Caller, path: VirtualAddress, times: VirtualAddress
    ) throws(Errno) -> Int {
        try futimesat(caller, directory: AtFlags.workingDirectory, path: path, times: times)
    }

    /// futimesat(2): As utimes(2), from a directory. Errors: those of utimensat(2).
    static func futimesat(
        _ caller: Caller, directory: Int32, path: VirtualAddress, times: VirtualAddress
    ) throws(Errno) -> Int {
        var change = TimeChange.now
        if times.rawValue != 0 {
            change = .init(
                access: .at(try microseconds(times, 0)),
                modification: .at(try microseconds(times, 16)))
        }
        return try setTimes(caller, directory, path, change, [])
    }

    /// utimensat(2): Sets access and modification time, each to a time, to now or not at all. Errors:
    /// EACCES, EBADF, EFAULT, EINVAL, EPERM and path errors.
    static func utimensat(
        _ caller: Caller, directory: Int32, path: VirtualAddress, times: VirtualAddress,
        flags: Int32
    ) throws(Errno) -> Int {
        var change = TimeChange.now
        if times.rawValue != 0 {
            change = .init(
                access: try setting(times, 0), modification: try setting(times, 16))
            if change.isNothing { return 0 }
        }
        return try setTimes(caller, directory, path, change, AtFlags(rawValue: flags))
    }

    private static func setTimes(
        _ caller: Caller, _ directory: Int32, _ path: VirtualAddress, _ change: TimeChange,
        _ flags: AtFlags
    ) throws(Errno) -> Int {
        let credentials = caller.files.credentials
        if path.rawValue == 0, directory != AtFlags.workingDirectory {
            guard flags.isEmpty else { throw .invalidArgument }
            let entry = try caller.file(directory).entry
            try entry.node.changeTimes(change, by: credentials)
            entry.tell(change.event)
            return 0
        }
        guard flags.isSubset(of: [.symlinkNoFollow, .emptyPath]) else { throw .invalidArgument }
        let entry = try caller.resolve(directory, path, flags)
        try entry.node.changeTimes(change, by: credentials)
        entry.tell(change.event)
        return 0
    }

    private static func seconds(
        _ address: VirtualAddress, _ offset: UInt64
    ) throws(Errno) -> TimeSpecification {
        TimeSpecification(
            seconds: try ProgramMemory.load(Int64.self, at: field(address, offset)),
            nanoseconds: 0)
    }
    /// A `struct timeval`. EINVAL for microseconds beyond a second.
    private static func microseconds(
        _ address: VirtualAddress, _ offset: UInt64
    ) throws(Errno) -> TimeSpecification {
        let seconds = try ProgramMemory.load(Int64.self, at: field(address, offset))
        let part = try ProgramMemory.load(Int64.self, at: field(address, offset + 8))
        guard (0..<1_000_000).contains(part) else { throw .invalidArgument }
        return TimeSpecification(seconds: seconds, nanoseconds: part * 1000)
    }
    /// A `struct timespec` with UTIME_NOW and UTIME_OMIT. EINVAL for nanoseconds beyond a second.
    private static func setting(
        _ address: VirtualAddress, _ offset: UInt64
    ) throws(Errno) -> TimeChange.Setting {
        let seconds = try ProgramMemory.load(Int64.self, at: field(address, offset))
        let part = try ProgramMemory.load(Int64.self, at: field(address, offset + 8))
        switch part {
        case 0x3fff_ffff: return .now
        case 0x3fff_fffe: return .omit
        case 0..<1_000_000_000:
            return .at(TimeSpecification(seconds: seconds, nanoseconds: part))
        default: throw .invalidArgument
        }
    }
}
