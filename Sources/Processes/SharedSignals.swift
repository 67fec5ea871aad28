package import Base
internal import Files
internal import Hardware
package import LinuxABI
package import Scheduler
internal import NucleusInterface
internal import Trace

/// What the threads of a process share of its signals (signal(7)): actions, and those sent to all of it.
package final class SharedSignals {
    package internal(set) var actions: SignalActions
    /// Whose they are; `nil` when that ended.
    var process: Process?
    let pending = PendingSignals()
    /// Signals of timers that came while they were ignored.
    let parked = PendingSignals()
    /// Where handlers return to that come without SA_RESTORER, where the vDSO has such a place.
    package var trampoline: VirtualAddress?
    /// Who is told of each signal that comes: signalfd(2).
    package let arrivals = WaitQueue()
    /// Whether a signal stopped the process.
    package private(set) var isStopped = false
    /// What a parent's wait can take once: that a signal stopped the process, that it goes on.
    var stopReport: Signal?
    var hasContinueReport = false
    private let continuation = WaitQueue()
    /// The signal of the present stop, and how many there were.
    private(set) var stopSignal: Signal?
    private(set) var stopCount = 0
    /// The threads' own, the first thread's first.
    private(set) var first: Signals?
    private var last: Signals?

    package init(_ actions: SignalActions = SignalActions()) { self.actions = actions }

    /// Signals that wait for any thread.
    package var waitingForAll: SignalSet { pending.set }

    // MARK: Threads

    func add(_ signals: Signals) {
        signals.previous = last
        if let last { last.next = signals } else { first = signals }
        last = signals
    }
    func remove(_ signals: Signals) {
        let (before, after) = (signals.previous, signals.next)
        if let before { before.next = after } else { first = after }
        if let after { after.previous = before } else { last = before }
        signals.previous = nil
        signals.next = nil
        // What it would have taken goes to another one.
        retarget(pending.set)
    }
    private func forEach(_ body: (Signals) -> Void) {
        var signals = first
        while let current = signals {
            signals = current.next
            body(current)
        }
    }
    /// Finds a thread for signals that wait for the process: the caller's if it does not block them, else
    /// the first that does not (kernel/signal.c, complete_signal).
    func retarget(_ signals: SignalSet) {
        guard !signals.isEmpty else { return }
        var target = first
        while let current = target, signals.subtracting(current.blocked).isEmpty || current.isEnding
        {
            target = current.next
        }
        target?.notice()
    }

    // MARK: Actions

    package subscript(signal: Signal) -> SignalAction {
        actions.values[Int(signal.rawValue) - 1]
    }
    /// Sets an action, as sigaction(2); pending signals that become ignored are dropped.
    package func setAction(_ signal: Signal, _ action: SignalAction) {
        var action = action
        action.flags.formIntersection(.known)
        action.mask.subtract(.unblockable)
        actions.values[Int(signal.rawValue) - 1] = action
        if isIgnored(signal) {
            drop(SignalSet(signal))
        } else {
            sendParked(signal)
        }
    }
    func resetHandler(of signal: Signal) {
        actions.values[Int(signal.rawValue) - 1].handler = SignalAction.defaultHandler
    }
    func resetAction(of signal: Signal) { actions.values[Int(signal.rawValue) - 1] = .standard }
    func isIgnored(_ signal: Signal) -> Bool {
        let action = self[signal]
        if action.isIgnoring { return true }
        guard action.isDefault else { return false }
        return switch signal.defaultAction {
        case .ignore, .continue: true
        case .terminate, .stop: false
        }
    }
    /// Drops all signals that wait for the process.
    func dropAll() {
        pending.remove(SignalSet(rawValue: .max))
        parked.remove(SignalSet(rawValue: .max))
    }
    /// Drops signals of the process and of every thread.
    func drop(_ signals: SignalSet) {
        pending.remove(signals)
        forEach {
            $0.pendingOfThread.remove(signals)
            $0.update()
        }
    }

    // MARK: Sending

    /// Sends a signal to the process. EAGAIN where too many real-time signals wait, ENOMEM.
    package func post(
        _ signal: Signal, _ information: SignalInformation, limit: Int
    ) throws(Errno) {
        settle(signal)
        if isDropped(signal) { return }
        try pending.add(signal, information, limit: limit)
        arrived(signal)
    }
    private func isDropped(_ signal: Signal) -> Bool {
        first?.isDropped(signal) ?? isIgnored(signal)
    }
    /// Sends a timer's own signal, unless it waits already; returns whether it waits now. An ignored
    /// one does if it is to be parked: it then comes when it is ignored no more.
    func post(_ signal: Signal, _ queued: QueuedSignal, parksIfIgnored: Bool) -> Bool {
        if isDropped(signal) {
            guard parksIfIgnored else { return false }
            parked.add(signal, queued)
            return true
        }
        pending.add(signal, queued)
        arrived(signal)
        return true
    }
    /// What a signal changes by being sent.
    func settle(_ signal: Signal) {
        if signal == .continue || signal == .kill { resume() }
        if signal == .kill { forEach { $0.tracee?.noticeKill() } }
        if signal == .continue {
            forEach { $0.tracee?.processChanged() }
            drop(.stopping)
        } else if SignalSet.stopping.contains(signal) {
            drop(SignalSet(.continue))
        }
    }
    private func arrived(_ signal: Signal) {
        retarget(SignalSet(signal))
        arrivals.wake([.readable])
    }
    /// Takes a timer's signal back, wherever it waits.
    func takeBack(_ queued: QueuedSignal) {
        pending.remove(queued)
        parked.remove(queued)
        forEach {
            $0.pendingOfThread.remove(queued)
            $0.update()
        }
    }
    private func sendParked(_ signal: Signal) {
        var isAny = false
        while let queued = parked.takeQueued(signal) {
            pending.add(signal, queued)
            isAny = true
        }
        if isAny { arrived(signal) }
    }

    // MARK: Stopping

    /// Stops the process until it is continued; the first process stops the machine's process on the host
    /// as well. Whether it is stopped now.
    func stop(_ signal: Signal) -> Bool {
        guard let process, process.end == nil else { return false }
        isStopped = true
        stopSignal = signal
        stopCount += 1
        if process.isFirst, Process.tellStop(signal) != .told {
            isStopped = false
            stopSignal = nil
            Log.line(.warning) {
                $0.append("stopping the program is not supported here: ")
                $0.append(signal.name)
                $0.append(" is ignored")
            }
            return false
        }
        forEach {
            $0.leaveProgram()
            $0.tracee?.processChanged()
        }
        hasContinueReport = false
        // A tracer is told by the threads themselves.
        if let parent = process.parent, process.isTraced(by: parent) { return true }
        stopReport = signal
        process.tellParent(.stopped(signal))
        return true
    }
    /// Keeps the running thread from its program while the process is stopped. A traced one stops for its
    /// tracer, who may let it go on.
    func waitForContinuation(_ frame: ProgramFrame) {
        while isStopped {
            let signals = Signals.current
            if let tracee = signals?.tracee {
                guard tracee.hasToStopWithProcess else { return }
                tracee.stopWithProcess(frame)
                continue
            }
            _ = Wait.until(interruptible: .never, on: .queue(continuation)) {
                !self.isStopped || signals?.tracee != nil
            }
            if Thread.current?.isEnding == true { return }
        }
    }
    /// Lets stopped threads look whether they are traced.
    func lookAgain() { continuation.wake() }
    /// Lets a stopped process go on.
    package func resume() {
        guard isStopped else { return }
        isStopped = false
        stopSignal = nil
        stopReport = nil
        continuation.wake()
        guard let process, process.end == nil else { return }
        if let parent = process.parent, process.isTraced(by: parent) { return }
        hasContinueReport = true
        process.tellParent(.continued)
    }
}

extension SharedSignals: SignalSource {
    /// What the running thread could take.
    package var waiting: SignalSet {
        pending.set.union(Signals.current?.pendingOfThread.set ?? [])
    }
    package func take(of wanted: SignalSet) -> SignalInformation? {
        let others = SignalSet(rawValue: ~wanted.rawValue)
        return Signals.current?.take(except: others) ?? pending.takeFirst(except: others)
    }
}
