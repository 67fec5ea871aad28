import Foundation
import Testing

@testable import CPUX86_64

/// The decoder against binutils, over the code of a real program.
@Suite("Instruction lengths") struct InstructionTests {
    private func decode(_ bytes: [UInt8]) -> Instruction? {
        Instruction(bytes.span.bytes, at: 0)
    }

    @Test("kinds and lengths of single instructions")
    func kinds() {
        let cases: [([UInt8], Int, Instruction.Kind)] = [
            ([0x0f, 0x05], 2, .systemCall),
            ([0xb8, 0x6e, 0, 0, 0], 5, .moveToEAX(0x6e)),
            ([0x41, 0xb8, 1, 0, 0, 0], 6, .other),
            ([0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8], 10, .other),
            ([0x66, 0xb8, 1, 2], 4, .other),
            ([0x48, 0x66, 0xb8, 1, 2], 5, .other),
            ([0xc3], 1, .end), ([0xf3, 0xc3], 2, .end), ([0xc2, 8, 0], 3, .end),
            ([0x0f, 0x0b], 2, .end), ([0xcc], 1, .end), ([0xff, 0xe0], 2, .end),
            ([0x3e, 0xff, 0xe0], 3, .end), ([0xff, 0xd0], 2, .other),
            ([0xeb, 0xfe], 2, .jump(-2)), ([0xe9, 1, 0, 0, 0], 5, .jump(1)),
            ([0xe8, 1, 0, 0, 0], 5, .branch(1)), ([0x74, 0x10], 2, .branch(16)),
            ([0x0f, 0x84, 4, 0, 0, 0], 6, .branch(4)),
            ([0x90], 1, .nop), ([0xf3, 0x90], 2, .other), ([0x66, 0x90], 2, .longNop),
            ([0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0], 10, .longNop),
            // mov $5, -0x48(%rsp): its last five bytes look like a move to EAX.
            ([0xc7, 0x44, 0x24, 0xb8, 5, 0, 0, 0], 8, .other),
            // vzeroupper; vpshufd $1, %xmm0, %xmm1; vpternlogd $0xff, %zmm0, %zmm0, %zmm0
            ([0xc5, 0xf8, 0x77], 3, .other), ([0xc5, 0xf9, 0x70, 0xc8, 1], 5, .other),
            ([0x62, 0xf3, 0x7d, 0x48, 0x25, 0xc0, 0xff], 7, .other),
            ([0xf3, 0x0f, 0x1e, 0xfa], 4, .other),
            ([0x67, 0xa1, 1, 2, 3, 4], 6, .other), ([0xa1, 1, 2, 3, 4, 5, 6, 7, 8], 9, .other),
        ]
        for (bytes, count, kind) in cases {
            let instruction = decode(bytes)
            #expect(instruction?.byteCount == count, "\(bytes)")
            #expect(instruction?.kind == kind, "\(bytes)")
        }
    }

    @Test("what is no instruction of 64-bit mode, or cut off")
    func refused() {
        for bytes: [UInt8] in [
            [], [0x0f], [0x06], [0x60], [0x82, 0, 0], [0xea], [0xd4, 1], [0xb8, 1, 0, 0],
            [0x48, 0x8b], [0x66, 0xe8, 0, 0, 0, 0], Array(repeating: 0x66, count: 16),
        ] { #expect(decode(bytes) == nil, "\(bytes)") }
    }

    @Test("every instruction of a real program, as objdump has them")
    func realProgram() throws {
        let mismatches = try Self.compare("/bin/sh")
        #expect(mismatches.isEmpty, "\(mismatches.prefix(10))")
    }

    /// Lines of objdump whose length the decoder does not share, of those that it says it knows.
    private static func compare(_ program: String) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/objdump")
        process.arguments = ["-d", "--insn-width=16", "-j", ".text", program]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        var wrong: [String] = []
        var count = 0
        for line in output.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: "\t"))
            guard fields.count >= 2, fields[0].last == UInt8(ascii: ":") else { continue }
            let bytes = fields[1].split(separator: UInt8(ascii: " ")).compactMap {
                UInt8(String(decoding: $0, as: UTF8.self), radix: 16)
            }
            let text = String(decoding: line, as: UTF8.self)
            guard !text.contains("(bad)") else { continue }
            count += 1
            // A prefix that objdump shows alone belongs to the next instruction.
            if bytes.count == 1, fields.count >= 3, Self.isPrefix(bytes[0]) { continue }
            let instruction = Instruction(bytes.span.bytes, at: 0)
            if instruction?.byteCount != bytes.count { wrong.append(text) }
        }
        #expect(count > 1000, "objdump printed \(count) instructions of \(program)")
        return wrong
    }
    private static func isPrefix(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x26, 0x2e, 0x36, 0x3e, 0x40...0x4f, 0x64...0x67, 0xf0, 0xf2, 0xf3: true
        default: false
        }
    }
}
