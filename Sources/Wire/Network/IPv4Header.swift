internal import Base

/// A header of IPv4 (RFC 791, section 3.1). Options are skipped, as RFC 7126 allows hosts.
package struct IPv4Header: Equatable, Sendable {
    /// Without options.
    package static let byteCount = 20
    /// Bytes of this header, options included.
    package private(set) var headerByteCount = byteCount
    package var totalByteCount: Int
    package var trafficClass: UInt8 = 0
    package var identification: UInt16 = 0
    package var mayNotBeFragmented = false
    package var hasMoreFragments = false
    /// In bytes; a multiple of 8.
    package var fragmentOffset = 0
    package var timeToLive: UInt8 = 64
    package var number: IPProtocol
    package var source: IPv4Address
    package var destination: IPv4Address

    package var payloadByteCount: Int { totalByteCount - headerByteCount }
    package var isFragment: Bool { hasMoreFragments || fragmentOffset > 0 }

    package init(
        _ number: IPProtocol, from source: IPv4Address, to destination: IPv4Address,
        payloadByteCount: Int
    ) {
        self.number = number
        self.source = source
        self.destination = destination
        totalByteCount = Self.byteCount + payloadByteCount
    }
    /// Checks the header at the start of `bytes` and that what it says fits into `available` bytes.
    package init(checking bytes: RawSpan, available: Int) throws(WireFailure) {
        guard bytes.byteCount >= Self.byteCount else { throw .truncated }
        guard bytes.byte(at: 0) >> 4 == 4 else { throw .badVersion }
        headerByteCount = Int(bytes.byte(at: 0) & 15) * 4
        totalByteCount = Int(bytes.bigEndian(UInt16.self, at: 2))
        guard headerByteCount >= Self.byteCount, totalByteCount >= headerByteCount else {
            throw .badLength
        }
        guard bytes.byteCount >= headerByteCount, available >= totalByteCount else {
            throw .truncated
        }
        var checksum = InternetChecksum()
        checksum.add(bytes.extracting(first: headerByteCount))
        guard checksum.value == 0 else { throw .badChecksum }
        trafficClass = bytes.byte(at: 1)
        identification = bytes.bigEndian(UInt16.self, at: 4)
        let fragment = bytes.bigEndian(UInt16.self, at: 6)
        mayNotBeFragmented = fragment & 0x4000 != 0
        hasMoreFragments = fragment & 0x2000 != 0
        fragmentOffset = Int(fragment & 0x1fff) * 8
        timeToLive = bytes.byte(at: 8)
        number = IPProtocol(rawValue: bytes.byte(at: 9))
        source = IPv4Address(rawValue: bytes.bigEndian(UInt32.self, at: 12))
        destination = IPv4Address(rawValue: bytes.bigEndian(UInt32.self, at: 16))
        // RFC 791: what is not the last fragment has a multiple of 8 bytes; RFC 3128: none ends beyond 64 KiB.
        guard fragmentOffset + payloadByteCount <= 65_535 - Self.byteCount else { throw .badLength }
        guard !hasMoreFragments || (payloadByteCount & 7 == 0 && payloadByteCount > 0) else {
            throw .badLength
        }
    }
    /// Stores the header with its checksum, without options.
    package func store(into bytes: inout MutableRawSpan) {
        bytes.storeBigEndian(UInt16(0x4500) | UInt16(trafficClass), at: 0)
        bytes.storeBigEndian(UInt16(truncatingIfNeeded: totalByteCount), at: 2)
        bytes.storeBigEndian(identification, at: 4)
        let fragment =
            UInt16(truncatingIfNeeded: fragmentOffset >> 3) & 0x1fff
            | (mayNotBeFragmented ? 0x4000 : 0) | (hasMoreFragments ? 0x2000 : 0)
        bytes.storeBigEndian(fragment, at: 6)
        bytes.storeLittleEndian(timeToLive, at: 8)
        bytes.storeLittleEndian(number.rawValue, at: 9)
        bytes.storeBigEndian(UInt16(0), at: 10)
        bytes.storeBigEndian(source.rawValue, at: 12)
        bytes.storeBigEndian(destination.rawValue, at: 16)
        var checksum = InternetChecksum()
        checksum.add(bytes.bytes.extracting(first: Self.byteCount))
        bytes.storeBigEndian(checksum.value, at: 10)
    }
}
