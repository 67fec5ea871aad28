import LinuxHost
import Testing

@testable import VirtualMachine

@Suite("Timeline") struct TimelineTests {
    /// The whole milliseconds of a line.
    private func milliseconds(_ line: String) -> Int? {
        Int(line.prefix { $0 != "." }.drop { $0 == " " })
    }

    @Test("a guest's counter of another speed is told by its frequency")
    func convertsFrequencies() throws {
        // A host of 2 GHz, whose process began 100 ms ago; a guest of 62.5 MHz.
        let timeline = Timeline(start: 0, frequency: 2_000_000_000)
        let aligned = timeline.aligned(
            guest: 1_000_000_000, kilohertz: 62_500, frequency: 2_000_000_000, host: 200_000_000)
        for (guest, expected) in [(0, 100), (62_500, 101), (-62_500, 99), (-6_250_000, 0)] {
            let line = aligned.line("x", atGuest: UInt64(1_000_000_000 + guest))
            #expect(milliseconds(line) == expected, "\(line)")
        }
        // Nonsense of a guest is a time, and no trap.
        for guest in [0, 1, UInt64.max, 1 << 63] { _ = aligned.line("x", atGuest: guest) }
    }

    @Test("a guest's counter that is the host's needs no frequency")
    func sharesCounter() {
        let timeline = Timeline(start: 1000, frequency: 1_000_000, guestOffset: 500)
        #expect(milliseconds(timeline.line("x", atGuest: 1500 + 7000)) == 7)
    }
}
