import Base
import LinuxABI
import Testing

@testable import CPUARM64

@Suite("Identification registers") struct IdentificationTests {
    /// A Cortex-A72 (QEMU's), and a CPU with all that Armv8.6 has.
    private static let plain: IdentificationRegisters = {
        var registers = IdentificationRegisters()
        registers.main = 0x410f_d083
        registers.pfr0 = 0x2222
        registers.isar0 = 0x1_1120
        registers.mmfr0 = 0x1124
        return registers
    }()
    private static let full: IdentificationRegisters = {
        var registers = IdentificationRegisters()
        registers.pfr0 = 0x1201_1111_2011_1112
        registers.pfr1 = 0x0000_0000_0000_0321
        registers.zfr0 = .max
        registers.isar0 = 0x1221_1111_1021_2120
        registers.isar1 = 0x0011_2111_1121_1112
        registers.isar2 = 0x0000_0000_0000_0012
        registers.mmfr0 = 0x2000_0000_0000_0000
        registers.mmfr1 = 0x0000_1000_0000_0000
        registers.mmfr2 = 0x0000_0001_0000_0000
        return registers
    }()

    @Test(
        "AT_HWCAP has the bits that <asm/hwcap.h> names",
        .enabled(
            if: Assembler.hasHeaders, "the kernel's headers for arm64: linux-libc-dev-arm64-cross"))
    func capabilities() throws {
        func only(_ change: (inout IdentificationRegisters) -> Void) -> IdentificationRegisters {
            var registers = IdentificationRegisters()
            registers.pfr0 = 0xff_0000  // no FP, no AdvSIMD
            change(&registers)
            return registers
        }
        // A field's value and the capabilities that come with it.
        let fields:
            [(
                WritableKeyPath<IdentificationRegisters, UInt64>, UInt64, UInt64, String, String
            )] = [
                (\.isar0, 4, 1, "HWCAP_AES", "0"), (\.isar0, 4, 2, "HWCAP_AES|HWCAP_PMULL", "0"),
                (\.isar0, 8, 1, "HWCAP_SHA1", "0"), (\.isar0, 12, 1, "HWCAP_SHA2", "0"),
                (\.isar0, 12, 2, "HWCAP_SHA2|HWCAP_SHA512", "0"),
                (\.isar0, 16, 1, "HWCAP_CRC32", "0"), (\.isar0, 20, 1, "0", "0"),
                (\.isar0, 20, 2, "HWCAP_ATOMICS", "0"), (\.isar0, 24, 1, "0", "0"),
                (\.isar0, 28, 1, "HWCAP_ASIMDRDM", "0"), (\.isar0, 32, 1, "HWCAP_SHA3", "0"),
                (\.isar0, 36, 1, "HWCAP_SM3", "0"), (\.isar0, 40, 1, "HWCAP_SM4", "0"),
                (\.isar0, 44, 1, "HWCAP_ASIMDDP", "0"), (\.isar0, 48, 1, "HWCAP_ASIMDFHM", "0"),
                (\.isar0, 52, 1, "HWCAP_FLAGM", "0"),
                (\.isar0, 52, 2, "HWCAP_FLAGM", "HWCAP2_FLAGM2"), (\.isar0, 56, 2, "0", "0"),
                (\.isar0, 60, 1, "0", "HWCAP2_RNG"), (\.isar1, 0, 1, "HWCAP_DCPOP", "0"),
                (\.isar1, 0, 2, "HWCAP_DCPOP", "HWCAP2_DCPODP"),
                (\.isar1, 12, 1, "HWCAP_JSCVT", "0"), (\.isar1, 16, 1, "HWCAP_FCMA", "0"),
                (\.isar1, 20, 1, "HWCAP_LRCPC", "0"),
                (\.isar1, 20, 2, "HWCAP_LRCPC|HWCAP_ILRCPC", "0"),
                (\.isar1, 32, 1, "0", "HWCAP2_FRINT"), (\.isar1, 36, 1, "HWCAP_SB", "0"),
                (\.isar1, 40, 1, "0", "0"), (\.isar1, 44, 1, "0", "HWCAP2_BF16"),
                (\.isar1, 44, 2, "0", "HWCAP2_BF16|HWCAP2_EBF16"),
                (\.isar1, 48, 1, "0", "HWCAP2_DGH"), (\.isar1, 52, 1, "0", "HWCAP2_I8MM"),
                (\.isar2, 0, 1, "0", "0"), (\.isar2, 0, 2, "0", "HWCAP2_WFXT"),
                (\.isar2, 4, 1, "0", "HWCAP2_RPRES"), (\.pfr0, 32, 1, "0", "0"),
                (\.pfr0, 48, 1, "HWCAP_DIT", "0"), (\.pfr1, 4, 1, "0", "0"),
                (\.pfr1, 4, 2, "HWCAP_SSBS", "0"), (\.pfr1, 8, 3, "0", "0"),
                (\.mmfr0, 60, 1, "0", "HWCAP2_ECV"), (\.mmfr1, 44, 1, "0", "HWCAP2_AFP"),
                (\.mmfr2, 32, 1, "HWCAP_USCAT", "0"),
            ]
        var equations: [(String, UInt64)] = []
        for (register, shift, value, first, second) in fields {
            let registers = only { $0[keyPath: register] |= value << shift }
            equations.append(("HWCAP_CPUID|" + first, registers.capabilities))
            equations.append((second, registers.capabilities2))
        }
        let vectors = "HWCAP_CPUID|HWCAP_FP|HWCAP_ASIMD"
        equations.append((vectors, only { $0.pfr0 = 0 }.capabilities))
        equations.append(
            (vectors + "|HWCAP_FPHP|HWCAP_ASIMDHP", only { $0.pfr0 = 0x11_0000 }.capabilities))
        // What has to be switched on.
        for shift: UInt64 in [4, 8] {
            let registers = only {
                $0.isar1 = 1 << shift | 1 << (shift + 20)
                $0.enabled = .pointerAuthentication
            }
            equations.append(("HWCAP_CPUID|HWCAP_PACA|HWCAP_PACG", registers.capabilities))
        }
        let off = only {
            $0.isar1 = 0x1100_0110
            $0.pfr1 = 1
        }
        equations.append(("HWCAP_CPUID", off.capabilities))
        equations.append(("0", off.capabilities2))
        let branches = only {
            $0.pfr1 = 1
            $0.enabled = .branchTargets
        }
        equations.append(("HWCAP2_BTI", branches.capabilities2))
        // SVE: what it has says a register of its own.
        let scalable: [(UInt64, UInt64, String)] = [
            (0, 0, "0"), (0, 1, "HWCAP2_SVE2"), (4, 1, "HWCAP2_SVEAES"),
            (4, 2, "HWCAP2_SVEAES|HWCAP2_SVEPMULL"), (16, 1, "HWCAP2_SVEBITPERM"),
            (20, 1, "HWCAP2_SVEBF16"), (20, 2, "HWCAP2_SVEBF16|HWCAP2_SVE_EBF16"),
            (32, 1, "HWCAP2_SVESHA3"), (40, 1, "HWCAP2_SVESM4"), (44, 1, "HWCAP2_SVEI8MM"),
            (52, 1, "HWCAP2_SVEF32MM"), (56, 1, "HWCAP2_SVEF64MM"),
        ]
        for (shift, value, second) in scalable {
            var registers = only {
                $0.pfr0 |= 1 << 32
                $0.zfr0 = value << shift
            }
            equations.append(("HWCAP_CPUID", registers.capabilities))
            equations.append(("0", registers.capabilities2))
            registers.enabled = .scalableVectors
            equations.append(("HWCAP_CPUID|HWCAP_SVE", registers.capabilities))
            equations.append((second, registers.capabilities2))
        }
        let cortex = "|HWCAP_AES|HWCAP_PMULL|HWCAP_SHA1|HWCAP_SHA2|HWCAP_CRC32"
        equations.append((vectors + cortex, Self.plain.capabilities))
        equations.append(("0", Self.plain.capabilities2))
        try Assembler.check("#include <asm/hwcap.h>", equations)
    }

    /// Names as the assembler takes them, and what a program finds: Linux's ABI
    /// (Documentation/arm64/cpu-feature-registers.rst).
    @Test("programs read what Linux shows: visible fields, safe values of the rest")
    func shown() throws {
        let cases: [(String, UInt64?, UInt64?)] = [
            ("midr_el1", 0x410f_d083, 0), ("mpidr_el1", 0x8000_0000, 0x8000_0000),
            ("revidr_el1", 0, 0), ("id_aa64pfr0_el1", 0x11, 0x0001_0000_0011_0011),
            ("id_aa64pfr1_el1", 0, 0x20), ("s3_0_c0_c4_4", 0, 0),
            ("id_aa64dfr0_el1", 6, 6), ("id_aa64dfr1_el1", 0, 0),
            ("id_aa64isar0_el1", 0x1_1120, 0x1021_1111_1021_2120),
            ("id_aa64isar1_el1", 0, 0x0011_2011_0021_1002), ("id_aa64isar2_el1", 0, 0x12),
            ("id_aa64mmfr0_el1", 0x111_ff00_0000, 0x2000_0111_ff00_0000),
            ("id_aa64mmfr1_el1", 0, 0x1000_0000_0000), ("id_aa64mmfr2_el1", 0, 0x1_0000_0000),
            ("s3_0_c0_c7_7", 0, 0), ("id_isar0_el1", 0, 0),
            // SIGILL: no identification register, or none that Linux reads.
            ("s3_0_c0_c0_1", nil, nil), ("s3_0_c0_c1_0", nil, nil), ("sctlr_el1", nil, nil),
            ("s3_0_c0_c8_0", nil, nil), ("ctr_el0", nil, nil), ("ccsidr_el1", nil, nil),
        ]
        let words = try Assembler.words(cases.map { "mrs x21, \($0.0)" })
        for (item, word) in zip(cases, words) {
            let read = try #require(SystemRegisterRead(instruction: word), "\(item.0)")
            #expect(read.target == 21)
            #expect(Self.plain.shown(read.register) == item.1, "\(item.0)")
            #expect(Self.full.shown(read.register) == item.2, "\(item.0)")
            // The syndrome of the same read: ISS of class 0x18.
            let op = UInt64(word)
            let syndrome =
                0x18 << 26 | 1 << 25 | (op >> 19 & 3) << 20 | (op >> 5 & 7) << 17
                | (op >> 16 & 7) << 14 | (op >> 12 & 15) << 10 | 21 << 5 | (op >> 8 & 15) << 1
            #expect(SystemRegisterRead(ExceptionSyndrome(rawValue: syndrome | 1)) == read)
            #expect(SystemRegisterRead(ExceptionSyndrome(rawValue: syndrome)) == nil)
        }
    }
    @Test("what is switched on is shown besides")
    func enabled() {
        var registers = Self.full
        registers.enabled = [.pointerAuthentication, .branchTargets, .scalableVectors]
        #expect(registers.shown(SystemRegisterName(3, 0, 0, 6, 1)) == 0x0011_2011_1121_1112)
        #expect(registers.shown(SystemRegisterName(3, 0, 0, 4, 1)) == 0x21)
        #expect(registers.shown(SystemRegisterName(3, 0, 0, 4, 0)) == 0x0001_0001_0011_0011)
        #expect(registers.shown(SystemRegisterName(3, 0, 0, 4, 4)) == 0x0ff0_ff0f_00ff_00ff)
    }
    @Test("a trapped read is executed: by its syndrome, or by its word where there is none")
    func emulates() throws {
        let word = try #require(try Assembler.words(["mrs x3, midr_el1"]).first)
        let discarded = try #require(try Assembler.words(["mrs xzr, midr_el1"]).first)
        let write = try #require(try Assembler.words(["msr tpidr_el0, x3"]).first)
        func emulate(_ syndrome: UInt64, _ word: UInt32?) -> ProgramFrame? {
            let fixture = FrameFixture(syndrome: syndrome)
            fixture.frame[.pstate] = 0x6000_0c00
            var asked: VirtualAddress?
            let isDone = fixture.frame.emulateInstruction(Self.plain) {
                asked = $0
                return word
            }
            if let asked { #expect(asked.rawValue == 0x40_1234) }
            guard isDone else { return nil }
            #expect(fixture.frame[.pc] == 0x40_1238 && fixture.frame[.pstate] == 0x6000_0000)
            for number in 0...30 where number != 3 {
                #expect(fixture.frame[general: number] == 0x1000 + UInt64(number))
            }
            return fixture.frame
        }
        #expect(emulate(0x0200_0000, word)?[.x3] == 0x410f_d083)
        #expect(emulate(0x0200_0000, discarded)?[.x3] == 0x1003)
        #expect(emulate(0x6230_0061, nil)?[.x3] == 0x410f_d083)
        #expect(emulate(0x0200_0000, write) == nil)
        #expect(emulate(0x0200_0000, nil) == nil)
        #expect(emulate(0x9200_0007, word) == nil)
    }
}
