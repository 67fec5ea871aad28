internal import Base
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes
internal import Scheduler

// Limits, and what was used of them.
extension SystemCalls {
    /// prlimit64(2): Gets and sets a resource limit. Errors: EFAULT, EINVAL, EPERM, ESRCH.
    static func prlimit64(
        _ caller: Caller, process: Int32, resource: UInt32, new: VirtualAddress,
        old: VirtualAddress
    ) throws(Errno) -> Int {
        let limit = new.isNull ? nil : try loadLimit(new)
        let target = try findProcess(caller, process)
        if target !== caller.process {
            // kernel/sys.c, check_prlimit_permission
            let (own, other) = (caller.process.credentials, target.credentials)
            guard
                other.users.areAll(own.users.real) && other.groups.areAll(own.groups.real)
                    || own.has(.systemResource)
            else { throw .operationNotPermitted }
        }
        let resource = try known(resource)
        let previous = target.limits[resource]
        if let limit { try target.setLimit(resource, to: limit, by: caller.process) }
        if !old.isNull { try store(previous, at: old) }
        return 0
    }

    /// getrlimit(2): Tells a resource limit. Errors: EFAULT, EINVAL.
    static func getrlimit(
        _ caller: Caller, resource: UInt32, limit: VirtualAddress
    ) throws(Errno) -> Int {
        try store(caller.process.limits[try known(resource)], at: limit)
        return 0
    }

    /// setrlimit(2): Sets a resource limit. Errors: EFAULT, EINVAL, EPERM.
    static func setrlimit(
        _ caller: Caller, resource: UInt32, limit: VirtualAddress
    ) throws(Errno) -> Int {
        let limit = try loadLimit(limit)
        try caller.process.setLimit(try known(resource), to: limit)
        return 0
    }

    private static func known(_ resource: UInt32) throws(Errno) -> Resource {
        guard let resource = Resource(rawValue: Int32(truncatingIfNeeded: resource)) else {
            throw .invalidArgument
        }
        return resource
    }
    private static func loadLimit(_ address: VirtualAddress) throws(Errno) -> Limit {
        Limit(
            soft: try ProgramMemory.load(UInt64.self, at: address),
            hard: try ProgramMemory.load(UInt64.self, at: try address.field(8)))
    }
    private static func store(_ limit: Limit, at address: VirtualAddress) throws(Errno) {
        try ProgramMemory.store(limit.soft, at: address)
        try ProgramMemory.store(limit.hard, at: try address.field(8))
    }

    /// getrusage(2): Tells processor time (all of it as the program's), the largest resident set, page
    /// faults and waits; other fields are zero. Errors: EFAULT, EINVAL.
    static func getrusage(
        _ caller: Caller, who: Int32, usage: VirtualAddress
    ) throws(Errno) -> Int {
        var used: ResourceUsage
        switch who {
        // RUSAGE_SELF
        case 0: used = caller.process.usage
        // RUSAGE_CHILDREN
        case -1: used = caller.process.usedByChildren
        // RUSAGE_THREAD
        case 1:
            used = caller.process.usage
            used.time = caller.thread.thread.processorTime
            used.switches = caller.thread.thread.switches
        default: throw .invalidArgument
        }
        try store(used, at: usage)
        return 0
    }
    /// Stores a struct rusage. EFAULT.
    static func store(_ usage: ResourceUsage, at address: VirtualAddress) throws(Errno) {
        let size = 144
        let maximumResidentOffset: UInt64 = 32
        let faultsOffset: UInt64 = 64
        let waitsOffset: UInt64 = 128
        let switchesOffset: UInt64 = 136
        try ProgramMemory.zero(address, count: size)
        try ProgramMemory.storeTimeValue(usage.time, at: address)
        let kibibytes = usage.peakPages * Page.size / 1024
        try ProgramMemory.store(Int64(kibibytes), at: try address.field(maximumResidentOffset))
        try ProgramMemory.store(Int64(usage.faults), at: try address.field(faultsOffset))
        try ProgramMemory.store(
            Int64(usage.switches.voluntary), at: try address.field(waitsOffset))
        try ProgramMemory.store(
            Int64(usage.switches.forced), at: try address.field(switchesOffset))
    }

    /// sysinfo(2): Tells uptime and memory of the machine. Errors: EFAULT.
    static func sysinfo(_ caller: Caller, information: VirtualAddress) throws(Errno) -> Int {
        // struct sysinfo of 64-bit machines.
        let size = 112
        try ProgramMemory.zero(information, count: size)
        let uptime = Clock.monotonic().rawValue / Nanoseconds.perSecond
        try ProgramMemory.store(uptime, at: information)
        let pageSize = UInt64(Page.size)
        try ProgramMemory.store(
            UInt64(Frames.totalCount) * pageSize, at: try information.field(32))
        try ProgramMemory.store(
            UInt64(Frames.freeCount) * pageSize, at: try information.field(40))
        try ProgramMemory.store(
            UInt16(clamping: ProcessTable.taskCount), at: try information.field(80))
        try ProgramMemory.store(UInt32(1), at: try information.field(104))
        return 0
    }
}
