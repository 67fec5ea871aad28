import Testing

@testable import CPUX86_64
@testable import Base

/// What may become a jump, by the bytes around it.
@Suite("Call sites") struct CallSiteTests {
    /// Code before the site: eight functions' worth of plain instructions.
    private static let plain: [UInt8] = Array(
        repeating: [0x48, 0x89, 0xd0, 0x48, 0x01, 0xf8, 0x0f, 0xb6, 0xc0], count: 20
    ).flatMap { $0 }

    /// Plans for the `syscall` behind `before`, with `behind` after it; all at a page's start.
    private func plan(
        _ before: [UInt8], _ behind: [UInt8], number: UInt32 = 39, changed: [Int] = []
    ) -> CallSite.Plan {
        let text = before + [0x0f, 0x05] + behind
        return CallSite.plan(
            text.span.bytes, at: VirtualAddress(rawValue: 0x40_1000), site: before.count,
            number: number
        ) { changed.contains($0) }
    }
    private static let move: [UInt8] = [0xb8, 39, 0, 0, 0]
    private static let breakpoints: [UInt8] = [0xc3, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0x50]

    @Test("a move before the site becomes a jump")
    func move() {
        #expect(plan(Self.plain + Self.move, [0xc3]) == .move(number: 39))
    }
    @Test("another number came by a jump: the site stays")
    func jumpedTo() {
        #expect(plan(Self.plain + Self.move, Self.breakpoints, number: 102) == .none)
    }
    @Test("the end of another instruction is no move")
    func lookAlikes() {
        // mov $39, -0x48(%rsp); mov $39, %r8d; movabs whose constant ends as a move does.
        for other: [UInt8] in [
            [0xc7, 0x44, 0x24, 0xb8, 39, 0, 0, 0], [0x41, 0xb8, 39, 0, 0, 0],
            [0x48, 0xb9, 1, 2, 3, 0xb8, 39, 0, 0, 0],
        ] {
            #expect(plan(Self.plain + other, [0xc3, 0x90]) == .none, "\(other)")
            #expect(
                plan(Self.plain + other, Self.breakpoints) == .springboard(offset: 3, byteCount: 6))
        }
    }
    @Test("a move with plain instructions behind it becomes a jump, and they go with it")
    func earlierMove() {
        // lea 0x10(%rip), %rsi; mov %r12, %rdx.
        let between: [UInt8] = [0x48, 0x8d, 0x35, 0x10, 0, 0, 0, 0x4c, 0x89, 0xe2]
        let text = Self.plain + Self.move + between
        guard case .earlierMove(39, let found) = plan(text, [0xc3, 0x90]) else {
            Issue.record("no move is seen")
            return
        }
        #expect(found.byteCount == 10)
        // The syscall is at 0x401000 and the bytes before it; the operand stays where it is.
        let site = VirtualAddress(rawValue: 0x40_1000 + UInt64(text.count))
        let stub = VirtualAddress(rawValue: 0x3f_f020)
        let (bytes, isWritten) = write {
            CallSite.writeStub(
                to: &$0, at: stub, site: site, number: 39, between: found,
                entry: VirtualAddress(rawValue: 0x3f_f000))
        }
        #expect(isWritten)
        let operand = site.rawValue - 3 + 0x10
        let distance = UInt32(operand - (stub.rawValue + 5 + 7))
        #expect(Array(bytes[0..<8]) == Self.move + [0x48, 0x8d, 0x35])
        #expect(bytes[8..<12].reversed().reduce(0) { $0 << 8 | UInt32($1) } == distance)
        #expect(Array(bytes[12..<18]) == [0x4c, 0x89, 0xe2, 0x4c, 0x8d, 0x1d])
        // A gap is better: whoever comes to the site goes there.
        #expect(plan(text, Self.breakpoints) == .springboard(offset: 3, byteCount: 6))
    }
    @Test("what is not plain, or too much, keeps an earlier move as it is")
    func notPlain() {
        let others: [[UInt8]] = [
            [0xff, 0xd2], [0xe8, 0, 0, 0, 0], [0x74, 0], [0xcd, 0x80], [0x0f, 0xa2], [0xf4],
            [0xc7, 0xf8, 0, 0, 0, 0], [0x67, 0x8d, 0x35, 0, 0, 0, 0],
            [0x8d, 0x35, 0, 0, 0, 0, 0x8d, 0x3d, 0, 0, 0, 0], [0x0f, 0x05],
            Array(repeating: 0x89, count: 16),
        ]
        for other in others {
            #expect(plan(Self.plain + Self.move + other, [0xc3, 0x90]) == .none, "\(other)")
        }
        #expect(
            plan(Self.plain + Self.move + [0x89, 0xf8], [0xc3, 0x90], number: 102) == .none)
    }
    @Test("registers that are caught in a stub are moved back to what stays at the site")
    func caught() throws {
        let text = Self.plain + Self.move + [0x89, 0xf8, 0x48, 0x89, 0xd6]
        let site = VirtualAddress(rawValue: 0x40_1000 + UInt64(text.count))
        let plan = plan(text, [0xc3, 0x90])
        var storage = [UInt64](repeating: 0, count: 64)
        try storage.withUnsafeMutableBytes { words in
            let frame = try unsafe ProgramFrame(at: #require(words.baseAddress))
            for (offset, back, isNumber) in [
                (0, 5, true), (5, 5, true), (7, 3, false), (10, 0, false), (17, 0, false),
            ] {
                frame.result = 1
                #expect(frame.leaveStub(at: offset, of: plan, site: site) == .entry)
                #expect(frame.instruction.rawValue == site.rawValue - UInt64(back))
                #expect(frame.result == (isNumber ? 39 : 1), "\(offset)")
            }
        }
    }
    @Test("a call that hides in another instruction stays")
    func hidden() {
        // movabs $…, %rax: only a jump into it executes the call.
        let text = Self.plain + [0x48, 0xb8, 0xb8, 39, 0, 0, 0]
        #expect(plan(text, [0xc3] + Self.breakpoints) == .none)
    }
    @Test("a gap behind the function, or before it, is a springboard")
    func gaps() {
        let nop: [UInt8] = [0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0]
        var before = Self.plain
        // ret and a long nop up to a multiple of 16, then the function.
        while (before.count + 1 + nop.count) % 16 != 0 { before.append(0x50) }
        before += [0xc3] + nop
        #expect(
            plan(before + [0x89, 0xf8], [0xc3, 0x48]) == .springboard(offset: -12, byteCount: 10))
        // Out of a short jump's reach.
        let far = Array(repeating: UInt8(0x50), count: 130)
        #expect(plan(before + far, [0xc3, 0x48]) == .none)
        #expect(plan(Self.plain, far + Self.breakpoints) == .none)
        // Too small.
        #expect(plan(Self.plain, [0xc3, 0xcc, 0xcc, 0xcc, 0xcc, 0x50]) == .none)
    }
    @Test("nops that control reaches are no gap")
    func executedNops() {
        let nops: [UInt8] = [0x66, 0x90, 0x66, 0x90, 0x66, 0x90]
        // Behind no end; behind an end but a branch's target; a function's row of short ones; not
        // up to an aligned address; behind a site that is a jump now.
        #expect(plan(Self.plain, nops + [0x0f, 0x1f, 0x40, 0, 0xc3]) == .none)
        var before = Self.plain
        while (before.count + 2 + 5 + 6) % 16 != 0 { before.append(0x50) }
        #expect(plan(before, [0x74, 2, 0x89, 0xc0, 0xc3] + nops + [0x50]) != .none)
        #expect(plan(before, [0x74, 1, 0x90, 0x90, 0xc3] + nops + [0x50]) != .none)
        #expect(plan(before, [0x74, 3, 0x89, 0xc0, 0xc3] + nops + [0x50]) == .none)
        let row: [UInt8] = [0x90, 0x90, 0x90, 0x90, 0x90, 0x90]
        #expect(plan(before, [0x89, 0xc0, 0x89, 0xc0, 0xc3] + row + [0x50]) == .none)
        #expect(plan(before, [0x89, 0xc0, 0xc3] + nops + [0x50]) == .none)
        let jumped = before + [0xeb, 3]
        #expect(plan(jumped, nops + [0xc3], changed: [before.count]) == .none)
    }
    @Test("readings that do not agree leave the site")
    func ambiguous() {
        // From even offsets the move is part of an add to memory, from odd ones it is a move.
        let text = Array(repeating: UInt8(0x01), count: 61)
        #expect(plan(text + Self.move, [0xc3, 0x50]) == .none)
        #expect(plan([], Self.breakpoints) == .none)
    }
    @Test("no bytes make the planner trap")
    func anyBytes() {
        var state: UInt64 = 1
        for _ in 0..<20_000 {
            var text: [UInt8] = []
            for _ in 0..<480 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text.append(UInt8(truncatingIfNeeded: state >> 56))
            }
            let site = Int(state >> 33) % 479
            text[site] = 0x0f
            text[site + 1] = 0x05
            _ = CallSite.plan(
                text.span.bytes, at: VirtualAddress(rawValue: state & 0xfff_ffff), site: site,
                number: 0
            ) { _ in false }
        }
    }

    @Test("a stub passes the way back in R11 and goes through the entry's slot")
    func stub() {
        let stub = VirtualAddress(rawValue: 0x3f_f020)
        let site = VirtualAddress(rawValue: 0x40_1005)
        let (bytes, isWritten) = write {
            CallSite.writeStub(
                to: &$0, at: stub, site: site, number: 39,
                entry: VirtualAddress(rawValue: 0x3f_f000))
        }
        #expect(isWritten)
        #expect(Array(bytes[0..<5]) == Self.move)
        #expect(Array(bytes[5..<12]) == [0x4c, 0x8d, 0x1d, 0xdb, 0x1f, 0, 0])
        #expect(Array(bytes[12..<18]) == [0xff, 0x25, 0xce, 0xff, 0xff, 0xff])
        // Two gigabytes away there is no way.
        let far = write {
            CallSite.writeJump(
                to: &$0, at: stub, target: VirtualAddress(rawValue: 0x1_0000_0000))
        }
        #expect(!far.1)
    }
    private func write(_ body: (inout MutableRawSpan) -> Bool) -> ([UInt8], Bool) {
        var bytes = [UInt8](repeating: 0, count: CallSite.stubByteCount)
        let isWritten = bytes.withUnsafeMutableBytes { buffer in
            var span = buffer.mutableBytes
            return body(&span)
        }
        return (bytes, isWritten)
    }
}
