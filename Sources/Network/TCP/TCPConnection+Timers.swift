internal import Base
internal import LinuxABI
internal import Scheduler
internal import Wire

/// When a connection has to do something by itself; all of it is one entry of the stack's heap.
struct Deadlines {
    enum Kind: Int {
        /// A segment is to be sent again, or a window probed.
        case retransmit
        case acknowledge
        case keepAlive
        /// The end of TIME-WAIT, or of FIN-WAIT-2 without a program.
        case close
        case cork
    }
    // 0: none.
    private var times = InlineArray<5, Int64>(repeating: 0)

    subscript(kind: Kind) -> Nanoseconds? {
        get { times[kind.rawValue] == 0 ? nil : Nanoseconds(rawValue: times[kind.rawValue]) }
        set { times[kind.rawValue] = newValue.map { max($0.rawValue, 1) } ?? 0 }
    }
    var next: Nanoseconds? {
        var least = Int64.max
        for index in 0..<5 where times[index] != 0 { least = min(least, times[index]) }
        return least == .max ? nil : Nanoseconds(rawValue: least)
    }
}

extension TCPConnection {
    func arm(_ kind: Deadlines.Kind, after time: Nanoseconds) {
        let deadline = stack.now + time
        deadlines[kind] = deadline
        stack.timers.wake(self, by: deadline)
    }
    func disarm(_ kind: Deadlines.Kind) { deadlines[kind] = nil }

    func doWhatIsDue(_ now: Nanoseconds) {
        if isDue(.close, now) { closeTimeHasCome() }
        if isDue(.retransmit, now) { retransmitTimeHasCome() }
        if isDue(.acknowledge, now) {
            stack.counters.count(.tcpDelayedACKs)
            sendACK()
        }
        if isDue(.keepAlive, now) { keepAliveTimeHasCome() }
        if isDue(.cork, now), state != .closed { output(.everything) }
        if state != .closed, let next = deadlines.next { stack.timers.wake(self, by: next) }
    }
    private func isDue(_ kind: Deadlines.Kind, _ now: Nanoseconds) -> Bool {
        guard let deadline = deadlines[kind], deadline <= now else { return false }
        deadlines[kind] = nil
        return true
    }

    // MARK: Retransmission

    /// Starts the timer anew (RFC 6298, section 5.3).
    func armRetransmit() {
        let timeout = roundTrip.timeout(backedOff: backoff)
        let probe = probeTimeout
        isTailProbeDue = probe.map { $0 < timeout } ?? false
        arm(.retransmit, after: isTailProbeDue ? probe ?? timeout : timeout)
    }
    /// When to ask for an acknowledgement of what was sent last (RFC 8985, section 7.2); `nil`: not at all.
    private var probeTimeout: Nanoseconds? {
        guard mayProbeTail, inFlight > 0 else { return nil }
        let twice = roundTrip.smoothed.multiplied(by: 2)
        // A single segment's acknowledgement may be delayed.
        return inFlight <= segmentSize ? twice + .milliseconds(200) : twice + .milliseconds(2)
    }
    var mayProbeTail: Bool {
        phase == .open && usesSelective && scoreboard.isEmpty && tailProbe == nil && backoff == 0
            && roundTrip.hasSample && state != .synSent && state != .synReceived
    }
    /// Sends the last segment again, or a new one, so that its SACK shows what before it is lost.
    private func probeTail() {
        stack.counters.count(.tcpTailProbes)
        let end = nextSend
        let isNew = sendQueue.end > end && unacknowledged + sendWindow >= end + segmentSize
        if isNew {
            sendProbe()
        } else {
            let start = SequenceNumber.later(unacknowledged, end + -segmentSize)
            retransmit(
                Repetition(range: SequenceRange(start, end), isRescue: true), atMost: segmentSize)
        }
        // No block tells of a FIN.
        tailProbe = (.earlier(nextSend, sendQueue.end), !isNew)
        timed = nil
        armRetransmit()
    }
    /// tcp_retries2, tcp_orphan_retries.
    private static let retryLimit = 15
    private static let orphanRetryLimit = 8

    private func retransmitTimeHasCome() {
        switch state {
        case .closed, .timeWait, .listen: return
        case .synSent, .synReceived: return repeatSYN()
        case .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck: break
        }
        guard nextSend > unacknowledged else { return probeWindow() }
        if isTailProbeDue { return probeTail() }
        stack.counters.count(.tcpTimeouts)
        retransmitCount += 1
        if firstTimeout == nil { firstTimeout = stack.now }
        guard !hasWaitedEnough(since: firstTimeout) else { return timeOut() }
        // Who acknowledged what it says it has no longer has it (RFC 2018, section 8).
        if !scoreboard.isEmpty, scoreboard.range(0).start <= unacknowledged {
            stack.counters.count(.tcpReneged)
            scoreboard.removeAll()
        }
        if phase != .loss, usesTimestamps { beforeTimeout = (cubic, stamp) }
        cubic.timeOut(
            inFlight: inFlight, segment: segmentSize, isFirst: backoff == 0 ? .first : .again)
        phase = .loss
        tailProbe = nil
        duplicates = 0
        recoveryPoint = nextSend
        retransmitted = unacknowledged
        timed = nil
        backoff += 1
        output()
        armRetransmit()
    }
    private func hasWaitedEnough(since start: Nanoseconds?) -> Bool {
        if options.userTimeout > .zero, let start {
            return stack.now - start >= options.userTimeout
        }
        return max(retransmitCount, probeCount)
            > (isOrphan ? Self.orphanRetryLimit : Self.retryLimit)
    }
    private func timeOut() {
        stack.counters.count(.tcpTimedOut)
        if isOrphan { sendControl([.reset, .acknowledge], at: nextSend) }
        fail(softError ?? .timedOut)
    }
    private func repeatSYN() {
        retransmitCount += 1
        if firstTimeout == nil { firstTimeout = stack.now }
        let isOver =
            options.userTimeout > .zero
            ? hasWaitedEnough(since: firstTimeout) : retransmitCount > options.synRetries
        guard !isOver else {
            stack.counters.count(.tcpFailedAttempts)
            return fail(softError ?? .timedOut)
        }
        backoff += 1
        timed = nil
        stack.counters.count(.tcpRetransmitted)
        sendSYN()
        armRetransmit()
    }

    // MARK: Windows

    /// Asks whether a window that is closed, or too small to be worth a segment, is open (RFC 9293, section 3.8.6.1).
    private func probeWindow() {
        guard !sendQueue.isEmpty || hasFinish && !wasFinishSent else { return }
        guard sendWindow < segmentSize || nextSend - unacknowledged >= sendWindow else {
            return output(.everything)
        }
        // What fits is sent, however little.
        if sendWindow > 0, sendQueue.end > nextSend { return output(.everything) }
        probeCount += 1
        if firstTimeout == nil { firstTimeout = stack.now }
        // As long as it answers it may keep its window closed; a probe's answer resets the count.
        guard !hasWaitedEnough(since: firstTimeout) else { return timeOut() }
        stack.counters.count(.tcpWindowProbes)
        // A number before the window brings an answer, and takes nothing, as Linux's probes.
        sendControl(.acknowledge, at: unacknowledged + -1)
        backoff += 1
        armRetransmit()
    }
    /// Sees to it that a closed window is probed.
    func armProbe() {
        guard deadlines[.retransmit] == nil else { return }
        armRetransmit()
    }

    // MARK: Others

    /// RFC 9293, section 3.8.4.
    func armKeepAlive() {
        guard options.keepsAlive else { return disarm(.keepAlive) }
        let idle = stack.now - lastReceived
        let wait = keepAliveProbes > 0 ? options.keepInterval : options.keepIdle
        let left = wait - (keepAliveProbes > 0 ? .zero : idle)
        arm(.keepAlive, after: left > .zero ? left : Nanoseconds(rawValue: 1))
    }
    private func keepAliveTimeHasCome() {
        switch state {
        case .established, .closeWait, .finWait1, .finWait2: break
        default: return
        }
        guard options.keepsAlive else { return }
        let idle = stack.now - lastReceived
        // What is on its way is watched by the other timer.
        guard nextSend == unacknowledged, sendQueue.isEmpty else {
            keepAliveProbes = 0
            return arm(.keepAlive, after: options.keepIdle)
        }
        guard idle >= options.keepIdle else {
            keepAliveProbes = 0
            return arm(.keepAlive, after: options.keepIdle - idle)
        }
        let isOver =
            options.userTimeout > .zero
            ? idle >= options.userTimeout && keepAliveProbes > 0
            : keepAliveProbes >= options.keepCount
        guard !isOver else {
            stack.counters.count(.tcpKeepAliveDropped)
            sendControl([.reset, .acknowledge], at: nextSend)
            return fail(softError ?? .timedOut)
        }
        keepAliveProbes += 1
        sendControl(.acknowledge, at: unacknowledged + -1)
        arm(.keepAlive, after: options.keepInterval)
    }

    private func closeTimeHasCome() {
        switch state {
        case .timeWait: destroy()
        case .finWait2: if isOrphan { destroy() }
        default: break
        }
    }
}
