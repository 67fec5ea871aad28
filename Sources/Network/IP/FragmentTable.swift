internal import Base
internal import Memory
internal import Wire

/// Datagrams that came in parts and are not complete (RFC 791, section 3.2; RFC 8200, section 4.5).
///
/// Memory is bounded by buffers held, time by 30 seconds. A part that overlaps another one drops the whole
/// datagram (RFC 5722, section 4; for IPv4 as Linux does); the same part twice is ignored.
final class FragmentTable: StackPart {
    private static let datagramLimit = 64
    /// RFC 8200 asks for 60, RFC 1122 for 60 to 120; Linux takes 30 for IPv4, and so do we for both.
    private static let lifetime = Nanoseconds.seconds(30)

    private final class Datagram {
        let arrival: Arrival
        let identification: UInt32
        let deadline: Nanoseconds
        /// In order of their offsets.
        var parts: [Packet] = []
        var byteCount = 0
        var totalByteCount: Int?
        var bufferCount = 0
        init(_ arrival: Arrival, _ identification: UInt32, deadline: Nanoseconds) {
            self.arrival = arrival
            self.identification = identification
            self.deadline = deadline
        }
        func releaseAll() {
            for part in parts { part.release() }
            parts.removeAll()
        }
    }
    /// Oldest first.
    private var datagrams: [Datagram] = []
    private(set) var bufferCount = 0

    /// Takes a part of `packet.byteCount` payload bytes at an offset; returns the whole datagram with its last part.
    func add(
        _ packet: Packet, _ arrival: Arrival, _ identification: UInt32, at offset: Int,
        hasMore: Bool
    ) -> Packet? {
        let limit = stack.configuration.fragmentBufferLimit
        while bufferCount + packet.pieceCount > limit || datagrams.count > Self.datagramLimit {
            guard !datagrams.isEmpty else { break }
            stack.counters.count(.fragmentsEvicted)
            remove(at: 0)
        }
        guard packet.pieceCount <= limit, let index = find(arrival, identification) else {
            stack.drop(packet, .noBuffers)
            return nil
        }
        let datagram = datagrams[index]
        packet.fragmentOffset = offset
        let end = offset + packet.byteCount
        let isConsistent =
            hasMore
            ? datagram.totalByteCount.map { end <= $0 } ?? true
            : datagram.totalByteCount.map { end == $0 }
                ?? (datagram.parts.last.map { $0.fragmentOffset + $0.byteCount <= end } ?? true)
        guard isConsistent, datagram.parts.count < 64 else {
            stack.drop(packet, .badFragment)
            remove(at: index)
            return nil
        }
        var place = datagram.parts.count
        while place > 0, datagram.parts[place - 1].fragmentOffset >= offset { place -= 1 }
        let before = place > 0 ? datagram.parts[place - 1] : nil
        let after = place < datagram.parts.count ? datagram.parts[place] : nil
        if let after, after.fragmentOffset == offset, after.byteCount == packet.byteCount {
            stack.drop(packet, .duplicateFragment)
            return nil
        }
        guard before.map({ $0.fragmentOffset + $0.byteCount <= offset }) ?? true,
            after.map({ $0.fragmentOffset >= end }) ?? true
        else {
            stack.drop(packet, .overlappingFragment)
            remove(at: index)
            return nil
        }
        if !hasMore { datagram.totalByteCount = end }
        datagram.parts.insert(packet, at: place)
        datagram.byteCount += packet.byteCount
        datagram.bufferCount += packet.pieceCount
        bufferCount += packet.pieceCount
        guard datagram.byteCount == datagram.totalByteCount else { return nil }
        return complete(at: index)
    }
    /// The datagram's place, made where there is none.
    private func find(_ arrival: Arrival, _ identification: UInt32) -> Int? {
        for (index, datagram) in datagrams.enumerated()
        where datagram.identification == identification
            && datagram.arrival.source == arrival.source
            && datagram.arrival.destination == arrival.destination
            && datagram.arrival.number == arrival.number
        {
            return index
        }
        guard (try? KernelReserve.admit()) != nil else { return nil }
        let deadline = stack.now + Self.lifetime
        datagrams.append(Datagram(arrival, identification, deadline: deadline))
        stack.timers.wake(self, by: deadline)
        return datagrams.count - 1
    }
    /// Joins the parts: as they lie where one packet holds them, else copied into new buffers.
    private func complete(at index: Int) -> Packet? {
        let datagram = datagrams.remove(at: index)
        bufferCount -= datagram.bufferCount
        var parts = datagram.parts
        datagram.parts.removeAll()
        stack.counters.count(.reassembled)
        var pieceCount = 0
        for part in parts { pieceCount += part.pieceCount }
        if pieceCount <= Packet.pieceLimit - 1 {
            let whole = parts.removeFirst()
            for part in parts where !whole.absorb(part) { part.release() }
            guard whole.byteCount == datagram.byteCount else {
                stack.drop(whole, .noBuffers)
                return nil
            }
            return whole
        }
        let isGood = parts.allSatisfy { $0.isChecksumGood }
        guard let whole = stack.pool.takePacket() else {
            for part in parts { part.release() }
            stack.counters.count(.noBuffers)
            return nil
        }
        for part in parts {
            var done = 0
            while done < part.byteCount {
                guard let room = whole.tail(of: part.byteCount - done) else {
                    for part in parts { part.release() }
                    stack.drop(whole, .noBuffers)
                    return nil
                }
                let from = done
                stack.pool.withMutableBytes(of: room) { part.copy(from, into: &$0) }
                done += Int(room.count)
            }
        }
        for part in parts { part.release() }
        whole.isChecksumGood = isGood
        return whole
    }
    private func remove(at index: Int) {
        let datagram = datagrams.remove(at: index)
        bufferCount -= datagram.bufferCount
        datagram.releaseAll()
    }
    func removeAll() { while !datagrams.isEmpty { remove(at: 0) } }

    override func timeHasCome(_ now: Nanoseconds) {
        while let oldest = datagrams.first, oldest.deadline <= now {
            stack.counters.count(.fragmentsTimedOut)
            // RFC 792 and RFC 4443, section 3.3: only if the first part is here.
            if let first = oldest.parts.first, first.fragmentOffset == 0 {
                let isV4 = oldest.arrival.destination.isV4
                stack.sendError(
                    isV4 ? ICMPType.timeExceeded : ICMPv6Type.timeExceeded,
                    isV4 ? ICMPType.reassemblyTimeExceeded : ICMPv6Type.reassemblyTimeExceeded,
                    about: first, oldest.arrival)
            }
            remove(at: 0)
        }
        if let oldest = datagrams.first { stack.timers.wake(self, by: oldest.deadline) }
    }
}
