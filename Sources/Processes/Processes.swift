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
    /// `faultAddress` is CR2 of a page fault. The kernel calls `deliverPendingSignals` afterwards.
    @export(interface)
    package static func handleException(frame: ProgramFrame, faultAddress: VirtualAddress) {
        guard case .exception(let vector) = frame.cause else { return }
        let process = Process.current
        guard let (signal, information) = signal(for: vector, frame, faultAddress, process) else {
            return
        }
        process.signals.fault = FaultRecord(
            vector: UInt64(vector), error: reportedError(frame, vector, faultAddress),
            address: vector == ExceptionVector.pageFault.rawValue
                ? faultAddress.rawValue : process.signals.fault.address)
        process.signals.force(signal, information)
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
        return Process.current.addressSpace.resolveFault(
            at: faultAddress, access: access(of: frame)) == .resolved
    }

    /// Delivers signals, by changing the program's registers and stack; to be called before each
    /// return to the program. Does not return where a signal ends the process.
    @export(interface)
    package static func deliverPendingSignals(frame: ProgramFrame) {
        if let signal = Process.current.signals.deliver(to: frame) {
            Process.terminate(.killed(signal))
        }
    }

    /// Sends a signal from outside the program, such as Ctrl-C's SIGINT from the console.
    package static func post(
        _ signal: Signal, to process: Process, _ information: SignalInformation
    ) {
        do throws(Errno) {
            try process.post(signal, information, to: .process)
        } catch {
            Log.warning("no room for a signal")
        }
    }

    /// The error code that a signal frame shows.
    ///
    /// Addresses outside the program's space look to it as on Linux: the upper half is the kernel's
    /// (present, not accessible), the library OS's part is not mapped.
    private static func reportedError(
        _ frame: ProgramFrame, _ vector: UInt8, _ address: VirtualAddress
    ) -> UInt64 {
        switch ExceptionVector(rawValue: vector) {
        case .invalidTSS, .segmentNotPresent, .stackSegment, .generalProtection, .alignment:
            return frame[.error]
        case .pageFault:
            let plain = frame[.error] & ~PageFaultError.reserved
            if address.rawValue >= 0x7fff_ffff_f000 { return plain | PageFaultError.present }
            return ProgramMemory.contains(address, count: 1)
                ? plain : plain & ~PageFaultError.present
        default: return 0
        }
    }
    private static func access(of frame: ProgramFrame) -> AddressSpace.Access {
        let error = frame[.error]
        if error & PageFaultError.instruction != 0 { return .execute }
        return error & PageFaultError.write != 0 ? .write : .read
    }
    /// Which signal an exception is, with its information (arch/x86/kernel/traps.c); `nil` where a
    /// floating-point error went away.
    private static func signal(
        for vector: UInt8, _ frame: ProgramFrame, _ faultAddress: VirtualAddress, _ process: Process
    ) -> (Signal, SignalInformation)? {
        func at(_ signal: Signal, _ code: SignalCode) -> (Signal, SignalInformation) {
            (signal, SignalInformation(signal, code, address: frame.instruction))
        }
        func plain(_ signal: Signal) -> (Signal, SignalInformation) {
            (signal, SignalInformation(signal, .kernel))
        }
        switch ExceptionVector(rawValue: vector) {
        case .divide: return at(.floatingPoint, .integerDivision)
        case .debug: return at(.trap, .trace)
        case .breakpoint: return plain(.trap)
        case .invalidOpcode: return at(.illegalInstruction, .illegalOperand)
        case .coprocessorOverrun: return plain(.floatingPoint)
        case .segmentNotPresent, .stackSegment: return plain(.bus)
        case .pageFault: return pageFault(frame, faultAddress, process)
        case .x87: return ExtendedState.x87Error().map { at(.floatingPoint, code($0)) }
        case .alignment:
            let zero = VirtualAddress(rawValue: 0)
            return (.bus, SignalInformation(.bus, .badAlignment, address: zero))
        case .vector: return ExtendedState.vectorError().map { at(.floatingPoint, code($0)) }
        case .overflow, .bounds, .invalidTSS, .generalProtection, nil:
            return plain(.segmentationViolation)
        }
    }
    private static func pageFault(
        _ frame: ProgramFrame, _ address: VirtualAddress, _ process: Process
    ) -> (Signal, SignalInformation)? {
        switch process.addressSpace.resolveFault(at: address, access: access(of: frame)) {
        case .resolved: return nil
        case .outOfMemory:
            Log.error("the program needs more memory than there is left")
            return (.kill, SignalInformation(.kill, .kernel))
        case .notMapped:
            return (
                .segmentationViolation,
                SignalInformation(.segmentationViolation, .notMapped, address: address)
            )
        case .notPermitted:
            return (
                .segmentationViolation,
                SignalInformation(.segmentationViolation, .notPermitted, address: address)
            )
        case .beyondObject:
            return (.bus, SignalInformation(.bus, .beyondObject, address: address))
        }
    }
    private static func code(_ error: ExtendedState.FloatError) -> SignalCode {
        switch error {
        case .invalid: .floatInvalid
        case .division: .floatDivision
        case .overflow: .floatOverflow
        case .underflow: .floatUnderflow
        case .inexact: .floatInexact
        }
    }
}

extension Process {
    /// Sends a signal to this process or to its thread. EAGAIN, ENOMEM.
    package func post(
        _ signal: Signal, _ information: SignalInformation, to target: Signals.Target
    ) throws(Errno) {
        let limit = Int(truncatingIfNeeded: min(limits[.pendingSignals].soft, 1 << 24))
        try signals.post(signal, information, to: target, limit: limit)
    }
}

/// Exception vectors that a program can cause (Intel SDM 3, section 6.3).
private enum ExceptionVector: UInt8 {
    case divide = 0
    case debug = 1
    case breakpoint = 3
    case overflow = 4
    case bounds = 5
    case invalidOpcode = 6
    case coprocessorOverrun = 9
    case invalidTSS = 10
    case segmentNotPresent = 11
    case stackSegment = 12
    case generalProtection = 13
    case pageFault = 14
    case x87 = 16
    case alignment = 17
    case vector = 19
}

/// Bits of a page fault's error code.
private enum PageFaultError {
    static let present: UInt64 = 1 << 0
    static let write: UInt64 = 1 << 1
    static let reserved: UInt64 = 1 << 3
    static let instruction: UInt64 = 1 << 4
}
