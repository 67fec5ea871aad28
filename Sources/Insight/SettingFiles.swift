internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes
internal import Scheduler

/// /proc/sys (proc_sys(5)): what programs ask about the kernel, as this one does it.
///
/// A setting of what there is not is not there, which is how Linux says so: no perf_event_paranoid without
/// perf_event_open(2).
struct SettingFiles {
    let tree: TextTree

    func fill(_ top: DirectoryEntry) throws(Errno) {
        let files = self
        try tree.directory("kernel", in: top) { (entry) throws(Errno) in
            try files.addKernel(to: entry)
        }
        try tree.directory("vm", in: top) { (entry) throws(Errno) in
            try files.addMemory(to: entry)
        }
        try tree.directory("fs", in: top) { (entry) throws(Errno) in
            try files.addFiles(to: entry)
        }
        let tree = tree
        try tree.directory("net", in: top) { (entry) throws(Errno) in
            try tree.directory("core", in: entry) { (entry) throws(Errno) in
                try tree.add(lines: Self.sockets, to: entry, mode: 0o644)
            }
            try tree.directory("unix", in: entry) { (entry) throws(Errno) in
                try tree.add(lines: "max_dgram_qlen 10\n", to: entry, mode: 0o644)
            }
        }
    }
    /// UnixSocket, Socket.standardBuffer and listen(2).
    private static let sockets: StaticString = """
        rmem_default 212992
        rmem_max 212992
        somaxconn 4096
        wmem_default 212992
        wmem_max 212992

        """

    private func addKernel(to entry: DirectoryEntry) throws(Errno) {
        try tree.add(
            [
                ("arch", { SystemText.line(ProcessorFeatures.name, &$0) }),
                ("ostype", { SystemText.line(SystemName.system, &$0) }),
                ("osrelease", { SystemText.line(SystemName.release, &$0) }),
                ("version", { SystemText.line(SystemName.version, &$0) }),
            ], to: entry)
        try tree.add(
            [
                ("hostname", { SystemText.line(SystemName.host, &$0) }),
                ("domainname", { SystemText.line(SystemName.domain, &$0) }),
                ("ns_last_pid", { SystemText.line(UInt64(ProcessTable.lastIdentifier), &$0) }),
                ("pid_max", { SystemText.line(UInt64(ProcessTable.limit), &$0) }),
                (
                    "threads-max",
                    {
                        SystemText.line(Limits.threadCount(frameCount: Frames.totalCount), &$0)
                    }
                ),
                (
                    "sched_rr_timeslice_ms",
                    {
                        let slice = ProcessorShare.roundRobinSlice.rawValue / 1_000_000
                        SystemText.line(UInt64(slice), &$0)
                    }
                ),
            ], to: entry, mode: 0o644)
        try tree.add(lines: "cap_last_cap 40\nngroups_max 65536\n", to: entry)
        try tree.add(lines: Self.kernel, to: entry, mode: 0o644)
        try IPCFiles(tree: self.tree).addSettings(to: entry)
        let tree = tree
        try tree.directory("random", in: entry) { (entry) throws(Errno) in
            let boot = (Entropy.word(), Entropy.word())
            try tree.add(
                [
                    ("boot_id", { SystemText.identifier(boot, &$0) }),
                    ("uuid", { SystemText.identifier((Entropy.word(), Entropy.word()), &$0) }),
                ], to: entry)
            try tree.add(lines: "entropy_avail 256\npoolsize 256\n", to: entry)
            try tree.add(
                lines: "urandom_min_reseed_secs 60\nwrite_wakeup_threshold 256\n", to: entry,
                mode: 0o644)
        }
    }
    /// Nothing takes time from real-time threads (sched_rt_runtime_us), and every place is random
    /// (randomize_va_space).
    private static let kernel: StaticString = """
        core_pattern core
        core_pipe_limit 0
        core_uses_pid 0
        overflowgid 65534
        overflowuid 65534
        panic 0
        print-fatal-signals 0
        randomize_va_space 2
        sched_child_runs_first 0
        sched_rt_period_us 1000000
        sched_rt_runtime_us -1
        tainted 0

        """

    private func addMemory(to entry: DirectoryEntry) throws(Errno) {
        try tree.add(lines: Self.memory, to: entry, mode: 0o644)
        try tree.add(
            [
                ("max_map_count", { SystemText.line(UInt64(AddressSpace.maximumRegions), &$0) }),
                (
                    "min_free_kbytes",
                    { SystemText.line(UInt64(KernelReserve.frames * Page.size >> 10), &$0) }
                ),
                ("mmap_min_addr", { SystemText.line(AddressSpace.lowestAddress.rawValue, &$0) }),
            ], to: entry, mode: 0o644)
    }
    private static let memory: StaticString = """
        legacy_va_layout 0
        oom_dump_tasks 1
        oom_kill_allocating_task 0
        overcommit_kbytes 0
        overcommit_memory 0
        overcommit_ratio 50
        page-cluster 3
        panic_on_oom 0
        swappiness 60
        vfs_cache_pressure 100

        """

    private func addFiles(to entry: DirectoryEntry) throws(Errno) {
        try tree.add(lines: Self.files, to: entry, mode: 0o644)
        try tree.add(
            [
                (
                    "file-nr",
                    {
                        $0.append(UInt64(OpenFile.count))
                        $0.append("\t0\t9223372036854775807\n")
                    }
                )
            ], to: entry)
        let tree = tree
        try tree.directory("inotify", in: entry) { (entry) throws(Errno) in
            try tree.add(
                [
                    (
                        "max_queued_events",
                        { SystemText.line(UInt64(InotifyNode.maximumEvents), &$0) }
                    ),
                    (
                        "max_user_instances",
                        { SystemText.line(UInt64(InotifyNode.maximumInstances), &$0) }
                    ),
                    (
                        "max_user_watches",
                        { SystemText.line(UInt64(InotifyNode.maximumWatches), &$0) }
                    ),
                ], to: entry, mode: 0o644)
        }
        try tree.directory("mqueue", in: entry) { (entry) throws(Errno) in
            try IPCFiles(tree: tree).addQueueSettings(to: entry)
        }
        try tree.directory("epoll", in: entry) { (entry) throws(Errno) in
            try tree.add(
                [
                    (
                        "max_user_watches",
                        { SystemText.line(UInt64(EventPollNode.maximumItemCount), &$0) }
                    )
                ], to: entry, mode: 0o644)
        }
    }
    private static let files: StaticString = """
        file-max 9223372036854775807
        nr_open 1048576
        overflowgid 65534
        overflowuid 65534
        pipe-max-size 1048576
        pipe-user-pages-hard 0
        pipe-user-pages-soft 0
        protected_fifos 0
        protected_hardlinks 1
        protected_regular 0
        protected_symlinks 0
        suid_dumpable 0

        """
}
