internal import Base
internal import LinuxABI
internal import Scheduler
internal import Wire

/// Segments that arrive (RFC 9293, section 3.10.7).
extension TCPConnection {
    /// Takes a segment with the payload in `packet`, which is the connection's.
    func take(_ packet: Packet, _ segment: TCPSegment) {
        segmentsIn += 1
        switch state {
        case .synSent: receiveInSynSent(packet, segment)
        case .timeWait: receiveInTimeWait(packet, segment)
        case .closed, .listen: stack.drop(packet, .tcpAfterClose)
        case .synReceived, .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck:
            receiveSynchronized(packet, segment)
        }
    }

    // MARK: Section 3.10.7.3

    private func receiveInSynSent(_ packet: Packet, _ segment: TCPSegment) {
        let header = segment.header
        let acknowledges = header.flags.contains(.acknowledge)
        if acknowledges, header.acknowledgment != nextSend {
            if !header.flags.contains(.reset) {
                stack.sendReset(for: segment)
            }
            return stack.drop(packet, .tcpBadAcknowledgment)
        }
        if header.flags.contains(.reset) {
            packet.release()
            guard acknowledges else { return stack.counters.count(.tcpBadReset) }
            stack.counters.count(.tcpResetsReceived)
            stack.counters.count(.tcpFailedAttempts)
            return fail(.connectionRefused)
        }
        guard header.flags.contains(.synchronize) else {
            return stack.drop(packet, .tcpNoAcknowledgment)
        }
        // Data on a SYN is left out: it is sent again.
        packet.release()
        initialReceive = header.sequence
        receiveQueue = ReceiveQueue(at: header.sequence + 1)
        advertisedEdge = next + min(receiveLimit, 65_535)
        lastAcknowledged = next
        lastReceived = stack.now
        agree(segment.options)
        // RFC 3168, section 6.1.1: only ECE, without CWR, agrees.
        usesMarks =
            acknowledges && stack.configuration.congestionMarks == .always
            && header.flags.contains(.congestionEcho) && !header.flags.contains(.windowReduced)
        // The window of a SYN is not scaled (RFC 7323, section 2.2).
        setWindow(Int(header.window), segment)
        guard acknowledges else {
            // Both opened at once (section 3.5, figure 8).
            state = .synReceived
            sendSYN()
            return armRetransmit()
        }
        unacknowledged = header.acknowledgment
        if let timed, retransmitCount == 0 { roundTrip.add(stack.now - timed.since) }
        didConnect()
        mustAcknowledge = true
        output()
    }
    /// The connection is there: who waits for it is told.
    func didConnect() {
        state = .established
        retransmitCount = 0
        backoff = 0
        firstTimeout = nil
        timed = nil
        disarm(.retransmit)
        armKeepAlive()
        stack.neighbors.confirm(path?.neighbor)
        queue.wake(.hasRoom)
    }

    // MARK: Section 3.10.7.4

    private func receiveSynchronized(_ packet: Packet, _ segment: TCPSegment) {
        let header = segment.header
        let isReset = header.flags.contains(.reset)
        guard isFresh(segment) else {
            // RFC 7323, section 5.3, R1.
            if !isReset { acknowledgeUnacceptable(segment) }
            return stack.drop(
                packet, segment.options.timestamps == nil ? .tcpNoTimestamp : .tcpOldTimestamp)
        }
        // First: the sequence number. At the window's edge is taken too, as Linux does: a probe of a closed window.
        let edge = SequenceNumber.later(advertisedEdge, next)
        guard header.sequence <= edge, segment.end >= next else {
            if !isReset { acknowledgeUnacceptable(segment) }
            return stack.drop(packet, isReset ? .tcpBadReset : .tcpOutsideWindow)
        }
        // Second: RST (RFC 5961, section 3.2).
        if isReset {
            packet.release()
            guard header.sequence == next else {
                stack.counters.count(.tcpBadReset)
                return challenge()
            }
            return wasReset()
        }
        // Fourth: SYN (RFC 5961, section 4.2).
        if header.flags.contains(.synchronize) {
            stack.drop(packet, .tcpUnexpectedSYN)
            // Of both opening at once: the other's SYN-ACK.
            guard state == .synReceived, header.sequence == initialReceive,
                header.flags.contains(.acknowledge), header.acknowledgment == nextSend
            else { return challenge() }
            unacknowledged = header.acknowledgment
            didConnect()
            return sendACK()
        }
        // Fifth: ACK.
        guard header.flags.contains(.acknowledge) else {
            return stack.drop(packet, .tcpNoAcknowledgment)
        }
        if state == .synReceived {
            guard header.acknowledgment == nextSend else {
                stack.sendReset(for: segment)
                return stack.drop(packet, .tcpBadAcknowledgment)
            }
            unacknowledged = header.acknowledgment
            setWindow(Int(header.window) << Int(sendScale), segment)
            didConnect()
        }
        // RFC 5961, section 5.2: neither what was never sent, nor what is too old to have been in flight.
        guard header.acknowledgment <= nextSend,
            header.acknowledgment >= unacknowledged + -max(largestWindow, 65_535)
        else {
            stack.drop(packet, .tcpBadAcknowledgment)
            return challenge()
        }
        if let stamps = segment.options.timestamps, usesTimestamps,
            header.sequence <= lastAcknowledged
        {
            recentStamp = stamps.value
            recentStampTime = stack.now
        }
        lastReceived = stack.now
        keepAliveProbes = 0
        if usesMarks { takeMark(segment) }
        acknowledge(segment)
        if usesMarks, header.flags.contains(.congestionEcho) { slowDown() }
        // Where our FIN was acknowledged.
        if hasFinish, unacknowledged == sendQueue.end + 1 { finishWasAcknowledged() }
        guard state != .closed, state != .timeWait else { return packet.release() }
        if header.flags.contains(.urgent) { takeUrgent(segment) }
        takePayload(packet, segment)
        guard state != .closed, state != .timeWait else { return }
        output()
    }
    /// PAWS (RFC 7323, section 5.3): whether a segment is no older than what came before it.
    private func isFresh(_ segment: TCPSegment) -> Bool {
        guard usesTimestamps else { return true }
        guard let stamps = segment.options.timestamps else {
            // Section 3.2: once agreed on every segment has them; a RST need not.
            return segment.header.flags.contains(.reset)
        }
        let isOld = Int32(bitPattern: stamps.value &- recentStamp) < 0
        // Section 5.5: after 24 days the stamp says nothing.
        let limit = Nanoseconds.seconds(24 * 86_400)
        return !isOld || segment.header.flags.contains(.reset)
            || stack.now - recentStampTime > limit
    }
    /// Notes a router's mark, or that the other side has heard of it (RFC 3168, section 6.1.3).
    private func takeMark(_ segment: TCPSegment) {
        if segment.header.flags.contains(.windowReduced) { mustEchoMark = false }
        guard segment.arrival.trafficClass & ECN.mask == ECN.marked else { return }
        stack.counters.count(.tcpCongestionMarks)
        mustEchoMark = true
        mustAcknowledge = true
    }
    private func wasReset() {
        stack.counters.count(.tcpResetsReceived)
        switch state {
        case .closeWait: fail(.brokenPipe)
        case .synReceived: fail(.connectionRefused)
        case .closing, .lastAck: fail(nil)
        default: fail(.connectionReset)
        }
    }
    private func finishWasAcknowledged() {
        switch state {
        case .finWait1:
            state = .finWait2
            disarm(.retransmit)
            if isOrphan { waitForFinish() }
            queue.wake([.writable])
        case .closing: enterTimeWait()
        case .lastAck: destroy()
        default: break
        }
    }
    /// FIN-WAIT-2 without a program ends by itself (tcp_fin_timeout).
    func waitForFinish() {
        guard let time = options.finishTimeout else { return destroy() }
        arm(.close, after: time)
    }

    // MARK: Seventh: the payload; eighth: FIN

    private func takePayload(_ packet: Packet, _ segment: TCPSegment) {
        let header = segment.header
        var finish =
            header.flags.contains(.finish) ? header.sequence + segment.payloadByteCount : nil
        switch state {
        case .established, .finWait1, .finWait2: break
        default:
            // After the other side's FIN nothing new can come; what comes again is acknowledged.
            if segment.sequenceCount > 0 { mustAcknowledge = true }
            return packet.release()
        }
        let count = segment.payloadByteCount
        if count > 0 {
            // Nobody will read it (RFC 9293, section 3.6.1; RFC 2525, section 2.17).
            if isOrphan, header.sequence + count > next {
                stack.drop(packet, .tcpAfterClose)
                return abort()
            }
            receiveSegment = max(receiveSegment, min(count, ownSegment))
            let edge = SequenceNumber.later(advertisedEdge, next)
            let excess = header.sequence + count - edge
            if excess > 0 {
                finish = nil
                packet.truncate(to: max(count - excess, 0))
                mustAcknowledge = true
            }
            take(payload: packet, at: header.sequence)
        } else {
            packet.release()
            // A probe of the window, or of life.
            if header.sequence != next { mustAcknowledge = true }
        }
        if let finish, finish >= next { earlyFinish = finish }
        guard let end = earlyFinish, end == next else {
            if earlyFinish != nil { mustAcknowledge = true }
            return
        }
        takeFinish()
    }
    private func take(payload packet: Packet, at sequence: SequenceNumber) {
        var sequence = sequence
        let known = next - sequence
        if known > 0 {
            if usesSelective {
                let end = sequence + min(known, packet.byteCount)
                duplicateRange = SequenceRange(sequence, end)
            }
            guard known < packet.byteCount else {
                mustAcknowledge = true
                return stack.drop(packet, .tcpDuplicateData)
            }
            packet.removeFirst(known)
            sequence = next
        }
        guard packet.byteCount > 0 else {
            mustAcknowledge = true
            return stack.drop(packet, .tcpOutsideWindow)
        }
        packet.sequence = sequence
        // No queue takes much more memory than its bytes; early segments go first (RFC 2018, section 8).
        let limit = 4 * receiveLimit + 65_536
        if receiveQueue.charge + packet.pieceCount * BufferPool.bufferByteCount > limit {
            stack.counters.count(.tcpCollapsed)
            dropEarly()
            guard receiveQueue.charge <= limit else {
                mustAcknowledge = true
                return stack.drop(packet, .tcpReceiveBufferFull)
            }
        }
        guard sequence == next else { return takeEarly(packet) }
        let count = packet.byteCount
        receiveQueue.append(packet)
        let hadEarly = receiveQueue.hasEarly
        let joined = hadEarly ? receiveQueue.joinEarly() : 0
        bytesReceived += UInt64(count + joined)
        unacknowledgedBytes += count
        // RFC 5681, section 4.2: what fills a hole is acknowledged at once.
        if hadEarly { mustAcknowledge = true }
        if receiveQueue.byteCount >= min(options.receiveLowWater, receiveLimit) {
            queue.wake(.hasData)
        }
    }
    private func takeEarly(_ packet: Packet) {
        // A duplicate acknowledgement tells of the hole (RFC 5681, section 4.2).
        mustAcknowledge = true
        stack.counters.count(.tcpOutOfOrder)
        let start = packet.sequence
        switch receiveQueue.insertEarly(packet) {
        case .added: note(early: start)
        case .duplicate: stack.drop(packet, .tcpDuplicateData)
        case .full: stack.drop(packet, .tcpReassemblyFull)
        }
    }
    func dropEarly() {
        receiveQueue.dropEarly()
        recentEarlyCount = 0
    }
    /// Puts a segment in front of those whose ranges SACK tells of first (RFC 2018, section 4).
    private func note(early start: SequenceNumber) {
        var index = min(recentEarlyCount, 3)
        while index > 0 {
            recentEarly[index] = recentEarly[index - 1]
            index -= 1
        }
        recentEarly[0] = start
        recentEarlyCount = min(recentEarlyCount + 1, 4)
    }
    private func takeFinish() {
        earlyFinish = nil
        finishReceived = true
        receiveQueue.skipFinish()
        receiveQueue.dropEarly()
        mustAcknowledge = true
        switch state {
        case .established: state = .closeWait
        case .finWait1: state = .closing
        case .finWait2:
            sendACK()
            enterTimeWait()
        default: break
        }
        queue.wake([.readable, .normalReadable, .readHungUp, .hungUp])
    }
    /// Notes where urgent data ends (RFC 9293, section 3.8.5). It stays among the other bytes (RFC 6093).
    private func takeUrgent(_ segment: TCPSegment) {
        let end = segment.header.sequence + Int(segment.header.urgentPointer)
        guard end > next else { return }
        if let urgentMark, urgentMark >= end { return }
        urgentMark = end
        queue.wake([.priority])
    }

    // MARK: What does not fit

    /// Answers a segment that can't be taken with what is expected (section 3.10.7.4). One without payload only now
    /// and then: two sides that believe different things would answer each other for ever.
    private func acknowledgeUnacceptable(_ segment: TCPSegment) {
        if usesSelective, segment.payloadByteCount > 0, segment.end <= next {
            duplicateRange = SequenceRange(
                segment.header.sequence, segment.header.sequence + segment.payloadByteCount)
        }
        guard segment.payloadByteCount == 0, !segment.header.flags.contains(.synchronize),
            !segment.header.flags.contains(.finish)
        else { return sendACK() }
        if segment.end + 1 == next || segment.header.sequence + 1 == next { return sendACK() }
        challenge()
    }
    /// A challenge ACK (RFC 5961, section 7): twice a second at most.
    private func challenge() {
        let limit = Nanoseconds.milliseconds(500)
        guard lastChallenge.map({ stack.now - $0 >= limit }) ?? true else {
            return stack.counters.count(.tcpChallengesNotSent)
        }
        lastChallenge = stack.now
        stack.counters.count(.tcpChallengeACKs)
        sendACK()
    }

    // MARK: TIME-WAIT

    private func receiveInTimeWait(_ packet: Packet, _ segment: TCPSegment) {
        let header = segment.header
        packet.release()
        // RFC 1337: no reset ends it.
        guard !header.flags.contains(.reset) else {
            return stack.counters.count(.tcpBadReset)
        }
        if header.flags.contains(.synchronize), !header.flags.contains(.acknowledge) {
            // RFC 6191: a new connection, where it can't be mistaken for the old one.
            let isLater: Bool
            if usesTimestamps, let stamps = segment.options.timestamps {
                isLater = Int32(bitPattern: stamps.value &- recentStamp) > 0
            } else {
                isLater = header.sequence > next
            }
            if isLater {
                let stack = stack
                let floor = nextSend
                stack.counters.count(.tcpTimeWaitReused)
                destroy()
                return stack.receiveAfterTimeWait(segment, above: floor)
            }
        }
        guard segment.sequenceCount > 0 || header.sequence != next else { return }
        // The other side did not hear that its FIN came (RFC 9293, section 3.10.7.4).
        if header.flags.contains(.finish), segment.end == next {
            arm(.close, after: Self.timeWaitTime)
            return sendACK()
        }
        challenge()
    }

    // MARK: ICMP

    /// Hears of a segment that did not arrive; who says so must know a number in flight (RFC 5927, section 4.1).
    func hear(of sequence: SequenceNumber, _ failure: DeliveryFailure) {
        guard state != .closed, state != .timeWait,
            sequence >= unacknowledged && sequence <= nextSend
        else { return stack.counters.count(.tcpBadICMP) }
        switch failure {
        case .unreachable(let error):
            guard state == .synSent else {
                softError = error
                return
            }
            stack.counters.count(.tcpFailedAttempts)
            fail(error)
        case .refused(let error):
            // RFC 5461, section 4.1; RFC 1122 would have connections end, too.
            guard state == .synSent else {
                softError = error
                return
            }
            stack.counters.count(.tcpFailedAttempts)
            fail(error)
        case .tooBig(let mtu):
            stack.pathMTUs.set(flow.remote, mtu, stack.now)
            pathMTUChanged()
        }
    }
    /// Sends again in smaller segments what was too large (RFC 1191, section 6.5).
    private func pathMTUChanged() {
        let old = segmentSize
        updateSegmentSize()
        guard segmentSize < old, nextSend > unacknowledged, state != .synSent else { return }
        stack.counters.count(.tcpPathMTUChanges)
        if phase == .open {
            phase = .loss
            recoveryPoint = nextSend
            retransmitted = unacknowledged
        }
        output()
    }
}
