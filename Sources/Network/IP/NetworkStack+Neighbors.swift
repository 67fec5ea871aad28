internal import Base
internal import LinuxABI
internal import Wire

/// ICMPv6 (RFC 4443) and neighbour discovery (RFC 4861).
extension NetworkStack {
    /// What discovery sends and hears never passed a router (RFC 4861, section 7.1).
    private static let linkHopLimit: UInt8 = 255

    func receiveICMPv6(_ packet: Packet, _ arrival: Arrival) {
        guard isChecksumRight(packet, arrival) else { return drop(packet, .badICMPChecksum) }
        let parsed = packet.withFirst { try? ICMPHeader(checking: $0) }
        guard let header = parsed else { return drop(packet, .badICMP) }
        counters.count(.icmpReceived)
        switch header.type {
        case ICMPv6Type.echoRequest:
            answerEcho(packet, header, arrival, type: ICMPv6Type.echoReply)
        case ICMPv6Type.unreachable:
            switch header.code {
            case ICMPv6Type.portUnreachable: receiveError(packet, .refused(.connectionRefused))
            case 0: receiveError(packet, .unreachable(.networkUnreachable))
            case 1: receiveError(packet, .unreachable(.permissionDenied))
            default: receiveError(packet, .unreachable(.hostUnreachable))
            }
        case ICMPv6Type.tooBig: receiveError(packet, .tooBig(mtu: Int(header.rest)))
        case ICMPv6Type.timeExceeded: receiveError(packet, .unreachable(.hostUnreachable))
        case ICMPv6Type.parameterProblem: receiveError(packet, .unreachable(.protocolError))
        case ICMPv6Type.neighborSolicitation, ICMPv6Type.neighborAdvertisement,
            ICMPv6Type.routerAdvertisement:
            guard arrival.timeToLive == Self.linkHopLimit, arrival.interface.kind == .ethernet
            else { return drop(packet, .badDiscovery) }
            receiveDiscovery(packet, header.type, arrival)
        // A host takes no part in routing; redirects are not followed (accept_redirects).
        case ICMPv6Type.routerSolicitation, ICMPv6Type.redirect, ICMPv6Type.echoReply:
            drop(packet, .icmpIgnored)
        case ICMPv6Type.listenerQuery: receiveListenerQuery(packet, arrival)
        default: drop(packet, .icmpUnknown)
        }
    }
    private func receiveDiscovery(_ packet: Packet, _ type: UInt8, _ arrival: Arrival) {
        // Options may lie behind what is gathered: a few prefixes at most.
        guard packet.gather(min(packet.byteCount, 256)) else { return drop(packet, .badDiscovery) }
        if type == ICMPv6Type.routerAdvertisement {
            let parsed = packet.withFirst { try? RouterAdvertisement(checking: $0) }
            guard let advertisement = parsed, arrival.source.isLinkLocal else {
                return drop(packet, .badDiscovery)
            }
            packet.release()
            autoconfiguration.take(advertisement, from: arrival.source, on: arrival.interface)
            return
        }
        let parsed = packet.withFirst { try? NeighborMessage(checking: $0) }
        guard let message = parsed else { return drop(packet, .badDiscovery) }
        packet.release()
        switch message.kind {
        case .solicitation: receiveSolicitation(message, arrival)
        case .advertisement: receiveAdvertisement(message, arrival)
        }
    }
    private func receiveSolicitation(_ message: NeighborMessage, _ arrival: Arrival) {
        let interface = arrival.interface
        guard let own = interface.address(message.target) else { return }
        let isProbe = arrival.source == .any
        guard !own.isTentative else {
            // Somebody else wants the address too (RFC 4862, section 5.4.3).
            if isProbe { autoconfiguration.isTaken(message.target, on: interface) }
            return
        }
        if !isProbe, let address = message.address {
            neighbors.learn(arrival.source, address, on: interface, .heard)
        }
        var reply = NeighborMessage(.advertisement, of: message.target, address: interface.mac)
        reply.isSolicited = !isProbe
        reply.overrides = true
        send(reply, from: message.target, to: isProbe ? .allNodes : arrival.source, on: interface)
    }
    private func receiveAdvertisement(_ message: NeighborMessage, _ arrival: Arrival) {
        let interface = arrival.interface
        if let own = interface.address(message.target) {
            guard own.isTentative else { return counters.count(.addressConflict) }
            return autoconfiguration.isTaken(message.target, on: interface)
        }
        guard let address = message.address else { return }
        guard message.isSolicited else {
            // Unasked: only who is known is brought up to date.
            if message.overrides, neighbors.find(message.target, on: interface) != nil {
                neighbors.learn(message.target, address, on: interface, .heard)
            }
            return
        }
        neighbors.learn(
            message.target, address, on: interface, .answered(overrides: message.overrides))
    }
    /// RFC 4861, section 7.2.2; of a tentative address without a source (RFC 4862, section 5.4.2).
    func sendSolicitation(
        of target: IPAddress, knownAs mac: MACAddress?, on interface: NetworkInterface
    ) {
        let isProbe = interface.address(target) != nil
        var source = IPAddress.any
        if !isProbe { source = interface.linkLocal ?? .any }
        let message = NeighborMessage(
            .solicitation, of: target, address: source == .any ? nil : interface.mac)
        send(message, from: source, to: mac == nil ? target.solicitedNode : target, on: interface)
    }
    private func send(
        _ message: NeighborMessage, from source: IPAddress, to destination: IPAddress,
        on interface: NetworkInterface
    ) {
        let size =
            message.address == nil
            ? NeighborMessage.byteCount : NeighborMessage.byteCountWithAddress
        guard let packet = makePacket(payload: 0, from: { _, _ in }) else {
            return counters.count(.noBuffers)
        }
        packet.prepend(size) { message.store(into: &$0) }
        sendOnLink(packet, from: source, to: destination, on: interface)
    }
    /// RFC 4861, section 6.3.7.
    func sendRouterSolicitation(on interface: NetworkInterface) {
        let hasAddress = interface.linkLocal != nil
        guard let packet = makePacket(payload: 0, from: { _, _ in }) else {
            return counters.count(.noBuffers)
        }
        if hasAddress {
            packet.prepend(8) {
                $0.storeBigEndian(UInt64(0x0101) << 48 | interface.mac.rawValue, at: 0)
            }
        }
        packet.prepend(ICMPHeader.byteCount) {
            ICMPHeader(type: ICMPv6Type.routerSolicitation, code: 0).store(into: &$0)
        }
        sendOnLink(packet, from: interface.linkLocal ?? .any, to: .allRouters, on: interface)
    }
    enum LinkMessage {
        case plain
        /// For routers that listen to reports.
        case report
    }
    /// Sends an ICMPv6 message to the link, from an address that need not be one yet.
    func sendOnLink(
        _ packet: Packet, from source: IPAddress, to destination: IPAddress,
        on interface: NetworkInterface, hopLimit: UInt8 = linkHopLimit,
        _ kind: LinkMessage = .plain
    ) {
        var checksum = InternetChecksum(
            pseudoHeaderFrom: source, to: destination, .icmpV6, byteCount: packet.byteCount)
        packet.add(0, to: &checksum)
        packet.withMutableFirst(ICMPHeader.byteCount) {
            $0.storeBigEndian(checksum.value, at: ICMPHeader.checksumOffset)
        }
        counters.count(.icmpSent)
        var next = IPProtocol.icmpV6
        if kind == .report {
            // A router alert (RFC 2711), padded: reports carry one (RFC 3810, section 5).
            packet.prepend(8) { $0.storeBigEndian(0x3a00_0502_0000_0100 as UInt64, at: 0) }
            next = .hopByHop
        }
        var header = IPv6Header(
            next, from: source, to: destination, payloadByteCount: packet.byteCount)
        header.hopLimit = hopLimit
        packet.prepend(IPv6Header.byteCount) { header.store(into: &$0) }
        let mac: MACAddress
        if destination.isMulticast {
            mac = MACAddress(group: destination)
        } else if let known = neighbors.find(destination, on: interface), known.state != .incomplete
        {
            mac = known.mac
        } else {
            var path = Path(
                interface: interface, nextHop: destination, source: source,
                generation: routes.generation, neighbor: nil)
            return neighbors.send(packet, .ipV6, on: &path)
        }
        transmit(packet, .ipV6, to: mac, on: interface)
    }
}
