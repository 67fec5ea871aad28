/// The library OS's locks, in the order in which they may be taken: who has one takes only those behind it, so
/// that no two CPUs wait for each other.
public enum LockRank: UInt8, CaseIterable, Sendable {
    /// `KernelLock`, of Hardware.
    case kernel
    case heap
    case frames
    /// A lock inside of which nobody takes another one.
    case leaf
}

/// What is wrong with how a CPU uses locks.
package enum LockFault: Equatable, Sendable {
    /// A lock is about to be taken while one of the same or a later rank is held.
    case order(taken: LockRank, held: LockRank)
    /// A lock was held longer than the limit.
    case heldTooLong(LockRank)
    /// A lock is given up that was not taken.
    case notHeld(LockRank)

    /// One line for the crash screen.
    package var line: StaticString {
        switch self {
        case .order(.kernel, _): "the kernel's lock is taken behind a later one"
        case .order(.heap, _): "the heap's lock is taken behind a later one"
        case .order(.frames, _): "the frames' lock is taken behind a later one"
        case .order(.leaf, _): "a lock is taken behind a leaf"
        case .heldTooLong(.kernel): "the kernel's lock was held too long"
        case .heldTooLong(.heap): "the heap's lock was held too long"
        case .heldTooLong(.frames): "the frames' lock was held too long"
        case .heldTooLong(.leaf): "a leaf's lock was held too long"
        case .notHeld: "a lock is given up that was not taken"
        }
    }
}

/// The locks that one CPU has, and since when.
package struct HeldLocks: Sendable {
    // All zero at first, as `Global` asks.
    private var since = InlineArray<4, UInt64>(repeating: 0)
    private var held: UInt8 = 0
    package init() {}

    /// What is wrong with taking a lock now; `nil`: nothing.
    package func fault(taking rank: LockRank) -> LockFault? {
        let behind = held >> rank.rawValue
        guard behind != 0 else { return nil }
        let first = rank.rawValue + UInt8(behind.trailingZeroBitCount)
        return LockRank(rawValue: first).map { .order(taken: rank, held: $0) }
    }
    /// Notes that a lock was taken at a time in ticks.
    package mutating func take(_ rank: LockRank, at ticks: UInt64) {
        held |= 1 << rank.rawValue
        since[Int(rank.rawValue)] = ticks
    }
    /// Notes that a lock is given up; what is wrong with that, `nil`: nothing. `limit` is in ticks, 0 for none.
    package mutating func giveUp(
        _ rank: LockRank, at ticks: UInt64, limit: UInt64
    ) -> LockFault? {
        guard held & 1 << rank.rawValue != 0 else { return .notHeld(rank) }
        held &= ~(1 << rank.rawValue)
        let time = ticks &- since[Int(rank.rawValue)]
        return limit > 0 && time > limit ? .heldTooLong(rank) : nil
    }
}

#if LOCK_CHECKS
    /// The checker of kernels that are built with it (`make kernel-checked`): what each CPU holds.
    public enum LockChecks {
        /// What the machine tells the checker.
        package struct Machine: Sendable {
            let processor: @convention(c) () -> Int
            let ticks: @convention(c) () -> UInt64
            let report: @convention(c) () -> Void
            let limit: UInt64
            /// `report` ends the machine because of `fault`; `limit` is how many ticks a lock may be held.
            package init(
                processor: @escaping @convention(c) () -> Int,
                ticks: @escaping @convention(c) () -> UInt64,
                report: @escaping @convention(c) () -> Void, limit: UInt64
            ) {
                self.processor = processor
                self.ticks = ticks
                self.report = report
                self.limit = limit
            }
        }
        // Set by boot on one CPU; each CPU touches its own entry of the other.
        private static let machine = Global<Machine?>(nil)
        private static let held = Global(InlineArray<64, HeldLocks>(repeating: HeldLocks()))
        private static let found = Global<LockFault?>(nil)
        /// What was found.
        package static var fault: LockFault? { found.value }

        /// Checks from now on. Precondition: nothing is held.
        package static func start(_ machine: Machine) { self.machine.value = machine }
        private static func report(_ fault: LockFault, _ machine: Machine) {
            // The report takes locks, too.
            self.machine.value = nil
            found.value = fault
            machine.report()
        }
        /// To be called before waiting for a lock.
        public static func willTake(_ rank: LockRank) {
            guard let machine = machine.value else { return }
            let fault = held.value[machine.processor()].fault(taking: rank)
            if let fault { report(fault, machine) }
        }
        /// To be called when a lock was taken.
        public static func took(_ rank: LockRank) {
            guard let machine = machine.value else { return }
            held.value[machine.processor()].take(rank, at: machine.ticks())
        }
        /// To be called before a lock is free again.
        public static func givesUp(_ rank: LockRank) {
            guard let machine = machine.value else { return }
            let fault = held.value[machine.processor()].giveUp(
                rank, at: machine.ticks(), limit: machine.limit)
            if let fault { report(fault, machine) }
        }
    }
#endif
