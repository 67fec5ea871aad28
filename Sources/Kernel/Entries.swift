internal import Base
internal import Hardware
internal import Insight
internal import Memory
internal import NucleusInterface
internal import Processes
internal import Scheduler
internal import SystemCalls
internal import Trace

// The library OS's entry points: what the ring-3 entry code calls, masked, on a library-OS stack.

/// A system call of the program by the `syscall` instruction.
@c func library_system_call(_ frame: UInt) {
    let frame = CPU.area.programFrame
    KernelLock.acquire()
    // Before anything lets another thread have the CPU.
    restoreStepping(of: frame)
    Process.current.callSites.arrive(frame)
    let isToBeMade = Processes.beginCall(frame: frame)
    KernelLock.release()
    // Handlers take the lock that need it.
    if isToBeMade { SystemCalls.dispatch(frame: frame) }
    KernelLock.acquire()
    Processes.endCall(frame: frame)
    prepareReturn(to: frame)
    KernelLock.release()
}

/// A system call from a site that was made a jump, when the call has been made and left more to be
/// done than a return (`CPU.hasReturnWork`).
@c func library_return_work(_ frame: UInt) {
    KernelLock.acquire()
    prepareReturn(to: CPU.frame(at: frame))
    KernelLock.release()
}

/// A device vector while the program ran, or one that was pending on the way back to it.
@c func library_interrupt(_ frame: UInt) {
    // Another CPU may have the lock and wait for this one's translations.
    Processors.serve()
    KernelLock.acquire()
    let frame = CPU.area.programFrame
    // Caught at the entry's first instruction, before masked was set: `syscall` happens again.
    CPU.rollBackSystemCall(frame)
    _ = Process.current.callSites.restore(frame)
    prepareReturn(to: frame)
    KernelLock.release()
}

/// An exception of the program.
@c func library_exception(_ frame: UInt, _ faultAddress: UInt) {
    KernelLock.acquire()
    defer { KernelLock.release() }
    let frame = CPU.area.programFrame
    CPU.rollBackSystemCall(frame)
    if Process.current.callSites.restore(frame) == .springboard {
        // The program single-steps over a site that is a jump itself. As behind a `syscall`, the
        // next stop is behind the instruction that follows.
        frame.enterSystemCall()
        KernelLock.release()
        SystemCalls.dispatch(frame: frame)
        KernelLock.acquire()
        return prepareReturn(to: frame)
    }
    let address = VirtualAddress(rawValue: UInt64(faultAddress))
    switch FixedCall.fault(of: frame, at: address) {
    case .elsewhere: Processes.handleException(frame: frame, faultAddress: address)
    case .noFunction: Processes.refuseFixedCall()
    case .call(let number):
        KernelLock.release()
        SystemCalls.makeFixedCall(number, frame: frame)
        KernelLock.acquire()
    }
    prepareReturn(to: frame)
}

/// An exception of the library OS: a probe, a stepped entry, a program's page; else the end.
@c func library_nested_exception(_ frame: UInt, _ faultAddress: UInt) {
    let frame = CPU.frame(at: frame)
    let address = VirtualAddress(rawValue: UInt64(faultAddress))
    if CPU.answerProbe(frame) || CPU.stopStepping(frame) { return }
    if CPU.answerExecutionProbe(frame) { return }
    if CPU.isPageFault(frame) {
        if Processes.resolveNestedFault(frame: frame, faultAddress: address) { return }
        if let continuation = FaultTable.continuation(of: frame.instruction) {
            frame.instruction = continuation
            return
        }
    }
    Crash.end(frame, faultAddress: address)
}

/// A further CPU, on a stack of its own: it runs threads, unless a test started it.
@c func library_processor_started(_ argument: UInt) {
    CPU.startGate()
    if argument != UInt(Processors.schedulingArgument) {
        SelfTest.processorStarted(UInt64(argument))
        while true { CPU.wait() }
    }
    KernelLock.acquire()
    LocalTimer.start()
    Log.line(.debug) {
        $0.append("CPU ")
        $0.append(UInt64(CPU.number))
        $0.append(" runs")
    }
    Scheduler.runProcessor()
}

/// A new thread, on its own library-OS stack.
@c func library_thread_started() {
    Threads.arrive()
    prepareReturn(to: CPU.area.programFrame)
    KernelLock.release()
    CPU.enterProgram()
}

/// What CPU 0 runs where its last thread has to leave it.
@c func library_idle_started() { Scheduler.idleForEver() }

/// What every return to the program does: devices and timers that ask for it, then other threads whose
/// turn it is, then signals.
private func prepareReturn(to frame: ProgramFrame) {
    CPU.hasReturnWork = false
    endIfDue(frame)
    restoreStepping(of: frame)
    if Interrupts.handlePending() {
        ProgramTimer.forget()
        Wait.poll()
    }
    if Scheduler.reschedule() { Processes.wasPreempted(frame: frame) }
    if Processors.startedCount > 1 { Processes.arrived() }
    Processes.deliverPendingSignals(frame: frame)
    endIfDue(frame)
    ProgramTimer.arm()
}

/// Puts the flag for single steps back that was taken out at the entry.
private func restoreStepping(of frame: ProgramFrame) {
    guard CPU.area.wasStepped else { return }
    CPU.area.wasStepped = false
    CPU.setStepping(frame)
}

/// Ends the running thread where it has to; returns otherwise.
private func endIfDue(_ frame: ProgramFrame) {
    guard Scheduler.isEnding() else { return }
    SystemCalls.endThread(frame: frame)
    Scheduler.end()
}
