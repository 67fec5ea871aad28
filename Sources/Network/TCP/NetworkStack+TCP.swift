internal import Base
internal import LinuxABI
internal import Wire

/// Segments to connections, and those that no connection sends.
extension NetworkStack {
    func receiveTCP(_ packet: Packet, _ arrival: Arrival) {
        counters.count(.tcpReceived)
        // RFC 9293, section 3.9.2.3: neither broadcasts nor groups.
        guard !arrival.isToGroup, arrival.source.isUnicast else { return drop(packet, .tcpToGroup) }
        var failure = NetworkCounter.badTCPHeader
        let parsed: TCPSegment? = packet.withFirst { bytes in
            guard let header = try? TCPHeader(checking: bytes) else { return nil }
            failure = .badTCPOptions
            let range = TCPHeader.byteCount..<header.headerByteCount
            guard let options = try? TCPOptions(checking: bytes.extracting(range)) else {
                return nil
            }
            return TCPSegment(
                header: header, options: options,
                payloadByteCount: packet.byteCount - header.headerByteCount, arrival: arrival)
        }
        guard let segment = parsed else { return drop(packet, failure) }
        guard isChecksumRight(packet, arrival) else { return drop(packet, .badTCPChecksum) }
        packet.removeFirst(segment.header.headerByteCount)
        guard let entry = tcp.flows.find(segment.flow, tableHash) else {
            return receiveUnknown(packet, segment)
        }
        entry.receive(packet, segment)
    }
    /// RFC 9293, sections 3.10.7.1 and 3.10.7.2.
    private func receiveUnknown(_ packet: Packet, _ segment: TCPSegment) {
        let flags = segment.header.flags
        guard !flags.contains(.reset) else { return drop(packet, .tcpNoConnection) }
        let listener = tcp.listener(
            segment.flow, segment.arrival.interface.index, tableHash)
        if let listener {
            if flags.contains(.synchronize), !flags.contains(.acknowledge) {
                packet.release()
                guard !flags.contains(.finish) else { return counters.count(.tcpUnexpectedSYN) }
                return listener.receiveSYN(segment)
            }
            if flags.contains(.acknowledge), !flags.contains(.synchronize),
                listener.receiveCookie(packet, segment)
            {
                return
            }
        }
        sendReset(for: segment)
        drop(packet, .tcpNoConnection)
    }
    /// A SYN that ended a TIME-WAIT; the new connection's numbers lie above the old one's.
    func receiveAfterTimeWait(_ segment: TCPSegment, above floor: SequenceNumber) {
        let listener = tcp.listener(
            segment.flow, segment.arrival.interface.index, tableHash)
        guard let listener else { return sendReset(for: segment) }
        listener.receiveSYN(segment, above: floor)
    }

    /// Tells of a failure whoever sent a segment.
    func tellTCP(_ flow: Flow, _ sequence: SequenceNumber, _ failure: DeliveryFailure) {
        guard let entry = tcp.flows.find(flow, tableHash) else {
            return counters.count(.tcpBadICMP)
        }
        entry.wasUndeliverable(sequence, failure)
    }

    // MARK: Sending

    /// Sends a segment: header, checksum, then IP.
    func sendTCP(
        _ packet: Packet, _ header: inout TCPHeader, _ options: TCPOptions,
        _ endpoint: EndpointOptions, _ flow: Flow, mark: UInt8 = 0, on path: inout Path
    ) {
        header.headerByteCount = TCPHeader.byteCount + options.byteCount
        let count = header.headerByteCount
        let stored = header
        packet.prepend(count) { bytes in
            stored.store(into: &bytes)
            guard count > TCPHeader.byteCount else { return }
            var rest = bytes._mutatingExtracting(TCPHeader.byteCount..<count)
            options.store(into: &rest)
        }
        leaveChecksum(
            packet, .tcp, from: flow.local, to: flow.remote, offset: TCPHeader.checksumOffset)
        counters.count(.tcpSent)
        // Paths are measured by what is too big for them (RFC 1191, section 6).
        let settings = IPSettings(
            number: .tcp, timeToLive: endpoint.timeToLive,
            trafficClass: endpoint.trafficClass & ~ECN.mask | mark,
            mayBeFragmented: false)
        do throws(Errno) {
            try send(packet, settings, from: flow.local, to: flow.remote, on: &path)
        } catch {
            counters.count(.tcpPathMTUChanges)
        }
    }
    func sendSYNACK(
        _ flow: Flow, initialSend: SequenceNumber, initialReceive: SequenceNumber,
        _ options: TCPOptions, _ window: UInt16, _ endpoint: EndpointOptions,
        _ marks: TCPFlags = [], on path: inout Path
    ) {
        guard let packet = makePacket(payload: 0, from: { _, _ in }) else {
            return counters.count(.noBuffers)
        }
        var header = TCPHeader(
            from: flow.localPort, to: flow.remotePort,
            marks.union([.synchronize, .acknowledge]), sequence: initialSend,
            acknowledgment: initialReceive + 1, window: window)
        sendTCP(packet, &header, options, endpoint, flow, on: &path)
    }
    /// Refuses a segment (RFC 9293, section 3.5.2, group 1).
    func sendReset(for segment: TCPSegment) {
        guard !segment.header.flags.contains(.reset) else { return }
        let flow = segment.flow
        let index =
            segment.arrival.interface.kind == .loopback ? nil : segment.arrival.interface.index
        guard
            var path = try? findPath(
                to: flow.remote, from: flow.local,
                through: flow.remote.isLinkLocal ? index : nil),
            let packet = makePacket(payload: 0, from: { _, _ in })
        else { return counters.count(.noRoute) }
        let isAnswer = segment.header.flags.contains(.acknowledge)
        var header = TCPHeader(
            from: flow.localPort, to: flow.remotePort,
            isAnswer ? .reset : [.reset, .acknowledge],
            sequence: isAnswer ? segment.header.acknowledgment : SequenceNumber(rawValue: 0),
            acknowledgment: isAnswer ? SequenceNumber(rawValue: 0) : segment.end, window: 0)
        counters.count(.tcpResetsSent)
        sendTCP(packet, &header, TCPOptions(), EndpointOptions(), flow, on: &path)
    }

    // MARK: Numbers

    /// RFC 6528: a clock of 4 us, from a place of the flow's own.
    func initialSequence(_ flow: Flow) -> SequenceNumber {
        let place = UInt32(truncatingIfNeeded: sequenceHash.hash(flow))
        return SequenceNumber(
            rawValue: place &+ UInt32(truncatingIfNeeded: now.rawValue / 4000))
    }
    /// Where a host's timestamps begin for another host (RFC 7323, section 7.1).
    func stampOffset(_ flow: Flow) -> UInt32 {
        let hosts = Flow(flow.local, 0, flow.remote, 0)
        return UInt32(truncatingIfNeeded: sequenceHash.hash(hosts, 1))
    }
    func stamp(_ flow: Flow) -> UInt32 {
        UInt32(truncatingIfNeeded: now.rawValue / 1_000_000) &+ stampOffset(flow)
    }
}
