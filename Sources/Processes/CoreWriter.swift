internal import Base
internal import Hardware
internal import Memory

/// The bytes of a core file on their way to the host, in pieces of up to 32 KiB, with holes.
///
/// One without an output only counts, to learn how long something will be.
struct CoreWriter: ~Copyable {
    typealias Output = (_ offset: UInt64, _ bytes: RawSpan) -> Void
    private static let pieceByteCount = 32 << 10
    private var piece: FixedBuffer<UInt8>
    private var filled = 0
    private let output: Output?
    /// RLIMIT_CORE: nothing is written beyond.
    private let limit: UInt64
    /// Where the next byte goes.
    private(set) var position: UInt64 = 0

    /// A writer to `output`; `nil` without memory.
    init?(limit: UInt64, _ output: @escaping Output) {
        guard let piece = FixedBuffer<UInt8>(count: Self.pieceByteCount, repeating: 0) else {
            return nil
        }
        self.piece = piece
        self.output = output
        self.limit = limit
    }
    /// A writer that counts; `nil` without memory.
    init?(countingFrom position: UInt64) {
        guard let piece = FixedBuffer<UInt8>(count: 0, repeating: 0) else { return nil }
        self.piece = piece
        output = nil
        limit = .max
        self.position = position
    }

    mutating func append(_ bytes: RawSpan) {
        guard output != nil else {
            position += UInt64(bytes.byteCount)
            return
        }
        var done = 0
        while done < bytes.byteCount {
            let count = min(Self.pieceByteCount - filled, bytes.byteCount - done)
            let start = filled
            var target = piece.mutableBytes
            for index in 0..<count {
                target.storeLittleEndian(bytes.byte(at: done + index), at: start + index)
            }
            filled += count
            position += UInt64(count)
            done += count
            if filled == Self.pieceByteCount { flush() }
        }
    }
    mutating func append(_ value: UInt64) { append(value, byteCount: 8) }
    mutating func append(_ value: UInt32) { append(UInt64(value), byteCount: 4) }
    mutating func append(_ value: UInt16) { append(UInt64(value), byteCount: 2) }
    mutating func append(_ value: UInt64, byteCount: Int) {
        var word = InlineArray<8, UInt8>(repeating: 0)
        var span = word.mutableSpan
        var bytes = span.mutableRaw
        bytes.storeLittleEndian(value, at: 0)
        append(word.span.raw.extracting(first: byteCount))
    }
    mutating func append(zeroes count: Int) {
        for _ in 0..<count { append(0, byteCount: 1) }
    }
    /// Appends zeroes up to a multiple of 4, as notes are aligned.
    mutating func alignNote() { append(zeroes: Int(3 & (0 &- position))) }

    /// Appends a page's contents.
    mutating func append(_ frame: Frame) {
        if filled > Self.pieceByteCount - Page.size { flush() }
        let start = filled
        var target = piece.mutableBytes
        frame.copyOut(at: 0, count: Page.size, into: &target, at: start)
        filled += Page.size
        position += UInt64(Page.size)
    }
    /// Goes on at `offset`; what is between is a hole. Precondition: not before `position`.
    mutating func skip(to offset: UInt64) {
        guard offset > position else { return }
        flush()
        position = offset
    }
    mutating func flush() {
        guard filled > 0, let output else { return }
        let start = position - UInt64(filled)
        let count = filled
        filled = 0
        guard start < limit else { return }
        output(start, piece.bytes.extracting(first: Int(min(UInt64(count), limit - start))))
    }
}

/// Room for one note of a core file.
final class CoreNote {
    /// The longest note but the list of files: extended state.
    static let byteCount = 4096
    /// Taken out while it is used.
    private var buffer: FixedBuffer<UInt8>?

    /// `nil` without memory.
    init?() {
        buffer = FixedBuffer<UInt8>(count: Self.byteCount, repeating: 0)
        if buffer == nil { return nil }
    }
    /// Lets `body` fill the room, which is zeroed before.
    func fill(_ body: (inout MutableRawSpan) -> Void) {
        guard var taken = buffer.take() else { return }
        for index in 0..<Self.byteCount { taken[index] = 0 }
        do {
            var bytes = taken.mutableBytes
            body(&bytes)
        }
        buffer = consume taken
    }
    /// Lets `body` write a text into the room; returns its length.
    func write(_ body: (inout TextBuffer) -> Void) -> Int {
        var count = 0
        fill { bytes in
            var text = TextBuffer(into: bytes._mutatingExtracting(0..<Self.byteCount))
            body(&text)
            count = text.writtenCount
        }
        return count
    }
    func append(first count: Int, to writer: inout CoreWriter) {
        guard var taken = buffer.take() else { return }
        do {
            let bytes = taken.mutableBytes
            writer.append(bytes.bytes.extracting(first: count))
        }
        buffer = consume taken
    }
}
