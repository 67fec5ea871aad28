internal import Base
internal import Files
internal import Memory
internal import Processes

/// The machine's memory: /proc/meminfo, /proc/vmstat and what the control group tells.
enum MemoryText {
    static var totalBytes: UInt64 { UInt64(Frames.totalCount) << UInt64(Page.shift) }
    static var freeBytes: UInt64 { UInt64(Frames.freeCount) << UInt64(Page.shift) }
    static var usedBytes: UInt64 { totalBytes - min(totalBytes, freeBytes) }
    /// What programs may still take.
    private static var availableBytes: UInt64 {
        let reserve = UInt64(KernelReserve.frames) << UInt64(Page.shift)
        return freeBytes - min(freeBytes, reserve)
    }
    /// Files and shared memory; an image's pages, which lie beside the memory, are not in it.
    private static var filePages: Int { max(0, PageCache.totalPages - Frames.foreignCount) }
    private static func pages(_ byteCount: UInt64) -> UInt64 { byteCount >> UInt64(Page.shift) }
    private static func bytes(ofPages count: Int) -> UInt64 {
        UInt64(max(0, count)) << UInt64(Page.shift)
    }

    /// /proc/meminfo (fs/proc/meminfo.c). There is no swap, and no page is ever taken back: what is in
    /// use belongs to programs, to their files or to the library OS.
    static func information(_ text: inout TextBuffer) {
        let usage = MachineUsage()
        let anonymous = usage.anonymousBytes
        let files = bytes(ofPages: filePages)
        let tables = usage.tableBytes
        let library = usedBytes - min(usedBytes, anonymous + files + tables)
        amount("MemTotal:", totalBytes, &text)
        amount("MemFree:", freeBytes, &text)
        amount("MemAvailable:", availableBytes, &text)
        amount("Buffers:", 0, &text)
        amount("Cached:", files, &text)
        amount("SwapCached:", 0, &text)
        // As tmpfs's pages, which are what files are here.
        amount("Active:", 0, &text)
        amount("Inactive:", anonymous + files, &text)
        amount("Active(anon):", 0, &text)
        amount("Inactive(anon):", anonymous + files, &text)
        amount("Active(file):", 0, &text)
        amount("Inactive(file):", 0, &text)
        amount("Unevictable:", usage.lockedBytes, &text)
        amount("Mlocked:", usage.lockedBytes, &text)
        for label: StaticString in ["SwapTotal:", "SwapFree:", "Dirty:", "Writeback:"] {
            amount(label, 0, &text)
        }
        amount("AnonPages:", anonymous, &text)
        amount("Mapped:", usage.mappedBytes, &text)
        amount("Shmem:", files, &text)
        amount("KReclaimable:", 0, &text)
        amount("Slab:", library, &text)
        amount("SReclaimable:", 0, &text)
        amount("SUnreclaim:", library, &text)
        amount("KernelStack:", 0, &text)
        amount("PageTables:", tables, &text)
        for label: StaticString in [
            "SecPageTables:", "NFS_Unstable:", "Bounce:", "WritebackTmp:",
        ] { amount(label, 0, &text) }
        amount("CommitLimit:", totalBytes / 2, &text)
        amount("Committed_AS:", usage.committedBytes, &text)
        for label: StaticString in ["VmallocTotal:", "VmallocUsed:", "VmallocChunk:", "Percpu:"] {
            amount(label, 0, &text)
        }
        amount("AnonHugePages:", bytes(ofPages: usage.largePages), &text)
        for label: StaticString in [
            "ShmemHugePages:", "ShmemPmdMapped:", "FileHugePages:", "FilePmdMapped:",
        ] { amount(label, 0, &text) }
    }
    @inline(never)
    private static func amount(
        _ label: StaticString, _ byteCount: UInt64, _ text: inout TextBuffer
    ) {
        text.append(label)
        text.append(repeating: 0x20, count: 16 - label.utf8CodeUnitCount)
        text.append(byteCount >> 10, width: 8)
        text.append(" kB\n")
    }

    /// /proc/vmstat, of Linux's lines those that something counts here or that can't but be 0.
    static func events(_ text: inout TextBuffer) {
        let usage = MachineUsage()
        count("nr_free_pages ", UInt64(Frames.freeCount), &text)
        count("nr_anon_pages ", pages(usage.anonymousBytes), &text)
        count("nr_mapped ", pages(usage.mappedBytes), &text)
        count("nr_file_pages ", UInt64(filePages), &text)
        count("nr_shmem ", UInt64(filePages), &text)
        for label: StaticString in ["pgpgin ", "pgpgout ", "pswpin ", "pswpout "] {
            count(label, 0, &text)
        }
        count("pgfault ", UInt64(max(0, MachineUsage.used.faults)), &text)
        count("pgmajfault ", 0, &text)
        count("oom_kill ", 0, &text)
    }
    @inline(never)
    private static func count(_ label: StaticString, _ value: UInt64, _ text: inout TextBuffer) {
        text.append(label)
        text.append(value)
        text.append("\n")
    }

    /// memory.stat of the control group (cgroup-v2.rst).
    static func groupStatistics(_ text: inout TextBuffer) {
        let usage = MachineUsage()
        let anonymous = usage.anonymousBytes
        let files = bytes(ofPages: filePages)
        let library = usedBytes - min(usedBytes, anonymous + files + usage.tableBytes)
        count("anon ", anonymous, &text)
        count("file ", files, &text)
        count("kernel ", library + usage.tableBytes, &text)
        count("kernel_stack ", 0, &text)
        count("pagetables ", usage.tableBytes, &text)
        for label: StaticString in ["sec_pagetables ", "percpu ", "sock ", "vmalloc "] {
            count(label, 0, &text)
        }
        count("shmem ", files, &text)
        count("file_mapped ", usage.mappedBytes, &text)
        for label: StaticString in ["file_dirty ", "file_writeback ", "swapcached "] {
            count(label, 0, &text)
        }
        count("anon_thp ", bytes(ofPages: usage.largePages), &text)
        count("file_thp ", 0, &text)
        count("shmem_thp ", 0, &text)
        count("inactive_anon ", anonymous + files, &text)
        for label: StaticString in ["active_anon ", "inactive_file ", "active_file "] {
            count(label, 0, &text)
        }
        count("unevictable ", usage.lockedBytes, &text)
        count("slab_reclaimable ", 0, &text)
        count("slab_unreclaimable ", library, &text)
        count("slab ", library, &text)
        for label: StaticString in [
            "workingset_refault_anon ", "workingset_refault_file ", "workingset_activate_anon ",
            "workingset_activate_file ", "workingset_restore_anon ", "workingset_restore_file ",
            "workingset_nodereclaim ", "pgscan ", "pgsteal ", "pgscan_kswapd ", "pgscan_direct ",
            "pgsteal_kswapd ", "pgsteal_direct ",
        ] { count(label, 0, &text) }
        count("pgfault ", UInt64(max(0, MachineUsage.used.faults)), &text)
        for label: StaticString in [
            "pgmajfault ", "pgrefill ", "pgactivate ", "pgdeactivate ", "pglazyfree ",
            "pglazyfreed ", "thp_fault_alloc ", "thp_collapse_alloc ",
        ] { count(label, 0, &text) }
    }
}
