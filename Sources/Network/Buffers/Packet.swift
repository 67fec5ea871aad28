internal import Base
package import Wire

/// A packet: pieces of buffers in order, each with a reference, and what layers tell each other of it.
///
/// Packets are used again and never freed by Swift: who has one hands it on or calls `release`. Headers are
/// taken off the front by moving it (`removeFirst`), and put before it in room that was left (`prepend`).
package final class Packet {
    /// Enough for 64 KiB in pages that begin anywhere, a header, and one more.
    package static let pieceLimit = 19
    /// Room for every header before a payload: Ethernet's, IPv6's with a fragment's, TCP's with options.
    static let headerRoom = 144

    package let pool: BufferPool
    /// The next one of a queue.
    package var next: Packet?
    private var pieces = InlineArray<19, Piece>(repeating: Piece())
    private var first = 0
    private var end = 0
    package private(set) var byteCount = 0
    /// Unused bytes before the first piece that are this packet's.
    private var headroom = 0

    // Received.
    /// Whether somebody trustworthy has checked the transport's checksum, or none is needed.
    package var isChecksumGood = false
    /// Whether it was moved out of the device's buffers into a shared one.
    private(set) var isCompact = false
    var sequence = SequenceNumber(rawValue: 0)
    /// Where a fragment begins in its datagram.
    var fragmentOffset = 0
    var sender = IPAddress.any
    var senderPort: UInt16 = 0
    var receiver = IPAddress.any
    var interfaceIndex: UInt8 = 0
    var timeToLive: UInt8 = 0
    var trafficClass: UInt8 = 0

    // To be sent.
    /// Where a checksum is still to be made: over everything from `start` to the end, into the two bytes at
    /// `start + offset`, which hold the sum of the pseudo-header. `start` counts from the packet's start.
    package var partialChecksum: PartialChecksum?
    /// Payload bytes of each segment that the device is to cut (TSO); 0: none.
    package var segmentByteCount = 0

    package struct PartialChecksum: Equatable, Sendable {
        package var start: Int
        package let offset: Int
    }

    init(of pool: BufferPool) { self.pool = pool }

    /// Gives back all references and the packet itself.
    package func release() {
        for index in first..<end { pool.release(pieces[index]) }
        first = 0
        end = 0
        byteCount = 0
        headroom = 0
        isChecksumGood = false
        isCompact = false
        partialChecksum = nil
        segmentByteCount = 0
        pool.putBack(self)
    }

    // MARK: Pieces

    package var pieceCount: Int { end - first }
    package var isFull: Bool { end == Self.pieceLimit }
    package func piece(_ index: Int) -> Piece { pieces[first + index] }

    /// Adds a piece with its reference at the end. Precondition: it is not full.
    package func append(_ piece: Piece) {
        if first == end { headroom = 0 }
        pieces[end] = piece
        end += 1
        byteCount += Int(piece.count)
    }
    /// Takes bytes off the front.
    package func removeFirst(_ count: Int) {
        precondition(count <= byteCount)
        byteCount -= count
        var left = count
        while left > 0 {
            let here = min(left, Int(pieces[first].count))
            pieces[first].offset += UInt16(here)
            pieces[first].count -= UInt16(here)
            headroom += here
            left -= here
            // The last piece stays, so that its room can be used again.
            if pieces[first].count == 0, first + 1 < end {
                pool.release(pieces[first])
                first += 1
                headroom = 0
            }
        }
    }
    /// Puts bytes back that `removeFirst` took off the first piece; false where they are gone.
    func restoreFirst(_ count: Int) -> Bool {
        guard count <= headroom, first < end else { return false }
        headroom -= count
        pieces[first].offset -= UInt16(count)
        pieces[first].count += UInt16(count)
        byteCount += count
        return true
    }
    /// Keeps the first `count` bytes alone.
    package func truncate(to count: Int) {
        precondition(count <= byteCount)
        var left = byteCount - count
        byteCount = count
        while left > 0 {
            let here = min(left, Int(pieces[end - 1].count))
            pieces[end - 1].count -= UInt16(here)
            left -= here
            if pieces[end - 1].count == 0, end - 1 > first {
                end -= 1
                pool.release(pieces[end])
            }
        }
    }
    /// Makes room for up to `count` bytes at the end, in the last piece's buffer where that is this packet's alone, and
    /// returns the part to fill; `nil` without buffers.
    func tail(of count: Int) -> Piece? {
        let whole = BufferPool.bufferByteCount
        if end > first, pieces[end - 1].foreignFrame == nil, pool.isSole(pieces[end - 1].buffer) {
            let last = pieces[end - 1]
            let used = Int(last.offset) + Int(last.count)
            if used < whole {
                let here = min(count, whole - used)
                pieces[end - 1].count += UInt16(here)
                byteCount += here
                return last.part(Int(last.count), here)
            }
        }
        guard end < Self.pieceLimit, let buffer = pool.take() else { return nil }
        let piece = Piece(buffer, offset: 0, count: min(count, whole))
        append(piece)
        return piece
    }
    /// Moves the pieces of another packet behind these, and gives it back; false where there is no room.
    func absorb(_ other: Packet) -> Bool {
        guard end + other.pieceCount <= Self.pieceLimit else { return false }
        for index in 0..<other.pieceCount {
            let piece = other.piece(index)
            if piece.count > 0 { append(piece) } else { pool.release(piece) }
        }
        other.first = 0
        other.end = 0
        other.release()
        return true
    }
    /// A packet of `count` bytes from `offset` on, which lie where they lie; with room for headers.
    func sharing(_ offset: Int, _ count: Int) -> Packet? {
        guard let packet = pool.takePacket() else { return nil }
        guard packet.makeHeaderRoom() else {
            packet.release()
            return nil
        }
        forEachPiece(offset, count) { piece in
            self.pool.retain(piece)
            packet.append(piece)
        }
        return packet
    }
    /// A packet with the same bytes in a shared buffer; `nil` without one. Precondition: a buffer holds them.
    func compactCopy() -> Packet? {
        guard let copy = pool.takePacket() else { return nil }
        guard let piece = pool.cut(byteCount) else {
            copy.release()
            return nil
        }
        copy.append(piece)
        copy.isCompact = true
        pool.withMutableBytes(of: piece) { self.copy(0, into: &$0) }
        return copy
    }
    /// The parts that bytes lie in. Precondition: the packet has so many.
    func forEachPiece(_ offset: Int, _ count: Int, _ body: (Piece) -> Void) {
        precondition(offset + count <= byteCount)
        var skip = offset
        var left = count
        for index in first..<end where left > 0 {
            let size = Int(pieces[index].count)
            if skip >= size {
                skip -= size
                continue
            }
            let here = min(size - skip, left)
            body(pieces[index].part(skip, here))
            left -= here
            skip = 0
        }
    }

    // MARK: Bytes

    /// Lends the bytes that lie in the first piece.
    package func withFirst<Result: ~Copyable, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result { try pool.withBytes(of: pieces[first], body) }

    /// Sees to it that the first `count` bytes lie in the first piece; false where they can't.
    func gather(_ count: Int) -> Bool {
        guard byteCount >= count, first < end else { return false }
        guard Int(pieces[first].count) < count else { return true }
        guard count <= 256, end < Self.pieceLimit, let piece = pool.cut(count) else { return false }
        pool.withMutableBytes(of: piece) { self.copy(0, into: &$0) }
        removeFirst(count)
        if pieces[first].count == 0 {
            pool.release(pieces[first])
            first += 1
        }
        if first == 0 {
            // All pieces one to the right.
            var index = end
            while index > 0 {
                pieces[index] = pieces[index - 1]
                index -= 1
            }
            end += 1
            first = 1
        }
        first -= 1
        pieces[first] = piece
        byteCount += count
        headroom = 0
        return true
    }
    /// Fills `bytes` with those from `offset` on. Precondition: the packet has so many.
    package func copy(_ offset: Int, into bytes: inout MutableRawSpan) {
        let count = bytes.byteCount
        var done = 0
        var skip = offset
        precondition(offset + count <= byteCount)
        for index in first..<end where done < count {
            let size = Int(pieces[index].count)
            if skip >= size {
                skip -= size
                continue
            }
            let here = min(size - skip, count - done)
            pool.withBytes(of: pieces[index].part(skip, here)) { bytes.write($0, at: done) }
            done += here
            skip = 0
        }
    }
    /// Adds the bytes from `offset` to the end to a checksum.
    package func add(_ offset: Int, to checksum: inout InternetChecksum) {
        forEachPiece(offset, byteCount - offset) { piece in
            self.pool.withBytes(of: piece) { checksum.add($0) }
        }
    }
    /// Hands `count` bytes from `offset` on to a sink, piece by piece; `position` is where the first goes.
    func deliver<Failure: Error>(
        _ offset: Int, _ count: Int, at position: Int,
        to sink: (Int, RawSpan) throws(Failure) -> Void
    ) throws(Failure) {
        var done = 0
        var skip = offset
        for index in first..<end where done < count {
            let size = Int(pieces[index].count)
            if skip >= size {
                skip -= size
                continue
            }
            let here = min(size - skip, count - done)
            let at = position + done
            try pool.withBytes(of: pieces[index].part(skip, here)) { bytes throws(Failure) in
                try sink(at, bytes)
            }
            done += here
            skip = 0
        }
    }

    // MARK: Headers

    /// Puts an empty piece with room for headers at the front. Precondition: the packet is empty.
    func makeHeaderRoom() -> Bool {
        guard var piece = pool.cut(Self.headerRoom) else { return false }
        piece.offset += UInt16(Self.headerRoom)
        piece.count = 0
        append(piece)
        headroom = Self.headerRoom
        return true
    }
    /// Writes `count` bytes before the first one. Precondition: `makeHeaderRoom` left so much, and the bytes are
    /// nobody else's.
    package func prepend(_ count: Int, _ body: (inout MutableRawSpan) -> Void) {
        precondition(count <= headroom)
        headroom -= count
        pieces[first].offset -= UInt16(count)
        pieces[first].count += UInt16(count)
        byteCount += count
        partialChecksum?.start += count
        pool.withMutableBytes(of: pieces[first].part(0, count), body)
    }
    /// Lets the first `count` bytes be changed. Precondition: they lie in the first piece and are nobody else's.
    package func withMutableFirst(_ count: Int, _ body: (inout MutableRawSpan) -> Void) {
        pool.withMutableBytes(of: pieces[first].part(0, count), body)
    }
    /// Makes the checksum that was left to the device; for who has none that can.
    package func completeChecksum() {
        guard let partial = partialChecksum else { return }
        partialChecksum = nil
        var checksum = InternetChecksum()
        add(partial.start, to: &checksum)
        // UDP has no checksum of zero on the wire; of TCP and ICMP both zeros mean the same.
        let value = checksum.value == 0 ? 0xffff : checksum.value
        withMutableFirst(partial.start + partial.offset + 2) {
            $0.storeBigEndian(value, at: partial.start + partial.offset)
        }
    }
}

/// Packets in the order of their coming.
package struct PacketQueue {
    package private(set) var first: Packet?
    private var last: Packet?
    package private(set) var count = 0
    /// Bytes of all of them.
    package private(set) var byteCount = 0
    package init() {}

    package mutating func append(_ packet: Packet) {
        if let last { last.next = packet } else { first = packet }
        last = packet
        count += 1
        byteCount += packet.byteCount
    }
    package mutating func removeFirst() -> Packet? {
        guard let packet = first else { return nil }
        first = packet.next
        if first == nil { last = nil }
        packet.next = nil
        count -= 1
        byteCount -= packet.byteCount
        return packet
    }
    /// Notes that bytes were taken off the first packet.
    mutating func shrinkFirst(by count: Int) { byteCount -= count }
    package mutating func releaseAll() {
        while let packet = removeFirst() { packet.release() }
    }
}
