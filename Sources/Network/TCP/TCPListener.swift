internal import Base
internal import LinuxABI
internal import Memory
internal import Scheduler
internal import Wire

/// What waits for connections on a port: half-open ones are in the table of flows, whole ones wait here.
final class TCPListener {
    let stack: NetworkStack
    let queue: WaitQueue
    var options: ConnectionOptions
    var endpointOptions: EndpointOptions
    var backlog: Int
    private var first: TCPConnection?
    private var last: TCPConnection?
    private(set) var count = 0
    fileprivate(set) var requestCount = 0
    /// When a cookie went out last: acknowledgements are looked at for a while after it.
    private var lastCookie: Nanoseconds?
    private(set) var isClosed = false

    init(
        of stack: NetworkStack, queue: WaitQueue, _ options: ConnectionOptions,
        _ endpointOptions: EndpointOptions, backlog: Int
    ) {
        self.stack = stack
        self.queue = queue
        self.options = options
        self.endpointOptions = endpointOptions
        self.backlog = backlog
    }

    /// As Linux: one more than the backlog.
    var isFull: Bool { count > backlog }

    // MARK: The queue

    private func append(_ connection: TCPConnection) {
        if let last { last.nextAccepted = connection } else { first = connection }
        last = connection
        count += 1
        queue.wake(.hasData)
    }
    func takeFirst() -> TCPConnection? {
        guard let connection = first else { return nil }
        first = connection.nextAccepted
        if first == nil { last = nil }
        connection.nextAccepted = nil
        count -= 1
        return connection
    }
    func close() {
        isClosed = true
        while let connection = takeFirst() {
            connection.abort()
            connection.discard()
        }
        guard requestCount > 0 else { return }
        stack.tcp.flows.forEach { entry in
            if let request = entry as? ConnectionRequest, request.listener === self {
                request.discard()
            }
        }
    }

    // MARK: SYN (RFC 9293, section 3.10.7.2)

    func receiveSYN(_ segment: TCPSegment, above floor: SequenceNumber? = nil) {
        let flow = segment.flow
        guard !isFull else { return stack.counters.count(.tcpBacklogFull) }
        let index =
            segment.arrival.interface.kind == .loopback ? nil : segment.arrival.interface.index
        guard
            let path = try? stack.findPath(
                to: flow.remote, from: flow.local,
                through: flow.remote.isLinkLocal ? index : nil)
        else { return stack.counters.count(.noRoute) }
        let areRequestsFull =
            requestCount >= max(backlog, 8)
            || stack.tcp.requestCount >= stack.configuration.requestLimit
        let policy = stack.configuration.cookies
        if policy == .always || areRequestsFull && policy == .whenFull {
            lastCookie = stack.now
            stack.counters.count(.tcpCookiesSent)
            return sendCookie(segment, path)
        }
        guard !areRequestsFull, (try? KernelReserve.admit()) != nil else {
            return stack.counters.count(.tcpRequestsFull)
        }
        var initial = stack.initialSequence(flow)
        if let floor, initial < floor + 65_537 { initial = floor + 65_537 }
        let request = ConnectionRequest(segment, self, path, initialSend: initial)
        requestCount += 1
        stack.tcp.requestCount += 1
        stack.tcp.flows.insert(request, stack.tableHash)
        request.begin()
    }
    /// What our SYN-ACK says we can do, of what the other side asked for.
    func answer(
        to other: TCPOptions, _ path: Path, remote: IPAddress, stamp: UInt32
    ) -> TCPOptions {
        var answer = TCPOptions()
        let header = remote.isV4 ? IPv4Header.byteCount : IPv6Header.byteCount
        var size = path.interface.mtu - header - TCPHeader.byteCount
        if options.maximumSegmentSize > 0 { size = min(size, options.maximumSegmentSize) }
        answer.maximumSegmentSize = UInt16(min(max(size, 64), 65_535))
        answer.permitsSelective = other.permitsSelective
        if let stamps = other.timestamps {
            answer.timestamps = TCPTimestamps(value: stamp, echo: stamps.value)
        }
        if other.windowScale != nil { answer.windowScale = wantedScale }
        return answer
    }
    fileprivate var wantedScale: UInt8 {
        let most = options.receiveBuffer ?? stack.configuration.maximumReceiveBuffer
        var scale: UInt8 = 0
        while most >> Int(scale) > 65_535, scale < 14 { scale += 1 }
        return scale
    }
    var window: UInt16 {
        UInt16(min(options.receiveBuffer ?? stack.configuration.receiveBuffer, 65_535))
    }

    // MARK: Whole connections

    /// Makes a connection whose handshake is over and hands its last segment on; `nil` where there is no room, and the
    /// packet is still the caller's.
    func complete(
        _ flow: Flow, _ path: Path, initialSend: SequenceNumber, initialReceive: SequenceNumber,
        _ other: TCPOptions, roundTrip: Nanoseconds?
    ) -> TCPConnection? {
        guard stack.tcp.flows.count < stack.tcp.limit, (try? KernelReserve.admit()) != nil else {
            stack.counters.count(.tcpTooManyConnections)
            return nil
        }
        let connection = TCPConnection(
            flow, of: stack, path: path, queue: WaitQueue(), initialSend: initialSend,
            options: options, endpointOptions)
        connection.begin(after: initialReceive, other, window: Int(window))
        if let roundTrip { connection.roundTrip.add(roundTrip) }
        stack.counters.count(.tcpPassiveOpens)
        stack.tcp.flows.insert(connection, stack.tableHash)
        connection.didConnect()
        append(connection)
        return connection
    }

    // MARK: Cookies

    private func sendCookie(_ segment: TCPSegment, _ path: Path) {
        let flow = segment.flow
        let cookie = stack.cookie(for: segment)
        let stamp = SYNCookie.stamp(
            stack.stamp(flow), carrying: segment.options, window: wantedScale)
        var answer = answer(to: segment.options, path, remote: flow.remote, stamp: stamp)
        // Without timestamps there is nowhere to keep what else was agreed on.
        if segment.options.timestamps == nil {
            answer.windowScale = nil
            answer.permitsSelective = false
        }
        var way = path
        stack.sendSYNACK(
            flow, initialSend: cookie, initialReceive: segment.header.sequence, answer, window,
            endpointOptions, on: &way)
    }
    /// Takes an acknowledgement that may answer a cookie; false where it does not.
    func receiveCookie(_ packet: Packet, _ segment: TCPSegment) -> Bool {
        // Two minutes are as long as a cookie holds.
        guard let lastCookie, stack.now - lastCookie < .seconds(128) else { return false }
        let flow = segment.flow
        guard let size = stack.checkCookie(segment) else {
            stack.counters.count(.tcpCookiesFailed)
            return false
        }
        stack.counters.count(.tcpCookiesReceived)
        guard !isFull, let path = try? stack.findPath(to: flow.remote, from: flow.local) else {
            stack.drop(packet, .tcpBacklogFull)
            return true
        }
        var other = TCPOptions()
        other.maximumSegmentSize = size
        if let stamps = segment.options.timestamps {
            SYNCookie.restore(&other, from: stamps.echo)
            other.timestamps = TCPTimestamps(value: stamps.value, echo: 0)
        }
        let connection = complete(
            flow, path, initialSend: segment.header.acknowledgment + -1,
            initialReceive: segment.header.sequence + -1, other, roundTrip: nil)
        guard let connection else {
            packet.release()
            return true
        }
        connection.setWindow(
            Int(segment.header.window) << Int(connection.sendScale), segment)
        connection.receive(packet, segment)
        return true
    }
}

/// A connection that the other side began and has not confirmed (SYN-RECEIVED, RFC 9293, section 3.3.2).
final class ConnectionRequest: FlowEntry {
    let listener: TCPListener
    private let initialSend: SequenceNumber
    private let initialReceive: SequenceNumber
    private let other: TCPOptions
    private var path: Path
    private let since: Nanoseconds
    private var retries = 0
    /// Both sides know congestion marks (RFC 3168, section 6.1.1).
    private let usesMarks: Bool
    private var lastAnswer: Nanoseconds
    /// tcp_synack_retries
    private static let retryLimit = 5

    init(_ segment: TCPSegment, _ listener: TCPListener, _ path: Path, initialSend: SequenceNumber)
    {
        self.listener = listener
        self.initialSend = initialSend
        self.path = path
        initialReceive = segment.header.sequence
        other = segment.options
        usesMarks =
            listener.stack.configuration.congestionMarks != .never
            && segment.header.flags.isSuperset(of: [.congestionEcho, .windowReduced])
        since = listener.stack.now
        lastAnswer = since
        super.init(segment.flow, of: listener.stack)
    }
    func begin() { answer() }
    private func answer() {
        lastAnswer = stack.now
        let answer = listener.answer(
            to: other, path, remote: flow.remote, stamp: stack.stamp(flow))
        let wait = RoundTrip().timeout(backedOff: retries)
        stack.timers.wake(self, by: stack.now + wait)
        stack.sendSYNACK(
            flow, initialSend: initialSend, initialReceive: initialReceive, answer,
            listener.window, listener.endpointOptions,
            usesMarks && retries == 0 ? .congestionEcho : [], on: &path)
    }
    private func challenge() {
        lastAnswer = stack.now
        guard let packet = stack.makePacket(payload: 0, from: { _, _ in }) else {
            return stack.counters.count(.noBuffers)
        }
        var header = TCPHeader(
            from: flow.localPort, to: flow.remotePort, .acknowledge, sequence: initialSend + 1,
            acknowledgment: initialReceive + 1,
            // Only that of a SYN is not scaled.
            window: listener.window >> (other.windowScale == nil ? 0 : listener.wantedScale))
        stack.counters.count(.tcpChallengeACKs)
        stack.sendTCP(
            packet, &header, TCPOptions(), listener.endpointOptions, flow, on: &path)
    }
    override func timeHasCome(_ now: Nanoseconds) {
        guard isInTable else { return }
        guard retries < Self.retryLimit else {
            stack.counters.count(.tcpFailedAttempts)
            return discard()
        }
        retries += 1
        stack.counters.count(.tcpRetransmitted)
        answer()
    }
    override func discard() {
        guard isInTable else { return }
        stack.timers.remove(self)
        stack.tcp.flows.remove(self, stack.tableHash)
        stack.tcp.requestCount -= 1
        listener.requestCount -= 1
    }

    override func receive(_ packet: Packet, _ segment: TCPSegment) {
        let header = segment.header
        let expected = initialReceive + 1
        if header.flags.contains(.synchronize) {
            packet.release()
            // Not at once, so that no flood is doubled.
            guard !header.flags.contains(.acknowledge),
                stack.now - lastAnswer >= .milliseconds(500)
            else { return stack.counters.count(.tcpUnexpectedSYN) }
            // The same SYN again: our answer was lost. Another one: whoever sent it has forgotten this one, and
            // resets it (RFC 5961, section 4.2).
            return header.sequence == initialReceive ? answer() : challenge()
        }
        let window = Int(listener.window)
        guard header.sequence >= expected, header.sequence <= expected + window else {
            return stack.drop(packet, .tcpOutsideWindow)
        }
        if header.flags.contains(.reset) {
            packet.release()
            guard header.sequence == expected else { return stack.counters.count(.tcpBadReset) }
            stack.counters.count(.tcpResetsReceived)
            stack.counters.count(.tcpFailedAttempts)
            return discard()
        }
        guard header.flags.contains(.acknowledge) else {
            return stack.drop(packet, .tcpNoAcknowledgment)
        }
        guard header.acknowledgment == initialSend + 1 else {
            stack.sendReset(for: segment)
            return stack.drop(packet, .tcpBadAcknowledgment)
        }
        // PAWS: older than the SYN.
        if let agreed = other.timestamps {
            guard let stamps = segment.options.timestamps else {
                return stack.drop(packet, .tcpNoTimestamp)
            }
            guard Int32(bitPattern: stamps.value &- agreed.value) >= 0 else {
                return stack.drop(packet, .tcpOldTimestamp)
            }
        }
        // Nobody accepts: the other side sends it again (tcp_abort_on_overflow is 0).
        guard !listener.isFull else { return stack.drop(packet, .tcpBacklogFull) }
        let listener = listener
        discard()
        let connection = listener.complete(
            flow, path, initialSend: initialSend, initialReceive: initialReceive, other,
            roundTrip: retries == 0 ? stack.now - since : nil)
        guard let connection else { return packet.release() }
        connection.usesMarks = usesMarks
        connection.setWindow(Int(header.window) << Int(connection.sendScale), segment)
        connection.receive(packet, segment)
    }
}

extension TCPConnection {
    /// Begins where a handshake ended that somebody else led.
    func begin(after initialReceive: SequenceNumber, _ other: TCPOptions, window: Int) {
        self.initialReceive = initialReceive
        receiveQueue = ReceiveQueue(at: initialReceive + 1)
        advertisedEdge = next + window
        lastAcknowledged = next
        agree(other)
        unacknowledged = initialSend + 1
        nextSend = initialSend + 1
        smallEnd = nextSend
        recoveryPoint = nextSend
        retransmitted = nextSend
    }
}
