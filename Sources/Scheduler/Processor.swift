internal import Base
internal import Hardware

/// What the scheduler knows of a CPU; touched with the library OS's lock.
///
/// A handle: a class's references would be counted at each of many uses.
struct Processor: Sendable {
    private let state: Immortal<State>
    private struct State {
        let number: Int
        let queue = RunQueue()
        var running: Thread?
        var runningIdentifier: Int32 = 0
        var ended: Thread?
        var idler: Thread?
        var isIdle = false
        var pollingEnd: Nanoseconds?
        var pollingTime = Nanoseconds(rawValue: 30_000)
        var idleSince: Nanoseconds?
        var idle: Nanoseconds
        var realtime = RealtimeLimit()
    }

    private init(number: Int, idleBefore idle: Nanoseconds) {
        state = Immortal(State(number: number, idle: idle))
    }

    var number: Int { state.value.number }
    var queue: RunQueue { state.value.queue }
    var running: Thread? {
        get { state.value.running }
        nonmutating set {
            state.value.running = newValue
            state.value.runningIdentifier = newValue?.identifier ?? 0
        }
    }
    /// The running thread's number, 0 without one: no reference is counted, so that it takes no lock.
    var runningIdentifier: Int32 { state.value.runningIdentifier }
    /// An ended thread until another one runs on a stack of its own.
    var ended: Thread? {
        get { state.value.ended }
        nonmutating set { state.value.ended = newValue }
    }
    /// What runs where nobody else does and no thread waits here.
    var idler: Thread? {
        get { state.value.idler }
        nonmutating set { state.value.idler = newValue }
    }
    /// Whether it has nobody to run and waits for something to do.
    var isIdle: Bool {
        get { state.value.isIdle }
        nonmutating set { state.value.isIdle = newValue }
    }
    /// Whether somebody wants to run here: in its queue, or who waited on it.
    var hasWork: Bool {
        running?.state == .ready || !queue.isEmpty && !Scheduler.isStopping
    }
    /// Until when it polls before it waits for an interrupt; `nil` before it began to.
    var pollingEnd: Nanoseconds? {
        get { state.value.pollingEnd }
        nonmutating set { state.value.pollingEnd = newValue }
    }
    /// How long it polls before it waits for an interrupt (40 us to be woken on nested hosts): longer where
    /// that would have been enough, as Linux's haltpoll governor does.
    var pollingTime: Nanoseconds { state.value.pollingTime }
    func adaptPolling(waited: Nanoseconds) {
        let most: Int64 = 200_000
        let least: Int64 = 30_000
        let time = pollingTime.rawValue
        state.value.pollingTime = Nanoseconds(
            rawValue: waited.rawValue <= most ? min(time * 2, most) : max(time / 2, least))
    }

    /// Begins to count time in which nobody runs.
    func beginIdle(_ now: Nanoseconds) {
        if state.value.idleSince == nil { state.value.idleSince = now }
    }
    func endIdle() {
        guard let since = state.value.idleSince else { return }
        state.value.idleSince = nil
        state.value.idle = state.value.idle + (Clock.monotonic() - since)
    }
    /// Time in which nobody ran, since the clocks' start.
    func idleTime(at now: Nanoseconds) -> Nanoseconds {
        let idle = state.value.idle
        guard let since = state.value.idleSince else { return idle }
        return idle + (now - since)
    }

    /// What real-time threads had of the present second.
    var realtime: RealtimeLimit {
        get { state.value.realtime }
        nonmutating set { state.value.realtime = newValue }
    }
    /// Who runs next of the queue; `nil` where nobody wants to.
    func next(at now: @autoclosure () -> Nanoseconds) -> Thread? {
        guard let front = queue.front else { return nil }
        guard !front.share.sharesByTime, realtime.isReached(at: now()) else { return front }
        return queue.firstSharing ?? front
    }

    // MARK: All of them

    private static let all = Global(InlineArray<64, Processor?>(repeating: nil))
    private static let counter = Global(1)
    /// The CPU that runs this.
    static var current: Processor { number(CPU.number) }
    /// Those that take part, from 0.
    static var count: Int { counter.value }
    static func number(_ number: Int) -> Processor {
        if let processor = all.value[number] { return processor }
        return makeFirst(number)
    }
    @inline(never)
    private static func makeFirst(_ number: Int) -> Processor {
        precondition(number == 0, "no such CPU")
        return make(0, idleBefore: .zero)
    }
    private static func make(_ number: Int, idleBefore idle: Nanoseconds) -> Processor {
        let processor = Processor(number: number, idleBefore: idle)
        all.value[number] = processor
        return processor
    }
    /// Adds the CPUs that take part from now on.
    static func addOthers() {
        while count < Processors.startedCount {
            _ = make(count, idleBefore: Clock.monotonic())
            counter.value = count + 1
        }
    }
}
