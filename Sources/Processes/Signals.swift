package import Base
internal import Files
package import Hardware
package import LinuxABI
package import Scheduler
internal import NucleusInterface
internal import Trace

/// The signals of a process and of its one thread (signal(7)).
///
/// Posting puts a signal into one of two pending sets; before each return to the program
/// `deliver(to:)` builds a frame for each one that is not blocked. `Thread.hasDeliverableSignal`
/// says at any time whether there is one, and so ends interruptible waits.
package final class Signals: SignalSource {
    private var actions = InlineArray<64, SignalAction>(repeating: .standard)
    /// Signals that the thread blocks.
    package private(set) var blocked: SignalSet = []
    /// What to block again after a call that waited with another mask (sigsuspend(2), ppoll(2)).
    private var savedBlocked: SignalSet? {
        didSet { if savedBlocked != nil { CPU.hasReturnWork = true } }
    }
    let ofThread = PendingSignals()
    let ofProcess = PendingSignals()
    /// Signals of timers that came while they were ignored.
    private let parked = PendingSignals()
    package var alternateStack = AlternateStack()
    /// The last fault, as frames report it.
    package var fault = FaultRecord()
    /// Where handlers return to that come without SA_RESTORER, where the vDSO has such a place.
    package var trampoline: VirtualAddress?
    /// How restart_syscall(2) goes on with the call that a stop or an ignored signal interrupted.
    package var restart: RestartBlock?
    /// rseq(2)
    package var sequence: RestartableSequence?
    private let thread: Thread
    /// Who is told of each signal that comes: signalfd(2).
    package let arrivals = WaitQueue()
    /// Whether a signal stopped the process.
    private var isStopped = false

    package init(thread: Thread) { self.thread = thread }

    // MARK: Dispositions and masks

    package subscript(signal: Signal) -> SignalAction { actions[Int(signal.rawValue) - 1] }
    /// Sets an action, as sigaction(2); pending signals that become ignored are dropped.
    package func setAction(_ signal: Signal, _ action: SignalAction) {
        var action = action
        action.flags.formIntersection(.known)
        action.mask.subtract(.unblockable)
        actions[Int(signal.rawValue) - 1] = action
        if isIgnored(signal) {
            ofThread.remove(SignalSet(signal))
            ofProcess.remove(SignalSet(signal))
            update()
        } else {
            sendParked(signal)
        }
    }
    /// Sets the mask of blocked signals; SIGKILL and SIGSTOP stay out of it.
    package func setBlocked(_ signals: SignalSet) {
        blocked = signals.subtracting(.unblockable)
        update()
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
    package var pending: SignalSet { ofThread.set.union(ofProcess.set) }

    func isIgnored(_ signal: Signal) -> Bool {
        let action = self[signal]
        if action.isIgnoring { return true }
        guard action.isDefault else { return false }
        return switch signal.defaultAction {
        case .ignore, .continue: true
        case .terminate, .stop: false
        }
    }
    private func update() {
        thread.hasDeliverableSignal = !pending.subtracting(blocked).isEmpty
    }

    // MARK: Sending

    /// Whom a signal is for.
    package enum Target: Sendable {
        case thread
        case process
    }
    /// Sends a signal. EAGAIN where too many real-time signals wait, ENOMEM.
    package func post(
        _ signal: Signal, _ information: SignalInformation, to target: Target, limit: Int
    ) throws(Errno) {
        if signal == .continue || signal == .kill { resume() }
        if signal == .continue {
            ofThread.remove(.stopping)
            ofProcess.remove(.stopping)
        } else if SignalSet.stopping.contains(signal) {
            ofThread.remove(SignalSet(.continue))
            ofProcess.remove(SignalSet(.continue))
        }
        // An ignored signal that is blocked stays: its action may change before it is unblocked.
        if isIgnored(signal), !blocked.contains(signal) {
            update()
            return
        }
        try (target == .thread ? ofThread : ofProcess).add(signal, information, limit: limit)
        update()
        arrivals.wake([.readable])
    }
    /// Sends a timer's own signal, unless it waits already; returns whether it waits now. An ignored
    /// one does if it is to be parked: it then comes when it is ignored no more.
    func post(
        _ signal: Signal, _ queued: QueuedSignal, to target: Target, parksIfIgnored: Bool
    ) -> Bool {
        if isIgnored(signal), !blocked.contains(signal) {
            guard parksIfIgnored else { return false }
            // Process or thread: there is one of each.
            parked.add(signal, queued)
            return true
        }
        (target == .thread ? ofThread : ofProcess).add(signal, queued)
        update()
        arrivals.wake([.readable])
        return true
    }
    /// Takes a timer's signal back, wherever it waits.
    func takeBack(_ queued: QueuedSignal) {
        ofThread.remove(queued)
        ofProcess.remove(queued)
        parked.remove(queued)
        update()
    }
    private func sendParked(_ signal: Signal) {
        var isAny = false
        while let queued = parked.takeQueued(signal) {
            ofProcess.add(signal, queued)
            isAny = true
        }
        update()
        if isAny { arrivals.wake([.readable]) }
    }
    /// Sends a signal that an instruction of the program caused, which nothing can hold back: where
    /// it is blocked or ignored its action becomes the default (kernel/signal.c, force_sig_info).
    package func force(_ signal: Signal, _ information: SignalInformation) {
        if isIgnored(signal) || blocked.contains(signal) {
            actions[Int(signal.rawValue) - 1] = .standard
            blocked.remove(SignalSet(signal))
        }
        // A standard signal always has room.
        try? ofThread.add(signal, information, limit: 0)
        update()
        arrivals.wake([.readable])
    }

    // MARK: Taking

    /// Takes out a signal that is not in `blocked`, the thread's own first.
    package func take(except blocked: SignalSet) -> SignalInformation? {
        defer { update() }
        return ofThread.takeFirst(except: blocked) ?? ofProcess.takeFirst(except: blocked)
    }

    package func take(of wanted: SignalSet) -> SignalInformation? {
        take(except: SignalSet(rawValue: ~wanted.rawValue))
    }

    // MARK: Delivery

    /// Delivers what is deliverable by changing the program's registers and stack.
    ///
    /// To be called before each return to the program. Returns the signal that ends the process, if
    /// one does.
    package func deliver(to frame: ProgramFrame) -> Signal? {
        while thread.hasDeliverableSignal {
            guard let information = take(except: blocked),
                let signal = Signal(rawValue: information.number)
            else { break }
            let action = self[signal]
            if action.isIgnoring { continue }
            if action.isDefault {
                switch signal.defaultAction {
                case .ignore, .continue: continue
                case .stop:
                    stop(signal)
                    continue
                case .terminate: return signal
                }
            }
            if action.flags.contains(.resetHandler) {
                actions[Int(signal.rawValue) - 1].handler = SignalAction.defaultHandler
            }
            if let fatal = handle(signal, information, action, frame) { return fatal }
        }
        finishWithoutHandler(frame)
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
    package let value: UInt32
    package let mask: UInt32
    /// On the monotonic clock; `nil`: for ever.
    package var deadline: Nanoseconds?
    package init(
        address: VirtualAddress, value: UInt32, mask: UInt32, deadline: Nanoseconds?
    ) {
        self.address = address
        self.value = value
        self.mask = mask
        self.deadline = deadline
    }
}

// MARK: Stopping

extension Signals {
    /// Stops the process, and with it the machine's process on the host, until it is continued.
    private func stop(_ signal: Signal) {
        isStopped = true
        guard Process.tellStop(signal) == .told else {
            isStopped = false
            return Log.line(.warning) {
                $0.append("stopping the program is not supported here: ")
                $0.append(signal.name)
                $0.append(" is ignored")
            }
        }
        _ = Wait.until(interruptible: .never) { !self.isStopped }
    }
    /// Lets a stopped process go on.
    package func resume() { isStopped = false }
}
