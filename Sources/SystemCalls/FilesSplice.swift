internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Processes

/// The flags of splice(2), tee(2) and vmsplice(2).
private struct SpliceFlags: OptionSet {
    let rawValue: UInt32
    /// SPLICE_F_MOVE and SPLICE_F_MORE are hints; SPLICE_F_GIFT gives pages away, which are copied here.
    static let hints = Self(rawValue: 0x01 | 0x04 | 0x08)
    /// SPLICE_F_NONBLOCK: the pipes don't wait, whatever their own flags say.
    static let nonblocking = Self(rawValue: 0x02)

    /// EINVAL.
    init(checking rawValue: UInt32) throws(Errno) {
        guard rawValue & ~(Self.hints.rawValue | Self.nonblocking.rawValue) == 0 else {
            throw .invalidArgument
        }
        self.rawValue = rawValue
    }
    init(rawValue: UInt32) { self.rawValue = rawValue }

    /// How a pipe that was opened so waits.
    func blocking(_ pipe: OpenFile) -> Blocking {
        contains(.nonblocking) ? .nonblocking : pipe.blocking
    }
    func blocking(_ one: OpenFile, _ other: OpenFile) -> Blocking {
        one.blocking == .nonblocking ? .nonblocking : blocking(other)
    }
}

// Moving bytes between a pipe and another file.
extension SystemCalls {
    /// splice(2): Moves bytes between a pipe and another file, or two pipes. Errors: EAGAIN, EBADF, EFAULT,
    /// EFBIG, EINVAL, ENOMEM, EPIPE, ESPIPE.
    static func splice(
        _ caller: Caller, input: Int32, inputOffset: VirtualAddress, output: Int32,
        outputOffset: VirtualAddress, count: Int, flags: UInt32
    ) throws(Errno) -> Int {
        guard count != 0 else { return 0 }
        let flags = try SpliceFlags(checking: flags)
        let source = try caller.file(input)
        let target = try caller.file(output)
        guard !source.isPipe || inputOffset.rawValue == 0 else { throw .illegalSeek }
        guard !target.isPipe || outputOffset.rawValue == 0 else { throw .illegalSeek }
        var from = source.offset
        var to = target.offset
        // In Linux's order.
        if outputOffset.rawValue != 0 {
            to = try ProgramMemory.load(Int64.self, at: outputOffset)
        }
        if inputOffset.rawValue != 0 {
            from = try ProgramMemory.load(Int64.self, at: inputOffset)
        }
        guard source.flags.allowsReading, target.flags.allowsWriting else { throw .badDescriptor }
        guard source.isPipe || target.isPipe else { throw .invalidArgument }
        let done = try caller.signallingBrokenPipe(.init(of: target)) { () throws(Errno) in
            try caller.holding(source, target) { () throws(Errno) in
                if source.isPipe, target.isPipe {
                    guard source.node !== target.node else { throw .invalidArgument }
                    return try source.splice(
                        limited(count), toPipe: target, flags.blocking(source, target))
                }
                if source.isPipe {
                    guard outputOffset.rawValue == 0 || target.allowsWritePositions else {
                        throw .invalidArgument
                    }
                    guard !target.flags.contains(.append), target.node.canWrite else {
                        throw .invalidArgument
                    }
                    try check(count, at: to)
                    let count = try caller.allowed(target, at: to, limited(count))
                    return try source.splice(count, to: target, at: &to, flags.blocking(source))
                }
                guard inputOffset.rawValue == 0 || source.allowsPositions else {
                    throw .invalidArgument
                }
                try check(count, at: from)
                guard source.node.kind != .directory else { throw .invalidArgument }
                return try target.splice(
                    limited(count), from: source, at: &from, flags.blocking(target))
            }
        }
        if inputOffset.rawValue != 0 {
            try ProgramMemory.store(from, at: inputOffset)
        } else if source.isSeekable {
            source.offset = from
        }
        if outputOffset.rawValue != 0 {
            try ProgramMemory.store(to, at: outputOffset)
        } else if target.isSeekable {
            target.offset = to
        }
        return target.telling(.modified, source.telling(.accessed, done))
    }

    /// tee(2): Copies bytes from a pipe to another, and leaves them there. Errors: EAGAIN, EBADF, EINVAL,
    /// ENOMEM, EPIPE.
    static func tee(
        _ caller: Caller, input: Int32, output: Int32, count: Int, flags: UInt32
    ) throws(Errno) -> Int {
        let flags = try SpliceFlags(checking: flags)
        guard count != 0 else { return 0 }
        let source = try caller.file(input)
        let target = try caller.file(output)
        guard source.flags.allowsReading, target.flags.allowsWriting else { throw .badDescriptor }
        guard source.isPipe, target.isPipe, source.node !== target.node else {
            throw .invalidArgument
        }
        let done = try caller.signallingBrokenPipe(.signal) { () throws(Errno) in
            try caller.holding(source, target) { () throws(Errno) in
                try source.tee(limited(count), toPipe: target, flags.blocking(source, target))
            }
        }
        return target.telling(.modified, source.telling(.accessed, done))
    }

    /// vmsplice(2): Puts the program's bytes into a pipe, copied, or takes a pipe's bytes. Errors: EAGAIN,
    /// EBADF, EFAULT, EINVAL, ENOMEM, EPIPE.
    static func vmsplice(
        _ caller: Caller, descriptor: Int32, vectors: VirtualAddress, count: UInt, flags: UInt32
    ) throws(Errno) -> Int {
        let flags = try SpliceFlags(checking: flags)
        let file = try caller.file(descriptor)
        let isSource = file.flags.allowsWriting
        guard isSource || file.flags.allowsReading else { throw .badDescriptor }
        let list = VectorList(at: vectors, count: Int(clamping: count))
        let total = try list.checkedTotal()
        guard total > 0 else { return 0 }
        guard file.isPipe else { throw .badDescriptor }
        var buffers = try TransferBuffers(list)
        let blocking = flags.contains(.nonblocking) ? Blocking.nonblocking : .blocking
        let done = try caller.signallingBrokenPipe(.signal) { () throws(Errno) in
            try caller.holding(file) { () throws(Errno) in
                guard isSource else {
                    return try file.receive(total, blocking) { _, bytes throws(Errno) in
                        try buffers.copyOut(bytes)
                    }
                }
                return try file.fillPipe(total, blocking) { bytes throws(Errno) in
                    try buffers.copyIn(into: &bytes)
                    return bytes.byteCount
                }
            }
        }
        return file.telling(isSource ? .modified : .accessed, done)
    }

    private static func limited(_ count: Int) -> Int {
        // A negative count is a size beyond all limits.
        count < 0 ? maximumTransfer : min(count, maximumTransfer)
    }
    /// Linux's rw_verify_area.
    private static func check(_ count: Int, at offset: Int64) throws(Errno) {
        guard count >= 0, offset >= 0, !offset.addingReportingOverflow(Int64(count)).overflow
        else { throw .invalidArgument }
    }
}

extension Caller {
    fileprivate func holding<Result>(
        _ one: OpenFile, _ other: OpenFile, _ body: () throws(Errno) -> Result
    ) throws(Errno) -> Result {
        try holding(one) { () throws(Errno) in try holding(other, body) }
    }
}
