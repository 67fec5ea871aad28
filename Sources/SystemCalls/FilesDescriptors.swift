internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Processes

// Descriptors and open files: duplicates, flags, offsets, locks.
extension SystemCalls {
    /// dup(2): Gives an open file the lowest free descriptor. Errors: EBADF, EMFILE, ENOMEM.
    static func dup(_ caller: Caller, descriptor: Int32) throws(Errno) -> Int {
        let file = try caller.anyFile(descriptor)
        // Where there is no room nothing is closed: that would drop the file's locks.
        let number = try caller.process.descriptors.insert(
            file, limit: caller.process.descriptorLimit, flags: [])
        file.retain()
        return Int(number)
    }

    /// dup2(2): Makes a descriptor a duplicate of another. Errors: EBADF, ENOMEM.
    static func dup2(_ caller: Caller, old: Int32, new: Int32) throws(Errno) -> Int {
        let file = try caller.anyFile(old)
        if old == new { return Int(new) }
        return try replace(caller, file, new, [])
    }

    /// dup3(2): As dup2(2), with O_CLOEXEC. Errors: those of dup2(2), EINVAL for equal descriptors.
    static func dup3(_ caller: Caller, old: Int32, new: Int32, flags: Int32) throws(Errno) -> Int {
        let flags = OpenFlags(rawValue: flags)
        guard flags.isSubset(of: .closeOnExec), old != new else { throw .invalidArgument }
        return try replace(
            caller, try caller.anyFile(old), new,
            flags.contains(.closeOnExec) ? .closeOnExec : [])
    }

    private static func replace(
        _ caller: Caller, _ file: OpenFile, _ number: Int32, _ flags: DescriptorFlags
    ) throws(Errno) -> Int {
        let previous = try caller.process.descriptors.replace(
            file, at: number, limit: caller.process.descriptorLimit, flags: flags)
        file.retain()
        previous?.release()
        return Int(number)
    }

    /// fcntl(2): Duplicates a descriptor, gets or sets flags, locks. Errors: EAGAIN, EBADF, EFAULT,
    /// EINTR, EINVAL, EMFILE, ENOMEM, EOVERFLOW, EPERM.
    static func fcntl(
        _ caller: Caller, descriptor: Int32, command: Int32, argument: UInt64
    ) throws(Errno) -> Int {
        let descriptors = caller.process.descriptors
        let file = try caller.anyFile(descriptor)
        guard let command = DescriptorCommand(rawValue: command) else {
            throw file.flags.contains(.path) ? .badDescriptor : .invalidArgument
        }
        if file.flags.contains(.path) {
            // What O_PATH allows (open(2)).
            switch command {
            case .duplicate, .duplicateCloseOnExec, .getFlags, .setFlags, .getStatus: break
            default: throw .badDescriptor
            }
        }
        switch command {
        case .duplicate, .duplicateCloseOnExec:
            let minimum = Int(UInt32(truncatingIfNeeded: argument))
            guard minimum < caller.process.descriptorLimit else { throw .invalidArgument }
            let number = try descriptors.insert(
                file, from: minimum, limit: caller.process.descriptorLimit,
                flags: command == .duplicate ? [] : .closeOnExec)
            file.retain()
            return Int(number)
        case .getFlags: return Int(try descriptors.flags(descriptor).rawValue)
        case .setFlags:
            let flags = DescriptorFlags(rawValue: Int32(truncatingIfNeeded: argument))
            try descriptors.setFlags(descriptor, flags.intersection(.closeOnExec))
            return 0
        case .getStatus: return Int(file.flags.rawValue)
        case .setStatus:
            try setStatus(
                caller, file, descriptor, OpenFlags(rawValue: Int32(truncatingIfNeeded: argument)))
            return 0
        case .getLock, .setLock, .setLockWaiting, .getFileLock, .setFileLock, .setFileLockWaiting:
            return try lock(caller, file, command, VirtualAddress(rawValue: argument))
        case .addSeals:
            try addSeals(caller, file, argument)
            return 0
        case .getSeals: return try seals(of: file)
        case .getOwner: return owner(of: file)
        case .setOwner:
            try setOwner(caller, file, Int32(truncatingIfNeeded: argument))
            return 0
        case .getOwnerOfKind:
            try storeOwner(of: file, at: VirtualAddress(rawValue: argument))
            return 0
        case .setOwnerOfKind:
            try setOwner(caller, file, at: VirtualAddress(rawValue: argument))
            return 0
        case .getSignal: return Int(file.drive?.signal ?? 0)
        case .setSignal:
            try setSignal(caller, file, argument)
            return 0
        // Nobody else opens files here, so nobody has a lease.
        case .getLease: return Int(RecordLock.Kind.none.rawValue)
        case .notify:
            // No directory tells; asking it to stop is all that works.
            guard argument & 0x7fff_ffff != 0 else { return 0 }
            throw file.node.kind == .directory ? .invalidArgument : .notDirectory
        case .getPipeSize: return try file.pipeCapacity()
        case .setPipeSize:
            return try file.setPipeCapacity(
                Int(UInt32(truncatingIfNeeded: argument)),
                caller.process.credentials.has(.systemResource) ? .none : .ofSystem)
        }
    }

    /// F_SETFL: the flags that can change after open(2); the others are ignored.
    private static func setStatus(
        _ caller: Caller, _ file: OpenFile, _ descriptor: Int32, _ flags: OpenFlags
    ) throws(Errno) {
        let changeable: OpenFlags = [.append, .nonblocking, .noAccessTime, .direct]
        if flags.contains(.noAccessTime), !file.flags.contains(.noAccessTime),
            !file.node.isOwned(by: caller.files.credentials)
        {
            throw .operationNotPermitted
        }
        // A file in memory is written directly anyhow, a pipe takes packets; a device has no such way.
        if flags.contains(.direct), !(file.node is RegularNode), file.node.kind != .pipe {
            throw .invalidArgument
        }
        try setSignalling(caller, file, descriptor, flags.contains(.asynchronous))
        file.flags = file.flags.subtracting(changeable).union(flags.intersection(changeable))
    }

    /// flock(2): Locks a whole file. Errors: EAGAIN, EBADF, EINTR, EINVAL.
    static func flock(_ caller: Caller, descriptor: Int32, operation: Int32) throws(Errno) -> Int {
        let nonblocking: Int32 = 4
        let mandatory: Int32 = 32
        // LOCK_MAND: of locks that no longer exist; Linux says yes to whatever it is asked.
        if operation & mandatory != 0 { return 0 }
        let lock: FileLock
        switch operation & ~nonblocking {
        case 1: lock = .shared
        case 2: lock = .exclusive
        case 8: lock = .none
        default: throw .invalidArgument
        }
        try caller.file(descriptor).setLock(
            lock, operation & nonblocking != 0 ? .nonblocking : .blocking)
        return 0
    }

    /// lseek(2): Moves a file's offset. Errors: EBADF, EINVAL, ENXIO, ESPIPE.
    static func lseek(
        _ caller: Caller, descriptor: Int32, distance: Int64, whence: UInt32
    ) throws(Errno) -> Int {
        let file = try caller.file(descriptor)
        guard let whence = Whence(rawValue: whence) else { throw .invalidArgument }
        return Int(try file.seek(by: distance, from: whence))
    }

    /// ioctl(2): Asks what is special to an open file. Errors: EBADF, EFAULT, ENOTTY and the
    /// device's.
    static func ioctl(
        _ caller: Caller, descriptor: Int32, request: UInt32, argument: UInt64
    ) throws(Errno) -> Int {
        let file = try caller.file(descriptor)
        let address = VirtualAddress(rawValue: argument)
        switch request {
        case FileRequest.setCloseOnExec:
            try caller.process.descriptors.setFlags(descriptor, .closeOnExec)
            return 0
        case FileRequest.clearCloseOnExec:
            try caller.process.descriptors.setFlags(descriptor, [])
            return 0
        case FileRequest.setNonblocking:
            if try ProgramMemory.load(Int32.self, at: address) != 0 {
                file.flags.insert(.nonblocking)
            } else {
                file.flags.remove(.nonblocking)
            }
            return 0
        case FileRequest.setAsynchronous:
            let isOn = try ProgramMemory.load(Int32.self, at: address) != 0
            guard isOn == file.flags.contains(.asynchronous) || file.canSignal else {
                throw .notTerminal
            }
            try setSignalling(caller, file, descriptor, isOn)
            return 0
        case FileRequest.bytesReadable where file.node.kind == .regular:
            let left = Int32(truncatingIfNeeded: file.node.byteCount - file.offset)
            try ProgramMemory.store(left, at: address)
            return 0
        case FileRequest.fileFlags
        where file.node.kind == .regular || file.node.kind == .directory:
            // None of chattr(1)'s flags is ever set.
            guard file.node.fileSystem.kind != .procfs else { throw .notTerminal }
            try ProgramMemory.store(Int32(0), at: address)
            return 0
        case FileRequest.allocatedSize:
            switch file.node.kind {
            case .regular, .directory, .symbolicLink:
                try ProgramMemory.store(file.node.blockCount * 512, at: address)
                return 0
            default: throw .notTerminal
            }
        case FileRequest.blockSize:
            let isOfProcesses = file.node.fileSystem.kind == .procfs
            try ProgramMemory.store(
                isOfProcesses ? 1024 : Int32(FileStatus.blockSize), at: address)
            return 0
        case ClockRequest.setTime where file.node.deviceNumber == .clock:
            guard caller.process.credentials.has(.systemTime) else { throw .permissionDenied }
            return try file.control(request, argument: argument)
        case ClockRequest.setFrequency where file.node.deviceNumber == .clock:
            guard
                argument <= ClockRequest.maximumUserFrequency
                    || caller.process.credentials.has(.systemResource)
            else { throw .permissionDenied }
            return try file.control(request, argument: argument)
        default: return try file.control(request, argument: argument)
        }
    }
}
