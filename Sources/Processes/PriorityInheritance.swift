internal import Base
internal import Scheduler

// Who holds a futex with an owner runs with the highest priority of those who wait for it, and so does the
// one whom the holder waits for in turn (futex(2), "Priority-inheritance futexes").
extension Process {
    /// A chain of owners is followed so far (rtmutex.c, max_lock_depth).
    private static let longestChain = 1024

    /// Gives a thread, by its number, the priority of those who wait for it now. To be called after any
    /// change of who waits for which owner, or of a waiting thread's own priority.
    package static func passPriorities(to owner: Int32) {
        var identifier = owner
        for _ in 0..<Self.longestChain {
            guard let thread = ProcessTable.thread(identifier) else { return }
            let priority = futexes.value.highestPriority(waitingFor: identifier)
            guard thread.thread.share.inheritedPriority != priority else { return }
            Scheduler.lend(priority, to: thread.thread)
            guard let next = thread.futexWaiter.owner else { return }
            identifier = next
        }
    }
    /// Whether a thread waits for another, be it over further owners. A chain that is too long counts, too.
    package static func waits(_ thread: Int32, for other: Int32) -> Bool {
        var identifier = thread
        for _ in 0..<Self.longestChain {
            guard identifier != other else { return true }
            guard let next = ProcessTable.thread(identifier)?.futexWaiter.owner else {
                return false
            }
            identifier = next
        }
        return true
    }
}
