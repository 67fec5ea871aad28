package import Base
internal import Hardware

/// A device that is looked at while the CPU has nothing else to do.
package protocol PollSource: AnyObject {
    /// Handles what is there; returns whether it made progress.
    func poll() -> Bool
}

/// How the idle CPU waits: the machine's gate, or a test's own.
package protocol IdleStrategy: AnyObject {
    /// Returns when something may have happened, at the latest after `delay`. Called without the library
    /// OS's lock where there are several CPUs.
    func wait(atMost delay: Nanoseconds?)
    /// Handles the interrupts that ended the wait.
    func handleInterrupts()
}
extension IdleStrategy {
    package func handleInterrupts() {}
}

/// Blocking inside the library OS.
package enum Wait {
    package enum Outcome: Equatable, Sendable {
        case ready
        case timedOut
        case interrupted
    }

    // Set once by boot (or a test).
    private static let idle = Global<(any IdleStrategy)?>(nil)
    private static let sources = PollSources()

    package static func start(_ strategy: any IdleStrategy) { idle.value = strategy }

    /// Time in which nobody wanted to run, the present one included, of all CPUs together.
    package static var waitedTime: Nanoseconds { waitedTime(at: Clock.monotonic()) }
    static func waitedTime(at now: Nanoseconds) -> Nanoseconds {
        var sum = Nanoseconds.zero
        for number in 0..<Processor.count {
            sum = sum + Processor.number(number).idleTime(at: now)
        }
        return sum
    }

    /// Adds a device to those that waits look at. Precondition: there are fewer than 16.
    package static func register(_ source: any PollSource) { sources.add(source) }
    /// Looks at every device and timer once; returns whether anything happened.
    @discardableResult
    package static func poll() -> Bool {
        let expired = Timers.expireDue(now: Clock.monotonic())
        return sources.poll() || expired
    }

    /// What a waiting thread is told by that it may look again at what it waits for.
    package enum Source {
        /// Nobody tells it: it looks whenever anything happened.
        case anything
        case queue(WaitQueue)
        case set(WaitSet)
        /// Only the deadline and signals end the wait.
        case nothing
    }
    /// Waits until `condition` holds, `deadline` (monotonic) passed or a signal can be delivered.
    ///
    /// The condition is looked at first, so a ready one never waits and is never interrupted; it is
    /// looked at again when the source says so.
    package static func until(
        deadline: Nanoseconds? = nil, interruptible: Interruption = .bySignals,
        on source: Source = .anything, _ condition: () -> Bool
    ) -> Outcome {
        switch source {
        // What happened may not have been noticed yet.
        case .anything, .set: poll()
        case .queue: Timers.expireDue(now: Clock.monotonic())
        case .nothing: break
        }
        if case .set(let set) = source { _ = set.takeWakes() }
        if condition() { return .ready }
        guard let thread = Thread.current else {
            return withoutThread(deadline, condition)
        }
        if let deadline { thread.arm(at: deadline) }
        if case .queue(let queue) = source { queue.add(thread.waiter, for: thread) }
        if case .set(let set) = source { set.thread = thread }
        defer {
            if deadline != nil { thread.disarm() }
            if case .queue = source { thread.waiter.stop() }
            if case .set(let set) = source { set.thread = nil }
        }
        while true {
            // From here on a wake counts.
            thread.state = .blocked
            thread.isInterruptible = interruptible == .bySignals
            if let outcome = outcome(thread, deadline, interruptible, source, condition) {
                thread.state = .running
                return outcome
            }
            switch source {
            case .anything: thread.isLooking = true
            case .set(let set): thread.isLooking = set.mustLook
            case .queue, .nothing: break
            }
            Scheduler.block(thread)
        }
    }
    private static func outcome(
        _ thread: Thread, _ deadline: Nanoseconds?, _ interruptible: Interruption,
        _ source: Source, _ condition: () -> Bool
    ) -> Outcome? {
        var looks = true
        if case .set(let set) = source { looks = set.takeWakes() }
        if looks, condition() { return .ready }
        if thread.isEnding { return .interrupted }
        if interruptible == .bySignals, thread.hasDeliverableSignal { return .interrupted }
        if let deadline, deadline <= Clock.monotonic() { return .timedOut }
        return nil
    }
    /// Waits for a time, or for a signal alone (`nil`).
    package static func sleep(until deadline: Nanoseconds?) -> Outcome {
        until(deadline: deadline, on: .nothing) { false }
    }
    /// Before there is a thread, and where the machine ends without one.
    private static func withoutThread(
        _ deadline: Nanoseconds?, _ condition: () -> Bool
    ) -> Outcome {
        defer { Processor.current.endIdle() }
        while !condition() {
            if let deadline, deadline <= Clock.monotonic() { return .timedOut }
            _ = idleStep(atMost: deadline)
        }
        return .ready
    }
    /// Whether signals end a wait; the thread's end always does.
    package enum Interruption: Sendable {
        case bySignals
        case never
    }

    // MARK: Idle

    /// Looks for something to do, and waits for an interrupt where there has been nothing for a while;
    /// returns whether anything may have happened.
    static func idleStep(atMost deadline: Nanoseconds? = nil) -> Bool {
        let processor = Processor.current
        let now = Clock.monotonic()
        processor.beginIdle(now)
        let end = processor.pollingEnd ?? now + processor.pollingTime
        processor.pollingEnd = end
        // Looking may have woken somebody though no device has anything to report.
        if poll() || processor.hasWork {
            processor.pollingEnd = nil
            return true
        }
        if KernelLock.isShared, !Scheduler.isStopping {
            return idleBesideOthers(processor, until: end)
        }
        // Where others wait for the lock for ever, devices' interrupts may be theirs.
        guard now >= end, !KernelLock.isShared else {
            CPU.pause()
            return false
        }
        idle.value?.wait(atMost: delay(deadline, now))
        idle.value?.handleInterrupts()
        processor.pollingEnd = nil
        return true
    }
    private static func delay(_ deadline: Nanoseconds?, _ now: Nanoseconds) -> Nanoseconds? {
        var delay: Nanoseconds?
        for due in [deadline, Timers.nextDeadline] {
            guard let due else { continue }
            delay = min(delay ?? Nanoseconds(rawValue: .max), due - now)
        }
        return delay
    }
    /// The same where other CPUs run: without the lock, until one calls or an interrupt comes.
    private static func idleBesideOthers(_ processor: Processor, until end: Nanoseconds) -> Bool {
        let state = Processors.state(processor.number)
        let delay = delay(nil, Clock.monotonic())
        // Without the lock no reference may be counted.
        guard let strategy = idle.value else { fatalError("no way to wait") }
        processor.isIdle = true
        state.setIdle(true)
        KernelLock.release()
        while !state.isCalled, !CPU.hasPendingVector {
            let now = Clock.monotonic()
            guard now >= end else {
                CPU.pause()
                continue
            }
            state.setHalted(true)
            if !state.isCalled { strategy.wait(atMost: delay) }
            state.setHalted(false)
            processor.adaptPolling(waited: Clock.monotonic() - now)
            break
        }
        // From here on who flushes waits for this CPU.
        state.setIdle(false)
        KernelLock.acquire()
        processor.isIdle = false
        _ = state.takeCall()
        strategy.handleInterrupts()
        processor.pollingEnd = nil
        return true
    }
}

/// The devices that a wait looks at.
private final class PollSources: @unchecked Sendable {
    private static let capacity = 16
    private var list = InlineArray<16, (any PollSource)?>(repeating: nil)
    private var count = 0

    func add(_ source: any PollSource) {
        guard count < Self.capacity else { fatalError("too many devices to poll") }
        list[count] = source
        count += 1
    }
    func poll() -> Bool {
        var progressed = false
        for index in 0..<count where list[index]?.poll() == true { progressed = true }
        return progressed
    }
}
