internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Processes

// Several buffers in one call, and the flags that such a call can have.
extension SystemCalls {
    /// preadv2(2): As preadv(2), at the file's offset for -1, with flags. Errors: those of preadv(2),
    /// EOPNOTSUPP.
    static func preadv2(
        _ caller: Caller, descriptor: Int32, vectors: VirtualAddress, count: Int, offset: Int64,
        high: UInt64, flags: Int32
    ) throws(Errno) -> Int {
        guard offset >= -1 else { throw .invalidArgument }
        let file = try caller.file(descriptor)
        guard offset == -1 || file.allowsPositions else { throw .illegalSeek }
        let list = VectorList(at: vectors, count: count)
        return try read(
            file, list, at: offset == -1 ? nil : offset, for: caller,
            TransferManner(rawValue: flags))
    }

    /// pwritev2(2): As pwritev(2), at the file's offset for -1, with flags. Errors: those of pwritev(2),
    /// EOPNOTSUPP.
    static func pwritev2(
        _ caller: Caller, descriptor: Int32, vectors: VirtualAddress, count: Int, offset: Int64,
        high: UInt64, flags: Int32
    ) throws(Errno) -> Int {
        guard offset >= -1 else { throw .invalidArgument }
        let file = try caller.file(descriptor)
        guard offset == -1 || file.allowsWritePositions else { throw .illegalSeek }
        let list = VectorList(at: vectors, count: count)
        return try caller.signallingBrokenPipe(.init(of: file)) { () throws(Errno) in
            try write(
                file, list, at: offset == -1 ? nil : offset, for: caller,
                TransferManner(rawValue: flags))
        }
    }
}

/// The flags of preadv2(2) and pwritev2(2).
struct TransferManner: OptionSet, Sendable {
    let rawValue: Int32
    init(rawValue: Int32) { self.rawValue = rawValue }
    /// RWF_HIPRI: poll a disk; there is none.
    static let highPriority = Self(rawValue: 0x01)
    /// RWF_DSYNC and RWF_SYNC: memory is what a write has to reach.
    static let dataSync = Self(rawValue: 0x02)
    static let sync = Self(rawValue: 0x04)
    /// RWF_NOWAIT
    static let noWait = Self(rawValue: 0x08)
    /// RWF_APPEND
    static let append = Self(rawValue: 0x10)
    /// RWF_NOAPPEND
    static let noAppend = Self(rawValue: 0x20)
    private static let known: Self = [
        .highPriority, .dataSync, .sync, .noWait, .append, .noAppend,
    ]

    /// Whether a file knows these flags: kiocb_set_rw_flags of Linux. EINVAL, EOPNOTSUPP.
    func check(for file: OpenFile) throws(Errno) {
        guard isSubset(of: Self.known) else { throw .notSupported }
        guard !isSuperset(of: [.append, .noAppend]) else { throw .invalidArgument }
        // Files of /proc are read by the old way, which knows one of the flags.
        if file.node.fileSystem.kind == .procfs, !isSubset(of: .highPriority) {
            throw .notSupported
        }
        // A tmpfs can't say beforehand whether it has to wait.
        if contains(.noWait), file.node.kind == .regular || file.node.kind == .directory {
            throw .notSupported
        }
    }
    /// Where writes go, whatever the file's own flags say.
    func end(of file: OpenFile) -> OpenFile.Placement {
        if contains(.append) { return .atEnd }
        return contains(.noAppend) ? .atOffset : .asOpened
    }
}

/// An array of `struct iovec` in the program.
struct VectorList {
    private let address: VirtualAddress
    let count: Int
    /// UIO_MAXIOV
    private static let maximumCount = 1024

    /// An array that `checkedTotal` is still to check.
    init(at address: VirtualAddress, count: Int) {
        self.address = address
        self.count = count
    }
    subscript(_ index: Int) -> (base: VirtualAddress, count: Int) {
        @inline(never) get throws(Errno) {
            guard let entry = address.advanced(by: UInt64(index) * 16),
                let length = entry.advanced(by: 8)
            else { throw .badAddress }
            return (
                VirtualAddress(rawValue: try ProgramMemory.load(UInt64.self, at: entry)),
                try ProgramMemory.load(Int.self, at: length)
            )
        }
    }
    /// How many buffers there are, and their bytes, wherever they are. EFAULT, EINVAL for a negative length.
    func checkedLengths() throws(Errno) -> (count: Int, total: Int) {
        guard count >= 0, count <= Self.maximumCount else { throw .invalidArgument }
        var total = 0
        for index in 0..<count {
            let length = try self[index].count
            guard length >= 0 else { throw .invalidArgument }
            total = min(SystemCalls.maximumTransfer, total &+ length)
            if total < 0 { total = SystemCalls.maximumTransfer }
        }
        return (count, total)
    }
    /// Bytes of all buffers, at most what one call moves. EFAULT, EINVAL for a negative length.
    func checkedTotal() throws(Errno) -> Int {
        guard count >= 0, count <= Self.maximumCount else { throw .invalidArgument }
        var total = 0
        // All lengths come before any address (lib/iov_iter.c).
        for index in 0..<count {
            guard try self[index].count >= 0 else { throw .invalidArgument }
        }
        for index in 0..<count {
            let vector = try self[index]
            guard ProgramMemory.contains(vector.base, count: vector.count) else {
                throw .badAddress
            }
            total = min(SystemCalls.maximumTransfer, total &+ vector.count)
            if total < 0 { total = SystemCalls.maximumTransfer }
        }
        return total
    }
}
