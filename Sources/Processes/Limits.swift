package import LinuxABI

/// A resource that getrlimit(2) limits, by Linux's number (asm-generic/resource.h).
package enum Resource: Int32, Sendable {
    case processorTime = 0
    case fileSize = 1
    case data = 2
    case stack = 3
    case core = 4
    case residentSet = 5
    case processes = 6
    case openFiles = 7
    case lockedMemory = 8
    case addressSpace = 9
    case fileLocks = 10
    case pendingSignals = 11
    case messageQueues = 12
    case nice = 13
    case realtimePriority = 14
    case realtimeTime = 15
}

/// A soft limit, which holds, and the hard limit that it may be raised to.
package struct Limit: Equatable, Sendable {
    package var soft: UInt64
    package var hard: UInt64
    package init(soft: UInt64, hard: UInt64) {
        self.soft = soft
        self.hard = hard
    }
    /// RLIM_INFINITY
    package static let infinity = UInt64.max
}

/// The resource limits of a process (getrlimit(2)).
///
/// Honoured: open files, stack, address space, data, locked memory, file size, pending signals,
/// processor time, priorities, core files, message queues, processes.
package struct Limits {
    private var values: InlineArray<16, Limit>

    /// Linux's limits for the first process; those that follow from memory by its formula.
    ///
    /// `frameCount` is the machine's memory in pages (kernel/fork.c, set_max_threads).
    package init(frameCount: Int) {
        let threads = Self.threadCount(frameCount: frameCount)
        let unlimited = Limit(soft: Limit.infinity, hard: Limit.infinity)
        values = InlineArray(repeating: unlimited)
        self[.stack] = Limit(soft: 8 << 20, hard: Limit.infinity)
        self[.core] = Limit(soft: 0, hard: Limit.infinity)
        self[.processes] = Limit(soft: threads / 2, hard: threads / 2)
        self[.openFiles] = Limit(soft: 1024, hard: 4096)
        self[.lockedMemory] = Limit(soft: 8 << 20, hard: 8 << 20)
        self[.pendingSignals] = Limit(soft: threads / 2, hard: threads / 2)
        self[.messageQueues] = Limit(soft: 819_200, hard: 819_200)
        self[.nice] = Limit(soft: 0, hard: 0)
        self[.realtimePriority] = Limit(soft: 0, hard: 0)
    }
    /// How many threads a machine of that memory may have (/proc/sys/kernel/threads-max).
    package static func threadCount(frameCount: Int) -> UInt64 {
        UInt64(max(20, frameCount * 4096 / (8 * 16384)))
    }
    package subscript(resource: Resource) -> Limit {
        get { values[Int(resource.rawValue)] }
        set { values[Int(resource.rawValue)] = newValue }
    }
    /// Changes a limit as setrlimit(2): EINVAL where soft exceeds hard, EPERM.
    package mutating func change(
        _ resource: Resource, to limit: Limit, by credentials: ProcessCredentials
    ) throws(Errno) {
        guard limit.soft <= limit.hard else { throw .invalidArgument }
        // fs.nr_open of Linux; also what a descriptor table can hold.
        if resource == .openFiles, limit.hard > 1 << 20 { throw .operationNotPermitted }
        if limit.hard > self[resource].hard, !credentials.has(.systemResource) {
            throw .operationNotPermitted
        }
        self[resource] = limit
    }
}
