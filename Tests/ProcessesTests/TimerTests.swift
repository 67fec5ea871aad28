import Base
import LinuxABI
import Scheduler
import Testing

@testable import Processes

@Suite("Timers", .serialized) struct TimerTests {
    @Test("a whole number of spans stops at the end of the range, by its sign")
    func multiples() {
        func product(_ span: Int64, _ count: Int64) -> Int64 {
            Nanoseconds(rawValue: span).multiplied(by: count).rawValue
        }
        #expect(product(1_000_000_000, 7) == 7_000_000_000)
        #expect(product(1_000_000_000, .max) == .max)
        #expect(product(1_000_000_000, .min) == .min)
        #expect(product(-1_000_000_000, .max) == .min)
        #expect(product(-1_000_000_000, .min) == .max)
    }
    @Test("a timer with a period outlives a clock that goes from one end of its range to the other")
    func farClock() throws {
        let before = Clock.realtime() - Clock.monotonic()
        defer { Clock.setRealtime(before + Clock.monotonic()) }
        let timers = PosixTimers()
        let fixture = SignalFixture()
        try timers.make(.realtime, .none, limit: 1)
        let timer = try #require(timers.find(0))
        Clock.setRealtime(Nanoseconds(rawValue: .min / 2))
        timer.set(
            Nanoseconds(rawValue: 1), interval: Nanoseconds(rawValue: 1), isAbsolute: false)
        Clock.setRealtime(Nanoseconds(rawValue: .max))
        #expect(timer.value().interval == Nanoseconds(rawValue: 1))
        try timers.remove(0)
    }
}
