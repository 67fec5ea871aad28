package import Base
package import Hardware
package import LinuxABI

/// What a higher module keeps for a thread.
package protocol ThreadCompanion: AnyObject {
    /// Called on the CPU on which the thread is about to run, on another thread's stack.
    func willRun()
    /// Whether both have the same memory.
    func sharesMemory(with other: any ThreadCompanion) -> Bool
}

/// A thread, as far as running and waiting are concerned.
package final class Thread {
    /// Thread id as gettid(2) gives it.
    package internal(set) var identifier: Int32
    /// `nil` while it was never left for another one.
    package internal(set) var context: ThreadContext?
    /// What Processes knows of the thread; that refers to this one.
    package var companion: (any ThreadCompanion)?

    package enum State: Sendable {
        case running
        /// Wants to run, in the run queue.
        case ready
        /// Waits to be woken. It may still be on its CPU, looking for something to do there.
        case blocked
        case ended
    }
    package internal(set) var state = State.ready
    /// Whether a deliverable signal wakes it where it is blocked.
    package internal(set) var isInterruptible = false
    /// Whether its stack is the running one of a CPU.
    package internal(set) var isOnProcessor = false
    /// The CPU on which it runs or ran last.
    package internal(set) var processor = 0
    /// CPUs on which it may run, a bit each (sched_setaffinity(2)).
    package internal(set) var affinity = UInt64.max
    /// Whether it waits for anything to happen that nobody tells it of.
    var isLooking = false
    var nextLooking: Thread?

    // Its place in the run queue.
    var links = HeapLinks<Thread>()
    var isQueued: Bool { links.isQueued }
    /// Who runs before whom.
    package var share = ProcessorShare()
    /// Processor time used up to `runningSince`.
    private(set) var used = Nanoseconds.zero
    /// Since when it runs, with the idle time at that moment; `nil` while it does not.
    private var runningSince: (time: Nanoseconds, idle: Nanoseconds)?

    /// When others of its kind may have the CPU; `nil`: it keeps it.
    private(set) var turnEnd: Nanoseconds?

    /// How late it may be woken at a deadline.
    package var timerSlack = TimerSlack()
    /// Waits of its own for one queue.
    let waiter = Waiter()
    /// Wakes it at a deadline.
    private var alarm: KernelTimer?

    /// Whether a signal waits that this thread does not block: it ends an interruptible wait.
    package var hasDeliverableSignal = false {
        didSet {
            guard hasDeliverableSignal else { return }
            if state == .blocked, isInterruptible { Scheduler.wake(self) }
            leaveProgram()
        }
    }
    /// Makes it come by the way back to the program soon, where it runs: on another CPU its program may
    /// not come into the library OS by itself.
    package func leaveProgram() {
        guard isOnProcessor, state == .running else { return }
        if processor == CPU.number {
            CPU.hasReturnWork = true
        } else {
            Processors.interrupt(processor)
        }
    }
    /// Whether it ends at its next return to the program.
    package var isEnding = false {
        didSet {
            guard isEnding else { return }
            // It ends every wait.
            if state == .blocked { Scheduler.wake(self) }
            leaveProgram()
        }
    }
    /// Gives it another number: that of its process, as the one thread that execve(2) leaves.
    package func renumber(_ identifier: Int32) {
        self.identifier = identifier
        if Thread.current === self { Processor.current.running = self }
    }
    /// Waits in which it gave the CPU up, and times that it was taken away (getrusage(2)).
    package internal(set) var switches = Switches()
    package struct Switches: Sendable {
        package internal(set) var voluntary = 0
        package internal(set) var forced = 0
        package init() {}
        package static func + (left: Self, right: Self) -> Self {
            var sum = left
            sum.voluntary += right.voluntary
            sum.forced += right.forced
            return sum
        }
    }

    /// A thread that does not run yet; one without a context can't be left for another.
    package init(identifier: Int32, context: ThreadContext? = nil) {
        self.identifier = identifier
        self.context = context
    }

    /// Takes over what a new thread has of its maker: claim and CPUs (sched(7), sched_setaffinity(2)).
    package func inherit(from maker: Thread) {
        share = maker.share.inherited
        timerSlack = maker.timerSlack.inherited
        affinity = maker.affinity
    }

    /// This CPU's running thread.
    package static var current: Thread? { Processor.current.running }
    /// Its number; needs no lock.
    package static var currentIdentifier: Int32 { Processor.current.runningIdentifier }
    /// Makes this the running thread without a switch, as boot does with the first one.
    package static func setCurrent(_ thread: Thread?) {
        let processor = Processor.current
        let now = Clock.monotonic()
        if let old = processor.running {
            old.isOnProcessor = false
            old.stopCounting(now)
        }
        processor.running = thread
        guard let thread else { return }
        thread.isOnProcessor = true
        thread.processor = processor.number
        thread.state = .running
        thread.startCounting(now)
    }
    func sharesMemory(with other: Thread) -> Bool {
        guard let companion, let others = other.companion else { return true }
        return companion.sharesMemory(with: others)
    }
    /// Whether its affinity lets it run on a CPU.
    func mayRun(on number: Int) -> Bool { affinity & 1 << UInt64(number) != 0 }

    // MARK: Time

    func startCounting(_ now: Nanoseconds) {
        runningSince = (now, Processor.number(processor).idleTime(at: now))
        beginTurn(now)
    }
    func beginTurn(_ now: Nanoseconds) {
        turnEnd = share.turn.map { now + $0 }
    }
    /// Adds what it used since `startCounting`, and starts anew.
    func count(_ now: Nanoseconds) {
        guard let since = runningSince else { return }
        let idle = Processor.number(processor).idleTime(at: now)
        let ran = (now - since.time) - (idle - since.idle)
        used = used + ran
        share.charge(ran)
        if !share.sharesByTime { Processor.number(processor).realtime.charge(ran, at: now) }
        runningSince = (now, idle)
    }
    func stopCounting(_ now: Nanoseconds) {
        count(now)
        runningSince = nil
    }
    /// Processor time that the thread used: in its program and in the library OS.
    package var processorTime: Nanoseconds {
        guard let since = runningSince else { return used }
        let now = Clock.monotonic()
        let idle = Processor.number(processor).idleTime(at: now)
        return used + (now - since.time) - (idle - since.idle)
    }

    // MARK: Waking

    func arm(at deadline: Nanoseconds) {
        let timer = alarm ?? KernelTimer { Scheduler.wake(self) }
        alarm = timer
        timer.arm(at: deadline, slack: share.isRealtime ? .zero : timerSlack.time)
    }
    func disarm() { alarm?.cancel() }
    /// Lets go of what refers to it in turn. To be called when it ended.
    func dispose() {
        alarm?.cancel()
        alarm = nil
        companion = nil
        context = nil
    }
}

extension Thread: ProcessorClock {}

extension Thread: HeapElement {
    func precedes(_ other: Thread) -> Bool { share.precedes(other.share) }
}

extension Thread: WakeTarget {
    package func woken(by events: Readiness) -> Bool {
        Scheduler.wake(self)
        return true
    }
}
