internal import Base
internal import LinuxABI
internal import Scheduler
internal import Wire

/// What acknowledgements say: of windows, of time, and of losses (RFC 5681, RFC 6675, RFC 6582).
extension TCPConnection {
    /// Duplicates that stand for a loss (RFC 5681, section 3.2).
    static let duplicateThreshold = 3

    var inFlight: Int { nextSend - unacknowledged }

    /// Takes a window in (RFC 9293, section 3.10.7.4, "SND.WND").
    func setWindow(_ window: Int, _ segment: TCPSegment) {
        sendWindow = window
        largestWindow = max(largestWindow, window)
        windowSequence = segment.header.sequence
        windowAcknowledgment = segment.header.acknowledgment
    }

    /// Takes an acknowledgement in. Precondition: it is neither too old nor beyond what was sent.
    func acknowledge(_ segment: TCPSegment) {
        let header = segment.header
        let number = header.acknowledgment
        let window = Int(header.window) << Int(sendScale)
        let hadWindow = sendWindow
        if number >= unacknowledged,
            windowSequence < header.sequence
                || windowSequence == header.sequence && windowAcknowledgment <= number
        {
            setWindow(window, segment)
        } else if number > unacknowledged {
            // The window's edge stays where it was said to be.
            sendWindow = max(sendWindow - (number - unacknowledged), 0)
        }
        // Whoever answers probes may keep a window closed for as long as it likes.
        if sendWindow == 0 {
            retransmitCount = 0
            probeCount = 0
            firstTimeout = nil
        }
        let news = takeBlocks(segment, number)
        if news > 0, isTailProbeDue, number == unacknowledged { armRetransmit() }
        if number > unacknowledged {
            acknowledgeNew(segment)
        } else if number == unacknowledged, nextSend > unacknowledged {
            let isDuplicate =
                usesSelective
                ? news > 0
                : segment.sequenceCount == 0 && window == hadWindow
            if isDuplicate { countDuplicate() }
        } else if number == unacknowledged, segment.sequenceCount == 0 {
            // The probe came twice, says a side without blocks for that.
            tailProbe = nil
        }
        if hadWindow < sendWindow, probeCount > 0 || nextSend == unacknowledged {
            probeCount = 0
            backoff = 0
            firstTimeout = nil
            if nextSend == unacknowledged { disarm(.retransmit) }
        }
    }
    /// Notes SACK blocks; returns the bytes that are news. Blocks of what was acknowledged (RFC 2883) or never sent say
    /// nothing.
    private func takeBlocks(_ segment: TCPSegment, _ number: SequenceNumber) -> Int {
        guard usesSelective, segment.options.blockCount > 0 else { return 0 }
        var news = 0
        let floor = SequenceNumber.later(number, unacknowledged)
        // The first block may be of what came twice (RFC 2883, section 4): the probe was not needed.
        let first = segment.options.blocks[0]
        if first.end <= floor, tailProbe?.isRepetition == true { tailProbe = nil }
        for index in 0..<segment.options.blockCount {
            var block = segment.options.blocks[index]
            guard block.start < block.end, block.end <= nextSend, block.end > floor else {
                continue
            }
            block.start = .later(block.start, floor)
            news += scoreboard.add(block)
        }
        if news > 0, let probe = tailProbe, let highest = scoreboard.highest, highest >= probe.end {
            // It was sent long after the others, and is there before them.
            lostBefore = probe.end
            tailProbe = nil
        }
        return news
    }

    // MARK: New data is acknowledged

    private func acknowledgeNew(_ segment: TCPSegment) {
        let number = segment.header.acknowledgment
        let count = number - unacknowledged
        let before = inFlight
        bytesAcknowledged += UInt64(count)
        measure(segment)
        sendQueue.removeFirst(upTo: .earlier(number, sendQueue.end), stack.pool)
        unacknowledged = number
        if retransmitted < number { retransmitted = number }
        scoreboard.remove(before: number)
        checkTimeout(segment)
        // A timeout that was one counts no more.
        retransmitCount = 0
        backoff = 0
        firstTimeout = nil
        stack.neighbors.confirm(path?.neighbor)
        if let probe = tailProbe, number >= probe.end {
            if !probe.isRepetition {
                tailProbe = nil
            } else if number > probe.end {
                // Nobody said that it came twice: it repaired a loss, which is one all the same (RFC 8985, section 7.4).
                cubic.reduce(inFlight: before, segment: segmentSize)
                tailProbe = nil
            }
        }
        if let lost = lostBefore, number >= lost { lostBefore = nil }
        switch phase {
        case .open:
            duplicates = 0
            // RFC 9438, section 5.8: a window that was not filled does not grow.
            let isFilled =
                cubic.isSlowStart
                ? 2 * before > cubic.window : before + segmentSize >= cubic.window
            if isFilled {
                cubic.acknowledge(
                    count, segment: segmentSize, roundTrip.smoothed, stack.now)
            }
        case .recovery:
            if number >= recoveryPoint {
                phase = .open
                duplicates = 0
                stack.counters.count(.tcpRecoveries)
            } else if !usesSelective {
                // A partial acknowledgement: the next segment is lost too (RFC 6582, section 3.2, step 3).
                duplicates = max(duplicates - count / max(segmentSize, 1) + 1, 0)
                retransmitted = number
            }
        case .loss:
            duplicates = 0
            if number >= recoveryPoint {
                phase = .open
                stack.counters.count(.tcpRecoveries)
            }
            cubic.acknowledge(count, segment: segmentSize, roundTrip.smoothed, stack.now)
        }
        if nextSend == unacknowledged { disarm(.retransmit) } else { armRetransmit() }
        growSendBuffer()
        if isWritable { queue.wake(.hasRoom) }
    }
    /// Measures the round trip: by the clock where nothing was sent again (Karn), else by the timestamp that came
    /// back (RFC 7323, section 4).
    private func measure(_ segment: TCPSegment) {
        if let present = timed, segment.header.acknowledgment >= present.end {
            timed = nil
            return roundTrip.add(stack.now - present.since)
        }
        guard usesTimestamps, let stamps = segment.options.timestamps, stamps.echo != 0 else {
            return
        }
        let elapsed = Int32(bitPattern: stamp &- stamps.echo)
        // Half a tick for a stamp of the same millisecond.
        guard elapsed >= 0, elapsed < 120_000 else { return }
        roundTrip.add(Nanoseconds(rawValue: max(Int64(elapsed) * 1_000_000, 500_000)))
    }
    /// Takes a timeout back where what was acknowledged was sent before it (RFC 4015; RFC 3522).
    private func checkTimeout(_ segment: TCPSegment) {
        guard let before = beforeTimeout else { return }
        beforeTimeout = nil
        guard phase == .loss, let stamps = segment.options.timestamps,
            Int32(bitPattern: stamps.echo &- before.stamp) < 0
        else { return }
        stack.counters.count(.tcpSpuriousTimeouts)
        cubic = before.cubic
        phase = .open
    }
    /// Lets the send buffer hold two windows, while it grows by itself.
    private func growSendBuffer() {
        guard options.sendBuffer == nil, !stack.pool.isUnderPressure else { return }
        let wanted = min(2 * cubic.window, stack.configuration.maximumSendBuffer)
        sendLimit = max(sendLimit, wanted)
    }

    /// Answers an echoed mark as a loss, once in a round trip (RFC 3168, section 6.1.2).
    func slowDown() {
        guard phase == .open, unacknowledged > markPoint, nextSend > unacknowledged else { return }
        markPoint = nextSend
        mustConfirmMark = true
        cubic.reduce(inFlight: inFlight, segment: segmentSize)
    }

    // MARK: Nothing new is acknowledged

    private func countDuplicate() {
        duplicates += 1
        guard phase == .open else { return }
        let isLost = isLost(
            unacknowledged, sackedAbove: scoreboard.byteCount, rangesAbove: scoreboard.count)
        guard duplicates >= Self.duplicateThreshold || isLost else { return }
        phase = .recovery
        stack.counters.count(.tcpFastRecoveries)
        recoveryPoint = nextSend
        retransmitted = unacknowledged
        wasRescued = false
        timed = nil
        cubic.reduce(inFlight: inFlight, segment: segmentSize)
        // RFC 6675, section 5, step 4.3: the first one is sent whatever the window says.
        if let lost = nextRetransmission(.lost) { retransmit(lost, atMost: segmentSize) }
        armRetransmit()
    }

    /// IsLost() of RFC 6675, section 4, from what is known to be there above a number.
    private func isLost(
        _ number: SequenceNumber, sackedAbove bytes: Int, rangesAbove ranges: Int
    ) -> Bool {
        switch phase {
        case .loss where number < recoveryPoint: true
        case .open, .loss, .recovery:
            bytes > 0 && (lostBefore.map { number < $0 } ?? false)
                || ranges >= Self.duplicateThreshold
                || bytes > (Self.duplicateThreshold - 1) * segmentSize
        }
    }

    /// SetPipe() of RFC 6675, section 4: bytes that are believed to be in the network.
    var pipe: Int {
        guard phase != .open || !scoreboard.isEmpty || duplicates > 0 else { return inFlight }
        if !usesSelective { return pipeByDuplicates }
        var pipe = 0
        var bytesAbove = scoreboard.byteCount
        var start = unacknowledged
        for index in 0...scoreboard.count {
            let isLast = index == scoreboard.count
            let end = isLast ? nextSend : scoreboard.range(index).start
            if end > start {
                pipe += share(
                    of: SequenceRange(start, end), bytesAbove, scoreboard.count - index)
            }
            guard !isLast else { break }
            bytesAbove -= scoreboard.range(index).count
            start = scoreboard.range(index).end
        }
        return pipe
    }
    /// What a hole counts for: what is not lost, and what was sent again.
    private func share(of hole: SequenceRange, _ bytesAbove: Int, _ rangesAbove: Int) -> Int {
        var pipe = 0
        var lostEnd = hole.start
        if isLost(hole.start, sackedAbove: bytesAbove, rangesAbove: rangesAbove) {
            lostEnd = phase == .loss ? .earlier(hole.end, recoveryPoint) : hole.end
        }
        pipe += hole.end - lostEnd
        if phase != .open, retransmitted > hole.start, lostEnd > hole.start {
            pipe += SequenceNumber.earlier(lostEnd, retransmitted) - hole.start
        }
        return pipe
    }
    /// The same without SACK: each duplicate stands for a segment that left (RFC 5681, section 3.2, steps 3 and 4).
    private var pipeByDuplicates: Int {
        switch phase {
        case .open: return max(inFlight - duplicates * segmentSize, 0)
        case .recovery:
            let isOut = retransmitted > unacknowledged
            return max(inFlight - (duplicates + (isOut ? 0 : 1)) * segmentSize, 0)
        case .loss:
            let point = SequenceNumber.earlier(recoveryPoint, nextSend)
            return max(retransmitted - unacknowledged, 0) + max(nextSend - point, 0)
        }
    }

    /// What to send again.
    struct Repetition {
        let range: SequenceRange
        /// It says nothing of what was sent again before it (HighRxt stays).
        var isRescue = false
    }
    enum Eagerness {
        /// Only what is lost (NextSeg(), rule 1).
        case lost
        /// What is likely to be, too (rules 3 and 4), once there is nothing new to send.
        case likely
    }
    /// NextSeg() of RFC 6675, section 4, but for new data: what to send again.
    func nextRetransmission(_ eagerness: Eagerness) -> Repetition? {
        switch phase {
        case .open: return nil
        case .recovery where !usesSelective:
            guard eagerness == .lost, retransmitted <= unacknowledged else { return nil }
            let end = SequenceNumber.earlier(unacknowledged + segmentSize, nextSend)
            return Repetition(range: SequenceRange(unacknowledged, end))
        case .recovery, .loss: break
        }
        let floor = SequenceNumber.later(retransmitted, unacknowledged)
        var bytesAbove = scoreboard.byteCount
        var start = unacknowledged
        for index in 0...scoreboard.count {
            let isLast = index == scoreboard.count
            var end = isLast ? nextSend : scoreboard.range(index).start
            if phase == .loss { end = .earlier(end, recoveryPoint) }
            let from = SequenceNumber.later(start, floor)
            if from < end {
                let isLost = isLost(
                    start, sackedAbove: bytesAbove, rangesAbove: scoreboard.count - index)
                if isLost || eagerness == .likely && !isLast {
                    return Repetition(range: SequenceRange(from, end))
                }
                if phase == .recovery, eagerness == .lost { return nil }
            }
            guard !isLast else { break }
            bytesAbove -= scoreboard.range(index).count
            start = scoreboard.range(index).end
        }
        guard eagerness == .likely, phase == .recovery, !wasRescued,
            unacknowledged < recoveryPoint
        else { return nil }
        // Rule 4: the last segment once more, as nothing behind it can tell of it.
        wasRescued = true
        let end = SequenceNumber.earlier(recoveryPoint, nextSend)
        let rescueStart = SequenceNumber.later(
            end + -segmentSize, scoreboard.highest ?? unacknowledged)
        let first = SequenceNumber.later(rescueStart, unacknowledged)
        guard first < end else { return nil }
        return Repetition(range: SequenceRange(first, end), isRescue: true)
    }
}
