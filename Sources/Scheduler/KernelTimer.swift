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
    fileprivate var next: KernelTimer?
    fileprivate var isQueued = false

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

/// Armed timers, nearest deadline first.
package enum Timers {
    // Touched only inside the library OS, by the one CPU that there is for now.
    private static let head = Global<KernelTimer?>(nil)

    /// The nearest deadline.
    package static var nextDeadline: Nanoseconds? { head.value?.deadline }

    /// When a running program has to be interrupted for the timers at the latest.
    package static var nextInterrupt: Nanoseconds? {
        var nearest: Nanoseconds?
        var timer = head.value
        while let current = timer, let latest = current.latest, let deadline = current.deadline,
            deadline < nearest ?? Nanoseconds(rawValue: .max)
        {
            nearest = min(nearest ?? latest, latest)
            timer = current.next
        }
        return nearest
    }

    fileprivate static func insert(_ timer: KernelTimer) {
        CPU.hasReturnWork = true
        guard let deadline = timer.deadline else { return }
        timer.isQueued = true
        guard let first = head.value, let firstDeadline = first.deadline, firstDeadline <= deadline
        else {
            timer.next = head.value
            head.value = timer
            return
        }
        var before = first
        while let next = before.next, let nextDeadline = next.deadline, nextDeadline <= deadline {
            before = next
        }
        timer.next = before.next
        before.next = timer
    }
    fileprivate static func remove(_ timer: KernelTimer) {
        guard timer.isQueued else { return }
        timer.isQueued = false
        if head.value === timer {
            head.value = timer.next
        } else {
            var before = head.value
            while let here = before, here.next !== timer { before = here.next }
            before?.next = timer.next
        }
        timer.next = nil
    }
    /// Expires what is due; returns whether anything was.
    @discardableResult
    package static func expireDue(now: Nanoseconds) -> Bool {
        var any = false
        while let timer = head.value, let deadline = timer.deadline, deadline <= now {
            remove(timer)
            timer.expire()
            any = true
        }
        return any
    }
    /// Moves the timers that go by CLOCK_REALTIME, which was set.
    static func realtimeWasSet() {
        // Taken off first, as each one that is queued again changes the list.
        var moved: KernelTimer?
        var timer = head.value
        while let current = timer {
            timer = current.next
            guard current.followsRealtime else { continue }
            remove(current)
            current.next = moved
            moved = current
        }
        while let current = moved {
            moved = current.next
            current.next = nil
            current.queueAgain()
        }
    }
}
