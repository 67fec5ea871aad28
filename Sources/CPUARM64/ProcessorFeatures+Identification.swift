package import Base
internal import NucleusLayoutARM64

/// The identification registers as the CPU has them, and what programs are told of it
/// (arch/arm64/kernel/cpufeature.c of Linux 6.1; Arm ARM, D19.2).
package struct IdentificationRegisters: Equatable, Sendable {
    /// MIDR_EL1
    package var main: UInt64 = 0
    package var pfr0: UInt64 = 0
    package var pfr1: UInt64 = 0
    /// ID_AA64ZFR0_EL1: what SVE has.
    package var zfr0: UInt64 = 0
    package var isar0: UInt64 = 0
    package var isar1: UInt64 = 0
    package var isar2: UInt64 = 0
    package var mmfr0: UInt64 = 0
    package var mmfr1: UInt64 = 0
    package var mmfr2: UInt64 = 0
    /// What EL1 has switched on for programs.
    package var enabled: Enabled = []
    package init() {}
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

    /// Extensions that need more than to be there. SME and MTE are on nowhere.
    package struct Enabled: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Keys are set and SCTLR_EL1.EnIA and its like.
        package static let pointerAuthentication = Self(rawValue: 1 << 0)
        /// Pages of programs may be guarded (PROT_BTI).
        package static let branchTargets = Self(rawValue: 1 << 1)
        /// SVE, which boot turns on wherever it is there.
        package static let scalableVectors = Self(rawValue: 1 << 2)
    }
}

/// A field of an identification register: four bits, larger for more.
private struct Field {
    let register: KeyRegister
    let shift: UInt64
    init(_ register: KeyRegister, _ shift: UInt64) {
        self.register = register
        self.shift = shift
    }
}
/// The registers whose fields decide capabilities.
private enum KeyRegister {
    case pfr0
    case pfr1
    case zfr0
    case isar0
    case isar1
    case isar2
    case mmfr0
    case mmfr1
    case mmfr2
}

// Capabilities: AT_HWCAP and AT_HWCAP2 (uapi/asm/hwcap.h).
extension IdentificationRegisters {
    private func value(_ field: Field) -> UInt64 {
        let register =
            switch field.register {
            case .pfr0: pfr0
            case .pfr1: pfr1
            case .zfr0: zfr0
            case .isar0: isar0
            case .isar1: isar1
            case .isar2: isar2
            case .mmfr0: mmfr0
            case .mmfr1: mmfr1
            case .mmfr2: mmfr2
            }
        return register >> field.shift & 15
    }
    /// Bit `bit` where a field has at least a value.
    private func bit(_ bit: UInt64, _ field: Field, _ least: UInt64 = 1) -> UInt64 {
        value(field) >= least ? 1 << bit : 0
    }
    /// The same of a signed field, whose 15 says that there is nothing.
    private func bit(_ bit: UInt64, signed field: Field, _ least: UInt64) -> UInt64 {
        let value = value(field)
        return value < 8 && value >= least ? 1 << bit : 0
    }

    /// AT_HWCAP.
    package var capabilities: UInt64 {
        var bits: UInt64 = 0
        bits |= bit(0, signed: Field(.pfr0, 16), 0)  // FP
        bits |= bit(1, signed: Field(.pfr0, 20), 0)  // ASIMD
        bits |= bit(3, Field(.isar0, 4))  // AES
        bits |= bit(4, Field(.isar0, 4), 2)  // PMULL
        bits |= bit(5, Field(.isar0, 8))  // SHA1
        bits |= bit(6, Field(.isar0, 12))  // SHA2
        bits |= bit(7, Field(.isar0, 16))  // CRC32
        bits |= bit(8, Field(.isar0, 20), 2)  // ATOMICS
        bits |= bit(9, signed: Field(.pfr0, 16), 1)  // FPHP
        bits |= bit(10, signed: Field(.pfr0, 20), 1)  // ASIMDHP
        bits |= 1 << 11  // CPUID: these registers can be read
        bits |= bit(12, Field(.isar0, 28))  // ASIMDRDM
        bits |= bit(13, Field(.isar1, 12))  // JSCVT
        bits |= bit(14, Field(.isar1, 16))  // FCMA
        bits |= bit(15, Field(.isar1, 20))  // LRCPC
        bits |= bit(16, Field(.isar1, 0))  // DCPOP
        bits |= bit(17, Field(.isar0, 32))  // SHA3
        bits |= bit(18, Field(.isar0, 36))  // SM3
        bits |= bit(19, Field(.isar0, 40))  // SM4
        bits |= bit(20, Field(.isar0, 44))  // ASIMDDP
        bits |= bit(21, Field(.isar0, 12), 2)  // SHA512
        if enabled.contains(.scalableVectors) { bits |= bit(22, Self.scalableVectors) }  // SVE
        bits |= bit(23, Field(.isar0, 48))  // ASIMDFHM
        bits |= bit(24, Field(.pfr0, 48))  // DIT
        bits |= bit(25, Field(.mmfr2, 32))  // USCAT
        bits |= bit(26, Field(.isar1, 20), 2)  // ILRCPC
        bits |= bit(27, Field(.isar0, 52))  // FLAGM
        bits |= bit(28, Field(.pfr1, 4), 2)  // SSBS
        bits |= bit(29, Field(.isar1, 36))  // SB
        if enabled.contains(.pointerAuthentication) {
            // PACA, PACG: by whichever of the three algorithms.
            let address =
                bit(30, Field(.isar1, 4)) | bit(30, Field(.isar1, 8)) | bit(30, Field(.isar2, 12))
            let generic =
                bit(31, Field(.isar1, 24)) | bit(31, Field(.isar1, 28)) | bit(31, Field(.isar2, 8))
            bits |= address | generic
        }
        return bits
    }
    /// AT_HWCAP2.
    package var capabilities2: UInt64 {
        var bits: UInt64 = 0
        bits |= bit(0, Field(.isar1, 0), 2)  // DCPODP
        bits |= bit(7, Field(.isar0, 52), 2)  // FLAGM2
        bits |= bit(8, Field(.isar1, 32))  // FRINT
        bits |= bit(13, Field(.isar1, 52))  // I8MM
        bits |= bit(14, Field(.isar1, 44))  // BF16
        bits |= bit(15, Field(.isar1, 48))  // DGH
        bits |= bit(16, Field(.isar0, 60))  // RNG
        if hasBranchTargets { bits |= 1 << 17 }  // BTI
        bits |= bit(19, Field(.mmfr0, 60))  // ECV
        bits |= bit(20, Field(.mmfr1, 44))  // AFP
        bits |= bit(21, Field(.isar2, 4))  // RPRES
        bits |= bit(31, Field(.isar2, 0), 2)  // WFXT
        bits |= bit(32, Field(.isar1, 44), 2)  // EBF16
        if enabled.contains(.scalableVectors) { bits |= scalableCapabilities }
        return bits
    }
    /// Those of AT_HWCAP2 that are SVE's.
    private var scalableCapabilities: UInt64 {
        var bits: UInt64 = 0
        bits |= bit(1, Field(.zfr0, 0))  // SVE2
        bits |= bit(2, Field(.zfr0, 4))  // SVEAES
        bits |= bit(3, Field(.zfr0, 4), 2)  // SVEPMULL
        bits |= bit(4, Field(.zfr0, 16))  // SVEBITPERM
        bits |= bit(5, Field(.zfr0, 32))  // SVESHA3
        bits |= bit(6, Field(.zfr0, 40))  // SVESM4
        bits |= bit(9, Field(.zfr0, 44))  // SVEI8MM
        bits |= bit(10, Field(.zfr0, 52))  // SVEF32MM
        bits |= bit(11, Field(.zfr0, 56))  // SVEF64MM
        bits |= bit(12, Field(.zfr0, 20))  // SVEBF16
        bits |= bit(33, Field(.zfr0, 20), 2)  // SVE_EBF16
        return bits
    }
    private static var scalableVectors: Field { Field(.pfr0, 32) }
    /// Whether the CPU has SVE.
    var hasScalableVectors: Bool { value(Self.scalableVectors) >= 1 }
    /// Whether pages of programs can be guarded.
    package var hasBranchTargets: Bool {
        enabled.contains(.branchTargets) && value(Field(.pfr1, 0)) >= 1
    }
}

/// A system register by its name in MRS and MSR.
package struct SystemRegisterName: Equatable, Sendable {
    /// op0, op1, CRn, CRm and op2, as MRS has them in bits 20–5.
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }
    package init(_ op0: UInt16, _ op1: UInt16, _ crn: UInt16, _ crm: UInt16, _ op2: UInt16) {
        rawValue = op0 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2
    }
    /// CRm and op2.
    fileprivate var group: UInt16 { rawValue >> 3 & 15 }
    fileprivate var member: UInt16 { rawValue & 7 }
    /// S3_0_C0_C0_x and S3_0_C0_C2_x to S3_0_C0_C7_x: what Linux reads for programs.
    fileprivate var isIdentification: Bool {
        rawValue & ~0x7f == 3 << 14 && group <= 7 && group != 1
    }
}

/// A read of a system register that EL0 may not make.
package struct SystemRegisterRead: Equatable, Sendable {
    package let register: SystemRegisterName
    /// Xt; 31 where the value is not wanted.
    package let target: Int

    /// As ESR_EL1 tells it (Arm ARM D17.2.37, class 0x18); `nil` for a write and other classes.
    package init?(_ syndrome: ExceptionSyndrome) {
        let isRead = syndrome.rawValue & 1 != 0
        guard syndrome.class == .systemRegister, isRead else { return nil }
        func field(_ shift: UInt64, _ mask: UInt64) -> UInt16 {
            UInt16(truncatingIfNeeded: syndrome.rawValue >> shift & mask)
        }
        register = SystemRegisterName(
            field(20, 3), field(14, 7), field(10, 15), field(1, 15), field(17, 7))
        target = Int(field(5, 31))
    }
    /// As the instruction tells it: CPUs without FEAT_IDST say only that it is unknown.
    package init?(instruction: UInt32) {
        // MRS of op0 2 or 3.
        guard instruction & 0xfff0_0000 == 0xd530_0000 else { return nil }
        register = SystemRegisterName(
            rawValue: UInt16(truncatingIfNeeded: instruction >> 5 & 0x7fff) | 1 << 15)
        target = Int(instruction & 31)
    }
}

// What a program reads: fields that Linux shows, and the safe value of the others.
extension IdentificationRegisters {
    /// The value that a program is to find in a register; `nil` where it is to get SIGILL.
    package func shown(_ register: SystemRegisterName) -> UInt64? {
        guard register.isIdentification else { return nil }
        switch (register.group, register.member) {
        case (0, 0): return main
        case (0, 5): return 1 << 31  // MPIDR_EL1: no affinity
        case (0, 6): return 0  // REVIDR_EL1
        case (0, _): return nil
        case (4, 0): return shownPFR0
        case (4, 1): return shownPFR1
        case (4, 4): return shownZFR0
        case (5, 0): return 6  // ID_AA64DFR0_EL1: an Armv8 debug unit, nothing counted
        case (6, 0): return isar0 & Self.mask(60, 52, 48, 44, 40, 36, 32, 28, 20, 16, 12, 8, 4)
        case (6, 1): return shownISAR1
        case (6, 2): return shownISAR2
        // ECV; of granules what says nothing (TGRAN64 and TGRAN4 are signed).
        case (7, 0): return mmfr0 & Self.mask(60) | 0x111 << 32 | 0xff << 24
        case (7, 1): return mmfr1 & Self.mask(44)
        case (7, 2): return mmfr2 & Self.mask(32)
        default: return 0
        }
    }
    /// Four bits each.
    private static func mask(_ shifts: UInt64...) -> UInt64 {
        var mask: UInt64 = 0
        for shift in shifts { mask |= 15 << shift }
        return mask
    }
    /// FP, AdvSIMD, DIT and SVE; EL0 and EL1 by AArch64 alone.
    private var shownPFR0: UInt64 {
        let scalable = enabled.contains(.scalableVectors) ? Self.mask(32) : 0
        return pfr0 & (Self.mask(16, 20, 48) | scalable) | 0x11
    }
    private var shownZFR0: UInt64 {
        guard enabled.contains(.scalableVectors) else { return 0 }
        return zfr0 & Self.mask(56, 52, 44, 40, 32, 20, 16, 4, 0)
    }
    private var shownPFR1: UInt64 {
        pfr1 & Self.mask(4) | (hasBranchTargets ? pfr1 & Self.mask(0) : 0)
    }
    private var shownISAR1: UInt64 {
        let signing = enabled.contains(.pointerAuthentication) ? Self.mask(4, 8, 24, 28) : 0
        return isar1 & (Self.mask(0, 12, 16, 20, 32, 36, 44, 48, 52) | signing)
    }
    private var shownISAR2: UInt64 {
        let signing = enabled.contains(.pointerAuthentication) ? Self.mask(8, 12) : 0
        return isar2 & (Self.mask(0, 4) | signing)
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
