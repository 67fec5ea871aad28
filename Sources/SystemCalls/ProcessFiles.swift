internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Processes
internal import Scheduler

// Processes and threads as files (pidfd_open(2)).
extension SystemCalls {
    /// pidfd_open(2): Opens a process, or with PIDFD_THREAD a thread. Errors: EINVAL, EMFILE, ENOENT, ENOMEM,
    /// ESRCH.
    static func pidfdOpen(
        _ caller: Caller, identifier: Int32, flags: Int32
    ) throws(Errno) -> Int {
        let flags = OpenFlags(rawValue: flags)
        // PIDFD_NONBLOCK and PIDFD_THREAD
        guard flags.isSubset(of: [.nonblocking, .exclusive]), identifier > 0 else {
            throw .invalidArgument
        }
        let process = ProcessTable.find(identifier)
        let thread = ProcessTable.thread(identifier)
        guard process != nil || thread != nil else { throw .noSuchProcess }
        let task: TaskNode
        if flags.contains(.exclusive) {
            // The first thread may have ended before the process.
            guard let thread else { throw .noSuchProcess }
            task = try Self.task(thread.task, .thread, identifier, caller)
            thread.task = task
        } else {
            guard let process else { throw .noSuchFile }
            return try open(process, flags, for: caller)
        }
        try caller.requireDescriptor()
        return try caller.install(try caller.files.open(task, flags), .closeOnExec)
    }
    /// Opens a process for a caller; returns the descriptor. EMFILE, ENOMEM.
    static func open(
        _ process: Process, _ flags: OpenFlags, for caller: Caller
    ) throws(Errno) -> Int {
        let task = try task(process.task, .process, process.identifier, caller)
        if process.state != .running { task.end() }
        process.task = task
        try caller.requireDescriptor()
        return try caller.install(try caller.files.open(task, flags), .closeOnExec)
    }
    private static func task(
        _ known: TaskNode?, _ scope: TaskNode.Scope, _ identifier: Int32, _ caller: Caller
    ) throws(Errno) -> TaskNode {
        if let known { return known }
        return try caller.files.makeTask(scope, identifier)
    }

    /// pidfd_send_signal(2): Sends a signal to a process, a thread or a process group by an open file. Errors:
    /// EAGAIN, EBADF, EFAULT, EINVAL, EPERM, ESRCH.
    static func pidfdSendSignal(
        _ caller: Caller, descriptor: Int32, number: Int32, information: VirtualAddress,
        flags: UInt32
    ) throws(Errno) -> Int {
        guard let scope = SignalScope(rawValue: flags) else { throw .invalidArgument }
        let file = try caller.file(descriptor)
        let identifier: Int32
        let kind: TaskNode.Scope
        if let task = file.task {
            kind = scope == .asOpened ? task.scope : scope == .thread ? .thread : .process
            guard !task.isGone else { throw .noSuchProcess }
            identifier = task.identifier
        } else {
            guard let number = file.processOfFolder else { throw .badDescriptor }
            kind = scope == .thread ? .thread : .process
            identifier = number
        }
        let thread = kind == .thread ? try find(caller, identifier) : nil
        guard let target = thread?.process ?? ProcessTable.process(ofAny: identifier) else {
            throw .noSuchProcess
        }
        let code: SignalCode = kind == .thread ? .thread : .user
        let given =
            information.rawValue == 0
            ? Self.information(caller, number, code) : try load(number, information, .isSame)
        // Codes of others are for oneself alone.
        let isOneself =
            scope != .processGroup
            && (kind == .process ? target === caller.process : thread === caller.thread)
        if information.rawValue != 0, !isOneself {
            guard given.code.rawValue < 0, given.code != .thread else {
                throw .operationNotPermitted
            }
        }
        guard scope == .processGroup else {
            return try send(caller, number, given, to: target, thread: thread)
        }
        return try send(caller, number, given) { $0.group == target.identifier }
    }
    /// To whom a signal goes: the flags of pidfd_send_signal(2), of which one at most may be set.
    private enum SignalScope: UInt32 {
        /// As the file was opened.
        case asOpened = 0
        /// PIDFD_SIGNAL_THREAD
        case thread = 1
        /// PIDFD_SIGNAL_THREAD_GROUP
        case process = 2
        /// PIDFD_SIGNAL_PROCESS_GROUP: the group that the process leads.
        case processGroup = 4
    }

    /// EPERM where the caller may not look into a process (ptrace(2), PTRACE_MODE_ATTACH_REALCREDS).
    static func requireInspection(_ caller: Caller, of other: Process) throws(Errno) {
        guard
            other === caller.process
                || caller.process.credentials.mayInspect(
                    other.credentials, dumpable: other.attributes.dumpable)
        else { throw .operationNotPermitted }
    }

    /// pidfd_getfd(2): Duplicates a descriptor of a process. Errors: EBADF, EINVAL, EMFILE, EPERM, ESRCH.
    static func pidfdGetfd(
        _ caller: Caller, descriptor: Int32, target: Int32, flags: UInt32
    ) throws(Errno) -> Int {
        guard flags == 0 else { throw .invalidArgument }
        guard let task = try caller.file(descriptor).task else { throw .badDescriptor }
        guard !task.hasEnded, let other = ProcessTable.process(ofAny: task.identifier) else {
            throw .noSuchProcess
        }
        try requireInspection(caller, of: other)
        let file = try other.descriptors.file(target)
        let number = try caller.process.descriptors.insert(
            file, limit: caller.process.descriptorLimit, flags: .closeOnExec)
        file.retain()
        return Int(number)
    }
}
