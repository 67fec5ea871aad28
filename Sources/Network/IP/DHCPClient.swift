internal import Base
package import LinuxABI
internal import Memory
internal import Scheduler
package import Wire

/// The client of DHCPv4 (RFC 2131, section 4.4): an address for an interface, kept as long as its server lets it.
package final class DHCPClient: TimedObject {
    package enum State: Equatable, Sendable {
        case selecting
        case requesting
        case bound
        case renewing
        case rebinding
        case stopped
    }
    /// What a server gave.
    package struct Lease: Sendable {
        package let address: IPv4Address
        /// Bits of the network's prefix.
        package let bitCount: Int
        package let router: IPv4Address?
        package let servers: BoundedList<3, IPv4Address>
        package let server: IPv4Address
        package let seconds: UInt32
    }
    package private(set) var state = State.stopped
    package private(set) var lease: Lease?
    /// Called when there is a new lease, or none any more.
    package var onChange: ((Lease?) -> Void)?

    private let stack: NetworkStack
    private let interface: NetworkInterface
    private let socket: UDPEndpoint
    private let waiter: DHCPWaiter
    private var transaction: UInt32 = 0
    private var offer: DHCPMessage?
    private var attempt = 0
    private var began = Nanoseconds.zero
    private var renewAt = Nanoseconds.zero
    private var rebindAt = Nanoseconds.zero
    private var expiresAt = Nanoseconds.zero

    /// Section 4.1: from 4 s to 64 s, doubled each time; less at first, as a machine waits for it.
    private static let firstWait = Nanoseconds.seconds(1)
    private static let longestWait = Nanoseconds.seconds(64)

    /// Takes the client's port. EADDRINUSE
    package init(on interface: NetworkInterface, of stack: NetworkStack) throws(Errno) {
        self.interface = interface
        self.stack = stack
        socket = UDPEndpoint(of: stack, .v4)
        socket.options.interfaceIndex = interface.index
        socket.options.mayBroadcast = true
        waiter = DHCPWaiter()
        try socket.bind(to: EndpointAddress(.anyV4, DHCPMessage.clientPort))
    }
    /// Begins to look for a server.
    package func start() {
        waiter.start(self, socket.queue)
        discover()
        stack.drain()
    }
    /// Gives the lease back and stops.
    package func stop() {
        if let lease, state != .stopped {
            var message = message(.release)
            message.clientAddress = lease.address
            message.server = lease.server
            send(message, to: lease.server, from: lease.address)
        }
        state = .stopped
        giveUp()
        stack.timers.remove(self)
        waiter.stop()
        socket.close()
        stack.drain()
    }

    // MARK: What is sent

    private func message(_ kind: DHCPMessage.Kind) -> DHCPMessage {
        var message = DHCPMessage(kind, transaction: transaction, hardware: interface.mac)
        let elapsed = (stack.now - began).rawValue / Nanoseconds.perSecond
        message.secondsElapsed = UInt16(min(elapsed, 65_535))
        return message
    }
    private func discover() {
        state = .selecting
        transaction = stack.random.next()
        began = stack.now
        attempt = 0
        offer = nil
        sendAgain()
    }
    /// Sends what the state asks for, and waits.
    private func sendAgain() {
        switch state {
        case .selecting: send(message(.discover), to: .broadcast, from: .any)
        case .requesting:
            guard let offer else { return discover() }
            // Section 4.3.2: the address and its server stand in options.
            var request = message(.request)
            request.requestedAddress = offer.yourAddress
            request.server = offer.server
            send(request, to: .broadcast, from: .any)
        case .renewing, .rebinding:
            guard let lease else { return discover() }
            var request = message(.request)
            request.clientAddress = lease.address
            send(request, to: state == .renewing ? lease.server : .broadcast, from: lease.address)
        case .bound, .stopped: return
        }
        attempt += 1
        stack.timers.wake(self, by: nextTry)
        tryAt = nextTry
    }
    private var tryAt = Nanoseconds.zero
    /// Section 4.1, with a random second; section 4.4.5: half of what is left of a lease, a minute at least.
    private var nextTry: Nanoseconds {
        switch state {
        case .renewing, .rebinding:
            let end = state == .renewing ? rebindAt : expiresAt
            let half = (end - stack.now).rawValue / 2
            let wait = max(half, 60 * Nanoseconds.perSecond)
            let time = stack.now + Nanoseconds(rawValue: wait)
            return time < end ? time : end
        default:
            let factor: Int64 = 1 << Int64(min(attempt - 1, 6))
            let wait = min(Self.firstWait.rawValue * factor, Self.longestWait.rawValue)
            let spread = Int64(stack.random.next(below: 500_000_000))
            return stack.now + Nanoseconds(rawValue: wait + spread)
        }
    }
    /// Sends a message as a datagram, also without an address of this host.
    private func send(_ message: DHCPMessage, to destination: IPv4Address, from source: IPv4Address)
    {
        let count = DHCPMessage.maximumByteCount
        guard let packet = stack.makePacket(payload: count, from: { _, _ in }) else {
            return stack.counters.count(.noBuffers)
        }
        var used = 0
        // A cut of a shared buffer: its bytes are whatever was there before.
        stack.pool.withMutableBytes(of: packet.piece(1)) { bytes in
            for index in 0..<bytes.byteCount { bytes.storeLittleEndian(UInt8(0), at: index) }
            used = message.store(into: &bytes)
        }
        packet.truncate(to: used)
        let header = UDPHeader(
            from: DHCPMessage.clientPort, to: DHCPMessage.serverPort, payloadByteCount: used)
        packet.prepend(UDPHeader.byteCount) { header.store(into: &$0) }
        stack.leaveChecksum(
            packet, .udp, from: IPAddress(source), to: IPAddress(destination),
            offset: UDPHeader.checksumOffset)
        var path = Path(
            interface: interface, nextHop: IPAddress(destination), source: IPAddress(source),
            generation: stack.routes.generation, neighbor: nil)
        // A server behind a router is reached through it.
        if destination != .broadcast,
            let found = try? stack.findPath(
                to: IPAddress(destination), from: IPAddress(source), through: interface.index)
        {
            path = found
        }
        stack.counters.count(.dhcpSent)
        try? stack.send(
            packet, IPSettings(number: .udp), from: IPAddress(source), to: IPAddress(destination),
            on: &path)
    }

    // MARK: What comes

    fileprivate func receive() {
        while true {
            var parsed: DHCPMessage?
            do throws(Errno) {
                let datagram = try socket.receive(1500) { position, bytes in
                    // A message lies in one piece, unless it is larger than any of ours.
                    if position == 0 { parsed = try? DHCPMessage(checking: bytes) }
                }
                guard let datagram else { return }
                guard datagram.sender.port == DHCPMessage.serverPort else { continue }
            } catch { return }
            guard let message = parsed, message.isReply, message.transaction == transaction,
                message.hardware == interface.mac
            else {
                stack.counters.count(.dhcpIgnored)
                continue
            }
            take(message)
        }
    }
    private func take(_ message: DHCPMessage) {
        switch (state, message.kind) {
        case (.selecting, .offer):
            // The first one that can be used.
            guard message.server != nil, message.yourAddress.isUnicast,
                !message.yourAddress.isLoopback
            else { return stack.counters.count(.dhcpIgnored) }
            offer = message
            state = .requesting
            attempt = 0
            sendAgain()
        case (.requesting, .acknowledgment), (.renewing, .acknowledgment),
            (.rebinding, .acknowledgment):
            bind(message)
        case (.requesting, .refusal), (.renewing, .refusal), (.rebinding, .refusal):
            // Section 3.1, step 5: begin anew.
            giveUp()
            discover()
        default: stack.counters.count(.dhcpIgnored)
        }
    }
    private func bind(_ message: DHCPMessage) {
        guard let server = message.server ?? lease?.server, message.yourAddress.isUnicast,
            !message.yourAddress.isLoopback, let seconds = message.leaseSeconds, seconds > 0
        else { return stack.counters.count(.dhcpIgnored) }
        let bitCount = message.mask?.prefixBitCount ?? 24
        if let old = lease, old.address != message.yourAddress || old.bitCount != bitCount {
            giveUp()
        }
        let new = Lease(
            address: message.yourAddress, bitCount: bitCount, router: message.router,
            servers: message.servers, server: server, seconds: seconds)
        lease = new
        state = .bound
        // Section 4.4.5: half and seven eighths of the time.
        let whole = seconds == .max ? Int64.max / 4 : Int64(seconds) * Nanoseconds.perSecond
        func point(_ said: UInt32?, _ otherwise: Int64) -> Nanoseconds {
            let time = said.map { Int64($0) * Nanoseconds.perSecond } ?? otherwise
            return stack.now + Nanoseconds(rawValue: min(time, whole))
        }
        renewAt = point(message.renewalSeconds, whole / 2)
        rebindAt = point(message.rebindingSeconds, whole / 8 * 7)
        expiresAt = stack.now + Nanoseconds(rawValue: whole)
        stack.timers.wake(self, by: renewAt)
        if let mtu = message.mtu, mtu >= 576, mtu < interface.mtu { interface.setMTU(mtu) }
        guard
            (try? stack.addAddress(
                InterfaceAddress(new.address, bitCount: bitCount), to: interface)) != nil
        else { return stack.counters.count(.tooManyAddresses) }
        if let router = new.router, router.isUnicast {
            try? stack.addRoute(
                NetworkRoute(
                    .anyV4, bitCount: 96, gateway: IPAddress(router), through: interface.index))
        }
        onChange?(new)
    }
    /// Takes the address and its routes away.
    private func giveUp() {
        guard let old = lease else { return }
        lease = nil
        stack.removeAddress(IPAddress(old.address), from: interface)
        if let router = old.router {
            stack.removeRoutes {
                $0.gateway == IPAddress(router) && $0.interfaceIndex == self.interface.index
            }
        }
        onChange?(nil)
    }

    // MARK: Time

    override func timeHasCome(_ now: Nanoseconds) {
        switch state {
        case .stopped: return
        case .bound:
            guard now >= renewAt else { return stack.timers.wake(self, by: renewAt) }
            transaction = stack.random.next()
            began = now
            attempt = 0
            state = .renewing
            sendAgain()
        case .renewing, .rebinding:
            if now >= expiresAt {
                giveUp()
                return discover()
            }
            guard now >= tryAt else { return stack.timers.wake(self, by: tryAt) }
            if now >= rebindAt { state = .rebinding }
            sendAgain()
        case .selecting, .requesting:
            guard now >= tryAt else { return stack.timers.wake(self, by: tryAt) }
            // An offer that is not confirmed after four tries is none.
            if state == .requesting, attempt >= 4 { return discover() }
            sendAgain()
        }
    }
}

/// Hears that a message came for a client.
private final class DHCPWaiter: WakeTarget {
    private let waiter = Waiter()
    private var client: DHCPClient?

    func start(_ client: DHCPClient, _ queue: WaitQueue) {
        self.client = client
        queue.add(waiter, for: self)
    }
    func stop() {
        waiter.stop()
        client = nil
    }
    func woken(by events: Readiness) -> Bool {
        client?.receive()
        return true
    }
}
