internal import Base
internal import Files
internal import LinuxABI
internal import Processes
internal import Scheduler

// Files of /proc/[pid] that few programs read.
extension ProcessText {
    /// uid_map and the like: every number is itself (user_namespaces(7)).
    static let identityMap: StaticString = "         0          0 4294967295\n"

    static func personality(_ subject: Subject, _ text: inout TextBuffer) throws(Errno) {
        guard subject.isOpenToCaller else { throw .operationNotPermitted }
        text.append(
            hexadecimal: UInt64(subject.process.attributes.personality), minimumDigits: 8)
        text.append("\n")
    }

    /// schedstat: nanoseconds on a CPU, nanoseconds of waiting for one, which nobody counts, and turns.
    static func scheduleStatistics(_ subject: Subject, _ text: inout TextBuffer) {
        let (time, switches) = used(by: subject)
        text.append(decimal: max(0, time.rawValue))
        text.append(" 0 ")
        text.append(decimal: switches.voluntary + switches.forced + 1)
        text.append("\n")
    }
    /// Of a thread that ended, the process's.
    private static func used(by subject: Subject) -> (time: Nanoseconds, Thread.Switches) {
        guard let thread = subject.thread?.thread else {
            return (subject.process.processorTime, subject.process.switches)
        }
        return (thread.processorTime, thread.switches)
    }
    /// sched (kernel/sched/debug.c), of its lines those that this scheduler has.
    static func schedule(_ subject: Subject, _ text: inout TextBuffer) {
        name(subject, &text)
        text.append(" (")
        text.append(UInt64(subject.identifier))
        text.append(", #threads: ")
        text.append(UInt64(subject.threadCount))
        text.append(")\n")
        text.append(repeating: 0x2d, count: 67)
        text.append("\n")
        let (used, switches) = used(by: subject)
        let time = max(0, used.rawValue)
        label("se.sum_exec_runtime", &text)
        text.append(UInt64(time / 1_000_000), width: 14)
        text.append(".")
        text.append(UInt64(time % 1_000_000), width: 6, padding: 0x30)
        text.append("\n")
        let share = subject.thread?.thread.share ?? ProcessorShare()
        line("nr_switches", Int64(switches.voluntary + switches.forced), &text)
        line("nr_voluntary_switches", Int64(switches.voluntary), &text)
        line("nr_involuntary_switches", Int64(switches.forced), &text)
        line("policy", Int64(share.policy.rawValue), &text)
        let priority = share.effectivePriority
        line("prio", Int64(priority > 0 ? 99 - priority : 120 + share.nice), &text)
    }
    private static func label(_ name: StaticString, _ text: inout TextBuffer) {
        text.append(name)
        text.append(repeating: 0x20, count: 45 - name.utf8CodeUnitCount)
        text.append(":")
    }
    private static func line(_ name: StaticString, _ value: Int64, _ text: inout TextBuffer) {
        label(name, &text)
        text.append(UInt64(max(0, value)), width: 21)
        text.append("\n")
    }

    /// wchan: nothing tells where a thread waits.
    static func waitChannel(_ subject: Subject, _ text: inout TextBuffer) { text.append("0") }

    /// children: the processes that a thread made or took over, oldest first (proc_pid_tid_children(5)).
    static func children(_ subject: Subject, _ text: inout TextBuffer) {
        let process = subject.process
        var child = process.firstChild
        while let current = child {
            child = current.nextSibling
            // Children of a thread that ended are the first one's.
            let maker = ProcessTable.thread(current.makerIdentifier)
            let isFound = maker?.process === process
            guard (isFound ? current.makerIdentifier : process.identifier) == subject.identifier
            else { continue }
            text.append(UInt64(current.identifier))
            text.append(" ")
        }
    }

    /// EINVAL for what has ended and has no place in the file system any more (mounts_open_common).
    static func requirePlace(_ subject: Subject) throws(Errno) {
        guard subject.memory != nil else { throw .invalidArgument }
    }

    /// oom_score_adj: what the kernel would add to oom_score, of a thousand.
    static func memoryAdjustment(_ subject: Subject, _ text: inout TextBuffer) {
        text.append(decimal: subject.process.attributes.memoryAdjustment)
        text.append("\n")
    }
    static func setMemoryAdjustment(_ subject: Subject, _ bytes: RawSpan) throws(Errno) {
        try subject.process.setMemoryAdjustment(
            decimal(bytes), by: Process.current.credentials)
    }
    /// oom_adj: the same in units of 1/17, from -17 to 15.
    static func oldMemoryAdjustment(_ subject: Subject, _ text: inout TextBuffer) {
        let value = subject.process.attributes.memoryAdjustment
        text.append(decimal: value == 1000 ? 15 : value * 17 / 1000)
        text.append("\n")
    }
    static func setOldMemoryAdjustment(_ subject: Subject, _ bytes: RawSpan) throws(Errno) {
        guard let value = decimal(bytes), (-17...15).contains(value) else {
            throw .invalidArgument
        }
        try subject.process.setMemoryAdjustment(
            value == 15 ? 1000 : value * 1000 / 17, by: Process.current.credentials)
    }

    /// io of the process: there are no devices that pages are read from. EACCES.
    static func transfers(_ subject: Subject, _ text: inout TextBuffer) throws(Errno) {
        guard subject.isOpenToCaller else { throw .permissionDenied }
        let counts = subject.process.transfers
        text.append("rchar: ")
        text.append(counts.readBytes)
        text.append("\nwchar: ")
        text.append(counts.writtenBytes)
        text.append("\nsyscr: ")
        text.append(counts.reads)
        text.append("\nsyscw: ")
        text.append(counts.writes)
        text.append("\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n")
    }

    /// fdinfo of a descriptor, nothing where it was closed since.
    static func descriptor(_ number: Int32, of process: Process, _ text: inout TextBuffer) {
        guard let file = try? process.descriptors.file(number) else { return }
        var flags = file.flags.union(file.flags.contains(.path) ? [] : .largeFile)
        if (try? process.descriptors.flags(number)) == .closeOnExec { flags.insert(.closeOnExec) }
        text.append("pos:\t")
        text.append(decimal: file.offset)
        text.append("\nflags:\t0")
        text.append(UInt64(UInt32(bitPattern: flags.rawValue)), radix: 8)
        text.append("\nmnt_id:\t")
        text.append(MountText.number(of: file.node.fileSystem))
        text.append("\nino:\t")
        text.append(file.node.number)
        text.append("\n")
        guard let task = file.task else { return }
        for name: StaticString in ["Pid:\t", "NSpid:\t"] {
            text.append(name)
            text.append(decimal: task.isGone ? -1 : Int64(task.identifier))
            text.append("\n")
        }
    }

    /// A number that a program wrote, with blanks around it (kstrtoint); `nil` for anything else.
    static func decimal(_ bytes: RawSpan) -> Int64? {
        var index = 0
        var end = bytes.byteCount
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }
        while index < end, isBlank(bytes.byte(at: index)) { index += 1 }
        while end > index, isBlank(bytes.byte(at: end - 1)) || bytes.byte(at: end - 1) == 0 {
            end -= 1
        }
        let isNegative = index < end && bytes.byte(at: index) == 0x2d
        if isNegative { index += 1 }
        guard (1...10).contains(end - index) else { return nil }
        var value: Int64 = 0
        while index < end {
            let byte = bytes.byte(at: index)
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 0x30)
            index += 1
        }
        return isNegative ? -value : value
    }
}
