internal import Base

/// What real-time threads may have of a CPU while others want to run, 95 % of each second (sched(7), "Limiting the
/// CPU usage of real-time and deadline processes"): a signal that stops one may have to be handled by another.
struct RealtimeLimit: Sendable {
    private static let period = Nanoseconds(rawValue: 1_000_000_000)
    private static let runtime = Nanoseconds(rawValue: 950_000_000)
    private var start = Nanoseconds.zero
    private var used = Nanoseconds.zero

    /// Counts time that one had up to now.
    mutating func charge(_ time: Nanoseconds, at now: Nanoseconds) {
        if now - start >= Self.period {
            start = now
            used = .zero
        }
        used = used + min(time, Self.period)
    }
    /// Whether it is the others' turn.
    func isReached(at now: Nanoseconds) -> Bool { used >= Self.runtime && now < end }
    /// When a new second begins.
    var end: Nanoseconds { start + Self.period }
    /// When it is the others' turn, if a real-time thread runs on.
    func due(at now: Nanoseconds) -> Nanoseconds {
        now + (now < end ? max(.zero, Self.runtime - used) : Self.runtime)
    }
}
