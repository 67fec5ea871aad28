internal import Base
internal import LinuxABI
internal import Wire

/// What routers and switches are told of groups: IGMPv3 (RFC 3376) and MLDv2 (RFC 3810), as reports of "any
/// source" groups, sent when one is joined or left and when a router asks.
extension NetworkStack {
    enum MembershipChange {
        case joined
        case left
        /// A router asked.
        case present
    }
    private enum RecordType {
        static let isExclude: UInt8 = 2
        static let toInclude: UInt8 = 3
        static let toExclude: UInt8 = 4
    }
    private static let igmpReport: UInt8 = 0x22
    private static let igmpQuery: UInt8 = 0x11
    /// 224.0.0.22 (RFC 3376, section 4.2.14) and ff02::16 (RFC 3810, section 5.2.14).
    private static let igmpRouters = IPv4Address(224, 0, 0, 22)
    private static let mldRouters = IPAddress(high: 0xff02 << 48, low: 0x16)

    /// Tells of one group on one interface.
    func report(
        _ group: IPAddress, on interface: NetworkInterface, _ change: MembershipChange
    ) {
        guard interface.kind == .ethernet, group != .allNodes, group != IPAddress(.allHosts) else {
            return
        }
        let type: UInt8
        switch change {
        case .joined: type = RecordType.toExclude
        case .left: type = RecordType.toInclude
        case .present: type = RecordType.isExclude
        }
        guard let packet = makePacket(payload: 0, from: { _, _ in }) else {
            return counters.count(.noBuffers)
        }
        counters.count(.groupReports)
        guard let group = group.v4 else {
            packet.prepend(28) { bytes in
                ICMPHeader(type: ICMPv6Type.listenerReport, code: 0, rest: 1).store(into: &bytes)
                bytes.storeBigEndian(UInt32(type) << 24, at: 8)
                group.store(into: &bytes, at: 12)
            }
            return sendOnLink(
                packet, from: interface.linkLocal ?? .any, to: Self.mldRouters, on: interface,
                hopLimit: 1, .report)
        }
        packet.prepend(16) { bytes in
            ICMPHeader(type: Self.igmpReport, code: 0, rest: 1).store(into: &bytes)
            bytes.storeBigEndian(UInt32(type) << 24, at: 8)
            bytes.storeBigEndian(group.rawValue, at: 12)
        }
        var checksum = InternetChecksum()
        packet.add(0, to: &checksum)
        packet.withMutableFirst(ICMPHeader.byteCount) {
            $0.storeBigEndian(checksum.value, at: ICMPHeader.checksumOffset)
        }
        var header = IPv4Header(
            .igmp, from: interface.ipV4?.address.v4 ?? .any, to: Self.igmpRouters,
            payloadByteCount: packet.byteCount)
        header.timeToLive = 1
        packet.prepend(IPv4Header.byteCount) { header.store(into: &$0) }
        transmit(packet, .ipV4, to: MACAddress(group: Self.igmpRouters), on: interface)
    }
    func receiveIGMP(_ packet: Packet, _ arrival: Arrival) {
        var checksum = InternetChecksum()
        packet.add(0, to: &checksum)
        guard checksum.value == 0 || packet.isChecksumGood, packet.byteCount >= 8,
            arrival.interface.kind == .ethernet
        else { return drop(packet, .badIGMP) }
        let query = packet.withFirst {
            $0.byte(at: 0) == Self.igmpQuery ? $0.bigEndian(UInt32.self, at: 4) : nil
        }
        packet.release()
        // Other hosts' reports mean nothing to version 3.
        guard let query else { return }
        answerQuery(query == 0 ? nil : IPAddress(IPv4Address(rawValue: query)), arrival)
    }
    func receiveListenerQuery(_ packet: Packet, _ arrival: Arrival) {
        guard packet.byteCount >= 24, arrival.timeToLive == 1, arrival.source.isLinkLocal,
            arrival.interface.kind == .ethernet
        else { return drop(packet, .badIGMP) }
        let group = packet.withFirst { IPAddress($0, at: 8) }
        packet.release()
        answerQuery(group == .any ? nil : group, arrival)
    }
    /// Answers at once: a machine has few groups, and the error budget bounds what a flood of queries brings.
    private func answerQuery(_ group: IPAddress?, _ arrival: Arrival) {
        for membership in arrival.interface.groups
        where membership.group.isV4 == arrival.destination.isV4
            && (group == nil || group == membership.group)
        {
            guard errorBudget.take(now) else { return }
            report(membership.group, on: arrival.interface, .present)
        }
    }
}
