package import Base
package import Wire

/// What an interface does in the stack's place.
package struct InterfaceOffloads: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// It completes `Packet.partialChecksum` of what is sent.
    package static let checksum = Self(rawValue: 1)
    /// It cuts TCP segments of `Packet.segmentByteCount` over IPv4 (TSO4), and over IPv6.
    package static let segmentationV4 = Self(rawValue: 2)
    package static let segmentationV6 = Self(rawValue: 4)
}

/// What sends for an interface: a driver, the loopback, a test's link.
package protocol FrameDevice: AnyObject {
    /// Sends a packet that has its link header, or drops it where there is no room; it is the device's.
    func transmit(_ packet: Packet, of interface: NetworkInterface)
}

/// A network interface: its addresses and groups, and the device behind it.
package final class NetworkInterface {
    package enum Kind: Sendable {
        case ethernet
        case loopback
    }
    package let kind: Kind
    package let name: StaticString
    package let mac: MACAddress
    package let offloads: InterfaceOffloads
    /// Bytes of the largest IP packet.
    package private(set) var mtu: Int
    /// Linux's number of it, from 1 on; 0 until a stack has it.
    package internal(set) var index: UInt8 = 0
    package var isUp = true
    private let device: any FrameDevice

    private(set) var addresses: [InterfaceAddress] = []
    private static let addressLimit = 16
    private(set) var groups: [Membership] = []
    private static let groupLimit = 64

    // Of /proc/net/dev.
    package internal(set) var received = Traffic()
    package internal(set) var sent = Traffic()
    package struct Traffic: Equatable, Sendable {
        package var packets: UInt64 = 0
        package var bytes: UInt64 = 0
        package var dropped: UInt64 = 0
    }
    struct Membership {
        let group: IPAddress
        /// Sockets that joined, and the stack itself.
        var count: Int
    }

    package init(
        _ kind: Kind, name: StaticString, mac: MACAddress, mtu: Int,
        offloads: InterfaceOffloads = [], device: any FrameDevice
    ) {
        self.device = device
        self.kind = kind
        self.name = name
        self.mac = mac
        self.mtu = mtu
        self.offloads = offloads
    }

    func transmit(_ packet: Packet) { device.transmit(packet, of: self) }
    /// Notes that the device had no room for a packet.
    package func countDropped() { sent.dropped += 1 }

    /// Lowers or raises the MTU within what both versions of IP allow (RFC 791, RFC 8200, section 5).
    package func setMTU(_ value: Int) { mtu = min(max(value, 68), 65_535) }

    // MARK: Addresses

    func address(_ address: IPAddress) -> InterfaceAddress? {
        for candidate in addresses where candidate.address == address { return candidate }
        return nil
    }
    /// Whether a packet to this address is for this interface; not while it is tentative.
    func has(_ address: IPAddress) -> Bool {
        self.address(address).map { !$0.isTentative } ?? false
    }
    /// Adds or replaces an address; false where there are too many.
    func set(_ new: InterfaceAddress) -> Bool {
        for index in addresses.indices where addresses[index].address == new.address {
            addresses[index] = new
            return true
        }
        guard addresses.count < Self.addressLimit else { return false }
        addresses.append(new)
        return true
    }
    func remove(_ address: IPAddress) { addresses.removeAll { $0.address == address } }

    /// The first IPv4 address.
    package var ipV4: InterfaceAddress? { addresses.first { $0.address.isV4 } }
    /// The address that its neighbours on the link know: fe80::/10.
    var linkLocal: IPAddress? {
        for candidate in addresses
        where candidate.address.isLinkLocal && !candidate.isTentative { return candidate.address }
        return nil
    }
    /// Whether an IPv4 address is this network's broadcast (RFC 1122, section 3.3.6).
    func isBroadcast(_ address: IPv4Address) -> Bool {
        if address == .broadcast { return true }
        guard kind == .ethernet else { return false }
        for candidate in addresses {
            guard let own = candidate.address.v4, candidate.bitCount < 127 else { continue }
            let mask = IPv4Address.mask(candidate.bitCount - 96)
            let network = own.rawValue & mask
            if address.rawValue == network | ~mask || address.rawValue == network { return true }
        }
        return false
    }

    // MARK: Groups

    func isMember(of group: IPAddress) -> Bool {
        if group == .allNodes || group == IPAddress(.allHosts) { return true }
        for membership in groups where membership.group == group { return true }
        return false
    }
    /// Joins once more; `nil` where there are too many groups, else whether it is the first time.
    func join(_ group: IPAddress) -> Bool? {
        for index in groups.indices where groups[index].group == group {
            groups[index].count += 1
            return false
        }
        guard groups.count < Self.groupLimit else { return nil }
        groups.append(Membership(group: group, count: 1))
        return true
    }
    /// Leaves once; returns whether nobody is in the group any more.
    func leave(_ group: IPAddress) -> Bool {
        for index in groups.indices where groups[index].group == group {
            groups[index].count -= 1
            guard groups[index].count == 0 else { return false }
            groups.remove(at: index)
            return true
        }
        return false
    }
}

/// An address of an interface, with its network.
package struct InterfaceAddress: Sendable {
    package let address: IPAddress
    /// Bits of the network's prefix, of 128: IPv4 has 96 more than it is said to have.
    package let bitCount: Int
    /// Not yet known to be nobody else's (RFC 4862, section 5.4).
    var isTentative = false
    var probesSent = 0
    /// Made of a router's prefix: until when it may be used, and preferred to others (RFC 4862, section 5.5.4).
    package var validUntil: Nanoseconds?
    package var preferredUntil: Nanoseconds?

    package init(_ address: IPAddress, bitCount: Int) {
        self.address = address
        self.bitCount = bitCount
    }
    package init(_ address: IPv4Address, bitCount: Int) {
        self.init(IPAddress(address), bitCount: 96 + bitCount)
    }
}

extension IPv4Address {
    /// The mask of a prefix of 0 to 32 bits.
    static func mask(_ bitCount: Int) -> UInt32 {
        bitCount <= 0 ? 0 : .max << UInt32(32 - bitCount)
    }
    /// Bits of a mask from the top, `nil` where it has holes.
    package var prefixBitCount: Int? {
        let count = (~rawValue).leadingZeroBitCount
        return Self.mask(count) == rawValue ? count : nil
    }
}

/// The loopback: what is sent comes back.
final class LoopbackDevice: FrameDevice {
    /// Packets on their way; more are dropped, as by net.core.netdev_max_backlog.
    private static let limit = 1000
    var queue = PacketQueue()

    func makeInterface() -> NetworkInterface {
        NetworkInterface(
            .loopback, name: "lo", mac: .zero, mtu: 65_535,
            offloads: [.checksum, .segmentationV4, .segmentationV6], device: self)
    }
    func transmit(_ packet: Packet, of interface: NetworkInterface) {
        guard queue.count < Self.limit else {
            interface.countDropped()
            return packet.release()
        }
        packet.isChecksumGood = true
        packet.partialChecksum = nil
        queue.append(packet)
    }
}
