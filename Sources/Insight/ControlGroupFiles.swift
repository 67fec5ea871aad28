internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Processes
internal import Scheduler

/// /sys/fs/cgroup (cgroup-v2.rst), as a container sees the group that it is in: runtimes size themselves
/// by its limits, which are the machine's CPUs and memory.
struct ControlGroupFiles {
    let tree: TextTree

    func fill(_ top: DirectoryEntry) throws(Errno) {
        try tree.add(lines: Self.fixed, to: top)
        try tree.add(lines: Self.settings, to: top, mode: 0o644)
        try tree.add(
            [
                ("cgroup.procs", { Self.processes(&$0) }),
                ("cgroup.threads", { Self.threads(&$0) }),
                ("cpu.max", { Self.processorLimit(&$0) }),
                ("memory.max", { SystemText.line(MemoryText.totalBytes, &$0) }),
            ], to: top, mode: 0o644)
        try tree.add(
            [
                ("cgroup.events", { $0.append("populated 1\nfrozen 0\n") }),
                (
                    "cgroup.stat", { $0.append("nr_descendants 0\nnr_dying_descendants 0\n") }
                ),
                ("cpu.stat", { Self.processorStatistics(&$0) }),
                (
                    "cpuset.cpus.effective",
                    {
                        ProcessorText.list(Scheduler.allProcessors, &$0)
                        $0.append("\n")
                    }
                ),
                ("memory.current", { SystemText.line(MemoryText.usedBytes, &$0) }),
                ("memory.events", { $0.append(Self.memoryEvents) }),
                ("memory.events.local", { $0.append(Self.memoryEvents) }),
                ("memory.stat", { MemoryText.groupStatistics(&$0) }),
                ("memory.swap.events", { $0.append("high 0\nmax 0\nfail 0\n") }),
                ("pids.current", { SystemText.line(UInt64(ProcessTable.taskCount), &$0) }),
            ], to: top)
    }
    private static let fixed: StaticString = """
        cgroup.controllers cpuset cpu memory pids
        cpuset.mems.effective 0
        memory.swap.current 0
        pids.events max 0

        """
    private static let settings: StaticString = """
        cgroup.freeze 0
        cgroup.max.depth max
        cgroup.max.descendants max
        cgroup.subtree_control 
        cgroup.type domain
        cpu.idle 0
        cpu.max.burst 0
        cpu.weight 100
        cpu.weight.nice 0
        cpuset.cpus 
        cpuset.cpus.partition member
        cpuset.mems 
        memory.high max
        memory.low 0
        memory.min 0
        memory.oom.group 0
        memory.swap.high max
        memory.swap.max 0
        pids.max max

        """
    /// The kill for want of memory ends the machine, so that nobody can read of it.
    private static let memoryEvents: StaticString = """
        low 0
        high 0
        max 0
        oom 0
        oom_kill 0
        oom_group_kill 0

        """

    /// A period's time on each CPU.
    private static func processorLimit(_ text: inout TextBuffer) {
        let period: UInt64 = 100_000
        text.append(UInt64(Processors.count) * period)
        text.append(" 100000\n")
    }
    /// Programs' time and the library OS's are not told apart.
    private static func processorStatistics(_ text: inout TextBuffer) {
        let used = UInt64(max(0, MachineUsage.used.time.rawValue)) / 1000
        text.append("usage_usec ")
        text.append(used)
        text.append("\nuser_usec ")
        text.append(used)
        text.append("\nsystem_usec 0\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\n")
        text.append("nr_bursts 0\nburst_usec 0\n")
    }
    /// Those that have threads.
    private static func processes(_ text: inout TextBuffer) {
        ProcessTable.forEach {
            if $0.threads.count > 0 { SystemText.line(UInt64($0.identifier), &text) }
        }
    }
    private static func threads(_ text: inout TextBuffer) {
        ProcessTable.forEach { process in
            process.forEachThread { SystemText.line(UInt64($0.thread.identifier), &text) }
        }
    }
}
