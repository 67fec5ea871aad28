import Base
import Testing

@testable import CPUARM64

@Suite("Signal frames") struct SignalFrameTests {
    @Test(
        "fields lie where the kernel's headers have them",
        .enabled(
            if: Assembler.hasHeaders, "the kernel's headers for arm64: linux-libc-dev-arm64-cross"))
    func layout() throws {
        let context = "offsetof(struct rt_sigframe, uc.uc_mcontext."
        func value(_ offset: Int) -> UInt64 { UInt64(offset) }
        try Assembler.check(
            """
            typedef unsigned long size_t;
            #include <linux/types.h>
            #include <asm/signal.h>
            #include <asm/sigcontext.h>
            #include <asm/siginfo.h>
            #include <asm/ucontext.h>
            #include <asm/auxvec.h>
            #define offsetof(type, member) __builtin_offsetof(type, member)
            struct rt_sigframe { struct siginfo info; struct ucontext uc; };
            """,
            [
                ("offsetof(struct rt_sigframe, info)", value(SignalFrame.information)),
                ("offsetof(struct rt_sigframe, uc)", value(SignalFrame.context)),
                (
                    "offsetof(struct rt_sigframe, uc.uc_stack.ss_sp)",
                    value(SignalFrame.alternateStack)
                ),
                (
                    "offsetof(struct rt_sigframe, uc.uc_stack.ss_flags)",
                    value(SignalFrame.alternateStackFlags)
                ),
                (
                    "offsetof(struct rt_sigframe, uc.uc_stack.ss_size)",
                    value(SignalFrame.alternateStackSize)
                ),
                ("offsetof(struct rt_sigframe, uc.uc_sigmask)", value(SignalFrame.blockedSignals)),
                (context + "fault_address)", value(SignalFrame.faultAddress)),
                (context + "regs)", value(SignalFrame.registers)),
                (context + "sp)", value(SignalFrame.stackPointer)),
                (context + "pc)", value(SignalFrame.programCounter)),
                (context + "pstate)", value(SignalFrame.state)),
                (context + "__reserved)", value(SignalFrame.records)),
                ("sizeof(struct rt_sigframe)", value(SignalFrame.wholeByteCount)),
                (
                    "sizeof(((struct sigcontext *)0)->__reserved)",
                    value(SignalFrame.recordsByteCount)
                ),
                ("FPSIMD_MAGIC", UInt64(SignalFrame.vectorMagic)),
                ("ESR_MAGIC", UInt64(SignalFrame.syndromeMagic)),
                ("SVE_MAGIC", UInt64(SignalFrame.scalableMagic)),
                ("SVE_SIG_REGS_OFFSET", value(SignalFrame.scalableRegisters)),
                ("offsetof(struct sve_context, vl)", value(SignalFrame.scalableLength)),
                ("offsetof(struct sve_context, flags)", value(SignalFrame.scalableFlags)),
                ("SVE_VL_MIN", value(VectorLength.step)),
                ("sizeof(struct fpsimd_context)", value(SignalFrame.vectorByteCount)),
                ("sizeof(struct esr_context)", value(SignalFrame.syndromeByteCount)),
                ("sizeof(struct _aarch64_ctx)", value(SignalFrame.recordHeaderByteCount)),
                (
                    "sizeof(struct fpsimd_context) - offsetof(struct fpsimd_context, fpsr)",
                    value(ExtendedState.savedByteCount)
                ),
            ]
                + (1...16).flatMap { quads in
                    [
                        (
                            "SVE_SIG_REGS_SIZE(\(quads))",
                            value(VectorLength.savedByteCount(quads * 16))
                        ),
                        (
                            "(SVE_SIG_CONTEXT_SIZE(\(quads)) + 15) / 16 * 16",
                            value(SignalFrame.scalableByteCount(quads * 16))
                        ),
                    ]
                })
    }
    @Test("with SVE's registers of the longest kind, records fit the 4096 bytes")
    func fits() {
        let all =
            SignalFrame.vectorByteCount + SignalFrame.syndromeByteCount
            + SignalFrame.scalableByteCount(VectorLength.limit) + SignalFrame.recordHeaderByteCount
        #expect(VectorLength.limit == 64 && all <= SignalFrame.recordsByteCount)
    }

    private static let top = FakeMemory.start + 0x2f08
    /// A frame as Linux would have built it, of the fixture's registers.
    private func build(_ frame: ProgramFrame, _ fault: FaultRecord) throws -> (
        FakeMemory, SignalFrame
    ) {
        let memory = FakeMemory()
        let place = SignalFrame(below: Self.top)
        var bytes = [UInt8](repeating: 0, count: SignalFrame.byteCount)
        bytes.withUnsafeMutableBytes { buffer in
            var span = buffer.mutableBytes
            frame.writeContext(
                to: &span, of: place, fault: fault, blockedSignals: 0,
                returnAddress: VirtualAddress(rawValue: 0))
        }
        try bytes.withUnsafeBytes { try memory.copyOut($0.bytes, to: place.start) }
        // As the CPU's registers would have been saved.
        try memory.store(SignalFrame.vectorMagic, at: place.start, SignalFrame.records)
        try memory.store(UInt32(528), at: place.start, SignalFrame.records + 4)
        try place.saveRecords(of: frame, fault, behind: 528, through: memory)
        return (memory, place)
    }

    @Test("a frame is 4688 bytes below a frame record, both aligned; the CPU's records come first")
    func builds() throws {
        let frame = FrameFixture().frame
        let fault = FaultRecord(syndrome: 0x9200_0047, address: 0x1234)
        let (memory, place) = try build(frame, fault)
        let start = place.start
        #expect(start.rawValue % 16 == 0)
        #expect(place.frameRecord == FakeMemory.start + 0x2ef0)
        #expect(start.rawValue + 4688 == place.frameRecord)
        #expect(try memory.load(UInt64.self, at: start, 304) == 0x1234)
        for number in 0...30 {
            #expect(
                try memory.load(UInt64.self, at: start, 312 + number * 8)
                    == 0x1000 + UInt64(number))
        }
        #expect(try memory.load(UInt64.self, at: start, 560) == 0x7000_0f00)
        #expect(try memory.load(UInt64.self, at: start, 568) == 0x40_1234)
        #expect(try memory.load(UInt64.self, at: start, 576) == 0x6000_0000)
        #expect(try memory.load(UInt32.self, at: start, 1120) == 0x4553_5201)
        #expect(try memory.load(UInt32.self, at: start, 1124) == 16)
        #expect(try memory.load(UInt64.self, at: start, 1128) == 0x9200_0047)
        #expect(try memory.load(UInt64.self, at: start, 1136) == 0)
        #expect(try memory.load(UInt64.self, at: start, 4688) == 0x101d)
        #expect(try memory.load(UInt64.self, at: start, 4696) == 0x101e)
        let (without, _) = try build(frame, FaultRecord())
        #expect(try without.load(UInt64.self, at: start, 1120) == 0)
    }
    @Test("a handler gets its arguments, its frame record and where to return to (setup_return)")
    func enters() {
        let place = SignalFrame(below: Self.top)
        for arguments in [SignalFrame.Arguments.number, .all] {
            let frame = FrameFixture().frame
            frame[.pstate] = 0x6200_0c00  // TCO and BTYPE
            frame.enterHandler(
                VirtualAddress(rawValue: 0x40_5000), signal: 11, arguments, in: place,
                returnAddress: VirtualAddress(rawValue: 0x40_6000))
            let start = place.start.rawValue
            #expect(frame[.x0] == 11)
            #expect(frame[.x1] == (arguments == .all ? start : 0x1001))
            #expect(frame[.x2] == (arguments == .all ? start + 128 : 0x1002))
            #expect(frame[.sp] == start && frame[.x29] == start + 4688)
            #expect(frame[.x30] == 0x40_6000 && frame[.pc] == 0x40_5000)
            #expect(frame[.pstate] == 0x6000_0000)
            #expect(SignalFrame.start(returning: frame) == place.start)
            frame[.sp] += 8
            #expect(SignalFrame.start(returning: frame) == nil)
        }
    }
    @Test("registers come back; of PSTATE only what a program may change, and only for EL0")
    func returns() throws {
        let (memory, place) = try build(FrameFixture().frame, FaultRecord())
        func readBack(state: UInt64) throws -> (Bool, ProgramFrame) {
            try memory.store(state, at: place.start, SignalFrame.state)
            var bytes = [UInt8](repeating: 0, count: SignalFrame.byteCount)
            try bytes.withUnsafeMutableBytes { buffer throws in
                var span = buffer.mutableBytes
                try memory.copyIn(from: place.start, into: &span)
            }
            let fixture = FrameFixture()
            for number in 0...30 { fixture.frame[general: number] = 0 }
            fixture.frame[.sp] = 0
            fixture.frame[.pc] = 0
            fixture.frame[.pstate] = 1 << 21  // SS, which no frame sets or clears
            let isGood = bytes.withUnsafeBytes { fixture.frame.readContext(from: $0.bytes) }
            return (isGood, fixture.frame)
        }
        for (state, result) in [
            (0, 0), (0xf000_0000, 0xf000_0000), (0xffff_ffff_f33f_fc20, 0xf300_1c00),
        ] as [(UInt64, UInt64)] {
            let (isGood, frame) = try readBack(state: state)
            #expect(isGood)
            #expect(frame[.pstate] == result | 1 << 21)
            #expect(frame[.sp] == 0x7000_0f00 && frame[.pc] == 0x40_1234)
            for number in 0...30 { #expect(frame[general: number] == 0x1000 + UInt64(number)) }
        }
        // AArch32, EL1, and each of D, A, I, F.
        for state: UInt64 in [0x10, 0x4, 0x1, 0x200, 0x100, 0x80, 0x40] {
            let (isGood, frame) = try readBack(state: state)
            #expect(!isGood && frame[.x0] == 0 && frame[.pc] == 0)
        }
    }

    @Test("records are found in any order, and refused as parse_user_sigframe does")
    func records() throws {
        typealias Record = (magic: UInt32, size: UInt32)
        let vectors: Record = (0x4650_8001, 528)
        let syndrome: Record = (0x4553_5201, 16)
        let end: Record = (0, 0)
        func find(_ list: [Record], vectorLength: Int? = nil) -> Int? {
            let memory = FakeMemory()
            let start = VirtualAddress(rawValue: FakeMemory.start)
            var offset = 0
            for record in list where offset + 8 <= 4096 {
                try? memory.store(record.magic, at: start, offset)
                try? memory.store(record.size, at: start, offset + 4)
                offset += Int(record.size)
            }
            return try? SignalFrame.vectorRecords(
                in: start, vectorLength: vectorLength, through: memory
            ).plain
        }
        #expect(find([vectors, end]) == 0)
        #expect(find([vectors, syndrome, end]) == 0)
        #expect(find([syndrome, vectors, end]) == 16)
        #expect(find([end]) == nil)
        #expect(find([syndrome, end]) == nil)
        #expect(find([vectors, vectors, end]) == nil)
        #expect(find([(0x4650_8001, 512), end]) == nil)
        #expect(find([vectors, (0x5356_4501, 16), end]) == nil)  // SVE
        #expect(find([vectors, (0x4558_5401, 32), end]) == nil)  // extra space
        #expect(find([vectors, (0x4553_5201, 0)]) == nil)
        #expect(find([vectors, (0x4553_5201, 20), end]) == nil)
        #expect(find([vectors, (0x4553_5201, 4096), end]) == nil)
        #expect(find([vectors, (0, 16)]) == nil)
        // No end within the 4096 bytes.
        #expect(find([vectors] + Array(repeating: syndrome, count: 223)) == nil)
        #expect(find([vectors] + Array(repeating: syndrome, count: 222) + [end]) == 0)
    }
    @Test(
        "SVE's record has registers or none, of the length that there is (restore_sve_fpsimd_context)"
    )
    func scalable() throws {
        let start = VirtualAddress(rawValue: FakeMemory.start)
        /// A frame with a record of `size` bytes that says `length`, read where there is `current`.
        func find(
            size: Int, length: UInt16 = 32, flags: UInt16 = 0, count: Int = 1, current: Int? = 32
        ) -> SignalFrame.VectorRecords? {
            let memory = FakeMemory()
            for index in 0..<count {
                let offset = index * size
                try? memory.store(0x5356_4501 as UInt32, at: start, offset)
                try? memory.store(UInt32(size), at: start, offset + 4)
                try? memory.store(length, at: start, offset + 8)
                try? memory.store(flags, at: start, offset + 10)
            }
            try? memory.store(SignalFrame.vectorMagic, at: start, size * count)
            try? memory.store(528 as UInt32, at: start, size * count + 4)
            try? memory.store(0 as UInt64, at: start, size * count + 528)
            return try? SignalFrame.vectorRecords(
                in: start, vectorLength: current, through: memory)
        }
        // 16 + 32 * 32 + 17 * 4 = 1108 bytes.
        #expect(find(size: 1120) == SignalFrame.VectorRecords(plain: 1120, scalable: 0))
        #expect(find(size: 1136) == SignalFrame.VectorRecords(plain: 1136, scalable: 0))
        #expect(find(size: 16) == SignalFrame.VectorRecords(plain: 16, scalable: nil))
        #expect(find(size: 1104) == nil)
        #expect(find(size: 32) == nil)
        #expect(find(size: 8) == nil)
        #expect(find(size: 4096) == nil)
        #expect(find(size: 1120, length: 16) == nil)
        #expect(find(size: 16, length: 64) == nil)
        #expect(find(size: 16, length: 0) == nil)
        #expect(find(size: 1120, flags: 1) == nil)
        #expect(find(size: 1120, flags: 2) != nil)
        #expect(find(size: 16, count: 2) == nil)
        #expect(find(size: 16, current: nil) == nil)
        #expect(find(size: 1120, current: nil) == nil)
    }
    @Test("SVE's header comes before its registers, the end behind them")
    func header() throws {
        let memory = FakeMemory()
        let start = VirtualAddress(rawValue: FakeMemory.start)
        try ExtendedState.writeScalableHeader(
            length: 64, byteCount: SignalFrame.scalableByteCount(64), to: start, through: memory)
        #expect(try memory.load(UInt32.self, at: start, 0) == 0x5356_4501)
        #expect(try memory.load(UInt32.self, at: start, 4) == 2208)
        #expect(try memory.load(UInt64.self, at: start, 8) == 64)
        #expect(try memory.load(UInt64.self, at: start, 16) == 0xeeee_eeee_eeee_eeee)
        #expect(try memory.load(UInt64.self, at: start, 2208) == 0)
    }
    @Test("AT_MINSIGSTKSZ is a frame, its record and room to align")
    func maximum() { #expect(SignalFrame.maximumByteCount == 4720) }
}
