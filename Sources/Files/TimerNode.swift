package import Base
package import LinuxABI
internal import Memory
package import Scheduler

/// A timer to be read and waited for (timerfd_create(2)).
///
/// Like Linux's it runs once and is set on when its ticks are taken, so that nothing happens for the
/// periods of a timer that nobody looks at.
package final class TimerNode: AnonymousNode, WakeTarget {
    package let clock: TimerClock
    private var timer: KernelTimer?
    /// When it expires, or expired last, on its clock.
    private var due = Nanoseconds.zero
    private var interval = Nanoseconds.zero
    private var ticks: UInt64 = 0
    private var hasExpired = false
    /// TFD_TIMER_CANCEL_ON_SET: on the queue of those who are told when the clock is set.
    private let clockWatch = Waiter()
    private var watchesClock = false
    private var wasClockSet = false
    private static let size = 8

    init(in fileSystem: FileSystem, _ clock: TimerClock) {
        self.clock = clock
        super.init(in: fileSystem)
    }
    override func opened(_ file: OpenFile) {
        // Refers to this node until it is closed.
        timer = KernelTimer(clock) { self.expired() }
    }
    override func closed(_ file: OpenFile) {
        timer?.cancel()
        timer = nil
        clockWatch.stop()
    }
    private func expired() {
        hasExpired = true
        ticks &+= 1
        wake([.readable])
    }
    package func woken(by events: Readiness) -> Bool {
        wasClockSet = true
        ticks &+= 1
        wake([.readable])
        return true
    }

    /// From when a setting counts.
    package enum Base: Sendable {
        case now
        case clockStart
        /// The same; reads fail with ECANCELED when the clock was set meanwhile.
        case clockStartUntilSet
    }
    /// Arms the timer (a zero `value`: disarms it), as timerfd_settime(2). ECANCELED, once, where the
    /// clock was set since the last setting and no read told so: it is armed all the same.
    package func set(
        _ value: Nanoseconds, interval: Nanoseconds, from base: Base
    ) throws(Errno) {
        timer?.cancel()
        clockWatch.stop()
        watchesClock = base == .clockStartUntilSet && clock.isRealtime
        if watchesClock { Clock.realtimeChanges.value.add(clockWatch, for: self) }
        hasExpired = false
        ticks = 0
        self.interval = interval
        guard value > .zero else { return }
        due = base == .now ? clock.now() + value : value
        timer?.arm(at: due)
        if watchesClock, wasClockSet {
            wasClockSet = false
            throw .canceled
        }
    }
    /// Time to the next expiry, zero where there is none, and the period (timerfd_gettime(2)).
    package func value() -> (remaining: Nanoseconds, interval: Nanoseconds) {
        Timers.expireDue(now: Clock.monotonic())
        if hasExpired, interval > .zero { goOn() }
        return (timer?.remaining() ?? .zero, interval)
    }
    /// Counts the periods that passed since the expiry and arms the timer for the next one.
    private func goOn() {
        let passed = min(max(0, (clock.now() - due).rawValue / interval.rawValue), .max - 1)
        ticks &+= UInt64(passed)
        due = due + interval.multiplied(by: passed + 1)
        hasExpired = false
        timer?.arm(at: due)
    }
    package override func receive(
        into bytes: inout MutableRawSpan, _ blocking: Blocking
    ) throws(Errno) -> Int {
        guard bytes.byteCount >= Self.size else { throw .invalidArgument }
        Timers.expireDue(now: Clock.monotonic())
        if ticks == 0 {
            guard blocking == .blocking else { throw .tryAgain }
            guard Wait.until(on: wakeSource, { self.ticks > 0 }) == .ready else { throw .restart }
        }
        if watchesClock, wasClockSet {
            // The ticks before it count for nothing any more.
            wasClockSet = false
            ticks = 0
            throw .canceled
        }
        if hasExpired, interval > .zero { goOn() }
        bytes.storeLittleEndian(ticks, at: 0)
        hasExpired = false
        ticks = 0
        return Self.size
    }
    package override var canWrite: Bool { false }
    override func readiness(_ file: OpenFile) -> Readiness { ticks > 0 ? [.readable] : [] }
}

extension FileContext {
    /// Makes a timer, as timerfd_create(2). ENOMEM.
    package func openTimer(_ clock: TimerClock, _ flags: OpenFlags) throws(Errno) -> OpenFile {
        try KernelReserve.admit()
        let node = TimerNode(in: root.node.fileSystem.anonymous, clock)
        return try open(node, "anon_inode:[timerfd]", flags)
    }
}
