import Base
import LinuxABI
import Testing
import Wire

@testable import Network

/// Segment by segment: what goes out for what comes in, and when.
@Suite("TCP, segment by segment", .serialized) struct ConnectionTests {
    // MARK: Opening and closing (RFC 9293, section 3.5 and 3.6)

    @Test("a passive open agrees on what both sides can do")
    func handshake() throws {
        let script = Script()
        let listener = try script.listen()
        script.stamp = 5
        script.send(
            .synchronize, sequence: 0, [],
            Script.options(scale: 3, selective: true, stamp: 5))
        let answer = try #require(script.takeSeen().first)
        #expect(answer.flags == [.synchronize, .acknowledge])
        #expect(answer.acknowledgment == 1)
        #expect(answer.options.maximumSegmentSize == 1460)
        #expect(answer.options.windowScale == 7)
        #expect(answer.options.permitsSelective)
        #expect(answer.options.timestamps?.echo == 5)
        #expect(throws: Errno.tryAgain) { try listener.accept() }
        script.send(sequence: 1)
        let endpoint = try listener.accept()
        #expect(endpoint.state == .established)
        #expect(try endpoint.remote() == EndpointAddress(Link.ip(0), 40_000))
        #expect(endpoint.information.sendScale == 3 && endpoint.information.sendSegment == 1448)
    }
    @Test("without options there are none")
    func noOptions() throws {
        let script = Script()
        let listener = try script.listen()
        script.send(.synchronize, sequence: 0)
        let answer = try #require(script.takeSeen().first)
        #expect(answer.options.windowScale == nil && !answer.options.permitsSelective)
        #expect(answer.options.timestamps == nil)
        script.send(sequence: 1)
        #expect(try listener.accept().information.sendSegment == 536)
    }
    @Test("an active open repeats its SYN after 1, 2, 4 … seconds and ends with ETIMEDOUT")
    func activeOpenTimesOut() throws {
        let script = Script()
        let endpoint = TCPEndpoint(of: script.stack, .v4)
        #expect(throws: Errno.inProgress) {
            try endpoint.connect(to: EndpointAddress(Link.ip(0), 9))
        }
        #expect(throws: Errno.alreadyInProgress) {
            try endpoint.connect(to: EndpointAddress(Link.ip(0), 9))
        }
        let start = script.link.now
        script.run(200_000)
        let times = script.takeSeen().map { ($0.time - start).rawValue / 1_000_000_000 }
        #expect(times == [0, 1, 3, 7, 15, 31, 63])
        #expect(endpoint.readiness.contains(.error))
        #expect(endpoint.takeError() == .timedOut)
        #expect(endpoint.state == .closed)
    }
    @Test("a refused open is ECONNREFUSED")
    func refused() throws {
        let script = Script()
        let endpoint = TCPEndpoint(of: script.stack, .v4)
        _ = try? endpoint.connect(to: EndpointAddress(Link.ip(0), 9))
        let syn = try #require(script.takeSeen().first)
        script.localPort = 9
        script.remotePort = syn.sourcePort
        // Of another number it says nothing.
        script.send([.reset, .acknowledge], sequence: 0, acknowledgment: 2)
        #expect(endpoint.state == .synSent)
        script.send([.reset, .acknowledge], sequence: 0, acknowledgment: 1)
        #expect(throws: Errno.connectionRefused) {
            try endpoint.connect(to: EndpointAddress(Link.ip(0), 9))
        }
    }
    @Test("both sides may open at once")
    func simultaneousOpen() throws {
        let script = Script()
        let endpoint = TCPEndpoint(of: script.stack, .v4)
        _ = try? endpoint.connect(to: EndpointAddress(Link.ip(0), 9))
        let syn = try #require(script.takeSeen().first)
        script.localPort = 9
        script.remotePort = syn.sourcePort
        script.send(.synchronize, sequence: 0, [], Script.options())
        let answer = try #require(script.takeSeen().first)
        #expect(answer.flags == [.synchronize, .acknowledge] && answer.sequence == 0)
        script.send(
            [.synchronize, .acknowledge], sequence: 0, acknowledgment: 1, [], Script.options())
        #expect(endpoint.state == .established)
        script.send(sequence: 1, acknowledgment: 1, [1, 2, 3])
        #expect(try endpoint.read() == [1, 2, 3])
    }
    @Test("a side that closes first goes through FIN-WAIT and TIME-WAIT")
    func activeClose() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen())
        endpoint.close()
        #expect(script.takeSeen().map(\.flags) == [[.finish, .acknowledge]])
        script.send(sequence: 1, acknowledgment: 2)
        script.send([.finish, .acknowledge], sequence: 1, acknowledgment: 2)
        #expect(script.takeSeen().map(\.acknowledgment) == [2])
        #expect(script.stack.tcp.waitingCount == 1 && script.stack.tcp.orphanCount == 0)
        // Its FIN again: the acknowledgement was lost.
        script.send([.finish, .acknowledge], sequence: 1, acknowledgment: 2)
        #expect(script.takeSeen().map(\.acknowledgment) == [2])
        script.run(59_000)
        #expect(script.stack.tcp.waitingCount == 1)
        script.run(2_000)
        #expect(script.stack.tcp.waitingCount == 0 && script.stack.tcp.flows.count == 0)
    }
    @Test("a half-closed connection still sends")
    func halfClose() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen())
        script.send([.finish, .acknowledge], sequence: 1)
        #expect(try endpoint.read() == [])
        #expect(endpoint.state == .closeWait && endpoint.readiness.contains(.readHungUp))
        script.seen.removeAll()
        #expect(try endpoint.write(10) == 10)
        #expect(script.takeSeen().map(\.payload.count) == [10])
        try endpoint.shutDown(receiving: .kept, sending: .shut)
        #expect(endpoint.state == .lastAck)
        #expect(throws: Errno.brokenPipe) { try endpoint.write(1) }
        script.send(sequence: 2, acknowledgment: 12)
        #expect(endpoint.state == .closed && script.stack.tcp.flows.count == 0)
    }
    @Test("both sides may close at once")
    func simultaneousClose() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen())
        try endpoint.shutDown(receiving: .kept, sending: .shut)
        script.send([.finish, .acknowledge], sequence: 1, acknowledgment: 1)
        #expect(endpoint.state == .closing)
        script.send(sequence: 2, acknowledgment: 2)
        #expect(endpoint.state == .timeWait)
    }
    @Test("a FIN that comes early waits for what it ends")
    func earlyFinish() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen())
        script.send([.finish, .acknowledge], sequence: 4, [4, 5])
        #expect(endpoint.state == .established)
        #expect(throws: Errno.tryAgain) { try endpoint.read() }
        script.send(sequence: 1, [1, 2, 3])
        #expect(try endpoint.read() == [1, 2, 3, 4, 5])
        #expect(try endpoint.read() == [] && endpoint.state == .closeWait)
        #expect(script.takeSeen().last?.acknowledgment == 7)
    }
    @Test("closing with unread bytes resets (RFC 2525, section 2.17)")
    func closeUnread() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen())
        script.send(sequence: 1, [1])
        script.seen.removeAll()
        endpoint.close()
        #expect(script.takeSeen().map(\.flags) == [[.reset, .acknowledge]])
        #expect(script.stack.tcp.flows.count == 0)
    }
    @Test("data for a closed program resets")
    func dataAfterClose() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen())
        endpoint.close()
        script.send(sequence: 1, acknowledgment: 2)
        script.seen.removeAll()
        script.send(sequence: 1, acknowledgment: 2, [1, 2])
        #expect(script.takeSeen().map(\.flags) == [[.reset, .acknowledge]])
    }
    @Test("FIN-WAIT-2 without a program ends after a minute")
    func finishTimeout() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen())
        endpoint.close()
        script.send(sequence: 1, acknowledgment: 2)
        script.run(59_000)
        #expect(script.stack.tcp.flows.count == 1)
        script.run(2_000)
        #expect(script.stack.tcp.flows.count == 0 && script.stack.tcp.orphanCount == 0)
    }
    @Test("SO_LINGER of zero resets")
    func lingerZero() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen())
        endpoint.connectionOptions.linger = .zero
        endpoint.close()
        #expect(script.takeSeen().map(\.flags) == [[.reset, .acknowledge]])
    }

    // MARK: What is not believed (RFC 5961)

    @Test("a RST ends a connection only with the next number")
    func blindReset() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen())
        script.send(.reset, sequence: 2)
        #expect(endpoint.state == .established)
        #expect(script.takeSeen().map(\.acknowledgment) == [1], "a challenge")
        script.send(.reset, sequence: 100_000)
        #expect(script.takeSeen().isEmpty)
        // Challenges are few.
        script.send(.reset, sequence: 3)
        #expect(script.takeSeen().isEmpty)
        script.send(.reset, sequence: 1)
        #expect(endpoint.state == .closed)
        #expect(throws: Errno.connectionReset) { try endpoint.read() }
        #expect(try endpoint.read() == [])
        #expect(throws: Errno.brokenPipe) { try endpoint.write(1) }
    }
    @Test("a SYN in a connection is challenged")
    func blindSYN() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen())
        script.send(.synchronize, sequence: 5)
        #expect(script.takeSeen().map(\.flags) == [.acknowledge])
        #expect(endpoint.state == .established)
    }
    @Test(
        "an acknowledgement of what was not sent, or too old, brings no data in",
        arguments: [500, -70_000])
    func blindData(acknowledgment: Int) throws {
        let script = Script()
        let endpoint = try script.open(try script.listen())
        script.send(sequence: 1, acknowledgment: acknowledgment, [9])
        #expect(throws: Errno.tryAgain) { try endpoint.read() }
        #expect(script.takeSeen().count == 1)
        #expect(script.stack.counters[.tcpBadAcknowledgment] == 1)
    }
    @Test("an old timestamp is refused (RFC 7323, section 5), a missing one too")
    func oldTimestamp() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen(), Script.options(stamp: 1000))
        script.send(sequence: 1, [1])
        script.stamp = 999
        script.send(sequence: 2, [2])
        #expect(script.stack.counters[.tcpOldTimestamp] == 1)
        script.stamp = nil
        script.send(sequence: 2, [3])
        #expect(script.stack.counters[.tcpNoTimestamp] == 1)
        script.stamp = 1001
        script.send(sequence: 2, [4])
        #expect(try endpoint.read() == [1, 4])
    }
    @Test("segments outside the window are answered, and nothing else")
    func outsideWindow() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen())
        script.send(sequence: 500_000, [1, 2])
        #expect(script.takeSeen().map(\.acknowledgment) == [1])
        #expect(throws: Errno.tryAgain) { try endpoint.read() }
        #expect(script.stack.counters[.tcpOutsideWindow] == 1)
    }

    // MARK: Receiving

    @Test("segments in any order become one stream")
    func reordered() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen())
        let bytes = (0..<200).map { UInt8($0) }
        func part(_ range: Range<Int>) {
            script.send(sequence: 1 + range.lowerBound, Array(bytes[range]))
        }
        for range in [100..<150, 40..<60, 50..<110, 140..<200, 0..<10, 5..<45, 30..<41] {
            part(range)
        }
        #expect(try endpoint.read() == bytes)
    }
    @Test("SACK tells of the latest block first (RFC 2018, section 4)")
    func selectiveBlocks() throws {
        let script = Script()
        _ = try script.open(try script.listen(), Script.options(selective: true))
        func blocks() -> [[Int]] {
            guard let last = script.takeSeen().last else { return [] }
            return (0..<last.options.blockCount).map {
                let block = last.options.blocks[$0]
                let first = SequenceNumber(rawValue: script.ours)
                return [block.start - first, block.end - first]
            }
        }
        script.send(sequence: 11, Array(repeating: 1, count: 10))
        #expect(blocks() == [[11, 21]])
        script.send(sequence: 31, Array(repeating: 1, count: 10))
        #expect(blocks() == [[31, 41], [11, 21]])
        script.send(sequence: 21, Array(repeating: 1, count: 5))
        #expect(blocks() == [[11, 26], [31, 41]])
        script.send(sequence: 26, Array(repeating: 1, count: 5))
        #expect(blocks() == [[11, 41]])
        script.send(sequence: 1, Array(repeating: 1, count: 10))
        #expect(blocks() == [])
    }
    @Test("acknowledgements wait 40 ms, or for a second full segment")
    func delayedAcknowledgment() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen())
        // Quick ones at first, until the program speaks.
        _ = try endpoint.write(1)
        script.send(sequence: 1, acknowledgment: 2, Array(repeating: 0, count: 1000))
        _ = try endpoint.write(1)
        script.send(sequence: 1001, acknowledgment: 3)
        script.seen.removeAll()
        script.send(sequence: 1001, acknowledgment: 3, Array(repeating: 0, count: 1000))
        #expect(script.takeSeen().isEmpty)
        let start = script.link.now
        script.run(100)
        #expect(script.seen.map { ($0.time - start).rawValue / 1_000_000 } == [40])
        script.seen.removeAll()
        script.send(sequence: 2001, acknowledgment: 3, Array(repeating: 0, count: 1000))
        script.send(sequence: 3001, acknowledgment: 3, Array(repeating: 0, count: 1000))
        #expect(script.takeSeen().map(\.acknowledgment) == [4001])
    }
    @Test("a full buffer closes the window, and reading opens it")
    func receiveWindow() throws {
        let script = Script()
        let listener = try script.listen { $0.connectionOptions.receiveBuffer = 8192 }
        let endpoint = try script.open(listener)
        var sequence = 1
        while (script.seen.last?.window ?? 8192) >= 1000, sequence < 20_000 {
            script.send(sequence: sequence, Array(repeating: 7, count: 1000))
            sequence += 1000
        }
        #expect(sequence == 8001)
        script.send(sequence: sequence, Array(repeating: 7, count: 1000))
        #expect(script.takeSeen().last?.window == 0)
        // A probe of one byte is answered.
        script.send(sequence: 8193, [7])
        #expect(script.takeSeen().last?.acknowledgment == 8193)
        #expect(try endpoint.read().count == 8192)
        #expect(script.takeSeen().last?.window == 8192)
    }
    @Test("urgent data is told of and stays in the stream")
    func urgent() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen())
        var header = TCPHeader(
            from: 40_000, to: 80, [.acknowledge, .urgent],
            sequence: SequenceNumber(rawValue: script.ours) + 1,
            acknowledgment: SequenceNumber(rawValue: script.theirs) + 1, window: 65_535)
        header.urgentPointer = 2
        var segment = [UInt8](repeating: 0, count: 20)
        do {
            var span = segment.mutableSpan
            var raw = span.mutableBytes
            header.store(into: &raw)
        }
        segment += [1, 2, 3]
        var sum = InternetChecksum(
            pseudoHeaderFrom: Link.ip(0), to: Link.ip(1), .tcp, byteCount: segment.count)
        sum.add(segment.span.bytes)
        segment[16] = UInt8(sum.value >> 8)
        segment[17] = UInt8(sum.value & 0xff)
        script.link.deliver(Script.frame(.tcp, segment, script.link), to: 1)
        #expect(endpoint.readiness.contains(.priority))
        #expect(!endpoint.isAtMark)
        #expect(try endpoint.read(1) == [1])
        #expect(endpoint.isAtMark)
        #expect(try endpoint.read() == [2, 3])
        #expect(!endpoint.readiness.contains(.priority))
    }

    // MARK: Sending

    @Test("the first window has ten segments (RFC 6928)")
    func initialWindow() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen())
        #expect(try endpoint.write(60_000) == 60_000)
        #expect(script.takeSeen().map(\.payload.count) == Array(repeating: 1460, count: 10))
    }
    @Test("Nagle's algorithm holds a second small segment; TCP_NODELAY does not")
    func nagle() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen())
        _ = try endpoint.write(10)
        _ = try endpoint.write(10)
        #expect(script.takeSeen().map(\.payload.count) == [10])
        script.send(sequence: 1, acknowledgment: 11)
        #expect(script.takeSeen().map(\.payload.count) == [10])
        _ = try endpoint.write(10)
        #expect(script.takeSeen().isEmpty)
        endpoint.connectionOptions.sendsAtOnce = true
        #expect(script.takeSeen().map(\.payload.count) == [10])
        _ = try endpoint.write(10)
        #expect(script.takeSeen().map(\.payload.count) == [10])
    }
    @Test("TCP_CORK holds what fills no segment, for 200 ms at most")
    func cork() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen())
        endpoint.connectionOptions.isCorked = true
        _ = try endpoint.write(100)
        _ = try endpoint.write(1500)
        #expect(script.takeSeen().map(\.payload.count) == [1460])
        endpoint.connectionOptions.isCorked = false
        #expect(script.takeSeen().map(\.payload.count) == [140])
        script.send(sequence: 1, acknowledgment: 1601)
        endpoint.connectionOptions.isCorked = true
        _ = try endpoint.write(100)
        let start = script.link.now
        script.run(300)
        #expect(script.seen.map { ($0.time - start).rawValue / 1_000_000 }.first == 200)
    }
    @Test("a closed window is probed, ever more rarely, as long as it is answered")
    func zeroWindow() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen(), window: 100)
        _ = try endpoint.write(300)
        #expect(script.takeSeen().map(\.payload.count) == [100])
        script.send(sequence: 1, acknowledgment: 101, window: 0)
        script.seen.removeAll()
        for _ in 0..<40 {
            script.run(60_000)
            #expect(script.takeSeen().allSatisfy { $0.payload.isEmpty && $0.sequence == 100 })
            script.send(sequence: 1, acknowledgment: 101, window: 0)
        }
        #expect(endpoint.state == .established)
        script.send(sequence: 1, acknowledgment: 101, window: 1000)
        #expect(script.takeSeen().map(\.payload.count) == [200])
    }
    @Test("a closed window that nobody answers for ends the connection")
    func deadWindow() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen(), window: 100)
        _ = try endpoint.write(300)
        script.send(sequence: 1, acknowledgment: 101, window: 0)
        script.run(2_000_000)
        #expect(endpoint.takeError() == .timedOut)
    }
    @Test("keep-alive: probes after the idle time, then ETIMEDOUT")
    func keepAlive() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen())
        endpoint.connectionOptions.keepIdle = .seconds(10)
        endpoint.connectionOptions.keepInterval = .seconds(2)
        endpoint.connectionOptions.keepCount = 3
        endpoint.connectionOptions.keepsAlive = true
        let start = script.link.now
        script.run(11_000)
        #expect(script.seen.map { ($0.time - start).rawValue / 1_000_000_000 } == [10])
        #expect(script.takeSeen().first?.sequence == 0)
        script.send(sequence: 1)
        script.run(9_000)
        #expect(script.takeSeen().isEmpty && endpoint.state == .established)
        script.run(20_000)
        #expect(script.takeSeen().map(\.flags).filter { $0 == .acknowledge }.count == 3)
        #expect(endpoint.takeError() == .timedOut)
    }
    @Test("TCP_USER_TIMEOUT ends what is not acknowledged")
    func userTimeout() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen())
        endpoint.connectionOptions.userTimeout = .seconds(5)
        _ = try endpoint.write(10)
        script.run(20_000)
        #expect(endpoint.takeError() == .timedOut)
    }
}
