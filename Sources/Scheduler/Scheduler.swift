package import Base
internal import Hardware

/// Who runs (sched(7)).
///
/// The library OS is not preempted: a thread is left where it waits, and on its way back to the
/// program where its turn is over. A thread that waits while nobody else wants to run stays on its
/// CPU and looks for something to do from there, so that a machine with one thread never switches.
package enum Scheduler {
    private static let queue = Global(RunQueue())
    /// Whether the running thread keeps the CPU, as the machine ends.
    private static let isAlone = Global(false)
    // An ended thread until another one runs on a stack of its own.
    private static let ended = Global<Thread?>(nil)
    // Threads that wait for anything to happen.
    private static let lookers = Global<Thread?>(nil)
    /// Whether a program ran since the lookers looked.
    private static let hasProgramRun = Global(false)

    /// Makes a blocked thread want to run.
    package static func wake(_ thread: Thread) {
        guard thread.state == .blocked else { return }
        thread.state = .ready
        // On its own CPU it sees that by itself.
        if !thread.isOnProcessor { enqueue(thread) }
    }
    /// Lets a new thread run.
    package static func start(_ thread: Thread) {
        precondition(thread.state == .ready && !thread.isOnProcessor)
        enqueue(thread)
    }
    private static func enqueue(_ thread: Thread) {
        // Who slept has a little more than the others, and no more.
        thread.share.join(at: queue.value.minimum &- ProcessorShare.slice.rawValue)
        queue.value.insert(thread)
        CPU.hasReturnWork = true
    }
    /// Lets no other thread run any more.
    package static func stopOthers() { isAlone.value = true }

    // MARK: Leaving the CPU

    /// Runs others, or waits, until the running thread is woken. Its state was set to blocked before
    /// what it waits for was looked at.
    static func block(_ thread: Thread) {
        thread.switches.voluntary += 1
        CPU.hasReturnWork = true
        if hasProgramRun.value { wakeLookers() }
        if thread.isLooking { look(thread) }
        while thread.state == .blocked {
            if !isAlone.value, let next = queue.value.takeFirst() {
                run(next, after: thread)
            } else {
                if Wait.idleStep() { wakeLookers() }
                // It looks for itself at what it waits for.
                if thread.isLooking { thread.state = .ready }
            }
        }
        Wait.idleEnded()
        if thread.isLooking { stopLooking(thread) }
        thread.state = .running
    }
    private static func stopLooking(_ thread: Thread) {
        thread.isLooking = false
        var before: Thread?
        var here = lookers.value
        while let current = here, current !== thread {
            before = current
            here = current.nextLooking
        }
        guard here != nil else { return }
        if let before {
            before.nextLooking = thread.nextLooking
        } else {
            lookers.value = thread.nextLooking
        }
        thread.nextLooking = nil
    }
    private static func look(_ thread: Thread) {
        thread.nextLooking = lookers.value
        lookers.value = thread
    }
    private static func wakeLookers() {
        hasProgramRun.value = false
        while let thread = lookers.value {
            lookers.value = thread.nextLooking
            thread.nextLooking = nil
            wake(thread)
        }
    }
    private static func run(_ next: Thread, after thread: Thread) {
        Wait.idleEnded()
        let now = Clock.monotonic()
        thread.stopCounting(now)
        thread.isOnProcessor = false
        next.isOnProcessor = true
        next.state = .running
        next.startCounting(now)
        Thread.setRunning(next)
        guard let from = thread.context, let to = next.context else {
            fatalError("a thread without a context to switch")
        }
        from.leave(for: to)
        // Whatever happened to it meanwhile is looked at on its way back to the program.
        CPU.hasReturnWork = true
        arrive()
    }
    /// To be called on a new thread's own stack, before anything else.
    package static func arrive() {
        ended.value?.dispose()
        ended.value = nil
    }

    /// Ends the running thread; others run, now or when they are woken.
    package static func end() -> Never {
        guard let thread = Thread.current else { fatalError("no thread to end") }
        thread.state = .ended
        ended.value = thread
        wakeLookers()
        while true {
            if let next = queue.value.takeFirst() { run(next, after: thread) }
            if Wait.idleStep() { wakeLookers() }
        }
    }

    /// Lets the others of its kind go first (sched_yield(2)).
    package static func yield() {
        guard let thread = Thread.current, !isAlone.value, let front = queue.value.front,
            !thread.share.isRealtime || !thread.share.preempts(front.share)
        else { return }
        thread.count(Clock.monotonic())
        giveWay(thread, .last)
    }
    private enum Place {
        case byShare
        case last
    }
    private static func giveWay(_ thread: Thread, _ place: Place) {
        guard let next = queue.value.takeFirst() else { return }
        thread.state = .ready
        switch place {
        case .byShare: queue.value.insert(thread)
        case .last: queue.value.insertLast(thread)
        }
        hasProgramRun.value = true
        run(next, after: thread)
    }

    /// Changes what a thread can claim (sched_setscheduler(2), setpriority(2)).
    package static func change(_ thread: Thread, to share: ProcessorShare) {
        let isQueued = thread.isQueued
        if isQueued { queue.value.remove(thread) }
        thread.share = share
        if isQueued { queue.value.insert(thread) }
        CPU.hasReturnWork = true
    }

    // MARK: Turns

    /// Runs others where the running thread's turn is over; to be called before returns to the program.
    /// Returns whether it did.
    @discardableResult
    package static func reschedule() -> Bool {
        hasProgramRun.value = true
        Wait.programRuns()
        guard let front = queue.value.front, !isAlone.value, let thread = Thread.current else {
            return false
        }
        let now = Clock.monotonic()
        thread.count(now)
        if let end = thread.turnEnd, end <= now {
            thread.beginTurn(now)
            guard !thread.share.precedes(front.share) else { return false }
        } else {
            guard front.share.preempts(thread.share) else { return false }
        }
        thread.switches.forced += 1
        giveWay(thread, .byShare)
        return true
    }
    /// When the running thread's turn ends; `nil` while nobody else wants to run.
    package static var turnEnd: Nanoseconds? {
        guard !queue.value.isEmpty else { return nil }
        return Thread.current?.turnEnd
    }
}
