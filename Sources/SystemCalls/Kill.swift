internal import Base
internal import Hardware
internal import LinuxABI
internal import Processes
internal import Scheduler

// Sending signals; the one process there is can send them only to itself.
extension SystemCalls {
    /// kill(2): Sends a signal to a process or a group. Errors: EINVAL, ESRCH.
    static func kill(_ caller: Caller, process: Int32, number: Int32) throws(Errno) -> Int {
        // -1 is everybody but the first process and the caller: nobody here.
        let isSelf =
            process == 0 || process == caller.process.identifier
            || (process < -1 && process == -caller.process.group)
        guard isSelf else { throw .noSuchProcess }
        return try send(caller, number, .user, to: nil)
    }

    /// tkill(2): Sends a signal to a thread. Errors: EAGAIN, EINVAL, ESRCH.
    static func tkill(_ caller: Caller, thread: Int32, number: Int32) throws(Errno) -> Int {
        guard thread > 0 else { throw .invalidArgument }
        return try send(caller, number, .thread, to: try find(caller, thread))
    }

    /// tgkill(2): Sends a signal to a thread of a process. Errors: EAGAIN, EINVAL, ESRCH.
    static func tgkill(
        _ caller: Caller, process: Int32, thread: Int32, number: Int32
    ) throws(Errno) -> Int {
        guard process > 0, thread > 0 else { throw .invalidArgument }
        guard process == caller.process.identifier else { throw .noSuchProcess }
        return try send(caller, number, .thread, to: try find(caller, thread))
    }

    /// rt_sigqueueinfo(2): Sends a signal with data to a process. Errors: EAGAIN, EFAULT, EINVAL,
    /// EPERM, ESRCH.
    static func rtSigqueueinfo(
        _ caller: Caller, process: Int32, number: Int32, information: VirtualAddress
    ) throws(Errno) -> Int {
        let information = try load(number, information)
        try requireOwnCode(caller, information, for: process)
        guard process == caller.process.identifier else { throw .noSuchProcess }
        return try send(caller, number, information, to: nil)
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
        guard process == caller.process.identifier else { throw .noSuchProcess }
        return try send(caller, number, information, to: try find(caller, thread))
    }

    /// The thread with a number, the caller's where it is 0. ESRCH.
    static func find(_ caller: Caller, _ thread: Int32) throws(Errno) -> ProgramThread {
        guard thread != 0 else { return caller.thread }
        guard let found = caller.process.threads.find(thread) else { throw .noSuchProcess }
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
    static func send(
        _ caller: Caller, _ number: Int32, _ code: SignalCode, to thread: ProgramThread?
    ) throws(Errno) -> Int {
        guard number != 0 else { return 0 }
        guard let signal = Signal(rawValue: number) else { throw .invalidArgument }
        let information = SignalInformation(
            signal, code, process: caller.process.identifier,
            user: caller.process.credentials.users.real)
        try caller.process.post(signal, information, toThread: thread)
        return 0
    }
    static func send(
        _ caller: Caller, _ number: Int32, _ information: SignalInformation,
        to thread: ProgramThread?
    ) throws(Errno) -> Int {
        guard number != 0 else { return 0 }
        guard let signal = Signal(rawValue: number) else { throw .invalidArgument }
        try caller.process.post(signal, information, toThread: thread)
        return 0
    }
}
