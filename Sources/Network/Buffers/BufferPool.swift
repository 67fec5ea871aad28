internal import Base
package import Hardware
internal import Memory

/// The frames that packets lie in: all that the network may ever hold, each counted by who refers to it.
///
/// A buffer is a frame of `BufferPool.bufferByteCount` bytes with a number in this pool. A device fills buffers
/// that it was lent; TCP's queues keep references to parts of them, and so do packets on their way out. The last
/// reference gives the frame back, a few of which are kept. Beyond the pool's limit nothing more is taken:
/// whoever asks drops what it has, or tells the program to wait.
package final class BufferPool {
    package static let bufferByteCount = Page.size

    private struct Slot: BitwiseCopyable {
        var frame: UInt32 = 0
        var references: UInt32 = 0
        /// The next free slot.
        var next: UInt32 = 0
    }
    // Slot 0 is none.
    private var slots: FixedBuffer<Slot>
    private var slotCount = 1
    /// Free slots with a frame, and those without.
    private var firstKept: UInt32 = 0
    private var firstEmpty: UInt32 = 0
    private var keptCount = 0
    private static let keptLimit = 64
    /// Buffers that somebody refers to.
    package private(set) var heldCount = 0
    package let limit: Int
    /// Whether somebody got no buffer since this was last cleared.
    var wasShort = false
    /// Packets that are used again, and how many there are in all.
    private var freePackets: Packet?
    private var freePacketCount = 0
    package private(set) var packetCount = 0
    private let packetLimit: Int
    /// The buffer that headers and small payloads are cut from.
    private var open: Buffer?
    private var openOffset = 0

    /// A pool of at most `limit` buffers; `nil` where there is no memory for its table.
    package init?(limit: Int) {
        guard let slots = FixedBuffer(count: limit + 1, repeating: Slot()) else { return nil }
        self.slots = slots
        self.limit = limit
        packetLimit = limit * 4
    }
    deinit {
        while firstKept != 0 {
            let slot = slots[Int(firstKept)]
            Frames.release(Frame(number: slot.frame))
            firstKept = slot.next
        }
    }

    /// A buffer's number; its holder owns a reference.
    package struct Buffer: Equatable, BitwiseCopyable, Sendable {
        package let number: UInt32
        init(number: UInt32) { self.number = number }
    }

    /// Whether less than a quarter of the pool is left: queues do not grow, windows close.
    package var isUnderPressure: Bool { heldCount > limit - limit / 4 }

    /// A buffer with undefined contents and one reference; `nil` at the limit or without memory.
    package func take() -> Buffer? {
        let buffer = takeFree()
        if buffer == nil { wasShort = true }
        return buffer
    }
    private func takeFree() -> Buffer? {
        if firstKept != 0 {
            let number = firstKept
            firstKept = slots[Int(number)].next
            keptCount -= 1
            slots[Int(number)].references = 1
            heldCount += 1
            return Buffer(number: number)
        }
        guard heldCount < limit, Frames.freeCount > KernelReserve.frames,
            let frame = Frames.allocate()
        else { return nil }
        let number: UInt32
        if firstEmpty != 0 {
            number = firstEmpty
            firstEmpty = slots[Int(number)].next
        } else {
            number = UInt32(slotCount)
            slotCount += 1
        }
        slots[Int(number)] = Slot(frame: frame.number, references: 1)
        heldCount += 1
        return Buffer(number: number)
    }
    package func retain(_ buffer: Buffer) {
        precondition(slots[Int(buffer.number)].references > 0)
        slots[Int(buffer.number)].references += 1
    }
    /// Gives a reference back.
    package func release(_ buffer: Buffer) {
        let index = Int(buffer.number)
        precondition(slots[index].references > 0)
        slots[index].references -= 1
        guard slots[index].references == 0 else { return }
        heldCount -= 1
        if keptCount < Self.keptLimit {
            slots[index].next = firstKept
            firstKept = buffer.number
            keptCount += 1
        } else {
            Frames.release(Frame(number: slots[index].frame))
            slots[index] = Slot(next: firstEmpty)
            firstEmpty = buffer.number
        }
    }
    /// Whether nobody else refers to a buffer.
    package func isSole(_ buffer: Buffer) -> Bool { slots[Int(buffer.number)].references == 1 }
    /// Where a buffer lies, for a device.
    package func frame(of buffer: Buffer) -> Frame {
        precondition(slots[Int(buffer.number)].references > 0)
        return Frame(number: slots[Int(buffer.number)].frame)
    }

    // MARK: Pieces

    func retain(_ piece: Piece) {
        if let frame = piece.foreignFrame { Frames.retain(frame) } else { retain(piece.buffer) }
    }
    func release(_ piece: Piece) {
        if let frame = piece.foreignFrame { Frames.release(frame) } else { release(piece.buffer) }
    }
    /// The frame that a piece lies in.
    package func frame(of piece: Piece) -> Frame { piece.foreignFrame ?? frame(of: piece.buffer) }
    /// Lends a piece's bytes.
    package func withBytes<Result: ~Copyable, Failure: Error>(
        of piece: Piece, _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let start = Int(piece.offset)
        return try frame(of: piece).withBytes { bytes throws(Failure) in
            try body(bytes.extracting(start..<start + Int(piece.count)))
        }
    }
    /// The same for writing. Precondition: they are nobody else's.
    package func withMutableBytes<Result: ~Copyable, Failure: Error>(
        of piece: Piece, _ body: (inout MutableRawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let start = Int(piece.offset)
        return try frame(of: piece).withMutableBytes { bytes throws(Failure) in
            var part = bytes._mutatingExtracting(start..<start + Int(piece.count))
            return try body(&part)
        }
    }
    /// Cuts `count` bytes, aligned to 16, from a buffer that several packets share. Precondition: they
    /// are at most a buffer's.
    func cut(_ count: Int) -> Piece? {
        let rounded = (count + 15) & ~15
        if open == nil || openOffset + rounded > Self.bufferByteCount {
            closeOpen()
            guard let buffer = take() else { return nil }
            open = buffer
            openOffset = 0
        }
        guard let buffer = open else { return nil }
        retain(buffer)
        let piece = Piece(buffer, offset: openOffset, count: count)
        openOffset += rounded
        return piece
    }
    /// Gives up the shared buffer; what was cut from it stays.
    package func closeOpen() {
        if let open { release(open) }
        open = nil
    }

    // MARK: Packets

    /// An empty packet; `nil` where too many are about.
    package func takePacket() -> Packet? {
        if let packet = freePackets {
            freePackets = packet.next
            packet.next = nil
            freePacketCount -= 1
            return packet
        }
        guard packetCount < packetLimit, (try? KernelReserve.admit()) != nil else { return nil }
        packetCount += 1
        return Packet(of: self)
    }
    func putBack(_ packet: Packet) {
        packet.next = freePackets
        freePackets = packet
        freePacketCount += 1
    }
    /// Packets that somebody has.
    package var livePacketCount: Int { packetCount - freePacketCount }
    /// Forgets the free packets, which refer to the pool.
    package func shutDown() {
        closeOpen()
        while let packet = freePackets {
            freePackets = packet.next
            packet.next = nil
            freePacketCount -= 1
            packetCount -= 1
        }
    }
}

/// A part of a buffer, or of a frame of a file that is sent from where it lies.
package struct Piece: BitwiseCopyable, Sendable {
    private static let foreign: UInt32 = 1 << 31
    private let number: UInt32
    package var offset: UInt16
    package var count: UInt16

    package init(_ buffer: BufferPool.Buffer, offset: Int, count: Int) {
        number = buffer.number
        self.offset = UInt16(offset)
        self.count = UInt16(count)
    }
    /// A part of a frame that is none of the pool's; the piece owns a reference of `Frames`.
    package init(foreign frame: Frame, offset: Int, count: Int) {
        number = frame.number | Self.foreign
        self.offset = UInt16(offset)
        self.count = UInt16(count)
    }
    init() {
        number = 0
        offset = 0
        count = 0
    }
    var foreignFrame: Frame? {
        number & Self.foreign != 0 ? Frame(number: number & ~Self.foreign) : nil
    }
    /// Precondition: it is no foreign frame's.
    var buffer: BufferPool.Buffer { BufferPool.Buffer(number: number) }
    /// A part of it, with the same reference.
    func part(_ offset: Int, _ count: Int) -> Piece {
        var part = self
        part.offset += UInt16(offset)
        part.count = UInt16(count)
        return part
    }
}
