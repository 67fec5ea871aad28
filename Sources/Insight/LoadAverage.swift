internal import Base
internal import Hardware
internal import Scheduler

/// How many threads ran in the last 1, 5 and 15 minutes (proc_loadavg(5)).
///
/// Counted when somebody looks, by the time that CPUs were busy since the last look: no timer runs for it,
/// and threads that waited for a CPU do not count.
struct LoadAverage {
    /// Fixed point with 11 bits, and what is left of an average after 5 seconds (linux/sched/loadavg.h).
    private static let one: UInt64 = 1 << 11
    private static let decays: [3 of UInt64] = [1884, 2014, 2037]
    private static let step: Int64 = 5_000_000_000
    private static let state = Global(LoadAverage())

    private var averages = InlineArray<3, UInt64>(repeating: 0)
    private var time = Nanoseconds.zero
    private var busy = Nanoseconds.zero

    init() {}

    /// Those of now.
    static func current() -> Self {
        var busy = Nanoseconds.zero
        for number in 0..<Processors.count { busy = busy + Scheduler.times(of: number).busy }
        state.value.advance(to: Clock.monotonic(), busy: busy)
        return state.value
    }
    /// Goes on by the whole steps until `now`; `busy` is the time that CPUs were busy since the start.
    mutating func advance(to now: Nanoseconds, busy: Nanoseconds) {
        let elapsed = (now - time).rawValue
        guard elapsed >= Self.step else { return }
        // In microseconds: 2^11 times a year of 64 CPUs fits.
        let active =
            UInt64(max(0, (busy - self.busy).rawValue / 1000)) * Self.one
            / UInt64(elapsed / 1000)
        for index in 0..<3 {
            let kept = Self.power(Self.decays[index], UInt64(elapsed / Self.step))
            let sum = averages[index] * kept + active * (Self.one - kept)
            // As Linux rounds: up while the load grows.
            averages[index] = (sum + (active >= averages[index] ? Self.one - 1 : 0)) / Self.one
        }
        time = now
        self.busy = busy
    }
    /// fixed_power_int
    private static func power(_ base: UInt64, _ exponent: UInt64) -> UInt64 {
        var (result, base, left) = (one, base, exponent)
        while left > 0 {
            if left & 1 != 0 { result = (result * base + one / 2) / one }
            base = (base * base + one / 2) / one
            left >>= 1
        }
        return result
    }
    /// The three, with two digits behind the point.
    func write(to text: inout TextBuffer) {
        for index in 0..<3 {
            let value = averages[index] + Self.one / 200
            if index > 0 { text.append(byte: 0x20) }
            text.append(value / Self.one)
            text.append(byte: 0x2e)
            text.append(value % Self.one * 100 / Self.one, width: 2, padding: 0x30)
        }
    }
}
