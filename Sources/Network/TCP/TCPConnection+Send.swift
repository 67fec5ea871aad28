internal import Base
internal import LinuxABI
internal import Wire

/// What goes out, and when (RFC 9293, sections 3.7 and 3.8).
extension TCPConnection {
    enum Urge {
        /// Small segments wait where Nagle's algorithm says so.
        case ordinary
        /// A timer or the program wants what there is to go.
        case everything
    }
    /// Delay of an acknowledgement (RFC 5681, section 4.2), as Linux's TCP_DELACK_MIN.
    private static let acknowledgmentDelay = Nanoseconds.milliseconds(40)
    /// The longest time that TCP_CORK holds a segment.
    private static let corkTime = Nanoseconds.milliseconds(200)

    /// Sends what may be sent now, and the acknowledgement that is due if nothing carried it.
    func output(_ urge: Urge = .ordinary) {
        switch state {
        case .established, .closeWait, .finWait1, .closing, .lastAck, .finWait2: break
        case .synSent, .synReceived, .timeWait, .closed, .listen: return
        }
        if pathMTUGeneration != stack.pathMTUs.generation {
            pathMTUGeneration = stack.pathMTUs.generation
            updateSegmentSize()
        }
        // SACK blocks go on a segment of their own, so that data keeps its size.
        if mustAcknowledge, receiveQueue.hasEarly || duplicateRange != nil { sendACK() }
        sendLost()
        if state != .finWait2 { sendNew(urge) }
        acknowledgeIfDue()
    }
    private func acknowledgeIfDue() {
        guard state != .closed, mustAcknowledge || unacknowledgedBytes > 0 else { return }
        if mustAcknowledge || options.acknowledgesAtOnce
            || unacknowledgedBytes >= 2 * receiveSegment || quickACKs > 0 && !isInteractive
        {
            return sendACK()
        }
        if deadlines[.acknowledge] == nil { arm(.acknowledge, after: Self.acknowledgmentDelay) }
    }

    // MARK: Again

    private func sendLost() {
        guard phase != .open else { return }
        var room = cubic.window - pipe
        while room >= segmentSize || pipe == 0 {
            guard let lost = nextRetransmission(.lost) ?? unlessNew(.likely) else { return }
            guard let sent = retransmit(lost, atMost: room) else { return armProbe() }
            room -= sent
            guard sent > 0 else { return }
        }
    }
    private func unlessNew(_ eagerness: Eagerness) -> Repetition? {
        guard phase == .recovery, usesSelective else { return nil }
        let hasNew = sendQueue.end > nextSend && unacknowledged + sendWindow > nextSend
        return hasNew ? nil : nextRetransmission(eagerness)
    }
    /// Sends bytes again, as many as one packet takes; returns how many numbers they are, `nil` without buffers.
    @discardableResult
    func retransmit(_ repetition: Repetition, atMost room: Int) -> Int? {
        let range = repetition.range
        let dataEnd = SequenceNumber.earlier(range.end, sendQueue.end)
        let most = packetLimit(min(room, 4 * segmentSize))
        let count = min(max(dataEnd - range.start, 0), most)
        guard let sent = transmit(range.start, count) else { return nil }
        totalRetransmits += 1
        stack.counters.count(.tcpRetransmitted)
        // A FIN takes a number of its own, also where it goes alone.
        let end = range.start + sent
        let taken = sent + (wasFinishSent && end == sendQueue.end ? 1 : 0)
        if !repetition.isRescue { retransmitted = .later(retransmitted, range.start + taken) }
        return taken
    }

    // MARK: New

    /// Payload bytes of one packet: a segment, or several that the interface cuts.
    private func packetLimit(_ most: Int) -> Int {
        guard let interface = path?.interface else { return segmentSize }
        let offload: InterfaceOffloads = flow.remote.isV4 ? .segmentationV4 : .segmentationV6
        guard interface.offloads.contains(offload) else { return segmentSize }
        let largest = 65_535 - IPv6Header.byteCount - TCPHeader.maximumByteCount
        return max(min(largest, most) / segmentSize, 1) * segmentSize
    }
    private func sendNew(_ urge: Urge) {
        if nextSend == unacknowledged, sendQueue.end > nextSend,
            stack.now - lastSent > roundTrip.timeout
        {
            // RFC 5681, section 4.1.
            cubic.restart(segment: segmentSize)
        }
        while !wasFinishSent {
            let unsent = sendQueue.end - nextSend
            let windowRoom = unacknowledged + sendWindow - nextSend
            if unsent == 0 {
                guard hasFinish, windowRoom >= 0 else { break }
                guard transmitNew(0) != nil else { return armProbe() }
                break
            }
            let windowOfNetwork = cubic.window - pipe
            var count = min(unsent, windowRoom, windowOfNetwork, packetLimit(.max))
            guard count > 0 else { break }
            if count >= segmentSize {
                // What is over goes by itself, if at all.
                count -= count % segmentSize
            } else if !maySendSmall(count, unsent, urge) {
                break
            }
            guard let sent = transmitNew(count) else { return armProbe() }
            if sent < segmentSize { smallEnd = nextSend }
        }
        // Something is to be sent, and nothing that is on its way will bring an answer.
        if nextSend == unacknowledged, sendQueue.end > nextSend || hasFinish && !wasFinishSent {
            armProbe()
        }
    }
    /// Whether a segment that is not full goes now (RFC 9293, sections 3.7.4 and 3.8.6.2.1).
    private func maySendSmall(_ count: Int, _ unsent: Int, _ urge: Urge) -> Bool {
        if urge == .everything { return true }
        if count < unsent {
            // The window alone makes it small: worth it from half of the largest on.
            return count >= largestWindow / 2
        }
        if hasFinish { return true }
        if options.isCorked {
            if deadlines[.cork] == nil { arm(.cork, after: Self.corkTime) }
            return false
        }
        // Only one small segment is out at a time.
        return options.sendsAtOnce || nextSend == unacknowledged || smallEnd <= unacknowledged
    }
    /// Sends one new segment whatever the network's window says.
    func sendProbe() { _ = transmitNew(min(sendQueue.end - nextSend, segmentSize)) }
    /// Sends `count` bytes that were not sent before, with the FIN where they are the last; returns how many, `nil`
    /// without buffers.
    private func transmitNew(_ count: Int) -> Int? {
        let start = nextSend
        guard let sent = transmit(start, count) else { return nil }
        let isLast = hasFinish && start + sent == sendQueue.end
        nextSend = start + sent + (isLast ? 1 : 0)
        if timed == nil, phase == .open { timed = (nextSend, stack.now) }
        // A probe of the tail counts from what was sent last.
        if deadlines[.retransmit] == nil || inFlight == nextSend - start || mayProbeTail {
            armRetransmit()
        }
        if bytesReceived > 0 { isInteractive = true }
        return sent
    }

    // MARK: Segments

    /// Sends bytes of the queue, with the FIN where they are the last; returns how many fitted, `nil` without buffers.
    private func transmit(_ start: SequenceNumber, _ count: Int) -> Int? {
        guard let packet = stack.pool.takePacket() else {
            stack.counters.count(.noBuffers)
            return nil
        }
        guard packet.makeHeaderRoom() else {
            stack.drop(packet, .noBuffers)
            return nil
        }
        let sent = sendQueue.collect(from: start, count, into: packet, stack.pool)
        var flags: TCPFlags = .acknowledge
        let end = start + sent
        if end == sendQueue.end {
            if sent > 0 { flags.insert(.push) }
            // Sent before, or never yet: not out of its turn.
            if hasFinish, start == nextSend || wasFinishSent { flags.insert(.finish) }
        }
        if sent > segmentSize { packet.segmentByteCount = segmentSize }
        lastSent = stack.now
        var header = header(flags, at: start)
        // Only what is sent for the first time may be marked (RFC 3168, section 6.1.5).
        let isNew = start == nextSend && sent > 0
        if usesMarks, isNew, mustConfirmMark {
            mustConfirmMark = false
            header.flags.insert(.windowReduced)
        }
        if let urgentEnd, urgentEnd > start {
            let distance = urgentEnd - start
            if distance <= 65_535 {
                header.flags.insert(.urgent)
                header.urgentPointer = UInt16(distance)
            }
        }
        send(packet, &header, TCPOptions(), usesMarks && isNew ? ECN.capable : 0)
        return sent
    }
    /// Sends a segment without payload.
    func sendControl(_ flags: TCPFlags, at number: SequenceNumber) {
        guard let packet = stack.makePacket(payload: 0, from: { _, _ in }) else {
            return stack.counters.count(.noBuffers)
        }
        var header = header(flags, at: number)
        var options = TCPOptions()
        if !flags.contains(.reset) { addBlocks(to: &options) }
        if flags.contains(.reset) { stack.counters.count(.tcpResetsSent) }
        send(packet, &header, options)
    }
    /// Sends an acknowledgement now.
    func sendACK() { sendControl(.acknowledge, at: nextSend) }

    private func header(_ flags: TCPFlags, at number: SequenceNumber) -> TCPHeader {
        TCPHeader(
            from: flow.localPort, to: flow.remotePort, flags, sequence: number,
            acknowledgment: flags.contains(.acknowledge) ? next : SequenceNumber(rawValue: 0),
            window: flags.contains(.reset) ? 0 : advertise())
    }
    private func send(
        _ packet: Packet, _ header: inout TCPHeader, _ options: TCPOptions, _ mark: UInt8 = 0
    ) {
        var options = options
        if usesTimestamps, !header.flags.contains(.synchronize) {
            options.timestamps = TCPTimestamps(value: stamp, echo: recentStamp)
        }
        if header.flags.contains(.acknowledge) {
            lastAcknowledged = next
            mustAcknowledge = false
            if unacknowledgedBytes > 0 {
                unacknowledgedBytes = 0
                if quickACKs > 0 { quickACKs -= 1 }
            }
            disarm(.acknowledge)
        }
        if usesMarks, mustEchoMark, !header.flags.contains(.synchronize) {
            header.flags.insert(.congestionEcho)
        }
        segmentsOut += 1
        guard var way = path else { return packet.release() }
        do throws(Errno) {
            try stack.refresh(&way, to: flow.remote)
        } catch {
            softError = error
            return stack.drop(packet, .noRoute)
        }
        stack.sendTCP(packet, &header, options, endpointOptions, flow, mark: mark, on: &way)
        if state != .closed { path = way }
    }
    /// SYN or SYN-ACK with what we can do (RFC 9293, section 3.10.1).
    func sendSYN() {
        guard let packet = stack.makePacket(payload: 0, from: { _, _ in }) else {
            return stack.counters.count(.noBuffers)
        }
        let isAnswer = state == .synReceived
        var options = TCPOptions()
        options.maximumSegmentSize = UInt16(ownSegment)
        if !isAnswer || usesTimestamps {
            options.timestamps = TCPTimestamps(value: stamp, echo: isAnswer ? recentStamp : 0)
        }
        if !isAnswer || usesSelective { options.permitsSelective = true }
        if !isAnswer || receiveScale > 0 || sendScale > 0 { options.windowScale = wantedScale }
        // The window of a SYN is not scaled.
        let window = UInt16(min(receiveLimit, 65_535))
        var header = TCPHeader(
            from: flow.localPort, to: flow.remotePort,
            isAnswer ? [.synchronize, .acknowledge] : .synchronize, sequence: initialSend,
            acknowledgment: isAnswer ? next : SequenceNumber(rawValue: 0), window: window)
        // RFC 3168, section 6.1.1.1: not again where the first one got lost, perhaps for it.
        if !isAnswer, retransmitCount == 0, stack.configuration.congestionMarks == .always {
            header.flags.formUnion([.congestionEcho, .windowReduced])
        }
        nextSend = initialSend + 1
        if timed == nil, retransmitCount == 0 { timed = (nextSend, stack.now) }
        if isAnswer { advertisedEdge = .later(advertisedEdge, next + Int(window)) }
        lastSent = stack.now
        send(packet, &header, options)
    }

    // MARK: What is said of receiving

    /// The window for the next segment: never less than was said before, and not by a little more (RFC 9293, section
    /// 3.8.6.2.2).
    private func advertise() -> UInt16 {
        let shift = Int(receiveScale)
        let present = max(advertisedEdge - next, 0)
        var window = min(freeReceive, 65_535 << shift)
        let isWorth = window - present >= min(receiveLimit / 2, receiveSegment)
        if window < present || !isWorth { window = present }
        // Rounded up where rounding down would take something back (RFC 7323, section 2.4).
        var field = window >> shift
        if field << shift < present { field = min(field + 1, 65_535) }
        field = min(field, 65_535)
        advertisedEdge = .later(advertisedEdge, next + field << shift)
        return UInt16(field)
    }
    /// Bytes that there is room for.
    var freeReceive: Int {
        var free = receiveLimit - receiveQueue.byteCount
        if options.windowClamp > 0 { free = min(free, options.windowClamp) }
        // The pool is nearly empty: what was promised, and a little that goes on.
        if stack.pool.isUnderPressure { free = min(free, 4 * receiveSegment) }
        return max(free, 0)
    }
    /// SACK blocks of what came early, the latest first (RFC 2018, section 4).
    private func addBlocks(to options: inout TCPOptions) {
        guard usesSelective, receiveQueue.hasEarly || duplicateRange != nil else { return }
        if usesTimestamps { options.timestamps = TCPTimestamps(value: 0, echo: 0) }
        if let duplicate = duplicateRange {
            options.append(duplicate)
            duplicateRange = nil
        }
        var kept = 0
        for index in 0..<recentEarlyCount {
            let number = recentEarly[index]
            guard number > next, let range = receiveQueue.range(around: number) else { continue }
            var isKnown = false
            for other in 0..<options.blockCount where options.blocks[other] == range {
                isKnown = true
            }
            guard !isKnown else { continue }
            options.append(range)
            recentEarly[kept] = number
            kept += 1
        }
        recentEarlyCount = kept
    }
}
