internal import Base
package import LinuxABI
internal import Hardware
internal import Memory

// What a process tells of itself that nothing else depends on (proc(5)).
extension Process {
    /// Signals that wait in queues (SigQ in status).
    package var pendingSignalCount: Int {
        var count = signals.pending.queuedCount + signals.parked.queuedCount
        forEachThread { count += $0.signals.pendingOfThread.queuedCount }
        return count
    }

    /// oom_score: two thirds of a thousand and of what the process has of the memory, with what
    /// oom_score_adj adds (fs/proc/base.c, proc_oom_score).
    package var memoryScore: UInt64 {
        let adjustment = Int(attributes.memoryAdjustment)
        guard adjustment > ProcessAttributes.memoryAdjustments.lowerBound else { return 0 }
        let total = max(1, Frames.totalCount)
        guard !hasLeftMemory else { return 0 }
        let pages =
            addressSpace.residentPages + Int(addressSpace.tableByteCount >> UInt64(Page.shift))
        return UInt64(max(0, (1000 + (pages + adjustment * total / 1000) * 1000 / total) * 2 / 3))
    }
    /// Sets oom_score_adj for who has `credentials`. EINVAL; EACCES for a lower one without
    /// CAP_SYS_RESOURCE.
    package func setMemoryAdjustment(
        _ value: Int64?, by credentials: ProcessCredentials
    ) throws(Errno) {
        guard let value, ProcessAttributes.memoryAdjustments.contains(value) else {
            throw .invalidArgument
        }
        let isPrivileged = credentials.has(.systemResource)
        guard value >= attributes.lowestMemoryAdjustment || isPrivileged else {
            throw .permissionDenied
        }
        if isPrivileged { attributes.lowestMemoryAdjustment = value }
        attributes.memoryAdjustment = value
    }
}
