import Base
import Testing

@testable import CPUX86_64

@Suite("Registers that a debugger sets")
struct TracedRegistersTests {
    private static let size = CoreRegisters.byteCount
    /// struct user_regs_struct of a program, with one member set to a value.
    private func registers(_ index: Int, _ value: UInt64) -> [UInt8] {
        var words = [UInt64](repeating: 0, count: Self.size / 8)
        words[17] = 0x33
        words[20] = 0x2b
        words[index] = value
        return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
    }

    @Test(
        "segments other than the program's and bases in the kernel's half are refused (putreg)",
        arguments: [
            (16, UInt64.max, true), (19, 0x8000_0000_0000_0000, true), (17, 0x10, false),
            (17, 0x23, false), (20, 0, false), (21, 0x7fff_ffff_0000, true),
            (21, 1 << 47, false), (22, .max, false),
        ] as [(Int, UInt64, Bool)])
    func validity(index: Int, value: UInt64, isValid: Bool) {
        let bytes = registers(index, value)
        #expect(CoreRegisters.areValid(bytes.span.raw) == isValid)
    }

    @Test("of the flags only those change that a program may change itself")
    func flags() {
        let storage = UnsafeMutableRawPointer.allocate(
            byteCount: ProgramFrame.byteCount, alignment: 16)
        defer { storage.deallocate() }
        let frame = unsafe ProgramFrame(at: storage)
        frame.reset(
            instruction: VirtualAddress(rawValue: 0x1000), stack: VirtualAddress(rawValue: 0x2000))
        var pointers = ProgramPointers()
        CoreRegisters.load(registers(18, .max).span.raw, into: frame, &pointers)
        // IF and bit 1 stay; IOPL, NT, VM, VIF, VIP and ID do not come.
        #expect(frame[.rflags] == 0x5_0dd5 | 0x202)
        CoreRegisters.load(registers(18, 0).span.raw, into: frame, &pointers)
        #expect(frame[.rflags] == 0x202)
    }

    @Test("the call in progress is the number's low half; -1 is none")
    func calls() {
        let storage = UnsafeMutableRawPointer.allocate(
            byteCount: ProgramFrame.byteCount, alignment: 16)
        defer { storage.deallocate() }
        let frame = unsafe ProgramFrame(at: storage)
        frame.reset(
            instruction: VirtualAddress(rawValue: 0x1000), stack: VirtualAddress(rawValue: 0x2000))
        frame.setSystemCall(39)
        #expect(frame.isInSystemCall && frame.systemCallNumber == 39)
        frame.setSystemCall(0xffff_ffff)
        #expect(!frame.isInSystemCall)
    }
}
