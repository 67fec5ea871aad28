internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes
internal import Scheduler

// Other programs in a process's place.
extension SystemCalls {
    /// execve(2): Replaces the program by another one. Errors: E2BIG, EACCES, EAGAIN, EFAULT, EINTR, ELIBBAD, ELOOP,
    /// ENAMETOOLONG, ENOENT, ENOEXEC, ENOMEM, ENOTDIR, ETXTBSY.
    static func execve(
        _ caller: Caller, path: VirtualAddress, arguments: VirtualAddress,
        environment: VirtualAddress
    ) throws(Errno) -> Int {
        try execute(
            caller, AtFlags.workingDirectory, path, arguments, environment, [])
    }

    /// execveat(2): The same from a directory, or of an open file. Errors: as execve(2), and EBADF, EINVAL.
    static func execveat(
        _ caller: Caller, directory: Int32, path: VirtualAddress, arguments: VirtualAddress,
        environment: VirtualAddress, flags: Int32
    ) throws(Errno) -> Int {
        let flags = AtFlags(rawValue: flags)
        guard flags.isSubset(of: [.emptyPath, .symlinkNoFollow]) else { throw .invalidArgument }
        return try execute(caller, directory, path, arguments, environment, flags)
    }

    private static func execute(
        _ caller: Caller, _ directory: Int32, _ path: VirtualAddress,
        _ arguments: VirtualAddress, _ environment: VirtualAddress, _ flags: AtFlags
    ) throws(Errno) -> Int {
        try caller.withPath(at: path) { path throws(Errno) in
            let entry = try find(caller, directory, path, flags)
            guard var name = FixedBuffer<UInt8>(count: path.byteCount + 32, repeating: 0) else {
                throw .outOfMemory
            }
            let length = write(path, from: directory, to: &name)
            let limit = ProgramStart.stringLimit(for: caller.process)
            guard let strings = try strings(at: arguments, atMost: limit),
                let variables = try self.strings(at: environment, atMost: limit)
            else { throw .outOfMemory }
            let former = caller.thread.thread.identifier
            let registers = try caller.process.execute(
                entry, path: name.bytes.extracting(first: length), arguments: strings,
                environment: variables, by: caller.thread,
                lasting(caller, directory, path)
            ) { leaveMemory(caller) }
            caller.frame.reset(instruction: registers.entry, stack: registers.stack)
            // All registers are the new program's.
            CPU.hasReturnWork = true
            caller.thread.tracee?.stopAfterExecute(former: former, caller.frame)
            return 0
        }
    }
    private static func find(
        _ caller: Caller, _ directory: Int32, _ path: RawSpan, _ flags: AtFlags
    ) throws(Errno) -> DirectoryEntry {
        if path.byteCount == 0 {
            guard flags.contains(.emptyPath) else { throw .noSuchFile }
            let entry = try caller.base(directory)
            guard entry.node.kind != .symbolicLink else { throw .tooManySymbolicLinks }
            return entry
        }
        let entry = try caller.files.resolve(
            path, from: try caller.base(directory, for: path),
            flags.contains(.symlinkNoFollow) ? .keep : .follow)
        // A link itself is nothing to run.
        guard entry.node.kind != .symbolicLink else { throw .tooManySymbolicLinks }
        return entry
    }
    /// Whether a path still leads to its file when the program runs.
    private static func lasting(
        _ caller: Caller, _ directory: Int32, _ path: RawSpan
    ) -> ProgramStart.PathAccess {
        let isAbsolute = path.byteCount > 0 && path.byte(at: 0) == UInt8(ascii: "/")
        guard directory != AtFlags.workingDirectory, !isAbsolute,
            (try? caller.process.descriptors.flags(directory)) == .closeOnExec
        else { return .lasting }
        return .closing
    }
    /// What the program is called: its path, or where a descriptor leads (fs/exec.c, alloc_bprm).
    private static func write(
        _ path: RawSpan, from directory: Int32, to name: inout FixedBuffer<UInt8>
    ) -> Int {
        var text = TextBuffer(into: name.mutableBytes)
        let isAbsolute = path.byteCount > 0 && path.byte(at: 0) == UInt8(ascii: "/")
        if directory != AtFlags.workingDirectory, !isAbsolute {
            text.append("/dev/fd/")
            text.append(UInt64(UInt32(bitPattern: directory)))
            if path.byteCount > 0 { text.append("/") }
        }
        text.append(path)
        return text.writtenCount
    }

    /// What one argument may have of bytes (MAX_ARG_STRLEN).
    private static let longestString = 128 << 10
    /// The strings that a list of pointers leads to, up to a null one. E2BIG, EFAULT; `nil` without memory.
    private static func strings(
        at list: VirtualAddress, atMost limit: UInt64
    ) throws(Errno) -> ProgramStrings? {
        guard var strings = ProgramStrings() else { return nil }
        guard !list.isNull else { return strings }
        var place = list
        while true {
            let address = VirtualAddress(
                rawValue: try ProgramMemory.load(UInt64.self, at: place))
            if address.isNull { return strings }
            guard UInt64(strings.byteCount + strings.count * 8) <= limit else {
                throw .argumentListTooLong
            }
            guard try append(address, to: &strings) else { return nil }
            place = try place.field(8)
        }
    }
    /// Adds a string of the program; whether there was memory. E2BIG, EFAULT.
    private static func append(
        _ address: VirtualAddress, to strings: inout ProgramStrings
    ) throws(Errno) -> Bool {
        var storage = InlineArray<512, UInt8>(repeating: 0)
        var part = address
        var isFirst = true
        var total = 0
        while true {
            let count: Int?
            do {
                var span = storage.mutableSpan
                var bytes = span.mutableRaw
                count = try ProgramMemory.copyInString(from: part, into: &bytes)
            }
            let bytes = storage.span.raw.extracting(first: count ?? storage.count)
            guard strings.append(bytes, isFirst ? .new : .continued) else { return false }
            guard count == nil else { return true }
            isFirst = false
            total += storage.count
            guard total < longestString else { throw .argumentListTooLong }
            part = try part.field(UInt64(storage.count))
        }
    }
}
