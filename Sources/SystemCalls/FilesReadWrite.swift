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
        try check(buffer, count)
        return try file.read(count: min(count, maximumTransfer), to: buffer)
    }

    /// write(2): Writes at the file's offset. Errors: EAGAIN, EBADF, EFAULT, EFBIG, EINTR, EINVAL,
    /// EIO, ENOSPC, EPIPE.
    static func write(
        _ caller: Caller, descriptor: Int32, buffer: VirtualAddress, count: Int
    ) throws(Errno) -> Int {
        let file = try caller.file(descriptor)
        guard file.flags.allowsWriting else { throw .badDescriptor }
        try check(buffer, count)
        return try caller.signallingBrokenPipe { () throws(Errno) in
            let count = try caller.allowed(file, at: nil, min(count, maximumTransfer))
            return try file.write(count: count, from: buffer)
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
        return try file.read(at: offset, count: min(count, maximumTransfer), to: buffer)
    }

    /// pwrite64(2): Writes at a given offset. Errors: those of write(2), ESPIPE.
    static func pwrite64(
        _ caller: Caller, descriptor: Int32, buffer: VirtualAddress, count: Int, offset: Int64
    ) throws(Errno) -> Int {
        guard offset >= 0 else { throw .invalidArgument }
        let file = try caller.file(descriptor)
        guard file.allowsPositions else { throw .illegalSeek }
        guard file.flags.allowsWriting else { throw .badDescriptor }
        try check(buffer, count)
        let count = try caller.allowed(file, at: offset, min(count, maximumTransfer))
        return try file.write(at: offset, count: count, from: buffer)
    }

    /// readv(2): Reads into several buffers. Errors: those of read(2).
    static func readv(
        _ caller: Caller, descriptor: Int32, vectors: VirtualAddress, count: Int
    ) throws(Errno) -> Int {
        try read(try caller.file(descriptor), VectorList(at: vectors, count: count), at: nil)
    }

    /// writev(2): Writes from several buffers. Errors: those of write(2).
    static func writev(
        _ caller: Caller, descriptor: Int32, vectors: VirtualAddress, count: Int
    ) throws(Errno) -> Int {
        let file = try caller.file(descriptor)
        let list = try VectorList(at: vectors, count: count)
        return try caller.signallingBrokenPipe { () throws(Errno) in
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
        return try read(file, VectorList(at: vectors, count: count), at: offset)
    }

    /// pwritev(2): Writes at a given offset from several buffers. Errors: those of pwrite64(2).
    static func pwritev(
        _ caller: Caller, descriptor: Int32, vectors: VirtualAddress, count: Int, offset: Int64,
        high: UInt64
    ) throws(Errno) -> Int {
        guard offset >= 0 else { throw .invalidArgument }
        let file = try caller.file(descriptor)
        guard file.allowsPositions else { throw .illegalSeek }
        return try write(file, VectorList(at: vectors, count: count), at: offset, for: caller)
    }

    /// preadv2(2): As preadv(2), at the file's offset for -1. Errors: those of preadv(2), EOPNOTSUPP
    /// for every flag.
    static func preadv2(
        _ caller: Caller, descriptor: Int32, vectors: VirtualAddress, count: Int, offset: Int64,
        high: UInt64, flags: Int32
    ) throws(Errno) -> Int {
        guard flags == 0 else { throw .notSupported }
        if offset == -1 {
            return try readv(caller, descriptor: descriptor, vectors: vectors, count: count)
        }
        return try preadv(
            caller, descriptor: descriptor, vectors: vectors, count: count, offset: offset,
            high: high)
    }

    /// pwritev2(2): As pwritev(2), at the file's offset for -1. Errors: those of pwritev(2),
    /// EOPNOTSUPP for every flag but RWF_APPEND.
    static func pwritev2(
        _ caller: Caller, descriptor: Int32, vectors: VirtualAddress, count: Int, offset: Int64,
        high: UInt64, flags: Int32
    ) throws(Errno) -> Int {
        let append: Int32 = 0x10
        guard flags & ~append == 0 else { throw .notSupported }
        let file = try caller.file(descriptor)
        if flags & append != 0, file.isSeekable {
            guard offset >= -1 else { throw .invalidArgument }
            let end = file.node.byteCount
            let done = try write(
                file, VectorList(at: vectors, count: count), at: end, for: caller)
            if offset == -1 { file.offset = end + Int64(done) }
            return done
        }
        if offset == -1 {
            return try writev(caller, descriptor: descriptor, vectors: vectors, count: count)
        }
        return try pwritev(
            caller, descriptor: descriptor, vectors: vectors, count: count, offset: offset,
            high: high)
    }

    /// Linux's access_ok and rw_verify_area: EFAULT before EINVAL.
    private static func check(_ buffer: VirtualAddress, _ count: Int) throws(Errno) {
        // A negative count is a size beyond any address space.
        guard count >= 0 else { throw .badAddress }
        guard ProgramMemory.contains(buffer, count: count) else { throw .badAddress }
    }

    private static func read(
        _ file: OpenFile, _ list: VectorList, at offset: Int64?
    ) throws(Errno) -> Int {
        guard file.flags.allowsReading else { throw .badDescriptor }
        let total = try list.checkedTotal()
        if file.givesRecords { return try readRecord(file, list, total) }
        guard total > 0 else { return 0 }
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
                        count: count, to: vector.base, done == 0 ? file.blocking : .nonblocking)
                }
                done += part
                if part < count { break }
            } catch {
                if done > 0 { return done }
                throw error
            }
        }
        return done
    }
    /// Reads a whole record of an eventfd(2) or the like and spreads it over the buffers.
    private static func readRecord(
        _ file: OpenFile, _ list: VectorList, _ total: Int
    ) throws(Errno) -> Int {
        guard let frame = Frames.allocate() else { throw .outOfMemory }
        defer { Frames.release(frame) }
        return try frame.withMutableBytes { bytes throws(Errno) -> Int in
            var part = bytes._mutatingExtracting(0..<min(total, Page.size))
            guard let length = try file.receive(into: &part, file.blocking) else { return 0 }
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
    private static func write(
        _ file: OpenFile, _ list: VectorList, at offset: Int64?, for caller: Caller
    ) throws(Errno) -> Int {
        guard file.flags.allowsWriting else { throw .badDescriptor }
        let total = try caller.allowed(file, at: offset, try list.checkedTotal())
        guard total > 0 else { return 0 }
        var done = 0
        for index in 0..<list.count {
            let vector = try list[index]
            let count = min(vector.count, total - done)
            if count == 0 { continue }
            do throws(Errno) {
                let part: Int
                if let offset {
                    part = try file.write(
                        at: offset + Int64(done), count: count, from: vector.base)
                } else {
                    part = try file.write(count: count, from: vector.base)
                }
                done += part
                if part < count { break }
            } catch {
                if done > 0 { return done }
                throw error
            }
        }
        return done
    }
}

/// An array of `struct iovec` in the program.
struct VectorList {
    private let address: VirtualAddress
    let count: Int
    /// UIO_MAXIOV
    private static let maximumCount = 1024

    /// EINVAL for more than 1024.
    init(at address: VirtualAddress, count: Int) throws(Errno) {
        guard count >= 0, count <= Self.maximumCount else { throw .invalidArgument }
        self.address = address
        self.count = count
    }
    subscript(_ index: Int) -> (base: VirtualAddress, count: Int) {
        get throws(Errno) {
            guard let entry = address.advanced(by: UInt64(index) * 16),
                let length = entry.advanced(by: 8)
            else { throw .badAddress }
            return (
                VirtualAddress(rawValue: try ProgramMemory.load(UInt64.self, at: entry)),
                try ProgramMemory.load(Int.self, at: length)
            )
        }
    }
    /// Bytes of all buffers, at most what one call moves. EFAULT, EINVAL for a negative length.
    func checkedTotal() throws(Errno) -> Int {
        var total = 0
        for index in 0..<count {
            let vector = try self[index]
            guard vector.count >= 0 else { throw .invalidArgument }
            guard ProgramMemory.contains(vector.base, count: vector.count) else {
                throw .badAddress
            }
            total = min(SystemCalls.maximumTransfer, total &+ vector.count)
            if total < 0 { total = SystemCalls.maximumTransfer }
        }
        return total
    }
}
