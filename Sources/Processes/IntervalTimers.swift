package import Base
package import LinuxABI
internal import Scheduler

/// The interval timers of a process (setitimer(2)): the one on real time.
///
/// ITIMER_VIRTUAL and ITIMER_PROF would need the processor time that the program used, which nothing
/// counts yet.
package final class IntervalTimers {
    private var real: KernelTimer?

    package init() {}

    /// Time until SIGALRM and the period after it; zero where the timer is not armed.
    package func value(now: Nanoseconds) -> (remaining: Nanoseconds, interval: Nanoseconds) {
        guard let real, let remaining = real.remaining(now: now) else { return (.zero, .zero) }
        return (remaining, real.interval)
    }
    /// Arms the timer (a zero delay: disarms it), which then sends SIGALRM to the process. ENOMEM.
    package func set(
        delay: Nanoseconds, interval: Nanoseconds, now: Nanoseconds
    ) throws(Errno) {
        guard delay > .zero else {
            real?.cancel()
            return
        }
        if real == nil {
            try admitObject()
            real = KernelTimer {
                Processes.post(
                    .alarm, to: Process.current, SignalInformation(.alarm, .kernel))
            }
        }
        real?.arm(at: now + delay, interval: interval)
    }
}
