package import Base
internal import NucleusLayout
internal import NucleusLayoutARM64

/// Why a synchronous exception was taken: ESR_EL1 (Arm ARM, D17.2.37).
package struct ExceptionSyndrome: Equatable, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// EC, bits 31–26.
    package enum Class: UInt8, Sendable {
        case unknown = 0x00
        case waiting = 0x01
        case vectors = 0x07
        case branchTarget = 0x0d
        case illegalState = 0x0e
        case systemCall = 0x15
        case systemRegister = 0x18
        case scalableVectors = 0x19
        case pointerAuthentication = 0x1c
        case instructionAbort = 0x20
        case nucleusInstructionAbort = 0x21
        case programCounter = 0x22
        case dataAbort = 0x24
        case nucleusDataAbort = 0x25
        case stackPointer = 0x26
        case floatingPoint = 0x2c
        case systemError = 0x2f
        case breakpointRegister = 0x30
        case step = 0x32
        case watchpointRegister = 0x34
        case breakpoint = 0x3c
    }
    package var number: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 26 & 0x3f) }
    package var `class`: Class? { Class(rawValue: number) }

    /// What an abort found: DFSC or IFSC without the level.
    package enum Abort: Sendable {
        case translation
        case accessFlag
        case permission
        /// Memory that answered with an error, itself or in a walk.
        case external
        case alignment
        /// Whatever else: an address or a table that is none, a conflict, an atomic access that
        /// memory does not do.
        case other
    }
    package var abort: Abort {
        switch rawValue & 0x3f {
        case 0x04...0x07: .translation
        case 0x08...0x0b: .accessFlag
        case 0x0c...0x0f: .permission
        case 0x10, 0x13...0x1f: .external
        case 0x21: .alignment
        default: .other
        }
    }
    /// WnR, unless the access was a cache's maintenance (CM), which counts as a read.
    fileprivate var isWrite: Bool { rawValue & 1 << 6 != 0 && rawValue & 1 << 8 == 0 }
    /// FnV: an external abort without an address.
    fileprivate var hasNoAddress: Bool { rawValue & 1 << 10 != 0 }

    /// Why a floating-point operation trapped, in the order of arch/arm64/kernel/fpsimd.c.
    fileprivate var floatError: ProgramFault.FloatError {
        let isValid = rawValue & 1 << 23 != 0  // TFV
        guard isValid else { return .unknown }
        if rawValue & 1 << 0 != 0 { return .invalid }
        if rawValue & 1 << 1 != 0 { return .division }
        if rawValue & 1 << 2 != 0 { return .overflow }
        if rawValue & 1 << 3 != 0 { return .underflow }
        if rawValue & 1 << 4 != 0 { return .inexact }
        return .unknown
    }
    /// As a frame shows it for an address that is the kernel's or the library OS's: a translation
    /// fault of level 0 (arch/arm64/mm/fault.c, set_thread_esr).
    fileprivate var withoutTable: Self {
        let level0Translation: UInt64 = 0x04
        // Class and length, and for data CM and WnR.
        let kept: UInt64 = `class` == .dataAbort ? 0xfe00_0140 : 0xfe00_0000
        return Self(rawValue: rawValue & kept | level0Translation)
    }
}

/// The last fault of a thread, as a frame reports it.
package struct FaultRecord: Equatable, Sendable {
    package var syndrome: UInt64 = 0
    package var address: UInt64 = 0
    package init() {}
    package init(syndrome: UInt64, address: UInt64) {
        self.syndrome = syndrome
        self.address = address
    }
}

extension VirtualAddress {
    /// Without the tag that a program may keep in the uppermost byte (TBI).
    fileprivate var untagged: Self {
        let isUpper = rawValue & 1 << 55 != 0
        return isUpper ? self : Self(rawValue: rawValue & 0x00ff_ffff_ffff_ffff)
    }
    private var isLibrary: Bool {
        (UInt64(LIBRARY_BASE)..<UInt64(LIBRARY_END)).contains(rawValue)
    }
    fileprivate var hasTable: Bool { rawValue & 1 << 55 == 0 && !isLibrary }
}

extension ProgramFrame {
    package var exceptionSyndrome: ExceptionSyndrome {
        ExceptionSyndrome(rawValue: self[.syndrome])
    }
    private var isException: Bool { self[.cause] == UInt64(FRAME_CAUSE_EXCEPTION) }

    /// Whether the exception is an access to memory that a missing page may have caused.
    package var isMemoryFault: Bool {
        guard isException else { return false }
        return switch exceptionSyndrome.class {
        case .instructionAbort?, .dataAbort?:
            switch exceptionSyndrome.abort {
            case .translation, .accessFlag, .permission: true
            case .external, .alignment, .other: false
            }
        default: false
        }
    }
    /// What the program did to cause the exception (arch/arm64/kernel/entry-common.c, traps.c,
    /// mm/fault.c); `nil` where there is none. `address` is FAR_EL1.
    package func fault(at address: VirtualAddress) -> ProgramFault? {
        guard isException else { return nil }
        let syndrome = exceptionSyndrome
        switch syndrome.class {
        case .instructionAbort?, .dataAbort?: return memoryFault(at: address.untagged)
        case .programCounter?: return .alignment(at: address)
        case .stackPointer?: return .alignment(at: stack)
        case .floatingPoint?: return .floatingPoint(syndrome.floatError)
        case .breakpoint?: return .breakpoint(at: instruction)
        case .step?: return .step
        case .breakpointRegister?: return .hardwareBreakpoint(at: instruction)
        case .watchpointRegister?: return .hardwareBreakpoint(at: address)
        case .pointerAuthentication?: return .illegalInstruction(.operand)
        case .unknown?, .waiting?, .vectors?, .branchTarget?, .illegalState?, .systemCall?,
            .systemRegister?, .scalableVectors?, .nucleusInstructionAbort?, .nucleusDataAbort?,
            .systemError?, nil:
            return .illegalInstruction(.instruction)
        }
    }
    private func memoryFault(at address: VirtualAddress) -> ProgramFault {
        switch exceptionSyndrome.abort {
        case .translation, .accessFlag, .permission: .access(access, at: address)
        case .alignment: .alignment(at: address)
        case .external where exceptionSyndrome.hasNoAddress:
            .bus(at: VirtualAddress(rawValue: 0))
        case .external, .other: .bus(at: address)
        }
    }
    /// How an abort's instruction reached memory.
    package var access: MemoryAccess {
        if exceptionSyndrome.class == .instructionAbort { return .execute }
        return exceptionSyndrome.isWrite ? .write : .read
    }

    /// What signal frames show of the exception: aborts with their address, other syndromes where
    /// Linux keeps them.
    package func faultRecord(at address: VirtualAddress, after last: FaultRecord) -> FaultRecord {
        let syndrome = exceptionSyndrome
        let plain = FaultRecord(syndrome: syndrome.rawValue, address: 0)
        switch syndrome.class {
        case .instructionAbort?, .dataAbort?:
            if syndrome.abort == .external { return plain }
            let address = address.untagged
            let shown = address.hasTable ? syndrome : syndrome.withoutTable
            return FaultRecord(syndrome: shown.rawValue, address: address.rawValue)
        case .programCounter?, .stackPointer?, .pointerAuthentication?, .illegalState?, nil:
            return plain
        case .floatingPoint?, .breakpoint?, .step?, .breakpointRegister?, .watchpointRegister?:
            return last
        default: return FaultRecord()
        }
    }

    /// What the exception is where library-OS code caused it.
    package var libraryFault: LibraryFault {
        if self[.cause] == UInt64(FRAME_CAUSE_ERROR) {
            switch exceptionSyndrome.class {
            case .nucleusInstructionAbort?, .nucleusDataAbort?:
                return .named("page fault of the nucleus")
            case .systemError?: return .named("system error")
            default: return .named("fault of the nucleus")
            }
        }
        guard isException else { return .none }
        switch exceptionSyndrome.class {
        case .breakpoint?: return .named("a check failed (breakpoint instruction)")
        case .unknown?: return .named("invalid instruction")
        case .branchTarget?: return .named("branch to where none may lead")
        case .pointerAuthentication?: return .named("damaged return address")
        case .programCounter?: return .named("misaligned program counter")
        case .stackPointer?: return .named("misaligned stack pointer")
        case .instructionAbort?, .dataAbort?:
            switch exceptionSyndrome.abort {
            case .translation, .accessFlag: return .access(access, .notMapped)
            case .permission: return .access(access, .notPermitted)
            case .alignment: return .named("misaligned access")
            case .external, .other: return .named("memory that does not answer")
            }
        default: return .numbered(UInt64(exceptionSyndrome.number))
        }
    }
    /// The registers that a crash report shows, in its order; `nil` behind the last.
    package func shownRegister(_ index: Int) -> (name: StaticString, value: UInt64)? {
        let others = 4
        guard index >= others else {
            return switch index {
            case 0: ("pc ", self[.pc])
            case 1: ("sp ", self[.sp])
            case 2: ("pstate", self[.pstate])
            default: ("esr", self[.syndrome])
            }
        }
        guard let name = Self.name(ofGeneral: index - others) else { return nil }
        return (name, self[general: index - others])
    }
    /// Where the list of frames begins (X29).
    package var framePointer: UInt64 { self[.x29] }

    private static func name(ofGeneral number: Int) -> StaticString? {
        switch number {
        case 0: "x0 "
        case 1: "x1 "
        case 2: "x2 "
        case 3: "x3 "
        case 4: "x4 "
        case 5: "x5 "
        case 6: "x6 "
        case 7: "x7 "
        case 8: "x8 "
        case 9: "x9 "
        case 10: "x10"
        case 11: "x11"
        case 12: "x12"
        case 13: "x13"
        case 14: "x14"
        case 15: "x15"
        case 16: "x16"
        case 17: "x17"
        case 18: "x18"
        case 19: "x19"
        case 20: "x20"
        case 21: "x21"
        case 22: "x22"
        case 23: "x23"
        case 24: "x24"
        case 25: "x25"
        case 26: "x26"
        case 27: "x27"
        case 28: "x28"
        case 29: "x29"
        case 30: "x30"
        default: nil
        }
    }
}
