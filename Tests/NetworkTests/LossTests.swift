import Base
import LinuxABI
import Testing
import Wire

@testable import Network

/// What a sender does when segments are lost (RFC 5681, 6298, 6582, 6675).
@Suite("TCP when segments are lost", .serialized) struct LossTests {
    private let full = 1460

    @Test("the timer begins at 1 s without a sample and doubles (RFC 6298, section 5.5)")
    func timeouts() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen())
        _ = try endpoint.write(100)
        let start = script.link.now
        script.run(20_000)
        let times = script.takeSeen().map { ($0.time - start).rawValue / 1_000_000 }
        // The handshake took no time, so that the least timeout holds.
        #expect(times.prefix(6) == [0, 200, 600, 1400, 3000, 6200])
        #expect(endpoint.information.hasTimedOut && endpoint.information.retransmits == 6)
        script.send(sequence: 1, acknowledgment: 101)
        #expect(endpoint.information.retransmits == 0 && endpoint.information.backoff == 0)
    }
    @Test("after 15 timeouts it is ETIMEDOUT")
    func givesUp() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen())
        _ = try endpoint.write(100)
        let start = script.link.now
        script.run(2_000_000)
        let last = try #require(script.takeSeen().last)
        // tcp_retries2 of 15 makes 924.6 s with a least timeout of 200 ms (ip-sysctl).
        #expect((last.time - start).rawValue / 1_000_000_000 == 804)
        #expect(endpoint.takeError() == .timedOut)
    }
    @Test("three duplicates bring the segment again at once, without SACK")
    func fastRetransmit() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen())
        _ = try endpoint.write(10 * full)
        #expect(script.takeSeen().count == 10)
        for _ in 0..<2 { script.send(sequence: 1) }
        #expect(script.takeSeen().isEmpty)
        script.send(sequence: 1)
        let again = script.takeSeen()
        #expect(again.map(\.sequence) == [1] && again.first?.payload.count == full)
        #expect(endpoint.information.isRecovering)
        // A partial acknowledgement: the next hole (RFC 6582).
        script.send(sequence: 1, acknowledgment: 1 + 2 * full)
        #expect(script.takeSeen().map(\.sequence).first == 1 + 2 * full)
        script.send(sequence: 1, acknowledgment: 1 + 10 * full)
        #expect(!endpoint.information.isRecovering)
        #expect(endpoint.information.congestionWindow == 7)
        #expect(script.stack.counters[.tcpTimeouts] == 0)
    }
    @Test("SACK: only what is missing is sent again (RFC 6675)")
    func selective() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen(), Script.options(selective: true))
        _ = try endpoint.write(20 * full)
        #expect(script.takeSeen().count == 10)
        // The first and the fourth are lost.
        func blocks(_ ranges: [Range<Int>]) -> TCPOptions {
            var options = TCPOptions()
            let first = SequenceNumber(rawValue: script.theirs) + 1
            for range in ranges {
                options.append(
                    SequenceRange(first + range.lowerBound * full, first + range.upperBound * full))
            }
            return options
        }
        script.send(sequence: 1, [], blocks([1..<2]))
        script.send(sequence: 1, [], blocks([1..<3]))
        // Limited transmit (RFC 3042): two that left the network make room for two new ones.
        #expect(script.takeSeen().map(\.sequence) == [1 + 10 * full, 1 + 11 * full])
        script.send(sequence: 1, [], blocks([4..<5, 1..<3]))
        #expect(script.takeSeen().map(\.sequence) == [1])
        #expect(endpoint.information.isRecovering)
        script.send(sequence: 1, [], blocks([4..<6, 1..<3]))
        script.send(sequence: 1, [], blocks([4..<7, 1..<3]))
        script.send(sequence: 1, [], blocks([4..<8, 1..<3]))
        let again = script.takeSeen().filter { $0.sequence < 1 + 10 * full }
        #expect(again.map(\.sequence) == [1 + 3 * full])
        script.send(sequence: 1, acknowledgment: 1 + 12 * full)
        #expect(!endpoint.information.isRecovering)
        #expect(script.stack.counters[.tcpTimeouts] == 0)
    }
    @Test("after a timeout what SACK told of is not sent again")
    func timeoutWithBlocks() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen(), Script.options(selective: true))
        _ = try endpoint.write(4 * full)
        script.seen.removeAll()
        var options = TCPOptions()
        let first = SequenceNumber(rawValue: script.theirs) + 1
        options.append(SequenceRange(first + full, first + 2 * full))
        script.send(sequence: 1, [], options)
        script.run(250)
        #expect(script.takeSeen().map(\.sequence) == [1])
        script.send(sequence: 1, acknowledgment: 1 + 2 * full)
        #expect(script.takeSeen().map(\.sequence) == [1 + 2 * full, 1 + 3 * full])
        #expect(endpoint.information.hasTimedOut)
        script.send(sequence: 1, acknowledgment: 1 + 4 * full)
        #expect(!endpoint.information.hasTimedOut)
    }
    @Test("the last segments' loss is found by asking again for the last one (RFC 8985, section 7)")
    func tailProbe() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen(), Script.options(selective: true))
        _ = try endpoint.write(5 * full)
        #expect(script.takeSeen().count == 5)
        script.run(10)
        #expect(script.takeSeen().map(\.sequence) == [1 + 4 * full])
        var options = TCPOptions()
        let first = SequenceNumber(rawValue: script.theirs) + 1
        options.append(SequenceRange(first + 4 * full, first + 5 * full))
        script.send(sequence: 1, [], options)
        #expect(script.takeSeen().map(\.sequence) == [1, 1 + full, 1 + 2 * full])
        script.send(sequence: 1, acknowledgment: 1 + 3 * full)
        #expect(script.takeSeen().map(\.sequence) == [1 + 3 * full])
        script.send(sequence: 1, acknowledgment: 1 + 5 * full)
        #expect(script.stack.counters[.tcpTimeouts] == 0)
        #expect(!endpoint.information.isRecovering)
    }
    @Test("what came twice is told of first (RFC 2883)")
    func duplicateBlock() throws {
        let script = Script()
        _ = try script.open(try script.listen(), Script.options(selective: true))
        script.send(sequence: 1, [1, 2, 3, 4])
        script.send(sequence: 9, [9])
        script.seen.removeAll()
        script.send(sequence: 2, [2, 3])
        let answer = try #require(script.takeSeen().last)
        let first = SequenceNumber(rawValue: script.ours)
        #expect(answer.options.blockCount == 2)
        #expect(answer.options.blocks[0] == SequenceRange(first + 2, first + 4))
        #expect(answer.options.blocks[1] == SequenceRange(first + 9, first + 10))
    }
    @Test("a timeout that was none is taken back by timestamps (RFC 4015)")
    func spuriousTimeout() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen(), Script.options(stamp: 1))
        _ = try endpoint.write(5 * 1448)
        let sent = try #require(script.takeSeen().first?.options.timestamps?.value)
        let window = endpoint.information.congestionWindow
        script.run(250)
        #expect(endpoint.information.hasTimedOut && endpoint.information.congestionWindow == 1)
        var options = TCPOptions()
        options.timestamps = TCPTimestamps(value: 2, echo: sent)
        script.send(sequence: 1, acknowledgment: 1 + 1448, [], options)
        #expect(!endpoint.information.hasTimedOut)
        #expect(endpoint.information.congestionWindow >= window)
        #expect(script.stack.counters[.tcpSpuriousTimeouts] == 1)
    }
    @Test(
        "a smaller path MTU is believed of who knows a number in flight (RFC 5927), and data goes again"
    )
    func pathMTU() throws {
        let script = Script()
        let endpoint = try script.open(try script.listen())
        _ = try endpoint.write(3000)
        script.seen.removeAll()
        func tooBig(_ sequence: Int) {
            var quote = [UInt8](repeating: 0, count: 36)
            do {
                var span = quote.mutableSpan
                var raw = span.mutableBytes
                ICMPHeader(type: 3, code: 4, rest: 1000).store(into: &raw)
                var ip = raw._mutatingExtracting(8..<28)
                IPv4Header(.tcp, from: Link.address(1), to: Link.address(0), payloadByteCount: 1480)
                    .store(into: &ip)
                raw.storeBigEndian(UInt16(80), at: 28)
                raw.storeBigEndian(UInt16(40_000), at: 30)
                raw.storeBigEndian(
                    (SequenceNumber(rawValue: script.theirs) + sequence).rawValue, at: 32)
            }
            var sum = InternetChecksum()
            sum.add(quote.span.bytes)
            quote[2] = UInt8(sum.value >> 8)
            quote[3] = UInt8(sum.value & 0xff)
            script.link.deliver(Script.frame(.icmp, quote, script.link), to: 1)
        }
        tooBig(100_000)
        #expect(script.takeSeen().isEmpty && endpoint.information.sendSegment == 1460)
        tooBig(1)
        #expect(endpoint.information.sendSegment == 960)
        #expect(script.takeSeen().map(\.payload.count) == [960, 960, 960, 120])
    }
    @Test(
        "CUBIC's cube root",
        arguments: [0, 1, 7, 8, 26, 27, 1_000_000, 999_999_999_999] as [UInt64])
    func cubeRoot(value: UInt64) {
        let root = Cubic.cubicRoot(value)
        #expect(root * root * root <= value && (root + 1) * (root + 1) * (root + 1) > value)
    }
    @Test("CUBIC is back at its last maximum after K seconds (RFC 9438, section 4.2)")
    func cubicCurve() {
        let segment = 1000
        var cubic = Cubic(segment: segment)
        while cubic.window < 100 * segment {
            cubic.acknowledge(segment, segment: segment, .milliseconds(100), .zero)
        }
        cubic.reduce(inFlight: cubic.window, segment: segment)
        #expect(cubic.window == 70 * segment)
        // K = cubic root of (30 / 0.4) = 4.2 s.
        var now = Nanoseconds.zero
        var atMaximum: Nanoseconds?
        while now < .seconds(10) {
            for _ in 0..<(cubic.window / segment) {
                cubic.acknowledge(segment, segment: segment, .milliseconds(100), now)
            }
            now = now + .milliseconds(100)
            if atMaximum == nil, cubic.window >= 99 * segment { atMaximum = now }
        }
        let time = (atMaximum ?? .zero).rawValue / 1_000_000
        #expect((3000...4600).contains(time), "\(time) ms")
        #expect(cubic.window > 130 * segment)
    }
}

/// Congestion marks (RFC 3168, section 6.1).
@Suite("TCP and congestion marks", .serialized) struct MarkTests {
    @Test("a mark is echoed until the sender has slowed down, and costs one reduction")
    func marks() throws {
        var configuration = NetworkConfiguration()
        configuration.congestionMarks = .always
        let link = Link(seed: 1, .none, configuration)
        let listener = try link.listen()
        let (client, server) = try link.pair(on: listener)
        var marked = 0
        var confirmed = 0
        link.watch = { side, frame in
            guard side == 0, frame.count > 600 else { return true }
            if frame[47] & 0x80 != 0 { confirmed += 1 }
            // ECT(0) becomes CE on the way.
            guard frame[15] & 3 == 2, marked < 1 else { return true }
            marked += 1
            var changed = frame
            changed[15] |= 1
            let old = UInt16(frame[24]) << 8 | UInt16(frame[25])
            let new = InternetChecksum.updated(
                old, replacing: UInt16(frame[14]) << 8 | UInt16(frame[15]),
                with: UInt16(changed[14]) << 8 | UInt16(changed[15]))
            changed[24] = UInt8(new >> 8)
            changed[25] = UInt8(new & 0xff)
            link.put(changed, from: 0)
            return false
        }
        let peers = [
            Peer(client, stream: 0, sends: 500_000, receives: 0),
            Peer(server, stream: 1, sends: 0, receives: 500_000),
        ]
        #expect(
            link.run(atMost: .seconds(10)) {
                for peer in peers { peer.work() }
                return peers.allSatisfy { $0.isDone }
            })
        #expect(marked == 1)
        #expect(confirmed == 1, "\(client.information)\(link.counters)")
        #expect(link.stacks[1].counters[.tcpCongestionMarks] == 1)
        #expect(client.information.threshold < Int(Int32.max))
        #expect(link.stacks[0].counters[.tcpRetransmitted] == 0)
    }
    @Test("who is not asked uses none; who asks for them as the other side is answered")
    func agreement() throws {
        let script = Script()
        let listener = try script.listen()
        script.send(
            [.synchronize, .congestionEcho, .windowReduced], sequence: 0, [], Script.options())
        #expect(script.takeSeen().first?.flags == [.synchronize, .acknowledge, .congestionEcho])
        script.send(sequence: 1)
        _ = try listener.accept()
        script.localPort = 40_001
        script.send(.synchronize, sequence: 0, [], Script.options())
        #expect(script.takeSeen().last?.flags == [.synchronize, .acknowledge])
    }
}
