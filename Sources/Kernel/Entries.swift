internal import Base
internal import Hardware
internal import Insight
internal import Memory
internal import Processes
internal import Scheduler
internal import SystemCalls

// The library OS's entry points: what the ring-3 entry code calls, masked, on a library-OS stack.

/// A system call of the program by the `syscall` instruction.
@c func library_system_call(_ frame: UInt) {
    let frame = CPU.area.programFrame
    Process.current.callSites.arrive(frame)
    SystemCalls.dispatch(frame: frame)
    prepareReturn(to: frame)
}

/// A system call from a site that was made a jump, when the call has been made and left more to be
/// done than a return (`CPU.hasReturnWork`).
@c func library_return_work(_ frame: UInt) {
    prepareReturn(to: CPU.frame(at: frame))
}

/// A device vector while the program ran, or one that was pending on the way back to it.
@c func library_interrupt(_ frame: UInt) {
    let frame = CPU.area.programFrame
    // Caught at the entry's first instruction, before masked was set: `syscall` happens again.
    CPU.rollBackSystemCall(frame)
    _ = Process.current.callSites.restore(frame)
    prepareReturn(to: frame)
}

/// An exception of the program.
@c func library_exception(_ frame: UInt, _ faultAddress: UInt) {
    let frame = CPU.area.programFrame
    CPU.rollBackSystemCall(frame)
    if Process.current.callSites.restore(frame) == .springboard {
        // The program single-steps over a site that is a jump itself. As behind a `syscall`, the
        // next stop is behind the instruction that follows.
        frame.enterSystemCall()
        SystemCalls.dispatch(frame: frame)
        return prepareReturn(to: frame)
    }
    Processes.handleException(
        frame: frame, faultAddress: VirtualAddress(rawValue: UInt64(faultAddress)))
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

/// A further CPU, on a stack of its own; it goes no further than the test that started it.
@c func library_processor_started(_ argument: UInt) {
    SelfTest.processorStarted(UInt64(argument))
    while true { CPU.wait() }
}

/// A new thread, on its own library-OS stack.
@c func library_thread_started() {
    Threads.arrive()
    prepareReturn(to: CPU.area.programFrame)
    CPU.enterProgram()
}

/// What every return to the program does: devices and timers that ask for it, then other threads whose
/// turn it is, then signals.
private func prepareReturn(to frame: ProgramFrame) {
    CPU.hasReturnWork = false
    if Thread.current?.isEnding == true { Scheduler.end() }
    if CPU.area.wasStepped {
        CPU.area.wasStepped = false
        CPU.setStepping(frame)
    }
    if Interrupts.handlePending() {
        ProgramTimer.forget()
        Wait.poll()
    }
    if Scheduler.reschedule() { Processes.wasPreempted(frame: frame) }
    Processes.deliverPendingSignals(frame: frame)
    ProgramTimer.arm()
}
