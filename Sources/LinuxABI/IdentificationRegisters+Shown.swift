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

    package init(register: SystemRegisterName, target: Int) {
        self.register = register
        self.target = target
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
