internal import Base

/// A number of TCP's circle of sequence numbers (RFC 9293, section 3.4).
package struct SequenceNumber: Equatable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static func + (a: Self, count: Int) -> Self {
        Self(rawValue: a.rawValue &+ UInt32(truncatingIfNeeded: count))
    }
    /// How far `a` lies behind `b` on the shorter way; negative where it lies before.
    package static func - (a: Self, b: Self) -> Int {
        Int(Int32(bitPattern: a.rawValue &- b.rawValue))
    }
    package static func < (a: Self, b: Self) -> Bool { a - b < 0 }
    package static func <= (a: Self, b: Self) -> Bool { a - b <= 0 }
    package static func > (a: Self, b: Self) -> Bool { a - b > 0 }
    package static func >= (a: Self, b: Self) -> Bool { a - b >= 0 }
    package static func later(_ a: Self, _ b: Self) -> Self { a < b ? b : a }
    package static func earlier(_ a: Self, _ b: Self) -> Self { a < b ? a : b }
}

/// A range of sequence numbers, as a SACK block has it (RFC 2018, section 3).
package struct SequenceRange: Equatable, Sendable {
    package var start: SequenceNumber
    package var end: SequenceNumber
    package init(_ start: SequenceNumber, _ end: SequenceNumber) {
        self.start = start
        self.end = end
    }
    package var count: Int { end - start }
}

/// Control bits (RFC 9293, section 3.1).
package struct TCPFlags: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let finish = Self(rawValue: 0x01)
    package static let synchronize = Self(rawValue: 0x02)
    package static let reset = Self(rawValue: 0x04)
    package static let push = Self(rawValue: 0x08)
    package static let acknowledge = Self(rawValue: 0x10)
    package static let urgent = Self(rawValue: 0x20)
    /// ECE (RFC 3168)
    package static let congestionEcho = Self(rawValue: 0x40)
    /// CWR (RFC 3168)
    package static let windowReduced = Self(rawValue: 0x80)
}

/// A header of TCP (RFC 9293, section 3.1) without its options.
package struct TCPHeader: Equatable, Sendable {
    package static let byteCount = 20
    package static let maximumByteCount = 60
    package static let checksumOffset = 16
    package var sourcePort: UInt16
    package var destinationPort: UInt16
    package var sequence: SequenceNumber
    package var acknowledgment: SequenceNumber
    /// With options.
    package var headerByteCount = byteCount
    package var flags: TCPFlags
    /// As it stands in the header, not scaled.
    package var window: UInt16
    package var urgentPointer: UInt16 = 0

    package init(
        from source: UInt16, to destination: UInt16, _ flags: TCPFlags, sequence: SequenceNumber,
        acknowledgment: SequenceNumber, window: UInt16
    ) {
        sourcePort = source
        destinationPort = destination
        self.flags = flags
        self.sequence = sequence
        self.acknowledgment = acknowledgment
        self.window = window
    }
    /// Checks the header; the checksum and the options are the caller's.
    package init(checking bytes: RawSpan) throws(WireFailure) {
        guard bytes.byteCount >= Self.byteCount else { throw .truncated }
        sourcePort = bytes.bigEndian(UInt16.self, at: 0)
        destinationPort = bytes.bigEndian(UInt16.self, at: 2)
        sequence = SequenceNumber(rawValue: bytes.bigEndian(UInt32.self, at: 4))
        acknowledgment = SequenceNumber(rawValue: bytes.bigEndian(UInt32.self, at: 8))
        headerByteCount = Int(bytes.byte(at: 12) >> 4) * 4
        flags = TCPFlags(rawValue: bytes.byte(at: 13))
        window = bytes.bigEndian(UInt16.self, at: 14)
        urgentPointer = bytes.bigEndian(UInt16.self, at: 18)
        guard headerByteCount >= Self.byteCount else { throw .badLength }
        guard headerByteCount <= bytes.byteCount else { throw .truncated }
        guard sourcePort != 0, destinationPort != 0 else { throw .badAddress }
    }
    /// Stores the header with a checksum of zero.
    package func store(into bytes: inout MutableRawSpan) {
        bytes.storeBigEndian(sourcePort, at: 0)
        bytes.storeBigEndian(destinationPort, at: 2)
        bytes.storeBigEndian(sequence.rawValue, at: 4)
        bytes.storeBigEndian(acknowledgment.rawValue, at: 8)
        bytes.storeLittleEndian(UInt8(truncatingIfNeeded: headerByteCount << 2), at: 12)
        bytes.storeLittleEndian(flags.rawValue, at: 13)
        bytes.storeBigEndian(window, at: 14)
        bytes.storeBigEndian(UInt16(0), at: 16)
        bytes.storeBigEndian(urgentPointer, at: 18)
    }
}
