internal import Base
package import Hardware
package import LinuxABI
internal import Scheduler

/// Why a traced thread stopped (ptrace(2), "Stopped states").
package enum TraceStop: Equatable, Sendable {
    /// A signal is about to be delivered.
    case signal(Signal)
    /// Its process was stopped.
    case group(Signal)
    /// At the entry into a system call, or at the way out.
    case callEntry
    case callExit
    case event(TraceEvent, Signal)
}

/// How a stopped thread goes on.
package enum Resumption: Sendable {
    case run
    /// To the next entry into a system call, or exit from one.
    case toCall
    /// For one instruction.
    case step
}

/// A thread that another one traces (ptrace(2)).
///
/// It stops by itself, on its way into or out of the library OS, where its registers are whole: it writes
/// them down, tells its tracer and waits. The tracer reads and changes what was written.
package final class Tracee {
    /// `nil` when that ended: only its end is left to be told.
    package private(set) var thread: ProgramThread?
    package let process: Process
    package let tracer: ProgramThread
    /// By PTRACE_SEIZE, or made by one that was.
    package let isSeized: Bool
    package var options: TraceOptions
    package let registers: TracedRegisters
    /// Its stop; `nil` while it runs.
    package private(set) var stop: TraceStop?
    /// Whether wait(2) has still to tell of the stop.
    var isUntold = false
    /// Whether the stop of its process is all that keeps it (PTRACE_LISTEN): it counts as running.
    package private(set) var isListening = false
    /// PTRACE_GETEVENTMSG
    package private(set) var message: UInt64 = 0
    /// What comes with the stop: PTRACE_GETSIGINFO.
    package var information: SignalInformation?
    private(set) var resumption = Resumption.run
    /// The signal that its tracer let it go on with.
    private var resumingSignal: Signal?
    /// Whether it has to stop for PTRACE_INTERRUPT, or to tell that its process goes on.
    private(set) var wantsStop = false
    /// Which stop of its process it took part in last.
    private var toldStop = 0
    /// Whether the flag for single steps is its tracer's.
    private var isStepped = false
    private let changes = WaitQueue()
    private let identifierAtStart: Int32
    /// With what a thread ended, as wait(2) stores it.
    private(set) var endStatus: Int32?
    /// Its place among its tracer's.
    fileprivate(set) var next: Tracee?

    /// `nil` without memory.
    init?(
        _ thread: ProgramThread, tracer: ProgramThread, isSeized: Bool, _ options: TraceOptions
    ) {
        guard let registers = TracedRegisters() else { return nil }
        self.registers = registers
        self.thread = thread
        process = thread.process
        self.tracer = tracer
        self.isSeized = isSeized
        self.options = options
        identifierAtStart = thread.thread.identifier
    }

    package var identifier: Int32 { thread?.thread.identifier ?? identifierAtStart }
    /// Whether the tracer can ask for what needs a stopped thread.
    package var isStopped: Bool { stop != nil && !isListening }
    private var isKilled: Bool { thread?.signals.pending.contains(SignalSet(.kill)) ?? true }

    // MARK: Stopping

    /// Stops the thread, which is the running one, until its tracer or a deadly signal lets it go on.
    /// Returns the signal to go on with.
    @discardableResult
    func stop(
        _ stop: TraceStop, _ information: SignalInformation?, _ frame: ProgramFrame
    ) -> Signal? {
        guard let thread, !thread.thread.isEnding, !isKilled else { return nil }
        // A program may also step by itself.
        if isStepped { frame.isStepping = false }
        isStepped = false
        registers.save(frame)
        begin(stop, information)
        _ = Wait.until(interruptible: .never, on: .queue(changes)) {
            self.stop == nil || self.isKilled
        }
        if self.stop != nil {
            resumption = .run
            resumingSignal = nil
            self.stop = nil
        }
        isUntold = false
        isListening = false
        registers.load(into: frame)
        if resumption == .step, !frame.isStepping {
            frame.isStepping = true
            isStepped = true
        }
        return resumingSignal
    }
    private func begin(_ stop: TraceStop, _ information: SignalInformation?) {
        self.stop = stop
        self.information = information ?? self.information(of: stop)
        isUntold = true
        isListening = false
        tellTracer(stop)
    }
    /// Steps again where an interrupt came before the step did.
    func keepStepping(_ frame: ProgramFrame) {
        if isStepped { frame.isStepping = true }
    }
    /// What PTRACE_GETSIGINFO tells of a stop that no signal's information came with (ptrace_do_notify).
    private func information(of stop: TraceStop) -> SignalInformation? {
        if case .group = stop { return nil }
        let status = status(of: stop)
        guard let signal = Signal(rawValue: status & 0x7f) else { return nil }
        return SignalInformation(
            signal, SignalCode(rawValue: status), process: identifier,
            user: process.credentials.users.real)
    }
    /// A stop as wait(2) stores it in the bits from 8 on.
    func status(of stop: TraceStop) -> Int32 {
        switch stop {
        case .signal(let signal), .group(let signal): signal.rawValue
        case .callEntry, .callExit:
            Signal.trap.rawValue | (options.contains(.marksCalls) ? 0x80 : 0)
        case .event(let event, let signal):
            signal.rawValue | Int32(truncatingIfNeeded: event.rawValue << 8)
        }
    }
    private func tellTracer(_ stop: TraceStop) {
        let isGroup = if case .group = stop { true } else { false }
        tellTracer(code: isGroup ? 5 : 4, status: status(of: stop) & 0x7f)
    }
    /// CLD_TRAPPED, CLD_STOPPED and the like (do_notify_parent_cldstop).
    private func tellTracer(code: Int32, status: Int32) {
        let parent = tracer.process
        guard parent.end == nil else { return }
        let action = parent.signals[.child]
        if !action.isIgnoring, !action.flags.contains(.noChildStop) {
            let information = SignalInformation(
                child: identifier, user: process.credentials.users.real, signal: .child,
                code: code, status: status, time: .zero)
            Processes.post(.child, to: parent, information)
        }
        parent.childChanges.wake()
    }

    /// Lets the stopped thread go on.
    package func resume(_ resumption: Resumption, with signal: Signal?) {
        self.resumption = resumption
        resumingSignal = signal
        stop = nil
        changes.wake()
    }
    /// Lets it look whether it was killed.
    func noticeKill() { changes.wake() }

    // MARK: Stops of its process

    /// PTRACE_INTERRUPT: it stops as soon as it can, once more where it is stopped.
    package func interrupt() {
        if isListening {
            wantsStop = false
            return trapAgain()
        }
        wantsStop = true
        thread?.signals.update()
        thread?.signals.leaveProgram()
    }
    /// PTRACE_LISTEN: it stays stopped with its process, and counts as running. False where its stop is no
    /// such.
    package func listen() -> Bool {
        guard isSeized, case .event(.stop, _) = stop else { return false }
        isListening = true
        isUntold = false
        // What came meanwhile.
        if wantsStop { interrupt() }
        return true
    }
    /// Tells the tracer that its process's stop began or ended, where it was seized.
    func processChanged() {
        if isSeized { interrupt() }
    }
    private func trapAgain() { begin(.event(.stop, stopSignal), nil) }
    private var stopSignal: Signal { process.signals.stopSignal ?? .trap }
    /// Stops where that was asked for.
    func stopIfWanted(_ frame: ProgramFrame) {
        guard wantsStop else { return }
        wantsStop = false
        toldStop = process.signals.stopCount
        stop(.event(.stop, stopSignal), nil, frame)
        thread?.signals.update()
    }
    /// Whether the present stop of its process is still to be told of.
    var hasToStopWithProcess: Bool { toldStop != process.signals.stopCount }
    /// Takes part in the stop of its process.
    func stopWithProcess(_ frame: ProgramFrame) {
        toldStop = process.signals.stopCount
        wantsStop = false
        let signal = stopSignal
        stop(isSeized ? .event(.stop, signal) : .group(signal), nil, frame)
    }

    // MARK: Events

    /// Stops for an event where its tracer asked for it; `message` is what PTRACE_GETEVENTMSG tells.
    package func stop(for event: TraceEvent, message: UInt64, _ frame: ProgramFrame) {
        guard options.contains(.event(event)) else { return }
        self.message = message
        stop(.event(event, .trap), nil, frame)
    }
    /// Stops before the thread ends.
    package func stopAtExit(_ frame: ProgramFrame) {
        guard let thread, options.contains(.event(.exit)) else { return }
        let status = process.end?.waitStatus ?? Int32(thread.status) << 8
        // It waits once more.
        thread.thread.isEnding = false
        stop(for: .exit, message: UInt64(UInt32(bitPattern: status)), frame)
        thread.thread.isEnding = true
    }
    /// Stops behind execve(2): by the event, or by a signal as of old.
    package func stopAfterExecute(former: Int32, _ frame: ProgramFrame) {
        guard !options.contains(.event(.execute)) else {
            return stop(for: .execute, message: UInt64(former), frame)
        }
        guard !isSeized else { return }
        let information = SignalInformation(
            .trap, .user, process: identifier, user: process.credentials.users.real)
        try? process.post(.trap, information, toThread: thread)
    }

    // MARK: System calls

    /// Stops before a call is made; whether it still is to be.
    func beginCall(_ frame: ProgramFrame) -> Bool {
        guard resumption == .toCall else { return true }
        frame.showCall(result: -Int(Errno.notImplemented.rawValue))
        let signal = stop(.callEntry, nil, frame)
        frame.takeCall()
        postResuming(signal)
        guard thread?.thread.isEnding == false, !isKilled else { return false }
        guard frame.isInSystemCall else {
            frame.forgetSystemCall()
            return false
        }
        return true
    }
    /// Stops when a call was made.
    func endCall(_ frame: ProgramFrame) {
        switch resumption {
        case .run: break
        case .toCall: postResuming(stop(.callExit, nil, frame))
        case .step:
            thread?.signals.force(
                .trap, SignalInformation(.trap, .trace, address: frame.instruction))
        }
    }
    /// A stop for a call takes no signal in the place of another: the one to go on with is sent.
    private func postResuming(_ signal: Signal?) {
        guard let signal, let thread else { return }
        let sender = tracer.process
        let information = SignalInformation(
            signal, .user, process: sender.identifier, user: sender.credentials.users.real)
        try? process.post(signal, information, toThread: thread)
    }
    /// Stops at a handler's first instruction, where each instruction is one step.
    func handlerBegins(_ frame: ProgramFrame) {
        guard resumption == .step else { return }
        stop(.signal(.trap), nil, frame)
    }

    // MARK: End

    /// The thread ended, as wait(2) stores it; its tracer is told, unless it is left to the process's end.
    func ended(status: Int32, _ telling: Telling) {
        endStatus = status
        thread = nil
        stop = nil
        if telling == .now { tellEnd(status) }
    }
    enum Telling {
        case now
        case withProcess
    }
    func tellEnd(_ status: Int32) {
        let isKilled = status & 0x7f != 0
        tellTracer(code: isKilled ? 2 : 1, status: isKilled ? status & 0x7f : status >> 8)
    }
}

/// The threads that a thread traces.
package struct Tracees: ~Copyable {
    package private(set) var first: Tracee?

    mutating func add(_ tracee: Tracee) {
        tracee.next = first
        first = tracee
    }
    mutating func remove(_ tracee: Tracee) {
        if first === tracee {
            first = tracee.next
        } else {
            var before = first
            while let current = before, current.next !== tracee { before = current.next }
            before?.next = tracee.next
        }
        tracee.next = nil
    }
    /// Calls `body` with each; it may remove the one that it gets.
    func forEach(_ body: (Tracee) -> Void) {
        var tracee = first
        while let current = tracee {
            tracee = current.next
            body(current)
        }
    }
}
