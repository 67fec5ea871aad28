internal import Base
internal import LinuxABI
internal import Memory
internal import Scheduler

extension UnixSocket {
    func sendMessage(
        _ message: OutgoingMessage, by user: any SocketUser, from source: ByteSource
    ) throws(Errno) -> Int {
        if let files = message.files, let limit = user.inFlightLimit,
            UnixGarbage.filesInFlight + files.count > limit
        {
            throw .tooManyReferences
        }
        switch type {
        case .stream: return try sendPieces(message, by: user, from: source)
        case .datagram: return try sendWhole(message, by: user, from: source)
        case .sequencedPacket:
            try throwPendingError()
            guard state == .connected else { throw .notConnected }
            var message = message
            message.address = SocketAddress()
            return try sendWhole(message, by: user, from: source)
        }
    }
    private func patience(_ flags: MessageFlags) -> Patience {
        Patience(options.sendTimeout, flags.contains(.doNotWait) ? .nonblocking : .blocking)
    }

    /// unix_stream_sendmsg: in pieces, each of which the other side can read at once.
    private func sendPieces(
        _ message: OutgoingMessage, by user: any SocketUser, from source: ByteSource
    ) throws(Errno) -> Int {
        guard !message.flags.contains(.outOfBand) else { throw .notSupported }
        guard message.address.byteCount == 0 else {
            throw state == .connected ? .isConnected : .notSupported
        }
        guard let other = peerSocket else { throw .notConnected }
        guard !shutdown.contains(.sending) else { throw .brokenPipe }
        let patience = patience(message.flags)
        var files = message.files
        var done = 0
        do throws(Errno) {
            while done < message.byteCount {
                // Two messages at least fit into the buffer.
                let count = min(
                    message.byteCount - done, options.sendBuffer / 2 - 64,
                    SocketMessage.largestPiece)
                try waitForBuffer(patience)
                let piece = try SocketMessage(count, .stream, from: self)
                do throws(Errno) {
                    try piece.fill(at: done, from: source)
                    guard !other.isDead, !other.shutdown.contains(.receiving) else {
                        throw .brokenPipe
                    }
                } catch {
                    uncharged(piece.charge)
                    throw error
                }
                piece.credentials = credentials(of: message, to: other, by: user)
                piece.files = files
                files = nil
                other.append(piece)
                done += count
            }
        } catch {
            guard done > 0 else { throw error }
            return done
        }
        // Nothing was sent, so nothing carried them.
        files?.close()
        return done
    }

    /// unix_dgram_sendmsg: the message as one, to the peer or to whom it names.
    private func sendWhole(
        _ message: OutgoingMessage, by user: any SocketUser, from source: ByteSource
    ) throws(Errno) -> Int {
        guard !message.flags.contains(.outOfBand) else { throw .notSupported }
        let isAddressed = message.address.byteCount > 0
        if isAddressed { _ = try UnixAddress.isPath(message.address) }
        try bindForCredentials(user)
        guard message.byteCount <= options.sendBuffer - 32 else { throw .messageTooLong }
        let patience = patience(message.flags)
        try waitForBuffer(patience)
        let whole = try SocketMessage(message.byteCount, .whole, from: self)
        do throws(Errno) {
            try whole.fill(at: 0, from: source)
            let other = try receiver(of: message, by: user, patience)
            whole.credentials = credentials(of: message, to: other, by: user)
            whole.files = message.files
            other.append(whole)
        } catch {
            uncharged(whole.charge)
            throw error
        }
        return message.byteCount
    }
    /// Who gets a message, once there is room for it.
    private func receiver(
        of message: OutgoingMessage, by user: any SocketUser, _ patience: Patience
    ) throws(Errno) -> UnixSocket {
        let isAddressed = message.address.byteCount > 0
        while true {
            let other: UnixSocket
            if isAddressed {
                other = try UnixAddress.find(message.address, type, in: user.fileContext)
            } else {
                guard let peerSocket else { throw .notConnected }
                other = peerSocket
            }
            guard other.accepts(from: self) else { throw .operationNotPermitted }
            if other.isDead {
                guard type == .datagram else { throw .brokenPipe }
                setPeer(nil)
                state = .closed
                disconnected(from: other)
                throw .connectionRefused
            }
            guard !other.shutdown.contains(.receiving) else { throw .brokenPipe }
            guard other !== self, other.peerSocket !== self, other.isQueueFull else {
                return other
            }
            if patience.isNone {
                if other === peerSocket { awaitsPeerRoom = true }
                throw .tryAgain
            }
            try wait(on: other.roomQueue, patience) { !other.isQueueFull || other.isDead }
        }
    }
    /// What the receiver may be told of the sender: what it says, or what is known where one asks.
    private func credentials(
        of message: OutgoingMessage, to other: UnixSocket, by user: any SocketUser
    ) -> PeerCredentials? {
        if let credentials = message.credentials { return credentials }
        // A connection that was not accepted yet may be asked later.
        let isAsked =
            options.passesCredentials || other.options.passesCredentials || other.file == nil
        return isAsked ? user.senderCredentials : nil
    }
}
