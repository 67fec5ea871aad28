package import Base
package import LinuxABI

/// A thread's claim to processors: its policy and nice value, and what it had so far (sched(7)).
package struct ProcessorShare: Sendable {
    /// SCHED_OTHER, SCHED_BATCH, SCHED_IDLE; SCHED_FIFO and SCHED_RR go before all of them.
    package var policy = SchedulingPolicy.other
    /// -20...19
    package var nice: Int32 = 0
    /// 1...99 of a real-time policy, else 0.
    package var priority: Int32 = 0
    /// The real-time priority of who waits for a lock that the thread holds, 1...99, else 0 (futex(2),
    /// "Priority-inheritance futexes").
    package internal(set) var inheritedPriority: Int32 = 0
    /// SCHED_RESET_ON_FORK
    package var resetsOnFork = false

    /// Time had, the longer the lighter the thread is; who had least runs next.
    package private(set) var virtualTime: Int64 = 0
    /// How long a thread runs while others want to: 3 ms, as Linux's base slice.
    package static let slice = Nanoseconds(rawValue: 3_000_000)
    /// What a thread pays that takes the CPU from one with other memory: the way back, which costs as much as
    /// the way there.
    static let preemptionCost = Nanoseconds(rawValue: 7_000)
    /// The same of SCHED_RR (sched_rr_timeslice_ms).
    package static let roundRobinSlice = Nanoseconds(rawValue: 100_000_000)

    package init() {}

    package var isRealtime: Bool { policy == .firstInFirstOut || policy == .roundRobin }
    /// The priority that counts: its own or the one inherited; 0 where it shares by time.
    package var effectivePriority: Int32 { max(priority, inheritedPriority) }
    private var isBoosted: Bool { inheritedPriority > priority }
    /// Whether it shares the CPU by the time it had.
    var sharesByTime: Bool { effectivePriority == 0 }
    /// Linux's sched_prio_to_weight: a step of nice is 10 % of a processor.
    private var weight: Int64 {
        if policy == .idle { return 3 }
        if nice == 0 { return 1024 }
        let weights: [40 of Int32] = [
            88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100,
            4904, 3906, 3121, 2501, 1991, 1586, 1277, 1024, 820, 655, 526, 423, 335, 272, 215, 172,
            137, 110, 87, 70, 56, 45, 36, 29, 23, 18, 15,
        ]
        return Int64(weights[Int(min(max(nice, -20), 19) + 20)])
    }

    /// What a thread that this one makes begins with.
    package var inherited: Self {
        var share = self
        share.inheritedPriority = 0
        guard resetsOnFork else { return share }
        share.resetsOnFork = false
        if isRealtime {
            share.policy = .other
            share.priority = 0
        }
        share.nice = max(nice, 0)
        return share
    }

    /// Counts time that the thread had.
    mutating func charge(_ time: Nanoseconds) {
        guard time > .zero else { return }
        virtualTime &+= weight == 1024 ? time.rawValue : time.rawValue &* 1024 / weight
    }
    /// How long a turn is; `nil`: for ever.
    var turn: Nanoseconds? {
        switch policy {
        case .firstInFirstOut: nil
        case .roundRobin: Self.roundRobinSlice
        default: isBoosted ? nil : Self.slice
        }
    }
    /// Sets the time had of a thread that slept or begins: it does not catch up with the others.
    mutating func join(at minimum: Int64) { virtualTime = max(virtualTime, minimum) }

    /// Whether a thread with this share runs before one with another.
    func precedes(_ other: Self) -> Bool {
        if !sharesByTime || !other.sharesByTime {
            return effectivePriority > other.effectivePriority
        }
        return virtualTime < other.virtualTime
    }
    /// Whether it takes the CPU from one that runs: of equal policies only with a lead.
    func preempts(_ other: Self) -> Bool {
        if !sharesByTime || !other.sharesByTime {
            return effectivePriority > other.effectivePriority
        }
        return virtualTime &+ Self.lead.rawValue < other.virtualTime
    }
    private static let lead = Nanoseconds(rawValue: 1_000_000)
}
