package import LinuxABI

/// What a `Waiter` tells that something happened.
package protocol WakeTarget: AnyObject {
    /// Called inside the library OS when what `events` names (empty: anything) may have become true.
    /// It must not wait, nor take waiters off queues. Returns whether it makes use of the event, so
    /// that of several exclusive waiters no further one is told.
    func woken(by events: Readiness) -> Bool
}

/// A place in a `WaitQueue`. Its owner takes it off the queue before it goes away.
package final class Waiter {
    fileprivate var target: (any WakeTarget)?
    fileprivate var queue: WaitQueue?
    fileprivate var next: Waiter?
    fileprivate var previous: Waiter?
    fileprivate var isExclusive = false
    /// The next one of the same `WaitSet`.
    fileprivate var nextInSet: Waiter?

    package init() {}

    /// Takes the waiter off its queue, if it is on one.
    package func stop() {
        queue?.remove(self)
        target = nil
    }
}

/// Who waits for one thing: a pipe's ends, a counter, a clock.
///
/// Whatever changes what may be waited for calls `wake`. Threads in poll(2) and select(2) register
/// by a `WaitSet`, epoll(7) by a waiter for each file it watches.
package final class WaitQueue {
    private var first: Waiter?
    private var last: Waiter?

    package init() {}

    package enum Sharing: Sendable {
        case everyone
        /// Of these only one is woken by an event, after all others (EPOLLEXCLUSIVE).
        case exclusive
    }
    /// Puts a waiter here. Precondition: it is on no queue.
    package func add(_ waiter: Waiter, for target: any WakeTarget, _ sharing: Sharing = .everyone) {
        precondition(waiter.queue == nil)
        waiter.target = target
        waiter.queue = self
        waiter.isExclusive = sharing == .exclusive
        if waiter.isExclusive {
            waiter.previous = last
            if let last { last.next = waiter } else { first = waiter }
            last = waiter
        } else {
            waiter.next = first
            if let first { first.previous = waiter } else { last = waiter }
            first = waiter
        }
    }
    fileprivate func remove(_ waiter: Waiter) {
        if let previous = waiter.previous {
            previous.next = waiter.next
        } else {
            first = waiter.next
        }
        if let next = waiter.next {
            next.previous = waiter.previous
        } else {
            last = waiter.previous
        }
        waiter.next = nil
        waiter.previous = nil
        waiter.queue = nil
    }
    /// Tells everybody here that what `events` names may have become true; empty: anything.
    package func wake(_ events: Readiness = []) {
        var waiter = first
        while let current = waiter {
            waiter = current.next
            let isTaken = current.target?.woken(by: events) ?? false
            if isTaken, current.isExclusive { return }
        }
    }
    package var isEmpty: Bool { first == nil }
}

/// One thread's wait for any of several queues.
package final class WaitSet: WakeTarget {
    private var first: Waiter?
    /// Whether something happened since `takeWakes` last looked. It begins true: what is waited for
    /// may have happened before the queues were known.
    private var isWoken = true
    /// Whether something is waited for that tells nobody when it changes.
    private(set) var mustLook = false
    /// Who waits.
    var thread: Thread?

    package init() {}

    /// Waits for this queue too; `nil` for what has none. The caller has admitted one object.
    package func add(_ queue: WaitQueue?) {
        guard let queue else {
            mustLook = true
            return
        }
        let waiter = Waiter()
        queue.add(waiter, for: self)
        waiter.nextInSet = first
        first = waiter
    }
    /// Leaves all queues; to be called in the end.
    package func stop() {
        while let waiter = first {
            first = waiter.nextInSet
            waiter.nextInSet = nil
            waiter.stop()
        }
    }
    /// Whether to look at what is waited for.
    func takeWakes() -> Bool {
        defer { isWoken = false }
        return isWoken || mustLook
    }
    package func woken(by events: Readiness) -> Bool {
        isWoken = true
        if let thread { Scheduler.wake(thread) }
        return true
    }
}
