internal import Base
internal import Wire

/// How a packet came: what its IP header and the link said.
struct Arrival {
    let interface: NetworkInterface
    let source: IPAddress
    let destination: IPAddress
    var number: IPProtocol
    /// Of the network headers that were taken off.
    var headerByteCount: Int
    let timeToLive: UInt8
    let trafficClass: UInt8
    /// Whether it was sent to many: nobody answers with an error (RFC 1122, section 3.2.2).
    let isToGroup: Bool

    /// The conversation it belongs to.
    func flow(_ remotePort: UInt16, _ localPort: UInt16) -> Flow {
        Flow(destination, localPort, source, remotePort)
    }
}

/// Packets on their way in: link header off, network header checked, then to whom they are for.
extension NetworkStack {
    // MARK: ARP (RFC 826)

    func receiveARP(_ packet: Packet, on interface: NetworkInterface) {
        let parsed = packet.withFirst { try? ARPMessage(checking: $0) }
        guard let message = parsed else { return drop(packet, .badARP) }
        packet.release()
        counters.count(.arpReceived)
        let isForUs = interface.has(IPAddress(message.target))
        guard message.sender != .any else {
            // A probe (RFC 5227, section 2.1.1) is answered and teaches nothing.
            if isForUs, message.operation == .request { reply(to: message, on: interface) }
            return
        }
        // Who claims our address is not believed (RFC 5227, section 2.4).
        guard !isLocal(IPAddress(message.sender)) else { return counters.count(.addressConflict) }
        switch message.operation {
        case .request:
            // Only who asks for us is remembered; others are brought up to date.
            if isForUs || neighbors.find(IPAddress(message.sender), on: interface) != nil {
                neighbors.learn(
                    IPAddress(message.sender), message.senderMAC, on: interface, .heard)
            }
            if isForUs { reply(to: message, on: interface) }
        case .reply:
            neighbors.learn(
                IPAddress(message.sender), message.senderMAC, on: interface,
                .answered(overrides: true))
        }
    }
    private func reply(to request: ARPMessage, on interface: NetworkInterface) {
        sendARP(
            ARPMessage(
                .reply, from: interface.mac, request.target, to: request.senderMAC, request.sender),
            to: request.senderMAC, on: interface)
    }
    private func sendARP(_ message: ARPMessage, to mac: MACAddress, on interface: NetworkInterface)
    {
        guard let packet = makePacket(payload: 0, from: { _, _ in }) else {
            return counters.count(.noBuffers)
        }
        packet.prepend(ARPMessage.byteCount) { message.store(into: &$0) }
        counters.count(.arpSent)
        transmit(packet, .arp, to: mac, on: interface)
    }
    /// Asks for a neighbour's address: by ARP or by neighbour solicitation (RFC 4861, section 7.2.2).
    func solicit(_ address: IPAddress, knownAs mac: MACAddress?, on interface: NetworkInterface) {
        guard let target = address.v4 else {
            return sendSolicitation(of: address, knownAs: mac, on: interface)
        }
        let sender = interface.ipV4?.address.v4 ?? .any
        sendARP(
            ARPMessage(.request, from: interface.mac, sender, to: .zero, target),
            to: mac ?? .broadcast, on: interface)
    }

    // MARK: IPv4

    func receiveIPv4(_ packet: Packet, on interface: NetworkInterface) {
        let available = packet.byteCount
        let parsed: Result<IPv4Header, WireFailure> = packet.withFirst { bytes in
            do throws(WireFailure) {
                return .success(try IPv4Header(checking: bytes, available: available))
            } catch {
                return .failure(error)
            }
        }
        switch parsed {
        case .failure(.badChecksum): drop(packet, .badIPChecksum)
        case .failure: drop(packet, .badIPHeader)
        case .success(let header): receive(packet, header, on: interface)
        }
    }
    private func receive(_ packet: Packet, _ header: IPv4Header, on interface: NetworkInterface) {
        counters.count(.ipReceived)
        let source = IPAddress(header.source)
        let destination = IPAddress(header.destination)
        // What no host may send (RFC 1122, section 3.2.1.3).
        guard header.source.isUnicast || header.source == .any,
            !header.source.isLoopback || interface.kind == .loopback,
            !header.destination.isLoopback || interface.kind == .loopback,
            interface.kind == .loopback || !interface.isBroadcast(header.source)
                || header.source == .any, isForeign(source, on: interface)
        else { return drop(packet, .badSource) }
        let isToGroup: Bool
        if isLocal(destination) {
            isToGroup = false
        } else if interface.isBroadcast(header.destination) {
            isToGroup = true
        } else if header.destination.isMulticast {
            guard isMember(of: destination, on: interface) else { return drop(packet, .notMember) }
            isToGroup = true
        } else if interface.ipV4 == nil, header.number == .udp {
            // A server may answer to the address that it is about to give (RFC 2131, section 4.1).
            isToGroup = true
        } else {
            return drop(packet, .otherHost)
        }
        packet.truncate(to: header.totalByteCount)
        packet.removeFirst(header.headerByteCount)
        let arrival = Arrival(
            interface: interface, source: source, destination: destination, number: header.number,
            headerByteCount: header.headerByteCount, timeToLive: header.timeToLive,
            trafficClass: header.trafficClass, isToGroup: isToGroup)
        guard header.isFragment else { return deliver(packet, arrival) }
        counters.count(.fragmentsReceived)
        let whole = fragments.add(
            packet, arrival, UInt32(header.identification), at: header.fragmentOffset,
            hasMore: header.hasMoreFragments)
        if let whole { deliver(whole, arrival) }
    }

    /// Nobody on a link has an address of this host's (a "martian source"; CERT CA-1997-28).
    private func isForeign(_ source: IPAddress, on interface: NetworkInterface) -> Bool {
        interface.kind == .loopback || !isLocal(source)
    }
    /// Whether a group is heard on an interface; what was sent from here comes back by the loopback.
    private func isMember(of group: IPAddress, on interface: NetworkInterface) -> Bool {
        guard interface.kind == .loopback else { return interface.isMember(of: group) }
        for other in interfaces where other.isMember(of: group) { return true }
        return false
    }

    // MARK: IPv6

    func receiveIPv6(_ packet: Packet, on interface: NetworkInterface) {
        let available = packet.byteCount
        let parsed = packet.withFirst { try? IPv6Header(checking: $0, available: available) }
        guard let header = parsed else { return drop(packet, .badIPHeader) }
        counters.count(.ipReceived)
        guard !header.source.isLoopback || interface.kind == .loopback,
            !header.destination.isLoopback || interface.kind == .loopback,
            isForeign(header.source, on: interface)
        else { return drop(packet, .badSource) }
        guard
            header.destination.isMulticast
                ? isMember(of: header.destination, on: interface)
                : isLocal(header.destination)
                    || interface.address(header.destination) != nil
        else { return drop(packet, header.destination.isMulticast ? .notMember : .otherHost) }
        packet.truncate(to: IPv6Header.byteCount + header.payloadByteCount)
        packet.removeFirst(IPv6Header.byteCount)
        let arrival = Arrival(
            interface: interface, source: header.source, destination: header.destination,
            number: header.next, headerByteCount: IPv6Header.byteCount,
            timeToLive: header.hopLimit, trafficClass: header.trafficClass,
            isToGroup: header.destination.isMulticast)
        receiveExtensions(packet, arrival)
    }
    private func receiveExtensions(_ packet: Packet, _ arrival: Arrival) {
        var arrival = arrival
        switch arrival.number {
        case .hopByHop, .routing, .fragment, .destinationOptions: break
        default: return deliver(packet, arrival)
        }
        let first = arrival.number
        let parsed = packet.withFirst { try? IPv6Extensions(checking: $0, first: first) }
        guard let extensions = parsed else { return drop(packet, .badExtensionHeader) }
        packet.removeFirst(extensions.byteCount)
        guard let fragment = extensions.fragment else {
            arrival.number = extensions.next
            arrival.headerByteCount += extensions.byteCount
            return deliver(packet, arrival)
        }
        arrival.number = fragment.next
        arrival.headerByteCount += extensions.byteCount
        // RFC 6946: one that is whole is no fragment of others.
        guard fragment.offset > 0 || fragment.hasMore else {
            return receiveBehindFragment(packet, arrival)
        }
        counters.count(.fragmentsReceived)
        guard fragment.offset + packet.byteCount <= 65_535,
            !fragment.hasMore || packet.byteCount & 7 == 0, packet.byteCount > 0
        else { return drop(packet, .badFragment) }
        let whole = fragments.add(
            packet, arrival, fragment.identification, at: fragment.offset,
            hasMore: fragment.hasMore)
        if let whole { receiveBehindFragment(whole, arrival) }
    }
    /// Options may come once more, a second fragment header may not.
    private func receiveBehindFragment(_ packet: Packet, _ arrival: Arrival) {
        guard packet.gather(min(packet.byteCount, Packet.headerRoom)) else {
            return drop(packet, .noBuffers)
        }
        guard arrival.number != .fragment, arrival.number != .hopByHop else {
            return drop(packet, .badExtensionHeader)
        }
        guard arrival.number == .destinationOptions || arrival.number == .routing else {
            return deliver(packet, arrival)
        }
        let parsed = packet.withFirst { try? IPv6Extensions(checking: $0, first: arrival.number) }
        guard let extensions = parsed, extensions.fragment == nil else {
            return drop(packet, .badExtensionHeader)
        }
        packet.removeFirst(extensions.byteCount)
        var arrival = arrival
        arrival.number = extensions.next
        arrival.headerByteCount += extensions.byteCount
        deliver(packet, arrival)
    }

    // MARK: What is above

    private func deliver(_ packet: Packet, _ arrival: Arrival) {
        guard packet.gather(min(packet.byteCount, 64)) else { return drop(packet, .noBuffers) }
        let isV4 = arrival.destination.isV4
        switch arrival.number {
        case .tcp: receiveTCP(packet, arrival)
        case .udp: receiveUDP(packet, arrival)
        case .icmp where isV4: receiveICMP(packet, arrival)
        case .icmpV6 where !isV4: receiveICMPv6(packet, arrival)
        case .igmp where isV4: receiveIGMP(packet, arrival)
        case .none where !isV4: drop(packet, .noNextHeader)
        default:
            // RFC 1122, section 3.2.2.1; RFC 4443, section 3.4.
            sendError(
                isV4 ? ICMPType.unreachable : ICMPv6Type.parameterProblem,
                isV4 ? ICMPType.protocolUnreachable : ICMPv6Type.unknownNextHeader,
                about: packet, arrival)
            drop(packet, .unknownProtocol)
        }
    }
    /// Whether the checksum over a transport's packet and its pseudo-header is right.
    func isChecksumRight(_ packet: Packet, _ arrival: Arrival) -> Bool {
        if packet.isChecksumGood { return true }
        var checksum = InternetChecksum(
            pseudoHeaderFrom: arrival.source, to: arrival.destination, arrival.number,
            byteCount: packet.byteCount)
        packet.add(0, to: &checksum)
        return checksum.value == 0
    }
}
