internal import Base
internal import LinuxABI
internal import Memory
internal import Scheduler

extension UnixSocket {
    func receiveMessage(
        _ count: Int, _ flags: MessageFlags, to sink: ByteSink
    ) throws(Errno) -> IncomingMessage {
        guard !flags.contains(.outOfBand) else { throw .notSupported }
        switch type {
        case .stream:
            guard state == .connected else { throw .invalidArgument }
            return try receiveBytes(count, flags, to: sink)
        case .sequencedPacket:
            guard state == .connected else { throw .notConnected }
            return try receiveWhole(count, flags, to: sink)
        case .datagram: return try receiveWhole(count, flags, to: sink)
        }
    }
    private func patience(_ flags: MessageFlags) -> Patience {
        Patience(options.receiveTimeout, flags.contains(.doNotWait) ? .nonblocking : .blocking)
    }
    /// Sets where the next look begins (SO_PEEK_OFF).
    private func movePeekOffset(by count: Int) {
        if let offset = options.peekOffset { options.peekOffset = max(0, offset + count) }
    }

    // MARK: Streams

    /// unix_stream_read_generic: bytes of one sender, and at most one message with files.
    private func receiveBytes(
        _ count: Int, _ flags: MessageFlags, to sink: ByteSink
    ) throws(Errno) -> IncomingMessage {
        let isPeeking = flags.contains(.peek)
        let least = options.least(of: count, flags)
        let patience = patience(flags)
        var received = IncomingMessage()
        var isFirst = true
        // What is only looked at is passed over on the way to the next piece.
        var skip = isPeeking ? options.peekOffset ?? 0 : 0
        // The last piece that was looked at.
        var current: SocketMessage?
        while isFirst || received.byteCount < count {
            guard let message = nextPiece(after: current, &skip) else {
                // What was looked at is all there is.
                if received.byteCount >= least || current != nil { break }
                do throws(Errno) {
                    try throwPendingError()
                    if shutdown.contains(.receiving) { break }
                    try waitForNext(patience)
                } catch {
                    guard received.byteCount > 0 else { throw error }
                    break
                }
                skip = isPeeking ? options.peekOffset ?? 0 : 0
                continue
            }
            if options.passesCredentials {
                let sender = message.credentials ?? .unknown
                if let known = received.credentials {
                    // Never glue messages of different senders.
                    if known != sender { break }
                } else {
                    received.credentials = sender
                }
            }
            if isFirst { received.sender = senderName(of: message) }
            isFirst = false
            let length = min(message.remaining - skip, count - received.byteCount)
            do throws(Errno) {
                try message.give(
                    length, from: message.consumed + skip, at: received.byteCount, to: sink)
            } catch {
                guard received.byteCount > 0 else { throw error }
                break
            }
            received.byteCount += length
            if isPeeking {
                movePeekOffset(by: length)
                if let files = message.files {
                    received.files = try files.copy()
                    break
                }
                current = message
                skip = 0
            } else {
                message.consumed += length
                movePeekOffset(by: -length)
                if let files = takeFiles(of: message) { received.files = files }
                if message.remaining > 0 { break }
                if let message = removeFirst() { UnixGarbage.discard(message) }
                if received.files != nil { break }
            }
        }
        return received
    }
    /// The piece to read from, behind one that was looked at; moves `skip` past those passed over.
    private func nextPiece(after current: SocketMessage?, _ skip: inout Int) -> SocketMessage? {
        var message = firstMessage
        if let current { message = current.next }
        while let here = message, skip >= here.remaining {
            skip -= here.remaining
            message = here.next
        }
        return message
    }
    /// Waits until more came in than is here.
    private func waitForNext(_ patience: Patience) throws(Errno) {
        let last = lastMessage
        try wait(on: queue, patience) {
            self.lastMessage !== last || self.pendingError != nil
                || self.shutdown.contains(.receiving)
        }
    }

    // MARK: Messages

    /// unix_dgram_recvmsg: one message; what does not fit is lost.
    private func receiveWhole(
        _ count: Int, _ flags: MessageFlags, to sink: ByteSink
    ) throws(Errno) -> IncomingMessage {
        let patience = patience(flags)
        let isPeeking = flags.contains(.peek)
        var skip = 0
        var found: SocketMessage?
        while true {
            try throwPendingError()
            skip = isPeeking ? options.peekOffset ?? 0 : 0
            found = nextMessage(&skip, isPeeking)
            if found != nil { break }
            if patience.isNone {
                // Where the other side is gone, packets have an end.
                guard type == .sequencedPacket, shutdown.contains(.receiving) else {
                    throw .tryAgain
                }
                return IncomingMessage()
            }
            guard !shutdown.contains(.receiving) else { return IncomingMessage() }
            guard type == .datagram || state != .closed else { throw .notConnected }
            try waitForNext(patience)
        }
        guard let message = found else { throw .tryAgain }
        var received = IncomingMessage()
        received.sender = senderName(of: message)
        received.credentials = options.passesCredentials ? message.credentials ?? .unknown : nil
        let available = message.byteCount - skip
        let length = min(count, available)
        received.isTruncated = count < available
        received.byteCount = flags.contains(.truncated) ? available : length
        guard isPeeking else {
            _ = removeFirst()
            movePeekOffset(by: -message.byteCount)
            roomQueue.wake([.writable, .normalWritable, .bandWritable])
            defer {
                UnixGarbage.discard(message)
                UnixGarbage.settle()
            }
            try message.give(length, from: skip, at: 0, to: sink)
            received.files = takeFiles(of: message)
            return received
        }
        try message.give(length, from: skip, at: 0, to: sink)
        message.wasPeeked = true
        movePeekOffset(by: length)
        received.files = try message.files?.copy()
        return received
    }
    /// The message to receive; with SO_PEEK_OFF those are passed over that were looked at.
    private func nextMessage(_ skip: inout Int, _ isPeeking: Bool) -> SocketMessage? {
        var message = firstMessage
        guard isPeeking, options.peekOffset != nil else { return message }
        while let here = message, skip >= here.byteCount, skip > 0 || here.wasPeeked {
            skip -= here.byteCount
            message = here.next
        }
        return message
    }
    private func senderName(of message: SocketMessage) -> SocketAddress {
        guard message.sender.address != nil else { return SocketAddress() }
        return message.sender.nameToTell
    }
}
