internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes

// Lengths of files, copies between files, and what writes back (there is nothing to write to).
extension SystemCalls {
    /// truncate(2): Changes a file's length. Errors: EACCES, EINVAL, EISDIR, ETXTBSY, path errors.
    static func truncate(
        _ caller: Caller, path: VirtualAddress, length: Int64
    ) throws(Errno) -> Int {
        guard length >= 0 else { throw .invalidArgument }
        let entry = try caller.resolve(AtFlags.workingDirectory, path)
        try caller.checkLength(length, of: entry.node)
        try entry.node.truncate(to: length, by: caller.files.credentials)
        entry.tell(.modified)
        return 0
    }

    /// ftruncate(2): Changes an open file's length. Errors: EBADF, EINVAL.
    static func ftruncate(
        _ caller: Caller, descriptor: Int32, length: Int64
    ) throws(Errno) -> Int {
        guard length >= 0 else { throw .invalidArgument }
        let file = try caller.file(descriptor)
        if file.flags.allowsWriting { try caller.checkLength(length, of: file.node) }
        try file.truncate(to: length)
        return 0
    }

    /// fallocate(2): Makes sure that a range of a file has memory. Errors: EBADF, EFBIG, EINVAL,
    /// EISDIR, ENODEV, ENOSPC, ESPIPE; EOPNOTSUPP for every mode but 0, FALLOC_FL_KEEP_SIZE
    /// and FALLOC_FL_PUNCH_HOLE.
    static func fallocate(
        _ caller: Caller, descriptor: Int32, mode: Int32, offset: Int64, length: Int64
    ) throws(Errno) -> Int {
        let keepSize: Int32 = 1
        let punchHole: Int32 = 2
        let zeroRange: Int32 = 0x10
        let unshare: Int32 = 0x40
        // FALLOC_FL_COLLAPSE_RANGE, FALLOC_FL_INSERT_RANGE, FALLOC_FL_WRITE_ZEROES
        let rearrangements: [3 of Int32] = [0x08, 0x20, 0x80]
        let file = try caller.file(descriptor)
        guard offset >= 0, length > 0 else { throw .invalidArgument }
        // Which modes there are; that a tmpfs does only some of them is said last.
        switch mode & ~keepSize {
        case 0, zeroRange, unshare: break
        // A hole can't change the length.
        case punchHole: guard mode & keepSize != 0 else { throw .notSupported }
        case rearrangements[0], rearrangements[1], rearrangements[2]:
            guard mode & keepSize == 0 else { throw .notSupported }
        default: throw .notSupported
        }
        guard file.flags.allowsWriting else { throw .badDescriptor }
        let (end, overflow) = offset.addingReportingOverflow(length)
        switch file.node.kind {
        case .pipe: throw .illegalSeek
        case .directory: throw .isDirectory
        case .regular where file.node is RegularNode: break
        default: throw .noSuchDevice
        }
        guard !overflow else { throw .fileTooLarge }
        guard mode & ~(keepSize | punchHole) == 0 else { throw .notSupported }
        if mode & keepSize == 0 { try caller.checkLength(end, of: file.node) }
        guard let node = file.node as? RegularNode else { throw .noSuchDevice }
        let pages = node.pages
        let isSealed =
            mode & punchHole != 0
            ? !node.seals.isDisjoint(with: [.write, .futureWrite])
            : node.seals.contains(.grow) && end > node.byteCount
        guard !isSealed else { throw .operationNotPermitted }
        if mode & punchHole != 0 {
            pages.punchHole(from: offset, to: end)
            file.node.touchModified()
            file.entry.tell(.modified)
            return 0
        }
        // Refused at once where it can't work, rather than after all memory is taken.
        let first = Int(offset >> Int64(Page.shift))
        let last = Int((end - 1) >> Int64(Page.shift))
        guard last - first < Frames.freeCount + pages.allocatedPages else { throw .noSpace }
        for index in first...last {
            do throws(Errno) {
                _ = try pages.frame(at: index)
            } catch {
                throw .noSpace
            }
        }
        if mode & keepSize == 0, end > pages.byteCount {
            // Which tells of the change.
            try file.truncate(to: end)
        } else {
            file.entry.tell(.modified)
        }
        return 0
    }

    /// fadvise64(2): Takes advice, which nothing here needs. Errors: EBADF, EINVAL, ESPIPE.
    static func fadvise64(
        _ caller: Caller, descriptor: Int32, offset: Int64, length: Int64, advice: Int32
    ) throws(Errno) -> Int {
        let file = try caller.file(descriptor)
        guard file.node.kind != .pipe else { throw .illegalSeek }
        guard length >= 0, (0...5).contains(advice) else { throw .invalidArgument }
        return 0
    }

    /// readahead(2): Prepares reading, which memory does not need. Errors: EBADF, EINVAL.
    static func readahead(
        _ caller: Caller, descriptor: Int32, offset: Int64, count: Int
    ) throws(Errno) -> Int {
        let file = try caller.file(descriptor)
        guard file.flags.allowsReading else { throw .badDescriptor }
        guard file.node.kind == .regular else { throw .invalidArgument }
        return 0
    }

    /// sync_file_range(2): Writes a part of a file back: nothing, as it lives in memory. Errors: EBADF,
    /// EINVAL, ESPIPE.
    static func syncFileRange(
        _ caller: Caller, descriptor: Int32, offset: Int64, length: Int64, flags: UInt32
    ) throws(Errno) -> Int {
        let file = try caller.file(descriptor)
        let (end, overflow) = offset.addingReportingOverflow(length)
        guard flags & ~7 == 0, offset >= 0, length >= 0, !overflow, end >= 0 else {
            throw .invalidArgument
        }
        switch file.node.kind {
        case .regular, .directory, .blockDevice, .symbolicLink: return 0
        case .characterDevice, .pipe, .socket, .anonymous: throw .illegalSeek
        }
    }

    /// sync(2): Writes everything back: nothing, as files live in memory. Errors: none.
    static func sync(_ caller: Caller) -> Int { 0 }

    /// syncfs(2): As sync(2), for an open file's file system. Errors: EBADF.
    static func syncfs(_ caller: Caller, descriptor: Int32) throws(Errno) -> Int {
        _ = try caller.file(descriptor)
        return 0
    }

    /// fsync(2): Writes a file back: nothing, as it lives in memory. Errors: EBADF, EINVAL.
    static func fsync(_ caller: Caller, descriptor: Int32) throws(Errno) -> Int {
        let node = try caller.file(descriptor).node
        // Files of /proc have nothing to write back.
        guard node.kind == .directory || node is RegularNode else { throw .invalidArgument }
        return 0
    }

    /// fdatasync(2): As fsync(2). Errors: EBADF, EINVAL.
    static func fdatasync(_ caller: Caller, descriptor: Int32) throws(Errno) -> Int {
        try fsync(caller, descriptor: descriptor)
    }

    /// sendfile(2): Copies from a regular file to an open file. Errors: EAGAIN, EBADF, EFAULT, EINVAL,
    /// EIO, ENOMEM, EOVERFLOW, ESPIPE.
    static func sendfile(
        _ caller: Caller, output: Int32, input: Int32, offset: VirtualAddress, count: Int
    ) throws(Errno) -> Int {
        var position: Int64?
        if offset.rawValue != 0 { position = try ProgramMemory.load(Int64.self, at: offset) }
        let source = try caller.file(input)
        guard source.flags.allowsReading else { throw .badDescriptor }
        guard position == nil || source.allowsPositions else { throw .illegalSeek }
        guard position ?? 0 >= 0, count >= 0 else { throw .invalidArgument }
        let target = try caller.file(output)
        guard target.flags.allowsWriting else { throw .badDescriptor }
        // Linux takes what has pages or a splice of its own; here that is regular files.
        guard source.node.kind == .regular else { throw .invalidArgument }
        guard !target.flags.contains(.append) else { throw .invalidArgument }
        var start = position ?? source.offset
        let done = try caller.signallingBrokenPipe(.init(of: target)) { () throws(Errno) in
            try copy(
                from: source, at: &start,
                count: try caller.allowed(target, at: nil, min(count, maximumTransfer))
            ) { bytes throws(Errno) in
                try target.write(bytes, target.blocking)
            }
        }
        if position == nil {
            source.offset = start
        } else {
            try ProgramMemory.store(start, at: offset)
        }
        return target.telling(.modified, source.telling(.accessed, done))
    }

    /// copy_file_range(2): Copies from one regular file to another. Errors: EBADF, EFAULT, EFBIG,
    /// EINVAL, EISDIR, ENOMEM, ENOSPC, EOVERFLOW.
    static func copyFileRange(
        _ caller: Caller, input: Int32, inputOffset: VirtualAddress, output: Int32,
        outputOffset: VirtualAddress, count: Int, flags: UInt32
    ) throws(Errno) -> Int {
        let source = try caller.file(input)
        let target = try caller.file(output)
        var from = source.offset
        var to = target.offset
        if inputOffset.rawValue != 0 {
            from = try ProgramMemory.load(Int64.self, at: inputOffset)
        }
        if outputOffset.rawValue != 0 {
            to = try ProgramMemory.load(Int64.self, at: outputOffset)
        }
        guard flags == 0 else { throw .invalidArgument }
        guard source.node.kind != .directory, target.node.kind != .directory else {
            throw .isDirectory
        }
        guard source.node.kind == .regular, target.node.kind == .regular else {
            throw .invalidArgument
        }
        guard source.flags.allowsReading, target.flags.allowsWriting,
            !target.flags.contains(.append)
        else { throw .badDescriptor }
        guard from >= 0, to >= 0, count >= 0 else { throw .invalidArgument }
        let wanted = min(count, maximumTransfer)
        guard !from.addingReportingOverflow(Int64(wanted)).overflow,
            !to.addingReportingOverflow(Int64(wanted)).overflow
        else { throw .overflow }
        let left = max(0, source.node.byteCount - from)
        let length = Int(min(Int64(wanted), left))
        if source.node === target.node, from < to + Int64(length), to < from + Int64(length) {
            throw .invalidArgument
        }
        let allowed = try caller.allowed(target, at: to, length)
        let done = try copy(from: source, at: &from, count: allowed) { bytes throws(Errno) in
            let part = try target.write(at: to, bytes)
            to += Int64(part)
            return part
        }
        if inputOffset.rawValue != 0 {
            try ProgramMemory.store(from, at: inputOffset)
        } else {
            source.offset = from
        }
        if outputOffset.rawValue != 0 {
            try ProgramMemory.store(to, at: outputOffset)
        } else {
            target.offset = to
        }
        return target.telling(.modified, source.telling(.accessed, done))
    }

    /// Moves up to `count` bytes through a page; an error after some bytes is their count.
    private static func copy(
        from source: OpenFile, at position: inout Int64, count: Int,
        _ write: (RawSpan) throws(Errno) -> Int
    ) throws(Errno) -> Int {
        guard let page = Frames.allocate() else { throw .outOfMemory }
        defer { Frames.release(page) }
        var done = 0
        while done < count {
            let wanted = min(Page.size, count - done)
            let start = position
            do throws(Errno) {
                let moved = try page.withMutableBytes { bytes throws(Errno) -> (Int, Int) in
                    var part = bytes._mutatingExtracting(first: wanted)
                    let read = try source.read(at: start, into: &part)
                    guard read > 0 else { return (0, 0) }
                    return (read, try write(part.bytes.extracting(first: read)))
                }
                done += moved.1
                position += Int64(moved.1)
                if moved.0 == 0 || moved.1 < moved.0 { break }
            } catch {
                if done > 0 { break }
                throw error
            }
        }
        return done
    }
}
