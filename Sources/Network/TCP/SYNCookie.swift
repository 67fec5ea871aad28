internal import Base
internal import Wire

/// A handshake without memory (RFC 4987, section 3.6): what a SYN said lies in our sequence number and timestamp.
///
/// The number: 5 bits of the minute, 3 of the segments' size, 24 of a keyed hash over the flow, the other side's
/// number, the minute and the size. The timestamp's low 6 bits: the window's scale (15: none), SACK.
enum SYNCookie {
    static let minute = Nanoseconds.seconds(64)
    private static let stampMask: UInt32 = 63
    private static let noScale: UInt32 = 15

    /// Sizes that can be remembered; the largest that is not larger is taken.
    static func size(_ index: Int) -> UInt16 {
        switch index {
        case 0: 536
        case 1: 1220
        case 2: 1300
        case 3: 1400
        case 4: 1440
        case 5: 1460
        case 6: 4312
        default: 8960
        }
    }
    static func index(_ size: UInt16) -> Int {
        var index = 7
        while index > 0, Self.size(index) > size { index -= 1 }
        return index
    }
    /// A timestamp not later than `now` that carries what the other side can do.
    static func stamp(_ now: UInt32, carrying options: TCPOptions, window: UInt8) -> UInt32 {
        let scale = options.windowScale.map { UInt32($0) } ?? noScale
        let bits = scale | (options.permitsSelective ? 16 : 0)
        let stamp = now & ~stampMask | bits
        return Int32(bitPattern: stamp &- now) > 0 ? stamp &- 64 : stamp
    }
    static func restore(_ options: inout TCPOptions, from stamp: UInt32) {
        let scale = stamp & 15
        if scale != noScale { options.windowScale = min(UInt8(scale), 14) }
        options.permitsSelective = stamp & 16 != 0
    }
}

extension NetworkStack {
    private func mark(_ flow: Flow, _ number: SequenceNumber, _ minute: Int64, _ index: Int)
        -> UInt32
    {
        let more = UInt64(number.rawValue) << 32 | UInt64(UInt32(truncatingIfNeeded: minute)) << 3
        return UInt32(truncatingIfNeeded: cookieHash.hash(flow, more | UInt64(index))) & 0xff_ffff
    }
    /// The number of our SYN-ACK.
    func cookie(for segment: TCPSegment) -> SequenceNumber {
        let minute = now.rawValue / SYNCookie.minute.rawValue
        let index = SYNCookie.index(segment.options.maximumSegmentSize ?? 536)
        let mark = mark(segment.flow, segment.header.sequence, minute, index)
        return SequenceNumber(
            rawValue: UInt32(truncatingIfNeeded: minute & 31) << 27 | UInt32(index) << 24 | mark)
    }
    /// The segments' size that an acknowledged cookie holds; `nil` where it is none of ours, or too old.
    func checkCookie(_ segment: TCPSegment) -> UInt16? {
        let cookie = (segment.header.acknowledgment + -1).rawValue
        let number = segment.header.sequence + -1
        let minute = now.rawValue / SYNCookie.minute.rawValue
        let age = (minute - Int64(cookie >> 27)) & 31
        guard age < 2 else { return nil }
        let index = Int(cookie >> 24 & 7)
        guard mark(segment.flow, number, minute - age, index) == cookie & 0xff_ffff else {
            return nil
        }
        return SYNCookie.size(index)
    }
}
