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
        let process = caller.process
        let thread = process.threads.find(identifier)
        guard identifier == process.identifier || thread != nil else { throw .noSuchProcess }
        let task: TaskNode
        if flags.contains(.exclusive) {
            // The first thread may have ended before the process.
            guard let thread else { throw .noSuchProcess }
            task = try Self.task(thread.task, .thread, identifier, caller)
            thread.task = task
        } else {
            guard identifier == process.identifier else { throw .noSuchFile }
            task = try Self.task(process.task, .process, identifier, caller)
            process.task = task
        }
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
        let target: ProgramThread?
        let kind: TaskNode.Scope
        if let task = file.task {
            kind = scope == .asOpened ? task.scope : scope == .thread ? .thread : .process
            guard !task.hasEnded else { throw .noSuchProcess }
            target = kind == .thread ? try find(caller, task.identifier) : nil
        } else {
            guard file.isFolder(ofProcess: caller.process.identifier) else {
                throw .badDescriptor
            }
            kind = scope == .thread ? .thread : .process
            target = kind == .thread ? try find(caller, caller.process.identifier) : nil
        }
        guard information.rawValue != 0 else {
            return try send(caller, number, kind == .thread ? .thread : .user, to: target)
        }
        let given = try load(number, information, .isSame)
        // Codes of others are for oneself alone.
        let isOneself =
            scope != .processGroup
            && (kind == .process
                ? caller.thread.thread.identifier == caller.process.identifier
                : target === caller.thread)
        if !isOneself {
            guard given.code.rawValue < 0, given.code != .thread else {
                throw .operationNotPermitted
            }
        }
        return try send(caller, number, given, to: target)
    }
    /// To whom a signal goes: the flags of pidfd_send_signal(2), of which one at most may be set.
    private enum SignalScope: UInt32 {
        /// As the file was opened.
        case asOpened = 0
        /// PIDFD_SIGNAL_THREAD
        case thread = 1
        /// PIDFD_SIGNAL_THREAD_GROUP
        case process = 2
        /// PIDFD_SIGNAL_PROCESS_GROUP; the process is the group's only one.
        case processGroup = 4
    }

    /// pidfd_getfd(2): Duplicates a descriptor of a process. Errors: EBADF, EINVAL, EMFILE, ESRCH.
    static func pidfdGetfd(
        _ caller: Caller, descriptor: Int32, target: Int32, flags: UInt32
    ) throws(Errno) -> Int {
        guard flags == 0 else { throw .invalidArgument }
        guard let task = try caller.file(descriptor).task else { throw .badDescriptor }
        guard !task.hasEnded else { throw .noSuchProcess }
        let file = try caller.anyFile(target)
        let number = try caller.process.descriptors.insert(
            file, limit: caller.process.descriptorLimit, flags: .closeOnExec)
        file.retain()
        return Int(number)
    }
}
