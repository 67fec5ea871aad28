internal import Base
internal import LinuxABI
internal import Memory
internal import Wire

/// What an IP header says beside its addresses.
struct IPSettings {
    var number: IPProtocol
    var timeToLive: UInt8 = 64
    var trafficClass: UInt8 = 0
    var mayBeFragmented = true
    var loopsGroups = true
}

/// Packets on their way out: header, fragments, next hop.
extension NetworkStack {
    /// A packet of `headerCount` empty header bytes' room and the payload that `source` fills in; `nil` without
    /// buffers.
    func makePacket<Failure: Error>(
        payload count: Int, from source: (Int, inout MutableRawSpan) throws(Failure) -> Void
    ) throws(Failure) -> Packet? {
        guard let packet = pool.takePacket() else { return nil }
        guard packet.makeHeaderRoom() else {
            packet.release()
            return nil
        }
        var done = 0
        while done < count {
            let here = min(count - done, BufferPool.bufferByteCount)
            guard let piece = pool.cut(here) else {
                packet.release()
                return nil
            }
            packet.append(piece)
            do throws(Failure) {
                let position = done
                try pool.withMutableBytes(of: piece) { bytes throws(Failure) in
                    try source(position, &bytes)
                }
            } catch {
                packet.release()
                throw error
            }
            done += here
        }
        return packet
    }

    /// Sends what a transport made. EMSGSIZE where it does not fit and may not be cut.
    func send(
        _ packet: Packet, _ settings: IPSettings, from source: IPAddress,
        to destination: IPAddress, on path: inout Path
    ) throws(Errno) {
        let header = destination.isV4 ? IPv4Header.byteCount : IPv6Header.byteCount
        let limit = pathMTU(destination, on: path)
        if !path.interface.offloads.contains(.checksum) { packet.completeChecksum() }
        guard packet.segmentByteCount > 0 || packet.byteCount + header <= limit else {
            guard settings.mayBeFragmented else {
                packet.release()
                throw .messageTooLong
            }
            return sendFragments(packet, settings, from: source, to: destination, limit, on: &path)
        }
        counters.count(.ipSent)
        if let source = source.v4, let destination = destination.v4 {
            var ip = IPv4Header(
                settings.number, from: source, to: destination,
                payloadByteCount: packet.byteCount)
            ip.timeToLive = settings.timeToLive
            ip.trafficClass = settings.trafficClass
            ip.mayNotBeFragmented = !settings.mayBeFragmented
            // RFC 6864, section 4.1: what is never cut needs no number.
            if settings.mayBeFragmented {
                ip.identification = UInt16(truncatingIfNeeded: random.next())
            }
            packet.prepend(IPv4Header.byteCount) { ip.store(into: &$0) }
        } else {
            prependIPv6(packet, settings, settings.number, from: source, to: destination)
        }
        forward(packet, settings, to: destination, on: &path)
    }
    private func prependIPv6(
        _ packet: Packet, _ settings: IPSettings, _ next: IPProtocol, from source: IPAddress,
        to destination: IPAddress
    ) {
        var ip = IPv6Header(
            next, from: source, to: destination, payloadByteCount: packet.byteCount)
        ip.hopLimit = settings.timeToLive
        ip.trafficClass = settings.trafficClass
        packet.prepend(IPv6Header.byteCount) { ip.store(into: &$0) }
    }
    /// Hands a packet with its network header to the next hop.
    private func forward(
        _ packet: Packet, _ settings: IPSettings, to destination: IPAddress, on path: inout Path
    ) {
        let interface = path.interface
        let type: EtherType = destination.isV4 ? .ipV4 : .ipV6
        guard interface.kind == .ethernet else {
            return transmit(packet, type, to: .zero, on: interface)
        }
        if destination.isMulticast {
            // Members on this host hear it too (RFC 1112, section 6.1).
            if settings.loopsGroups, interface.isMember(of: destination),
                let copy = packet.sharing(0, packet.byteCount)
            {
                copy.isChecksumGood = true
                loopback.transmit(copy)
            }
            let mac = destination.v4.map { MACAddress(group: $0) } ?? MACAddress(group: destination)
            return transmit(packet, type, to: mac, on: interface)
        }
        if let destination = destination.v4, interface.isBroadcast(destination) {
            return transmit(packet, type, to: .broadcast, on: interface)
        }
        neighbors.send(packet, type, on: &path)
    }

    /// RFC 791, section 3.2; RFC 8200, section 4.5.
    private func sendFragments(
        _ packet: Packet, _ settings: IPSettings, from source: IPAddress,
        to destination: IPAddress, _ limit: Int, on path: inout Path
    ) {
        packet.completeChecksum()
        let isV4 = destination.isV4
        let header = isV4 ? IPv4Header.byteCount : IPv6Header.byteCount + IPv6Fragment.byteCount
        let most = (limit - header) & ~7
        let identification = random.next()
        var offset = 0
        while offset < packet.byteCount {
            let count = min(most, packet.byteCount - offset)
            guard let part = packet.sharing(offset, count) else {
                counters.count(.noBuffers)
                break
            }
            let hasMore = offset + count < packet.byteCount
            counters.count(.fragmentsSent)
            if let source = source.v4, let destination = destination.v4 {
                var ip = IPv4Header(
                    settings.number, from: source, to: destination, payloadByteCount: count)
                ip.timeToLive = settings.timeToLive
                ip.trafficClass = settings.trafficClass
                ip.identification = UInt16(truncatingIfNeeded: identification)
                ip.fragmentOffset = offset
                ip.hasMoreFragments = hasMore
                part.prepend(IPv4Header.byteCount) { ip.store(into: &$0) }
            } else {
                let place = offset
                part.prepend(IPv6Fragment.byteCount) {
                    IPv6Fragment.store(
                        settings.number, offset: place, hasMore: hasMore, identification, into: &$0)
                }
                prependIPv6(part, settings, .fragment, from: source, to: destination)
            }
            forward(part, settings, to: destination, on: &path)
            offset += count
        }
        packet.release()
    }
}
