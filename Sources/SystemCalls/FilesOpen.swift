internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes

// Opening and closing.
extension SystemCalls {
    /// open(2): Opens a file by path. Errors: EACCES, EEXIST, EINVAL, EISDIR, ELOOP, EMFILE,
    /// ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR, ENXIO, EOPNOTSUPP, EPERM, ETXTBSY.
    static func open(
        _ caller: Caller, path: VirtualAddress, flags: Int32, mode: UInt32
    ) throws(Errno) -> Int {
        try openat(
            caller, directory: AtFlags.workingDirectory, path: path, flags: flags, mode: mode)
    }

    /// openat(2): As open(2), from a directory. Errors: those of open(2), EBADF.
    static func openat(
        _ caller: Caller, directory: Int32, path: VirtualAddress, flags: Int32, mode: UInt32
    ) throws(Errno) -> Int {
        let flags = OpenFlags(rawValue: flags).intersection(.known).union(.largeFile)
        return try openChecked(caller, directory, path, flags, mode)
    }

    /// creat(2): Opens a file for writing and creates or empties it. Errors: those of open(2).
    static func creat(
        _ caller: Caller, path: VirtualAddress, mode: UInt32
    ) throws(Errno) -> Int {
        try openChecked(
            caller, AtFlags.workingDirectory, path,
            [.create, .writeOnly, .truncate, .largeFile], mode)
    }

    /// openat2(2): As openat(2), with the flags in a structure that is checked strictly. Errors:
    /// those of openat(2), E2BIG, EAGAIN, EFAULT, EXDEV.
    static func openat2(
        _ caller: Caller, directory: Int32, path: VirtualAddress, how: VirtualAddress, size: UInt
    ) throws(Errno) -> Int {
        guard size >= 24 else { throw .invalidArgument }
        guard size <= Page.size else { throw .argumentListTooLong }
        let flags = try ProgramMemory.load(UInt64.self, at: how)
        let mode = try ProgramMemory.load(UInt64.self, at: field(how, 8))
        let resolve = try ProgramMemory.load(UInt64.self, at: field(how, 16))
        for offset in 24..<max(Int(size), 24) {
            guard try ProgramMemory.load(UInt8.self, at: field(how, UInt64(offset))) == 0 else {
                throw .argumentListTooLong
            }
        }
        guard let bits = Int32(exactly: flags) else { throw .invalidArgument }
        let open = OpenFlags(rawValue: bits)
        let confinement = PathConfinement(rawValue: resolve)
        guard open.isSubset(of: .known), confinement.isSubset(of: .known),
            !confinement.isSuperset(of: [.beneath, .inRoot])
        else { throw .invalidArgument }
        let creates = !open.isDisjoint(with: [.create, .temporaryFile])
        guard creates ? mode <= 0o7777 : mode == 0 else { throw .invalidArgument }
        // What has to write is never done from a cache (openat2(2)).
        if confinement.contains(.cached),
            !open.isDisjoint(with: [.truncate, .create, .temporaryFile])
        {
            throw .tryAgain
        }
        return try openChecked(caller, directory, path, open, UInt32(mode), confinement)
    }

    /// The steps that the calls above share, in the order of Linux's do_sys_openat2.
    private static func openChecked(
        _ caller: Caller, _ directory: Int32, _ path: VirtualAddress, _ flags: OpenFlags,
        _ mode: UInt32, _ confinement: PathConfinement = []
    ) throws(Errno) -> Int {
        let flags = try checked(flags)
        return try caller.withPath(at: path) { path throws(Errno) in
            guard path.byteCount > 0 else { throw .noSuchFile }
            try caller.requireDescriptor()
            var files = caller.files
            var base = try caller.base(directory, for: path)
            if !confinement.isEmpty {
                // An absolute path looks at the descriptor too where that confines it.
                if !confinement.isDisjoint(with: [.beneath, .inRoot]) {
                    base = try caller.base(directory)
                }
                if confinement.contains(.inRoot) { files.root = base }
                files.confinement = confinement
            }
            let file = try files.open(
                path, from: base, flags,
                creationMode: FileMode(rawValue: mode))
            return try caller.install(file, flags.contains(.closeOnExec) ? .closeOnExec : [])
        }
    }
    /// Linux's build_open_flags: which combinations there are.
    private static func checked(_ flags: OpenFlags) throws(Errno) -> OpenFlags {
        if flags.contains(.path) {
            return flags.intersection([.path, .directory, .noFollow, .closeOnExec])
        }
        if flags.contains(.temporaryFile) {
            guard flags.contains(.directory), flags.rawValue & OpenFlags.accessModeMask != 0 else {
                throw .invalidArgument
            }
            guard !flags.contains(.create) else { throw .invalidArgument }
            return flags
        }
        if flags.isSuperset(of: [.create, .directory]) { throw .invalidArgument }
        return flags
    }

    /// close(2): Frees a descriptor. Errors: EBADF.
    static func close(_ caller: Caller, descriptor: Int32) throws(Errno) -> Int {
        try caller.process.descriptors.remove(descriptor).release()
        return 0
    }

    /// close_range(2): Closes or marks all descriptors from `first` to `last`. Errors: EINVAL.
    static func closeRange(
        _ caller: Caller, first: UInt32, last: UInt32, flags: UInt32
    ) throws(Errno) -> Int {
        // CLOSE_RANGE_UNSHARE changes nothing for a process that shares its table with nobody.
        let closeOnExec: UInt32 = 4
        let unshare: UInt32 = 2
        guard flags & ~(closeOnExec | unshare) == 0, first <= last else { throw .invalidArgument }
        let descriptors = caller.process.descriptors
        var next = descriptors.next(from: Int32(clamping: first))
        while let number = next, UInt32(number) <= last {
            if flags & closeOnExec != 0 {
                try descriptors.setFlags(number, .closeOnExec)
            } else {
                try descriptors.remove(number).release()
            }
            next = descriptors.next(from: number + 1)
        }
        return 0
    }

    /// The address `offset` bytes into a structure of the program. EFAULT where that wraps.
    static func field(
        _ address: VirtualAddress, _ offset: UInt64
    ) throws(Errno) -> VirtualAddress {
        guard let field = address.advanced(by: offset) else { throw .badAddress }
        return field
    }
}
