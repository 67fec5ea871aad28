internal import Base

/// The options of a TCP header that are made use of (RFC 9293, section 3.2).
package struct TCPOptions: Equatable, Sendable {
    /// MSS (RFC 9293, section 3.7.1).
    package var maximumSegmentSize: UInt16?
    /// The shift count (RFC 7323, section 2.2), at most 14.
    package var windowScale: UInt8?
    /// SACK-Permitted (RFC 2018, section 2).
    package var permitsSelective = false
    /// Timestamps (RFC 7323, section 3.2).
    package var timestamps: TCPTimestamps?
    /// SACK blocks (RFC 2018, section 3).
    package var blocks = InlineArray<4, SequenceRange>(repeating: Self.noRange)
    package var blockCount = 0

    private static let noRange = SequenceRange(
        SequenceNumber(rawValue: 0), SequenceNumber(rawValue: 0))
    private enum Kind {
        static let end: UInt8 = 0
        static let none: UInt8 = 1
        static let maximumSegmentSize: UInt8 = 2
        static let windowScale: UInt8 = 3
        static let permitsSelective: UInt8 = 4
        static let blocks: UInt8 = 5
        static let timestamps: UInt8 = 8
    }

    package init() {}

    /// Reads the options behind a header. What is not known is skipped, and so is a known one of a wrong length, as
    /// Linux does; a length that leads out of the header throws.
    package init(checking bytes: RawSpan) throws(WireFailure) {
        var at = 0
        while at < bytes.byteCount {
            let kind = bytes.byte(at: at)
            if kind == Kind.end { return }
            if kind == Kind.none {
                at += 1
                continue
            }
            guard at + 2 <= bytes.byteCount else { throw .badOption }
            let count = Int(bytes.byte(at: at + 1))
            guard count >= 2, at + count <= bytes.byteCount else { throw .badOption }
            switch (kind, count) {
            case (Kind.maximumSegmentSize, 4):
                maximumSegmentSize = bytes.bigEndian(UInt16.self, at: at + 2)
            case (Kind.windowScale, 3): windowScale = min(bytes.byte(at: at + 2), 14)
            case (Kind.permitsSelective, 2): permitsSelective = true
            case (Kind.timestamps, 10):
                timestamps = TCPTimestamps(
                    value: bytes.bigEndian(UInt32.self, at: at + 2),
                    echo: bytes.bigEndian(UInt32.self, at: at + 6))
            case (Kind.blocks, 10...34) where (count - 2) & 7 == 0:
                blockCount = (count - 2) / 8
                for index in 0..<blockCount {
                    blocks[index] = SequenceRange(
                        SequenceNumber(
                            rawValue: bytes.bigEndian(UInt32.self, at: at + 2 + index * 8)),
                        SequenceNumber(
                            rawValue: bytes.bigEndian(UInt32.self, at: at + 6 + index * 8)))
                }
            default: break
            }
            at += count
        }
    }

    /// Takes one more SACK block where the room that `store` has allows.
    package mutating func append(_ block: SequenceRange) {
        guard blockCount < (timestamps == nil ? 4 : 3) else { return }
        blocks[blockCount] = block
        blockCount += 1
    }
    /// Bytes that `store` takes; a multiple of 4, at most 40.
    package var byteCount: Int {
        var count = 0
        if maximumSegmentSize != nil { count += 4 }
        if windowScale != nil { count += 4 }
        if timestamps != nil { count += 12 }
        if permitsSelective, timestamps == nil { count += 4 }
        if blockCount > 0 { count += 4 + 8 * blockCount }
        return count
    }
    /// Stores the options, aligned to words as in RFC 7323, appendix A.
    package func store(into bytes: inout MutableRawSpan) {
        var at = 0
        if let maximumSegmentSize {
            bytes.storeBigEndian(UInt16(0x0204), at: at)
            bytes.storeBigEndian(maximumSegmentSize, at: at + 2)
            at += 4
        }
        if permitsSelective, timestamps == nil {
            bytes.storeBigEndian(UInt32(0x0101_0402), at: at)
            at += 4
        }
        if let timestamps {
            bytes.storeBigEndian(permitsSelective ? 0x0402_080a : 0x0101_080a as UInt32, at: at)
            bytes.storeBigEndian(timestamps.value, at: at + 4)
            bytes.storeBigEndian(timestamps.echo, at: at + 8)
            at += 12
        }
        if let windowScale {
            bytes.storeBigEndian(0x0103_0300 | UInt32(windowScale), at: at)
            at += 4
        }
        if blockCount > 0 {
            bytes.storeBigEndian(0x0101_0500 | UInt32(2 + 8 * blockCount), at: at)
            at += 4
            for index in 0..<blockCount {
                bytes.storeBigEndian(blocks[index].start.rawValue, at: at)
                bytes.storeBigEndian(blocks[index].end.rawValue, at: at + 4)
                at += 8
            }
        }
    }

    package static func == (a: Self, b: Self) -> Bool {
        guard a.maximumSegmentSize == b.maximumSegmentSize, a.windowScale == b.windowScale,
            a.permitsSelective == b.permitsSelective, a.timestamps == b.timestamps,
            a.blockCount == b.blockCount
        else { return false }
        for index in 0..<a.blockCount where a.blocks[index] != b.blocks[index] { return false }
        return true
    }
}

/// A timestamps option: TSval and TSecr.
package struct TCPTimestamps: Equatable, Sendable {
    package var value: UInt32
    package var echo: UInt32
    package init(value: UInt32, echo: UInt32) {
        self.value = value
        self.echo = echo
    }
}
