internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Processes

/// The program's buffers of one transfer, gone through from the first byte to the last.
struct TransferBuffers {
    private let vectors: VectorList?
    private let single: (base: VirtualAddress, count: Int)
    let byteCount: Int
    // Where the next byte is: a buffer, and bytes of it that are done.
    private var index = 0
    private var offset = 0

    /// One buffer. EFAULT where it can't be the program's.
    init(_ base: VirtualAddress, count: Int) throws(Errno) {
        // A negative count is a size beyond all limits, which is cut like any other.
        let limit = SystemCalls.maximumTransfer
        let count = count < 0 ? limit : min(count, limit)
        guard ProgramMemory.contains(base, count: count) else { throw .badAddress }
        vectors = nil
        single = (base, count)
        byteCount = count
    }
    /// Several ones. EFAULT, EINVAL for a negative length.
    init(_ vectors: VectorList) throws(Errno) {
        self.vectors = vectors
        single = (VirtualAddress(rawValue: 0), 0)
        byteCount = try vectors.checkedTotal()
    }

    /// Whether nothing is left. The program may change its list meanwhile, so it may end early.
    private var isAtEnd: Bool { index >= vectors?.count ?? 1 }
    /// Calls `body` for parts of buffers until `count` bytes are done, with how many were before.
    private mutating func forEachPart(
        of count: Int, _ body: (Int, VirtualAddress, Int) throws(Errno) -> Void
    ) throws(Errno) {
        var done = 0
        while done < count {
            guard !isAtEnd else { throw .badAddress }
            let buffer = try vectors?[index] ?? single
            let length = min(buffer.count - offset, count - done)
            guard length > 0 else {
                index += 1
                offset = 0
                continue
            }
            guard let address = buffer.base.advanced(by: UInt64(offset)) else {
                throw .badAddress
            }
            try body(done, address, length)
            done += length
            offset += length
        }
    }
    /// Fills `bytes` with the next ones of the program. EFAULT.
    mutating func copyIn(into bytes: inout MutableRawSpan) throws(Errno) {
        try forEachPart(of: bytes.byteCount) { done, address, length throws(Errno) in
            var part = bytes._mutatingExtracting(done..<done + length)
            try ProgramMemory.copyIn(from: address, into: &part)
        }
    }
    /// Gives the program the next bytes. EFAULT.
    mutating func copyOut(_ bytes: RawSpan) throws(Errno) {
        try forEachPart(of: bytes.byteCount) { done, address, length throws(Errno) in
            try ProgramMemory.copyOut(bytes.extracting(done..<done + length), to: address)
        }
    }
}

extension Caller {
    /// The socket of a descriptor, and its file. EBADF, ENOTSOCK.
    func socket(_ descriptor: Int32) throws(Errno) -> (Socket, OpenFile) {
        let file = try file(descriptor)
        guard let socket = file.socket else { throw .notSocket }
        return (socket, file)
    }
    /// Runs a call with the file held open: whoever waits in it keeps it, whatever is closed.
    func holding<Result>(
        _ file: OpenFile, _ body: () throws(Errno) -> Result
    ) throws(Errno) -> Result {
        file.hold()
        defer { file.letGo() }
        return try body()
    }

    /// Sends a message from the program's buffers; SIGPIPE beside EPIPE where the socket has it.
    func send(
        _ message: OutgoingMessage, on socket: Socket, _ file: OpenFile,
        from buffers: TransferBuffers
    ) throws(Errno) -> Int {
        var message = message
        var buffers = buffers
        if file.flags.contains(.nonblocking) { message.flags.insert(.doNotWait) }
        return try signallingBrokenPipe(
            socket.signalsBrokenPipe && !message.flags.contains(.noSignal) ? .signal : .quiet
        ) { () throws(Errno) in
            try holding(file) { () throws(Errno) in
                try socket.send(message, by: process) { _, bytes throws(Errno) in
                    try buffers.copyIn(into: &bytes)
                }
            }
        }
    }
    /// Receives into the program's buffers.
    func receive(
        on socket: Socket, _ file: OpenFile, _ flags: MessageFlags, to buffers: TransferBuffers
    ) throws(Errno) -> IncomingMessage {
        var buffers = buffers
        var flags = flags
        if file.flags.contains(.nonblocking) { flags.insert(.doNotWait) }
        return try holding(file) { () throws(Errno) in
            try socket.receive(buffers.byteCount, flags) { _, bytes throws(Errno) in
                try buffers.copyOut(bytes)
            }
        }
    }

    /// An address that the program gives (move_addr_to_kernel). EFAULT, EINVAL.
    func socketAddress(
        at address: VirtualAddress, byteCount: Int32
    ) throws(Errno) -> SocketAddress {
        guard byteCount >= 0, byteCount <= SocketAddress.maximumByteCount else {
            throw .invalidArgument
        }
        guard byteCount > 0 else { return SocketAddress() }
        var storage = InlineArray<128, UInt8>(repeating: 0)
        do {
            var span = storage.mutableSpan
            var bytes = span.mutableRaw
            var part = bytes._mutatingExtracting(0..<Int(byteCount))
            try ProgramMemory.copyIn(from: address, into: &part)
        }
        return SocketAddress(storage.span.raw.extracting(first: Int(byteCount)))
    }
    /// Tells the program an address: as much as there is room for, and its whole length
    /// (move_addr_to_user). EFAULT, EINVAL.
    func store(
        _ address: SocketAddress, at place: VirtualAddress, length: VirtualAddress
    ) throws(Errno) {
        let room = try ProgramMemory.load(Int32.self, at: length)
        guard room >= 0 else { throw .invalidArgument }
        try ProgramMemory.store(Int32(address.byteCount), at: length)
        let count = min(Int(room), address.byteCount)
        try ProgramMemory.copyOut(address.bytes.extracting(first: count), to: place)
    }
}
