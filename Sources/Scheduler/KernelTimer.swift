package import Base

/// A timer of the library OS on the monotonic clock; expires between program instructions or in a wait.
package final class KernelTimer {
    fileprivate var deadline: Nanoseconds?
    package private(set) var interval = Nanoseconds.zero
    private let onExpiry: () -> Void
    fileprivate var next: KernelTimer?
    fileprivate var isQueued = false

    /// `onExpiry` runs inside the library OS; it must not wait.
    package init(onExpiry: @escaping () -> Void) { self.onExpiry = onExpiry }

    /// Arms the timer, again every `interval` where that is not zero; a past deadline expires at once.
    package func arm(at deadline: Nanoseconds, interval: Nanoseconds = .zero) {
        cancel()
        self.interval = interval
        self.deadline = deadline
        Timers.insert(self)
    }
    package func cancel() {
        Timers.remove(self)
        deadline = nil
        interval = .zero
    }
    /// Time until expiry (at least 1 ns while armed), `nil` while not armed.
    package func remaining(now: Nanoseconds) -> Nanoseconds? {
        guard let deadline else { return nil }
        return Nanoseconds(rawValue: max(1, (deadline - now).rawValue))
    }
    fileprivate func expire(now: Nanoseconds) {
        if let deadline, interval > .zero {
            // Periods that passed while nobody looked count as one expiry (setitimer(2)).
            let late = (now - deadline).rawValue / interval.rawValue
            let skipped = Nanoseconds(
                rawValue: (late &+ 1).multipliedReportingOverflow(
                    by: interval.rawValue
                ).partialValue)
            self.deadline = deadline + skipped
            Timers.insert(self)
        } else {
            deadline = nil
        }
        onExpiry()
    }
}

/// Armed timers, nearest deadline first.
package enum Timers {
    // Touched only inside the library OS, by the one CPU that there is for now.
    private static let head = Global<KernelTimer?>(nil)

    /// The nearest deadline.
    package static var nextDeadline: Nanoseconds? { head.value?.deadline }

    fileprivate static func insert(_ timer: KernelTimer) {
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
            timer.expire(now: now)
            any = true
        }
        return any
    }
}
