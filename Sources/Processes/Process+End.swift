internal import Base
internal import Files
package import LinuxABI
internal import Memory
internal import Scheduler

/// How a process ended.
package enum ProcessEnd: Equatable, Sendable {
    /// exit(2) with the status that wait(2) would see, 0...255.
    case exited(status: UInt8)
    /// Killed by a signal.
    case killed(Signal)

    /// As wait(2) stores it.
    package var waitStatus: Int32 {
        switch self {
        case .exited(let status): Int32(status) << 8
        case .killed(let signal): Int32(signal.rawValue)
        }
    }
}

extension Process {
    // Set once by boot.
    private static let onEnd = Global<((ProcessEnd) -> Never)?>(nil)

    /// Declares what ends the machine when its first process ends.
    package static func setEnd(_ end: @escaping (ProcessEnd) -> Never) { onEnd.value = end }

    /// Ends the machine, as its first process ends.
    package static func endMachine(_ end: ProcessEnd) -> Never {
        guard let onEnd = onEnd.value else { fatalError("the process ended too early") }
        onEnd(end)
    }

    // MARK: Threads that end

    /// Lets the process end: each of its threads does when it comes by its way back to the program. The
    /// first process's end is the machine's, at once.
    package func terminate(_ end: ProcessEnd) {
        if isFirst { Self.endMachine(end) }
        guard self.end == nil else { return }
        self.end = end
        signals.resume()
        endThreads(but: nil)
    }
    /// Lets all threads end but one.
    func endThreads(but kept: ProgramThread?) {
        forEachThread { if $0 !== kept { $0.thread.isEnding = true } }
    }

    /// Takes the running thread away, which ends; with the last one the process ends. The caller makes it
    /// leave the CPU, and does nothing in the process's memory any more.
    package func leave(_ thread: ProgramThread) {
        let isLast = threads.count == 1
        if thread.thread.identifier == identifier { statusOfFirst = thread.status }
        if isLast, end == nil {
            // As each thread ended by itself, the first one's status counts (wait(2)).
            if isFirst { Self.endMachine(.exited(status: statusOfFirst)) }
            end = .exited(status: statusOfFirst)
        }
        if thread === leader { nameAtEnd = thread.name }
        thread.endTracee()
        threads.remove(thread)
        ProcessTable.remove(thread)
        usedByThreads.time = usedByThreads.time + thread.thread.processorTime
        usedByThreads.switches = usedByThreads.switches + thread.thread.switches
        thread.signals.end()
        thread.task?.end()
        thread.task?.disappear()
        tellChildrenOfDeath(of: thread)
        guard isLast else { return changes.wake() }
        finish()
    }

    /// Gives back what a process has when its last thread ended, and tells its parent.
    private func finish() {
        stopTimers()
        usedByThreads.faults += addressSpace.faultCount
        usedByThreads.peakPages = max(memory.peakBefore, addressSpace.peakResidentPages)
        memory.leave()
        IPC.processEnded(self)
        descriptors.leave { $0.release() }
        if leadsSession { JobControl.leaderEnded(self) }
        reparentChildren()
        signals.dropAll()
        // From here on it can be waited for.
        state = .zombie
        changes.wake()
        task?.end()
        signals.process = nil
        guard let heldForTracer, let end else { return tellParentOfEnd() }
        heldForTracer.tellEnd(end.waitStatus)
    }
    /// Sends children the signal that they asked for when the thread that made them ends (PR_SET_PDEATHSIG).
    private func tellChildrenOfDeath(of thread: ProgramThread) {
        var child = firstChild
        while let current = child {
            child = current.nextSibling
            guard current.state == .running, current.makerIdentifier == thread.thread.identifier,
                let signal = Signal(rawValue: current.attributes.parentDeathSignal)
            else { continue }
            let information = SignalInformation(
                signal, .user, process: identifier, user: credentials.users.real)
            Processes.post(signal, to: current, information)
        }
    }
    /// Gives children to the nearest ancestor that takes them, or to the first process.
    private func reparentChildren() {
        guard firstChild != nil else { return }
        let heir = nearestSubreaper
        while let child = firstChild {
            disown(child)
            child.endSignal = Int32(Signal.child.rawValue)
            child.makerIdentifier = heir.threads.first?.thread.identifier ?? heir.identifier
            heir.adopt(child)
            if child.state == .zombie, child.heldForTracer == nil { child.tellParentOfEnd() }
            // Its group may have lost the last one that could continue it.
            child.hangUpGroupIfOrphaned(by: self)
        }
    }
    private var nearestSubreaper: Process {
        var ancestor = parent
        while let current = ancestor {
            if current.attributes.isSubreaper, current.end == nil, current.state == .running {
                return current
            }
            ancestor = current.parent
        }
        guard let first = Self.first else { fatalError("no first process") }
        return first
    }

    /// Tells the parent that the process ended; one that does not want to wait has it gone at once.
    func tellParentOfEnd() {
        guard let parent else { return disappear() }
        hangUpGroupIfOrphaned(by: parent)
        let isUnwanted: Bool
        if endSignal == Int32(Signal.child.rawValue) {
            let action = parent.signals[.child]
            isUnwanted = action.isIgnoring || action.flags.contains(.noChildWait)
        } else {
            isUnwanted = false
        }
        if let signal = Signal(rawValue: endSignal),
            !(isUnwanted && parent.signals[.child].isIgnoring)
        {
            Processes.post(signal, to: parent, information(.ended(end), signal))
        }
        if isUnwanted { disappear() }
        parent.childChanges.wake()
    }
    /// Where a stopped process group has nobody left outside it who could continue it, as one just ended:
    /// SIGHUP and SIGCONT (setpgid(2); kernel/exit.c, kill_orphaned_pgrp).
    private func hangUpGroupIfOrphaned(by parent: Process) {
        let (group, session) = (group, session)
        guard parent.group != group, parent.session == session else { return }
        let hasStopped = ProcessTable.contains { $0.group == group && $0.signals.isStopped }
        guard hasStopped, isGroupOrphaned else { return }
        Processes.post(.hangUp, toGroup: group)
        Processes.post(.continue, toGroup: group)
    }
    /// Takes an ended process out of everything, as its parent knows of it.
    func disappear() {
        guard state != .gone else { return }
        state = .gone
        parent?.disown(self)
        parent = nil
        terminal = nil
        signals.process = nil
        task?.disappear()
        ProcessTable.remove(self)
    }

    // MARK: What parents are told

    /// What becomes of a child.
    package enum ChildChange: Sendable {
        case ended(ProcessEnd?)
        case stopped(Signal)
        case continued
    }
    /// Tells the parent of a stop or of its end, if it wants to know.
    func tellParent(_ change: ChildChange) {
        guard let parent, parent.end == nil else { return }
        let action = parent.signals[.child]
        if !action.isIgnoring, !action.flags.contains(.noChildStop) {
            Processes.post(.child, to: parent, information(change, .child))
        }
        parent.childChanges.wake()
    }
    /// What comes with SIGCHLD, and what waitid(2) tells.
    package func information(_ change: ChildChange, _ signal: Signal) -> SignalInformation {
        let (code, status): (Int32, Int32) =
            switch change {
            case .ended(.exited(let status)?): (1, Int32(status))
            case .ended(.killed(let signal)?): (2, Int32(signal.rawValue))
            case .ended(nil): (1, 0)
            case .stopped(let signal): (5, Int32(signal.rawValue))
            case .continued: (6, Int32(Signal.continue.rawValue))
            }
        return SignalInformation(
            child: identifier, user: credentials.users.real, signal: signal, code: code,
            status: status, time: usage.time)
    }
}

/// What became of a stop.
package enum StopAnswer: Sendable {
    /// The host knows and says when to go on.
    case told
    /// Nobody could let the program go on.
    case impossible
}

extension Process {
    // Set once by boot.
    private static let onStop = Global<((Signal) -> StopAnswer)?>(nil)

    /// Declares who is told when a signal stops the first process.
    package static func setStop(_ stop: @escaping (Signal) -> StopAnswer) { onStop.value = stop }

    static func tellStop(_ signal: Signal) -> StopAnswer { onStop.value?(signal) ?? .impossible }
}
