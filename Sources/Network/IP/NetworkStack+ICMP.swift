internal import Base
internal import LinuxABI
internal import Wire

/// What an ICMP message says of a packet that was sent.
enum DeliveryFailure {
    /// Of a router or host; ends a connection only before it is one (RFC 5461).
    case unreachable(Errno)
    /// Nobody is at the port, or the protocol is not there.
    case refused(Errno)
    /// The packet was too long for a link with this MTU.
    case tooBig(mtu: Int)
}

/// ICMP (RFC 792) and what ICMPv6 (RFC 4443) has alike: echoes and errors.
extension NetworkStack {
    func receiveICMP(_ packet: Packet, _ arrival: Arrival) {
        var checksum = InternetChecksum()
        packet.add(0, to: &checksum)
        guard packet.isChecksumGood || checksum.value == 0 else {
            return drop(packet, .badICMPChecksum)
        }
        let parsed = packet.withFirst { try? ICMPHeader(checking: $0) }
        guard let header = parsed else { return drop(packet, .badICMP) }
        counters.count(.icmpReceived)
        switch header.type {
        case ICMPType.echoRequest:
            // RFC 1122, section 3.2.2.6: those to many may be left alone, as Linux does.
            guard !arrival.isToGroup else { return drop(packet, .echoToGroup) }
            answerEcho(packet, header, arrival, type: ICMPType.echoReply)
        case ICMPType.unreachable:
            let failure: DeliveryFailure
            switch header.code {
            case ICMPType.fragmentationNeeded:
                failure = .tooBig(mtu: Int(header.rest & 0xffff))
            case ICMPType.protocolUnreachable: failure = .refused(.noProtocolOption)
            case ICMPType.portUnreachable: failure = .refused(.connectionRefused)
            case 0, 6, 11: failure = .unreachable(.networkUnreachable)
            default: failure = .unreachable(.hostUnreachable)
            }
            receiveError(packet, failure)
        case ICMPType.timeExceeded: receiveError(packet, .unreachable(.hostUnreachable))
        case ICMPType.parameterProblem: receiveError(packet, .unreachable(.protocolError))
        // RFC 6633; RFC 1812, section 4.3.3.3: quenches are ignored, and so are redirects.
        case ICMPType.sourceQuench, ICMPType.redirect, ICMPType.echoReply:
            drop(packet, .icmpIgnored)
        default: drop(packet, .icmpUnknown)
        }
    }
    /// Sends an echo back with its payload (RFC 792, "Echo"; RFC 4443, section 4.2).
    func answerEcho(_ packet: Packet, _ request: ICMPHeader, _ arrival: Arrival, type: UInt8) {
        let size = ICMPHeader.byteCount
        guard packet.pieceCount < Packet.pieceLimit,
            let reply = packet.sharing(size, packet.byteCount - size)
        else { return drop(packet, .noBuffers) }
        var header = request
        header.type = type
        reply.prepend(size) { header.store(into: &$0) }
        packet.release()
        counters.count(.echoesAnswered)
        sendICMP(
            reply, from: arrival.isToGroup ? nil : arrival.destination, to: arrival.source,
            on: arrival.interface)
    }
    /// Sends an ICMP message without a checksum yet.
    func sendICMP(
        _ packet: Packet, from source: IPAddress?, to destination: IPAddress,
        on interface: NetworkInterface, hopLimit: UInt8 = 64
    ) {
        let index = interface.kind == .loopback ? nil : interface.index
        guard
            var path = try? findPath(
                to: destination, from: source, through: destination.isLinkLocal ? index : nil)
        else { return drop(packet, .noRoute) }
        let isV4 = destination.isV4
        var checksum = InternetChecksum()
        if !isV4 {
            checksum = InternetChecksum(
                pseudoHeaderFrom: path.source, to: destination, .icmpV6,
                byteCount: packet.byteCount)
        }
        packet.add(0, to: &checksum)
        packet.withMutableFirst(ICMPHeader.byteCount) {
            $0.storeBigEndian(checksum.value, at: ICMPHeader.checksumOffset)
        }
        counters.count(.icmpSent)
        let settings = IPSettings(number: isV4 ? .icmp : .icmpV6, timeToLive: hopLimit)
        try? send(packet, settings, from: path.source, to: destination, on: &path)
    }
    /// Tells a sender of what became of its packet, whose network header was taken off; within limits
    /// (RFC 1122, section 3.2.2; RFC 4443, section 2.4). The packet stays the caller's.
    func sendError(
        _ type: UInt8, _ code: UInt8, rest: UInt32 = 0, about packet: Packet, _ arrival: Arrival
    ) {
        guard !arrival.isToGroup, arrival.source.isUnicast,
            arrival.interface.kind == .loopback || !isLocal(arrival.source),
            errorBudget.take(now)
        else { return counters.count(.errorsNotSent) }
        guard packet.restoreFirst(arrival.headerByteCount) else {
            return counters.count(.errorsNotSent)
        }
        defer { packet.removeFirst(arrival.headerByteCount) }
        // Linux's size for IPv4 (RFC 1812, section 4.3.2.3), the minimum MTU for IPv6.
        let isV4 = arrival.destination.isV4
        let most = isV4 ? 576 - 28 : 1280 - 48
        let count = min(packet.byteCount, most)
        let quote = makePacket(payload: count) { position, bytes in
            packet.copy(position, into: &bytes)
        }
        guard let quote else { return counters.count(.noBuffers) }
        quote.prepend(ICMPHeader.byteCount) {
            ICMPHeader(type: type, code: code, rest: rest).store(into: &$0)
        }
        counters.count(.errorsSent)
        sendICMP(quote, from: arrival.destination, to: arrival.source, on: arrival.interface)
    }

    /// Takes an error apart that quotes a packet of ours.
    func receiveError(_ packet: Packet, _ failure: DeliveryFailure) {
        packet.removeFirst(ICMPHeader.byteCount)
        let isGathered = packet.gather(min(packet.byteCount, 128))
        guard isGathered, packet.byteCount > 0 else { return drop(packet, .badICMP) }
        tell(packet, failure)
        packet.release()
    }
    /// Nobody answered for a packet's next hop.
    func hostIsUnreachable(_ packet: Packet) {
        guard packet.gather(min(packet.byteCount, 64)) else { return }
        tell(packet, .unreachable(.hostUnreachable))
    }
    /// What a quoted packet was: who sent it to whom, of which transport.
    private struct Quote {
        var flow: Flow
        var number: IPProtocol
        /// The four bytes behind the ports.
        var word: UInt32
        var byteCount: Int
    }
    private func tell(_ packet: Packet, _ failure: DeliveryFailure) {
        let parsed = packet.withFirst { Self.quote($0) }
        guard let quote = parsed, isLocal(quote.flow.local) else {
            return counters.count(.badICMP)
        }
        var failure = failure
        if case .tooBig(let mtu) = failure {
            let isV4 = quote.flow.remote.isV4
            // RFC 1191, section 5: an old router says none. Nothing below what every link has is believed
            // (min_pmtu), nor what is no news.
            let least = isV4 ? 552 : 1280
            let believed = max(mtu == 0 ? quote.byteCount / 2 : mtu, least)
            guard believed < quote.byteCount || quote.byteCount == 0 else {
                return counters.count(.icmpIgnored)
            }
            failure = .tooBig(mtu: believed)
        }
        switch quote.number {
        case .tcp: tellTCP(quote.flow, SequenceNumber(rawValue: quote.word), failure)
        case .udp:
            if case .tooBig(let mtu) = failure {
                pathMTUs.set(quote.flow.remote, mtu, now)
            }
            tellUDP(quote.flow, failure)
        default: counters.count(.icmpIgnored)
        }
    }
    private static func quote(_ bytes: RawSpan) -> Quote? {
        // Neither checksum nor length need be right: a router has changed them.
        guard bytes.byteCount >= IPv4Header.byteCount + 8 else { return nil }
        let start: Int
        let source: IPAddress
        let destination: IPAddress
        let number: IPProtocol
        let byteCount: Int
        switch bytes.byte(at: 0) >> 4 {
        case 4:
            start = Int(bytes.byte(at: 0) & 15) * 4
            guard start >= IPv4Header.byteCount,
                bytes.bigEndian(UInt16.self, at: 6) & 0x1fff == 0
            else { return nil }
            byteCount = Int(bytes.bigEndian(UInt16.self, at: 2))
            number = IPProtocol(rawValue: bytes.byte(at: 9))
            source = IPAddress(IPv4Address(rawValue: bytes.bigEndian(UInt32.self, at: 12)))
            destination = IPAddress(IPv4Address(rawValue: bytes.bigEndian(UInt32.self, at: 16)))
        case 6:
            start = IPv6Header.byteCount
            guard bytes.byteCount >= start + 8 else { return nil }
            byteCount = start + Int(bytes.bigEndian(UInt16.self, at: 4))
            number = IPProtocol(rawValue: bytes.byte(at: 6))
            source = IPAddress(bytes, at: 8)
            destination = IPAddress(bytes, at: 24)
        default: return nil
        }
        guard bytes.byteCount >= start + 8 else { return nil }
        return Quote(
            flow: Flow(
                source, bytes.bigEndian(UInt16.self, at: start), destination,
                bytes.bigEndian(UInt16.self, at: start + 2)),
            number: number, word: bytes.bigEndian(UInt32.self, at: start + 4),
            byteCount: byteCount)
    }
}
