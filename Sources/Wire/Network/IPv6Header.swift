internal import Base

/// A header of IPv6 (RFC 8200, section 3).
package struct IPv6Header: Equatable, Sendable {
    package static let byteCount = 40
    package var payloadByteCount: Int
    package var trafficClass: UInt8 = 0
    package var flowLabel: UInt32 = 0
    package var hopLimit: UInt8 = 64
    package var next: IPProtocol
    package var source: IPAddress
    package var destination: IPAddress

    package init(
        _ next: IPProtocol, from source: IPAddress, to destination: IPAddress,
        payloadByteCount: Int
    ) {
        self.next = next
        self.source = source
        self.destination = destination
        self.payloadByteCount = payloadByteCount
    }
    /// Checks the header at the start of `bytes` and that its payload fits into `available` bytes.
    package init(checking bytes: RawSpan, available: Int) throws(WireFailure) {
        guard bytes.byteCount >= Self.byteCount else { throw .truncated }
        let first = bytes.bigEndian(UInt32.self, at: 0)
        guard first >> 28 == 6 else { throw .badVersion }
        trafficClass = UInt8(truncatingIfNeeded: first >> 20)
        flowLabel = first & 0xf_ffff
        payloadByteCount = Int(bytes.bigEndian(UInt16.self, at: 4))
        guard available >= Self.byteCount + payloadByteCount else { throw .truncated }
        next = IPProtocol(rawValue: bytes.byte(at: 6))
        hopLimit = bytes.byte(at: 7)
        source = IPAddress(bytes, at: 8)
        destination = IPAddress(bytes, at: 24)
        // RFC 4291, sections 2.7 and 2.5.5.2: no group sends; mapped addresses are not for the wire.
        guard !source.isMulticast, !source.isV4, !destination.isV4 else { throw .badAddress }
    }
    package func store(into bytes: inout MutableRawSpan) {
        bytes.storeBigEndian(
            6 << 28 | UInt32(trafficClass) << 20 | flowLabel & 0xf_ffff, at: 0)
        bytes.storeBigEndian(UInt16(truncatingIfNeeded: payloadByteCount), at: 4)
        bytes.storeLittleEndian(next.rawValue, at: 6)
        bytes.storeLittleEndian(hopLimit, at: 7)
        source.store(into: &bytes, at: 8)
        destination.store(into: &bytes, at: 24)
    }
}

/// The extension headers that lie between an IPv6 header and what it carries (RFC 8200, section 4).
package struct IPv6Extensions: Equatable, Sendable {
    /// What follows, and where it begins.
    package private(set) var next: IPProtocol
    package private(set) var byteCount = 0
    /// The fragment header, if there is one: nothing behind it has been looked at.
    package private(set) var fragment: IPv6Fragment?

    /// Headers of one packet; more are an attack.
    private static let limit = 8

    /// Walks over the extension headers at the start of a payload.
    package init(checking bytes: RawSpan, first: IPProtocol) throws(WireFailure) {
        next = first
        for index in 0...Self.limit {
            switch next {
            case .hopByHop where index > 0: throw .badOption
            case .hopByHop, .destinationOptions:
                guard bytes.byteCount >= byteCount + 8 else { throw .truncated }
                let count = Int(bytes.byte(at: byteCount + 1)) * 8 + 8
                guard bytes.byteCount >= byteCount + count else { throw .truncated }
                try Self.check(options: bytes.extracting(byteCount + 2..<byteCount + count))
                next = IPProtocol(rawValue: bytes.byte(at: byteCount))
                byteCount += count
            case .routing:
                guard bytes.byteCount >= byteCount + 8 else { throw .truncated }
                let count = Int(bytes.byte(at: byteCount + 1)) * 8 + 8
                guard bytes.byteCount >= byteCount + count else { throw .truncated }
                // RFC 8200, section 4.4; RFC 5095: routes are not followed.
                guard bytes.byte(at: byteCount + 3) == 0 else { throw .badOption }
                next = IPProtocol(rawValue: bytes.byte(at: byteCount))
                byteCount += count
            case .fragment:
                guard bytes.byteCount >= byteCount + IPv6Fragment.byteCount else {
                    throw .truncated
                }
                fragment = IPv6Fragment(bytes.extracting(droppingFirst: byteCount))
                byteCount += IPv6Fragment.byteCount
                return
            default: return
            }
        }
        throw .badOption
    }
    /// Options that a host does not know and may not skip drop the packet (RFC 8200, section 4.2).
    private static func check(options bytes: RawSpan) throws(WireFailure) {
        var at = 0
        while at < bytes.byteCount {
            let type = bytes.byte(at: at)
            guard type != 0 else {
                at += 1
                continue
            }
            guard at + 2 <= bytes.byteCount else { throw .badOption }
            at += 2 + Int(bytes.byte(at: at + 1))
            guard at <= bytes.byteCount else { throw .badOption }
            guard type >> 6 == 0 else { throw .notUnderstood }
        }
    }
}

/// A fragment header (RFC 8200, section 4.5).
package struct IPv6Fragment: Equatable, Sendable {
    package static let byteCount = 8
    package let next: IPProtocol
    package let offset: Int
    package let hasMore: Bool
    package let identification: UInt32

    /// Precondition: there are eight bytes.
    init(_ bytes: RawSpan) {
        next = IPProtocol(rawValue: bytes.byte(at: 0))
        let word = bytes.bigEndian(UInt16.self, at: 2)
        offset = Int(word & 0xfff8)
        hasMore = word & 1 != 0
        identification = bytes.bigEndian(UInt32.self, at: 4)
    }
    package static func store(
        _ next: IPProtocol, offset: Int, hasMore: Bool, _ identification: UInt32,
        into bytes: inout MutableRawSpan
    ) {
        bytes.storeBigEndian(UInt16(next.rawValue) << 8, at: 0)
        bytes.storeBigEndian(
            UInt16(truncatingIfNeeded: offset) & 0xfff8 | (hasMore ? 1 : 0), at: 2)
        bytes.storeBigEndian(identification, at: 4)
    }
}
