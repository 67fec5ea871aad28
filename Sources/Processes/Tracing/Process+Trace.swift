internal import Base
package import Hardware
package import LinuxABI
internal import Scheduler

// Who traces whom (ptrace(2)).
extension ProgramThread {
    /// How it is traced, if it is.
    package var tracee: Tracee? { signals.tracee }

    /// Makes `tracer` trace this thread, which goes on until it stops for a reason. ENOMEM.
    package func beginTracing(
        by tracer: ProgramThread, isSeized: Bool, _ options: TraceOptions
    ) throws(Errno) {
        try admitObject()
        guard let tracee = Tracee(self, tracer: tracer, isSeized: isSeized, options) else {
            throw .outOfMemory
        }
        signals.tracee = tracee
        tracer.tracees.add(tracee)
        process.callSites.beginTracing()
        // Who is stopped already takes part in the stop anew.
        signals.shared.lookAgain()
    }
    /// Makes who traces this thread trace one that it made: it begins with a stop. ENOMEM.
    package func shareTracer(with new: ProgramThread) throws(Errno) {
        guard let tracee else { return }
        try new.beginTracing(
            by: tracee.tracer, isSeized: tracee.isSeized, tracee.options)
        if tracee.isSeized {
            new.tracee?.interrupt()
        } else {
            new.stopForTracer()
        }
    }
    /// Sends the SIGSTOP that PTRACE_ATTACH begins with.
    package func stopForTracer() {
        try? process.post(.stop, SignalInformation(.stop, .kernel), toThread: self)
    }
    /// Lets a traced thread go its own way, with a signal where it is stopped.
    package func endTracing(with signal: Signal?) {
        guard let tracee else { return }
        tracee.tracer.tracees.remove(tracee)
        signals.tracee = nil
        process.callSites.endTracing()
        if tracee.stop != nil { tracee.resume(.run, with: signal) }
        signals.shared.lookAgain()
    }

    /// Tells the tracer that the thread ended. Its process's first thread is there until the process ends.
    func endTracee() {
        tracees.forEach { $0.release() }
        guard let tracee else { return }
        signals.tracee = nil
        process.callSites.endTracing()
        let status = process.end?.waitStatus ?? Int32(self.status) << 8
        guard thread.identifier == process.identifier else {
            return tracee.ended(status: status, .now)
        }
        guard tracee.tracer.process !== process.parent else {
            // Its parent is told anyway.
            return tracee.tracer.tracees.remove(tracee)
        }
        tracee.ended(status: status, .withProcess)
        process.heldForTracer = tracee
    }
}

extension Tracee {
    /// Lets it go as its tracer ends, or kills it where that was asked for.
    fileprivate func release() {
        guard let thread else { return forget() }
        let kills = options.contains(.endsWithTracer)
        thread.endTracing(with: nil)
        guard kills else { return }
        Processes.post(.kill, to: process, SignalInformation(.kill, .kernel))
    }
    /// Forgets one that ended; its process's parent is told what is left to be told.
    private func forget() {
        tracer.tracees.remove(self)
        guard process.heldForTracer === self else { return }
        process.heldForTracer = nil
        if process.state == .zombie { process.tellParentOfEnd() }
    }

    /// What wait(2) can tell of it; a stop is told once.
    func take(_ options: ChildWait.Options) -> WaitedChild? {
        if let stop, isUntold {
            if !options.contains(.leave) { isUntold = false }
            let status = status(of: stop)
            return found(code: 4, status, status << 8 | 0x7f)
        }
        guard endStatus != nil, options.contains(.ended) else { return nil }
        let isHeld = process.heldForTracer === self
        guard !isHeld || process.state == .zombie else { return nil }
        let status = (isHeld ? process.end?.waitStatus : endStatus) ?? 0
        if !options.contains(.leave) { forget() }
        let isKilled = status & 0x7f != 0
        return found(
            code: isKilled ? 2 : 1, isKilled ? status & 0x7f : status >> 8, status)
    }
    private func found(code: Int32, _ told: Int32, _ status: Int32) -> WaitedChild {
        WaitedChild(
            process: identifier, status: status,
            information: SignalInformation(
                child: identifier, user: process.credentials.users.real, signal: .child,
                code: code, status: told, time: .zero),
            usage: process.usage)
    }
    /// Whether a wait is for it.
    func isMeant(by wait: ChildWait) -> Bool {
        switch wait.choice {
        case .any: true
        case .group(let group): process.group == group
        case .process(let identifier): self.identifier == identifier
        }
    }
}

extension Process {
    /// What can be told of threads that this process's trace, and whether there are any.
    func lookAtTracees(
        _ wait: ChildWait, _ thread: ProgramThread
    ) -> (found: WaitedChild?, hasAny: Bool) {
        var found: WaitedChild?
        var hasAny = false
        forEachThread { tracer in
            if wait.options.contains(.ofThread), tracer !== thread { return }
            tracer.tracees.forEach { tracee in
                guard found == nil, tracee.isMeant(by: wait) else { return }
                hasAny = true
                found = tracee.take(wait.options)
            }
        }
        return (found, hasAny)
    }
    /// Whether a program that it runs gets its file's privileges: not under the eyes of who has none
    /// (CAP_SYS_PTRACE; security/commoncap.c, LSM_UNSAFE_PTRACE).
    var privilegeGain: ProcessCredentials.PrivilegeGain {
        var gain = ProcessCredentials.PrivilegeGain.allowed
        forEachThread {
            guard let tracer = $0.tracee?.tracer else { return }
            if !tracer.process.credentials.has(.tracing) { gain = .refused }
        }
        return gain
    }
    /// Whether `other` traces its first thread.
    func isTraced(by other: Process) -> Bool { leader?.tracee?.tracer.process === other }
}

extension Processes {
    /// Lets a traced program stop before a system call; whether the call is still to be made.
    @export(interface)
    package static func beginCall(frame: ProgramFrame) -> Bool {
        ProgramThread.current.tracee?.beginCall(frame) ?? true
    }
    /// Lets it stop behind a call.
    @export(interface)
    package static func endCall(frame: ProgramFrame) {
        ProgramThread.current.tracee?.endCall(frame)
    }
}
