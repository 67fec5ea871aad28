package import Base
internal import Hardware

/// A timer of the library OS; expires between program instructions or in a wait.
package final class KernelTimer {
    private let clock: TimerClock
    /// When it expires on its clock; `nil` while not armed.
    private var due: Nanoseconds?
    /// The same on the monotonic clock; of a processor's time the earliest point it can be.
    fileprivate var deadline: Nanoseconds?
    package private(set) var interval = Nanoseconds.zero
    /// How much later than at the deadline a running program is interrupted for it.
    private var slack = Nanoseconds.zero
    private let onExpiry: () -> Void
    var links = HeapLinks<KernelTimer>()
    /// Its place among those that move as the clock is set.
    fileprivate var next: KernelTimer?

    /// `onExpiry` runs inside the library OS; it must not wait.
    package init(_ clock: TimerClock = .monotonic, onExpiry: @escaping () -> Void) {
        self.clock = clock
        self.onExpiry = onExpiry
    }

    /// Arms the timer at a point of its clock, again every `interval` where that is not zero; a past
    /// one expires at once. With `slack` it may be so much late where a program runs meanwhile.
    package func arm(
        at due: Nanoseconds, interval: Nanoseconds = .zero, slack: Nanoseconds = .zero
    ) {
        cancel()
        self.interval = interval
        self.slack = slack
        queue(at: due)
    }
    private func queue(at due: Nanoseconds) {
        self.due = due
        deadline = clock.monotonic(of: due)
        Timers.insert(self)
    }
    package func cancel() {
        Timers.remove(self)
        due = nil
        deadline = nil
        interval = .zero
    }
    /// Time until expiry (at least 1 ns while armed), `nil` while not armed.
    package func remaining() -> Nanoseconds? {
        guard let due else { return nil }
        return Nanoseconds(rawValue: max(1, (due - clock.now()).rawValue))
    }
    fileprivate func expire() {
        guard let due else { return }
        let late = clock.now() - due
        if late < .zero {
            // The clock was set, or the program waited. Not finer than a tick of Linux, as a wait
            // would otherwise look all the time at what can't happen in it.
            let tick = Nanoseconds(rawValue: 4_000_000)
            deadline = Clock.monotonic() + max(tick, Nanoseconds.zero - late)
            Timers.insert(self)
            return
        }
        if interval > .zero {
            // Periods that passed while nobody looked count as one expiry (setitimer(2)).
            queue(at: due + interval.multiplied(by: late.rawValue / interval.rawValue + 1))
        } else {
            self.due = nil
            deadline = nil
        }
        onExpiry()
    }
    /// The latest point at which it is to expire.
    fileprivate var latest: Nanoseconds? { deadline.map { $0 + slack } }
    /// Whether it moves when CLOCK_REALTIME is set.
    fileprivate var followsRealtime: Bool { clock.isRealtime }
    /// Goes back into the queue, where its time on its clock is now. Precondition: it was armed.
    fileprivate func queueAgain() {
        if let due { queue(at: due) }
    }
}

extension Nanoseconds {
    /// A whole number of these, stopping at the end of the range instead of overflowing.
    package func multiplied(by count: Int64) -> Self {
        let (product, overflow) = rawValue.multipliedReportingOverflow(by: count)
        return Self(rawValue: overflow ? (rawValue < 0) == (count < 0) ? .max : .min : product)
    }
}

extension KernelTimer: HeapElement {
    /// Precondition: both are armed.
    func precedes(_ other: KernelTimer) -> Bool {
        guard let deadline, let others = other.deadline else { return false }
        return deadline < others
    }
}

/// Armed timers, nearest deadline first.
package enum Timers {
    // Touched only inside the library OS.
    private static let armed = Immortal(PairingHeap<KernelTimer>())

    /// The nearest deadline.
    package static var nextDeadline: Nanoseconds? { armed.value.first?.deadline }
    /// When a running program has to be interrupted for the timers at the latest.
    package static var nextInterrupt: Nanoseconds? {
        var nearest = Nanoseconds(rawValue: .max)
        armed.value.visit { timer in
            guard let deadline = timer.deadline, let latest = timer.latest, deadline < nearest
            else { return .skip }
            nearest = min(nearest, latest)
            return .deeper
        }
        return isEmpty ? nil : nearest
    }
    private static var isEmpty: Bool { armed.value.first == nil }

    fileprivate static func insert(_ timer: KernelTimer) {
        CPU.hasReturnWork = true
        guard timer.deadline != nil else { return }
        armed.value.insert(timer)
    }
    fileprivate static func remove(_ timer: KernelTimer) {
        guard timer.links.isQueued else { return }
        armed.value.remove(timer)
    }
    /// Expires what is due; returns whether anything was.
    @discardableResult
    package static func expireDue(now: Nanoseconds) -> Bool {
        var any = false
        while let timer = armed.value.first, let deadline = timer.deadline, deadline <= now {
            remove(timer)
            timer.expire()
            any = true
        }
        return any
    }
    /// Moves the timers that go by CLOCK_REALTIME, which was set.
    static func realtimeWasSet() {
        // Taken off first, as each one that is queued again changes the heap.
        var moved: KernelTimer?
        armed.value.visit { timer in
            if timer.followsRealtime {
                timer.next = moved
                moved = timer
            }
            return .deeper
        }
        var timer = moved
        while let current = timer {
            timer = current.next
            remove(current)
        }
        while let current = moved {
            moved = current.next
            current.next = nil
            current.queueAgain()
        }
    }
}
