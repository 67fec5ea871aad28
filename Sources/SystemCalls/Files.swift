internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes

// What the families of file calls share: descriptors, paths, user memory.
extension Caller {
    /// From where and with whose rights this caller resolves paths.
    var files: FileContext { process.fileContext }
    /// As `files`, with the real user and group, which access(2) asks about.
    var filesOfRealUser: FileContext {
        var files = files
        files.credentials.user = process.credentials.users.real
        files.credentials.group = process.credentials.groups.real
        return files
    }
    /// The open file of a descriptor for reading, writing and the like. EBADF, also for O_PATH.
    func file(_ descriptor: Int32) throws(Errno) -> OpenFile {
        let file = try process.descriptors.file(descriptor)
        guard !file.flags.contains(.path) else { throw .badDescriptor }
        return file
    }
    /// The open file of a descriptor of any kind. EBADF.
    func anyFile(_ descriptor: Int32) throws(Errno) -> OpenFile {
        try process.descriptors.file(descriptor)
    }
    /// Gives an open file the lowest free descriptor; closes it where there is none. EMFILE, ENOMEM.
    func install(_ file: OpenFile, _ flags: DescriptorFlags) throws(Errno) -> Int {
        do throws(Errno) {
            return Int(
                try process.descriptors.insert(
                    file, limit: process.descriptorLimit, flags: flags))
        } catch {
            file.release()
            throw error
        }
    }
    /// Gives two open files descriptors and stores the numbers; closes both where that fails. EFAULT,
    /// EMFILE, ENOMEM.
    func installPair(
        _ first: OpenFile, _ second: OpenFile, _ flags: DescriptorFlags, at place: VirtualAddress
    ) throws(Errno) -> Int {
        let table = process.descriptors
        let one: Int32
        do throws(Errno) {
            one = Int32(try install(first, flags))
        } catch {
            second.release()
            throw error
        }
        let two: Int32
        do throws(Errno) {
            two = Int32(try install(second, flags))
        } catch {
            try table.remove(one).release()
            throw error
        }
        do throws(Errno) {
            try ProgramMemory.store(one, at: place)
            try ProgramMemory.store(two, at: SystemCalls.field(place, 4))
        } catch {
            try table.remove(one).release()
            try table.remove(two).release()
            throw error
        }
        return 0
    }
    /// EMFILE where a new descriptor would be above the limit.
    func requireDescriptor() throws(Errno) {
        guard process.descriptors.lowestFree() < process.descriptorLimit else {
            throw .tooManyFiles
        }
    }

    /// Lends a path of the program. EFAULT, ENAMETOOLONG, ENOMEM; an empty one is the body's matter.
    func withPath<Result>(
        at address: VirtualAddress, _ body: (RawSpan) throws(Errno) -> Result
    ) throws(Errno) -> Result {
        guard let frame = Frames.allocate() else { throw .outOfMemory }
        defer { Frames.release(frame) }
        return try frame.withMutableBytes { bytes throws(Errno) -> Result in
            guard let count = try ProgramMemory.copyInString(from: address, into: &bytes) else {
                throw .nameTooLong
            }
            return try body(bytes.bytes.extracting(first: count))
        }
    }
    /// Where a relative path begins: the working directory, or what a descriptor is open on. An
    /// absolute path does not look at the descriptor. ENOENT for an empty path, EBADF.
    func base(_ descriptor: Int32, for path: RawSpan) throws(Errno) -> DirectoryEntry {
        guard path.byteCount > 0 else { throw .noSuchFile }
        if path.byte(at: 0) == 0x2f { return process.root }
        return try base(descriptor)
    }
    /// What a descriptor stands for at the beginning of a path.
    func base(_ descriptor: Int32) throws(Errno) -> DirectoryEntry {
        if descriptor == AtFlags.workingDirectory { return process.workingDirectory }
        return try anyFile(descriptor).entry
    }
    /// What a path from the program names, under the flags of the calls that end in `at`.
    ///
    /// With AT_EMPTY_PATH an empty path is the descriptor itself.
    func resolve(
        _ descriptor: Int32, _ address: VirtualAddress, _ flags: AtFlags = [],
        as files: FileContext? = nil
    ) throws(Errno) -> DirectoryEntry {
        try withPath(at: address) { path throws(Errno) in
            if path.byteCount == 0, flags.contains(.emptyPath) { return try base(descriptor) }
            return try (files ?? self.files).resolve(
                path, from: try base(descriptor, for: path),
                flags.contains(.symlinkNoFollow) ? .keep : .follow)
        }
    }
}

extension Caller {
    /// What comes with EPIPE.
    enum BrokenPipe: Sendable {
        /// SIGPIPE
        case signal
        case quiet
        /// What a write to the file brings: datagrams break quietly.
        init(of file: OpenFile) {
            self = file.socket?.signalsBrokenPipe ?? true ? .signal : .quiet
        }
    }
    /// Runs a write; where the other side is gone, sends SIGPIPE beside EPIPE (pipe(7)).
    func signallingBrokenPipe<Result>(
        _ manner: BrokenPipe = .signal, _ body: () throws(Errno) -> Result
    ) throws(Errno) -> Result {
        do throws(Errno) {
            return try body()
        } catch {
            if error == .brokenPipe, manner == .signal {
                let information = SignalInformation(
                    .brokenPipe, .user, process: process.identifier,
                    user: process.credentials.users.real)
                // A standard signal always has room.
                try? process.post(.brokenPipe, information, toThread: .current)
            }
            throw error
        }
    }

    /// How many of `count` bytes RLIMIT_FSIZE lets a write have, at `offset` or the file's own; for
    /// none SIGXFSZ and EFBIG (getrlimit(2)). A file that is about to be written loses its set-id bits.
    func allowed(
        _ file: OpenFile, at offset: Int64?, _ count: Int,
        _ placement: OpenFile.Placement = .asOpened
    ) throws(Errno) -> Int {
        guard file.node.kind == .regular, count > 0 else { return count }
        if !file.node.mode.isDisjoint(with: [.setUser, .setGroup]),
            !process.credentials.has(.setFileIdentifiers)
        {
            file.node.clearSetIdentifiers()
        }
        let room = try room(behind: file.start(of: offset ?? file.offset, placement))
        return Int(min(UInt64(count), room))
    }
    /// Checks a new length of a file against RLIMIT_FSIZE, as `allowed`.
    func checkLength(_ length: Int64, of node: Node) throws(Errno) {
        guard node.kind == .regular, length > node.byteCount, length > 0 else { return }
        _ = try room(behind: length - 1)
    }
    private func room(behind offset: Int64) throws(Errno) -> UInt64 {
        let limit = process.limits[.fileSize].soft
        guard UInt64(max(0, offset)) >= limit else { return limit - UInt64(max(0, offset)) }
        let information = SignalInformation(
            .fileSizeLimit, .user, process: process.identifier,
            user: process.credentials.users.real)
        try? process.post(.fileSizeLimit, information, toThread: .current)
        throw .fileTooLarge
    }
}
