import Base
import LinuxABI
import TestSupport
import Testing
import Wire

@testable import Network

/// UDP, ICMP, ARP, fragments and routes between two stacks.
@Suite("Datagrams", .serialized) struct DatagramTests {
    private func socket(_ stack: NetworkStack, _ port: UInt16 = 0, _ family: AddressFamily = .v4)
        throws -> UDPEndpoint
    {
        let socket = UDPEndpoint(of: stack, family)
        try socket.bind(to: EndpointAddress(family.any, port))
        return socket
    }

    @Test(
        "a datagram of any size comes whole, in fragments where it must",
        arguments: [0, 1, 1472, 1473, 9000, 65_507])
    func sizes(count: Int) throws {
        let link = Link(seed: 1)
        let a = try socket(link.stacks[0])
        let b = try socket(link.stacks[1], 53)
        let bytes = (0..<count).map { streamByte(0, $0) }
        #expect(try a.write(bytes, to: EndpointAddress(Link.ip(1), 53)) == count)
        link.run(for: .seconds(1))
        let (datagram, received) = try b.read()
        #expect(received == bytes)
        #expect(datagram.sender == EndpointAddress(Link.ip(0), a.local.port))
        #expect(throws: Errno.tryAgain) { try b.read() }
        #expect(link.stacks[1].counters[.reassembled] == (count > 1472 ? 1 : 0))
        a.close()
        b.close()
        #expect(link.leaks == "")
    }
    @Test("EMSGSIZE beyond 65507 bytes")
    func tooLong() throws {
        let link = Link(seed: 1)
        let a = try socket(link.stacks[0])
        #expect(throws: Errno.messageTooLong) {
            try a.write([UInt8](repeating: 0, count: 65_508), to: EndpointAddress(Link.ip(1), 53))
        }
    }
    @Test("a port that nobody has is ECONNREFUSED to a connected socket")
    func portUnreachable() throws {
        let link = Link(seed: 1)
        let a = try socket(link.stacks[0])
        try a.connect(to: EndpointAddress(Link.ip(1), 99))
        _ = try a.write([1])
        link.run(for: .seconds(1))
        #expect(a.readiness.contains(.error))
        #expect(throws: Errno.connectionRefused) { try a.read() }
        #expect(throws: Errno.tryAgain) { try a.read() }
        // One that is not connected hears nothing.
        let b = try socket(link.stacks[0])
        _ = try b.write([1], to: EndpointAddress(Link.ip(1), 99))
        link.run(for: .seconds(1))
        #expect(throws: Errno.tryAgain) { try b.read() }
    }
    @Test("a connected socket hears its peer alone")
    func connected() throws {
        let link = Link(seed: 1)
        let a = try socket(link.stacks[0], 1000)
        let other = try socket(link.stacks[0], 1001)
        let b = try socket(link.stacks[1], 53)
        try b.connect(to: EndpointAddress(Link.ip(0), 1000))
        let target = EndpointAddress(Link.ip(1), 53)
        _ = try other.write([9], to: target)
        _ = try a.write([1], to: target)
        link.run(for: .seconds(1))
        #expect(try b.read().1 == [1])
        #expect(throws: Errno.tryAgain) { try b.read() }
        b.disconnect()
        _ = try other.write([9], to: target)
        link.run(for: .seconds(1))
        #expect(try b.read().1 == [9])
    }
    @Test(
        "nobody on the link is EHOSTUNREACH, no route ENETUNREACH, broadcasts without leave EACCES")
    func unreachable() throws {
        let link = Link(seed: 1)
        let a = try socket(link.stacks[0])
        try a.connect(to: EndpointAddress(IPAddress(IPv4Address(10, 0, 0, 77)), 1))
        _ = try a.write([1])
        link.run(for: .seconds(10))
        #expect(throws: Errno.hostUnreachable) { try a.read() }
        #expect(throws: Errno.networkUnreachable) {
            try a.write([1], to: EndpointAddress(IPAddress(IPv4Address(8, 8, 8, 8)), 1))
        }
        #expect(throws: Errno.permissionDenied) {
            try a.write([1], to: EndpointAddress(IPAddress(.broadcast), 1))
        }
    }
    @Test("broadcasts reach everybody on the port")
    func broadcast() throws {
        let link = Link(seed: 1)
        let a = try socket(link.stacks[0])
        a.options.mayBroadcast = true
        func listener() throws -> UDPEndpoint {
            let socket = UDPEndpoint(of: link.stacks[1], .v4)
            socket.options.reusesAddress = true
            try socket.bind(to: EndpointAddress(.anyV4, 67))
            return socket
        }
        let both = [try listener(), try listener()]
        for address in [IPv4Address.broadcast, IPv4Address(10, 0, 0, 255)] {
            _ = try a.write([5], to: EndpointAddress(IPAddress(address), 67))
            link.run(for: .seconds(1))
            for socket in both { #expect(try socket.read().1 == [5]) }
        }
    }
    @Test("groups: only members hear, on this host too; reports go out (RFC 3376)")
    func groups() throws {
        let link = Link(seed: 1)
        let group = IPAddress(IPv4Address(239, 1, 2, 3))
        var reports = 0
        link.watch = { _, frame in
            if frame.count > 23, frame[23] == 2 { reports += 1 }
            return true
        }
        let a = try socket(link.stacks[0])
        let b = try socket(link.stacks[1], 5000)
        let target = EndpointAddress(group, 5000)
        _ = try a.write([1], to: target)
        link.run(for: .seconds(1))
        #expect(throws: Errno.tryAgain) { try b.read() }
        #expect(link.stacks[1].counters[.notMember] == 1)
        try b.join(group, on: nil)
        #expect(throws: Errno.addressInUse) { try b.join(group, on: nil) }
        #expect(reports == 1)
        let own = try socket(link.stacks[0], 5000)
        try own.join(group, on: nil)
        _ = try a.write([2], to: target)
        link.run(for: .seconds(1))
        #expect(try b.read().1 == [2])
        #expect(try own.read().1 == [2])
        try b.leave(group, on: nil)
        #expect(reports == 3)
        #expect(throws: Errno.addressNotAvailable) { try b.leave(group, on: nil) }
        _ = try a.write([3], to: target)
        link.run(for: .seconds(1))
        #expect(throws: Errno.tryAgain) { try b.read() }
        for socket in [a, b, own] { socket.close() }
        #expect(link.leaks == "")
    }
    @Test("a receive buffer holds what it holds")
    func receiveBuffer() throws {
        let link = Link(seed: 1)
        let a = try socket(link.stacks[0])
        let b = try socket(link.stacks[1], 53)
        b.options.receiveBuffer = 10_000
        for _ in 0..<100 {
            _ = try a.write([UInt8](repeating: 1, count: 200), to: EndpointAddress(Link.ip(1), 53))
        }
        link.run(for: .seconds(1))
        var count = 0
        while (try? b.read()) != nil { count += 1 }
        #expect((20...23).contains(count))
        for _ in 0..<100 {
            _ = try a.write([UInt8](repeating: 1, count: 200), to: EndpointAddress(Link.ip(1), 53))
        }
        link.run(for: .seconds(1))
        while (try? b.read()) != nil { count += 1 }
        #expect((40...46).contains(count))
        #expect(link.stacks[1].counters[.udpBufferFull] == UInt64(200 - count))
    }
    @Test("damaged datagrams are counted and dropped")
    func damaged() throws {
        let link = Link(seed: 1)
        let a = try socket(link.stacks[0])
        let b = try socket(link.stacks[1], 53)
        _ = try a.write([1], to: EndpointAddress(Link.ip(1), 53))
        link.run(for: .seconds(1))
        _ = try b.read()
        var frame: [UInt8] = []
        link.watch = { _, bytes in
            frame = bytes
            return false
        }
        _ = try a.write([1, 2, 3, 4], to: EndpointAddress(Link.ip(1), 53))
        for index in frame.indices {
            var bad = frame
            bad[index] ^= 0x10
            link.deliver(bad, to: 1)
        }
        for count in 0..<frame.count { link.deliver(Array(frame[..<count]), to: 1) }
        // Only what no checksum covers passes: the sender's link address.
        var passed = 0
        while let (_, bytes) = try? b.read() {
            passed += 1
            #expect(bytes == [1, 2, 3, 4])
        }
        #expect(passed == 6)
        a.close()
        b.close()
        #expect(link.leaks == "")
    }
    @Test("an echo is answered (RFC 792)", arguments: [0, 56, 1472, 9000])
    func echo(count: Int) throws {
        let script = Script()
        let payload = (0..<count).map { streamByte(3, $0) }
        var message: [UInt8] = [8, 0, 0, 0, 0x12, 0x34, 0, 7] + payload
        var sum = InternetChecksum()
        sum.add(message.span.bytes)
        message[2] = UInt8(sum.value >> 8)
        message[3] = UInt8(sum.value & 0xff)
        script.link.deliver(Script.frame(.icmp, message, script.link), to: 1)
        var reply: [UInt8] = []
        for frame in script.otherFrames { reply += frame[34...] }
        #expect(reply.count == message.count)
        #expect(Array(reply[4...]) == Array(message[4...]) && reply[0] == 0)
        var check = InternetChecksum()
        check.add(reply.span.bytes)
        #expect(check.value == 0)
        script.stack.pool.closeOpen()
        #expect(script.stack.pool.heldCount == 0)
    }
    @Test("ICMP errors are few: a thousand a second (RFC 1812)")
    func errorLimit() throws {
        let link = Link(seed: 1)
        let a = try socket(link.stacks[0])
        for _ in 0..<500 { _ = try a.write([1], to: EndpointAddress(Link.ip(1), 99)) }
        link.run(for: .milliseconds(20))
        #expect(link.stacks[1].counters[.errorsSent] <= 75)
        #expect(link.stacks[1].counters[.errorsNotSent] > 0)
    }

    // MARK: Fragments

    @Test("overlapping fragments drop the datagram (RFC 5722); the same one twice does not")
    func overlap() {
        let script = Script()
        func part(_ offset: Int, _ count: Int, more: Bool, identification: UInt16) {
            var frame = Script.frame(.udp, [UInt8](repeating: 1, count: count), script.link)
            var header = IPv4Header(
                .udp, from: Link.address(0), to: Link.address(1), payloadByteCount: count)
            header.identification = identification
            header.fragmentOffset = offset
            header.hasMoreFragments = more
            do {
                var span = frame.mutableSpan
                var raw = span.mutableBytes
                var ip = raw._mutatingExtracting(14..<34)
                header.store(into: &ip)
            }
            script.link.deliver(frame, to: 1)
        }
        let counters = script.stack.counters
        part(0, 16, more: true, identification: 1)
        part(8, 16, more: true, identification: 1)
        #expect(counters[.overlappingFragment] == 1)
        part(0, 16, more: true, identification: 2)
        part(0, 16, more: true, identification: 2)
        #expect(counters[.duplicateFragment] == 1)
        part(16, 5, more: false, identification: 2)
        #expect(counters[.reassembled] == 1)
        // What says that it ends before what is there.
        part(64, 16, more: true, identification: 3)
        part(32, 8, more: false, identification: 3)
        #expect(counters[.badFragment] == 1)
        // What never becomes whole is forgotten, and its sender told.
        part(0, 16, more: true, identification: 4)
        let before = script.otherFrames.count
        script.run(31_000)
        #expect(counters[.fragmentsTimedOut] == 1)
        #expect(script.otherFrames.count == before + 1 && script.otherFrames.last?[34] == 11)
        script.stack.pool.closeOpen()
        #expect(script.stack.pool.heldCount == 0)
        // However many there are, they hold no more than their share.
        for index in 0..<5000 { part(8, 8, more: true, identification: UInt16(index)) }
        #expect(script.stack.fragments.bufferCount <= 256)
        #expect(counters[.fragmentsEvicted] > 0)
    }

    // MARK: Routes

    @Test("the longest prefix wins, then the smallest metric")
    func routes() {
        var table = RoutingTable()
        func route(_ a: UInt8, _ bits: Int, _ index: UInt8, _ metric: UInt32 = 0) -> NetworkRoute {
            var route = NetworkRoute(
                IPAddress(IPv4Address(a, 0, 0, 0)), bitCount: 96 + bits,
                gateway: IPAddress(IPv4Address(1, 1, 1, index)), through: index)
            route.metric = metric
            return route
        }
        for entry in [route(0, 0, 1, 10), route(0, 0, 2, 5), route(10, 8, 3), route(10, 16, 4)] {
            let isSet = table.set(entry)
            #expect(isSet)
        }
        func found(_ a: UInt8, _ b: UInt8) -> UInt8? {
            table.find(IPAddress(IPv4Address(a, b, 0, 1)))?.interfaceIndex
        }
        #expect(found(9, 9) == 2 && found(10, 9) == 3 && found(10, 0) == 4)
        #expect(table.find(.loopback) == nil)
    }
    @Test("an entry that nobody uses makes room for another: a scan does not fill memory")
    func neighborLimit() throws {
        let link = Link(seed: 1)
        try link.stacks[0].addAddress(
            InterfaceAddress(IPv4Address(172, 16, 0, 1), bitCount: 16), to: link.interfaces[0])
        let a = try socket(link.stacks[0])
        for index in 0..<3000 {
            _ = try a.write(
                [1],
                to: EndpointAddress(
                    IPAddress(IPv4Address(172, 16, UInt8(index / 200 + 1), UInt8(index % 200 + 1))),
                    1))
        }
        #expect(link.stacks[0].neighbors.count == 512)
        link.run(for: .seconds(20))
        a.close()
        #expect(link.leaks == "")
    }
}

extension UDPEndpoint {
    func write(_ bytes: [UInt8], to address: EndpointAddress? = nil) throws(Errno) -> Int {
        try send(bytes.count, to: address) { position, target in
            for index in 0..<target.byteCount {
                target.storeLittleEndian(bytes[position + index], at: index)
            }
        }
    }
    func read(_ count: Int = 65_536) throws(Errno) -> (Datagram, [UInt8]) {
        var all: [UInt8] = []
        let datagram = try receive(count) { _, bytes in
            for index in 0..<bytes.byteCount { all.append(bytes.byte(at: index)) }
        }
        guard let datagram else { throw .brokenPipe }
        return (datagram, all)
    }
}
