import Base
import LinuxABI
import Testing
import Wire

@testable import Network

/// IPv6 with neighbour discovery and autoconfiguration, and DHCP.
@Suite("Configuration of interfaces", .serialized) struct ConfigurationTests {
    private func linkLocal(_ side: Int) -> IPAddress {
        // 02:00:00:00:00:0n as a modified EUI-64.
        IPAddress(high: 0xfe80 << 48, low: 0x0000_00ff_fe00_0000 | UInt64(side + 1))
    }
    private func message(
        _ bytes: [UInt8], from source: IPAddress, to destination: IPAddress, hopLimit: UInt8 = 255,
        _ link: Link
    ) -> [UInt8] {
        var bytes = bytes
        var sum = InternetChecksum(
            pseudoHeaderFrom: source, to: destination, .icmpV6, byteCount: bytes.count)
        sum.add(bytes.span.bytes)
        bytes[2] = UInt8(sum.value >> 8)
        bytes[3] = UInt8(sum.value & 0xff)
        var frame = [UInt8](repeating: 0, count: 54)
        do {
            var span = frame.mutableSpan
            var raw = span.mutableBytes
            EthernetHeader(
                destination: MACAddress(group: .allNodes), source: link.interfaces[1].mac,
                type: .ipV6
            ).store(into: &raw)
            var ip = raw._mutatingExtracting(14..<54)
            var header = IPv6Header(
                .icmpV6, from: source, to: destination, payloadByteCount: bytes.count)
            header.hopLimit = hopLimit
            header.store(into: &ip)
        }
        return frame + bytes
    }
    private func advertisement(
        lifetime: UInt16 = 1800, valid: UInt32 = 3600, preferred: UInt32 = 1800
    ) -> [UInt8] {
        func word(_ value: UInt32) -> [UInt8] {
            (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * $0)) }
        }
        let prefix: [UInt8] = [0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 12)
        return [134, 0, 0, 0, 64, 0, UInt8(lifetime >> 8), UInt8(lifetime & 0xff)]
            + [UInt8](repeating: 0, count: 8)
            + [5, 1, 0, 0, 0, 0, 0x05, 0x78]
            + [3, 4, 64, 0xc0] + word(valid) + word(preferred) + word(0) + prefix
    }

    @Test("link-local addresses are made, probed and used (RFC 4862)")
    func linkLocalAddresses() throws {
        let link = Link(seed: 1)
        for side in 0..<2 { link.stacks[side].startIPv6(on: link.interfaces[side]) }
        #expect(link.interfaces[0].linkLocal == nil)
        link.run(for: .milliseconds(1500))
        #expect(link.interfaces[0].linkLocal == linkLocal(0))
        let a = UDPEndpoint(of: link.stacks[0], .v6)
        let b = UDPEndpoint(of: link.stacks[1], .v6)
        try b.bind(to: EndpointAddress(.any, 53))
        let bytes = (0..<5000).map { streamByte(0, $0) }
        _ = try a.write(bytes, to: EndpointAddress(linkLocal(1), 53))
        link.run(for: .seconds(1))
        let (datagram, received) = try b.read()
        #expect(received == bytes && datagram.sender.address == linkLocal(0))
        #expect(datagram.sender.interfaceIndex == 2)
        // IPv4 reaches the same socket.
        let c = UDPEndpoint(of: link.stacks[0], .v4)
        _ = try c.write([4], to: EndpointAddress(Link.ip(1), 53))
        link.run(for: .seconds(1))
        #expect(try b.read().0.sender.address == Link.ip(0))
        // Nobody at the port.
        try a.connect(to: EndpointAddress(linkLocal(1), 99))
        _ = try a.write([1])
        link.run(for: .seconds(1))
        #expect(throws: Errno.connectionRefused) { try a.read() }
        for socket in [a, b, c] { socket.close() }
        link.run(for: .seconds(40))
        #expect(link.leaks == "")
    }
    @Test("TCP over IPv6, with losses", arguments: [1, 2] as [UInt64])
    func transfer(seed: UInt64) throws {
        let link = Link(seed: seed)
        for side in 0..<2 { link.stacks[side].startIPv6(on: link.interfaces[side]) }
        link.run(for: .seconds(3))
        link.faults = .all(20)
        let listener = TCPEndpoint(of: link.stacks[1], .v6)
        try listener.bind(to: EndpointAddress(.any, 80))
        try listener.listen(backlog: 1)
        let client = TCPEndpoint(of: link.stacks[0], .v6)
        _ = try? client.connect(to: EndpointAddress(linkLocal(1), 80))
        var server: TCPEndpoint?
        _ = link.run(atMost: .seconds(60)) {
            server = try? listener.accept()
            return server != nil
        }
        let accepted = try #require(server, "seed \(seed)\(link.counters)")
        let peers = [
            Peer(client, stream: 0, sends: 512 << 10, receives: 512 << 10),
            Peer(accepted, stream: 1, sends: 512 << 10, receives: 512 << 10),
        ]
        let isDone = link.run(atMost: .seconds(1000)) {
            for peer in peers { peer.work() }
            return peers.allSatisfy { $0.isDone }
        }
        #expect(
            isDone && peers.allSatisfy { $0.error == nil && $0.wrongAt == nil },
            "seed \(seed)\(link.counters)")
        #expect(client.information.sendSegment == 1428)
    }
    @Test("an address that somebody has is not taken (RFC 4862, section 5.4)")
    func duplicateAddress() {
        let link = Link(seed: 1)
        link.stacks[0].startIPv6(on: link.interfaces[0])
        link.step(until: link.now + .milliseconds(1))
        let taken: [UInt8] =
            [136, 0, 0, 0, 0x20, 0, 0, 0] + [0xfe, 0x80] + [UInt8](repeating: 0, count: 9)
            + [0xff, 0xfe, 0, 0, 1] + [2, 1, 2, 0, 0, 0, 0, 9]
        link.deliver(message(taken, from: linkLocal(8), to: .allNodes, link), to: 0)
        link.run(for: .seconds(5))
        #expect(link.interfaces[0].linkLocal == nil)
        #expect(link.stacks[0].counters[.addressConflict] == 1)
    }
    @Test("a router's prefix becomes an address and its word a default route, each for its time")
    func routerAdvertisement() throws {
        let link = Link(seed: 1)
        let stack = link.stacks[0]
        let interface = link.interfaces[0]
        var solicitations = 0
        link.watch = { _, frame in
            if frame.count > 54, frame[20] == 58, frame[54] == 133 { solicitations += 1 }
            return false
        }
        stack.startIPv6(on: interface)
        link.run(for: .seconds(20))
        #expect(solicitations == 3)
        let own = IPAddress(high: 0x2001_0db8 << 32, low: linkLocal(0).low)
        // From afar it says nothing.
        link.deliver(
            message(advertisement(), from: linkLocal(8), to: .allNodes, hopLimit: 64, link), to: 0)
        #expect(stack.counters[.badDiscovery] == 1)
        link.deliver(message(advertisement(), from: linkLocal(8), to: .allNodes, link), to: 0)
        link.run(for: .seconds(2))
        #expect(interface.has(own) && interface.mtu == 1400)
        let far = IPAddress(high: 0x2a00 << 48, low: 1)
        let path = try stack.findPath(to: far)
        #expect(path.nextHop == linkLocal(8) && path.source == own)
        let near = try stack.findPath(to: IPAddress(high: 0x2001_0db8 << 32, low: 77))
        #expect(near.nextHop.low == 77)
        // Nobody may end an address at once (RFC 4862, section 5.5.3(e)).
        link.deliver(
            message(advertisement(valid: 1, preferred: 1), from: linkLocal(8), to: .allNodes, link),
            to: 0)
        link.run(for: .seconds(100))
        #expect(interface.has(own))
        link.run(for: .seconds(3600))
        #expect(!interface.has(own))
        #expect(throws: Errno.networkUnreachable) { try stack.findPath(to: far) }
    }
    @Test("the router that says so is none any more")
    func routerGoes() throws {
        let link = Link(seed: 1)
        let stack = link.stacks[0]
        stack.startIPv6(on: link.interfaces[0])
        link.run(for: .seconds(2))
        link.deliver(message(advertisement(), from: linkLocal(8), to: .allNodes, link), to: 0)
        link.run(for: .seconds(2))
        let far = IPAddress(high: 0x2a00 << 48, low: 1)
        _ = try stack.findPath(to: far)
        link.deliver(
            message(advertisement(lifetime: 0), from: linkLocal(8), to: .allNodes, link), to: 0)
        #expect(throws: Errno.networkUnreachable) { try stack.findPath(to: far) }
    }

    // MARK: DHCP (RFC 2131)

    /// A server on the other side of the wire, as the test says.
    private final class Server {
        var asked: [DHCPMessage.Kind] = []
        var times: [Nanoseconds] = []
        var answers = true
        var refuses = false
        unowned let link: Link
        init(_ link: Link) {
            self.link = link
            link.watch = { [unowned self] side, frame in
                guard side == 0, frame.count > 282, frame[23] == 17,
                    let message = try? DHCPMessage(
                        checking: frame.span.bytes.extracting(droppingFirst: 42))
                else { return true }
                self.asked.append(message.kind)
                self.times.append(link.now)
                if self.answers { self.reply(to: message) }
                return false
            }
        }
        private func reply(to message: DHCPMessage) {
            let kind: DHCPMessage.Kind
            switch message.kind {
            case .discover: kind = .offer
            case .request: kind = refuses ? .refusal : .acknowledgment
            default: return
            }
            var reply = DHCPMessage(
                kind, transaction: message.transaction, hardware: message.hardware)
            reply.isReply = true
            reply.yourAddress = IPv4Address(10, 0, 2, 15)
            reply.mask = IPv4Address(255, 255, 255, 0)
            reply.router = IPv4Address(10, 0, 2, 2)
            reply.servers.append(IPv4Address(10, 0, 2, 3))
            reply.leaseSeconds = 3600
            reply.server = IPv4Address(10, 0, 2, 2)
            var payload = [UInt8](repeating: 0, count: DHCPMessage.maximumByteCount)
            do {
                var span = payload.mutableSpan
                var raw = span.mutableBytes
                _ = reply.store(into: &raw)
            }
            var frame = [UInt8](repeating: 0, count: 42)
            do {
                var span = frame.mutableSpan
                var raw = span.mutableBytes
                EthernetHeader(destination: .broadcast, source: link.interfaces[1].mac, type: .ipV4)
                    .store(into: &raw)
                var ip = raw._mutatingExtracting(14..<34)
                IPv4Header(
                    .udp, from: IPv4Address(10, 0, 2, 2), to: .broadcast,
                    payloadByteCount: 8 + payload.count
                ).store(into: &ip)
                var udp = raw._mutatingExtracting(34..<42)
                UDPHeader(from: 67, to: 68, payloadByteCount: payload.count).store(into: &udp)
            }
            link.put(frame + payload, from: 1)
        }
    }
    private func bare() -> Link {
        let link = Link(seed: 9)
        link.stacks[0].removeAddress(Link.ip(0), from: link.interfaces[0])
        return link
    }

    @Test("a lease: address, route, renewal at half its time, the end where nobody answers")
    func lease() throws {
        let link = bare()
        let server = Server(link)
        let client = try DHCPClient(on: link.interfaces[0], of: link.stacks[0])
        var changes = 0
        client.onChange = { _ in changes += 1 }
        client.start()
        link.run(for: .seconds(2))
        #expect(server.asked == [.discover, .request] && client.state == .bound && changes == 1)
        let lease = try #require(client.lease)
        #expect(lease.address == IPv4Address(10, 0, 2, 15) && lease.bitCount == 24)
        #expect(lease.servers[0] == IPv4Address(10, 0, 2, 3))
        let path = try link.stacks[0].findPath(to: IPAddress(IPv4Address(8, 8, 8, 8)))
        #expect(path.nextHop == IPAddress(IPv4Address(10, 0, 2, 2)))
        #expect(path.source == IPAddress(lease.address))
        link.stacks[0].pinNeighbor(
            IPAddress(lease.server), link.interfaces[1].mac, on: link.interfaces[0])
        link.run(for: .seconds(1800))
        #expect(server.asked.count == 3 && server.asked.last == .request && client.state == .bound)
        server.answers = false
        link.run(for: .seconds(1850))
        #expect(client.state == .renewing && client.lease != nil)
        link.run(for: .seconds(1400))
        #expect(client.state == .rebinding)
        link.run(for: .seconds(500))
        #expect(client.state == .selecting && client.lease == nil)
        #expect(throws: Errno.networkUnreachable) {
            try link.stacks[0].findPath(to: IPAddress(IPv4Address(8, 8, 8, 8)))
        }
        server.answers = true
        link.run(for: .seconds(100))
        #expect(client.state == .bound)
        client.stop()
        #expect(server.asked.last == .release)
    }
    @Test("asks again and again, ever more rarely")
    func noServer() throws {
        let link = bare()
        let server = Server(link)
        server.answers = false
        let client = try DHCPClient(on: link.interfaces[0], of: link.stacks[0])
        client.start()
        link.run(for: .seconds(300))
        let waits = zip(server.times.dropFirst(), server.times).map {
            ($0 - $1).rawValue / 1_000_000_000
        }
        #expect(waits.prefix(7) == [1, 2, 4, 8, 16, 32, 64])
        client.stop()
    }
    @Test("a refusal begins anew")
    func refusal() throws {
        let link = bare()
        let server = Server(link)
        server.refuses = true
        let client = try DHCPClient(on: link.interfaces[0], of: link.stacks[0])
        client.start()
        link.run(for: .milliseconds(9))
        server.refuses = false
        link.run(for: .seconds(3))
        #expect(client.state == .bound && server.asked.count >= 4)
        client.stop()
    }
}
