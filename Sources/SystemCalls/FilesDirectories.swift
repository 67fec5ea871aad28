internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes

// Directories: listing, and where the process is.
extension SystemCalls {
    /// getdents64(2): Lists a directory from the file's offset on. Errors: EBADF, EFAULT, EINVAL,
    /// ENOENT, ENOTDIR.
    static func getdents64(
        _ caller: Caller, descriptor: Int32, buffer: VirtualAddress, count: UInt32
    ) throws(Errno) -> Int {
        try caller.file(descriptor).readDirectory(
            .wide, byteCount: room(count), to: buffer)
    }

    /// getdents(2): As getdents64(2), in the old layout. Errors: those of getdents64(2).
    static func getdents(
        _ caller: Caller, descriptor: Int32, buffer: VirtualAddress, count: UInt32
    ) throws(Errno) -> Int {
        try caller.file(descriptor).readDirectory(
            .old, byteCount: room(count), to: buffer)
    }
    /// What is negative as a C int is no room at all (fs/readdir.c).
    private static func room(_ count: UInt32) -> Int { count > UInt32(Int32.max) ? 0 : Int(count) }

    /// getcwd(2): Writes the working directory's path; returns its length with the NUL. Errors:
    /// EFAULT, ENAMETOOLONG, ENOENT for a removed directory, ENOMEM, ERANGE.
    static func getcwd(
        _ caller: Caller, buffer: VirtualAddress, size: UInt
    ) throws(Errno) -> Int {
        let directory = caller.process.workingDirectory
        guard directory.isLinked else { throw .noSuchFile }
        guard let frame = Frames.allocate() else { throw .outOfMemory }
        defer { Frames.release(frame) }
        return try frame.withMutableBytes { bytes throws(Errno) in
            let root = caller.process.root
            var text = TextBuffer(into: bytes._mutatingExtracting(0..<bytes.byteCount))
            if !root.isAbove(directory) { text.append("(unreachable)") }
            directory.writePath(from: root, to: &text)
            text.append(byte: 0)
            guard !text.isTruncated else { throw .nameTooLong }
            let count = text.byteCount
            guard UInt(count) <= size else { throw .outOfRange }
            try ProgramMemory.copyOut(bytes.bytes.extracting(first: count), to: buffer)
            return count
        }
    }

    /// chdir(2): Changes the working directory. Errors: EACCES, EFAULT, ENOTDIR, path errors.
    static func chdir(_ caller: Caller, path: VirtualAddress) throws(Errno) -> Int {
        caller.process.workingDirectory = try directory(
            caller, try caller.resolve(AtFlags.workingDirectory, path))
        return 0
    }

    /// fchdir(2): Changes the working directory to an open one. Errors: EACCES, EBADF, ENOTDIR.
    static func fchdir(_ caller: Caller, descriptor: Int32) throws(Errno) -> Int {
        caller.process.workingDirectory = try directory(
            caller, try caller.anyFile(descriptor).entry)
        return 0
    }

    /// chroot(2): Changes what "/" means. Errors: EACCES, EPERM, ENOTDIR, path errors.
    static func chroot(_ caller: Caller, path: VirtualAddress) throws(Errno) -> Int {
        let root = try directory(caller, try caller.resolve(AtFlags.workingDirectory, path))
        guard caller.process.credentials.has(.changeRoot) else { throw .operationNotPermitted }
        caller.process.root = root
        return 0
    }

    /// A directory that the caller may search.
    private static func directory(
        _ caller: Caller, _ entry: DirectoryEntry
    ) throws(Errno) -> DirectoryEntry {
        guard entry.node.kind == .directory else { throw .notDirectory }
        guard entry.node.allows(.execute, for: caller.files.credentials) else {
            throw .permissionDenied
        }
        return entry
    }
}
