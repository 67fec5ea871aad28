internal import Base
internal import Hardware
internal import LinuxABI
internal import Processes
internal import Scheduler

// Scheduling of threads: policies, priorities, nice values, CPUs (sched(7)).
extension SystemCalls {
    /// sched_yield(2): Lets other threads of the same priority run. Errors: none.
    static func schedYield(_ caller: Caller) -> Int {
        Scheduler.yield()
        return 0
    }

    /// sched_getaffinity(2): Tells the CPUs a thread may use. Errors: EFAULT, EINVAL, ESRCH.
    static func schedGetaffinity(
        _ caller: Caller, process: Int32, size: UInt32, mask: VirtualAddress
    ) throws(Errno) -> Int {
        guard size >= 8, size & 7 == 0 else { throw .invalidArgument }
        let thread = try find(caller, process).thread
        try ProgramMemory.store(Scheduler.affinity(of: thread), at: mask)
        return 8
    }
    /// sched_setaffinity(2): Sets the CPUs a thread may use. Errors: EFAULT, EINVAL, EPERM, ESRCH.
    static func schedSetaffinity(
        _ caller: Caller, process: Int32, size: UInt32, mask: VirtualAddress
    ) throws(Errno) -> Int {
        // Of a longer mask than a word Linux copies as much as it has CPUs for.
        var first: UInt64 = 0
        for index in 0..<UInt64(min(size, 8)) {
            let byte = try ProgramMemory.load(UInt8.self, at: try mask.field(index))
            first |= UInt64(byte) << (index * 8)
        }
        let target = try find(caller, process)
        let thread = target.thread
        if !caller.process.credentials.has(.nice) { try requireOwner(caller, of: target) }
        guard first & Scheduler.allProcessors != 0 else { throw .invalidArgument }
        // A thread of a process that has had one so far may want another CPU than the first.
        Scheduler.startProcessors()
        Scheduler.setAffinity(of: thread, to: first)
        return 0
    }

    /// sched_getscheduler(2): Tells a thread's policy. Errors: EINVAL, ESRCH.
    static func schedGetscheduler(_ caller: Caller, process: Int32) throws(Errno) -> Int {
        guard process >= 0 else { throw .invalidArgument }
        let share = try find(caller, process).thread.share
        return Int(
            share.policy.rawValue | (share.resetsOnFork ? SchedulingPolicy.resetOnFork : 0))
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
        try ProgramMemory.store(try find(caller, process).thread.share.priority, at: parameters)
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
        let thread = try find(caller, process)
        var share = thread.thread.share
        if let policy {
            share.resetsOnFork = policy & SchedulingPolicy.resetOnFork != 0
            share.policy = SchedulingPolicy(rawValue: policy & ~SchedulingPolicy.resetOnFork)
        }
        share.priority = priority
        try change(caller, thread, to: share)
        return 0
    }
    /// EPERM where a thread's process is another user's (kernel/sched/core.c, check_same_owner).
    private static func requireOwner(
        _ caller: Caller, of thread: ProgramThread
    ) throws(Errno) {
        let user = caller.process.credentials.users.effective
        let owner = thread.process.credentials.users
        guard user == owner.effective || user == owner.real else { throw .operationNotPermitted }
    }
    /// EINVAL where a policy does not have the priority, EPERM where the caller may not set it.
    private static func change(
        _ caller: Caller, _ thread: ProgramThread, to share: ProcessorShare
    ) throws(Errno) {
        guard share.policy.isKnown, share.policy.allows(priority: share.priority) else {
            throw .invalidArgument
        }
        if !caller.process.credentials.has(.nice) {
            try requireOwner(caller, of: thread)
            let limits = thread.process.limits
            if share.isRealtime {
                guard UInt64(share.priority) <= limits[.realtimePriority].soft else {
                    throw .operationNotPermitted
                }
            }
            if share.nice < thread.thread.share.nice {
                guard UInt64(20 - share.nice) <= limits[.nice].soft else {
                    throw .operationNotPermitted
                }
            }
        }
        Scheduler.change(thread.thread, to: share)
        if let owner = thread.futexWaiter.owner { Process.passPriorities(to: owner) }
    }

    /// sched_get_priority_max(2): Tells a policy's highest priority. Errors: EINVAL.
    static func schedGetPriorityMax(_ caller: Caller, policy: Int32) throws(Errno) -> Int {
        if SchedulingPolicy(rawValue: policy).isRealtime { return 99 }
        // SCHED_DEADLINE and SCHED_EXT (6 and 7) exist for Linux, with priority 0.
        guard SchedulingPolicy(rawValue: policy).isKnown || (6...7).contains(policy) else {
            throw .invalidArgument
        }
        return 0
    }
    /// sched_get_priority_min(2): Tells a policy's lowest priority. Errors: EINVAL.
    static func schedGetPriorityMin(_ caller: Caller, policy: Int32) throws(Errno) -> Int {
        if SchedulingPolicy(rawValue: policy).isRealtime { return 1 }
        guard SchedulingPolicy(rawValue: policy).isKnown || (6...7).contains(policy) else {
            throw .invalidArgument
        }
        return 0
    }

    /// sched_rr_get_interval(2): Tells the time after which another thread would run: none for
    /// SCHED_FIFO, Linux's standard one for SCHED_RR, the period of a tick else. Errors: EFAULT, EINVAL,
    /// ESRCH.
    static func schedRrGetInterval(
        _ caller: Caller, process: Int32, interval: VirtualAddress
    ) throws(Errno) -> Int {
        guard process >= 0 else { throw .invalidArgument }
        let milliseconds: Int64 =
            switch try find(caller, process).thread.share.policy {
            case .firstInFirstOut: 0
            case .roundRobin: 100
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
        let share = try find(caller, process).thread.share
        try ProgramMemory.zero(address, count: Int(size))
        try ProgramMemory.store(min(size, wholeSize), at: address)
        try ProgramMemory.store(share.policy.rawValue, at: try address.field(4))
        try ProgramMemory.store(UInt64(share.resetsOnFork ? 1 : 0), at: try address.field(8))
        if share.isRealtime {
            try ProgramMemory.store(share.priority, at: try address.field(20))
        } else {
            try ProgramMemory.store(share.nice, at: try address.field(16))
        }
        return 0
    }
    /// sched_setattr(2): Sets a thread's policy, nice value and priority. Errors: E2BIG, EFAULT, EINVAL,
    /// EPERM, ESRCH.
    static func schedSetattr(
        _ caller: Caller, process: Int32, attributes address: VirtualAddress, flags: UInt32
    ) throws(Errno) -> Int {
        let firstSize: UInt32 = 48
        let wholeSize: UInt32 = 56
        let resetOnFork: UInt64 = 1
        let keepPolicy: UInt64 = 8
        let keepParameters: UInt64 = 16
        guard !address.isNull, process >= 0, flags == 0 else { throw .invalidArgument }
        var size = try ProgramMemory.load(UInt32.self, at: address)
        if size == 0 { size = firstSize }
        guard size >= firstSize, size <= Page.size else {
            try ProgramMemory.store(wholeSize, at: address)
            throw .argumentListTooLong
        }
        // What a newer program asks for beyond this must be nothing.
        for offset in UInt64(wholeSize)..<max(UInt64(wholeSize), UInt64(size)) {
            guard try ProgramMemory.load(UInt8.self, at: try address.field(offset)) == 0 else {
                try ProgramMemory.store(wholeSize, at: address)
                throw .argumentListTooLong
            }
        }
        let policy = try ProgramMemory.load(Int32.self, at: try address.field(4))
        let wanted = try ProgramMemory.load(UInt64.self, at: try address.field(8))
        let nice = try ProgramMemory.load(Int32.self, at: try address.field(16))
        let priority = try ProgramMemory.load(Int32.self, at: try address.field(20))
        guard policy >= 0, wanted & ~(resetOnFork | keepPolicy | keepParameters) == 0 else {
            throw .invalidArgument
        }
        let thread = try find(caller, process)
        var share = thread.thread.share
        if wanted & keepPolicy == 0 { share.policy = SchedulingPolicy(rawValue: policy) }
        share.resetsOnFork = wanted & resetOnFork != 0
        if wanted & keepParameters == 0 {
            share.priority = priority
            if !share.isRealtime { share.nice = min(max(nice, -20), 19) }
        }
        try change(caller, thread, to: share)
        return 0
    }

    /// getpriority(2): Tells 20 less the nice value. Errors: EINVAL, ESRCH.
    static func getpriority(_ caller: Caller, which: Int32, who: Int32) throws(Errno) -> Int {
        var least: Int32 = 20
        try forEach(caller, which: which, who) { (thread) throws(Errno) in
            least = min(least, thread.thread.share.nice)
        }
        return Int(20 - least)
    }
    /// setpriority(2): Sets the nice value. Errors: EACCES, EINVAL, EPERM, ESRCH.
    static func setpriority(
        _ caller: Caller, which: Int32, who: Int32, nice: Int32
    ) throws(Errno) -> Int {
        let nice = min(max(nice, -20), 19)
        try forEach(caller, which: which, who) { (thread) throws(Errno) in
            var share = thread.thread.share
            if !caller.process.credentials.has(.nice) { try requireOwner(caller, of: thread) }
            if nice < share.nice, !caller.process.credentials.has(.nice) {
                // RLIMIT_NICE counts as 20 less the nice value.
                guard UInt64(20 - nice) <= thread.process.limits[.nice].soft else {
                    throw .permissionDenied
                }
            }
            share.nice = nice
            Scheduler.change(thread.thread, to: share)
        }
        return 0
    }
    /// The threads that getpriority(2) and setpriority(2) mean: one by its number, or all of a group or
    /// user. EINVAL, ESRCH.
    private static func forEach(
        _ caller: Caller, which: Int32, _ who: Int32,
        _ body: (ProgramThread) throws(Errno) -> Void
    ) throws(Errno) {
        switch which {
        case 0: return try body(try find(caller, who))
        case 1, 2: break
        default: throw .invalidArgument
        }
        let group = who == 0 ? caller.process.group : who
        let user = who == 0 ? caller.process.credentials.users.real : UInt32(bitPattern: who)
        var failure: Errno? = .noSuchProcess
        ProcessTable.forEach { process in
            guard which == 1 ? process.group == group : process.credentials.users.real == user
            else { return }
            var thread = process.threads.first
            while let current = thread {
                thread = current.next
                do throws(Errno) {
                    try body(current)
                    if failure == .noSuchProcess { failure = nil }
                } catch {
                    failure = error
                }
            }
        }
        if let failure { throw failure }
    }

    /// membarrier(2): Orders memory between threads; where one CPU runs them, a switch has done it.
    /// Errors: EINVAL, EPERM.
    static func membarrier(
        _ caller: Caller, command: UInt32, flags: UInt32, processor: Int32
    ) throws(Errno) -> Int {
        // GLOBAL, GLOBAL_EXPEDITED and its registration, PRIVATE_EXPEDITED and its registration.
        let known: UInt32 = 1 | 2 | 4 | 8 | 16
        guard flags == 0 else { throw .invalidArgument }
        switch command {
        case 0: return Int(known)
        case 1, 2:
            Processors.synchronize()
            return 0
        case 4, 16:
            caller.process.attributes.registeredBarriers |= command
            return 0
        case 8:
            guard caller.process.attributes.registeredBarriers & 16 != 0 else {
                throw .operationNotPermitted
            }
            Processors.synchronize()
            return 0
        default: throw .invalidArgument
        }
    }
}
