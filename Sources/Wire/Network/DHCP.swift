internal import Base

/// A message of DHCP (RFC 2131, section 2; options: RFC 2132) as a client needs it.
package struct DHCPMessage: Equatable, Sendable {
    package static let serverPort: UInt16 = 67
    package static let clientPort: UInt16 = 68
    /// op to file, then the magic cookie.
    private static let fixedByteCount = 240
    private static let cookie: UInt32 = 0x6382_5363
    /// What `store` needs at most; RFC 2131 asks that 576 bytes of IP be enough.
    package static let maximumByteCount = 400

    package enum Kind: UInt8, Sendable {
        case discover = 1
        case offer = 2
        case request = 3
        case decline = 4
        case acknowledgment = 5
        case refusal = 6
        case release = 7
    }
    package var kind: Kind
    package var isReply = false
    package var transaction: UInt32
    package var secondsElapsed: UInt16 = 0
    /// ciaddr
    package var clientAddress = IPv4Address.any
    /// yiaddr
    package var yourAddress = IPv4Address.any
    package var hardware: MACAddress
    // Options.
    package var mask: IPv4Address?
    package var router: IPv4Address?
    package var servers = BoundedList<3, IPv4Address>()
    package var mtu: Int?
    package var requestedAddress: IPv4Address?
    package var leaseSeconds: UInt32?
    package var renewalSeconds: UInt32?
    package var rebindingSeconds: UInt32?
    package var server: IPv4Address?

    private enum Option {
        static let pad: UInt8 = 0
        static let mask: UInt8 = 1
        static let router: UInt8 = 3
        static let servers: UInt8 = 6
        static let hostName: UInt8 = 12
        static let mtu: UInt8 = 26
        static let requestedAddress: UInt8 = 50
        static let lease: UInt8 = 51
        static let overload: UInt8 = 52
        static let kind: UInt8 = 53
        static let server: UInt8 = 54
        static let parameters: UInt8 = 55
        static let renewal: UInt8 = 58
        static let rebinding: UInt8 = 59
        static let clientIdentifier: UInt8 = 61
        static let end: UInt8 = 255
    }

    package init(_ kind: Kind, transaction: UInt32, hardware: MACAddress) {
        self.kind = kind
        self.transaction = transaction
        self.hardware = hardware
    }
    /// Reads a message of either direction; options that are not known are skipped.
    package init(checking bytes: RawSpan) throws(WireFailure) {
        guard bytes.byteCount >= Self.fixedByteCount else { throw .truncated }
        guard bytes.bigEndian(UInt32.self, at: 236) == Self.cookie else { throw .notUnderstood }
        // Ethernet, six bytes.
        guard bytes.bigEndian(UInt16.self, at: 1) == 0x0106 else { throw .notUnderstood }
        switch bytes.byte(at: 0) {
        case 1: isReply = false
        case 2: isReply = true
        default: throw .notUnderstood
        }
        transaction = bytes.bigEndian(UInt32.self, at: 4)
        secondsElapsed = bytes.bigEndian(UInt16.self, at: 8)
        clientAddress = IPv4Address(rawValue: bytes.bigEndian(UInt32.self, at: 12))
        yourAddress = IPv4Address(rawValue: bytes.bigEndian(UInt32.self, at: 16))
        hardware = MACAddress(bytes, at: 28)
        kind = .discover
        var parts = Parts()
        try read(bytes.extracting(droppingFirst: Self.fixedByteCount), &parts)
        // RFC 2132, section 9.3: fields that hold options too.
        if parts.overload & 1 != 0 { try read(bytes.extracting(108..<236), &parts) }
        if parts.overload & 2 != 0 { try read(bytes.extracting(44..<108), &parts) }
        guard parts.hasKind else { throw .notUnderstood }
    }
    private struct Parts {
        var hasKind = false
        var overload: UInt8 = 0
    }
    private mutating func read(_ bytes: RawSpan, _ parts: inout Parts) throws(WireFailure) {
        var at = 0
        while at < bytes.byteCount {
            let option = bytes.byte(at: at)
            if option == Option.end { return }
            if option == Option.pad {
                at += 1
                continue
            }
            guard at + 2 <= bytes.byteCount else { throw .badOption }
            let count = Int(bytes.byte(at: at + 1))
            guard at + 2 + count <= bytes.byteCount else { throw .badOption }
            try read(option, bytes.extracting(at + 2..<at + 2 + count), &parts)
            at += 2 + count
        }
    }
    private mutating func read(
        _ option: UInt8, _ value: RawSpan, _ parts: inout Parts
    ) throws(WireFailure) {
        let count = value.byteCount
        switch option {
        case Option.mask, Option.router, Option.requestedAddress, Option.server, Option.lease,
            Option.renewal, Option.rebinding, Option.servers:
            guard count >= 4 else { throw .badOption }
        case Option.mtu: guard count == 2 else { throw .badOption }
        case Option.kind, Option.overload: guard count == 1 else { throw .badOption }
        default: return
        }
        func word() -> UInt32 { value.bigEndian(UInt32.self, at: 0) }
        switch option {
        case Option.mask: mask = IPv4Address(rawValue: word())
        case Option.router: router = IPv4Address(rawValue: word())
        case Option.requestedAddress: requestedAddress = IPv4Address(rawValue: word())
        case Option.server: server = IPv4Address(rawValue: word())
        case Option.lease: leaseSeconds = word()
        case Option.renewal: renewalSeconds = word()
        case Option.rebinding: rebindingSeconds = word()
        case Option.servers:
            for index in 0..<count / 4 {
                servers.append(
                    IPv4Address(rawValue: value.bigEndian(UInt32.self, at: index * 4)))
            }
        case Option.mtu: mtu = Int(value.bigEndian(UInt16.self, at: 0))
        case Option.overload: parts.overload |= value.byte(at: 0)
        case Option.kind:
            guard let kind = Kind(rawValue: value.byte(at: 0)) else { throw .notUnderstood }
            self.kind = kind
            parts.hasKind = true
        default: break
        }
    }

    /// Stores the message with the options that are set, and returns its length. Precondition: `bytes` has
    /// `maximumByteCount` bytes of zero.
    package func store(into bytes: inout MutableRawSpan) -> Int {
        bytes.storeBigEndian(isReply ? 0x0201_0600 : 0x0101_0600 as UInt32, at: 0)
        bytes.storeBigEndian(transaction, at: 4)
        bytes.storeBigEndian(secondsElapsed, at: 8)
        // Who has no address asks for answers to all (section 4.1, BROADCAST).
        bytes.storeBigEndian(
            UInt16(!isReply && clientAddress == .any ? 0x8000 : 0), at: 10)
        bytes.storeBigEndian(clientAddress.rawValue, at: 12)
        bytes.storeBigEndian(yourAddress.rawValue, at: 16)
        hardware.store(into: &bytes, at: 28)
        bytes.storeBigEndian(Self.cookie, at: 236)
        var at = Self.fixedByteCount
        func put(_ option: UInt8, byte value: UInt8) {
            bytes.storeLittleEndian(option, at: at)
            bytes.storeLittleEndian(UInt8(1), at: at + 1)
            bytes.storeLittleEndian(value, at: at + 2)
            at += 3
        }
        func put(_ option: UInt8, word value: UInt32?) {
            guard let value else { return }
            bytes.storeLittleEndian(option, at: at)
            bytes.storeLittleEndian(UInt8(4), at: at + 1)
            bytes.storeBigEndian(value, at: at + 2)
            at += 6
        }
        put(Option.kind, byte: kind.rawValue)
        put(Option.mask, word: mask?.rawValue)
        put(Option.router, word: router?.rawValue)
        put(Option.requestedAddress, word: requestedAddress?.rawValue)
        put(Option.server, word: server?.rawValue)
        put(Option.lease, word: leaseSeconds)
        put(Option.renewal, word: renewalSeconds)
        put(Option.rebinding, word: rebindingSeconds)
        if let mtu {
            bytes.storeBigEndian(UInt16(Option.mtu) << 8 | 2, at: at)
            bytes.storeBigEndian(UInt16(truncatingIfNeeded: mtu), at: at + 2)
            at += 4
        }
        if servers.count > 0 {
            bytes.storeBigEndian(
                UInt16(Option.servers) << 8 | UInt16(servers.count * 4), at: at)
            at += 2
            for index in 0..<servers.count {
                bytes.storeBigEndian(servers[index]?.rawValue ?? 0, at: at)
                at += 4
            }
        }
        if !isReply, kind == .discover || kind == .request {
            // RFC 2131, section 4.3.1: what the client would like to be told.
            bytes.storeBigEndian(UInt16(Option.parameters) << 8 | 6, at: at)
            let wanted: [6 of UInt8] = [
                Option.mask, Option.router, Option.servers, Option.mtu, Option.renewal,
                Option.rebinding,
            ]
            for index in 0..<6 { bytes.storeLittleEndian(wanted[index], at: at + 2 + index) }
            at += 8
        }
        if !isReply {
            bytes.storeBigEndian(UInt16(Option.clientIdentifier) << 8 | 7, at: at)
            bytes.storeLittleEndian(UInt8(1), at: at + 2)
            hardware.store(into: &bytes, at: at + 3)
            at += 9
        }
        bytes.storeLittleEndian(Option.end, at: at)
        // BOOTP relays drop what is shorter (RFC 1542, section 2.1).
        return max(at + 1, 300)
    }

    package static func == (a: Self, b: Self) -> Bool {
        guard a.kind == b.kind, a.isReply == b.isReply, a.transaction == b.transaction,
            a.clientAddress == b.clientAddress, a.yourAddress == b.yourAddress,
            a.hardware == b.hardware, a.mask == b.mask, a.router == b.router, a.mtu == b.mtu,
            a.requestedAddress == b.requestedAddress, a.leaseSeconds == b.leaseSeconds,
            a.renewalSeconds == b.renewalSeconds, a.rebindingSeconds == b.rebindingSeconds,
            a.server == b.server, a.servers.count == b.servers.count
        else { return false }
        for index in 0..<a.servers.count where a.servers[index] != b.servers[index] {
            return false
        }
        return true
    }
}
