package import Base
internal import PageTables

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

/// The last fault of a thread, as a frame reports it.
package struct FaultRecord: Sendable {
    package var vector: UInt64 = 0
    package var error: UInt64 = 0
    package var address: UInt64 = 0
    package init() {}
    package init(vector: UInt64, error: UInt64, address: UInt64) {
        self.vector = vector
        self.error = error
        self.address = address
    }
}

extension ProgramFrame {
    /// What the program did to cause the exception (arch/x86/kernel/traps.c); `nil` where there is
    /// none, or a floating-point error went away.
    ///
    /// `address` is CR2 of a page fault.
    package func fault(at address: VirtualAddress) -> ProgramFault? {
        guard case .exception(let vector) = cause else { return nil }
        switch ExceptionVector(rawValue: vector) {
        case .divide: return .integerDivision
        case .debug: return .step
        case .breakpoint: return .breakpoint(at: nil)
        case .invalidOpcode: return .illegalInstruction(.operand)
        case .coprocessorOverrun: return .floatingPoint(nil)
        case .segmentNotPresent, .stackSegment: return .bus(at: nil)
        case .pageFault: return .access(access, at: address)
        case .x87: return ExtendedState.x87Error().map { .floatingPoint($0) }
        case .alignment: return .alignment(at: VirtualAddress(rawValue: 0))
        case .vector: return ExtendedState.vectorError().map { .floatingPoint($0) }
        case .overflow, .bounds, .invalidTSS, .generalProtection, nil: return .violation
        }
    }
    /// Executes an instruction for the program that its CPU refuses and Linux executes; whether it was
    /// one. On x86-64 there is none. `load` loads a word of the program's.
    package func emulateInstruction(_ load: (VirtualAddress) -> UInt32?) -> Bool { false }
    /// How a page fault's instruction reached memory.
    package var access: MemoryAccess {
        let error = self[.error]
        if error & PageFaultError.instruction != 0 { return .execute }
        return error & PageFaultError.write != 0 ? .write : .read
    }

    /// What signal frames show of the exception; the address stays that of the last page fault.
    package func faultRecord(at address: VirtualAddress, after last: FaultRecord) -> FaultRecord {
        FaultRecord(
            vector: self[.vector], error: reportedError(address),
            address: self[.vector] == UInt64(ExceptionVector.pageFault.rawValue)
                ? address.rawValue : last.address)
    }
    /// The error code that a signal frame shows.
    ///
    /// Addresses outside the program's space look to it as on Linux: the upper half is the kernel's
    /// (present, not accessible), the library OS's part is not mapped.
    private func reportedError(_ address: VirtualAddress) -> UInt64 {
        switch ExceptionVector(rawValue: UInt8(truncatingIfNeeded: self[.vector])) {
        case .invalidTSS, .segmentNotPresent, .stackSegment, .generalProtection, .alignment:
            return self[.error]
        case .pageFault:
            let plain = self[.error] & ~PageFaultError.reserved
            if address >= ProgramSpace.end { return plain | PageFaultError.present }
            return (ProgramSpace.libraryStart..<ProgramSpace.libraryEnd).contains(address)
                ? plain & ~PageFaultError.present : plain
        default: return 0
        }
    }

    /// What the exception is where library-OS code caused it.
    package var libraryFault: LibraryFault {
        guard case .exception(let vector) = cause else { return .none }
        switch vector {
        case 0: return .named("division by zero")
        case 6: return .named("a check failed (invalid instruction)")
        case 8: return .named("double fault")
        case 13: return .named("general protection fault")
        case 14:
            let isPresent = self[.error] & PageFaultError.present != 0
            return .access(access, isPresent ? .notPermitted : .notMapped)
        case 18: return .named("machine check")
        default: return .numbered(UInt64(vector))
        }
    }
    /// The registers that a crash report shows, in its order; `nil` behind the last.
    package func shownRegister(_ index: Int) -> (name: StaticString, value: UInt64)? {
        switch index {
        case 0: ("rip", self[.rip])
        case 1: ("rsp", self[.rsp])
        case 2: ("flags", self[.rflags])
        case 3: ("rax", self[.rax])
        case 4: ("rbx", self[.rbx])
        case 5: ("rcx", self[.rcx])
        case 6: ("rdx", self[.rdx])
        case 7: ("rsi", self[.rsi])
        case 8: ("rdi", self[.rdi])
        case 9: ("rbp", self[.rbp])
        case 10: ("r8 ", self[.r8])
        case 11: ("r9 ", self[.r9])
        case 12: ("r10", self[.r10])
        case 13: ("r11", self[.r11])
        case 14: ("r12", self[.r12])
        case 15: ("r13", self[.r13])
        case 16: ("r14", self[.r14])
        case 17: ("r15", self[.r15])
        default: nil
        }
    }
    /// Where the list of frames begins (RBP).
    package var framePointer: UInt64 { self[.rbp] }
}
