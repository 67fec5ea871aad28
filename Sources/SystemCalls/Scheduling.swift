internal import Base
internal import Hardware
internal import LinuxABI
internal import Processes

// Scheduling of the only thread on the only CPU: any policy and priority gives it all of the CPU, so
// that they are kept and told, with Linux's checks (sched(7)).
extension SystemCalls {
    private enum Policy {
        static let other: Int32 = 0
        static let firstInFirstOut: Int32 = 1
        static let roundRobin: Int32 = 2
        static let batch: Int32 = 3
        static let idle: Int32 = 5
        static let resetOnFork: Int32 = 0x4000_0000

        static func isRealtime(_ policy: Int32) -> Bool {
            policy == firstInFirstOut || policy == roundRobin
        }
        static func isKnown(_ policy: Int32) -> Bool {
            policy == other || isRealtime(policy) || policy == batch || policy == idle
        }
        /// Whether a policy has this priority: real-time ones 1...99, others 0.
        static func allows(_ policy: Int32, priority: Int32) -> Bool {
            isRealtime(policy) ? (1...99).contains(priority) : priority == 0
        }
    }

    /// sched_yield(2): Lets other threads run, of which there are none. Errors: none.
    static func schedYield(_ caller: Caller) -> Int { 0 }

    /// sched_getaffinity(2): Tells the CPUs a thread may use. Errors: EFAULT, EINVAL, ESRCH.
    static func schedGetaffinity(
        _ caller: Caller, process: Int32, size: UInt32, mask: VirtualAddress
    ) throws(Errno) -> Int {
        guard size >= 8, size & 7 == 0 else { throw .invalidArgument }
        try requireSelf(caller, process)
        try ProgramMemory.store(UInt64(1), at: mask)
        return 8
    }
    /// sched_setaffinity(2): Sets the CPUs a thread may use; CPU 0 must be one. Errors: EFAULT,
    /// EINVAL, ESRCH.
    static func schedSetaffinity(
        _ caller: Caller, process: Int32, size: UInt32, mask: VirtualAddress
    ) throws(Errno) -> Int {
        // Of a longer mask than a word Linux copies as much as it has CPUs for.
        var first: UInt64 = 0
        for index in 0..<UInt64(min(size, 8)) {
            let byte = try ProgramMemory.load(UInt8.self, at: try mask.field(index))
            first |= UInt64(byte) << (index * 8)
        }
        try requireSelf(caller, process)
        guard first & 1 != 0 else { throw .invalidArgument }
        return 0
    }

    /// sched_getscheduler(2): Tells a thread's policy. Errors: EINVAL, ESRCH.
    static func schedGetscheduler(_ caller: Caller, process: Int32) throws(Errno) -> Int {
        guard process >= 0 else { throw .invalidArgument }
        try requireSelf(caller, process)
        let attributes = caller.process.attributes
        return Int(attributes.policy | (attributes.resetsOnFork ? Policy.resetOnFork : 0))
    }
    /// sched_setscheduler(2): Sets a thread's policy and priority. Errors: EFAULT, EINVAL, EPERM,
    /// ESRCH.
    static func schedSetscheduler(
        _ caller: Caller, process: Int32, policy: Int32, parameters: VirtualAddress
    ) throws(Errno) -> Int {
        guard policy >= 0 else { throw .invalidArgument }
        return try set(caller, process, policy: policy, parameters)
    }
    /// sched_getparam(2): Tells a thread's priority. Errors: EFAULT, EINVAL, ESRCH.
    static func schedGetparam(
        _ caller: Caller, process: Int32, parameters: VirtualAddress
    ) throws(Errno) -> Int {
        guard !parameters.isNull, process >= 0 else { throw .invalidArgument }
        try requireSelf(caller, process)
        try ProgramMemory.store(caller.process.attributes.schedulingPriority, at: parameters)
        return 0
    }
    /// sched_setparam(2): Sets a thread's priority. Errors: EFAULT, EINVAL, EPERM, ESRCH.
    static func schedSetparam(
        _ caller: Caller, process: Int32, parameters: VirtualAddress
    ) throws(Errno) -> Int {
        try set(caller, process, policy: nil, parameters)
    }
    private static func set(
        _ caller: Caller, _ process: Int32, policy: Int32?, _ parameters: VirtualAddress
    ) throws(Errno) -> Int {
        guard !parameters.isNull, process >= 0 else { throw .invalidArgument }
        let priority = try ProgramMemory.load(Int32.self, at: parameters)
        try requireSelf(caller, process)
        var attributes = caller.process.attributes
        if let policy {
            attributes.resetsOnFork = policy & Policy.resetOnFork != 0
            attributes.policy = policy & ~Policy.resetOnFork
        }
        guard Policy.isKnown(attributes.policy),
            Policy.allows(attributes.policy, priority: priority)
        else { throw .invalidArgument }
        attributes.schedulingPriority = priority
        if Policy.isRealtime(attributes.policy), !caller.process.credentials.has(.nice) {
            let limit = caller.process.limits[.realtimePriority].soft
            guard UInt64(priority) <= limit else { throw .operationNotPermitted }
        }
        caller.process.attributes = attributes
        return 0
    }

    /// sched_get_priority_max(2): Tells a policy's highest priority. Errors: EINVAL.
    static func schedGetPriorityMax(_ caller: Caller, policy: Int32) throws(Errno) -> Int {
        if Policy.isRealtime(policy) { return 99 }
        // SCHED_DEADLINE and SCHED_EXT (6 and 7) exist for Linux, with priority 0.
        guard Policy.isKnown(policy) || (6...7).contains(policy) else { throw .invalidArgument }
        return 0
    }
    /// sched_get_priority_min(2): Tells a policy's lowest priority. Errors: EINVAL.
    static func schedGetPriorityMin(_ caller: Caller, policy: Int32) throws(Errno) -> Int {
        if Policy.isRealtime(policy) { return 1 }
        guard Policy.isKnown(policy) || (6...7).contains(policy) else { throw .invalidArgument }
        return 0
    }

    /// sched_rr_get_interval(2): Tells the time after which another thread would run: none for
    /// SCHED_FIFO, Linux's standard one for SCHED_RR, the period of a tick else. Errors: EFAULT, EINVAL,
    /// ESRCH.
    static func schedRrGetInterval(
        _ caller: Caller, process: Int32, interval: VirtualAddress
    ) throws(Errno) -> Int {
        guard process >= 0 else { throw .invalidArgument }
        try requireSelf(caller, process)
        let milliseconds: Int64 =
            switch caller.process.attributes.policy {
            case Policy.firstInFirstOut: 0
            case Policy.roundRobin: 100
            default: 4
            }
        try ProgramMemory.storeTime(Nanoseconds(rawValue: milliseconds * 1_000_000), at: interval)
        return 0
    }
    /// sched_getattr(2): Tells a thread's policy, nice value and priority. Errors: EFAULT, EINVAL, ESRCH.
    static func schedGetattr(
        _ caller: Caller, process: Int32, attributes address: VirtualAddress, size: UInt32,
        flags: UInt32
    ) throws(Errno) -> Int {
        // struct sched_attr: 48 bytes first, 56 with the limits of utilization.
        let firstSize: UInt32 = 48
        let wholeSize: UInt32 = 56
        guard !address.isNull, process >= 0, size >= firstSize, size <= Page.size, flags == 0 else {
            throw .invalidArgument
        }
        try requireSelf(caller, process)
        let attributes = caller.process.attributes
        try ProgramMemory.zero(address, count: Int(size))
        try ProgramMemory.store(min(size, wholeSize), at: address)
        try ProgramMemory.store(attributes.policy, at: try address.field(4))
        try ProgramMemory.store(
            UInt64(attributes.resetsOnFork ? 1 : 0), at: try address.field(8))
        if Policy.isRealtime(attributes.policy) {
            try ProgramMemory.store(attributes.schedulingPriority, at: try address.field(20))
        } else {
            try ProgramMemory.store(attributes.nice, at: try address.field(16))
        }
        return 0
    }

    /// getpriority(2): Tells 20 less the nice value. Errors: EINVAL, ESRCH.
    static func getpriority(_ caller: Caller, which: Int32, who: Int32) throws(Errno) -> Int {
        try requireSelf(caller, which: which, who)
        return Int(20 - caller.process.attributes.nice)
    }
    /// setpriority(2): Sets the nice value. Errors: EACCES, EINVAL, ESRCH.
    static func setpriority(
        _ caller: Caller, which: Int32, who: Int32, nice: Int32
    ) throws(Errno) -> Int {
        try requireSelf(caller, which: which, who)
        let nice = min(max(nice, -20), 19)
        if nice < caller.process.attributes.nice, !caller.process.credentials.has(.nice) {
            // RLIMIT_NICE counts as 20 less the nice value.
            guard UInt64(20 - nice) <= caller.process.limits[.nice].soft else {
                throw .permissionDenied
            }
        }
        caller.process.attributes.nice = nice
        return 0
    }
    private static func requireSelf(
        _ caller: Caller, which: Int32, _ who: Int32
    ) throws(Errno) {
        switch which {
        case 0, 1: try requireSelf(caller, who)
        case 2:
            guard who == 0 || UInt32(bitPattern: who) == caller.process.credentials.users.real
            else { throw .noSuchProcess }
        default: throw .invalidArgument
        }
    }

    /// membarrier(2): Orders memory between threads, of which there is one. Errors: EINVAL, EPERM.
    static func membarrier(
        _ caller: Caller, command: UInt32, flags: UInt32, processor: Int32
    ) throws(Errno) -> Int {
        // GLOBAL, GLOBAL_EXPEDITED and its registration, PRIVATE_EXPEDITED and its registration.
        let known: UInt32 = 1 | 2 | 4 | 8 | 16
        guard flags == 0 else { throw .invalidArgument }
        switch command {
        case 0: return Int(known)
        case 1, 2: return 0
        case 4, 16:
            caller.process.attributes.registeredBarriers |= command
            return 0
        case 8:
            guard caller.process.attributes.registeredBarriers & 16 != 0 else {
                throw .operationNotPermitted
            }
            return 0
        default: throw .invalidArgument
        }
    }
}
