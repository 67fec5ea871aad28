/// The A64 instructions that a stub consists of (Arm ARM, chapter C6.2), as their words.
///
/// `nil` where an operand does not fit.
package enum Instruction {
    package static let byteCount = 4
    /// How far `b` reaches, backwards and just not forwards.
    package static let branchReach: Int64 = 1 << 27
    /// X31: zero or the stack pointer.
    private static let registerCount: UInt32 = 31

    package static let systemCall: UInt32 = 0xd400_0001

    /// `b`, by a distance from the instruction itself.
    package static func branch(by distance: Int64) -> UInt32? {
        guard distance & 3 == 0, -branchReach..<branchReach ~= distance else { return nil }
        return 0x1400_0000 | UInt32(truncatingIfNeeded: distance >> 2) & 0x03ff_ffff
    }
    /// `cbnz x`, by a distance from the instruction itself.
    package static func branchUnlessZero(_ register: UInt32, by distance: Int64) -> UInt32? {
        let reach: Int64 = 1 << 20
        guard distance & 3 == 0, -reach..<reach ~= distance, register < registerCount else {
            return nil
        }
        return 0xb500_0000 | (UInt32(truncatingIfNeeded: distance >> 2) & 0x7ffff) << 5 | register
    }
    /// `add x, x, #n`, of one register.
    package static func add(_ value: UInt32, to register: UInt32) -> UInt32? {
        immediate(0x9100_0000, value, register)
    }
    /// `sub x, x, #n`, of one register.
    package static func subtract(_ value: UInt32, from register: UInt32) -> UInt32? {
        immediate(0xd100_0000, value, register)
    }
    private static func immediate(
        _ opcode: UInt32, _ value: UInt32, _ register: UInt32
    ) -> UInt32? {
        guard value < 1 << 12, register < registerCount else { return nil }
        return opcode | value << 10 | register << 5 | register
    }
    /// `movz x, #n`
    package static func move(_ value: UInt32, to register: UInt32) -> UInt32? {
        guard value < 1 << 16, register < registerCount else { return nil }
        return 0xd280_0000 | value << 5 | register
    }
    /// `ldr x, [x, #offset]`
    package static func load(_ register: UInt32, at base: UInt32, _ offset: UInt32) -> UInt32? {
        access(0xf940_0000, register, base, offset)
    }
    /// `str x, [x, #offset]`
    package static func store(_ register: UInt32, at base: UInt32, _ offset: UInt32) -> UInt32? {
        access(0xf900_0000, register, base, offset)
    }
    private static func access(
        _ opcode: UInt32, _ register: UInt32, _ base: UInt32, _ offset: UInt32
    ) -> UInt32? {
        guard offset & 7 == 0, offset < 8 << 12, register < registerCount, base < registerCount
        else { return nil }
        return opcode | (offset / 8) << 10 | base << 5 | register
    }
    /// `mrs x, tpidrro_el0`
    package static func readArea(to register: UInt32) -> UInt32? {
        register < registerCount ? 0xd53b_d060 | register : nil
    }
    /// `msr daifset, #n`: D 8, A 4, I 2, F 1.
    package static func mask(_ bits: UInt32) -> UInt32? {
        bits < 16 ? 0xd503_40df | bits << 8 : nil
    }
    /// `blr x`
    package static func call(_ register: UInt32) -> UInt32? {
        register < registerCount ? 0xd63f_0000 | register << 5 : nil
    }
}
