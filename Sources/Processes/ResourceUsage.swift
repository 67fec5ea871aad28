package import Base
internal import Memory
package import Scheduler

/// What a process or a thread used (getrusage(2)).
package struct ResourceUsage: Sendable {
    package var time = Nanoseconds.zero
    package var faults = 0
    package var switches = Thread.Switches()
    /// The most pages that were present at a time.
    package var peakPages = 0

    package init() {}
    package static func += (sum: inout Self, other: Self) {
        sum.time = sum.time + other.time
        sum.faults += other.faults
        sum.switches = sum.switches + other.switches
        sum.peakPages = max(sum.peakPages, other.peakPages)
    }
}

extension Process: ProcessorClock {
    /// Processor time that the process's threads used. Time in the program and time in the library OS are
    /// not told apart.
    package var processorTime: Nanoseconds {
        var sum = usedByThreads.time
        forEachThread { sum = sum + $0.thread.processorTime }
        return sum
    }
    /// Waits and switches of all threads, those that ended too.
    package var switches: Thread.Switches {
        var sum = usedByThreads.switches
        forEachThread { sum = sum + $0.thread.switches }
        return sum
    }
    /// All of it, without that of children.
    package var usage: ResourceUsage {
        var usage = usedByThreads
        usage.time = processorTime
        usage.switches = switches
        guard state == .running else { return usage }
        usage.faults += addressSpace.faultCount
        usage.peakPages = max(memory.peakBefore, addressSpace.peakResidentPages)
        return usage
    }
}
