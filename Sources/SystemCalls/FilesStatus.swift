internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Processes

// What files are: stat and its family.
extension SystemCalls {
    /// stat(2): Tells about a file. Errors: EACCES, EFAULT, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR.
    static func stat(
        _ caller: Caller, path: VirtualAddress, status: VirtualAddress
    ) throws(Errno) -> Int {
        try put(try caller.resolve(AtFlags.workingDirectory, path).node, to: status)
    }

    /// lstat(2): As stat(2), of a symbolic link itself. Errors: those of stat(2).
    static func lstat(
        _ caller: Caller, path: VirtualAddress, status: VirtualAddress
    ) throws(Errno) -> Int {
        try put(
            try caller.resolve(AtFlags.workingDirectory, path, .symlinkNoFollow).node, to: status)
    }

    /// fstat(2): Tells about an open file. Errors: EBADF, EFAULT.
    static func fstat(
        _ caller: Caller, descriptor: Int32, status: VirtualAddress
    ) throws(Errno) -> Int {
        try put(try caller.anyFile(descriptor).entry.node, to: status)
    }

    /// newfstatat(2): As stat(2), from a directory. Errors: those of stat(2), EBADF, EINVAL.
    static func newfstatat(
        _ caller: Caller, directory: Int32, path: VirtualAddress, status: VirtualAddress,
        flags: Int32
    ) throws(Errno) -> Int {
        let flags = AtFlags(rawValue: flags)
        guard flags.isSubset(of: [.symlinkNoFollow, .noAutomount, .emptyPath, .syncType]) else {
            throw .invalidArgument
        }
        return try put(try caller.resolve(directory, path, flags).node, to: status)
    }

    /// statx(2): Tells about a file in an extensible structure. Errors: those of newfstatat(2).
    static func statx(
        _ caller: Caller, directory: Int32, path: VirtualAddress, flags: Int32, mask: UInt32,
        status: VirtualAddress
    ) throws(Errno) -> Int {
        let flags = AtFlags(rawValue: flags)
        let reserved: UInt32 = 0x8000_0000
        guard mask & reserved == 0, !flags.isSuperset(of: .syncType),
            flags.isSubset(of: [.symlinkNoFollow, .noAutomount, .emptyPath, .syncType])
        else { throw .invalidArgument }
        let node = try caller.resolve(directory, path, flags).node
        var storage = InlineArray<256, UInt8>(repeating: 0)
        do {
            var span = storage.mutableSpan
            var bytes = span.mutableRaw
            node.status.encodeStatx(into: &bytes)
        }
        try ProgramMemory.copyOut(storage.span.raw, to: status)
        return 0
    }

    private static func put(_ node: Node, to address: VirtualAddress) throws(Errno) -> Int {
        var storage = InlineArray<144, UInt8>(repeating: 0)
        do {
            var span = storage.mutableSpan
            var bytes = span.mutableRaw
            node.status.encodeStat(as: .current, into: &bytes)
        }
        try ProgramMemory.copyOut(
            storage.span.raw.extracting(first: FileStatus.byteCountOfStat(.current)), to: address)
        return 0
    }

    /// statfs(2): Tells about a path's file system. Errors: those of stat(2).
    static func statfs(
        _ caller: Caller, path: VirtualAddress, status: VirtualAddress
    ) throws(Errno) -> Int {
        try put(try caller.resolve(AtFlags.workingDirectory, path).node.fileSystem, to: status)
    }

    /// fstatfs(2): Tells about an open file's file system. Errors: EBADF, EFAULT.
    static func fstatfs(
        _ caller: Caller, descriptor: Int32, status: VirtualAddress
    ) throws(Errno) -> Int {
        try put(try caller.anyFile(descriptor).node.fileSystem, to: status)
    }

    private static func put(_ system: FileSystem, to address: VirtualAddress) throws(Errno) -> Int {
        var storage = InlineArray<120, UInt8>(repeating: 0)
        do {
            var span = storage.mutableSpan
            var bytes = span.mutableRaw
            system.status.encode(into: &bytes)
        }
        try ProgramMemory.copyOut(storage.span.raw, to: address)
        return 0
    }

    /// access(2): Whether the real user may do something. Errors: EACCES, EINVAL and path errors.
    static func access(
        _ caller: Caller, path: VirtualAddress, mode: UInt32
    ) throws(Errno) -> Int {
        try checkAccess(caller, AtFlags.workingDirectory, path, mode, [])
    }

    /// faccessat(2): As access(2), from a directory. Errors: those of access(2), EBADF.
    static func faccessat(
        _ caller: Caller, directory: Int32, path: VirtualAddress, mode: UInt32
    ) throws(Errno) -> Int {
        try checkAccess(caller, directory, path, mode, [])
    }

    /// faccessat2(2): As faccessat(2), with flags. Errors: those of faccessat(2).
    static func faccessat2(
        _ caller: Caller, directory: Int32, path: VirtualAddress, mode: UInt32, flags: Int32
    ) throws(Errno) -> Int {
        try checkAccess(caller, directory, path, mode, AtFlags(rawValue: flags))
    }

    private static func checkAccess(
        _ caller: Caller, _ directory: Int32, _ path: VirtualAddress, _ mode: UInt32,
        _ flags: AtFlags
    ) throws(Errno) -> Int {
        guard mode & ~7 == 0,
            flags.isSubset(of: [.effectiveAccess, .symlinkNoFollow, .emptyPath])
        else { throw .invalidArgument }
        let files = flags.contains(.effectiveAccess) ? caller.files : caller.filesOfRealUser
        let entry = try caller.resolve(directory, path, flags, as: files)
        guard entry.node.allows(Access(rawValue: mode), for: files.credentials) else {
            throw .permissionDenied
        }
        // Devices, pipes and sockets are written all the same (fs/open.c, do_faccessat).
        switch entry.node.kind {
        case .directory, .regular, .symbolicLink:
            if mode & 2 != 0 { try entry.node.fileSystem.requireWritable() }
        case .anonymous, .characterDevice, .blockDevice, .pipe, .socket: break
        }
        return 0
    }
}
