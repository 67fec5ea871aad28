internal import Base
internal import LinuxABI
internal import Wire

/// What came and the program has not read: packets in order, and behind a hole those that came early.
///
/// Packets stay as the device filled them. Small ones behind others are moved into shared buffers, so that no
/// queue holds much more memory than it has bytes.
struct ReceiveQueue {
    /// In order.
    private var inOrder = PacketQueue()
    private(set) var byteCount = 0
    /// What was read of the first packet is taken off it; nothing is kept of it.
    private(set) var next: SequenceNumber
    /// Out of order, by number, none of which overlap.
    private var firstEarly: Packet?
    private var lastEarly: Packet?
    private(set) var earlyCount = 0
    private(set) var earlyByteCount = 0
    /// Memory that all of them take.
    private(set) var charge = 0

    /// Early packets that are kept; each step of an insertion looks at one.
    private static let earlyLimit = 1024
    /// Payloads up to this size are moved.
    private static let copyLimit = 1024

    init(at next: SequenceNumber) { self.next = next }

    var hasEarly: Bool { firstEarly != nil }
    /// What a packet takes.
    private static func charge(of packet: Packet) -> Int {
        packet.isCompact
            ? packet.byteCount + 256 : packet.pieceCount * BufferPool.bufferByteCount
    }
    private mutating func compact(_ packet: Packet) -> Packet {
        guard packet.byteCount <= Self.copyLimit, packet.byteCount > 0, !packet.isCompact,
            let copy = packet.compactCopy()
        else { return packet }
        copy.sequence = packet.sequence
        packet.release()
        return copy
    }

    // MARK: In order

    /// Adds the packet that begins at `next`.
    mutating func append(_ packet: Packet) {
        let isAlone = inOrder.count == 0 && !packet.pool.isUnderPressure
        let kept = isAlone ? packet : compact(packet)
        next = next + kept.byteCount
        byteCount += kept.byteCount
        charge += Self.charge(of: kept)
        inOrder.append(kept)
    }
    /// Moves early packets up that the hole before them no longer separates; returns their bytes.
    mutating func joinEarly() -> Int {
        var moved = 0
        while let packet = firstEarly, packet.sequence <= next {
            removeFirstEarly()
            let known = next - packet.sequence
            guard known < packet.byteCount else {
                packet.release()
                continue
            }
            packet.removeFirst(known)
            moved += packet.byteCount
            append(packet)
        }
        return moved
    }
    private mutating func removeFirstEarly() {
        guard let packet = firstEarly else { return }
        firstEarly = packet.next
        if firstEarly == nil { lastEarly = nil }
        packet.next = nil
        earlyCount -= 1
        earlyByteCount -= packet.byteCount
        charge -= Self.charge(of: packet)
    }
    /// Hands up to `count` bytes to `sink`, and takes them off where it is `.take`; returns how many.
    mutating func read(
        _ count: Int, skipping skip: Int, _ reading: UDPEndpoint.Reading,
        to sink: (Int, RawSpan) throws(Errno) -> Void
    ) throws(Errno) -> Int {
        switch reading {
        case .peek:
            var done = 0
            var skip = skip
            var packet = inOrder.first
            while let current = packet, done < count {
                packet = current.next
                guard skip < current.byteCount else {
                    skip -= current.byteCount
                    continue
                }
                let here = min(count - done, current.byteCount - skip)
                try current.deliver(skip, here, at: done, to: sink)
                done += here
                skip = 0
            }
            return done
        case .take:
            var done = 0
            while done < count, let packet = inOrder.first {
                let here = min(count - done, packet.byteCount)
                do throws(Errno) {
                    try packet.deliver(0, here, at: done, to: sink)
                } catch {
                    guard done > 0 else { throw error }
                    return done
                }
                done += here
                remove(here)
            }
            return done
        }
    }
    /// Takes bytes off the first packet.
    private mutating func remove(_ count: Int) {
        guard let packet = inOrder.first else { return }
        byteCount -= count
        charge -= Self.charge(of: packet)
        if count == packet.byteCount {
            inOrder.removeFirst()?.release()
        } else {
            packet.removeFirst(count)
            inOrder.shrinkFirst(by: count)
            charge += Self.charge(of: packet)
        }
    }
    /// Takes bytes off without reading them (MSG_TRUNC).
    mutating func discard(_ count: Int) -> Int {
        var done = 0
        while done < count, let packet = inOrder.first {
            let here = min(count - done, packet.byteCount)
            remove(here)
            done += here
        }
        return done
    }

    // MARK: Early

    enum Insertion: Equatable {
        case added
        case duplicate
        case full
    }
    /// Adds a packet that begins behind `next`; what is there already is cut off it. Returns what became of it;
    /// `.full` and `.duplicate` leave it to the caller.
    mutating func insertEarly(_ packet: Packet) -> Insertion {
        guard earlyCount < Self.earlyLimit else { return .full }
        var before: Packet?
        if let last = lastEarly, packet.sequence >= last.sequence {
            before = last
        } else {
            var other = firstEarly
            while let current = other, current.sequence <= packet.sequence {
                before = current
                other = current.next
            }
        }
        if let before {
            let known = before.sequence + before.byteCount - packet.sequence
            if known >= packet.byteCount { return .duplicate }
            if known > 0 {
                packet.removeFirst(known)
                packet.sequence = packet.sequence + known
            }
        }
        // Those that it covers go; one that it reaches into cuts its end off.
        var after = before == nil ? firstEarly : before?.next
        while let current = after {
            let reach = packet.sequence + packet.byteCount - current.sequence
            guard reach > 0 else { break }
            guard reach >= current.byteCount else {
                packet.truncate(to: packet.byteCount - reach)
                break
            }
            after = current.next
            if let before { before.next = after } else { firstEarly = after }
            if after == nil { lastEarly = before }
            current.next = nil
            earlyCount -= 1
            earlyByteCount -= current.byteCount
            charge -= Self.charge(of: current)
            current.release()
        }
        guard packet.byteCount > 0 else { return .duplicate }
        let kept = compact(packet)
        kept.next = after
        if let before { before.next = kept } else { firstEarly = kept }
        if after == nil { lastEarly = kept }
        earlyCount += 1
        earlyByteCount += kept.byteCount
        charge += Self.charge(of: kept)
        return .added
    }
    /// The unbroken range of early bytes that a number lies in.
    func range(around number: SequenceNumber) -> SequenceRange? {
        var range: SequenceRange?
        var packet = firstEarly
        while let current = packet {
            packet = current.next
            let end = current.sequence + current.byteCount
            if let present = range, present.end == current.sequence {
                range?.end = end
            } else {
                if let present = range, present.start <= number, number < present.end { break }
                range = SequenceRange(current.sequence, end)
            }
        }
        guard let range, range.start <= number, number < range.end else { return nil }
        return range
    }
    /// Drops what came early: it will be sent again (RFC 2018, section 8).
    mutating func dropEarly() {
        while let packet = firstEarly {
            removeFirstEarly()
            packet.release()
        }
    }
    /// A FIN takes a number.
    mutating func skipFinish() { next = next + 1 }
    mutating func removeAll() {
        dropEarly()
        inOrder.releaseAll()
        byteCount = 0
        charge = 0
    }
}
