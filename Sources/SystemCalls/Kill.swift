internal import Base
internal import Hardware
internal import LinuxABI
internal import Processes
internal import Scheduler

// Sending signals.
extension SystemCalls {
    /// kill(2): Sends a signal to a process, a group or everybody. Errors: EAGAIN, EINVAL, EPERM, ESRCH.
    static func kill(_ caller: Caller, process: Int32, number: Int32) throws(Errno) -> Int {
        let information = information(caller, number, .user)
        guard process > 0 else {
            guard process != .min else { throw .noSuchProcess }
            guard process == -1 else {
                let group = process == 0 ? caller.process.group : -process
                return try send(caller, number, information) { $0.group == group }
            }
            // All but the first process and the caller; who may get none does not matter.
            var hasAny = false
            do throws(Errno) {
                return try send(caller, number, information) {
                    guard !$0.isFirst, $0 !== caller.process else { return false }
                    hasAny = true
                    return true
                }
            } catch {
                guard hasAny, error == .operationNotPermitted else { throw error }
                return 0
            }
        }
        guard let target = ProcessTable.process(ofAny: process) else { throw .noSuchProcess }
        return try send(caller, number, information, to: target, thread: nil)
    }
    /// Sends a signal to every process that is meant: ESRCH where there is none, EPERM where it may go to
    /// none of them.
    static func send(
        _ caller: Caller, _ number: Int32, _ information: SignalInformation,
        where isMeant: (Process) -> Bool
    ) throws(Errno) -> Int {
        var failure: Errno? = .noSuchProcess
        var hasSent = false
        ProcessTable.forEach { target in
            guard isMeant(target) else { return }
            do throws(Errno) {
                _ = try send(caller, number, information, to: target, thread: nil)
                hasSent = true
            } catch {
                failure = error
            }
        }
        if !hasSent, let failure { throw failure }
        return 0
    }

    /// tkill(2): Sends a signal to a thread. Errors: EAGAIN, EINVAL, EPERM, ESRCH.
    static func tkill(_ caller: Caller, thread: Int32, number: Int32) throws(Errno) -> Int {
        guard thread > 0 else { throw .invalidArgument }
        let target = try find(caller, thread)
        return try send(
            caller, number, information(caller, number, .thread), to: target.process,
            thread: target)
    }

    /// tgkill(2): Sends a signal to a thread of a process. Errors: EAGAIN, EINVAL, EPERM, ESRCH.
    static func tgkill(
        _ caller: Caller, process: Int32, thread: Int32, number: Int32
    ) throws(Errno) -> Int {
        guard process > 0, thread > 0 else { throw .invalidArgument }
        let target = try find(caller, thread)
        guard target.process.identifier == process else { throw .noSuchProcess }
        return try send(
            caller, number, information(caller, number, .thread), to: target.process,
            thread: target)
    }

    /// rt_sigqueueinfo(2): Sends a signal with data to a process. Errors: EAGAIN, EFAULT, EINVAL,
    /// EPERM, ESRCH.
    static func rtSigqueueinfo(
        _ caller: Caller, process: Int32, number: Int32, information: VirtualAddress
    ) throws(Errno) -> Int {
        let information = try load(number, information)
        try requireOwnCode(caller, information, for: process)
        guard let target = ProcessTable.process(ofAny: process) else { throw .noSuchProcess }
        return try send(caller, number, information, to: target, thread: nil)
    }
    /// Others may not be told that the kernel or kill(2) sent a signal (kernel/signal.c,
    /// do_rt_sigqueueinfo). EPERM.
    private static func requireOwnCode(
        _ caller: Caller, _ information: SignalInformation, for thread: Int32
    ) throws(Errno) {
        let threadKill: Int32 = -6
        guard information.code.rawValue >= 0 || information.code.rawValue == threadKill else {
            return
        }
        guard thread == caller.thread.thread.identifier else { throw .operationNotPermitted }
    }

    /// rt_tgsigqueueinfo(2): Sends a signal with data to a thread. Errors: EAGAIN, EFAULT, EINVAL,
    /// EPERM, ESRCH.
    static func rtTgsigqueueinfo(
        _ caller: Caller, process: Int32, thread: Int32, number: Int32,
        information: VirtualAddress
    ) throws(Errno) -> Int {
        let information = try load(number, information)
        guard process > 0, thread > 0 else { throw .invalidArgument }
        try requireOwnCode(caller, information, for: thread)
        let target = try find(caller, thread)
        guard target.process.identifier == process else { throw .noSuchProcess }
        return try send(caller, number, information, to: target.process, thread: target)
    }

    /// The thread with a number, the caller's where it is 0. ESRCH.
    static func find(_ caller: Caller, _ thread: Int32) throws(Errno) -> ProgramThread {
        guard thread != 0 else { return caller.thread }
        guard let found = ProcessTable.thread(thread) else { throw .noSuchProcess }
        return found
    }
    /// The process with a number, or that of the thread with it; the caller's where it is 0. ESRCH.
    static func findProcess(_ caller: Caller, _ number: Int32) throws(Errno) -> Process {
        guard number != 0 else { return caller.process }
        guard let found = ProcessTable.process(ofAny: number) else { throw .noSuchProcess }
        return found
    }

    /// Whether the signal's number is the one in what comes with it.
    enum GivenNumber: Sendable {
        case isReplaced
        /// EINVAL where it is another.
        case isSame
    }
    static func load(
        _ number: Int32, _ address: VirtualAddress, _ given: GivenNumber = .isReplaced
    ) throws(Errno) -> SignalInformation {
        var storage = InlineArray<48, UInt8>(repeating: 0)
        do {
            var span = storage.mutableSpan
            var bytes = span.mutableRaw
            try ProgramMemory.copyIn(from: address, into: &bytes)
        }
        var information = SignalInformation(storage.span.raw)
        guard given == .isReplaced || information.number == number else { throw .invalidArgument }
        information.number = number
        return information
    }
    /// What comes with a signal that the caller sends.
    static func information(
        _ caller: Caller, _ number: Int32, _ code: SignalCode
    ) -> SignalInformation {
        var information = SignalInformation(
            .kill, code, process: caller.process.identifier,
            user: caller.process.credentials.users.real)
        information.number = number
        return information
    }
    /// Sends a signal to a process, or to one thread of it; number 0 only asks whether that is allowed.
    /// EAGAIN, EINVAL, EPERM.
    static func send(
        _ caller: Caller, _ number: Int32, _ information: SignalInformation, to target: Process,
        thread: ProgramThread?
    ) throws(Errno) -> Int {
        guard (0...64).contains(number) else { throw .invalidArgument }
        let own = caller.process
        // Of one session anybody may let anybody go on.
        guard
            target === own || own.credentials.maySignal(target.credentials)
                || number == Signal.continue.rawValue && own.session == target.session
        else { throw .operationNotPermitted }
        guard number != 0, let signal = Signal(rawValue: number), target.end == nil else {
            return 0
        }
        try target.post(signal, information, toThread: thread)
        return 0
    }
}
