package import Base
package import Hardware
package import LinuxABI
internal import Memory
internal import NucleusInterface
internal import Trace

/// Entry points for the kernel: faults of the program, and signals on the way back to it.
package enum Processes {
    /// Turns an exception of the program into memory or into a signal.
    ///
    /// `faultAddress` is that of an access to memory. The kernel calls `deliverPendingSignals` afterwards.
    @export(interface)
    package static func handleException(frame: ProgramFrame, faultAddress: VirtualAddress) {
        if frame.emulateInstruction({ try? ProgramMemory.load(UInt32.self, at: $0) }) { return }
        guard let fault = frame.fault(at: faultAddress) else { return }
        let process = Process.current
        guard let (signal, information) = signal(for: fault, at: frame.instruction, process) else {
            return
        }
        let signals = ProgramThread.current.signals
        signals.fault = frame.faultRecord(at: faultAddress, after: signals.fault)
        signals.force(signal, information)
    }

    /// Makes a program's page that the library OS touched accessible, as the program's own access
    /// would have; whether it is now.
    @export(interface)
    package static func resolveNestedFault(
        frame: ProgramFrame, faultAddress: VirtualAddress
    ) -> Bool {
        guard Process.hasCurrent, ProgramMemory.contains(faultAddress, count: 1) else {
            return false
        }
        let process = Process.current
        let outcome = process.addressSpace.resolveFault(at: faultAddress, access: frame.access)
        // The call ends with EFAULT, which nobody sees any more.
        if outcome == .outOfMemory { process.killForMemory(at: faultAddress) }
        return outcome == .resolved
    }

    /// Ends a jump into the page of fixed calls that is none of them, or a call whose pointers are bad:
    /// SIGSEGV, of which the fault that led here tells nothing.
    @export(interface)
    package static func refuseFixedCall() {
        ProgramThread.current.signals.force(
            .segmentationViolation, SignalInformation(.segmentationViolation, .kernel))
    }

    /// Delivers signals, by changing the program's registers and stack; to be called before each
    /// return to the program. Where a signal ends the process, its threads are ending afterwards.
    @export(interface)
    package static func deliverPendingSignals(frame: ProgramFrame) {
        let signals = ProgramThread.current.signals
        defer { signals.tracee?.keepStepping(frame) }
        signals.shared.waitForContinuation(frame)
        if let signal = signals.deliver(to: frame) {
            let process = Process.current
            process.dumpCore(frame, signal, signals.fatal ?? SignalInformation(signal, .kernel))
            process.terminate(.killed(signal))
        }
    }

    /// Moves a program that was interrupted in a restartable sequence to its abort address, before it
    /// runs again behind others (rseq(2)).
    @export(interface)
    package static func wasPreempted(frame: ProgramFrame) {
        let signals = ProgramThread.current.signals
        guard let sequence = signals.sequence, !frame.isInSystemCall else { return }
        do throws(Errno) {
            try sequence.abort(frame)
        } catch {
            signals.force(
                .segmentationViolation, SignalInformation(.segmentationViolation, .kernel))
        }
    }

    /// Tells a program by its restartable sequence's area on which CPU it runs, where that changed.
    @export(interface)
    package static func arrived() {
        let signals = ProgramThread.current.signals
        guard signals.sequence != nil, signals.sequenceProcessor != CPU.number else { return }
        signals.sequenceProcessor = CPU.number
        do throws(Errno) {
            try signals.sequence?.store(processor: UInt32(CPU.number))
        } catch {
            signals.force(
                .segmentationViolation, SignalInformation(.segmentationViolation, .kernel))
        }
    }

    /// Sends a signal from outside the program, such as Ctrl-C's SIGINT from the console.
    package static func post(
        _ signal: Signal, to process: Process, _ information: SignalInformation
    ) {
        do throws(Errno) {
            try process.post(signal, information)
        } catch {
            Log.warning("no room for a signal")
        }
    }

    /// Sends a signal of the library OS's own to every process of a group.
    package static func post(_ signal: Signal, toGroup group: Int32) {
        ProcessTable.forEach {
            guard $0.group == group, $0.end == nil else { return }
            post(signal, to: $0, SignalInformation(signal, .kernel))
        }
    }

    /// Which signal a fault at an instruction is, with its information; `nil` where the page is
    /// there now.
    private static func signal(
        for fault: ProgramFault, at instruction: VirtualAddress, _ process: Process
    ) -> (Signal, SignalInformation)? {
        func at(
            _ signal: Signal, _ code: SignalCode, _ address: VirtualAddress? = instruction
        ) -> (Signal, SignalInformation) {
            guard let address else { return (signal, SignalInformation(signal, .kernel)) }
            return (signal, SignalInformation(signal, code, address: address))
        }
        switch fault {
        case .access(let access, let address):
            switch process.addressSpace.resolveFault(at: address, access: access) {
            case .resolved: return nil
            case .outOfMemory:
                process.killForMemory(at: address)
                return nil
            case .notMapped: return at(.segmentationViolation, .notMapped, address)
            case .notPermitted: return at(.segmentationViolation, .notPermitted, address)
            case .beyondObject: return at(.bus, .beyondObject, address)
            }
        case .illegalInstruction(.instruction): return at(.illegalInstruction, .illegalOpcode)
        case .illegalInstruction(.operand): return at(.illegalInstruction, .illegalOperand)
        case .breakpoint(let address): return at(.trap, .breakpoint, address)
        case .hardwareBreakpoint(let address): return at(.trap, .hardwareBreakpoint, address)
        case .step: return at(.trap, .trace)
        case .alignment(let address): return at(.bus, .badAlignment, address)
        case .integerDivision: return at(.floatingPoint, .integerDivision)
        case .floatingPoint(let error?): return at(.floatingPoint, code(error))
        case .floatingPoint(nil): return at(.floatingPoint, .kernel, nil)
        case .bus(let address): return at(.bus, .objectError, address)
        case .violation: return at(.segmentationViolation, .kernel, nil)
        }
    }
    private static func code(_ error: ProgramFault.FloatError) -> SignalCode {
        switch error {
        case .invalid: .floatInvalid
        case .division: .floatDivision
        case .overflow: .floatOverflow
        case .underflow: .floatUnderflow
        case .inexact: .floatInexact
        case .unknown: .floatUnknown
        }
    }
}

extension Process {
    /// Sends a signal to this process, or to one of its threads alone. EAGAIN, ENOMEM.
    package func post(
        _ signal: Signal, _ information: SignalInformation, toThread thread: ProgramThread? = nil
    ) throws(Errno) {
        let limit = Int(truncatingIfNeeded: min(limits[.pendingSignals].soft, 1 << 24))
        guard let thread else {
            return try signals.post(signal, information, limit: limit)
        }
        try thread.signals.post(signal, information, to: .thread, limit: limit)
    }
}
