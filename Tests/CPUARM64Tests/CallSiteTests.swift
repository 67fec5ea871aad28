import Base
import NucleusLayoutARM64
import Testing

@testable import CPUARM64

@Suite("Call sites") struct CallSiteTests {
    private static let site = VirtualAddress(rawValue: 0x40_1010)
    private static let stub = VirtualAddress(rawValue: 0x3f_f030)
    private static let number: UInt32 = 172

    private func stub(
        at stub: VirtualAddress = CallSiteTests.stub, number: UInt32 = CallSiteTests.number
    ) -> [UInt32]? {
        var bytes = [UInt8](repeating: 0, count: CallSite.stubByteCount)
        let isWritten = bytes.withUnsafeMutableBytes { buffer in
            var span = buffer.mutableBytes
            return CallSite.Plan.branch(number: number).writeStub(
                to: &span, at: stub, site: Self.site, entry: VirtualAddress(rawValue: 0))
        }
        guard isWritten else { return nil }
        return bytes.withUnsafeBytes { buffer in
            (0..<12).map { buffer.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self) }
        }
    }
    private func plan(_ word: UInt32, at address: UInt64 = 0x40_1010, _ number: UInt32 = 172)
        -> CallSite.Plan
    {
        [word.littleEndian].withUnsafeBytes { buffer in
            CallSite.plan(
                buffer.bytes, at: VirtualAddress(rawValue: address), site: 0, number: number
            ) { _ in false }
        }
    }

    @Test("an aligned svc #0 with a known number is a site, nothing else")
    func plans() {
        #expect(plan(0xd400_0001) == .branch(number: 172))
        #expect(plan(0xd400_0001, 0) == .branch(number: 0))
        #expect(plan(0xd400_0021) == .none)  // svc #1
        #expect(plan(0xd400_0002) == .none)  // hvc
        #expect(plan(0x1400_0000) == .none)
        #expect(plan(0xd400_0001, at: 0x40_1012) == .none)
        #expect(plan(0xd400_0001, 4000) == .none)
    }

    @Test("a stub is what the assembler makes of its text")
    func stubWords() throws {
        let back = Int64(Self.site.rawValue + 4)
        func by(_ word: Int64) -> String {
            ".+(\(back - Int64(Self.stub.rawValue) - word * 4))"
        }
        let expected = try Assembler.words([
            "sub x8, x8, #172", "cbnz x8, .+32", "msr daifset, #3", "mrs x8, tpidrro_el0",
            "str x30, [x8, #\(DATA_CALL_X30)]", "ldr x30, [x8, #\(DATA_CALL_ENTRY)]", "blr x30",
            "movz x8, #172",
            "b " + by(8), "add x8, x8, #172", "svc #0", "b " + by(11),
        ])
        #expect(stub() == expected)
    }
    @Test("a site and its stub must be within 128 MiB of each other, both ways")
    func reach() {
        // Its last word leads back from 44 bytes behind its start to 4 behind the site.
        let farthest = VirtualAddress(rawValue: Self.site.rawValue + (1 << 27) - 40)
        #expect(stub(at: farthest) != nil)
        #expect(stub(at: VirtualAddress(rawValue: farthest.rawValue + 4)) == nil)
        var page = [UInt8](repeating: 0, count: Page.size)
        page.withUnsafeMutableBytes { buffer in
            var span = buffer.mutableBytes
            let change = CallSite.Plan.branch(number: 1)
            let far = VirtualAddress(rawValue: Self.site.rawValue + (1 << 27))
            #expect(!change.apply(to: &span, site: Self.site, stub: far))
            let near = VirtualAddress(rawValue: far.rawValue - 4)
            #expect(change.apply(to: &span, site: Self.site, stub: near))
            #expect(span.bytes.littleEndian(UInt32.self, at: 16) == 0x15ff_ffff)
            change.undo(in: &span, site: Self.site)
            #expect(span.bytes.littleEndian(UInt32.self, at: 16) == 0xd400_0001)
        }
        for index in page.indices where index < 16 || index >= 20 { #expect(page[index] == 0) }
    }

    /// What registers hold after so many words of a stub, for a number that X8 came with.
    private func execute(_ path: [Int], from number: UInt64, _ frame: ProgramFrame) {
        for position in path {
            switch position {
            case 0: frame[.x8] &-= UInt64(Self.number)
            case 2: frame[.pstate] |= 0xc0
            case 3: frame[.x8] = 0x4100_0002_0000  // this CPU's area
            case 5: frame[.x30] = 0x4000_0000_0700  // the entry
            // The call itself, whose entry puts all back but X8.
            case 6:
                frame[.x30] = 0x9999
                frame[.pstate] &= ~0xc0
                frame[.x0] = 42
            case 7: frame[.x8] = UInt64(Self.number)
            case 9: frame[.x8] &+= UInt64(Self.number)
            case 10: frame[.x0] = 42
            default: break
            }
        }
    }
    @Test("wherever a stub is left, the program is at its site or behind it, with its registers")
    func rollsBack() {
        let hit = [0, 1, 2, 3, 4, 5, 6, 7, 8]
        let miss = [0, 1, 9, 10, 11]
        for (path, number, call) in [(hit, UInt64(Self.number), 6), (miss, 64, 10)] {
            for index in path.indices {
                let fixture = FrameFixture()
                let frame = fixture.frame
                frame[.x8] = number
                frame[.x30] = 0x9999
                execute(Array(path[..<index]), from: number, frame)
                let position = path[index]
                let found = frame.leaveStub(
                    at: position * 4, of: .branch(number: Self.number), site: Self.site
                ) { 0x9999 }
                let isMade = path[..<index].contains(call)
                #expect(found == .entry)
                #expect(
                    frame.instruction.rawValue == Self.site.rawValue + (isMade ? 4 : 0),
                    "word \(position)")
                #expect(frame[.x8] == number, "word \(position)")
                #expect(frame[.x30] == 0x9999, "word \(position)")
                #expect(frame[.x0] == (isMade ? 42 : 0x1000), "word \(position)")
                #expect(frame[.pstate] == 0x6000_0000, "word \(position)")
                for other in 1...29 where other != 8 {
                    #expect(frame[general: other] == 0x1000 + UInt64(other))
                }
            }
        }
    }
    @Test("the entry's first instruction leads back to the stub's call")
    func entry() {
        let frame = FrameFixture().frame
        frame[.x30] = Self.stub.rawValue + 28
        frame.returnToSite()
        #expect(frame[.pc] == Self.stub.rawValue + 24)
    }
    @Test("a restarted call is at its site with its own first argument and number")
    func restarts() {
        let frame = FrameFixture(cause: 0x100).frame
        frame[.number] = 101
        frame[.originalX0] = 7
        frame[.x0] = UInt64(bitPattern: -512)
        #expect(frame.isInSystemCall)
        frame.restartSystemCall(number: 128)
        #expect(frame[.x0] == 7 && frame[.x8] == 128 && frame[.pc] == 0x40_1230)
        frame.forgetSystemCall()
        #expect(!frame.isInSystemCall)
    }
}
