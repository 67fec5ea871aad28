internal import Base
internal import LinuxABI
package import Scheduler
internal import Wire

/// A TCP connection (RFC 9293), from the first SYN to the end of TIME-WAIT.
///
/// The parts: `+Receive` takes segments, `+Acknowledge` what they acknowledge and which losses that shows, `+Send`
/// decides what goes out, `+Timers` what happens when nothing comes, `+User` what a program does. Each of them may
/// destroy the connection; whoever goes on afterwards looks at `state`.
package final class TCPConnection: FlowEntry {
    // No setter outside this module's TCP files; Swift has no word for that.
    var state = TCPState.closed
    /// Who waits for it.
    package let queue: WaitQueue
    var options = ConnectionOptions()
    var endpointOptions = EndpointOptions()
    var path: Path?
    /// What the next call fails with; and what a timeout will be called (RFC 5461).
    var pendingError: Errno?
    var softError: Errno?
    /// Whether no program has it any more.
    var isOrphan = false
    var isReceivingShut = false

    // MARK: Sending (RFC 9293, section 3.3.1)

    var initialSend: SequenceNumber
    /// SND.UNA
    var unacknowledged: SequenceNumber
    /// SND.NXT, which never goes back.
    var nextSend: SequenceNumber
    var sendQueue: SendQueue
    /// SND.WND, SND.WL1, SND.WL2, and the largest window there was.
    var sendWindow = 0
    var windowSequence: SequenceNumber
    var windowAcknowledgment: SequenceNumber
    var largestWindow = 0
    var sendScale: UInt8 = 0
    /// The program will send no more: a FIN follows the queue.
    var hasFinish = false
    var wasFinishSent: Bool { hasFinish && nextSend == sendQueue.end + 1 }
    /// The end of the last segment that was not full (Minshall's variant of Nagle's algorithm).
    var smallEnd: SequenceNumber
    /// What the other side takes in a segment (SendMSS), and what there is room for with our options.
    var peerSegment = 536
    var segmentSize = 536
    var sendLimit: Int
    var lastSent: Nanoseconds
    var urgentEnd: SequenceNumber?

    // MARK: Loss and congestion

    enum Phase {
        case open
        /// Fast recovery (RFC 6675, section 5; RFC 6582).
        case recovery
        /// After a timeout: everything that was out then is sent again, but for what is known to be there.
        case loss
    }
    var phase = Phase.open
    var cubic: Cubic
    var scoreboard = Scoreboard()
    var duplicates = 0
    /// RecoveryPoint, HighRxt and RescueRxt.
    var recoveryPoint: SequenceNumber
    var retransmitted: SequenceNumber
    var wasRescued = false
    /// For the undoing of a timeout that was none (RFC 4015).
    var beforeTimeout: (cubic: Cubic, stamp: UInt32)?

    /// The timer is a probe's (RFC 8985, section 7); a probe is out, and up to where it asks.
    var isTailProbeDue = false
    var tailProbe: (end: SequenceNumber, isRepetition: Bool)?
    /// Everything before it that is not known to be there is lost: a later probe arrived.
    var lostBefore: SequenceNumber?

    // MARK: Congestion marks (RFC 3168, section 6.1)

    var usesMarks = false
    /// A mark came: every acknowledgement says so until the other side has slowed down.
    var mustEchoMark = false
    /// We have slowed down, which the next new segment says.
    var mustConfirmMark = false
    /// One reduction in a round trip.
    var markPoint: SequenceNumber

    // MARK: Time

    var roundTrip = RoundTrip()
    /// A number that is timed, and since when (RFC 6298, section 3).
    var timed: (end: SequenceNumber, since: Nanoseconds)?
    var retransmitCount = 0
    var backoff = 0
    var firstTimeout: Nanoseconds?
    var probeCount = 0
    var keepAliveProbes = 0
    var deadlines = Deadlines()
    let stampOffset: UInt32

    // MARK: Receiving

    var initialReceive = SequenceNumber(rawValue: 0)
    /// RCV.NXT and the bytes before it.
    var receiveQueue: ReceiveQueue
    /// RCV.NXT + RCV.WND as the other side knows it.
    var advertisedEdge = SequenceNumber(rawValue: 0)
    var receiveScale: UInt8 = 0
    var receiveLimit: Int
    /// The largest segments that came, for delayed acknowledgements.
    var receiveSegment = 536
    var finishReceived = false
    /// A FIN that came before what it ends.
    var earlyFinish: SequenceNumber?
    /// What came although it was there (RFC 2883).
    var duplicateRange: SequenceRange?
    /// Where early segments came last, the latest first (RFC 2018, section 4).
    var recentEarly = InlineArray<4, SequenceNumber>(repeating: SequenceNumber(rawValue: 0))
    var recentEarlyCount = 0
    var usesSelective = false
    var usesTimestamps = false
    /// TS.Recent, since when, and Last.ACK.sent (RFC 7323, section 4.3).
    var recentStamp: UInt32 = 0
    var recentStampTime: Nanoseconds
    var lastAcknowledged = SequenceNumber(rawValue: 0)
    var unacknowledgedBytes = 0
    var quickACKs = 16
    var mustAcknowledge = false
    var isInteractive = false
    var lastReceived: Nanoseconds
    var lastChallenge: Nanoseconds?
    var urgentMark: SequenceNumber?
    /// What was read since when, for the buffer's growth.
    var readSince: (bytes: Int, time: Nanoseconds)

    // MARK: Counted for TCP_INFO

    var totalRetransmits = 0
    var bytesAcknowledged: UInt64 = 0
    var bytesReceived: UInt64 = 0
    var segmentsOut = 0
    var segmentsIn = 0

    var pathMTUGeneration: UInt32 = 0

    // Of the listener's queue and of the list of those in TIME-WAIT.
    var nextAccepted: TCPConnection?
    var nextWaiting: TCPConnection?
    var previousWaiting: TCPConnection?

    init(
        _ flow: Flow, of stack: NetworkStack, path: Path, queue: WaitQueue,
        initialSend: SequenceNumber, options: ConnectionOptions, _ endpointOptions: EndpointOptions
    ) {
        self.queue = queue
        self.path = path
        self.options = options
        self.endpointOptions = endpointOptions
        self.initialSend = initialSend
        unacknowledged = initialSend
        nextSend = initialSend
        windowSequence = initialSend
        windowAcknowledgment = initialSend
        smallEnd = initialSend
        recoveryPoint = initialSend
        retransmitted = initialSend
        markPoint = initialSend
        sendQueue = SendQueue(at: initialSend + 1)
        receiveQueue = ReceiveQueue(at: initialReceive)
        cubic = Cubic(segment: 536)
        stampOffset = stack.stampOffset(flow)
        sendLimit = options.sendBuffer ?? stack.configuration.sendBuffer
        receiveLimit = options.receiveBuffer ?? stack.configuration.receiveBuffer
        lastSent = stack.now
        lastReceived = stack.now
        recentStampTime = stack.now
        readSince = (0, stack.now)
        super.init(flow, of: stack)
    }

    /// SEG.TSval: milliseconds, from an offset that says nothing of how long the machine runs.
    var stamp: UInt32 {
        UInt32(truncatingIfNeeded: stack.now.rawValue / 1_000_000) &+ stampOffset
    }
    var next: SequenceNumber { receiveQueue.next }
    /// Bytes of the window's shift count that the largest buffer needs (RFC 7323, section 2.3).
    var wantedScale: UInt8 {
        let most = options.receiveBuffer ?? stack.configuration.maximumReceiveBuffer
        var scale: UInt8 = 0
        while most >> Int(scale) > 65_535, scale < 14 { scale += 1 }
        return scale
    }
    /// MSS that is announced: what the interface takes (RFC 9293, section 3.7.1).
    var ownSegment: Int {
        let header = flow.remote.isV4 ? IPv4Header.byteCount : IPv6Header.byteCount
        let mtu = path?.interface.mtu ?? 576
        var size = mtu - header - TCPHeader.byteCount
        if options.maximumSegmentSize > 0 { size = min(size, options.maximumSegmentSize) }
        return min(max(size, 64), 65_535)
    }
    /// Takes over what both sides' SYNs agreed on.
    func agree(_ other: TCPOptions) {
        // RFC 9293, section 3.7.1; nothing below what Linux takes (tcp_min_snd_mss).
        peerSegment = max(Int(other.maximumSegmentSize ?? (flow.remote.isV4 ? 536 : 1220)), 48)
        usesSelective = other.permitsSelective
        if let scale = other.windowScale {
            sendScale = scale
            receiveScale = wantedScale
        }
        if let stamps = other.timestamps {
            usesTimestamps = true
            recentStamp = stamps.value
            recentStampTime = stack.now
        }
        updateSegmentSize()
        cubic.begin(segment: segmentSize)
    }
    /// The size of segments from the other side's limit, the path's MTU and our options.
    func updateSegmentSize() {
        let header = flow.remote.isV4 ? IPv4Header.byteCount : IPv6Header.byteCount
        var size = peerSegment
        if let path {
            size = min(size, stack.pathMTU(flow.remote, on: path) - header - TCPHeader.byteCount)
        }
        if options.maximumSegmentSize > 0 { size = min(size, options.maximumSegmentSize) }
        if usesTimestamps { size -= 12 }
        let new = max(size, 36)
        if phase != .open || new != segmentSize { cubic.rescale(from: segmentSize, to: new) }
        segmentSize = new
    }

    // MARK: The end

    /// Puts a new state in place and tells who waits.
    func enter(_ new: TCPState) { state = new }

    /// Ends the connection because of an error that the program is told of.
    func fail(_ error: Errno?) {
        if let error { pendingError = error }
        destroy()
        queue.wake([.readable, .writable, .error, .hungUp, .readHungUp])
    }
    /// Sends a RST for what the other side expects next, and ends the connection.
    func abort() {
        switch state {
        case .established, .finWait1, .finWait2, .closeWait, .synReceived, .closing, .lastAck:
            sendControl([.reset, .acknowledge], at: nextSend)
        case .synSent, .timeWait, .closed, .listen: break
        }
        destroy()
    }
    /// Gives back everything and leaves the tables; the object may live on in a program's socket.
    func destroy() {
        guard state != .closed else { return }
        if state == .timeWait { stack.tcp.removeWaiting(self) }
        if isOrphan { stack.tcp.orphanCount -= 1 }
        isOrphan = false
        state = .closed
        stack.timers.remove(self)
        deadlines = Deadlines()
        sendQueue.removeAll(stack.pool)
        scoreboard.removeAll()
        // What came in order can still be read.
        receiveQueue.dropEarly()
        path = nil
        stack.tcp.flows.remove(self, stack.tableHash)
    }
    // What an extension can't override.
    override func timeHasCome(_ now: Nanoseconds) { doWhatIsDue(now) }
    override func receive(_ packet: Packet, _ segment: TCPSegment) { take(packet, segment) }
    override func wasUndeliverable(_ sequence: SequenceNumber, _ failure: DeliveryFailure) {
        hear(of: sequence, failure)
    }
    override func discard() {
        destroy()
        receiveQueue.removeAll()
    }
    /// Everything was said; what comes late is answered for a while (RFC 9293, section 3.6.1).
    func enterTimeWait() {
        guard state != .timeWait else { return }
        if isOrphan { stack.tcp.orphanCount -= 1 }
        isOrphan = false
        sendQueue.removeAll(stack.pool)
        scoreboard.removeAll()
        state = .timeWait
        deadlines = Deadlines()
        stack.counters.count(.tcpTimeWaits)
        while stack.tcp.waitingCount >= stack.configuration.timeWaitLimit,
            let oldest = stack.tcp.oldestWaiting
        {
            stack.counters.count(.tcpTimeWaitEvicted)
            oldest.destroy()
        }
        stack.tcp.addWaiting(self)
        arm(.close, after: Self.timeWaitTime)
    }
    /// Twice the maximum segment lifetime, as Linux has it.
    static let timeWaitTime = Nanoseconds.seconds(60)
}
