internal import Base

/// A header of UDP (RFC 768).
package struct UDPHeader: Equatable, Sendable {
    package static let byteCount = 8
    package static let checksumOffset = 6
    package var sourcePort: UInt16
    package var destinationPort: UInt16
    /// Header and payload.
    package var totalByteCount: Int
    /// Zero: none was made.
    package private(set) var checksum: UInt16 = 0

    package init(from source: UInt16, to destination: UInt16, payloadByteCount: Int) {
        sourcePort = source
        destinationPort = destination
        totalByteCount = Self.byteCount + payloadByteCount
    }
    /// Checks the header against the `available` bytes of the datagram; the checksum is the caller's.
    package init(checking bytes: RawSpan, available: Int) throws(WireFailure) {
        guard bytes.byteCount >= Self.byteCount else { throw .truncated }
        sourcePort = bytes.bigEndian(UInt16.self, at: 0)
        destinationPort = bytes.bigEndian(UInt16.self, at: 2)
        totalByteCount = Int(bytes.bigEndian(UInt16.self, at: 4))
        checksum = bytes.bigEndian(UInt16.self, at: 6)
        guard totalByteCount >= Self.byteCount else { throw .badLength }
        guard totalByteCount <= available else { throw .truncated }
        guard destinationPort != 0 else { throw .badAddress }
    }
    /// Stores the header with a checksum of zero.
    package func store(into bytes: inout MutableRawSpan) {
        bytes.storeBigEndian(sourcePort, at: 0)
        bytes.storeBigEndian(destinationPort, at: 2)
        bytes.storeBigEndian(UInt16(truncatingIfNeeded: totalByteCount), at: 4)
        bytes.storeBigEndian(UInt16(0), at: 6)
    }
}
