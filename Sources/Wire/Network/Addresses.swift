internal import Base

/// An IEEE 802 address of 48 bits.
package struct MACAddress: Equatable, Sendable {
    package static let byteCount = 6
    /// The bytes as one big-endian number.
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue & 0xffff_ffff_ffff }
    package static let broadcast = Self(rawValue: 0xffff_ffff_ffff)
    package static let zero = Self(rawValue: 0)

    /// Whether it names a group, the broadcast included.
    package var isGroup: Bool { rawValue >> 40 & 1 != 0 }

    /// Precondition: six bytes lie at `offset`.
    init(_ bytes: RawSpan, at offset: Int) {
        rawValue =
            UInt64(bytes.bigEndian(UInt16.self, at: offset)) << 32
            | UInt64(bytes.bigEndian(UInt32.self, at: offset + 2))
    }
    func store(into bytes: inout MutableRawSpan, at offset: Int) {
        bytes.storeBigEndian(UInt16(truncatingIfNeeded: rawValue >> 32), at: offset)
        bytes.storeBigEndian(UInt32(truncatingIfNeeded: rawValue), at: offset + 2)
    }
    /// The group that IPv4 multicast is sent to (RFC 1112, section 6.4).
    package init(group: IPv4Address) {
        rawValue = 0x0100_5e00_0000 | UInt64(group.rawValue & 0x7f_ffff)
    }
    /// The group that IPv6 multicast is sent to (RFC 2464, section 7).
    package init(group: IPAddress) { rawValue = 0x3333_0000_0000 | group.low & 0xffff_ffff }
}

/// An IPv4 address as a number, the first byte on top.
package struct IPv4Address: Equatable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
        rawValue = UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d)
    }
    /// INADDR_ANY
    package static let any = Self(rawValue: 0)
    /// INADDR_BROADCAST
    package static let broadcast = Self(rawValue: .max)
    /// 224.0.0.1, all hosts (RFC 1112, section 4).
    package static let allHosts = Self(224, 0, 0, 1)

    /// 127/8 (RFC 1122, section 3.2.1.3).
    package var isLoopback: Bool { rawValue >> 24 == 127 }
    /// 224/4
    package var isMulticast: Bool { rawValue >> 28 == 14 }
    /// 240/4, the broadcast included.
    package var isReserved: Bool { rawValue >> 28 == 15 }
    /// Whether it can be one host's: may stand as a source (RFC 1122, section 3.2.1.3).
    package var isUnicast: Bool { rawValue >> 24 != 0 && rawValue >> 28 < 14 }
}

/// An address of either family; IPv4 as IPv4-mapped (RFC 4291, section 2.5.5.2).
package struct IPAddress: Equatable, Sendable {
    package static let byteCount = 16
    package let high: UInt64
    package let low: UInt64
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
    package init(_ address: IPv4Address) {
        high = 0
        low = 0xffff_0000_0000 | UInt64(address.rawValue)
    }
    /// ::
    package static let any = Self(high: 0, low: 0)
    /// ::1
    package static let loopback = Self(high: 0, low: 1)
    /// 0.0.0.0
    package static let anyV4 = Self(IPv4Address.any)
    /// ff02::1
    package static let allNodes = Self(high: 0xff02 << 48, low: 1)
    /// ff02::2
    package static let allRouters = Self(high: 0xff02 << 48, low: 2)

    package var isV4: Bool { high == 0 && low >> 32 == 0xffff }
    /// The IPv4 address that it maps.
    package var v4: IPv4Address? {
        isV4 ? IPv4Address(rawValue: UInt32(truncatingIfNeeded: low)) : nil
    }
    /// :: or 0.0.0.0
    package var isAny: Bool { self == .any || self == .anyV4 }
    package var isLoopback: Bool { isV4 ? low >> 24 & 0xff == 127 : self == .loopback }
    package var isMulticast: Bool { isV4 ? low >> 28 & 15 == 14 : high >> 56 == 0xff }
    /// fe80::/10
    package var isLinkLocal: Bool { high >> 54 == 0x3fa }
    /// Whether it can be one host's.
    package var isUnicast: Bool { v4.map { $0.isUnicast } ?? !(isMulticast || self == .any) }
    /// The group of its neighbour solicitations (RFC 4291, section 2.7.1).
    package var solicitedNode: Self {
        Self(high: 0xff02 << 48, low: 0x1_ff00_0000 | low & 0xff_ffff)
    }

    /// Whether the first `count` bits are those of `other`; `count` is of 128.
    package func shares(_ count: Int, bitsWith other: Self) -> Bool {
        if count <= 64 { return (high ^ other.high).isZero(first: count) }
        return high == other.high && (low ^ other.low).isZero(first: count - 64)
    }

    /// Precondition: sixteen bytes lie at `offset`.
    package init(_ bytes: RawSpan, at offset: Int) {
        high = bytes.bigEndian(UInt64.self, at: offset)
        low = bytes.bigEndian(UInt64.self, at: offset + 8)
    }
    package func store(into bytes: inout MutableRawSpan, at offset: Int) {
        bytes.storeBigEndian(high, at: offset)
        bytes.storeBigEndian(low, at: offset + 8)
    }
}

extension UInt64 {
    /// Whether the upper `count` bits are zero.
    fileprivate func isZero(first count: Int) -> Bool {
        count <= 0 || self >> UInt64(64 - count) == 0
    }
}

/// Numbers of protocols above IP (IANA "Protocol Numbers").
package struct IPProtocol: Equatable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let hopByHop = Self(rawValue: 0)
    package static let icmp = Self(rawValue: 1)
    package static let igmp = Self(rawValue: 2)
    package static let tcp = Self(rawValue: 6)
    package static let udp = Self(rawValue: 17)
    package static let routing = Self(rawValue: 43)
    package static let fragment = Self(rawValue: 44)
    package static let icmpV6 = Self(rawValue: 58)
    package static let none = Self(rawValue: 59)
    package static let destinationOptions = Self(rawValue: 60)
}

/// Why bytes of the network are not what they should be.
package enum WireFailure: Error, Equatable, Sendable {
    case truncated
    case badVersion
    case badLength
    case badChecksum
    case badAddress
    case badOption
    case notUnderstood
}
