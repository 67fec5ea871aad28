import Testing

@testable import CPUARM64

/// Encodings, compared with the assembler's.
@Suite("A64 instructions") struct InstructionTests {
    @Test("each instruction is what the assembler makes of it")
    func encodings() throws {
        let pairs: [(String, UInt32?)] = [
            ("b .", Instruction.branch(by: 0)),
            ("b .-4", Instruction.branch(by: -4)),
            ("b .+0x7fffffc", Instruction.branch(by: 0x7ff_fffc)),
            ("b .-0x8000000", Instruction.branch(by: -0x800_0000)),
            ("cbnz x8, .+32", Instruction.branchUnlessZero(8, by: 32)),
            ("cbnz x30, .-0x100000", Instruction.branchUnlessZero(30, by: -0x10_0000)),
            ("cbnz x0, .+0xffffc", Instruction.branchUnlessZero(0, by: 0xf_fffc)),
            ("add x8, x8, #172", Instruction.add(172, to: 8)),
            ("add x0, x0, #4095", Instruction.add(4095, to: 0)),
            ("sub x8, x8, #172", Instruction.subtract(172, from: 8)),
            ("sub x30, x30, #0", Instruction.subtract(0, from: 30)),
            ("movz x8, #172", Instruction.move(172, to: 8)),
            ("movz x30, #65535", Instruction.move(65535, to: 30)),
            ("ldr x30, [x8, #0x80]", Instruction.load(30, at: 8, 0x80)),
            ("ldr x0, [x30, #32760]", Instruction.load(0, at: 30, 32760)),
            ("str x30, [x8, #0x88]", Instruction.store(30, at: 8, 0x88)),
            ("mrs x8, tpidrro_el0", Instruction.readArea(to: 8)),
            ("msr daifset, #2", Instruction.mask(2)),
            ("msr daifset, #15", Instruction.mask(15)),
            ("blr x30", Instruction.call(30)),
            ("svc #0", Instruction.systemCall),
        ]
        let words = try Assembler.words(pairs.map(\.0))
        #expect(words.count == pairs.count)
        for (pair, word) in zip(pairs, words) { #expect(pair.1 == word, "\(pair.0)") }
    }
    @Test("an operand that does not fit is refused")
    func ranges() {
        #expect(Instruction.branch(by: 0x800_0000) == nil)
        #expect(Instruction.branch(by: -0x800_0004) == nil)
        #expect(Instruction.branch(by: 2) == nil)
        #expect(Instruction.branchUnlessZero(8, by: 0x10_0000) == nil)
        #expect(Instruction.branchUnlessZero(31, by: 4) == nil)
        #expect(Instruction.add(4096, to: 8) == nil)
        #expect(Instruction.subtract(1, from: 31) == nil)
        #expect(Instruction.move(65536, to: 8) == nil)
        #expect(Instruction.load(0, at: 0, 4) == nil)
        #expect(Instruction.store(0, at: 0, 32768) == nil)
        #expect(Instruction.mask(16) == nil)
    }
}
