package import Base
internal import Hardware

/// A device that is looked at while the CPU has nothing else to do.
package protocol PollSource: AnyObject {
    /// Handles what is there; returns whether it made progress.
    func poll() -> Bool
}

/// How the idle CPU waits: the machine's gate, or a test's own.
package protocol IdleStrategy: AnyObject {
    /// Returns when something may have happened, at the latest after `delay`.
    func wait(atMost delay: Nanoseconds?)
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

    private static let waited = Global(Nanoseconds.zero)
    private static let waitBegin = Global<Nanoseconds?>(nil)
    /// Time that all waits took, the present one included: what the program did not use the CPU for.
    package static var waitedTime: Nanoseconds {
        guard let begin = waitBegin.value else { return waited.value }
        return waited.value + (Clock.monotonic() - begin)
    }

    /// Waits in which the CPU was given up.
    package static let count = Global(0)

    /// Adds a device to those that waits look at. Precondition: there are fewer than 16.
    package static func register(_ source: any PollSource) { sources.add(source) }
    /// Looks at every device and timer once; returns whether anything happened.
    @discardableResult
    package static func poll() -> Bool {
        let expired = Timers.expireDue(now: Clock.monotonic())
        return sources.poll() || expired
    }
    /// Waits until `condition` holds, `deadline` (monotonic) passed or a signal can be delivered.
    ///
    /// The condition is looked at first, so a ready one never waits and is never interrupted. With a
    /// set, it is looked at again only after one of the set's queues was woken.
    package static func until(
        deadline: Nanoseconds? = nil, interruptible: Interruption = .bySignals,
        on set: WaitSet? = nil, _ condition: () -> Bool
    ) -> Outcome {
        // An idle CPU polls this long before it waits for an interrupt (40 us to be woken here).
        let pollingTime = Nanoseconds(rawValue: 30_000)
        let begin = Clock.monotonic()
        var pollingEnd = begin + pollingTime
        waitBegin.value = begin
        defer {
            waitBegin.value = nil
            waited.value = waited.value + (Clock.monotonic() - begin)
        }
        while true {
            poll()
            if set?.takeWakes() ?? true, condition() { return .ready }
            if interruptible == .bySignals, Thread.current?.hasDeliverableSignal == true {
                return .interrupted
            }
            let now = Clock.monotonic()
            if let deadline, deadline <= now { return .timedOut }
            guard now >= pollingEnd else {
                CPU.pause()
                continue
            }
            var delay: Nanoseconds?
            for due in [deadline, Timers.nextDeadline] {
                guard let due else { continue }
                delay = min(delay ?? Nanoseconds(rawValue: .max), due - now)
            }
            count.value += 1
            idle.value?.wait(atMost: delay)
            pollingEnd = Clock.monotonic() + pollingTime
        }
    }
    /// Whether signals end a wait.
    package enum Interruption: Sendable {
        case bySignals
        case never
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
