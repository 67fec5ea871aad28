internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes
internal import Scheduler

/// The texts of /proc/[pid], each as proc(5) and Linux's fs/proc/array.c lay it out.
enum ProcessText {
    private static let newline: UInt8 = 0x0a
    private static let space: UInt8 = 0x20
    /// USER_HZ: what times in stat count.
    private static let ticksPerSecond: Int64 = 100

    static func name(_ subject: Subject, _ text: inout TextBuffer) {
        let name = subject.thread?.name ?? subject.process.name
        for index in 0..<16 where name[index] != 0 { text.append(byte: name[index]) }
    }

    /// comm: the name and a line's end.
    static func nameLine(_ subject: Subject, _ text: inout TextBuffer) {
        name(subject, &text)
        text.append(byte: 0x0a)
    }
    /// Threads of the process may change it. EINVAL for others.
    static func setName(_ subject: Subject, _ bytes: RawSpan) throws(Errno) {
        guard subject.process === Process.current else { throw .invalidArgument }
        subject.thread?.setName(bytes)
    }

    /// What a thread does, as a letter and a word (proc_pid_status(5)).
    private static func state(of subject: Subject) -> (letter: StaticString, word: StaticString) {
        guard let thread = subject.thread else { return ("Z", "zombie") }
        if thread.tracee?.stop != nil { return ("t", "tracing stop") }
        if subject.process.signals.isStopped { return ("T", "stopped") }
        return switch thread.thread.state {
        case .running, .ready: ("R", "running")
        case .blocked: thread.thread.isInterruptible ? ("S", "sleeping") : ("D", "disk sleep")
        case .ended: ("X", "dead")
        }
    }

    static func status(_ subject: Subject, _ text: inout TextBuffer) {
        let process = subject.process
        let state = state(of: subject)
        text.append("Name:\t")
        name(subject, &text)
        let memory = subject.memory
        if memory != nil {
            text.append("\nUmask:\t")
            text.append(UInt64(process.fileModeMask), radix: 8, width: 4, padding: 0x30)
        }
        text.append("\nState:\t")
        text.append(state.letter)
        text.append(" (")
        text.append(state.word)
        text.append(")\nTgid:\t")
        text.append(UInt64(process.identifier))
        text.append("\nNgid:\t0\nPid:\t")
        text.append(UInt64(subject.identifier))
        text.append("\nPPid:\t")
        text.append(UInt64(process.parentIdentifier))
        text.append("\nTracerPid:\t")
        let tracer = subject.thread?.tracee?.tracer
        text.append(UInt64(tracer?.thread.identifier ?? 0))
        numbers("\nUid:", process.credentials.users, &text)
        numbers("\nGid:", process.credentials.groups, &text)
        text.append("\nFDSize:\t")
        let size = (max(process.descriptors.highWater, 64) + 63) & ~63
        text.append(UInt64(memory == nil ? 0 : size))
        text.append("\nGroups:\t")
        if let groups = process.credentials.supplementaryGroups {
            for index in 0..<groups.count {
                if index > 0 { text.append(byte: space) }
                text.append(UInt64(groups[index]))
            }
        }
        // Linux's own blank at the end.
        text.append(" \nNStgid:\t")
        text.append(UInt64(process.identifier))
        text.append("\nNSpid:\t")
        text.append(UInt64(subject.identifier))
        text.append("\nNSpgid:\t")
        text.append(UInt64(process.group))
        text.append("\nNSsid:\t")
        text.append(UInt64(process.session))
        if let memory { self.memory(memory, &text) }
        text.append("\nThreads:\t")
        text.append(UInt64(subject.threadCount))
        let signals = process.signals
        let own = subject.thread?.signals
        text.append("\nSigQ:\t")
        text.append(UInt64(process.pendingSignalCount))
        text.append("/")
        text.append(process.limits[.pendingSignals].soft)
        mask("\nSigPnd:\t", own?.pendingForThread.rawValue ?? 0, &text)
        mask("\nShdPnd:\t", signals.waitingForAll.rawValue, &text)
        mask("\nSigBlk:\t", own?.blocked.rawValue ?? 0, &text)
        let (ignored, caught) = actions(of: signals)
        mask("\nSigIgn:\t", ignored, &text)
        mask("\nSigCgt:\t", caught, &text)
        mask("\nCapInh:\t", process.credentials.inheritable.rawValue, &text)
        mask("\nCapPrm:\t", process.credentials.permitted.rawValue, &text)
        mask("\nCapEff:\t", process.credentials.effective.rawValue, &text)
        mask("\nCapBnd:\t", process.credentials.bounding.rawValue, &text)
        mask("\nCapAmb:\t", process.credentials.ambient.rawValue, &text)
        text.append("\nNoNewPrivs:\t")
        text.append(process.credentials.hasNoNewPrivileges ? UInt64(1) : 0)
        text.append("\nSeccomp:\t0\nSeccomp_filters:\t0\nCpus_allowed:\t")
        let processors =
            subject.thread.map { Scheduler.affinity(of: $0.thread) }
            ?? Scheduler.allProcessors
        ProcessorText.mask(processors, count: Processors.count, &text)
        text.append("\nCpus_allowed_list:\t")
        ProcessorText.list(processors, &text)
        text.append("\nMems_allowed:\t1\nMems_allowed_list:\t0")
        let switches = subject.thread?.thread.switches ?? process.switches
        text.append("\nvoluntary_ctxt_switches:\t")
        text.append(decimal: switches.voluntary)
        text.append("\nnonvoluntary_ctxt_switches:\t")
        text.append(decimal: switches.forced)
        text.append("\n")
    }
    /// The signals that are ignored and caught, a bit each.
    private static func actions(of signals: SharedSignals) -> (ignored: UInt64, caught: UInt64) {
        var (ignored, caught) = (UInt64(0), UInt64(0))
        for number in 1...64 {
            guard let signal = Signal(rawValue: Int32(number)) else { continue }
            let action = signals[signal]
            let bit = UInt64(1) << UInt64(number - 1)
            if action.isIgnoring { ignored |= bit } else if !action.isDefault { caught |= bit }
        }
        return (ignored, caught)
    }
    /// The lines of memory (fs/proc/task_mmu.c, task_mem).
    private static func memory(_ memory: ProcessMemory, _ text: inout TextBuffer) {
        let space = memory.space
        let sizes = MemorySizes(of: memory)
        kilobytes("\nVmPeak:\t", space.peakByteCount, &text)
        kilobytes("\nVmSize:\t", space.mappedByteCount, &text)
        kilobytes("\nVmLck:\t", space.lockedByteCount, &text)
        kilobytes("\nVmPin:\t", 0, &text)
        kilobytes("\nVmHWM:\t", bytes(ofPages: space.peakResidentPages), &text)
        kilobytes("\nVmRSS:\t", bytes(ofPages: space.residentPages), &text)
        kilobytes("\nRssAnon:\t", bytes(ofPages: sizes.anonymousPages), &text)
        kilobytes("\nRssFile:\t", bytes(ofPages: sizes.filePages), &text)
        kilobytes("\nRssShmem:\t", bytes(ofPages: sizes.sharedMemoryPages), &text)
        kilobytes("\nVmData:\t", space.dataByteCount, &text)
        kilobytes("\nVmStk:\t", sizes.stackBytes, &text)
        kilobytes("\nVmExe:\t", sizes.programBytes, &text)
        kilobytes("\nVmLib:\t", sizes.libraryBytes, &text)
        kilobytes("\nVmPTE:\t", space.tableByteCount, &text)
        kilobytes("\nVmSwap:\t", 0, &text)
        kilobytes("\nHugetlbPages:\t", 0, &text)
        text.append("\nCoreDumping:\t0\nTHP_enabled:\t1")
    }
    private static func bytes(ofPages count: Int) -> UInt64 {
        UInt64(count) << UInt64(Page.shift)
    }
    private static func numbers(
        _ label: StaticString, _ numbers: ProcessCredentials.Numbers, _ text: inout TextBuffer
    ) {
        text.append(label)
        for number in [numbers.real, numbers.effective, numbers.saved, numbers.fileSystem] {
            text.append(byte: 0x09)
            text.append(UInt64(number))
        }
    }
    private static func kilobytes(
        _ label: StaticString, _ byteCount: UInt64, _ text: inout TextBuffer
    ) {
        text.append(label)
        text.append(byteCount >> 10, width: 8)
        text.append(" kB")
    }
    private static func mask(_ label: StaticString, _ bits: UInt64, _ text: inout TextBuffer) {
        text.append(label)
        text.append(hexadecimal: bits, minimumDigits: 16)
    }

    /// The 52 fields of stat (proc_pid_stat(5)); what nobody counts is 0, and what tells of memory is 0 or
    /// 1 for who may not look into the process.
    static func stat(_ subject: Subject, _ text: inout TextBuffer) {
        let process = subject.process
        let memory = subject.memory
        let isOpen = subject.isOpenToCaller
        let thread = subject.thread?.thread
        text.append(UInt64(subject.identifier))
        text.append(" (")
        name(subject, &text)
        text.append(") ")
        text.append(state(of: subject).letter)
        // ppid, pgrp, session
        for number in [process.parentIdentifier, process.group, process.session] {
            text.append(byte: space)
            text.append(UInt64(number))
        }
        let (terminal, foreground) = process.terminalNumbers
        number(Int64(terminal), &text)
        number(Int64(foreground), &text)
        number(flags(of: subject), &text)
        // minflt, cminflt, majflt, cmajflt
        number(Int64(process.usage.faults), &text)
        number(Int64(process.usedByChildren.faults), &text)
        text.append(" 0 0 ")
        let isThread = subject.scope == .thread
        let used = isThread ? thread?.processorTime : process.processorTime
        ticks(used ?? process.processorTime, &text)
        // stime; time in the library OS is not told apart.
        text.append(" 0 ")
        ticks(process.usedByChildren.time, &text)
        text.append(" 0 ")
        // As the kernel has it: 20 and the nice value, below 0 for real-time policies.
        let share = thread?.share ?? ProcessorShare()
        let priority = share.effectivePriority
        text.append(decimal: Int64(priority > 0 ? -1 - priority : 20 + share.nice))
        number(Int64(share.nice), &text)
        number(Int64(subject.threadCount), &text)
        text.append(" 0 ")
        ticks(subject.thread?.startTime ?? process.startTime, &text)
        number(Int64(clamping: memory?.space.mappedByteCount ?? 0), &text)
        number(Int64(memory?.space.residentPages ?? 0), &text)
        text.append(byte: space)
        text.append(process.limits[.residentSet].soft)
        // startcode, endcode, startstack, kstkesp, kstkeip
        let code = memory?.codeRange
        number(code.map { isOpen ? Int64(clamping: $0.lowerBound.rawValue) : 1 } ?? 0, &text)
        number(code.map { isOpen ? Int64(clamping: $0.upperBound.rawValue) : 1 } ?? 0, &text)
        let stack = isOpen ? memory?.space.stackStart.rawValue : nil
        number(Int64(clamping: stack ?? 0), &text)
        text.append(" 0 0")
        let own = subject.thread?.signals
        let (ignored, caught) = actions(of: process.signals)
        for signals in [
            own?.pendingForThread.rawValue ?? 0, own?.blocked.rawValue ?? 0, ignored, caught,
        ] { number(Int64(signals & 0x7fff_ffff), &text) }
        // wchan, nswap, cnswap
        number(isOpen && isWaiting(thread) && (isThread || subject.threadCount < 2) ? 1 : 0, &text)
        text.append(" 0 0")
        // A thread sends nobody a signal when it ends.
        number(Int64(subject.isFirstThread ? process.endSignal : -1), &text)
        number(Int64(thread?.processor ?? 0), &text)
        number(Int64(share.priority), &text)
        number(Int64(share.policy.rawValue), &text)
        // delayacct_blkio_ticks, guest_time, cguest_time, start_data, end_data
        text.append(" 0 0 0 0 0")
        if let memory, isOpen {
            number(Int64(clamping: memory.space.breakStart.rawValue), &text)
            for address in [
                memory.argumentRange.lowerBound, memory.argumentRange.upperBound,
                memory.environmentRange.lowerBound, memory.environmentRange.upperBound,
            ] { number(Int64(clamping: address.rawValue), &text) }
        } else {
            text.append(" 0 0 0 0 0")
        }
        let end = thread == nil && isOpen ? process.end?.waitStatus : nil
        number(Int64(end ?? 0), &text)
        text.append("\n")
    }
    private static func number(_ value: Int64, _ text: inout TextBuffer) {
        text.append(byte: space)
        text.append(decimal: value)
    }
    private static func isWaiting(_ thread: Thread?) -> Bool {
        switch thread?.state {
        case .running, .ready: false
        case .blocked, .ended, nil: true
        }
    }
    /// PF_RANDOMIZE and PF_SUPERPRIV, with PF_FORKNOEXEC and PF_EXITING (linux/sched.h).
    private static func flags(of subject: Subject) -> Int64 {
        let process = subject.process
        return 0x40_0100 | (process.isFirst || process.hasExecuted ? 0 : 0x40)
            | (subject.thread == nil ? 4 : 0)
    }
    private static func ticks(_ time: Nanoseconds, _ text: inout TextBuffer) {
        text.append(decimal: max(0, time.rawValue / (Nanoseconds.perSecond / ticksPerSecond)))
    }

    /// The numbers of statm: size, resident, of objects, text, 0, data and stack, 0.
    static func memoryPages(_ subject: Subject, _ text: inout TextBuffer) {
        guard let memory = subject.memory else { return text.append("0 0 0 0 0 0 0\n") }
        let space = memory.space
        let sizes = MemorySizes(of: memory)
        text.append(space.mappedByteCount >> UInt64(Page.shift))
        text.append(byte: Self.space)
        text.append(UInt64(space.residentPages))
        text.append(byte: Self.space)
        text.append(UInt64(sizes.filePages + sizes.sharedMemoryPages))
        text.append(byte: Self.space)
        text.append(sizes.programBytes >> UInt64(Page.shift))
        text.append(" 0 ")
        text.append((space.dataByteCount + sizes.stackBytes) >> UInt64(Page.shift))
        text.append(" 0\n")
    }

    static func limits(_ subject: Subject, _ text: inout TextBuffer) {
        let process = subject.process
        column("Limit", 26, &text)
        column("Soft Limit", 21, &text)
        column("Hard Limit", 21, &text)
        column("Units", 10, &text)
        text.append(byte: newline)
        limit("Max cpu time", .processorTime, "seconds", process, &text)
        limit("Max file size", .fileSize, "bytes", process, &text)
        limit("Max data size", .data, "bytes", process, &text)
        limit("Max stack size", .stack, "bytes", process, &text)
        limit("Max core file size", .core, "bytes", process, &text)
        limit("Max resident set", .residentSet, "bytes", process, &text)
        limit("Max processes", .processes, "processes", process, &text)
        limit("Max open files", .openFiles, "files", process, &text)
        limit("Max locked memory", .lockedMemory, "bytes", process, &text)
        limit("Max address space", .addressSpace, "bytes", process, &text)
        limit("Max file locks", .fileLocks, "locks", process, &text)
        limit("Max pending signals", .pendingSignals, "signals", process, &text)
        limit("Max msgqueue size", .messageQueues, "bytes", process, &text)
        limit("Max nice priority", .nice, "", process, &text)
        limit("Max realtime priority", .realtimePriority, "", process, &text)
        limit("Max realtime timeout", .realtimeTime, "us", process, &text)
    }
    private static func limit(
        _ name: StaticString, _ resource: Resource, _ unit: StaticString, _ process: Process,
        _ text: inout TextBuffer
    ) {
        column(name, 26, &text)
        let limit = process.limits[resource]
        for value in [limit.soft, limit.hard] {
            let start = text.byteCount
            if value == Limit.infinity { text.append("unlimited") } else { text.append(value) }
            text.append(repeating: space, count: 21 - (text.byteCount - start))
        }
        column(unit, 10, &text)
        text.append(byte: newline)
    }
    private static func column(_ word: StaticString, _ width: Int, _ text: inout TextBuffer) {
        let count = word.utf8CodeUnitCount
        if count > 0 { text.append(word) }
        text.append(repeating: space, count: width - count)
    }
}
