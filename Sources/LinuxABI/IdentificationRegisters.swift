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
    package var hasScalableVectors: Bool { value(Self.scalableVectors) >= 1 }
    /// Whether pages of programs can be guarded.
    package var hasBranchTargets: Bool {
        enabled.contains(.branchTargets) && value(Field(.pfr1, 0)) >= 1
    }
}
