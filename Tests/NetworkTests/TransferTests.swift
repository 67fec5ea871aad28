import Base
import LinuxABI
import TestSupport
import Testing
import Wire

@testable import Network

/// Megabytes both ways over links that treat frames badly: every byte arrives right.
@Suite("TCP over bad links", .serialized) struct TransferTests {
    private func transfer(
        _ bytes: Int, _ faults: Faults, seed: UInt64, offloads: InterfaceOffloads = [],
        mtu: Int = 1500, limit: Nanoseconds = .seconds(3600),
        split: Int = BufferPool.bufferByteCount,
        _ configuration: NetworkConfiguration = NetworkConfiguration()
    ) throws -> (Link, Nanoseconds) {
        let link = Link(seed: seed, faults, mtu: mtu, offloads: offloads, configuration)
        link.split = split
        let listener = try link.listen()
        let (client, server) = try link.pair(on: listener)
        let peers = [
            Peer(client, stream: 0, sends: bytes, receives: bytes),
            Peer(server, stream: 1, sends: bytes, receives: bytes),
        ]
        let start = link.now
        let isDone = link.run(atMost: limit) {
            for peer in peers { peer.work() }
            return peers.allSatisfy { $0.isDone }
        }
        let time = link.now - start
        let context = "seed \(seed)\(link.counters)"
        #expect(isDone, "not done: \(peers.map { ($0.sent, $0.received) }) \(context)")
        for peer in peers {
            #expect(peer.error == nil, "\(context)")
            #expect(peer.wrongAt == nil, "a wrong byte: \(context)")
            #expect(peer.received == bytes, "\(context)")
        }
        client.close()
        server.close()
        listener.close()
        link.run(for: .seconds(300))
        #expect(link.leaks == "", "\(context)")
        #expect(link.stacks.allSatisfy { $0.tcp.flows.count == 0 }, "\(context)")
        return (link, time)
    }

    @Test("a good link")
    func good() throws {
        let (link, time) = try transfer(4 << 20, .none, seed: 1)
        #expect(link.stacks.allSatisfy { $0.counters[.tcpRetransmitted] == 0 }, "\(link.counters)")
        #expect(time < .seconds(2))
    }
    @Test("a link that does checksums and segmentation")
    func offloaded() throws {
        _ = try transfer(4 << 20, .none, seed: 2, offloads: [.checksum, .segmentationV4])
        _ = try transfer(1 << 20, .all(20), seed: 3, offloads: [.checksum, .segmentationV4])
    }
    @Test("5 % loss", arguments: 10..<16 as Range<UInt64>)
    func loss(seed: UInt64) throws { _ = try transfer(2 << 20, .loss(50), seed: seed) }
    @Test("20 % loss", arguments: 20..<22 as Range<UInt64>)
    func heavyLoss(seed: UInt64) throws { _ = try transfer(256 << 10, .loss(200), seed: seed) }
    @Test(
        "loss, duplicates, reordering, truncation and corruption",
        arguments: 30..<38 as Range<UInt64>)
    func everything(seed: UInt64) throws {
        _ = try transfer(1 << 20, .all(seed % 2 == 0 ? 20 : 50), seed: seed)
    }
    @Test("small segments")
    func smallSegments() throws { _ = try transfer(128 << 10, .loss(20), seed: 50, mtu: 576) }
    @Test("jumbo frames")
    func jumbo() throws { _ = try transfer(4 << 20, .loss(10), seed: 51, mtu: 9000) }
    @Test("a narrow line with a short queue")
    func narrow() throws {
        var faults = Faults()
        faults.rate = 1_250_000
        faults.delay = .milliseconds(20)
        faults.queueLimit = 40
        let (link, time) = try transfer(4 << 20, faults, seed: 52)
        // 10 Mbit/s each way: at least 60 % of the line.
        #expect(time < Nanoseconds(rawValue: 5_600_000_000), "\(time) \(link.counters)")
    }
    @Test("frames that lie in many small pieces", arguments: [90, 100, 333])
    func pieces(split: Int) throws {
        _ = try transfer(512 << 10, .all(20), seed: UInt64(split), split: split)
    }
    @Test("little memory")
    func littleMemory() throws {
        var configuration = NetworkConfiguration()
        configuration.bufferLimit = 128
        _ = try transfer(1 << 20, .loss(20), seed: 53, configuration)
    }
}
