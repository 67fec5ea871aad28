internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Processes

// Making, removing and moving names.
extension SystemCalls {
    /// mkdir(2): Makes a directory. Errors: EACCES, EEXIST, ENOENT, ENOMEM, ENOTDIR, EPERM, ELOOP,
    /// ENAMETOOLONG, EFAULT.
    static func mkdir(_ caller: Caller, path: VirtualAddress, mode: UInt32) throws(Errno) -> Int {
        try mkdirat(caller, directory: AtFlags.workingDirectory, path: path, mode: mode)
    }

    /// mkdirat(2): As mkdir(2), from a directory. Errors: those of mkdir(2), EBADF.
    static func mkdirat(
        _ caller: Caller, directory: Int32, path: VirtualAddress, mode: UInt32
    ) throws(Errno) -> Int {
        try caller.withPath(at: path) { path throws(Errno) in
            try caller.files.makeDirectory(
                path, from: try caller.base(directory, for: path), mode: FileMode(rawValue: mode))
        }
        return 0
    }

    /// mknod(2): Makes a regular file, named pipe, socket or device; a device without a driver can't be
    /// opened. Errors: those of mkdir(2), EINVAL, EPERM.
    static func mknod(
        _ caller: Caller, path: VirtualAddress, mode: UInt32, device: UInt64
    ) throws(Errno) -> Int {
        try mknodat(
            caller, directory: AtFlags.workingDirectory, path: path, mode: mode, device: device)
    }

    /// mknodat(2): As mknod(2), from a directory. Errors: those of mknod(2), EBADF.
    static func mknodat(
        _ caller: Caller, directory: Int32, path: VirtualAddress, mode: UInt32, device: UInt64
    ) throws(Errno) -> Int {
        let kind: FileKind
        switch mode & FileKind.mask {
        case 0: kind = .regular
        case FileKind.directory.rawValue: throw .operationNotPermitted
        case let bits:
            guard let other = FileKind(rawValue: bits), other != .symbolicLink else {
                throw .invalidArgument
            }
            kind = other
        }
        try caller.withPath(at: path) { path throws(Errno) in
            try caller.files.makeNode(
                path, from: try caller.base(directory, for: path), kind: kind,
                mode: FileMode(rawValue: mode),
                device: DeviceNumber(encoded: device & 0xffff_ffff))
        }
        return 0
    }

    /// symlink(2): Makes a symbolic link. Errors: those of mkdir(2).
    static func symlink(
        _ caller: Caller, target: VirtualAddress, path: VirtualAddress
    ) throws(Errno) -> Int {
        try symlinkat(
            caller, target: target, directory: AtFlags.workingDirectory, path: path)
    }

    /// symlinkat(2): As symlink(2), from a directory. Errors: those of symlink(2), EBADF.
    static func symlinkat(
        _ caller: Caller, target: VirtualAddress, directory: Int32, path: VirtualAddress
    ) throws(Errno) -> Int {
        try caller.withPath(at: target) { target throws(Errno) in
            guard target.byteCount > 0 else { throw .noSuchFile }
            try caller.withPath(at: path) { path throws(Errno) in
                try caller.files.makeSymbolicLink(
                    to: target, path, from: try caller.base(directory, for: path))
            }
        }
        return 0
    }

    /// link(2): Gives a file another name. Errors: those of mkdir(2), EMLINK, EXDEV.
    static func link(
        _ caller: Caller, old: VirtualAddress, new: VirtualAddress
    ) throws(Errno) -> Int {
        try linkat(
            caller, oldDirectory: AtFlags.workingDirectory, old: old,
            newDirectory: AtFlags.workingDirectory, new: new, flags: 0)
    }

    /// linkat(2): As link(2), from directories. Errors: those of link(2), EBADF, EINVAL.
    static func linkat(
        _ caller: Caller, oldDirectory: Int32, old: VirtualAddress, newDirectory: Int32,
        new: VirtualAddress, flags: Int32
    ) throws(Errno) -> Int {
        let flags = AtFlags(rawValue: flags)
        guard flags.isSubset(of: [.symlinkFollow, .emptyPath]) else { throw .invalidArgument }
        // AT_EMPTY_PATH needs CAP_DAC_READ_SEARCH, which root has (linkat(2)).
        let files = caller.files
        if flags.contains(.emptyPath), !files.credentials.overrides { throw .noSuchFile }
        var oldFlags = flags.intersection(.emptyPath)
        if !flags.contains(.symlinkFollow) { oldFlags.insert(.symlinkNoFollow) }
        let target = try caller.resolve(oldDirectory, old, oldFlags)
        try caller.withPath(at: new) { path throws(Errno) in
            try files.makeLink(to: target, path, from: try caller.base(newDirectory, for: path))
        }
        return 0
    }

    /// unlink(2): Removes a name. Errors: EACCES, EBUSY, EISDIR, ENOENT, ENOTDIR, EPERM, EFAULT,
    /// ELOOP, ENAMETOOLONG.
    static func unlink(_ caller: Caller, path: VirtualAddress) throws(Errno) -> Int {
        try unlinkat(caller, directory: AtFlags.workingDirectory, path: path, flags: 0)
    }

    /// rmdir(2): Removes an empty directory. Errors: those of unlink(2), EINVAL, ENOTEMPTY.
    static func rmdir(_ caller: Caller, path: VirtualAddress) throws(Errno) -> Int {
        try unlinkat(
            caller, directory: AtFlags.workingDirectory, path: path,
            flags: AtFlags.removeDirectory.rawValue)
    }

    /// unlinkat(2): As unlink(2) or rmdir(2), from a directory. Errors: those of rmdir(2), EBADF.
    static func unlinkat(
        _ caller: Caller, directory: Int32, path: VirtualAddress, flags: Int32
    ) throws(Errno) -> Int {
        let flags = AtFlags(rawValue: flags)
        guard flags.isSubset(of: .removeDirectory) else { throw .invalidArgument }
        try caller.withPath(at: path) { path throws(Errno) in
            let base = try caller.base(directory, for: path)
            if flags.contains(.removeDirectory) {
                try caller.files.removeDirectory(path, from: base)
            } else {
                try caller.files.unlink(path, from: base)
            }
        }
        return 0
    }

    /// rename(2): Moves a name. Errors: EACCES, EBUSY, EINVAL, EISDIR, ENOENT, ENOTDIR, ENOTEMPTY,
    /// EPERM, EXDEV, EFAULT, ELOOP, ENAMETOOLONG, ENOMEM.
    static func rename(
        _ caller: Caller, old: VirtualAddress, new: VirtualAddress
    ) throws(Errno) -> Int {
        try renameat2(
            caller, oldDirectory: AtFlags.workingDirectory, old: old,
            newDirectory: AtFlags.workingDirectory, new: new, flags: 0)
    }

    /// renameat(2): As rename(2), from directories. Errors: those of rename(2), EBADF.
    static func renameat(
        _ caller: Caller, oldDirectory: Int32, old: VirtualAddress, newDirectory: Int32,
        new: VirtualAddress
    ) throws(Errno) -> Int {
        try renameat2(
            caller, oldDirectory: oldDirectory, old: old, newDirectory: newDirectory, new: new,
            flags: 0)
    }

    /// renameat2(2): As renameat(2), with flags. Errors: those of renameat(2), EEXIST.
    static func renameat2(
        _ caller: Caller, oldDirectory: Int32, old: VirtualAddress, newDirectory: Int32,
        new: VirtualAddress, flags: UInt32
    ) throws(Errno) -> Int {
        let flags = RenameFlags(rawValue: flags)
        // Flags are looked at before the paths (do_renameat2).
        guard flags.areValid else { throw .invalidArgument }
        try caller.withPath(at: old) { old throws(Errno) in
            guard old.byteCount > 0 else { throw .noSuchFile }
            try caller.withPath(at: new) { new throws(Errno) in
                try caller.files.rename(
                    old, from: try caller.base(oldDirectory, for: old), to: new,
                    from: try caller.base(newDirectory, for: new), flags)
            }
        }
        return 0
    }

    /// readlink(2): Reads where a symbolic link leads; cuts it to the buffer. Errors: EINVAL where it
    /// is none, EFAULT and path errors.
    static func readlink(
        _ caller: Caller, path: VirtualAddress, buffer: VirtualAddress, size: Int32
    ) throws(Errno) -> Int {
        try readlinkat(
            caller, directory: AtFlags.workingDirectory, path: path, buffer: buffer, size: size)
    }

    /// readlinkat(2): As readlink(2), from a directory; an empty path is the link that a descriptor
    /// is open on. Errors: those of readlink(2), EBADF.
    static func readlinkat(
        _ caller: Caller, directory: Int32, path: VirtualAddress, buffer: VirtualAddress,
        size: Int32
    ) throws(Errno) -> Int {
        guard size > 0 else { throw .invalidArgument }
        return try caller.withPath(at: path) { path throws(Errno) in
            let isEmpty = path.byteCount == 0
            let entry =
                isEmpty
                ? try caller.base(directory)
                : try caller.files.resolve(
                    path, from: try caller.base(directory, for: path), .keep)
            guard let link = entry.node as? SymbolicLinkNode else {
                throw isEmpty ? .noSuchFile : .invalidArgument
            }
            return try link.readTarget(byteCount: Int(size), to: buffer)
        }
    }
}
