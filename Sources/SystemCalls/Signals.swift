internal import Base
internal import Hardware
internal import LinuxABI
internal import Processes
internal import Scheduler

// Signals: actions, masks, waiting for one (signal(7)).
extension SystemCalls {
    /// sizeof(sigset_t) of the kernel.
    private static let setSize = 8

    /// rt_sigaction(2): Gets and sets what a signal does. Errors: EFAULT, EINVAL.
    static func rtSigaction(
        _ caller: Caller, number: Int32, new: VirtualAddress, old: VirtualAddress, size: Int
    ) throws(Errno) -> Int {
        guard size == setSize else { throw .invalidArgument }
        var action: SignalAction?
        if !new.isNull {
            var storage = InlineArray<32, UInt8>(repeating: 0)
            do {
                var span = storage.mutableSpan
                var bytes = span.mutableRaw
                try ProgramMemory.copyIn(from: new, into: &bytes)
            }
            action = SignalAction(storage.span.raw)
        }
        guard let signal = Signal(rawValue: number) else { throw .invalidArgument }
        let signals = caller.process.signals
        let previous = signals[signal]
        if let action {
            guard !SignalSet.unblockable.contains(signal) else { throw .invalidArgument }
            signals.setAction(signal, action)
        }
        if !old.isNull {
            var storage = InlineArray<32, UInt8>(repeating: 0)
            do {
                var span = storage.mutableSpan
                var bytes = span.mutableRaw
                previous.write(to: &bytes)
            }
            try ProgramMemory.copyOut(storage.span.raw, to: old)
        }
        return 0
    }

    /// rt_sigprocmask(2): Gets and changes the set of blocked signals. Errors: EFAULT, EINVAL.
    static func rtSigprocmask(
        _ caller: Caller, how: Int32, new: VirtualAddress, old: VirtualAddress, size: Int
    ) throws(Errno) -> Int {
        guard size == setSize else { throw .invalidArgument }
        let signals = caller.signals
        let previous = signals.blocked
        if !new.isNull {
            let set = SignalSet(rawValue: try ProgramMemory.load(UInt64.self, at: new))
            switch how {
            case 0: signals.setBlocked(previous.union(set.subtracting(.unblockable)))
            case 1: signals.setBlocked(previous.subtracting(set))
            case 2: signals.setBlocked(set)
            default: throw .invalidArgument
            }
        }
        if !old.isNull { try ProgramMemory.store(previous.rawValue, at: old) }
        return 0
    }

    /// rt_sigpending(2): Tells which blocked signals are pending. Errors: EFAULT, EINVAL.
    static func rtSigpending(
        _ caller: Caller, set: VirtualAddress, size: Int
    ) throws(Errno) -> Int {
        guard size >= 0, size <= setSize else { throw .invalidArgument }
        let signals = caller.signals
        let pending = signals.pending.intersection(signals.blocked).rawValue
        var storage = InlineArray<8, UInt8>(repeating: 0)
        for index in 0..<8 { storage[index] = UInt8(truncatingIfNeeded: pending >> (index * 8)) }
        try ProgramMemory.copyOut(storage.span.raw.extracting(first: size), to: set)
        return 0
    }

    /// rt_sigsuspend(2): Waits for a signal under another mask. Errors: EFAULT, EINTR, EINVAL.
    static func rtSigsuspend(
        _ caller: Caller, mask: VirtualAddress, size: Int
    ) throws(Errno) -> Int {
        guard size == setSize else { throw .invalidArgument }
        let set = SignalSet(rawValue: try ProgramMemory.load(UInt64.self, at: mask))
        caller.signals.setBlockedForWait(set)
        _ = Wait.sleep(until: nil)
        throw .restartUnlessHandled
    }

    /// pause(2): Waits for a signal that runs a handler or ends the process. Errors: EINTR.
    static func pause(_ caller: Caller) throws(Errno) -> Int {
        _ = Wait.sleep(until: nil)
        throw .restartUnlessHandled
    }

    /// rt_sigtimedwait(2): Takes a pending signal of a set, waiting for it. Errors: EAGAIN, EFAULT,
    /// EINTR, EINVAL.
    static func rtSigtimedwait(
        _ caller: Caller, set: VirtualAddress, information: VirtualAddress,
        timeout: VirtualAddress, size: Int
    ) throws(Errno) -> Int {
        guard size == setSize else { throw .invalidArgument }
        let raw = SignalSet(rawValue: try ProgramMemory.load(UInt64.self, at: set))
        let wanted = raw.subtracting(.unblockable)
        let span = timeout.isNull ? nil : try ProgramMemory.loadTime(at: timeout)
        let signals = caller.signals
        let others = SignalSet(rawValue: ~wanted.rawValue)
        var taken = signals.take(except: others)
        if taken == nil {
            let deadline = span.map { Clock.monotonic() + $0 }
            let outcome = Wait.until(
                deadline: deadline, on: .queue(caller.process.signals.arrivals)
            ) {
                !signals.pending.isDisjoint(with: wanted)
            }
            taken = signals.take(except: others)
            if taken == nil { throw outcome == .timedOut ? .tryAgain : .interrupted }
        }
        guard let taken else { throw .tryAgain }
        if !information.isNull { try store(taken, at: information) }
        return Int(taken.number)
    }

    /// sigaltstack(2): Gets and sets the stack of handlers with SA_ONSTACK. Errors: EFAULT, EINVAL,
    /// ENOMEM, EPERM.
    static func sigaltstack(
        _ caller: Caller, new: VirtualAddress, old: VirtualAddress
    ) throws(Errno) -> Int {
        let signals = caller.signals
        let stack = caller.frame.stack.rawValue
        let previous = signals.alternateStack
        if !new.isNull {
            let base = try ProgramMemory.load(UInt64.self, at: new)
            let flags = try ProgramMemory.load(UInt32.self, at: try new.field(8))
            let byteCount = try ProgramMemory.load(UInt64.self, at: try new.field(16))
            try signals.alternateStack.replace(
                with: AlternateStack(base: base, byteCount: byteCount, flags: flags), at: stack)
        }
        if !old.isNull {
            try ProgramMemory.store(previous.base, at: old)
            try ProgramMemory.store(
                UInt64(previous.reportedFlags(at: stack)), at: try old.field(8))
            try ProgramMemory.store(previous.byteCount, at: try old.field(16))
        }
        return 0
    }

    /// rt_sigreturn(2): Goes back to what a signal handler interrupted. A damaged frame is SIGSEGV.
    static func rtSigreturn(_ caller: Caller) -> Int {
        caller.signals.returnFromHandler(caller.frame)
        return Int(Int64(bitPattern: caller.frame.result))
    }

    /// Stores a whole siginfo_t. EFAULT.
    private static func store(
        _ information: SignalInformation, at address: VirtualAddress
    ) throws(Errno) {
        var storage = InlineArray<128, UInt8>(repeating: 0)
        do {
            var span = storage.mutableSpan
            var bytes = span.mutableRaw
            information.write(to: &bytes)
        }
        try ProgramMemory.copyOut(storage.span.raw, to: address)
    }
}
