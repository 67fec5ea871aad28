package import Base
package import Hardware
package import LinuxABI
package import Scheduler

/// The signals of a thread (signal(7)).
///
/// Posting puts a signal into the thread's pending set or into the process's; before each return to the
/// program `deliver(to:)` builds a frame for each one that is not blocked.
/// `Thread.hasDeliverableSignal` says at any time whether there is one, and so ends interruptible
/// waits; of a process's signal one thread is told.
package final class Signals {
    package let shared: SharedSignals
    /// Signals that the thread blocks.
    package private(set) var blocked: SignalSet = []
    /// What to block again after a call that waited with another mask (sigsuspend(2), ppoll(2)).
    private var savedBlocked: SignalSet? {
        didSet { if savedBlocked != nil { CPU.hasReturnWork = true } }
    }
    let pendingOfThread = PendingSignals()
    package var alternateStack = AlternateStack()
    /// The last fault, as frames report it.
    package var fault = FaultRecord()
    /// How restart_syscall(2) goes on with the call that a stop or an ignored signal interrupted.
    package var restart: RestartBlock?
    /// What the signal that ends the process came with.
    private(set) var fatal: SignalInformation?
    /// rseq(2)
    package var sequence: RestartableSequence?
    /// How the thread is traced, if it is (ptrace(2)).
    var tracee: Tracee? { didSet { update() } }
    /// The CPU that its area tells.
    package var sequenceProcessor = 0
    private let thread: Thread
    // Its place among the process's threads.
    var next: Signals?
    var previous: Signals?

    /// Those of a process's further thread, or of its first.
    package init(thread: Thread, of shared: SharedSignals = SharedSignals()) {
        self.thread = thread
        self.shared = shared
        shared.add(self)
    }
    /// Forgets what belonged to a program that execve(2) replaced.
    func forgetProgram() {
        alternateStack.reset()
        fault = FaultRecord()
        restart = nil
        sequence = nil
        restoreBlocked()
    }
    /// To be called when the thread ends.
    func end() { shared.remove(self) }
    var isEnding: Bool { thread.isEnding }

    // MARK: Masks

    /// Sets the mask of blocked signals; SIGKILL and SIGSTOP stay out of it.
    package func setBlocked(_ signals: SignalSet) {
        let added = signals.subtracting(blocked)
        blocked = signals.subtracting(.unblockable)
        update()
        // What this thread will not take any more, another one may.
        shared.retarget(shared.pending.set.intersection(added))
    }
    /// Blocks other signals until the next return to the program, where the old mask comes back
    /// after a handler's frame was built under the new one.
    package func setBlockedForWait(_ signals: SignalSet) {
        if savedBlocked == nil { savedBlocked = blocked }
        setBlocked(signals)
    }
    /// Ends `setBlockedForWait` where the wait ended by itself.
    package func restoreBlocked() {
        guard let saved = savedBlocked else { return }
        savedBlocked = nil
        setBlocked(saved)
    }
    /// Signals that are pending, blocked or not (sigpending(2) reports the blocked ones).
    package var pending: SignalSet { pendingOfThread.set.union(shared.pending.set) }
    /// What is pending for the thread alone.
    package var pendingForThread: SignalSet { pendingOfThread.set }

    func update() {
        thread.hasDeliverableSignal =
            !pending.subtracting(blocked).isEmpty || tracee?.wantsStop == true
    }
    /// Makes the thread come by the way back to the program.
    func leaveProgram() { thread.leaveProgram() }
    /// Tells the thread of a signal that waits.
    func notice() { thread.hasDeliverableSignal = true }

    // MARK: Sending

    /// Whom a signal is for.
    package enum Target: Sendable {
        case thread
        case process
    }
    /// Sends a signal to the thread or to its process. EAGAIN where too many real-time signals wait,
    /// ENOMEM.
    package func post(
        _ signal: Signal, _ information: SignalInformation, to target: Target, limit: Int
    ) throws(Errno) {
        guard target == .thread else {
            return try shared.post(signal, information, limit: limit)
        }
        shared.settle(signal)
        if isDropped(signal) { return }
        try pendingOfThread.add(signal, information, limit: limit)
        update()
        shared.arrivals.wake([.readable])
    }
    /// Whether a signal is gone as it is sent. An ignored signal that is blocked stays: its action may
    /// change before it is unblocked; a tracer sees ignored ones, too.
    func isDropped(_ signal: Signal) -> Bool {
        shared.isIgnored(signal) && !blocked.contains(signal) && tracee == nil
    }
    /// The same of a timer's own signal (`SharedSignals.post`).
    func post(
        _ signal: Signal, _ queued: QueuedSignal, parksIfIgnored: Bool
    ) -> Bool {
        if isDropped(signal) {
            guard parksIfIgnored else { return false }
            shared.parked.add(signal, queued)
            return true
        }
        pendingOfThread.add(signal, queued)
        update()
        shared.arrivals.wake([.readable])
        return true
    }
    /// Sends a signal that an instruction of the program caused, which nothing can hold back: where
    /// it is blocked or ignored its action becomes the default (kernel/signal.c, force_sig_info).
    package func force(_ signal: Signal, _ information: SignalInformation) {
        if shared.isIgnored(signal) || blocked.contains(signal) {
            shared.resetAction(of: signal)
            blocked.remove(SignalSet(signal))
        }
        // A standard signal always has room.
        try? pendingOfThread.add(signal, information, limit: 0)
        update()
        shared.arrivals.wake([.readable])
    }

    // MARK: Taking

    /// Takes out a signal that is not in `blocked`, the thread's own first.
    package func take(except blocked: SignalSet) -> SignalInformation? {
        defer { update() }
        return pendingOfThread.takeFirst(except: blocked)
            ?? shared.pending.takeFirst(except: blocked)
    }

    // MARK: Delivery

    /// Delivers what is deliverable by changing the program's registers and stack.
    ///
    /// To be called before each return to the program. Returns the signal that ends the process, if
    /// one does; `fatal` is then its information.
    package func deliver(to frame: ProgramFrame) -> Signal? {
        while thread.hasDeliverableSignal {
            tracee?.stopIfWanted(frame)
            guard var information = take(except: blocked),
                var signal = Signal(rawValue: information.number)
            else { break }
            if signal != .kill, let tracee {
                guard let other = ask(tracee, signal, information, frame) else { continue }
                (signal, information) = other
            }
            let action = shared[signal]
            if action.isIgnoring { continue }
            if action.isDefault {
                switch signal.defaultAction {
                case .ignore, .continue: continue
                case .stop:
                    // The terminal's do nothing where nobody could let the process go on.
                    if signal != .stop, shared.process?.isGroupOrphaned == true { continue }
                    if shared.stop(signal) { shared.waitForContinuation(frame) }
                    continue
                case .terminate:
                    fatal = information
                    return signal
                }
            }
            if action.flags.contains(.resetHandler) {
                shared.resetHandler(of: signal)
            }
            if let end = handle(signal, information, action, frame) {
                fatal = information
                return end
            }
        }
        finishWithoutHandler(frame)
        return nil
    }
    /// Lets a tracer decide about a signal: what is to be delivered, if anything.
    private func ask(
        _ tracee: Tracee, _ signal: Signal, _ information: SignalInformation,
        _ frame: ProgramFrame
    ) -> (Signal, SignalInformation)? {
        guard let new = tracee.stop(.signal(signal), information, frame) else { return nil }
        var told = tracee.information ?? information
        if told.number != new.rawValue {
            let sender = tracee.tracer.process
            told = SignalInformation(
                new, .user, process: sender.identifier, user: sender.credentials.users.real)
        }
        guard blocked.contains(new) else { return (new, told) }
        try? pendingOfThread.add(new, told, limit: .max)
        update()
        return nil
    }
    /// Builds the frame of one handler; returns SIGSEGV where its own frame does not fit either.
    private func handle(
        _ signal: Signal, _ information: SignalInformation, _ action: SignalAction,
        _ frame: ProgramFrame
    ) -> Signal? {
        settleSystemCall(frame, restarts: action.flags.contains(.restart))
        let mask = savedBlocked ?? blocked
        do throws(Errno) {
            try sequence?.abort(frame)
            try build(signal, information, action, blocked: mask, frame)
        } catch {
            // kernel/signal.c, force_sigsegv.
            if signal == .segmentationViolation { return signal }
            force(.segmentationViolation, SignalInformation(.segmentationViolation, .kernel))
            return nil
        }
        savedBlocked = nil
        if alternateStack.flags & AlternateStack.autoDisarm != 0 { alternateStack.reset() }
        var new = blocked.union(action.mask)
        if !action.flags.contains(.noDefer) { new.insert(SignalSet(signal)) }
        setBlocked(new)
        tracee?.handlerBegins(frame)
        return nil
    }
    /// Decides how an interrupted system call goes on under a handler.
    private func settleSystemCall(_ frame: ProgramFrame, restarts: Bool) {
        guard let reason = restartReason(frame) else { return }
        if reason == .restartAlways || (reason == .restart && restarts) {
            frame.restartSystemCall(number: frame.systemCallNumber)
        } else {
            frame.result = UInt64(bitPattern: -Int64(Errno.interrupted.rawValue))
        }
    }
    /// Where no handler runs: makes an interrupted call again and puts the old mask back.
    private func finishWithoutHandler(_ frame: ProgramFrame) {
        if let reason = restartReason(frame) {
            let number =
                reason == .restartByBlock
                ? SystemCallNumber.restartSyscall.rawValue : frame.systemCallNumber
            frame.restartSystemCall(number: number)
        }
        restoreBlocked()
    }
    private func restartReason(_ frame: ProgramFrame) -> Errno? {
        guard frame.isInSystemCall else { return nil }
        let result = Int64(bitPattern: frame.result)
        guard result < 0, result >= -516 else { return nil }
        let error = Errno(rawValue: Int32(-result))
        return error.asksForRestart ? error : nil
    }
}

/// What restart_syscall(2) does.
package enum RestartBlock: Sendable {
    /// Sleeps on until a point of the monotonic clock; `remainder` is where the program wants what
    /// is left.
    case sleep(deadline: Nanoseconds, remainder: VirtualAddress)
    case futex(FutexWait)
}

/// A wait for a futex (futex(2)).
package struct FutexWait: Sendable {
    package let address: VirtualAddress
    /// FUTEX_PRIVATE_FLAG
    package let isPrivate: Bool
    package let value: UInt32
    package let mask: UInt32
    /// On the monotonic clock; `nil`: for ever.
    package var deadline: Nanoseconds?
    package init(
        address: VirtualAddress, isPrivate: Bool, value: UInt32, mask: UInt32,
        deadline: Nanoseconds?
    ) {
        self.address = address
        self.isPrivate = isPrivate
        self.value = value
        self.mask = mask
        self.deadline = deadline
    }
}
