internal import Base
internal import LinuxABI
internal import Memory
internal import Scheduler

// Names, connections and their ends.
extension UnixSocket {
    func bindName(
        to address: SocketAddress, by user: any SocketUser
    ) throws(Errno) {
        let files = user.fileContext
        if address.byteCount == 2, address.family == SocketFamily.unix {
            return try bindAutomatically(files)
        }
        self.address = try UnixAddress.bind(self, to: address, in: files)
    }
    private func bindAutomatically(_ files: FileContext) throws(Errno) {
        guard address == nil else { return }
        address = try UnixAddress.bindAutomatically(self, in: files)
    }
    /// Whoever tells the other side its credentials has a name (SO_PASSCRED).
    func bindForCredentials(_ user: any SocketUser) throws(Errno) {
        guard options.passesCredentials, address == nil else { return }
        try bindAutomatically(user.fileContext)
    }

    /// The name as getsockname(2) tells it: the family alone where there is none.
    var nameToTell: SocketAddress {
        guard let path = address?.path else {
            return SocketAddress(family: SocketFamily.unix, RawSpan())
        }
        return SocketAddress(family: SocketFamily.unix, path.bytes)
    }

    func beginListening(backlog: Int, by user: any SocketUser) throws(Errno) {
        guard type.isConnectionBased else { throw .notSupported }
        guard address != nil, state != .connected else { throw .invalidArgument }
        if backlog > self.backlog { roomQueue.wake() }
        self.backlog = backlog
        state = .listening
        ownCredentials = user.peerCredentials
    }

    func join(with other: UnixSocket, by user: any SocketUser) {
        let credentials = user.peerCredentials
        for (socket, peer) in [(self, other), (other, self)] {
            socket.setPeer(peer)
            socket.state = .connected
            socket.ownCredentials = credentials
        }
    }

    func connectToName(
        to address: SocketAddress, _ blocking: Blocking, by user: any SocketUser
    ) throws(Errno) {
        guard type.isConnectionBased else { return try setDestination(address, by: user) }
        _ = try UnixAddress.isPath(address)
        try bindForCredentials(user)
        let patience = Patience(options.sendTimeout, blocking)
        try KernelReserve.admit()
        let files = user.fileContext
        while true {
            let listener = try UnixAddress.find(address, type, in: files)
            guard listener.state == .listening, !listener.shutdown.contains(.receiving) else {
                throw .connectionRefused
            }
            if listener.isQueueFull {
                try wait(on: listener.roomQueue, patience) {
                    !listener.isQueueFull || listener.isDead
                }
                continue
            }
            switch state {
            case .closed: break
            case .connected: throw .isConnected
            case .listening: throw .invalidArgument
            }
            return try connect(to: listener, by: user)
        }
    }
    private func connect(to listener: UnixSocket, by user: any SocketUser) throws(Errno) {
        try KernelReserve.admit()
        let connection = UnixSocket(type, in: fileSystem, owner: owner, group: group)
        connection.state = .connected
        connection.address = listener.address
        connection.ownCredentials = user.peerCredentials
        connection.setPeer(self)
        state = .connected
        ownCredentials = listener.ownCredentials
        setPeer(connection)
        listener.appendPending(connection)
    }

    /// connect(2) of datagrams: to whom they go from now on, with AF_UNSPEC to nobody.
    private func setDestination(
        _ address: SocketAddress, by user: any SocketUser
    ) throws(Errno) {
        guard address.byteCount >= 2 else { throw .invalidArgument }
        var new: UnixSocket?
        if address.family != SocketFamily.unspecified {
            _ = try UnixAddress.isPath(address)
            try bindForCredentials(user)
            let other = try UnixAddress.find(address, type, in: user.fileContext)
            guard other.accepts(from: self) else { throw .operationNotPermitted }
            state = .connected
            other.state = .connected
            new = other
        }
        let old = peerSocket
        setPeer(new)
        guard let old else { return }
        if new == nil { state = .closed }
        queue.wake([.writable, .normalWritable, .bandWritable])
        guard old !== new else { return }
        disconnected(from: old)
        if old.peerSocket == nil { old.state = .closed }
    }
    /// Whether datagrams from `other` are welcome: not where this socket is connected elsewhere.
    func accepts(from other: UnixSocket) -> Bool {
        peerSocket == nil || peerSocket === other
    }
    /// What came from a former peer is lost, which it is told where it was connected to here.
    func disconnected(from old: UnixSocket) {
        guard firstMessage != nil else { return }
        dropMessages()
        UnixGarbage.collect()
        roomQueue.wake()
        guard !old.isDead, old.peerSocket === self else { return }
        old.pendingError = .connectionReset
        old.queue.wake([.error])
    }

    func takeConnection(_ blocking: Blocking) throws(Errno) -> UnixSocket {
        guard type.isConnectionBased else { throw .notSupported }
        guard state == .listening else { throw .invalidArgument }
        let patience = Patience(options.receiveTimeout, blocking)
        while true {
            try throwPendingError()
            if let connection = removeFirstPending() {
                roomQueue.wake()
                connection.options.passesCredentials = options.passesCredentials
                return connection
            }
            guard !patience.isNone else { throw .tryAgain }
            guard !shutdown.contains(.receiving) else { throw .invalidArgument }
            try wait(on: queue, patience) {
                self.hasPending || self.shutdown.contains(.receiving) || self.pendingError != nil
            }
        }
    }

    func endDirections(_ directions: SocketDirections) {
        shutdown.formUnion(directions)
        if type.isConnectionBased, let peer = peerSocket {
            peer.shutdown.formUnion(directions.ofPeer)
            peer.queue.wake()
        }
        queue.wake()
    }
}
