/// Attributes that a process sets and gets back (prctl(2)).
package struct ProcessAttributes: Sendable {
    /// PR_SET_DUMPABLE
    package var dumpable: UInt64 = 1
    /// PR_SET_PDEATHSIG
    package var parentDeathSignal: Int32 = 0
    /// PR_SET_CHILD_SUBREAPER
    package var isSubreaper = false
    /// PR_SVE_VL_INHERIT, of arm64.
    package var inheritsVectorLength = false
    /// personality(2)
    package var personality: UInt32 = 0
    /// membarrier(2): commands that were registered.
    package var registeredBarriers: UInt32 = 0
    /// oom_score_adj, and the lowest that is had without a capability (proc_pid_oom_score_adj(5)).
    package var memoryAdjustment: Int64 = 0
    var lowestMemoryAdjustment: Int64 = 0
    static let memoryAdjustments: ClosedRange<Int64> = -1000...1000

    package init() {}
    /// What a child has (fork(2), prctl(2)).
    var inherited: Self {
        var new = self
        new.parentDeathSignal = 0
        new.isSubreaper = false
        return new
    }
}
