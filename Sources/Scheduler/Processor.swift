internal import Base
internal import Hardware

/// What the scheduler knows of a CPU; touched with the library OS's lock.
final class Processor {
    let number: Int
    let queue = RunQueue()
    var running: Thread?
    /// An ended thread until another one runs on a stack of its own.
    var ended: Thread?
    /// What runs where nobody else does and no thread waits here.
    var idler: Thread?
    /// Whether it has nobody to run and waits for something to do.
    var isIdle = false
    /// Until when it polls before it waits for an interrupt; `nil` before it began to.
    var pollingEnd: Nanoseconds?
    /// How long it polls before it waits for an interrupt (40 us to be woken on nested hosts): longer where
    /// that would have been enough, as Linux's haltpoll governor does.
    private(set) var pollingTime = Nanoseconds(rawValue: 30_000)
    func adaptPolling(waited: Nanoseconds) {
        let most: Int64 = 200_000
        let least: Int64 = 30_000
        pollingTime = Nanoseconds(
            rawValue: waited.rawValue <= most
                ? min(pollingTime.rawValue * 2, most) : max(pollingTime.rawValue / 2, least))
    }
    /// Since when nobody runs; `nil` while somebody does.
    private var idleSince: Nanoseconds?
    private var idle: Nanoseconds

    init(number: Int, idleBefore idle: Nanoseconds) {
        self.number = number
        self.idle = idle
    }

    func beginIdle(_ now: Nanoseconds) { if idleSince == nil { idleSince = now } }
    func endIdle() {
        guard let since = idleSince else { return }
        idleSince = nil
        idle = idle + (Clock.monotonic() - since)
    }
    /// Time in which nobody ran, since the clocks' start.
    func idleTime(at now: Nanoseconds) -> Nanoseconds {
        guard let since = idleSince else { return idle }
        return idle + (now - since)
    }

    // MARK: All of them

    private static let all = ProcessorList()
    /// The CPU that runs this.
    static var current: Processor { all[CPU.number] }
    /// Those that take part, from 0.
    static var count: Int { all.count }
    static func number(_ number: Int) -> Processor { all[number] }
    /// Adds the CPUs that take part from now on.
    static func addOthers() {
        while all.count < Processors.startedCount {
            all.add(Processor(number: all.count, idleBefore: Clock.monotonic()))
        }
    }
}

private final class ProcessorList: @unchecked Sendable {
    private var list = InlineArray<64, Processor?>(repeating: nil)
    private(set) var count = 1

    init() { list[0] = Processor(number: 0, idleBefore: .zero) }
    subscript(number: Int) -> Processor {
        guard let processor = list[number] else { fatalError("no such CPU") }
        return processor
    }
    func add(_ processor: Processor) {
        list[count] = processor
        count += 1
    }
}
