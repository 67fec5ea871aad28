package import Base
internal import Hardware
internal import Memory

/// Who runs (sched(7)).
///
/// The library OS is not preempted: a thread is left where it waits, and on its way back to the
/// program where its turn is over. A thread that waits while nobody else wants to run stays on its
/// CPU and looks for something to do from there, so that a machine with one thread never switches.
/// Each CPU has a run queue; one without anybody to run takes threads from the others.
package enum Scheduler {
    /// Whether the running thread keeps its CPU, as the machine ends.
    private static let isAlone = Global(false)
    // Threads that wait for anything to happen.
    private static let lookers = Global<Thread?>(nil)
    /// Whether a program ran since the lookers looked.
    private static let hasProgramRun = Global(false)

    /// Makes a blocked thread want to run.
    package static func wake(_ thread: Thread) {
        guard thread.state == .blocked else { return }
        thread.state = .ready
        guard thread.isOnProcessor else { return enqueue(thread) }
        // On its own CPU it sees that by itself.
        if thread.processor != CPU.number { Processors.call(thread.processor) }
    }
    /// Lets a new thread run.
    package static func start(_ thread: Thread) {
        precondition(thread.state == .ready && !thread.isOnProcessor)
        thread.processor = CPU.number
        enqueue(thread)
    }
    private static func enqueue(_ thread: Thread) {
        let processor = place(for: thread)
        thread.processor = processor.number
        // Who slept has a little more than the others, and no more.
        thread.share.join(at: processor.queue.minimum &- ProcessorShare.slice.rawValue)
        processor.queue.insert(thread)
        if processor.number == CPU.number {
            CPU.hasReturnWork = true
        } else if processor.isIdle {
            // It is spoken for.
            processor.isIdle = false
            Processors.call(processor.number)
        } else {
            Processors.interrupt(processor.number)
        }
    }
    /// The CPU on which a thread can run soonest: an idle one, the last one first; else this one.
    private static func place(for thread: Thread) -> Processor {
        let own = Processor.current
        guard Processor.count > 1 else { return own }
        if thread.mayRun(on: own.number), own.running?.state != .running { return own }
        let last = Processor.number(thread.processor)
        if last.isIdle, thread.mayRun(on: last.number) { return last }
        for number in 0..<Processor.count where thread.mayRun(on: number) {
            let processor = Processor.number(number)
            if processor.isIdle { return processor }
        }
        if thread.mayRun(on: own.number) { return own }
        if thread.mayRun(on: last.number) { return last }
        for number in 0..<Processor.count where thread.mayRun(on: number) {
            return Processor.number(number)
        }
        return own
    }
    /// Lets no other thread run any more.
    package static func stopOthers() { isAlone.value = true }
    static var isStopping: Bool { isAlone.value }

    // MARK: CPUs

    /// Starts the machine's other CPUs, if there are and nobody did.
    package static func startProcessors() {
        // Each space there is needs a root for each of them.
        guard Frames.freeCount > KernelReserve.frames + Processors.count, Processors.share(),
            AddressSpace.addFurtherRoots()
        else { return }
        Processor.addOthers()
        Processor.number(0).idler = Threads.makeIdlerOfFirst()
        Clock.showProcessors()
    }
    /// Runs threads on the CPU that calls, which comes with the lock, on a stack of its own.
    package static func runProcessor() -> Never {
        guard let thread = Threads.makeIdleThread() else { fatalError("no memory for a CPU") }
        Thread.setCurrent(thread)
        Processor.current.idler = thread
        Processors.noteArrival()
        idleForEver()
    }
    /// Runs others, as the thread that a CPU has for that.
    package static func idleForEver() -> Never {
        arrive()
        guard let thread = Thread.current else { fatalError("a CPU that runs nobody") }
        while true {
            thread.state = .blocked
            block(thread)
        }
    }

    // MARK: Leaving the CPU

    /// Runs others, or waits, until the running thread is woken. Its state was set to blocked before
    /// what it waits for was looked at.
    static func block(_ thread: Thread) {
        thread.switches.voluntary += 1
        CPU.hasReturnWork = true
        if hasProgramRun.value { wakeLookers() }
        if thread.isLooking { look(thread) }
        while thread.state == .blocked {
            if let next = takeNext() {
                run(next, after: thread)
            } else {
                if Wait.idleStep() { wakeLookers() }
                // It looks for itself at what it waits for.
                if thread.isLooking, thread.state == .blocked { thread.state = .ready }
            }
        }
        Processor.current.endIdle()
        if thread.isLooking { stopLooking(thread) }
        thread.state = .running
    }
    /// Who runs next on this CPU: of its own queue, else of another's.
    private static func takeNext() -> Thread? {
        guard !isAlone.value else { return nil }
        let own = Processor.current
        if let next = own.next(at: Clock.monotonic()) {
            own.queue.take(next)
            return next
        }
        for distance in 1..<max(Processor.count, 1) {
            let other = Processor.number((own.number + distance) % Processor.count)
            guard let thread = other.queue.takeFirst(allowedOn: own.number) else { continue }
            return thread
        }
        return nil
    }
    private static func look(_ thread: Thread) {
        thread.nextLooking = lookers.value
        lookers.value = thread
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
    private static func wakeLookers() {
        hasProgramRun.value = false
        while let thread = lookers.value {
            lookers.value = thread.nextLooking
            thread.nextLooking = nil
            wake(thread)
        }
    }
    private static func run(_ next: Thread, after thread: Thread) {
        ThreadContext.change(prepare(next, after: thread))
        thread.context?.arrive()
        // Whatever happened to it meanwhile is looked at on its way back to the program.
        CPU.hasReturnWork = true
        arrive()
    }
    /// Makes `next` this CPU's running thread but for the change of stacks.
    @inline(never)
    private static func prepare(_ next: Thread, after thread: Thread) -> ThreadContext.Change {
        let processor = Processor.current
        processor.endIdle()
        let now = Clock.monotonic()
        thread.stopCounting(now)
        thread.isOnProcessor = false
        next.isOnProcessor = true
        next.processor = processor.number
        next.state = .running
        processor.running = next
        next.startCounting(now)
        if let companion = next.companion { companion.willRun() } else { AddressSpace.unload() }
        guard let from = thread.context, let to = next.context else {
            fatalError("a thread without a context to switch")
        }
        return from.leave(for: to)
    }
    /// To be called on a new thread's own stack, before anything else.
    package static func arrive() {
        let processor = Processor.current
        // It and what is kept for it refer to each other.
        processor.ended?.dispose()
        processor.ended = nil
    }

    /// Ends the running thread; others run, now or when they are woken. Never returns; it has not the type
    /// of what never returns, as the compiler then lets go of no reference before.
    package static func end() {
        leaveForEver()
        while true {
            if let change = takeNextAfterEnd() { ThreadContext.change(change) }
            // Its process may end before anybody else runs here.
            AddressSpace.unload()
            if Wait.idleStep() { wakeLookers() }
        }
    }
    @inline(never)
    private static func leaveForEver() {
        guard let thread = Thread.current else { fatalError("no thread to end") }
        thread.state = .ended
        Processor.current.ended = thread
        wakeLookers()
    }
    @inline(never)
    private static func takeNextAfterEnd() -> ThreadContext.Change? {
        guard let next = takeNext(), let thread = Processor.current.ended else { return nil }
        return prepare(next, after: thread)
    }
    /// Whether the running thread has to end.
    @inline(never)
    package static func isEnding() -> Bool { Thread.current?.isEnding == true }

    /// Lets the others of its kind go first (sched_yield(2)).
    package static func yield() {
        guard let thread = Thread.current, !isAlone.value,
            let front = Processor.current.queue.front,
            thread.share.sharesByTime || !thread.share.preempts(front.share)
        else { return }
        thread.count(Clock.monotonic())
        giveWay(thread, .last)
    }
    private enum Place {
        case byShare
        case last
    }
    private static func giveWay(_ thread: Thread, _ place: Place) {
        let queue = Processor.current.queue
        guard let next = Processor.current.next(at: Clock.monotonic()) else { return }
        queue.take(next)
        thread.state = .ready
        if !thread.mayRun(on: CPU.number) {
            thread.isOnProcessor = false
            enqueue(thread)
        } else if place == .byShare {
            queue.insert(thread)
        } else {
            queue.insertLast(thread)
        }
        hasProgramRun.value = true
        run(next, after: thread)
    }

    /// Changes what a thread can claim (sched_setscheduler(2), setpriority(2)).
    package static func change(_ thread: Thread, to share: ProcessorShare) {
        let queue = Processor.number(thread.processor).queue
        let isQueued = thread.isQueued
        if isQueued { queue.remove(thread) }
        thread.share = share
        if isQueued { queue.insert(thread) }
        // Who runs there may not be who should.
        if thread.processor == CPU.number {
            CPU.hasReturnWork = true
        } else if isQueued || thread.isOnProcessor {
            Processors.interrupt(thread.processor)
        }
    }
    /// Lets a thread run with the priority of who waits for it, 0 where nobody with one does.
    package static func lend(_ priority: Int32, to thread: Thread) {
        guard thread.share.inheritedPriority != priority else { return }
        var share = thread.share
        share.inheritedPriority = priority
        change(thread, to: share)
    }

    /// How long a CPU was busy and idle, since the clocks' start.
    package static func times(of number: Int) -> (busy: Nanoseconds, idle: Nanoseconds) {
        let now = Clock.monotonic()
        // One that was never started has been idle.
        guard number < Processor.count else { return (.zero, now) }
        let idle = Processor.number(number).idleTime(at: now)
        return (now - idle, idle)
    }
    /// How many threads wait for a CPU to run them.
    package static func queueLength(of number: Int) -> Int { Processor.number(number).queue.count }
    /// CPUs that the machine has, a bit each.
    package static var allProcessors: UInt64 {
        Processors.count >= 64 ? .max : 1 << UInt64(Processors.count) - 1
    }
    /// CPUs on which a thread may run.
    package static func affinity(of thread: Thread) -> UInt64 { thread.affinity & allProcessors }
    /// Sets them; a thread that runs elsewhere leaves that CPU at its next return to the program.
    /// Precondition: some of them exist.
    package static func setAffinity(of thread: Thread, to processors: UInt64) {
        thread.affinity = processors
        guard !thread.mayRun(on: thread.processor) else { return }
        if thread.isQueued {
            Processor.number(thread.processor).queue.remove(thread)
            enqueue(thread)
        } else if thread.isOnProcessor {
            // Each CPU looks on its way out whether its thread may stay.
            if thread.processor == CPU.number {
                CPU.hasReturnWork = true
            } else {
                Processors.interrupt(thread.processor)
            }
        }
    }
    /// Moves the running thread where it may run, if that is not here.
    private static func leaveIfForbidden() -> Bool {
        guard Processor.count > 1, let thread = Thread.current, !thread.mayRun(on: CPU.number),
            !isAlone.value
        else { return false }
        thread.count(Clock.monotonic())
        let next = takeNext() ?? Processor.current.idler
        guard let next, next !== thread else { return false }
        thread.state = .ready
        thread.isOnProcessor = false
        enqueue(thread)
        run(next, after: thread)
        return true
    }

    // MARK: Turns

    /// Runs others where the running thread's turn is over; to be called before returns to the program.
    /// Returns whether it did.
    @discardableResult
    package static func reschedule() -> Bool {
        hasProgramRun.value = true
        if lookers.value != nil { wakeLookers() }
        if leaveIfForbidden() { return true }
        let processor = Processor.current
        processor.pollingEnd = nil
        guard !processor.queue.isEmpty, !isAlone.value, let thread = processor.running
        else { return false }
        let now = Clock.monotonic()
        thread.count(now)
        let isOthersTurn = processor.realtime.isReached(at: now)
        guard let front = isOthersTurn ? processor.queue.firstSharing : processor.queue.front
        else { return false }
        if isOthersTurn, !thread.share.sharesByTime {
            // It goes on in the next second.
        } else if let end = thread.turnEnd, end <= now {
            thread.beginTurn(now)
            guard !thread.share.precedes(front.share) else { return false }
        } else {
            guard front.share.preempts(thread.share) else { return false }
            // Else who wakes another again and again would cost two changes of memory each time.
            if !front.sharesMemory(with: thread) {
                front.share.charge(ProcessorShare.preemptionCost)
            }
        }
        thread.switches.forced += 1
        giveWay(thread, .byShare)
        return true
    }
    /// When the running thread's turn ends; `nil` while nobody else wants to run.
    package static var turnEnd: Nanoseconds? {
        let processor = Processor.current
        guard let front = processor.queue.front, let thread = processor.running else { return nil }
        let now = Clock.monotonic()
        var limit: Nanoseconds?
        if !thread.share.sharesByTime {
            if processor.queue.firstSharing != nil { limit = processor.realtime.due(at: now) }
        } else if !front.share.sharesByTime {
            limit = processor.realtime.end
        }
        guard let end = thread.turnEnd, let limit else { return thread.turnEnd ?? limit }
        return min(end, limit)
    }
}
