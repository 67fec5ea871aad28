import Base
import Glibc
import LinuxABI
import TestSupport
import Testing
import Wire

@testable import Network

/// Listening, backlogs, floods, ports.
@Suite("TCP listeners and ports", .serialized) struct ListenerTests {
    @Test("a full queue takes no more connections; they come when there is room")
    func backlog() throws {
        let script = Script()
        let listener = try script.listen(backlog: 1)
        for port in 0..<4 as Range<UInt16> {
            script.localPort = 50_000 + port
            script.send(.synchronize, sequence: 0, [], Script.options())
            script.send(sequence: 1)
        }
        #expect(script.stack.counters[.tcpBacklogFull] == 2)
        _ = try listener.accept()
        script.localPort = 50_002
        script.send(.synchronize, sequence: 0, [], Script.options())
        script.send(sequence: 1)
        _ = try listener.accept()
        _ = try listener.accept()
        #expect(throws: Errno.tryAgain) { try listener.accept() }
    }
    @Test("a SYN-ACK that nobody answers is repeated five times, then forgotten")
    func repeatedAnswer() throws {
        let script = Script()
        _ = try script.listen()
        script.send(.synchronize, sequence: 0, [], Script.options())
        let start = script.link.now
        script.run(100_000)
        let times = script.takeSeen().map { ($0.time - start).rawValue / 1_000_000_000 }
        #expect(times == [0, 1, 3, 7, 15, 31])
        #expect(script.stack.tcp.flows.count == 0 && script.stack.tcp.requestCount == 0)
    }
    @Test("a closed port resets, also what is no SYN")
    func closedPort() {
        let script = Script()
        script.send(.synchronize, sequence: 0, [], Script.options())
        #expect(script.takeSeen().map(\.flags) == [[.reset, .acknowledge]])
        script.send(sequence: 5, acknowledgment: 77)
        let answer = script.takeSeen()
        #expect(answer.map(\.flags) == [.reset])
        script.send(.reset, sequence: 5)
        #expect(script.takeSeen().isEmpty)
    }
    @Test(
        "a SYN flood leaves connections working, and cookies let new ones in",
        arguments: [false, true])
    func flood(withStamps: Bool) throws {
        var configuration = NetworkConfiguration()
        configuration.requestLimit = 64
        let script = Script(configuration)
        let listener = try script.listen(backlog: 100)
        let old = try script.open(listener)
        script.stamp = nil
        let held = script.stack.pool.heldCount
        for index in 0..<20_000 {
            script.localPort = UInt16(1024 + index % 30_000)
            script.ours = UInt32(index) &* 7919
            script.send(
                .synchronize, sequence: 0, [],
                Script.options(scale: 4, selective: true, stamp: withStamps ? 9 : nil))
        }
        #expect(script.stack.tcp.requestCount == 64)
        #expect(script.stack.counters[.tcpCookiesSent] == 20_000 - 64)
        #expect(script.stack.pool.heldCount <= held + 4)
        // A guessed acknowledgement is refused.
        script.seen.removeAll()
        script.localPort = 60_001
        script.send(sequence: 1, acknowledgment: 12_345)
        #expect(script.takeSeen().map(\.flags) == [.reset])
        #expect(script.stack.counters[.tcpCookiesFailed] == 1)
        // A right one is a connection with all that was agreed on.
        script.localPort = 60_000
        script.ours = 4_000_000_000
        script.stamp = withStamps ? 9 : nil
        let options = Script.options(scale: 4, selective: true, stamp: script.stamp)
        script.send(.synchronize, sequence: 0, [], options)
        let answer = try #require(script.takeSeen().first)
        var reply = TCPOptions()
        if withStamps {
            reply.timestamps = TCPTimestamps(value: 10, echo: answer.options.timestamps?.value ?? 0)
        }
        script.send(sequence: 1, acknowledgment: 1, [1, 2, 3], reply)
        let endpoint = try listener.accept()
        #expect(try endpoint.read() == [1, 2, 3])
        #expect(endpoint.information.usesSelective == withStamps)
        #expect(endpoint.information.sendScale == (withStamps ? 4 : 0))
        #expect(endpoint.information.sendSegment == (withStamps ? 1448 : 1460))
        // The old one still works.
        script.localPort = 40_000
        script.ours = 1000
        script.stamp = nil
        #expect(old.state == .established)
        script.seen.removeAll()
        #expect(try old.write(5) == 5)
        #expect(script.takeSeen().map(\.payload.count) == [5])
    }
    @Test("a cookie is good for two minutes")
    func oldCookie() throws {
        var configuration = NetworkConfiguration()
        configuration.cookies = .always
        for wait in [0, 60, 130] {
            let script = Script(configuration)
            let listener = try script.listen()
            script.send(.synchronize, sequence: 0, [], Script.options())
            script.run(wait * 1000)
            script.send(sequence: 1, acknowledgment: 1)
            #expect((try? listener.accept()) != nil || wait == 130, "\(wait) s")
            if wait == 130 { #expect(throws: Errno.tryAgain) { try listener.accept() } }
        }
    }
    @Test("who forgot its first SYN is asked, resets it, and gets in")
    func secondSYN() throws {
        let script = Script()
        let listener = try script.listen()
        script.send(.synchronize, sequence: 0, [], Script.options())
        script.run(600)
        script.seen.removeAll()
        script.ours = 900_000
        script.send(.synchronize, sequence: 0, [], Script.options())
        let answer = try #require(script.takeSeen().first)
        #expect(answer.flags == .acknowledge && answer.acknowledgment == 1001 - 900_000)
        script.ours = 1000
        script.send(.reset, sequence: 1)
        script.ours = 900_000
        script.send(.synchronize, sequence: 0, [], Script.options())
        script.send(sequence: 1)
        _ = try listener.accept()
    }
    @Test("a SYN from our own address is dropped")
    func ownAddress() throws {
        let script = Script()
        _ = try script.listen()
        script.source = Link.address(1)
        script.send(.synchronize, sequence: 0, [], Script.options())
        #expect(script.seen.isEmpty && script.stack.counters[.badSource] == 1)
    }
    @Test("closing a listener resets who waits in it")
    func closeListener() throws {
        let script = Script()
        let listener = try script.listen()
        script.send(.synchronize, sequence: 0, [], Script.options())
        script.send(sequence: 1)
        script.localPort = 40_001
        script.send(.synchronize, sequence: 0, [], Script.options())
        script.seen.removeAll()
        listener.close()
        #expect(script.takeSeen().map(\.flags) == [[.reset, .acknowledge]])
        #expect(script.stack.tcp.flows.count == 0 && script.stack.tcp.requestCount == 0)
    }
    @Test("a SYN with a later number ends a TIME-WAIT (RFC 6191)")
    func timeWaitReuse() throws {
        let script = Script()
        let listener = try script.listen()
        let first = try script.open(listener)
        first.close()
        script.send([.finish, .acknowledge], sequence: 1, acknowledgment: 2)
        #expect(script.stack.tcp.waitingCount == 1)
        script.send(.synchronize, sequence: 1)
        #expect(script.stack.tcp.waitingCount == 1, "not above the old number")
        let old = script.theirs
        script.ours = 500_000
        script.send(.synchronize, sequence: 0, [], Script.options())
        #expect(script.stack.tcp.waitingCount == 0)
        #expect(SequenceNumber(rawValue: script.theirs) > SequenceNumber(rawValue: old) + 65_536)
        script.send(sequence: 1)
        _ = try listener.accept()
    }
    @Test("TIME-WAIT holds no more than its limit")
    func timeWaitLimit() throws {
        var configuration = NetworkConfiguration()
        configuration.timeWaitLimit = 10
        let script = Script(configuration)
        let listener = try script.listen()
        for port in 0..<30 as Range<UInt16> {
            script.localPort = 50_000 + port
            let endpoint = try script.open(listener)
            endpoint.close()
            script.send([.finish, .acknowledge], sequence: 1, acknowledgment: 2)
        }
        #expect(script.stack.tcp.waitingCount == 10)
        #expect(script.stack.counters[.tcpTimeWaitEvicted] == 20)
    }
    @Test("bind(2): who may have a port beside whom")
    func ports() throws {
        let link = Link(seed: 1)
        let stack = link.stacks[0]
        func endpoint(
            _ family: AddressFamily = .v4, _ change: (inout EndpointOptions) -> Void = { _ in }
        ) -> TCPEndpoint {
            let endpoint = TCPEndpoint(of: stack, family)
            change(&endpoint.options)
            return endpoint
        }
        let any = EndpointAddress(.anyV4, 80)
        let own = EndpointAddress(Link.ip(0), 80)
        let first = endpoint()
        try first.bind(to: any)
        #expect(throws: Errno.invalidArgument) { try first.bind(to: any) }
        #expect(throws: Errno.addressInUse) { try endpoint().bind(to: own) }
        #expect(throws: Errno.addressInUse) {
            try endpoint { $0.reusesAddress = true }.bind(to: own)
        }
        #expect(throws: Errno.addressNotAvailable) {
            try endpoint().bind(to: EndpointAddress(IPAddress(IPv4Address(9, 9, 9, 9)), 81))
        }
        first.close()
        let reused = endpoint { $0.reusesAddress = true }
        try reused.bind(to: own)
        let beside = endpoint { $0.reusesAddress = true }
        try beside.bind(to: own)
        try reused.listen(backlog: 1)
        #expect(throws: Errno.addressInUse) { try beside.listen(backlog: 1) }
        #expect(throws: Errno.addressInUse) {
            try endpoint { $0.reusesAddress = true }.bind(to: own)
        }
        // :: hears IPv4 as well, but for IPV6_V6ONLY.
        #expect(throws: Errno.addressInUse) {
            try endpoint(.v6).bind(to: EndpointAddress(.any, 80))
        }
        let only = endpoint(.v6) { $0.isV6Only = true }
        try only.bind(to: EndpointAddress(.any, 80))
        let free = endpoint()
        try free.bind(to: EndpointAddress(.anyV4, 0))
        #expect((32_768...60_999).contains(free.local.port))
        for open in [reused, beside, only, free] { open.close() }
    }
    @Test("SO_REUSEPORT spreads connections over a group of one user")
    func reusePort() throws {
        let script = Script()
        func listener(_ owner: UInt32) throws(Errno) -> TCPEndpoint {
            let listener = TCPEndpoint(of: script.stack, .v4)
            listener.options.reusesPort = true
            listener.options.owner = owner
            try listener.bind(to: EndpointAddress(.anyV4, 80))
            try listener.listen(backlog: 1000)
            return listener
        }
        let group = [try listener(1), try listener(1), try listener(1), try listener(1)]
        #expect(throws: Errno.addressInUse) { try listener(2) }
        for port in 0..<400 as Range<UInt16> {
            script.localPort = 10_000 + port
            script.send(.synchronize, sequence: 0, [], Script.options())
            script.send(sequence: 1)
        }
        for listener in group {
            var count = 0
            while (try? listener.accept()) != nil { count += 1 }
            #expect((60...140).contains(count))
        }
    }
    @Test("ten thousand idle connections")
    func many() throws {
        let script = Script()
        let listener = try script.listen(backlog: 4096)
        var endpoints: [TCPEndpoint] = []
        endpoints.reserveCapacity(10_000)
        for index in 0..<10_000 {
            script.localPort = UInt16(1024 + index)
            endpoints.append(try script.open(listener))
        }
        // No arrays or buffers belong to an idle connection: these objects are all of it.
        let last = try #require(endpoints.last)
        let connection = try #require(last.connection)
        let each = Self.size(last) + Self.size(connection) + Self.size(last.queue)
        #expect(each <= 2048, "\(each) bytes a connection")
        script.stack.pool.closeOpen()
        #expect(script.stack.pool.heldCount == 0, "idle connections hold no buffers")
        #expect(script.stack.tcp.flows.count == 10_000)
        for endpoint in endpoints { endpoint.close() }
        script.run(2_000_000)
        #expect(script.stack.tcp.flows.count == 0)
    }
    /// Bytes that the allocator gave an object.
    private static func size(_ object: AnyObject) -> Int {
        typealias Size = @convention(c) (UnsafeMutableRawPointer?) -> Int
        guard let function = dlsym(nil, "malloc_usable_size") else { return .max }
        return unsafeBitCast(function, to: Size.self)(Unmanaged.passUnretained(object).toOpaque())
    }
    @Test("over the loopback, to itself")
    func loopback() throws {
        let link = Link(seed: 3)
        let stack = link.stacks[0]
        let listener = TCPEndpoint(of: stack, .v4)
        try listener.bind(to: EndpointAddress(.anyV4, 7))
        try listener.listen(backlog: 1)
        for address in [IPv4Address(127, 0, 0, 1), IPv4Address(127, 9, 9, 9), Link.address(0)] {
            let client = TCPEndpoint(of: stack, .v4)
            try client.connect(to: EndpointAddress(IPAddress(address), 7))
            let server = try listener.accept()
            let peers = [
                Peer(client, stream: 0, sends: 1 << 20, receives: 1 << 20),
                Peer(server, stream: 1, sends: 1 << 20, receives: 1 << 20),
            ]
            #expect(
                link.run(atMost: .seconds(10)) {
                    for peer in peers { peer.work() }
                    return peers.allSatisfy { $0.isDone }
                })
            #expect(peers.allSatisfy { $0.wrongAt == nil && $0.error == nil })
            client.close()
            server.close()
        }
        listener.close()
        link.run(for: .seconds(100))
        #expect(link.leaks == "")
    }
}
