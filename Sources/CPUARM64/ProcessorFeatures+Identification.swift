package import Base
internal import LinuxABI
internal import NucleusLayoutARM64

extension IdentificationRegisters {
    /// Reads those of this CPU by the gate.
    static func ofThisCPU() -> Self {
        var registers = Self()
        registers.main = CPU.read(.mainIdentification)
        registers.pfr0 = CPU.read(.features0)
        registers.pfr1 = CPU.read(.features1)
        registers.isar0 = CPU.read(.instructions0)
        registers.isar1 = CPU.read(.instructions1)
        registers.isar2 = CPU.read(.instructions2)
        registers.mmfr0 = CPU.read(.memoryModel0)
        registers.mmfr1 = CPU.read(.memoryModel1)
        registers.mmfr2 = CPU.read(.memoryModel2)
        if registers.hasScalableVectors {
            registers.zfr0 = CPU.read(.vectorFeatures)
            registers.enabled.insert(.scalableVectors)
        }
        let signs: UInt64 = 1 << 31  // SCTLR_EL1.EnIA; the other three go with it
        if CPU.read(.systemControl) & signs != 0 {
            registers.enabled.insert(.pointerAuthentication)
        }
        return registers
    }
}

extension SystemRegisterRead {
    /// As ESR_EL1 tells it (Arm ARM D17.2.37, class 0x18); `nil` for a write and other classes.
    init?(_ syndrome: ExceptionSyndrome) {
        let isRead = syndrome.rawValue & 1 != 0
        guard syndrome.class == .systemRegister, isRead else { return nil }
        func field(_ shift: UInt64, _ mask: UInt64) -> UInt16 {
            UInt16(truncatingIfNeeded: syndrome.rawValue >> shift & mask)
        }
        self.init(
            register: SystemRegisterName(
                field(20, 3), field(14, 7), field(10, 15), field(1, 15), field(17, 7)),
            target: Int(field(5, 31)))
    }
}

extension ProgramFrame {
    /// Executes for the program what Linux does: reads of identification registers. Returns whether
    /// it was one; then the program goes on behind it.
    ///
    /// `load` loads a word of the program's.
    package func emulateInstruction(_ load: (VirtualAddress) -> UInt32?) -> Bool {
        emulateInstruction(ProcessorFeatures.identification, load)
    }
    func emulateInstruction(
        _ registers: IdentificationRegisters, _ load: (VirtualAddress) -> UInt32?
    ) -> Bool {
        guard self[.cause] == UInt64(FRAME_CAUSE_EXCEPTION), let read = refusedRead(load),
            let value = registers.shown(read.register)
        else { return false }
        if read.target < 31 { self[general: read.target] = value }
        self[.pc] &+= UInt64(Instruction.byteCount)
        // As behind any instruction but a branch.
        let branchType: UInt64 = 3 << 10
        self[.pstate] &= ~branchType
        return true
    }
    private func refusedRead(_ load: (VirtualAddress) -> UInt32?) -> SystemRegisterRead? {
        switch exceptionSyndrome.class {
        case .systemRegister?: return SystemRegisterRead(exceptionSyndrome)
        case .unknown?:
            return load(instruction).flatMap { SystemRegisterRead(instruction: $0) }
        default: return nil
        }
    }
}
