import FuzzTargets
import TestSupport
import Testing

/// The fuzz targets of the network on random input of fixed seeds; the fuzzer itself goes further.
@Suite("TCP against a hostile peer", .serialized) struct StepTests {
    @Test("random steps of peer, program and time", arguments: 0..<20 as Range<UInt64>)
    func steps(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<100 {
            // A handshake first, so that most of the steps are in a connection.
            var bytes: [UInt8] = [UInt8.random(in: 0...255, using: &random), 0, 0, 1, 10]
            for _ in 0..<random.pick(10...300) {
                bytes.append(UInt8.random(in: 0...255, using: &random))
            }
            FuzzTarget.tcpSegments.run(bytes.span.bytes)
        }
    }
}
