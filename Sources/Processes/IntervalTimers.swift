package import Base
package import LinuxABI
internal import Scheduler

/// The three interval timers of a process (setitimer(2)).
///
/// Time in the program and time in the library OS are not told apart, so ITIMER_VIRTUAL and
/// ITIMER_PROF go by the same clock: all the processor time that the program used.
package final class IntervalTimers {
    /// Which one, by Linux's number.
    package enum Kind: Int32, Sendable {
        /// ITIMER_REAL
        case real = 0
        /// ITIMER_VIRTUAL
        case virtual = 1
        /// ITIMER_PROF
        case profiling = 2

        fileprivate func clock(_ process: Process) -> TimerClock {
            self == .real ? .monotonic : .processor(process)
        }
        fileprivate var signal: Signal {
            switch self {
            case .real: .alarm
            case .virtual: .virtualAlarm
            case .profiling: .profiling
            }
        }
    }
    private var timers = InlineArray<3, KernelTimer?>(repeating: nil)

    package init() {}

    /// Time until the signal and the period after it; zero where the timer is not armed.
    package func value(_ kind: Kind) -> (remaining: Nanoseconds, interval: Nanoseconds) {
        guard let timer = timers[Int(kind.rawValue)], let remaining = timer.remaining() else {
            return (.zero, .zero)
        }
        return (remaining, timer.interval)
    }
    /// Arms a timer (a zero delay: disarms it), which then sends its signal to the process. ENOMEM.
    package func set(
        _ kind: Kind, delay: Nanoseconds, interval: Nanoseconds, for process: Process
    ) throws(Errno) {
        let index = Int(kind.rawValue)
        guard delay > .zero else {
            timers[index]?.cancel()
            return
        }
        let timer: KernelTimer
        if let existing = timers[index] {
            timer = existing
        } else {
            try admitObject()
            timer = KernelTimer(kind.clock(process)) {
                Processes.post(
                    kind.signal, to: process, SignalInformation(kind.signal, .kernel))
            }
            timers[index] = timer
        }
        timer.arm(at: kind.clock(process).now() + delay, interval: interval)
    }
    /// Disarms all, when their process ends.
    func stop() {
        for index in timers.indices {
            timers[index]?.cancel()
            timers[index] = nil
        }
    }
}
