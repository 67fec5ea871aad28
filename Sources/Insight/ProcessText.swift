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
        guard let thread = subject.thread else { return }
        for index in 0..<16 where thread.name[index] != 0 {
            text.append(byte: thread.name[index])
        }
    }

    /// comm: the name and a line's end.
    static func nameLine(_ subject: Subject, _ text: inout TextBuffer) {
        name(subject, &text)
        text.append(byte: 0x0a)
    }

    /// What a thread does, as a letter and a word (proc_pid_status(5)).
    private static func state(of subject: Subject) -> (letter: StaticString, word: StaticString) {
        guard let thread = subject.thread else { return ("X", "dead") }
        if subject.process.signals.isStopped { return ("T", "stopped") }
        return switch thread.thread.state {
        case .running, .ready: ("R", "running")
        case .blocked: thread.thread.isInterruptible ? ("S", "sleeping") : ("D", "disk sleep")
        case .ended: ("X", "dead")
        }
    }
    static func identifier(of subject: Subject) -> UInt64 {
        guard subject.isThread, let thread = subject.thread else {
            return UInt64(subject.process.identifier)
        }
        return UInt64(thread.thread.identifier)
    }

    static func status(_ subject: Subject, _ text: inout TextBuffer) {
        let process = subject.process
        let state = state(of: subject)
        text.append("Name:\t")
        name(subject, &text)
        text.append("\nUmask:\t")
        text.append(UInt64(process.fileModeMask), radix: 8, width: 4, padding: 0x30)
        text.append("\nState:\t")
        text.append(state.letter)
        text.append(" (")
        text.append(state.word)
        text.append(")\nTgid:\t1\nNgid:\t0\nPid:\t")
        text.append(identifier(of: subject))
        text.append("\nPPid:\t0\nTracerPid:\t0")
        numbers("\nUid:", process.credentials.users, &text)
        numbers("\nGid:", process.credentials.groups, &text)
        text.append("\nFDSize:\t")
        text.append(UInt64((max(process.descriptors.highWater, 64) + 63) & ~63))
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
        text.append(identifier(of: subject))
        text.append("\nNSpgid:\t")
        text.append(UInt64(process.group))
        text.append("\nNSsid:\t")
        text.append(UInt64(process.session))
        memory(process, &text)
        text.append("\nThreads:\t")
        text.append(UInt64(process.threads.count))
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
        let switches = subject.thread?.thread.switches ?? Thread.Switches()
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
    private static func memory(_ process: Process, _ text: inout TextBuffer) {
        let space = process.addressSpace
        let sizes = MemorySizes(of: process)
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

    /// The 52 fields of stat; what nobody counts is 0.
    static func stat(_ subject: Subject, _ text: inout TextBuffer) {
        let process = subject.process
        text.append(identifier(of: subject))
        text.append(" (")
        name(subject, &text)
        text.append(") ")
        text.append(state(of: subject).letter)
        text.append(" 0 1 1 0 -1 4194560 ")
        // minflt; cminflt, majflt, cmajflt
        text.append(UInt64(max(0, process.addressSpace.faultCount)))
        text.append(" 0 0 0 ")
        let thread = subject.thread?.thread
        let used = subject.times == .thread ? thread?.processorTime ?? .zero : process.processorTime
        ticks(used, &text)
        // stime, cutime, cstime
        text.append(" 0 0 0 ")
        // As the kernel has it: 20 and the nice value, below 0 for real-time policies.
        let share = thread?.share ?? ProcessorShare()
        let priority = share.effectivePriority
        text.append(decimal: Int64(priority > 0 ? -1 - priority : 20 + share.nice))
        text.append(byte: space)
        text.append(decimal: Int64(share.nice))
        text.append(byte: space)
        text.append(UInt64(process.threads.count))
        text.append(" 0 ")
        let start = subject.isThread ? subject.thread?.startTime : nil
        ticks(start ?? process.startTime, &text)
        text.append(byte: space)
        text.append(process.addressSpace.mappedByteCount)
        text.append(byte: space)
        text.append(UInt64(process.addressSpace.residentPages))
        text.append(byte: space)
        text.append(process.limits[.residentSet].soft)
        // startcode, endcode, startstack, kstkesp, kstkeip
        text.append(" 1 1 ")
        text.append(process.addressSpace.stackStart.rawValue)
        text.append(" 0 0 0 ")
        text.append((subject.thread?.signals.blocked.rawValue ?? 0) & 0x7fff_ffff)
        let (ignored, caught) = actions(of: process.signals)
        for signals in [ignored, caught] {
            text.append(byte: space)
            text.append(signals & 0x7fff_ffff)
        }
        // wchan, nswap, cnswap
        text.append(" 0 0 0 ")
        // A thread sends nobody a signal when it ends.
        let isFirst = identifier(of: subject) == UInt64(process.identifier)
        text.append(decimal: Int64(isFirst ? 17 : -1))
        text.append(byte: space)
        text.append(UInt64(thread?.processor ?? 0))
        text.append(byte: space)
        text.append(decimal: Int64(share.priority))
        text.append(byte: space)
        text.append(UInt64(share.policy.rawValue))
        // delayacct_blkio_ticks, guest_time, cguest_time, start_data, end_data
        text.append(" 0 0 0 0 0 ")
        text.append(process.addressSpace.breakStart.rawValue)
        for address in [
            process.argumentRange.lowerBound, process.argumentRange.upperBound,
            process.environmentRange.lowerBound, process.environmentRange.upperBound,
        ] {
            text.append(byte: space)
            text.append(address.rawValue)
        }
        text.append(" 0\n")
    }
    private static func ticks(_ time: Nanoseconds, _ text: inout TextBuffer) {
        text.append(decimal: max(0, time.rawValue / (Nanoseconds.perSecond / ticksPerSecond)))
    }

    /// The numbers of statm: size, resident, of objects, text, 0, data and stack, 0.
    static func memoryPages(_ subject: Subject, _ text: inout TextBuffer) {
        let process = subject.process
        let space = process.addressSpace
        let sizes = MemorySizes(of: process)
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

    /// Bytes of the program's memory as they are now; ends where they can't be read.
    static func memory(_ range: Range<VirtualAddress>, _ text: inout TextBuffer) {
        var address = range.lowerBound
        var storage = InlineArray<256, UInt8>(repeating: 0)
        while address < range.upperBound {
            let left = range.upperBound.rawValue - address.rawValue
            let count = Int(min(UInt64(256), left))
            do throws(Errno) {
                var span = storage.mutableSpan
                var bytes = span.mutableRaw
                var part = bytes._mutatingExtracting(first: count)
                try ProgramMemory.copyIn(from: address, into: &part)
            } catch {
                return
            }
            text.append(storage.span.raw.extracting(first: count))
            guard let next = address.advanced(by: UInt64(count)) else { return }
            address = next
        }
    }
    /// The auxiliary vector up to and with AT_NULL.
    static func auxiliaryVector(_ process: Process, _ text: inout TextBuffer) {
        var address = process.auxiliaryVector
        // More entries than there are types (linux/auxvec.h).
        for _ in 0..<64 {
            guard let end = address.advanced(by: 16),
                let type = try? ProgramMemory.load(UInt64.self, at: address)
            else { return }
            memory(address..<end, &text)
            guard type != 0 else { return }
            address = end
        }
    }
}
