internal import Base
package import LinuxABI
internal import Wire

/// What a program does with a connection.
extension TCPConnection {
    /// Whether poll(2) would say that there is room: a third of the buffer, as on Linux.
    var isWritable: Bool {
        let free = sendLimit - sendQueue.byteCount
        let unsent = sendQueue.end - SequenceNumber.earlier(nextSend, sendQueue.end)
        if stack.pool.isUnderPressure, !sendQueue.isEmpty { return false }
        return free > 0 && free >= sendQueue.byteCount / 2 && unsent < options.unsentLowWater
    }

    /// Adds up to `count` bytes to the send queue; returns how many. EAGAIN, EPIPE, ENOBUFS, the pending error.
    func write(
        _ count: Int, _ pushing: Pushing,
        from source: (Int, inout MutableRawSpan) throws(Errno) -> Void
    ) throws(Errno) -> Int {
        let room = try checkWrite()
        guard count > 0 else { return 0 }
        let sent = try sendQueue.append(min(count, room), stack.pool, from: source)
        guard sent > 0 else { throw .noBufferSpace }
        didWrite(pushing)
        return sent
    }
    /// Adds bytes that stay where they lie, with their reference; EAGAIN leaves it to the caller.
    func write(_ piece: Piece, _ pushing: Pushing) throws(Errno) {
        _ = try checkWrite()
        guard sendQueue.append(piece) else { throw .noBufferSpace }
        didWrite(pushing)
    }
    private func checkWrite() throws(Errno) -> Int {
        try throwPendingError()
        switch state {
        case .synSent, .synReceived: throw .tryAgain
        case .established, .closeWait: break
        default: throw .brokenPipe
        }
        guard !hasFinish else { throw .brokenPipe }
        let room = sendLimit - sendQueue.byteCount
        guard room > 0 else { throw .tryAgain }
        guard stack.pool.isUnderPressure else { return room }
        // What is acknowledged makes room again; who has nothing on its way gets a little.
        guard sendQueue.isEmpty else { throw .tryAgain }
        return min(room, BufferPool.bufferByteCount)
    }
    private func didWrite(_ pushing: Pushing) {
        switch pushing {
        case .urgent: urgentEnd = sendQueue.end
        case .ordinary, .more: break
        }
        let wasCorked = options.isCorked
        if pushing == .more { options.isCorked = true }
        output()
        options.isCorked = wasCorked
    }
    enum Pushing {
        case ordinary
        /// MSG_MORE: what fills no segment waits.
        case more
        /// MSG_OOB: the last byte is urgent.
        case urgent
    }

    /// Reads up to `count` bytes; 0 at the end. EAGAIN, the pending error, ENOTCONN.
    func read(
        _ count: Int, skipping skip: Int, _ reading: UDPEndpoint.Reading,
        to sink: (Int, RawSpan) throws(Errno) -> Void
    ) throws(Errno) -> Int {
        guard receiveQueue.byteCount > skip else {
            try throwPendingError()
            if finishReceived || isReceivingShut || state == .closed { return 0 }
            throw .tryAgain
        }
        let done = try receiveQueue.read(count, skipping: skip, reading, to: sink)
        if reading == .take { didRead(done) }
        return done
    }
    func discard(_ count: Int) throws(Errno) -> Int {
        guard receiveQueue.byteCount > 0 else {
            return try read(count, skipping: 0, .take) { _, _ in }
        }
        let done = receiveQueue.discard(count)
        didRead(done)
        return done
    }
    private func didRead(_ count: Int) {
        switch state {
        case .established, .finWait1, .finWait2: break
        default: return
        }
        growReceiveBuffer(count)
        // A window that opens by two segments or half the buffer is worth a segment.
        let opened = next + freeReceive - advertisedEdge
        if opened >= min(receiveLimit / 2, 2 * receiveSegment) {
            // Only where the other side may wait for it.
            let known = max(advertisedEdge - next, 0)
            if known < max(receiveLimit / 2, 2 * receiveSegment) { sendACK() }
        }
    }
    /// Lets the buffer hold twice what the program reads in a round trip (dynamic right-sizing).
    private func growReceiveBuffer(_ count: Int) {
        guard options.receiveBuffer == nil else { return }
        readSince.bytes += count
        let time = max(roundTrip.smoothed.rawValue, 1_000_000)
        guard (stack.now - readSince.time).rawValue >= time else { return }
        let wanted = 2 * readSince.bytes + 16 * receiveSegment
        readSince = (0, stack.now)
        guard wanted > receiveLimit, !stack.pool.isUnderPressure else { return }
        receiveLimit = min(wanted, stack.configuration.maximumReceiveBuffer)
    }

    func throwPendingError() throws(Errno) {
        guard let error = pendingError else { return }
        pendingError = nil
        throw error
    }

    // MARK: The end

    /// Sends a FIN behind everything (shutdown(2)).
    func finish() {
        guard !hasFinish else { return }
        switch state {
        case .established: state = .finWait1
        case .closeWait: state = .lastAck
        case .synReceived: state = .finWait1
        case .synSent:
            // Nothing was agreed on.
            return destroy()
        default: return
        }
        hasFinish = true
        output()
    }
    /// The program has closed it (close(2)): with a RST where bytes were not read (RFC 2525, section 2.17) or it does not
    /// linger, else a FIN, and the rest without it.
    func close() {
        switch state {
        case .closed, .timeWait, .listen: return receiveQueue.removeAll()
        case .synSent:
            destroy()
            return receiveQueue.removeAll()
        case .established, .finWait1, .finWait2, .synReceived, .closeWait, .closing, .lastAck: break
        }
        let hasUnread = receiveQueue.byteCount > 0
        if hasUnread || options.linger == .zero {
            if hasUnread { stack.counters.count(.tcpAbortedOnClose) }
            abort()
            return receiveQueue.removeAll()
        }
        guard stack.tcp.orphanCount < stack.configuration.orphanLimit else {
            stack.counters.count(.tcpTooManyOrphans)
            return abort()
        }
        isOrphan = true
        isReceivingShut = true
        stack.tcp.orphanCount += 1
        finish()
        if state == .finWait2 { waitForFinish() }
    }

    // MARK: What is told

    package var readiness: Readiness {
        var readiness: Readiness = []
        let isOver = finishReceived || isReceivingShut || state == .closed
        switch state {
        case .synSent, .synReceived: return pendingError == nil ? [] : [.error]
        default: break
        }
        if receiveQueue.byteCount >= max(options.receiveLowWater, 1) || isOver {
            readiness.formUnion([.readable, .normalReadable])
        }
        if isOver { readiness.insert(.readHungUp) }
        let isSendingOver = hasFinish || state == .closed
        if isOver, isSendingOver { readiness.insert(.hungUp) }
        if isSendingOver || isWritable { readiness.formUnion([.writable, .normalWritable]) }
        if pendingError != nil { readiness.insert(.error) }
        if let mark = urgentMark, mark + -1 >= next + -receiveQueue.byteCount {
            readiness.insert(.priority)
        }
        return readiness
    }
    package var information: TCPInformation {
        var information = TCPInformation()
        let segment = max(segmentSize, 1)
        information.state = state
        information.isRecovering = phase == .recovery
        information.hasTimedOut = phase == .loss
        information.retransmits = retransmitCount
        information.probes = max(probeCount, keepAliveProbes)
        information.backoff = backoff
        information.usesTimestamps = usesTimestamps
        information.usesSelective = usesSelective
        information.sendScale = sendScale
        information.receiveScale = receiveScale
        information.timeout = roundTrip.timeout(backedOff: backoff)
        information.sendSegment = segmentSize
        information.receiveSegment = receiveSegment
        information.inFlight = (inFlight + segment - 1) / segment
        information.selective = scoreboard.byteCount / segment
        information.congestionWindow = cubic.window / segment
        information.threshold =
            cubic.threshold == .max ? Int(Int32.max) : cubic.threshold / segment
        information.pathMTU = path.map { stack.pathMTU(flow.remote, on: $0) } ?? 0
        information.roundTrip = roundTrip.smoothed
        information.roundTripVariation = roundTrip.variation
        information.leastRoundTrip = roundTrip.least
        information.receiveSpace = receiveLimit
        information.totalRetransmits = totalRetransmits
        information.bytesAcknowledged = bytesAcknowledged
        information.bytesReceived = bytesReceived
        information.segmentsOut = segmentsOut
        information.segmentsIn = segmentsIn
        information.unsentBytes =
            sendQueue.end - SequenceNumber.earlier(nextSend, sendQueue.end)
        information.sinceSent = stack.now - lastSent
        information.sinceReceived = stack.now - lastReceived
        return information
    }
}
