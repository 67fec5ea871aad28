internal import Base
internal import Hardware

/// What the scheduler knows of a CPU; touched with the library OS's lock.
///
/// A handle of what lives for ever: a class's references would be counted at each of many uses.
@safe
struct Processor: Sendable {
    // SAFETY (all of this type): the state is made once for a CPU, never goes away, and is touched with
    // the library OS's lock.
    private nonisolated(unsafe) let state: UnsafeMutablePointer<State>
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
    }

    private init(number: Int, idleBefore idle: Nanoseconds) {
        unsafe state = .allocate(capacity: 1)
        unsafe state.initialize(to: State(number: number, idle: idle))
    }

    var number: Int { unsafe state.pointee.number }
    var queue: RunQueue { unsafe state.pointee.queue }
    var running: Thread? {
        get { unsafe state.pointee.running }
        nonmutating set {
            unsafe state.pointee.running = newValue
            unsafe state.pointee.runningIdentifier = newValue?.identifier ?? 0
        }
    }
    /// The running thread's number, 0 without one: no reference is counted, so that it takes no lock.
    var runningIdentifier: Int32 { unsafe state.pointee.runningIdentifier }
    /// An ended thread until another one runs on a stack of its own.
    var ended: Thread? {
        get { unsafe state.pointee.ended }
        nonmutating set { unsafe state.pointee.ended = newValue }
    }
    /// What runs where nobody else does and no thread waits here.
    var idler: Thread? {
        get { unsafe state.pointee.idler }
        nonmutating set { unsafe state.pointee.idler = newValue }
    }
    /// Whether it has nobody to run and waits for something to do.
    var isIdle: Bool {
        get { unsafe state.pointee.isIdle }
        nonmutating set { unsafe state.pointee.isIdle = newValue }
    }
    /// Until when it polls before it waits for an interrupt; `nil` before it began to.
    var pollingEnd: Nanoseconds? {
        get { unsafe state.pointee.pollingEnd }
        nonmutating set { unsafe state.pointee.pollingEnd = newValue }
    }
    /// How long it polls before it waits for an interrupt (40 us to be woken on nested hosts): longer where
    /// that would have been enough, as Linux's haltpoll governor does.
    var pollingTime: Nanoseconds { unsafe state.pointee.pollingTime }
    func adaptPolling(waited: Nanoseconds) {
        let most: Int64 = 200_000
        let least: Int64 = 30_000
        let time = pollingTime.rawValue
        unsafe state.pointee.pollingTime = Nanoseconds(
            rawValue: waited.rawValue <= most ? min(time * 2, most) : max(time / 2, least))
    }

    /// Begins to count time in which nobody runs.
    func beginIdle(_ now: Nanoseconds) {
        if unsafe state.pointee.idleSince == nil { unsafe state.pointee.idleSince = now }
    }
    func endIdle() {
        guard let since = unsafe state.pointee.idleSince else { return }
        unsafe state.pointee.idleSince = nil
        unsafe state.pointee.idle = state.pointee.idle + (Clock.monotonic() - since)
    }
    /// Time in which nobody ran, since the clocks' start.
    func idleTime(at now: Nanoseconds) -> Nanoseconds {
        let idle = unsafe state.pointee.idle
        guard let since = unsafe state.pointee.idleSince else { return idle }
        return idle + (now - since)
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
