internal import Base

/// A neighbour solicitation or advertisement (RFC 4861, sections 4.3 and 4.4).
package struct NeighborMessage: Equatable, Sendable {
    /// Without options, with the ICMPv6 header.
    package static let byteCount = 24
    /// With the one option that a host sends.
    package static let byteCountWithAddress = 32
    package enum Kind: Sendable {
        case solicitation
        case advertisement
    }
    package let kind: Kind
    package let target: IPAddress
    package var isRouter = false
    package var isSolicited = false
    package var overrides = false
    /// The source's or target's link-layer address option.
    package var address: MACAddress?

    package init(_ kind: Kind, of target: IPAddress, address: MACAddress?) {
        self.kind = kind
        self.target = target
        self.address = address
    }
    /// Checks all but the hop limit and the checksum (RFC 4861, sections 7.1.1 and 7.1.2).
    package init(checking bytes: RawSpan) throws(WireFailure) {
        guard bytes.byteCount >= Self.byteCount else { throw .truncated }
        guard bytes.byte(at: 1) == 0 else { throw .notUnderstood }
        target = IPAddress(bytes, at: 8)
        guard !target.isMulticast else { throw .badAddress }
        switch bytes.byte(at: 0) {
        case ICMPv6Type.neighborSolicitation: kind = .solicitation
        case ICMPv6Type.neighborAdvertisement:
            kind = .advertisement
            let flags = bytes.byte(at: 4)
            isRouter = flags & 0x80 != 0
            isSolicited = flags & 0x40 != 0
            overrides = flags & 0x20 != 0
        default: throw .notUnderstood
        }
        var options = NeighborOptions(bytes.extracting(droppingFirst: Self.byteCount))
        let wanted: UInt8 = kind == .solicitation ? 1 : 2
        while let option = try options.next() {
            if option.type == wanted { address = option.linkAddress }
        }
    }
    /// Stores the message with a checksum of zero. Precondition: there is room for the option, if any.
    package func store(into bytes: inout MutableRawSpan) {
        let type =
            kind == .solicitation
            ? ICMPv6Type.neighborSolicitation : ICMPv6Type.neighborAdvertisement
        let flags: UInt32 =
            (isRouter ? 1 << 31 : 0) | (isSolicited ? 1 << 30 : 0) | (overrides ? 1 << 29 : 0)
        ICMPHeader(type: type, code: 0, rest: flags).store(into: &bytes)
        target.store(into: &bytes, at: 8)
        guard let address else { return }
        bytes.storeBigEndian(UInt16(kind == .solicitation ? 0x0101 : 0x0201), at: 24)
        address.store(into: &bytes, at: 26)
    }
}

/// Options of neighbour discovery (RFC 4861, section 4.6), one after the other.
package struct NeighborOptions: ~Escapable {
    private let bytes: RawSpan
    private var offset = 0

    package struct Option: ~Escapable {
        package let type: UInt8
        /// The whole option, of 8 bytes or more.
        package let bytes: RawSpan
        @_lifetime(copy bytes)
        fileprivate init(type: UInt8, bytes: RawSpan) {
            self.type = type
            self.bytes = bytes
        }
        /// Of a link-layer address option: the address.
        package var linkAddress: MACAddress? { MACAddress(bytes, at: 2) }
    }
    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan) { self.bytes = bytes }

    /// The next option, `nil` at the end; one of no length throws.
    @_lifetime(copy self)
    package mutating func next() throws(WireFailure) -> Option? {
        guard offset < bytes.byteCount else { return nil }
        guard offset + 8 <= bytes.byteCount else { throw .truncated }
        let count = Int(bytes.byte(at: offset + 1)) * 8
        guard count > 0 else { throw .badOption }
        guard offset + count <= bytes.byteCount else { throw .truncated }
        let option = Option(
            type: bytes.byte(at: offset), bytes: bytes.extracting(offset..<offset + count))
        offset += count
        return option
    }
}

/// A router advertisement (RFC 4861, section 4.2): what a host makes use of.
package struct RouterAdvertisement: Sendable {
    package static let byteCount = 16
    /// Prefixes that are read; more are ignored.
    package static let prefixLimit = 4
    package let hopLimit: UInt8
    /// Seconds for which the router may be a default one; 0: it is none.
    package let lifetimeSeconds: UInt16
    package private(set) var router: MACAddress?
    package private(set) var mtu: Int?
    package private(set) var prefixes = BoundedList<4, IPv6Prefix>()
    /// Recursive DNS servers (RFC 8106, section 5.1).
    package private(set) var servers = BoundedList<3, IPAddress>()

    /// Checks all but hop limit, source and checksum (RFC 4861, section 6.1.2).
    package init(checking bytes: RawSpan) throws(WireFailure) {
        guard bytes.byteCount >= Self.byteCount else { throw .truncated }
        guard bytes.byte(at: 0) == ICMPv6Type.routerAdvertisement, bytes.byte(at: 1) == 0 else {
            throw .notUnderstood
        }
        hopLimit = bytes.byte(at: 4)
        lifetimeSeconds = bytes.bigEndian(UInt16.self, at: 6)
        var options = NeighborOptions(bytes.extracting(droppingFirst: Self.byteCount))
        while let option = try options.next() {
            switch option.type {
            case 1: router = option.linkAddress
            case 3:
                guard option.bytes.byteCount == 32 else { throw .badOption }
                prefixes.append(IPv6Prefix(option.bytes))
            case 5:
                let value = option.bytes.bigEndian(UInt32.self, at: 4)
                // RFC 8200, section 5: no link has less; what is absurd is not taken.
                if value >= 1280, value <= 65_535 { mtu = Int(value) }
            case 25:
                var at = 8
                while at + IPAddress.byteCount <= option.bytes.byteCount {
                    servers.append(IPAddress(option.bytes, at: at))
                    at += IPAddress.byteCount
                }
            default: break
            }
        }
    }
}

/// A prefix information option (RFC 4861, section 4.6.2).
package struct IPv6Prefix: Equatable, Sendable {
    package let prefix: IPAddress
    package let bitCount: Int
    package let isOnLink: Bool
    /// Whether hosts make addresses of it (RFC 4862, section 5.5.3).
    package let isAutonomous: Bool
    package let validSeconds: UInt32
    package let preferredSeconds: UInt32

    /// Precondition: there are 32 bytes.
    init(_ bytes: RawSpan) {
        bitCount = min(Int(bytes.byte(at: 2)), 128)
        isOnLink = bytes.byte(at: 3) & 0x80 != 0
        isAutonomous = bytes.byte(at: 3) & 0x40 != 0
        validSeconds = bytes.bigEndian(UInt32.self, at: 4)
        preferredSeconds = bytes.bigEndian(UInt32.self, at: 8)
        prefix = IPAddress(bytes, at: 16)
    }
}
