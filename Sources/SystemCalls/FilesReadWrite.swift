internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes

// Moving bytes between files and the program.
extension SystemCalls {
    /// MAX_RW_COUNT: no call moves more (read(2), "Notes").
    static let maximumTransfer = 0x7fff_f000

    /// read(2): Reads at the file's offset. Errors: EAGAIN, EBADF, EFAULT, EINTR, EINVAL, EIO, EISDIR.
    static func read(
        _ caller: Caller, descriptor: Int32, buffer: VirtualAddress, count: Int
    ) throws(Errno) -> Int {
        let file = try caller.file(descriptor)
        guard file.flags.allowsReading else { throw .badDescriptor }
        guard file.node.canRead else { throw .invalidArgument }
        try check(buffer, count)
        return file.telling(
            .accessed, try file.read(count: min(count, maximumTransfer), to: buffer))
    }

    /// write(2): Writes at the file's offset. Errors: EAGAIN, EBADF, EFAULT, EFBIG, EINTR, EINVAL,
    /// EIO, ENOSPC, EPIPE.
    static func write(
        _ caller: Caller, descriptor: Int32, buffer: VirtualAddress, count: Int
    ) throws(Errno) -> Int {
        let file = try caller.file(descriptor)
        guard file.flags.allowsWriting else { throw .badDescriptor }
        guard file.node.canWrite else { throw .invalidArgument }
        try check(buffer, count)
        return try caller.signallingBrokenPipe(.init(of: file)) { () throws(Errno) in
            let count = try caller.allowed(file, at: nil, min(count, maximumTransfer))
            return file.telling(.modified, try file.write(count: count, from: buffer))
        }
    }

    /// pread64(2): Reads at a given offset. Errors: those of read(2), ESPIPE.
    static func pread64(
        _ caller: Caller, descriptor: Int32, buffer: VirtualAddress, count: Int, offset: Int64
    ) throws(Errno) -> Int {
        guard offset >= 0 else { throw .invalidArgument }
        let file = try caller.file(descriptor)
        guard file.allowsPositions else { throw .illegalSeek }
        guard file.flags.allowsReading else { throw .badDescriptor }
        try check(buffer, count)
        return file.telling(
            .accessed, try file.read(at: offset, count: min(count, maximumTransfer), to: buffer))
    }

    /// pwrite64(2): Writes at a given offset. Errors: those of write(2), ESPIPE.
    static func pwrite64(
        _ caller: Caller, descriptor: Int32, buffer: VirtualAddress, count: Int, offset: Int64
    ) throws(Errno) -> Int {
        guard offset >= 0 else { throw .invalidArgument }
        let file = try caller.file(descriptor)
        guard file.allowsWritePositions else { throw .illegalSeek }
        guard file.flags.allowsWriting else { throw .badDescriptor }
        guard file.node.canWrite else { throw .invalidArgument }
        try check(buffer, count)
        try checkRange(offset, count, file)
        let count = try caller.allowed(file, at: offset, min(count, maximumTransfer))
        return file.telling(.modified, try file.write(at: offset, count: count, from: buffer))
    }

    /// readv(2): Reads into several buffers. Errors: those of read(2).
    static func readv(
        _ caller: Caller, descriptor: Int32, vectors: VirtualAddress, count: Int
    ) throws(Errno) -> Int {
        try read(
            try caller.file(descriptor), VectorList(at: vectors, count: count), at: nil,
            for: caller)
    }

    /// writev(2): Writes from several buffers. Errors: those of write(2).
    static func writev(
        _ caller: Caller, descriptor: Int32, vectors: VirtualAddress, count: Int
    ) throws(Errno) -> Int {
        let file = try caller.file(descriptor)
        let list = VectorList(at: vectors, count: count)
        return try caller.signallingBrokenPipe(.init(of: file)) { () throws(Errno) in
            try write(file, list, at: nil, for: caller)
        }
    }

    /// preadv(2): Reads at a given offset into several buffers. Errors: those of pread64(2).
    static func preadv(
        _ caller: Caller, descriptor: Int32, vectors: VirtualAddress, count: Int, offset: Int64,
        high: UInt64
    ) throws(Errno) -> Int {
        guard offset >= 0 else { throw .invalidArgument }
        let file = try caller.file(descriptor)
        guard file.allowsPositions else { throw .illegalSeek }
        return try read(file, VectorList(at: vectors, count: count), at: offset, for: caller)
    }

    /// pwritev(2): Writes at a given offset from several buffers. Errors: those of pwrite64(2).
    static func pwritev(
        _ caller: Caller, descriptor: Int32, vectors: VirtualAddress, count: Int, offset: Int64,
        high: UInt64
    ) throws(Errno) -> Int {
        guard offset >= 0 else { throw .invalidArgument }
        let file = try caller.file(descriptor)
        guard file.allowsWritePositions else { throw .illegalSeek }
        return try write(file, VectorList(at: vectors, count: count), at: offset, for: caller)
    }

    /// Linux's access_ok and rw_verify_area: EFAULT before EINVAL.
    private static func check(_ buffer: VirtualAddress, _ count: Int) throws(Errno) {
        // A negative count is a size beyond any address space.
        guard count >= 0 else { throw .badAddress }
        guard ProgramMemory.contains(buffer, count: count) else { throw .badAddress }
    }

    /// Linux's rw_verify_area: EINVAL where the last byte would lie beyond the largest offset, whatever
    /// O_APPEND makes of the first.
    private static func checkRange(
        _ offset: Int64, _ count: Int, _ file: OpenFile
    ) throws(Errno) {
        guard file.isSeekable else { return }
        guard !offset.addingReportingOverflow(Int64(count)).overflow else { throw .invalidArgument }
    }

    static func read(
        _ file: OpenFile, _ list: VectorList, at offset: Int64?, for caller: Caller,
        _ manner: TransferManner = []
    ) throws(Errno) -> Int {
        let blocking: Blocking = manner.contains(.noWait) ? .nonblocking : file.blocking
        guard file.flags.allowsReading else { throw .badDescriptor }
        guard file.node.canRead else { throw .invalidArgument }
        let total = try list.checkedTotal()
        guard total > 0 else { return 0 }
        try checkRange(offset ?? file.offset, total, file)
        try manner.check(for: file)
        if file.transfersWhole {
            var buffers = try TransferBuffers(list)
            let count = try file.receive(total, blocking) { _, bytes throws(Errno) in
                try buffers.copyOut(bytes)
            }
            return file.telling(.accessed, count)
        }
        if file.givesRecords { return try readRecord(file, list, total, blocking) }
        var done = 0
        for index in 0..<list.count {
            let vector = try list[index]
            let count = min(vector.count, total - done)
            if count == 0 { continue }
            do throws(Errno) {
                let part: Int
                if let offset {
                    part = try file.read(
                        at: offset + Int64(done), count: count, to: vector.base)
                } else {
                    // Only the first bytes are waited for.
                    part = try file.read(
                        count: count, to: vector.base, done == 0 ? blocking : .nonblocking)
                }
                done += part
                if part < count { break }
            } catch {
                guard done > 0 else { throw error }
                break
            }
        }
        return file.telling(.accessed, done)
    }
    /// Reads a whole record of an eventfd(2) or the like and spreads it over the buffers.
    private static func readRecord(
        _ file: OpenFile, _ list: VectorList, _ total: Int, _ blocking: Blocking
    ) throws(Errno) -> Int {
        guard let frame = Frames.allocate() else { throw .outOfMemory }
        defer { Frames.release(frame) }
        return try frame.withMutableBytes { bytes throws(Errno) -> Int in
            var part = bytes._mutatingExtracting(0..<min(total, Page.size))
            guard let length = try file.receive(into: &part, blocking) else { return 0 }
            var done = 0
            for index in 0..<list.count where done < length {
                let vector = try list[index]
                let count = min(vector.count, length - done)
                try ProgramMemory.copyOut(
                    part.bytes.extracting(done..<done + count), to: vector.base)
                done += count
            }
            return length
        }
    }
    static func write(
        _ file: OpenFile, _ list: VectorList, at offset: Int64?, for caller: Caller,
        _ manner: TransferManner = []
    ) throws(Errno) -> Int {
        guard file.flags.allowsWriting else { throw .badDescriptor }
        let blocking: Blocking = manner.contains(.noWait) ? .nonblocking : file.blocking
        guard file.node.canWrite else { throw .invalidArgument }
        let end = manner.end(of: file)
        let wanted = try list.checkedTotal()
        guard wanted > 0 else { return 0 }
        try checkRange(offset ?? file.offset, wanted, file)
        try manner.check(for: file)
        if file.transfersWhole {
            var buffers = try TransferBuffers(list)
            let count = try file.send(wanted, blocking) { _, bytes throws(Errno) in
                try buffers.copyIn(into: &bytes)
            }
            return file.telling(.modified, count)
        }
        let total = try caller.allowed(file, at: offset, wanted, end)
        var done = 0
        for index in 0..<list.count {
            let vector = try list[index]
            let count = min(vector.count, total - done)
            if count == 0 { continue }
            do throws(Errno) {
                let part: Int
                if let offset {
                    part = try file.write(
                        at: offset + Int64(done), count: count, from: vector.base, end)
                } else {
                    part = try file.write(count: count, from: vector.base, blocking, end)
                }
                done += part
                if part < count { break }
            } catch {
                guard done > 0 else { throw error }
                break
            }
        }
        return file.telling(.modified, done)
    }
}
