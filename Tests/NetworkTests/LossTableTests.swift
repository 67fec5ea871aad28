import Base
import Foundation
import Testing

@testable import Network

/// Throughput by loss, in the link's own time: the same numbers on every machine.
///
/// `MARTLET_SNAPSHOT=write swift test --filter LossTable` writes the table anew.
@Suite("Throughput per loss rate", .serialized) struct LossTableTests {
    private static let place = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Snapshots/tcp-loss.txt")

    @Test("is as the snapshot has it")
    func table() throws {
        var text =
            "One direction, 100 Mbit/s, 10 ms each way, 100 frames of queue; median of 3 seeds.\n"
        text += "loss  kbit/s  timeouts\n"
        for loss in [0, 1, 5, 10, 20, 50, 100, 200] {
            var runs: [(rate: Int64, timeouts: UInt64)] = []
            for seed in 0..<3 as Range<UInt64> { runs.append(try run(loss, seed)) }
            runs.sort { $0.rate < $1.rate }
            let percent = "\(loss / 10).\(loss % 10)"
            text += "\(percent) %\t\(runs[1].rate)\t\(runs[1].timeouts)\n"
        }
        if ProcessInfo.processInfo.environment["MARTLET_SNAPSHOT"] == "write" {
            try text.write(to: Self.place, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: Self.place, encoding: .utf8) == text)
    }
    private func run(_ loss: Int, _ seed: UInt64) throws -> (Int64, UInt64) {
        var faults = Faults()
        faults.rate = 12_500_000
        faults.delay = .milliseconds(10)
        faults.queueLimit = 100
        let link = Link(seed: seed, faults)
        let (client, server) = try link.pair(on: try link.listen())
        link.faults.drop = loss
        let bytes = loss >= 100 ? 200_000 : 1_000_000
        let peers = [
            Peer(client, stream: 0, sends: bytes, receives: 0),
            Peer(server, stream: 1, sends: 0, receives: bytes),
        ]
        let start = link.now
        let isDone = link.run(atMost: .seconds(10_000)) {
            for peer in peers { peer.work() }
            return peers[1].isDone
        }
        #expect(isDone && peers[1].wrongAt == nil, "seed \(seed)\(link.counters)")
        let time = (link.now - start).rawValue / 1000
        return (Int64(bytes) * 8 * 1000 / time, link.stacks[0].counters[.tcpTimeouts])
    }
}
