package import Base

/// How late a thread may be woken at a deadline, so that timers expire together (prctl(2), PR_SET_TIMERSLACK).
///
/// It is used where a program runs meanwhile, which an interrupt would take the CPU away from; an idle CPU
/// sees a deadline as it comes.
package struct TimerSlack: Sendable {
    package private(set) var time = Nanoseconds(rawValue: 50_000)
    /// What 0 sets it to: that of who made the thread.
    private var standard = Nanoseconds(rawValue: 50_000)

    package init() {}
    /// What a new thread begins with.
    var inherited: Self {
        var new = self
        new.standard = time
        return new
    }
    /// Sets it; one that is not above 0 brings the standard one back.
    package mutating func set(_ nanoseconds: Int64) {
        time = nanoseconds > 0 ? Nanoseconds(rawValue: nanoseconds) : standard
    }
}
