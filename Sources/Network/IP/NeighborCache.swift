internal import Base
internal import Memory
internal import Wire

/// A host on a link, and what is known of its link-layer address (RFC 4861, section 7.3.2; ARP alike).
package final class Neighbor {
    enum State {
        /// Asked for and not known.
        case incomplete
        /// Answered lately.
        case reachable
        /// Known, perhaps no longer right.
        case stale
        /// Used while stale: asked after a while.
        case delay
        /// Asked for, to the known address.
        case probe
        /// Said by the machine's owner: nothing on the wire changes it.
        case permanent
    }
    let address: IPAddress
    let interface: NetworkInterface
    fileprivate(set) var state = State.incomplete
    fileprivate(set) var mac = MACAddress.zero
    fileprivate var deadline = Nanoseconds.zero
    fileprivate var probesSent = 0
    fileprivate var lastUsed = Nanoseconds.zero
    fileprivate var next: Neighbor?
    fileprivate(set) var isRemoved = false
    /// Packets until the address is known, each with its type.
    fileprivate var waiting = PacketQueue()

    fileprivate init(_ address: IPAddress, _ interface: NetworkInterface) {
        self.address = address
        self.interface = interface
    }
}

/// Neighbours by interface and address, up to a limit; the one that was not used for longest makes room.
final class NeighborCache: StackPart {
    private static let limit = 512
    private static let bucketCount = 64
    /// Packets that wait for one address (RFC 1122, section 2.3.2.2: at least one), and for all: Linux's unres_qlen.
    private static let waitingLimit = 101
    private static let allWaitingLimit = 1024
    // RFC 4861, section 10.
    private static let reachableTime = Nanoseconds.seconds(30)
    private static let delayTime = Nanoseconds.seconds(5)
    private static let retransmitTime = Nanoseconds.seconds(1)
    private static let probeLimit = 3

    private var buckets: [Neighbor?]
    private(set) var count = 0
    private var waitingCount = 0
    private let hash: KeyedHash

    init(of stack: NetworkStack, _ hash: KeyedHash) {
        self.hash = hash
        buckets = Array(repeating: nil, count: Self.bucketCount)
        super.init(of: stack)
    }

    private func bucket(_ address: IPAddress, _ interface: NetworkInterface) -> Int {
        Int(
            truncatingIfNeeded: hash.hash(address, UInt64(interface.index))
                & UInt64(Self.bucketCount - 1))
    }
    func find(_ address: IPAddress, on interface: NetworkInterface) -> Neighbor? {
        var entry = buckets[bucket(address, interface)]
        while let current = entry {
            if current.address == address, current.interface === interface { return current }
            entry = current.next
        }
        return nil
    }
    private func make(_ address: IPAddress, on interface: NetworkInterface) -> Neighbor? {
        if count >= Self.limit { removeOldest() }
        guard (try? KernelReserve.admit()) != nil else { return nil }
        let neighbor = Neighbor(address, interface)
        let bucket = bucket(address, interface)
        neighbor.next = buckets[bucket]
        buckets[bucket] = neighbor
        count += 1
        return neighbor
    }
    private func removeOldest() {
        var oldest: Neighbor?
        forEach { neighbor in
            guard neighbor.state != .permanent else { return }
            if let present = oldest, present.lastUsed <= neighbor.lastUsed { return }
            oldest = neighbor
        }
        if let oldest { remove(oldest) }
    }
    private func forEach(_ body: (Neighbor) -> Void) {
        for first in buckets {
            var entry = first
            while let current = entry {
                entry = current.next
                body(current)
            }
        }
    }
    private func remove(_ neighbor: Neighbor) {
        let bucket = bucket(neighbor.address, neighbor.interface)
        if buckets[bucket] === neighbor {
            buckets[bucket] = neighbor.next
        } else {
            var before = buckets[bucket]
            while let current = before, current.next !== neighbor { before = current.next }
            before?.next = neighbor.next
        }
        neighbor.next = nil
        neighbor.isRemoved = true
        count -= 1
        while let packet = takeWaiting(neighbor) {
            stack.counters.count(.neighborUnresolved)
            packet.release()
        }
    }
    func removeAll() { forEach { remove($0) } }

    // MARK: Use

    /// Sends a packet with everything but the link header to the next hop, or lets it wait for its address.
    func send(_ packet: Packet, _ type: EtherType, on path: inout Path) {
        let neighbor: Neighbor
        if let present = path.neighbor, !present.isRemoved {
            neighbor = present
        } else {
            guard
                let found = find(path.nextHop, on: path.interface)
                    ?? make(path.nextHop, on: path.interface)
            else {
                stack.counters.count(.neighborTableFull)
                return packet.release()
            }
            path.neighbor = found
            neighbor = found
        }
        neighbor.lastUsed = stack.now
        switch neighbor.state {
        case .incomplete:
            if neighbor.waiting.count >= Self.waitingLimit {
                stack.counters.count(.neighborQueueFull)
                takeWaiting(neighbor)?.release()
            }
            guard waitingCount < Self.allWaitingLimit else {
                return stack.drop(packet, .neighborQueueFull)
            }
            waitingCount += 1
            neighbor.waiting.append(packet)
            if neighbor.probesSent == 0 { probe(neighbor) }
            return
        case .stale:
            neighbor.state = .delay
            neighbor.deadline = stack.now + Self.delayTime
            stack.timers.wake(self, by: neighbor.deadline)
        case .reachable:
            if neighbor.deadline <= stack.now { neighbor.state = .stale }
        case .delay, .probe, .permanent: break
        }
        stack.transmit(packet, type, to: neighbor.mac, on: neighbor.interface)
    }
    private func takeWaiting(_ neighbor: Neighbor) -> Packet? {
        guard let packet = neighbor.waiting.removeFirst() else { return nil }
        waitingCount -= 1
        return packet
    }
    /// Notes that packets to a neighbour arrive (RFC 4861, section 7.3.1).
    func confirm(_ neighbor: Neighbor?) {
        guard let neighbor, neighbor.state != .incomplete, neighbor.state != .permanent,
            !neighbor.isRemoved
        else { return }
        neighbor.state = .reachable
        neighbor.deadline = stack.now + Self.reachableTime
    }

    /// Makes an entry that stays (`ip neigh add … nud permanent`); false where there is no room.
    func pin(_ address: IPAddress, _ mac: MACAddress, on interface: NetworkInterface) -> Bool {
        learn(address, mac, on: interface, .heard)
        guard let neighbor = find(address, on: interface) else { return false }
        neighbor.mac = mac
        neighbor.state = .permanent
        return true
    }

    // MARK: What the wire says

    enum Learned {
        /// It asked, or said so unasked: whoever knew another address now knows this one as stale.
        case heard
        /// It answered; `overrides` where another known address is to be replaced (RFC 4861, section 7.2.5).
        case answered(overrides: Bool)
    }
    /// Takes an address in; `.heard` makes an entry, `.answered` only completes one.
    func learn(
        _ address: IPAddress, _ mac: MACAddress, on interface: NetworkInterface, _ how: Learned
    ) {
        var found = find(address, on: interface)
        if found == nil, case .heard = how { found = make(address, on: interface) }
        guard let neighbor = found, neighbor.state != .permanent else { return }
        let isNew = neighbor.state == .incomplete
        switch how {
        case .heard:
            guard isNew || neighbor.mac != mac else { return }
            neighbor.mac = mac
            neighbor.state = .stale
        case .answered(let overrides):
            if !isNew, neighbor.mac != mac, !overrides {
                if neighbor.state == .reachable { neighbor.state = .stale }
                return
            }
            neighbor.mac = mac
            neighbor.state = .reachable
            neighbor.deadline = stack.now + Self.reachableTime
        }
        neighbor.probesSent = 0
        neighbor.lastUsed = stack.now
        while let packet = takeWaiting(neighbor) {
            stack.transmit(
                packet, address.isV4 ? .ipV4 : .ipV6, to: neighbor.mac, on: neighbor.interface)
        }
    }

    // MARK: Time

    private func probe(_ neighbor: Neighbor) {
        neighbor.probesSent += 1
        neighbor.deadline = stack.now + Self.retransmitTime
        stack.timers.wake(self, by: neighbor.deadline)
        stack.solicit(
            neighbor.address, knownAs: neighbor.state == .incomplete ? nil : neighbor.mac,
            on: neighbor.interface)
    }
    override func timeHasCome(_ now: Nanoseconds) {
        var failed = false
        forEach { neighbor in
            guard neighbor.deadline <= now else { return }
            switch neighbor.state {
            case .reachable, .stale, .permanent: break
            case .delay:
                neighbor.state = .probe
                neighbor.probesSent = 0
                self.probe(neighbor)
            case .incomplete, .probe:
                guard neighbor.probesSent < Self.probeLimit else {
                    failed = true
                    self.fail(neighbor)
                    return
                }
                self.probe(neighbor)
            }
        }
        if failed { stack.routes.touch() }
        var deadline: Nanoseconds?
        forEach { neighbor in
            switch neighbor.state {
            case .reachable, .stale, .permanent: break
            case .delay, .incomplete, .probe:
                if deadline.map({ neighbor.deadline < $0 }) ?? true { deadline = neighbor.deadline }
            }
        }
        if let deadline { stack.timers.wake(self, by: deadline) }
    }
    /// Nobody answers: who waits is told (RFC 4861, section 7.2.2).
    private func fail(_ neighbor: Neighbor) {
        while let packet = takeWaiting(neighbor) {
            stack.counters.count(.neighborUnresolved)
            stack.hostIsUnreachable(packet)
            packet.release()
        }
        remove(neighbor)
    }
}
