package import Base
internal import Memory
package import Wire

/// One network stack: interfaces, routes, neighbours, and the tables of UDP and TCP.
///
/// It knows no clock, no device and no global: time comes by `advance(to:)`, frames by `receive`, and what it
/// sends goes to a `NetworkInterface`. Whoever drives it calls `advance(to:)` before anything else when time has
/// passed, and at `nextDeadline` at the latest. It is used by one CPU at a time (the library OS's lock).
///
/// Nothing recurses: what is sent over the loopback waits until the outermost call is done (`drain`).
package final class NetworkStack {
    package let pool: BufferPool
    package let counters = NetworkCounters()
    package private(set) var now: Nanoseconds
    var timers = TimerHeap()
    var random: RandomSource
    /// Keys of the hashes: of tables, of initial sequence numbers (RFC 6528) and of SYN cookies.
    let tableHash: KeyedHash
    let sequenceHash: KeyedHash
    let cookieHash: KeyedHash
    package let configuration: NetworkConfiguration

    package private(set) var interfaces: [NetworkInterface] = []
    private let loopbackDevice = LoopbackDevice()
    package let loopback: NetworkInterface
    package internal(set) var routes = RoutingTable()
    private(set) lazy var neighbors = NeighborCache(of: self, tableHash)
    private(set) lazy var fragments = FragmentTable(of: self)
    private(set) lazy var autoconfiguration = Autoconfiguration(of: self)
    let udp = UDPTable()
    let tcp: TCPTable
    var pathMTUs = PathMTUTable()
    var errorBudget = ErrorBudget()
    private var isDraining = false
    private var lastReclaim: Nanoseconds?

    /// Makes a stack with the loopback alone. `seed` is a key of 256 bits that nobody else knows; `nil` where there
    /// is no memory for the pool's table.
    package init?(
        _ configuration: NetworkConfiguration = NetworkConfiguration(), seed: [8 of UInt32],
        now: Nanoseconds
    ) {
        guard let pool = BufferPool(limit: configuration.bufferLimit) else { return nil }
        self.pool = pool
        self.configuration = configuration
        self.now = now
        loopback = loopbackDevice.makeInterface()
        random = RandomSource(key: seed)
        tableHash = KeyedHash(random.next64(), random.next64())
        sequenceHash = KeyedHash(random.next64(), random.next64())
        cookieHash = KeyedHash(random.next64(), random.next64())
        tcp = TCPTable(limit: configuration.connectionLimit)
        attach(loopback)
        _ = loopback.set(InterfaceAddress(IPv4Address(127, 0, 0, 1), bitCount: 8))
        _ = loopback.set(InterfaceAddress(.loopback, bitCount: 128))
    }

    /// Gives an interface its number. Precondition: no other stack has it.
    package func attach(_ interface: NetworkInterface) {
        precondition(interface.index == 0 && interfaces.count < 255)
        interface.index = UInt8(interfaces.count + 1)
        interfaces.append(interface)
    }
    package func interface(_ index: UInt8) -> NetworkInterface? {
        index > 0 && Int(index) <= interfaces.count ? interfaces[Int(index) - 1] : nil
    }

    // MARK: Time

    /// Sets the clock and does what was due until then. Time does not go back.
    package func advance(to time: Nanoseconds) {
        if time > now { now = time }
        if pool.wasShort { reclaim() }
        while let object = timers.takeDue(now) {
            object.timeHasCome(now)
            drain()
        }
    }
    /// When `advance` has to be called at the latest.
    package var nextDeadline: Nanoseconds? { timers.nextDeadline }

    // MARK: Frames

    /// Takes a frame that an interface received; it is the stack's.
    package func receive(_ packet: Packet, on interface: NetworkInterface) {
        if pool.wasShort { reclaim() }
        take(packet, on: interface)
        drain()
    }
    private func take(_ packet: Packet, on interface: NetworkInterface) {
        interface.received.packets += 1
        interface.received.bytes += UInt64(packet.byteCount)
        guard interface.isUp else { return drop(packet, .interfaceDown) }
        // Every header that is looked at lies in one piece from here on.
        guard packet.gather(min(packet.byteCount, Packet.headerRoom)), packet.byteCount > 0 else {
            return drop(packet, .truncatedFrame)
        }
        if interface.kind == .loopback {
            let isV6 = packet.withFirst { $0.byte(at: 0) >> 4 == 6 }
            return isV6 ? receiveIPv6(packet, on: interface) : receiveIPv4(packet, on: interface)
        }
        let parsed = packet.withFirst { try? EthernetHeader(checking: $0) }
        guard let header = parsed else { return drop(packet, .badFrame) }
        // A device may be promiscuous.
        guard header.destination == interface.mac || header.destination.isGroup else {
            return drop(packet, .otherHost)
        }
        packet.removeFirst(EthernetHeader.byteCount)
        switch header.type {
        case .ipV4: receiveIPv4(packet, on: interface)
        case .ipV6: receiveIPv6(packet, on: interface)
        case .arp: receiveARP(packet, on: interface)
        default: drop(packet, .unknownEtherType)
        }
    }
    /// Counts why a packet goes no further, and gives it back.
    func drop(_ packet: Packet, _ reason: NetworkCounter) {
        counters.count(reason)
        packet.release()
    }

    /// Sends a packet that begins with its network header to a host on a link.
    func transmit(
        _ packet: Packet, _ type: EtherType, to mac: MACAddress, on interface: NetworkInterface
    ) {
        guard interface.isUp else { return drop(packet, .interfaceDown) }
        interface.sent.packets += 1
        if interface.kind == .ethernet {
            packet.prepend(EthernetHeader.byteCount) {
                EthernetHeader(destination: mac, source: interface.mac, type: type).store(into: &$0)
            }
        }
        interface.sent.bytes += UInt64(packet.byteCount)
        interface.transmit(packet)
    }

    /// Delivers what was sent over the loopback; to be called at the end of each outermost call.
    func drain() {
        guard !isDraining else { return }
        isDraining = true
        while let packet = loopbackDevice.queue.removeFirst() { take(packet, on: loopback) }
        isDraining = false
    }

    /// Drops what will come again: parts of datagrams, and segments behind a hole (RFC 2018, section 8). Not all the time, as
    /// it looks at every connection.
    private func reclaim() {
        guard lastReclaim.map({ now - $0 >= .milliseconds(10) }) ?? true else { return }
        lastReclaim = now
        pool.wasShort = false
        counters.count(.reclaims)
        fragments.removeAll()
        tcp.flows.forEach { ($0 as? TCPConnection)?.dropEarly() }
    }
    /// Connections in all states, half-open ones and those in TIME-WAIT among them.
    package var connectionCount: Int { tcp.flows.count }
    /// Says where a neighbour is, whatever the wire says; nothing happens where there is no room.
    package func pinNeighbor(
        _ address: IPAddress, _ mac: MACAddress, on interface: NetworkInterface
    ) {
        _ = neighbors.pin(address, mac, on: interface)
    }
    /// Gives up everything that the stack holds: no socket may be used any more.
    package func shutDown() {
        tcp.shutDown()
        udp.shutDown()
        fragments.removeAll()
        neighbors.removeAll()
        loopbackDevice.queue.releaseAll()
        pool.shutDown()
        let parts: [StackPart] = [neighbors, fragments, autoconfiguration]
        for part in parts {
            timers.remove(part)
            part.detach()
        }
    }
}

/// What a stack may hold, and its defaults (Linux's names in tcp(7) and ip(7)).
package struct NetworkConfiguration: Sendable {
    /// Buffers of 4 KiB for everything: rings, queues, fragments.
    package var bufferLimit = 4096
    /// Connections in all states; half-open ones, and those in TIME-WAIT (tcp_max_tw_buckets).
    package var connectionLimit = 65_536
    package var requestLimit = 4096
    package var timeWaitLimit = 4096
    /// Connections that no program has any more (tcp_max_orphans).
    package var orphanLimit = 1024
    /// tcp_rmem and tcp_wmem: where a buffer's limit begins, and how far it grows by itself.
    package var receiveBuffer = 131_072
    package var maximumReceiveBuffer = 6 << 20
    package var sendBuffer = 87_040
    package var maximumSendBuffer = 4 << 20
    /// ip_local_port_range
    package var firstPort: UInt16 = 32_768
    package var lastPort: UInt16 = 60_999
    /// Buffers that fragments may hold.
    package var fragmentBufferLimit = 256
    /// Whether a SYN gets a cookie where a queue is full (tcp_syncookies), always, or never.
    package var cookies = CookiePolicy.whenFull
    /// Who asks for congestion marks (tcp_ecn): nobody, the other side alone, or both.
    package var congestionMarks = MarkPolicy.whenAsked
    package enum MarkPolicy: Sendable {
        case never
        case whenAsked
        case always
    }
    package enum CookiePolicy: Sendable {
        case never
        case whenFull
        case always
    }
    package init() {}
}

/// How many ICMP errors may go out (RFC 1812, section 4.3.2.8; icmp_msgs_per_sec and icmp_msgs_burst).
struct ErrorBudget {
    private static let perSecond: Int64 = 1000
    private static let burst: Int64 = 50
    private var tokens: Int64 = burst
    private var last = Nanoseconds.zero

    /// Whether one more may be sent.
    mutating func take(_ now: Nanoseconds) -> Bool {
        let elapsed = min((now - last).rawValue, Nanoseconds.perSecond)
        let new = elapsed * Self.perSecond / Nanoseconds.perSecond
        if new > 0 {
            tokens = min(tokens + new, Self.burst)
            last = now
        }
        guard tokens > 0 else { return false }
        tokens -= 1
        return true
    }
}

/// What routers said of the way to some destinations (RFC 1191, RFC 8201): few, each for ten minutes.
struct PathMTUTable {
    private struct Entry {
        var destination = IPAddress.any
        var mtu = 0
        var validUntil = Nanoseconds.zero
    }
    private static let lifetime = Nanoseconds.seconds(600)
    private var entries = InlineArray<32, Entry>(repeating: Entry())
    private var next = 0
    /// Changes with every entry.
    private(set) var generation: UInt32 = 0

    mutating func set(_ destination: IPAddress, _ mtu: Int, _ now: Nanoseconds) {
        generation &+= 1
        var place = next
        for index in 0..<32 where entries[index].destination == destination { place = index }
        if place == next { next = (next + 1) % 32 }
        entries[place] = Entry(
            destination: destination, mtu: mtu, validUntil: now + Self.lifetime)
    }
    func find(_ destination: IPAddress, _ now: Nanoseconds) -> Int? {
        for index in 0..<32
        where entries[index].destination == destination && entries[index].validUntil > now {
            return entries[index].mtu
        }
        return nil
    }
}
