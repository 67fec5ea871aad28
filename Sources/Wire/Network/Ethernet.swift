internal import Base

/// A header of Ethernet II (RFC 894; IEEE 802.3, clause 3).
package struct EthernetHeader: Equatable, Sendable {
    package static let byteCount = 14
    package var destination: MACAddress
    package var source: MACAddress
    package var type: EtherType

    package init(destination: MACAddress, source: MACAddress, type: EtherType) {
        self.destination = destination
        self.source = source
        self.type = type
    }
    package init(checking bytes: RawSpan) throws(WireFailure) {
        guard bytes.byteCount >= Self.byteCount else { throw .truncated }
        destination = MACAddress(bytes, at: 0)
        source = MACAddress(bytes, at: 6)
        type = EtherType(rawValue: bytes.bigEndian(UInt16.self, at: 12))
        // A group sends nothing, and what is below 1536 is a length (IEEE 802.3, section 3.2.6).
        guard !source.isGroup else { throw .badAddress }
        guard type.rawValue >= 1536 else { throw .notUnderstood }
    }
    package func store(into bytes: inout MutableRawSpan) {
        destination.store(into: &bytes, at: 0)
        source.store(into: &bytes, at: 6)
        bytes.storeBigEndian(type.rawValue, at: 12)
    }
}

/// What a frame carries (IANA "IEEE 802 Numbers").
package struct EtherType: Equatable, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }
    package static let ipV4 = Self(rawValue: 0x0800)
    package static let arp = Self(rawValue: 0x0806)
    package static let ipV6 = Self(rawValue: 0x86dd)
}

/// A message of ARP for IPv4 over Ethernet (RFC 826).
package struct ARPMessage: Equatable, Sendable {
    package static let byteCount = 28
    package enum Operation: UInt16, Sendable {
        case request = 1
        case reply = 2
    }
    package var operation: Operation
    package var senderMAC: MACAddress
    package var sender: IPv4Address
    package var targetMAC: MACAddress
    package var target: IPv4Address

    package init(
        _ operation: Operation, from senderMAC: MACAddress, _ sender: IPv4Address,
        to targetMAC: MACAddress, _ target: IPv4Address
    ) {
        self.operation = operation
        self.senderMAC = senderMAC
        self.sender = sender
        self.targetMAC = targetMAC
        self.target = target
    }
    package init(checking bytes: RawSpan) throws(WireFailure) {
        guard bytes.byteCount >= Self.byteCount else { throw .truncated }
        // Ethernet, IPv4, six bytes, four bytes.
        guard bytes.bigEndian(UInt64.self, at: 0) >> 16 == 0x0001_0800_0604 else {
            throw .notUnderstood
        }
        guard let operation = Operation(rawValue: bytes.bigEndian(UInt16.self, at: 6)) else {
            throw .notUnderstood
        }
        self.operation = operation
        senderMAC = MACAddress(bytes, at: 8)
        sender = IPv4Address(rawValue: bytes.bigEndian(UInt32.self, at: 14))
        targetMAC = MACAddress(bytes, at: 18)
        target = IPv4Address(rawValue: bytes.bigEndian(UInt32.self, at: 24))
        guard !senderMAC.isGroup, sender.isUnicast || sender == .any else { throw .badAddress }
    }
    package func store(into bytes: inout MutableRawSpan) {
        bytes.storeBigEndian(0x0001_0800_0604 << 16 | UInt64(operation.rawValue), at: 0)
        senderMAC.store(into: &bytes, at: 8)
        bytes.storeBigEndian(sender.rawValue, at: 14)
        targetMAC.store(into: &bytes, at: 18)
        bytes.storeBigEndian(target.rawValue, at: 24)
    }
}
