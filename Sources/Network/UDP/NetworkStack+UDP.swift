internal import Base
internal import LinuxABI
internal import Wire

/// Datagrams to endpoints, and what becomes of those that were sent.
extension NetworkStack {
    func receiveUDP(_ packet: Packet, _ arrival: Arrival) {
        let available = packet.byteCount
        let parsed = packet.withFirst { try? UDPHeader(checking: $0, available: available) }
        guard let header = parsed else { return drop(packet, .badUDPHeader) }
        packet.truncate(to: header.totalByteCount)
        // RFC 768; RFC 8200, section 8.1: IPv6 always has one.
        if header.checksum == 0 {
            guard arrival.destination.isV4 || packet.isChecksumGood else {
                return drop(packet, .badUDPChecksum)
            }
        } else {
            guard isChecksumRight(packet, arrival) else { return drop(packet, .badUDPChecksum) }
        }
        let flow = arrival.flow(header.sourcePort, header.destinationPort)
        if arrival.isToGroup { return deliverToAll(packet, arrival, flow) }
        guard let endpoint = findUDP(flow, arrival.interface.index) else {
            let isV4 = arrival.destination.isV4
            sendError(
                isV4 ? ICMPType.unreachable : ICMPv6Type.unreachable,
                isV4 ? ICMPType.portUnreachable : ICMPv6Type.portUnreachable,
                about: packet, arrival)
            return drop(packet, .udpNoPort)
        }
        packet.removeFirst(UDPHeader.byteCount)
        endpoint.take(packet, arrival, from: header.sourcePort)
    }
    /// The endpoint that fits best; of several alike one of the SO_REUSEPORT group by the flow's hash.
    func findUDP(_ flow: Flow, _ index: UInt8) -> UDPEndpoint? {
        var best: UDPEndpoint?
        var bestScore = -1
        var alike: UInt64 = 0
        var candidate = udp.first(flow.localPort)
        while let current = candidate {
            candidate = current.nextInTable
            guard let score = current.score(flow, index) else { continue }
            if score > bestScore {
                best = current
                bestScore = score
                alike = 1
            } else if score == bestScore, current.options.reusesPort {
                alike += 1
                if tableHash.hash(flow, alike) % alike == 0 { best = current }
            }
        }
        return best
    }
    private func deliverToAll(_ packet: Packet, _ arrival: Arrival, _ flow: Flow) {
        packet.removeFirst(UDPHeader.byteCount)
        var isTaken = false
        var candidate = udp.first(flow.localPort)
        while let current = candidate {
            candidate = current.nextInTable
            guard current.score(flow, arrival.interface.index) != nil else { continue }
            // Who joined nothing hears all that the host hears (IP_MULTICAST_ALL), as on Linux.
            guard
                !arrival.destination.isMulticast || current.options.hearsAllGroups
                    || current.isMember(of: arrival.destination, on: arrival.interface)
            else { continue }
            guard let copy = packet.sharing(0, packet.byteCount) else { break }
            current.take(copy, arrival, from: flow.remotePort)
            isTaken = true
        }
        if !isTaken { counters.count(.udpNoPort) }
        packet.release()
    }
    /// Tells who sent a datagram what became of it: only connected endpoints hear it, as on Linux without IP_RECVERR.
    func tellUDP(_ flow: Flow, _ failure: DeliveryFailure) {
        var candidate = udp.first(flow.localPort)
        while let current = candidate {
            candidate = current.nextInTable
            guard current.localPort == flow.localPort, let remote = current.remote,
                remote.address == flow.remote, remote.port == flow.remotePort
            else { continue }
            switch failure {
            case .refused(let error): current.fail(error)
            // Transient, and no error without IP_RECVERR.
            case .unreachable(let error):
                if error == .hostUnreachable { current.fail(error) }
            case .tooBig: break
            }
        }
    }
    /// Whether an address is that of all hosts of a network here.
    func isBroadcast(_ address: IPAddress) -> Bool {
        guard let address = address.v4 else { return false }
        if address == .broadcast { return true }
        for interface in interfaces where interface.isBroadcast(address) { return true }
        return false
    }
    /// A free port of the ephemeral range, from a random place on (RFC 6056, section 3.3.1).
    func ephemeralPort(_ isFree: (UInt16) -> Bool) -> UInt16? {
        let count = Int(configuration.lastPort) - Int(configuration.firstPort) + 1
        let start = random.next(below: count)
        for step in 0..<count {
            let port = configuration.firstPort + UInt16((start + step) % count)
            if isFree(port) { return port }
        }
        return nil
    }
    /// Puts the pseudo-header's sum into a transport's checksum, to be completed when the packet is sent.
    func leaveChecksum(
        _ packet: Packet, _ number: IPProtocol, from source: IPAddress, to destination: IPAddress,
        offset: Int
    ) {
        let sum = InternetChecksum(
            pseudoHeaderFrom: source, to: destination, number, byteCount: packet.byteCount)
        packet.withMutableFirst(offset + 2) { $0.storeBigEndian(sum.folded, at: offset) }
        packet.partialChecksum = Packet.PartialChecksum(start: 0, offset: offset)
    }
}
