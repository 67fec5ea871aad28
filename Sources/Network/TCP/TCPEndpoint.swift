internal import Base
package import LinuxABI
internal import Memory
package import Scheduler
internal import Wire

/// A TCP socket without its file (tcp(7)): what it does never waits; `queue` tells when to try again.
package final class TCPEndpoint {
    package let stack: NetworkStack
    package let family: AddressFamily
    /// To be set before the endpoint is bound.
    package var options = EndpointOptions() {
        didSet {
            connection?.endpointOptions = options
            listener?.endpointOptions = options
        }
    }
    package var connectionOptions = ConnectionOptions() {
        didSet { optionsChanged() }
    }
    /// Who waits for it.
    package let queue: WaitQueue

    private var boundTo: EndpointAddress?
    private var isInPorts = false
    private(set) var listener: TCPListener?
    private(set) var connection: TCPConnection?
    private var pendingError: Errno?
    private var isClosed = false
    var nextInPorts: TCPEndpoint?

    var boundPort: UInt16 { boundTo?.port ?? 0 }
    var bound: BoundAddress { BoundAddress(boundTo?.address ?? family.any, options) }
    package var isListening: Bool { listener != nil }

    package init(of stack: NetworkStack, _ family: AddressFamily) {
        self.stack = stack
        self.family = family
        queue = WaitQueue()
    }
    private init(_ connection: TCPConnection, _ family: AddressFamily) {
        stack = connection.stack
        self.family = family
        queue = connection.queue
        self.connection = connection
        options = connection.endpointOptions
        connectionOptions = connection.options
        boundTo = EndpointAddress(connection.flow.local, connection.flow.localPort)
    }
    private func optionsChanged() {
        listener?.options = connectionOptions
        guard let connection else { return }
        let before = connection.options
        connection.options = connectionOptions
        if let limit = connectionOptions.sendBuffer { connection.sendLimit = limit }
        if let limit = connectionOptions.receiveBuffer {
            // A window that was promised stays.
            connection.receiveLimit = max(
                limit, connection.receiveQueue.byteCount,
                connection.advertisedEdge - connection.next)
        }
        switch connection.state {
        case .established, .closeWait, .finWait1, .finWait2:
            if before.keepsAlive != connectionOptions.keepsAlive
                || before.keepIdle != connectionOptions.keepIdle
            {
                connection.keepAliveProbes = 0
                connection.armKeepAlive()
            }
            // What waited goes now (tcp(7), TCP_NODELAY and TCP_CORK).
            if before.isCorked && !connectionOptions.isCorked
                || !before.sendsAtOnce && connectionOptions.sendsAtOnce
            {
                connection.output(.everything)
                stack.drain()
            }
        default: break
        }
    }

    // MARK: Names

    package var local: EndpointAddress {
        if let flow = connection?.flow { return EndpointAddress(flow.local, flow.localPort) }
        return boundTo ?? EndpointAddress(family.any, 0)
    }
    /// ENOTCONN
    package func remote() throws(Errno) -> EndpointAddress {
        guard let connection, connection.state != .closed, connection.state != .synSent else {
            throw .notConnected
        }
        return EndpointAddress(connection.flow.remote, connection.flow.remotePort)
    }
    /// bind(2); port 0: a free one. EINVAL, EADDRNOTAVAIL, EADDRINUSE, EAFNOSUPPORT.
    package func bind(to address: EndpointAddress) throws(Errno) {
        guard boundTo == nil, connection == nil else { throw .invalidArgument }
        try family.check(address.address, options)
        guard address.address.isAny || stack.isLocal(address.address) else {
            throw .addressNotAvailable
        }
        var port = address.port
        if port == 0 {
            let free = stack.ephemeralPort {
                self.stack.tcp.isFree($0, address.address, for: self)
            }
            guard let free else { throw .addressInUse }
            port = free
        } else {
            guard stack.tcp.isFree(port, address.address, for: self) else { throw .addressInUse }
        }
        boundTo = EndpointAddress(address.address, port)
        enterPorts()
    }
    private func enterPorts() {
        guard !isInPorts else { return }
        isInPorts = true
        stack.tcp.insert(self)
    }
    private func leavePorts() {
        guard isInPorts else { return }
        isInPorts = false
        stack.tcp.remove(self)
    }

    // MARK: Connecting

    /// connect(2): begins, and throws EINPROGRESS where it has only begun. EALREADY, EISCONN, EADDRNOTAVAIL, what became of an
    /// earlier try, and the errors of the way there.
    package func connect(to address: EndpointAddress) throws(Errno) {
        defer { stack.drain() }
        guard listener == nil else { throw .isConnected }
        if let error = takeError() {
            forgetFailed()
            throw error
        }
        if let connection {
            switch connection.state {
            case .synSent, .synReceived: throw .alreadyInProgress
            case .closed
            where !connection.finishReceived && connection.bytesReceived == 0
                && connection.bytesAcknowledged == 0:
                forgetFailed()
            default: throw .isConnected
            }
        }
        try family.check(address.address, options)
        let target = address.address.isAny ? address.address.ownLoopback : address.address
        guard !target.isMulticast, !stack.isBroadcast(target) else { throw .networkUnreachable }
        let index = address.interfaceIndex > 0 ? address.interfaceIndex : options.interfaceIndex
        let path = try stack.findPath(
            to: target, from: boundTo?.address, through: index > 0 ? index : nil)
        let remote = EndpointAddress(target, address.port)
        let (flow, floor) = try claim(path.source, remote)
        guard stack.tcp.flows.count < stack.tcp.limit else { throw .noBufferSpace }
        try KernelReserve.admit()
        var initial = stack.initialSequence(flow)
        if let floor, initial < floor { initial = floor }
        let connection = TCPConnection(
            flow, of: stack, path: path, queue: queue, initialSend: initial,
            options: connectionOptions, options)
        self.connection = connection
        stack.tcp.flows.insert(connection, stack.tableHash)
        stack.counters.count(.tcpActiveOpens)
        connection.state = .synSent
        connection.sendSYN()
        connection.armRetransmit()
        stack.drain()
        if connection.state == .synSent || connection.state == .synReceived { throw .inProgress }
        if let error = takeError() {
            forgetFailed()
            throw error
        }
    }
    private func forgetFailed() {
        connection?.discard()
        connection = nil
    }
    /// A flow that nobody has, and the number that its own lie above where one in TIME-WAIT made room (tcp_tw_reuse).
    private func claim(
        _ source: IPAddress, _ remote: EndpointAddress
    ) throws(Errno) -> (Flow, SequenceNumber?) {
        var floor: SequenceNumber?
        func isFree(_ port: UInt16) -> Bool {
            let flow = Flow(source, port, remote.address, remote.port)
            guard let present = stack.tcp.flows.find(flow, stack.tableHash) else { return true }
            guard let old = present as? TCPConnection, old.state == .timeWait, old.usesTimestamps,
                stack.now - old.recentStampTime >= .seconds(1)
            else { return false }
            stack.counters.count(.tcpTimeWaitReused)
            floor = old.nextSend + 65_537
            old.destroy()
            return true
        }
        if boundPort != 0 {
            guard isFree(boundPort) else { throw .addressNotAvailable }
            return (Flow(source, boundPort, remote.address, remote.port), floor)
        }
        let port = stack.ephemeralPort { port in
            var other = self.stack.tcp.firstEndpoint(port)
            while let current = other {
                if current.boundPort == port { return false }
                other = current.nextInPorts
            }
            return isFree(port)
        }
        guard let port else { throw .addressNotAvailable }
        return (Flow(source, port, remote.address, remote.port), floor)
    }

    // MARK: Listening

    /// SOMAXCONN of Linux, net.core.somaxconn.
    package static let maximumBacklog = 4096
    /// listen(2). EINVAL where it is connected, EADDRINUSE where the port is not to be had.
    package func listen(backlog: Int) throws(Errno) {
        guard connection == nil, !isClosed else { throw .invalidArgument }
        let limit =
            backlog < 0 ? Self.maximumBacklog : min(backlog, Self.maximumBacklog)
        if let listener {
            listener.backlog = limit
            return
        }
        if boundTo == nil { try bind(to: EndpointAddress(family.any, 0)) }
        // Others may have bound it with SO_REUSEADDR, but only one listens.
        let address = boundTo ?? EndpointAddress(family.any, 0)
        guard isAloneListening(address) else { throw .addressInUse }
        try KernelReserve.admit()
        listener = TCPListener(
            of: stack, queue: queue, connectionOptions, options, backlog: limit)
    }
    private func isAloneListening(_ address: EndpointAddress) -> Bool {
        var other = stack.tcp.firstEndpoint(address.port)
        while let current = other {
            other = current.nextInPorts
            guard current !== self, current.isListening, current.boundPort == address.port,
                BoundAddress.overlap(current.bound, bound)
            else { continue }
            guard current.options.reusesPort, options.reusesPort,
                current.options.owner == options.owner
            else { return false }
        }
        return true
    }
    /// accept(2). EINVAL where it does not listen, EAGAIN.
    package func accept() throws(Errno) -> TCPEndpoint {
        guard let listener else { throw .invalidArgument }
        try KernelReserve.admit()
        guard let connection = listener.takeFirst() else { throw .tryAgain }
        return TCPEndpoint(connection, family)
    }

    // MARK: Bytes

    /// What send(2)'s flags change.
    package enum SendMode: Sendable {
        case ordinary
        /// MSG_MORE
        case more
        /// MSG_OOB
        case urgent
    }
    /// Sends up to `count` bytes that `source` gives; returns how many were taken. EAGAIN, EPIPE, ENOTCONN, ENOBUFS, the
    /// pending error.
    package func send(
        _ count: Int, _ mode: SendMode = .ordinary,
        from source: (Int, inout MutableRawSpan) throws(Errno) -> Void
    ) throws(Errno) -> Int {
        defer { stack.drain() }
        guard let connection else { throw listener == nil ? .brokenPipe : .brokenPipe }
        switch mode {
        case .ordinary: return try connection.write(count, .ordinary, from: source)
        case .more: return try connection.write(count, .more, from: source)
        case .urgent: return try connection.write(count, .urgent, from: source)
        }
    }
    /// Sends a part of a frame from where it lies (sendfile(2), MSG_ZEROCOPY): the piece's reference is the endpoint's where
    /// this does not throw. Errors as `send`.
    package func send(_ piece: Piece, _ mode: SendMode = .ordinary) throws(Errno) {
        defer { stack.drain() }
        guard let connection else { throw .brokenPipe }
        try connection.write(piece, mode == .more ? .more : .ordinary)
    }
    /// Receives up to `count` bytes into `sink`; 0 at the end. EAGAIN, ENOTCONN, the pending error.
    package func receive(
        _ count: Int, _ reading: UDPEndpoint.Reading = .take, skipping skip: Int = 0,
        to sink: (Int, RawSpan) throws(Errno) -> Void
    ) throws(Errno) -> Int {
        defer { stack.drain() }
        if let error = pendingError {
            pendingError = nil
            throw error
        }
        guard let connection else { throw .notConnected }
        return try connection.read(count, skipping: skip, reading, to: sink)
    }
    /// Takes bytes off unread (MSG_TRUNC). Errors as `receive`.
    package func discard(_ count: Int) throws(Errno) -> Int {
        defer { stack.drain() }
        guard let connection else { throw .notConnected }
        return try connection.discard(count)
    }

    // MARK: The end

    /// shutdown(2). ENOTCONN
    package func shutDown(receiving: Direction, sending: Direction) throws(Errno) {
        defer { stack.drain() }
        if let listener {
            guard receiving == .shut else { return }
            // It no longer listens, as on Linux.
            self.listener = nil
            listener.close()
            queue.wake([.readable, .hungUp, .readHungUp])
            return
        }
        guard let connection, connection.state != .closed else { throw .notConnected }
        if receiving == .shut { connection.isReceivingShut = true }
        if sending == .shut { connection.finish() }
        queue.wake([.readable, .writable, .readHungUp, .hungUp])
    }
    /// close(2): what is still to be sent is sent without the endpoint.
    package func close() {
        guard !isClosed else { return }
        isClosed = true
        leavePorts()
        listener?.close()
        listener = nil
        connection?.close()
        connection = nil
        stack.drain()
    }

    // MARK: What is told

    /// Takes the pending error (SO_ERROR).
    package func takeError() -> Errno? {
        if let error = pendingError {
            pendingError = nil
            return error
        }
        defer { connection?.pendingError = nil }
        return connection?.pendingError
    }
    package var readiness: Readiness {
        if let listener { return listener.count > 0 ? [.readable, .normalReadable] : [] }
        // As Linux tells of a socket that was never connected.
        return connection?.readiness ?? [.writable, .normalWritable, .hungUp]
    }
    package var state: TCPState { listener != nil ? .listen : connection?.state ?? .closed }
    package var information: TCPInformation {
        guard let listener else { return connection?.information ?? TCPInformation() }
        var information = TCPInformation()
        information.state = .listen
        // Linux puts the queue and its limit here.
        information.inFlight = listener.count
        information.selective = listener.backlog
        return information
    }
    /// SIOCINQ and SIOCOUTQ.
    package var readableByteCount: Int { connection?.receiveQueue.byteCount ?? 0 }
    package var unacknowledgedByteCount: Int { connection?.sendQueue.byteCount ?? 0 }
    /// SIOCATMARK: whether the urgent byte is the next.
    package var isAtMark: Bool {
        guard let connection, let mark = connection.urgentMark else { return false }
        return mark + -1 == connection.next + -connection.receiveQueue.byteCount
    }
}
