internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Processes
internal import Scheduler

// Messages on sockets.
extension SystemCalls {
    /// sendto(2): Sends a message. Errors: EAGAIN, EBADF, ECONNREFUSED, ECONNRESET, EFAULT, EINTR,
    /// EINVAL, EISCONN, EMSGSIZE, ENOBUFS, ENOMEM, ENOTCONN, ENOTSOCK, EOPNOTSUPP, EPERM, EPIPE.
    static func sendto(
        _ caller: Caller, descriptor: Int32, buffer: VirtualAddress, count: Int, flags: Int32,
        address: VirtualAddress, length: Int32
    ) throws(Errno) -> Int {
        let buffers = try TransferBuffers(buffer, count: count)
        let (socket, file) = try caller.socket(descriptor)
        var message = OutgoingMessage(byteCount: buffers.byteCount)
        message.flags = MessageFlags(rawValue: flags)
        if !address.isNull {
            message.address = try caller.socketAddress(at: address, byteCount: length)
        }
        return try caller.send(message, on: socket, file, from: buffers)
    }

    /// recvfrom(2): Receives a message and who sent it. Errors: EAGAIN, EBADF, ECONNRESET, EFAULT,
    /// EINTR, EINVAL, ENOTCONN, ENOTSOCK, EOPNOTSUPP.
    static func recvfrom(
        _ caller: Caller, descriptor: Int32, buffer: VirtualAddress, count: Int, flags: Int32,
        address: VirtualAddress, length: VirtualAddress
    ) throws(Errno) -> Int {
        let buffers = try TransferBuffers(buffer, count: count)
        let (socket, file) = try caller.socket(descriptor)
        let received = try caller.receive(
            on: socket, file, MessageFlags(rawValue: flags), to: buffers)
        received.files?.close()
        if !address.isNull { try caller.store(received.sender, at: address, length: length) }
        return received.byteCount
    }

    /// sendmsg(2): Sends a message from several buffers, with control data. Errors: those of sendto(2),
    /// ESRCH, ETOOMANYREFS.
    static func sendmsg(
        _ caller: Caller, descriptor: Int32, header: VirtualAddress, flags: Int32
    ) throws(Errno) -> Int {
        let flags = try MessageFlags(ofHeaders: flags)
        let (socket, file) = try caller.socket(descriptor)
        return try send(caller, socket, file, try MessageHeader(at: header), flags)
    }
    private static func send(
        _ caller: Caller, _ socket: Socket, _ file: OpenFile, _ header: MessageHeader,
        _ flags: MessageFlags
    ) throws(Errno) -> Int {
        let address =
            header.name.isNull
            ? SocketAddress()
            : try caller.socketAddress(at: header.name, byteCount: header.nameLength)
        let buffers = try header.buffers()
        var message = OutgoingMessage(byteCount: buffers.byteCount)
        message.flags = flags
        message.address = address
        try header.loadControl(into: &message, for: socket, caller)
        do throws(Errno) {
            return try caller.send(message, on: socket, file, from: buffers)
        } catch {
            message.files?.close()
            throw error
        }
    }

    /// recvmsg(2): Receives a message into several buffers, with control data. Errors: those of
    /// recvfrom(2), EMSGSIZE.
    static func recvmsg(
        _ caller: Caller, descriptor: Int32, header: VirtualAddress, flags: Int32
    ) throws(Errno) -> Int {
        let flags = try MessageFlags(ofHeaders: flags)
        let (socket, file) = try caller.socket(descriptor)
        return try receive(caller, socket, file, try MessageHeader(at: header), flags)
    }
    private static func receive(
        _ caller: Caller, _ socket: Socket, _ file: OpenFile, _ header: MessageHeader,
        _ flags: MessageFlags
    ) throws(Errno) -> Int {
        let buffers = try header.buffers()
        let received = try caller.receive(on: socket, file, flags, to: buffers)
        try header.store(received, of: socket, flags, caller)
        return received.byteCount
    }

    /// Messages of one call: UIO_MAXIOV.
    private static let maximumMessages: UInt32 = 1024

    /// sendmmsg(2): Sends several messages; tells how many. Errors: those of sendmsg(2) for the first.
    static func sendmmsg(
        _ caller: Caller, descriptor: Int32, headers: VirtualAddress, count: UInt32, flags: Int32
    ) throws(Errno) -> Int {
        let flags = try MessageFlags(ofHeaders: flags)
        let (socket, file) = try caller.socket(descriptor)
        var done = 0
        do throws(Errno) {
            while done < min(count, maximumMessages) {
                let header = try MessageHeader(at: headers, index: done)
                let sent = try send(caller, socket, file, header, flags)
                try header.storeLength(sent)
                done += 1
                if caller.thread.thread.hasDeliverableSignal { break }
            }
        } catch {
            guard done > 0 else { throw error }
        }
        return done
    }

    /// recvmmsg(2): Receives several messages, until the time is over; tells how many. Errors: those of
    /// recvmsg(2) for the first.
    static func recvmmsg(
        _ caller: Caller, descriptor: Int32, headers: VirtualAddress, count: UInt32, flags: Int32,
        timeout: VirtualAddress
    ) throws(Errno) -> Int {
        var flags = try MessageFlags(ofHeaders: flags)
        let deadline =
            timeout.isNull
            ? nil : Clock.monotonic() + (try ProgramMemory.loadTime(at: timeout))
        let (socket, file) = try caller.socket(descriptor)
        if let error = socket.takePendingError() { throw error }
        var done = 0
        do throws(Errno) {
            while done < min(count, maximumMessages) {
                let header = try MessageHeader(at: headers, index: done)
                let length = try receive(
                    caller, socket, file, header, flags.subtracting(.waitForOne))
                try header.storeLength(length)
                done += 1
                if flags.contains(.waitForOne) { flags.insert(.doNotWait) }
                if let deadline, Clock.monotonic() >= deadline { break }
            }
        } catch {
            guard done > 0 else { throw error }
            // The next call tells it (net/socket.c, do_recvmmsg).
            if error != .tryAgain, !error.asksForRestart { socket.pendingError = error }
        }
        if let deadline {
            try ProgramMemory.storeTime(
                max(.zero, deadline - Clock.monotonic()), at: timeout)
        }
        return done
    }
}

extension MessageFlags {
    /// Flags of a call that takes headers. EINVAL for the kernel's own MSG_CMSG_COMPAT.
    fileprivate init(ofHeaders flags: Int32) throws(Errno) {
        self.init(rawValue: flags)
        guard !contains(.compatible) else { throw .invalidArgument }
    }
}
