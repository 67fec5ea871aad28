package import Base
package import LinuxABI
package import Scheduler

/// A timer of a process that sends a signal, or none (timer_create(2)).
///
/// As on Linux a timer with a period stands still while its signal waits: taking the signal counts
/// the periods that passed meanwhile (the overrun) and sets the timer on. So no timer, however short
/// its period, keeps the machine busy by itself.
package final class PosixTimer: SignalSender {
    package let identifier: Int32
    private let clock: TimerClock
    private let notification: Notification
    private var timer: KernelTimer?
    /// When it expires, or expired last, on its clock; `nil`: disarmed.
    private var due: Nanoseconds?
    private var interval = Nanoseconds.zero
    /// Whether its signal waits.
    private var isPending = false
    /// Expiries since the last signal was taken, less the one that it stands for.
    private var overrun: Int64 = -1
    /// What timer_getoverrun(2) tells.
    package private(set) var lastOverrun: Int32 = 0
    private let queued: QueuedSignal
    fileprivate var next: PosixTimer?

    /// What an expiry does: SIGEV_NONE or SIGEV_SIGNAL.
    package enum Notification {
        case none
        case signal(Signal, Target, value: UInt64)
    }
    package enum Target {
        case process(SharedSignals)
        /// SIGEV_THREAD_ID
        case thread(Signals)

        fileprivate var shared: SharedSignals {
            switch self {
            case .process(let signals): signals
            case .thread(let signals): signals.shared
            }
        }
        fileprivate func post(
            _ signal: Signal, _ queued: QueuedSignal, parksIfIgnored: Bool
        ) -> Bool {
            switch self {
            case .process(let signals):
                signals.post(signal, queued, parksIfIgnored: parksIfIgnored)
            case .thread(let signals):
                signals.post(signal, queued, parksIfIgnored: parksIfIgnored)
            }
        }
    }

    fileprivate init(
        _ identifier: Int32, _ clock: TimerClock, _ notification: Notification
    ) {
        self.identifier = identifier
        self.clock = clock
        self.notification = notification
        var information = SignalInformation(.alarm, .timer)
        if case .signal(let signal, _, let value) = notification {
            information = SignalInformation(signal, timer: identifier, overrun: 0, value: value)
        }
        queued = QueuedSignal(information)
    }
    /// Lets the timer run; it refers to itself until `end`.
    fileprivate func begin() {
        queued.sender = self
        timer = KernelTimer(clock) { self.expired() }
    }
    fileprivate func end() {
        disarm()
        timer = nil
        queued.sender = nil
    }
    private func disarm() {
        timer?.cancel()
        if case .signal(_, let target, _) = notification { target.shared.takeBack(queued) }
        isPending = false
        due = nil
    }

    /// Time to the next expiry, zero where there is none, and the period (timer_gettime(2)).
    package func value() -> (remaining: Nanoseconds, interval: Nanoseconds) {
        guard let due else { return (.zero, interval) }
        let now = clock.now()
        var expiry = due
        if interval > .zero, isPending || !sendsSignal { expiry = goOn(now) }
        let remaining = expiry - now
        guard remaining <= .zero else { return (remaining, interval) }
        // What is about to expire is still armed; what expired is not.
        return (sendsSignal && !isPending ? Nanoseconds(rawValue: 1) : .zero, interval)
    }
    private var sendsSignal: Bool {
        if case .none = notification { return false }
        return true
    }
    /// Arms the timer (a zero value: disarms it), as timer_settime(2).
    package func set(_ value: Nanoseconds, interval: Nanoseconds, isAbsolute: Bool) {
        disarm()
        overrun = -1
        lastOverrun = 0
        self.interval = interval
        guard value > .zero else { return }
        let expiry = isAbsolute ? value : clock.now() + value
        due = expiry
        if sendsSignal { timer?.arm(at: expiry) }
    }
    /// Moves the expiry beyond `now`, counting the periods.
    private func goOn(_ now: Nanoseconds) -> Nanoseconds {
        guard let due, due <= now else { return self.due ?? now }
        let passed = min((now - due).rawValue / interval.rawValue, .max - 1) + 1
        overrun = overrun.addingReportingOverflow(passed).partialValue
        let expiry = due + interval.multiplied(by: passed)
        self.due = expiry
        return expiry
    }
    private func expired() {
        guard case .signal(let signal, let target, _) = notification else { return }
        isPending = true
        if interval == .zero { due = nil }
        let isKept = target.post(signal, queued, parksIfIgnored: interval > .zero)
        if !isKept { isPending = false }
    }
    func signalTaken(_ information: inout SignalInformation) {
        isPending = false
        guard interval > .zero, due != nil else { return }
        let expiry = goOn(clock.now())
        lastOverrun = Int32(clamping: overrun)
        overrun = -1
        information.setOverrun(lastOverrun)
        timer?.arm(at: expiry)
    }
}

/// The timers of a process, by number.
package final class PosixTimers {
    private var first: PosixTimer?
    private var nextIdentifier: Int32 = 0
    package private(set) var count = 0

    package init() {}

    package func find(_ identifier: Int32) -> PosixTimer? {
        var timer = first
        while let current = timer, current.identifier != identifier { timer = current.next }
        return timer
    }
    /// The number that the next timer gets.
    package func freeIdentifier() -> Int32 {
        while find(nextIdentifier) != nil { advance() }
        return nextIdentifier
    }
    private func advance() { nextIdentifier = nextIdentifier == .max ? 0 : nextIdentifier + 1 }

    /// Makes a timer with the number that `freeIdentifier` told. EAGAIN above `limit`, ENOMEM.
    package func make(
        _ clock: TimerClock, _ notification: PosixTimer.Notification,
        limit: Int
    ) throws(Errno) {
        guard count < limit else { throw .tryAgain }
        try admitObject()
        let timer = PosixTimer(freeIdentifier(), clock, notification)
        timer.begin()
        timer.next = first
        first = timer
        count += 1
        advance()
    }
    /// Ends all, when their process ends or runs another program.
    func removeAll() {
        while let timer = first { try? remove(timer.identifier) }
    }
    /// Ends a timer; a signal of it that waits is taken back. EINVAL.
    package func remove(_ identifier: Int32) throws(Errno) {
        var before: PosixTimer?
        var timer = first
        while let current = timer, current.identifier != identifier {
            before = current
            timer = current.next
        }
        guard let timer else { throw .invalidArgument }
        timer.end()
        if let before { before.next = timer.next } else { first = timer.next }
        timer.next = nil
        count -= 1
    }
}
