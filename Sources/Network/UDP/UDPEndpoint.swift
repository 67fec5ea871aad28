internal import Base
package import LinuxABI
internal import Memory
package import Scheduler
package import Wire

/// A UDP socket without its file (RFC 768; udp(7)): what it does never waits.
package final class UDPEndpoint {
    package let stack: NetworkStack
    package let family: AddressFamily
    package var options = EndpointOptions()
    /// Who waits for it.
    package let queue = WaitQueue()
    /// What the next call fails with (SO_ERROR).
    private var pendingError: Errno?

    package private(set) var local = EndpointAddress(.any, 0)
    /// Where `send` without an address goes, and who alone is heard.
    package private(set) var remote: EndpointAddress?
    var localPort: UInt16 { local.port }
    var bound: BoundAddress { BoundAddress(local.address, options) }
    private var path: Path?
    var nextInTable: UDPEndpoint?

    private var received = PacketQueue()
    /// What the queue's packets take of the receive buffer.
    private var charge = 0
    private var isReceivingShut = false
    private var isSendingShut = false
    private var isClosed = false
    private var memberships: [(group: IPAddress, interface: UInt8)] = []
    /// IP_MAX_MEMBERSHIPS
    private static let membershipLimit = 20
    package static let maximumPayload = 65_507

    package init(of stack: NetworkStack, _ family: AddressFamily) {
        self.stack = stack
        self.family = family
        local = EndpointAddress(family.any, 0)
    }

    // MARK: Names

    /// bind(2); port 0: a free one. EINVAL, EADDRNOTAVAIL, EADDRINUSE, EAFNOSUPPORT.
    package func bind(to address: EndpointAddress) throws(Errno) {
        guard local.port == 0 else { throw .invalidArgument }
        try family.check(address.address, options)
        let isAllowed =
            address.address.isAny || address.address.isMulticast || stack.isLocal(address.address)
            || stack.isBroadcast(address.address)
        guard isAllowed else { throw .addressNotAvailable }
        try take(address)
    }
    private func take(_ address: EndpointAddress) throws(Errno) {
        var port = address.port
        if port == 0 {
            guard
                let free = stack.ephemeralPort({
                    self.stack.udp.isFree($0, address.address, for: self)
                })
            else { throw .addressInUse }
            port = free
        } else {
            guard stack.udp.isFree(port, address.address, for: self) else { throw .addressInUse }
        }
        local = EndpointAddress(address.address, port)
        stack.udp.insert(self)
    }
    /// connect(2): says who the other side is. Errors as of the way there.
    package func connect(to address: EndpointAddress) throws(Errno) {
        try family.check(address.address, options)
        let isBroadcast = stack.isBroadcast(address.address)
        guard !isBroadcast || options.mayBroadcast else { throw .permissionDenied }
        // No address at all is this host (Linux).
        let target = address.address.isAny ? address.address.ownLoopback : address.address
        let index = address.interfaceIndex > 0 ? address.interfaceIndex : interfaceIndex(target)
        let path = try stack.findPath(to: target, from: local.address, through: index)
        if local.port == 0 { try take(EndpointAddress(path.source, 0)) }
        if local.address.isAny {
            local = EndpointAddress(path.source, local.port)
            wasUnnamed = true
        }
        remote = EndpointAddress(target, address.port)
        self.path = path
    }
    private var wasUnnamed = false
    /// connect(2) with AF_UNSPEC.
    package func disconnect() {
        remote = nil
        path = nil
        if wasUnnamed { local = EndpointAddress(family.any, local.port) }
        wasUnnamed = false
    }
    private func interfaceIndex(_ target: IPAddress) -> UInt8? {
        if target.isMulticast, options.groupInterface > 0 { return options.groupInterface }
        return options.interfaceIndex > 0 ? options.interfaceIndex : nil
    }

    // MARK: Sending

    /// Sends a datagram of `count` bytes that `source` gives; all or none. EDESTADDRREQ, EMSGSIZE, EACCES,
    /// ENOBUFS, EPIPE and the errors of the way there.
    package func send(
        _ count: Int, to address: EndpointAddress? = nil,
        from source: (Int, inout MutableRawSpan) throws(Errno) -> Void
    ) throws(Errno) -> Int {
        defer { stack.drain() }
        if let error = takeError() { throw error }
        guard !isSendingShut else { throw .brokenPipe }
        guard let target = address ?? remote else { throw .addressRequired }
        guard count <= Self.maximumPayload else { throw .messageTooLong }
        guard target.port != 0 else { throw .invalidArgument }
        var way: Path
        if address == nil || address == remote, let kept = path {
            way = kept
            try stack.refresh(&way, to: target.address)
        } else {
            try family.check(target.address, options)
            if stack.isBroadcast(target.address), !options.mayBroadcast { throw .permissionDenied }
            let host = target.address.isAny ? target.address.ownLoopback : target.address
            let index = target.interfaceIndex > 0 ? target.interfaceIndex : interfaceIndex(host)
            let isGroup = local.address.isMulticast
            way = try stack.findPath(
                to: host, from: isGroup ? nil : local.address, through: index)
        }
        if local.port == 0 { try take(EndpointAddress(family.any, 0)) }
        let host = target.address.isAny ? target.address.ownLoopback : target.address
        guard let packet = try stack.makePacket(payload: count, from: source) else {
            throw .noBufferSpace
        }
        let header = UDPHeader(from: local.port, to: target.port, payloadByteCount: count)
        packet.prepend(UDPHeader.byteCount) { header.store(into: &$0) }
        stack.leaveChecksum(
            packet, .udp, from: way.source, to: host, offset: UDPHeader.checksumOffset)
        stack.counters.count(.udpSent)
        var settings = IPSettings(
            number: .udp, timeToLive: options.timeToLive, trafficClass: options.trafficClass)
        if host.isMulticast {
            settings.timeToLive = options.groupTimeToLive
            settings.loopsGroups = options.loopsGroups
        }
        try stack.send(packet, settings, from: way.source, to: host, on: &way)
        if path != nil, address == nil { path = way }
        return count
    }

    // MARK: Receiving

    /// What `receive` tells beside the bytes.
    package struct Datagram {
        /// Of the whole datagram.
        package let byteCount: Int
        package let copiedCount: Int
        package let sender: EndpointAddress
        /// IP_PKTINFO, IP_TTL and IP_TOS, as control messages tell them.
        package let receiver: IPAddress
        package let interfaceIndex: UInt8
        package let timeToLive: UInt8
        package let trafficClass: UInt8
    }
    package enum Reading: Sendable {
        case take
        case peek
    }
    /// Receives one datagram, of which the first `count` bytes go to `sink`; `nil` at the end that shutdown(2) made.
    /// EAGAIN, and what an earlier datagram met with.
    package func receive(
        _ count: Int, _ reading: Reading = .take,
        to sink: (Int, RawSpan) throws(Errno) -> Void
    ) throws(Errno) -> Datagram? {
        if let error = takeError() { throw error }
        guard let packet = received.first else {
            if isReceivingShut { return nil }
            throw .tryAgain
        }
        let copied = min(count, packet.byteCount)
        let datagram = Datagram(
            byteCount: packet.byteCount, copiedCount: copied,
            sender: {
                var sender = EndpointAddress(packet.sender, packet.senderPort)
                if packet.sender.isLinkLocal { sender.interfaceIndex = packet.interfaceIndex }
                return sender
            }(),
            receiver: packet.receiver, interfaceIndex: packet.interfaceIndex,
            timeToLive: packet.timeToLive, trafficClass: packet.trafficClass)
        // What can't be copied is taken too, as on Linux.
        defer {
            if reading == .take {
                _ = received.removeFirst()
                charge -= Self.charge(of: packet)
                packet.release()
            }
        }
        try packet.deliver(0, copied, at: 0, to: sink)
        return datagram
    }
    private static func charge(of packet: Packet) -> Int {
        packet.isCompact || packet.byteCount == 0
            ? packet.byteCount + 256 : packet.pieceCount * BufferPool.bufferByteCount
    }
    /// Datagrams up to this size are moved out of the device's buffers, which are larger.
    private static let copyLimit = 1024

    /// How well the endpoint fits a datagram; `nil`: not at all.
    func score(_ flow: Flow, _ index: UInt8) -> Int? {
        guard local.port == flow.localPort, let score = bound.score(flow.local, index) else {
            return nil
        }
        guard let remote else { return score }
        guard remote.address == flow.remote, remote.port == flow.remotePort else { return nil }
        return score + 8
    }
    /// Queues a datagram whose header was taken off; it is the endpoint's.
    func take(_ packet: Packet, _ arrival: Arrival, from port: UInt16) {
        guard !isReceivingShut else { return stack.drop(packet, .udpShut) }
        guard charge + packet.byteCount <= options.receiveBuffer || received.count == 0 else {
            return stack.drop(packet, .udpBufferFull)
        }
        guard let kept = kept(packet) else { return stack.drop(packet, .noBuffers) }
        kept.sender = arrival.source
        kept.senderPort = port
        kept.receiver = arrival.destination
        kept.interfaceIndex = arrival.interface.index
        kept.timeToLive = arrival.timeToLive
        kept.trafficClass = arrival.trafficClass
        received.append(kept)
        charge += Self.charge(of: kept)
        stack.counters.count(.udpReceived)
        queue.wake(.hasData)
    }
    private func kept(_ packet: Packet) -> Packet? {
        guard packet.byteCount <= Self.copyLimit, packet.byteCount > 0 else { return packet }
        guard let copy = packet.compactCopy() else { return nil }
        packet.release()
        return copy
    }
    func fail(_ error: Errno) {
        pendingError = error
        queue.wake([.error, .readable, .writable])
    }

    // MARK: State

    package func takeError() -> Errno? {
        defer { pendingError = nil }
        return pendingError
    }
    package var readiness: Readiness {
        var readiness: Readiness = [.writable, .normalWritable]
        if received.count > 0 || isReceivingShut {
            readiness.formUnion([.readable, .normalReadable])
        }
        if pendingError != nil { readiness.insert(.error) }
        if isReceivingShut { readiness.insert(.readHungUp) }
        if isReceivingShut, isSendingShut { readiness.insert(.hungUp) }
        return readiness
    }
    /// SIOCINQ: bytes of the next datagram.
    package var nextByteCount: Int { received.first?.byteCount ?? 0 }

    /// shutdown(2). ENOTCONN, but the directions are shut all the same, as on Linux.
    package func shutDown(receiving: Direction, sending: Direction) throws(Errno) {
        if receiving == .shut { isReceivingShut = true }
        if sending == .shut { isSendingShut = true }
        queue.wake([.readable, .readHungUp, .hungUp])
        guard remote != nil else { throw .notConnected }
    }
    /// Ends the endpoint: its port is free.
    package func close() {
        guard !isClosed else { return }
        isClosed = true
        if local.port != 0 { stack.udp.remove(self) }
        for membership in memberships { stack.leave(membership.group, on: membership.interface) }
        memberships.removeAll()
        dropAll()
    }
    func dropAll() {
        received.releaseAll()
        charge = 0
        path = nil
    }

    // MARK: Groups

    /// IP_ADD_MEMBERSHIP, IPV6_JOIN_GROUP. EINVAL, ENODEV, EADDRINUSE, ENOBUFS.
    package func join(_ group: IPAddress, on index: UInt8?) throws(Errno) {
        guard memberships.count < Self.membershipLimit else { throw .noBufferSpace }
        for membership in memberships
        where membership.group == group && (index == nil || index == membership.interface) {
            throw .addressInUse
        }
        memberships.append((group, try stack.join(group, on: index)))
    }
    /// IP_DROP_MEMBERSHIP, IPV6_LEAVE_GROUP. EADDRNOTAVAIL.
    package func leave(_ group: IPAddress, on index: UInt8?) throws(Errno) {
        for (place, membership) in memberships.enumerated()
        where membership.group == group && (index == nil || index == membership.interface) {
            memberships.remove(at: place)
            return stack.leave(group, on: membership.interface)
        }
        throw .addressNotAvailable
    }
    func isMember(of group: IPAddress, on interface: NetworkInterface) -> Bool {
        for membership in memberships
        where membership.group == group
            && (membership.interface == interface.index || interface.kind == .loopback)
        {
            return true
        }
        return false
    }
}

/// What shutdown(2) does to a direction.
package enum Direction: Sendable {
    case kept
    case shut
}

/// A socket's address family (socket(2)).
package enum AddressFamily: Sendable {
    /// AF_INET
    case v4
    /// AF_INET6
    case v6

    package var any: IPAddress { self == .v4 ? .anyV4 : .any }
    /// EAFNOSUPPORT, ENETUNREACH: whether a socket of the family may use an address.
    func check(_ address: IPAddress, _ options: EndpointOptions) throws(Errno) {
        switch self {
        case .v4: guard address.isV4 else { throw .addressFamilyNotSupported }
        case .v6: guard !address.isV4 || !options.isV6Only else { throw .networkUnreachable }
        }
    }
}

extension IPAddress {
    /// 127.0.0.1 or ::1, of the same family.
    var ownLoopback: IPAddress { isV4 ? IPAddress(IPv4Address(127, 0, 0, 1)) : .loopback }
}
