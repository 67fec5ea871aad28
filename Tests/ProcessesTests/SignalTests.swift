import Base
import Foundation
import Hardware
import LinuxABI
import Scheduler
import TestSupport
import Testing

@testable import Processes

/// A thread with registers and a stack in this process's memory.
final class SignalFixture {
    let thread = Thread(identifier: 1)
    let signals: Signals
    let frame: ProgramFrame
    private let registers: UnsafeMutableRawPointer
    private let stack: UnsafeMutableRawPointer
    static let stackSize = 1 << 16

    init() {
        TestArena.prepare()
        signals = Signals(thread: thread)
        registers = .allocate(byteCount: 0xb0, alignment: 16)
        registers.initializeMemory(as: UInt8.self, repeating: 0, count: 0xb0)
        stack = .allocate(byteCount: Self.stackSize, alignment: 4096)
        stack.initializeMemory(as: UInt8.self, repeating: 0xee, count: Self.stackSize)
        frame = ProgramFrame(at: registers)
        frame[.vector] = 0x101
        frame[.rip] = 0x401234
        frame[.rsp] = top - 1000
        frame[.rflags] = 0x246
    }
    deinit {
        registers.deallocate()
        stack.deallocate()
    }
    var top: UInt64 { UInt64(UInt(bitPattern: stack)) + UInt64(Self.stackSize) }

    func set(
        _ signal: Signal, handler: UInt64 = 0x405000, _ flags: SignalAction.Flags = [],
        mask: SignalSet = []
    ) {
        signals.shared.setAction(
            signal,
            SignalAction(
                handler: VirtualAddress(rawValue: handler), flags: flags.union(.restorer),
                restorer: VirtualAddress(rawValue: 0x406000), mask: mask))
    }
    func post(
        _ signal: Signal, value: UInt64 = 0, _ target: Signals.Target = .process
    ) throws(Errno) {
        try signals.post(
            signal, SignalInformation(signal, timer: 0, overrun: 0, value: value), to: target,
            limit: 100)
    }
    func enterSystemCall(_ number: UInt64, result: Int64) {
        frame[.vector] = 0x100
        frame[.originalRAX] = number
        frame[.rax] = UInt64(bitPattern: result)
    }
    func word(_ offset: UInt64) -> UInt64 {
        let address = UInt(frame.stack.rawValue + offset)
        return UnsafeRawPointer(bitPattern: address)?.loadUnaligned(as: UInt64.self) ?? 0
    }
    func setWord(_ offset: UInt64, _ value: UInt64) {
        let address = UInt(frame.stack.rawValue + offset)
        UnsafeMutableRawPointer(bitPattern: address)?.storeBytes(of: value, as: UInt64.self)
    }
    /// What the restorer does: `ret` took the return address, then rt_sigreturn.
    func sigreturn() {
        frame[.rsp] += 8
        enterSystemCall(15, result: 0)
        signals.returnFromHandler(frame)
    }
}

@Suite("Signals", .serialized) struct SignalTests {
    @Test("a handler's frame is laid out as <ucontext.h> says, and goes back")
    func buildsFrame() throws {
        // The frame begins with the return address; ucontext follows it.
        #expect(MemoryLayout<ucontext_t>.offset(of: \.uc_flags) == SignalFrame.contextFlags - 8)
        #expect(MemoryLayout<ucontext_t>.offset(of: \.uc_stack) == SignalFrame.alternateStack - 8)
        #expect(MemoryLayout<ucontext_t>.offset(of: \.uc_mcontext) == SignalFrame.registers - 8)
        #expect(
            MemoryLayout<ucontext_t>.offset(of: \.uc_sigmask) == SignalFrame.blockedSignals - 8)
        #expect(MemoryLayout<siginfo_t>.size == SignalInformation.byteCount)

        let fixture = SignalFixture()
        let frame = fixture.frame
        let registers: [ProgramFrame.Register] = [
            .r8, .r9, .r10, .r11, .r12, .r13, .r14, .r15, .rdi, .rsi, .rbp, .rbx, .rdx, .rax, .rcx,
        ]
        for (index, register) in registers.enumerated() { frame[register] = 0x1000 + UInt64(index) }
        let oldStack = frame[.rsp]
        fixture.set(.user1, .information, mask: SignalSet(.user2))
        fixture.signals.setBlocked(SignalSet(.hangUp))
        try fixture.post(.user1, value: 77)
        #expect(fixture.thread.hasDeliverableSignal)
        #expect(fixture.signals.deliver(to: frame) == nil)
        #expect(!fixture.thread.hasDeliverableSignal)

        #expect(frame[.rip] == 0x405000)
        #expect(frame[.rsp] % 16 == 8)
        #expect(frame[.rsp] + 440 <= oldStack - 128)
        #expect(frame[.rdi] == 10)
        #expect(frame[.rsi] == frame[.rsp] + 312)
        #expect(frame[.rdx] == frame[.rsp] + 8)
        #expect(frame[.rax] == 0)
        #expect(fixture.word(0) == 0x406000)
        #expect(fixture.word(8) == (ExtendedState.hasXSAVE ? 7 : 6))
        for index in registers.indices {
            #expect(fixture.word(48 + UInt64(index) * 8) == 0x1000 + UInt64(index))
        }
        #expect(fixture.word(48 + 15 * 8) == oldStack)
        #expect(fixture.word(48 + 16 * 8) == 0x401234)
        #expect(fixture.word(48 + 17 * 8) == 0x246)
        #expect(fixture.word(48 + 18 * 8) == 0x002b_0000_0000_0033)
        #expect(fixture.word(304) == SignalSet(.hangUp).rawValue)
        #expect(fixture.word(312) == 10)
        #expect(fixture.word(312 + 24) == 77)
        let state = fixture.word(48 + 184)
        #expect(state % 64 == 0 && state > frame[.rsp])
        #expect(
            fixture.signals.blocked
                == [SignalSet(.hangUp), SignalSet(.user1), SignalSet(.user2)])

        for register in registers { frame[register] = 0 }
        fixture.sigreturn()
        for (index, register) in registers.enumerated() {
            #expect(frame[register] == 0x1000 + UInt64(index))
        }
        #expect(frame[.rip] == 0x401234 && frame[.rsp] == oldStack && frame[.rflags] == 0x246)
        #expect(fixture.signals.blocked == SignalSet(.hangUp))
        #expect(!fixture.thread.hasDeliverableSignal)
    }

    @Test("the extended state in a frame has Linux's magic numbers and sizes")
    func savesExtendedState() throws {
        guard ExtendedState.hasXSAVE else { return }
        let fixture = SignalFixture()
        fixture.set(.user1)
        try fixture.post(.user1)
        _ = fixture.signals.deliver(to: fixture.frame)
        let state = fixture.word(48 + 184) - fixture.frame[.rsp]
        let size = UInt64(ExtendedState.byteCount)
        #expect(fixture.word(state + 464) & 0xffff_ffff == 0x4650_5853)
        #expect(fixture.word(state + 464) >> 32 == size + 4)
        #expect(fixture.word(state + 472) == ExtendedState.components)
        #expect(fixture.word(state + 480) & 0xffff_ffff == size)
        #expect(fixture.word(state + size) & 0xffff_ffff == 0x4650_5845)
        #expect(fixture.word(state + 512) & 3 == 3)
        #expect(fixture.word(state + 520) == 0)
        #expect(fixture.word(state + 24) & 0xffc0 == 0x1f80)
    }

    @Test(
        "a damaged frame is SIGSEGV, never a fault of the library OS",
        arguments: ["segment", "address", "state", "mxcsr", "header", "alignment"])
    func refusesDamage(_ what: String) throws {
        guard ExtendedState.hasXSAVE else { return }
        let fixture = SignalFixture()
        fixture.set(.user1)
        try fixture.post(.user1)
        _ = fixture.signals.deliver(to: fixture.frame)
        let state = fixture.word(48 + 184) - fixture.frame[.rsp]
        switch what {
        case "segment": fixture.setWord(48 + 144, 0)
        case "address": fixture.setWord(48 + 128, 0x8000_0000_0000_0000)
        case "state": fixture.setWord(48 + 184, 0xffff_8000_0000_0000)
        case "mxcsr": fixture.setWord(state + 24, 0xffff_1f80)
        case "header": fixture.setWord(state + 520, 1)
        default: fixture.setWord(48 + 184, fixture.word(48 + 184) + 8)
        }
        fixture.sigreturn()
        #expect(fixture.signals.deliver(to: fixture.frame) == .segmentationViolation)
    }

    @Test("flags: only those that a program may change come back from a frame")
    func filtersFlags() throws {
        let fixture = SignalFixture()
        fixture.set(.user1)
        try fixture.post(.user1)
        _ = fixture.signals.deliver(to: fixture.frame)
        fixture.setWord(48 + 17 * 8, .max)
        fixture.sigreturn()
        #expect(fixture.frame[.rflags] == 0x246 | 0x50dd5)
    }

    @Test("several signals stack: the highest number's handler runs first")
    func stacks() throws {
        let fixture = SignalFixture()
        fixture.set(.user1, handler: 0x500000)
        fixture.set(.terminate, handler: 0x600000)
        try fixture.post(.terminate)
        try fixture.post(.user1)
        #expect(fixture.signals.deliver(to: fixture.frame) == nil)
        #expect(fixture.frame[.rip] == 0x600000)
        #expect(fixture.word(48 + 128) == 0x500000)
    }

    @Test("real-time signals queue in order, standard ones merge, up to the limit")
    func queues() throws {
        let fixture = SignalFixture()
        let realtime = try #require(Signal(rawValue: 34))
        fixture.signals.setBlocked([SignalSet(realtime), SignalSet(.user1)])
        for value: UInt64 in 1...3 {
            try fixture.post(realtime, value: value)
            try fixture.post(.user1, value: value)
        }
        #expect(
            throws: Errno.tryAgain,
            performing: {
                try fixture.signals.post(
                    realtime, SignalInformation(realtime, .queue), to: .process, limit: 3)
            })
        let all = SignalSet([])
        #expect(fixture.signals.take(except: all)?.number == 10)
        for _ in 1...3 { #expect(fixture.signals.take(except: all)?.number == 34) }
        #expect(fixture.signals.take(except: all) == nil)
        #expect(fixture.signals.pending.isEmpty)
    }

    @Test("default actions: terminate, ignore; SIGKILL whatever is set; SIGSTOP is not obeyed")
    func defaults() throws {
        for number: Int32 in 1...64 {
            let fixture = SignalFixture()
            let signal = try #require(Signal(rawValue: number))
            try fixture.post(signal)
            let end = fixture.signals.deliver(to: fixture.frame)
            let survives: [Int32] = [17, 18, 19, 20, 21, 22, 23, 28]
            #expect(end == (survives.contains(number) ? nil : signal), "signal \(number)")
        }
        let fixture = SignalFixture()
        fixture.signals.setBlocked(SignalSet(rawValue: .max))
        try fixture.post(.kill)
        #expect(fixture.signals.deliver(to: fixture.frame) == .kill)
    }

    @Test("an ignored signal is dropped when sent, or when it becomes ignored")
    func ignores() throws {
        let fixture = SignalFixture()
        fixture.set(.terminate, handler: 1)
        try fixture.post(.terminate)
        #expect(fixture.signals.pending.isEmpty)
        fixture.signals.setBlocked(SignalSet(.interrupt))
        try fixture.post(.interrupt)
        #expect(fixture.signals.pending == SignalSet(.interrupt))
        fixture.set(.interrupt, handler: 1)
        #expect(fixture.signals.pending.isEmpty)
    }

    @Test("SIGCONT and stop signals take each other back")
    func continues() throws {
        let fixture = SignalFixture()
        fixture.signals.setBlocked([SignalSet(.terminalStop), SignalSet(.continue)])
        try fixture.post(.terminalStop)
        try fixture.post(.continue)
        #expect(fixture.signals.pending == SignalSet(.continue))
        try fixture.post(.terminalStop)
        #expect(fixture.signals.pending == SignalSet(.terminalStop))
    }

    @Test("SA_RESETHAND and SA_NODEFER do what sigaction(2) says")
    func flags() throws {
        let fixture = SignalFixture()
        fixture.set(.user1, [.resetHandler, .noDefer])
        try fixture.post(.user1)
        #expect(fixture.signals.deliver(to: fixture.frame) == nil)
        #expect(fixture.signals.blocked.isEmpty)
        #expect(fixture.signals.shared[.user1].isDefault)
        try fixture.post(.user1)
        #expect(fixture.signals.deliver(to: fixture.frame) == .user1)
    }

    @Test("a blocked or ignored fault kills (force_sig)")
    func forces() {
        for isBlocked in [true, false] {
            let fixture = SignalFixture()
            fixture.set(.segmentationViolation, handler: isBlocked ? 0x405000 : 1)
            if isBlocked { fixture.signals.setBlocked(SignalSet(.segmentationViolation)) }
            fixture.signals.force(
                .segmentationViolation, SignalInformation(.segmentationViolation, .notMapped))
            #expect(fixture.signals.deliver(to: fixture.frame) == .segmentationViolation)
        }
    }

    @Test("a frame that does not fit the stack is SIGSEGV")
    func overflowsStack() throws {
        let fixture = SignalFixture()
        fixture.set(.user1)
        fixture.frame[.rsp] = 0x100  // below: the end of the address space
        try fixture.post(.user1)
        #expect(fixture.signals.deliver(to: fixture.frame) == .segmentationViolation)
    }

    @Test("signal(7): interrupted calls start again, or fail with EINTR")
    func restarts() throws {
        struct Case {
            let error: Errno
            let flags: SignalAction.Flags
            let again: Bool
        }
        let cases = [
            Case(error: .restart, flags: [], again: false),
            Case(error: .restart, flags: .restart, again: true),
            Case(error: .restartAlways, flags: [], again: true),
            Case(error: .restartUnlessHandled, flags: .restart, again: false),
            Case(error: .restartByBlock, flags: .restart, again: false),
        ]
        for test in cases {
            let fixture = SignalFixture()
            fixture.set(.user1, test.flags)
            try fixture.post(.user1)
            fixture.enterSystemCall(35, result: -Int64(test.error.rawValue))
            _ = fixture.signals.deliver(to: fixture.frame)
            let savedRAX = fixture.word(48 + 13 * 8)
            let savedRIP = fixture.word(48 + 16 * 8)
            #expect(savedRAX == (test.again ? 35 : UInt64(bitPattern: -4)))
            #expect(savedRIP == (test.again ? 0x401232 : 0x401234))
        }
    }

    @Test("without a handler an interrupted call goes on, by restart_syscall(2) where it must")
    func goesOn() {
        for (error, number) in [
            (Errno.restart, 35), (.restartAlways, 35), (.restartUnlessHandled, 35),
            (.restartByBlock, 219),
        ] as [(Errno, UInt64)] {
            let fixture = SignalFixture()
            fixture.enterSystemCall(35, result: -Int64(error.rawValue))
            #expect(fixture.signals.deliver(to: fixture.frame) == nil)
            #expect(fixture.frame[.rax] == number && fixture.frame[.rip] == 0x401232)
        }
        let fixture = SignalFixture()
        fixture.enterSystemCall(35, result: -4)
        _ = fixture.signals.deliver(to: fixture.frame)
        #expect(fixture.frame[.rax] == UInt64(bitPattern: -4) && fixture.frame[.rip] == 0x401234)
    }

    @Test("sigsuspend(2): the old mask comes back, from the frame or at once")
    func suspends() throws {
        let fixture = SignalFixture()
        fixture.set(.user1)
        fixture.signals.setBlocked(SignalSet(.user1))
        try fixture.post(.user1)
        #expect(!fixture.thread.hasDeliverableSignal)
        fixture.signals.setBlockedForWait([])
        #expect(fixture.thread.hasDeliverableSignal)
        fixture.enterSystemCall(130, result: -514)
        _ = fixture.signals.deliver(to: fixture.frame)
        #expect(fixture.word(304) == SignalSet(.user1).rawValue)
        fixture.sigreturn()
        #expect(fixture.signals.blocked == SignalSet(.user1))
        #expect(fixture.frame[.rax] == UInt64(bitPattern: -4))

        fixture.signals.setBlockedForWait([])
        _ = fixture.signals.deliver(to: fixture.frame)
        #expect(fixture.signals.blocked == SignalSet(.user1))
    }

    @Test("SA_ONSTACK: the frame goes to the alternate stack, and stays there when nested")
    func usesAlternateStack() throws {
        let fixture = SignalFixture()
        let base = fixture.top - 32768
        try fixture.signals.alternateStack.replace(
            with: AlternateStack(base: base, byteCount: 16384, flags: 0), at: fixture.frame[.rsp])
        fixture.set(.user1, .alternateStack)
        fixture.set(.user2, .alternateStack)
        let oldStack = fixture.frame[.rsp]
        try fixture.post(.user1)
        _ = fixture.signals.deliver(to: fixture.frame)
        let first = fixture.frame[.rsp]
        #expect(first > base && first < base + 16384)
        #expect(fixture.word(24) == base && fixture.word(40) == 16384)
        #expect(throws: Errno.operationNotPermitted) {
            try fixture.signals.alternateStack.replace(
                with: AlternateStack(base: base, byteCount: 8192, flags: 0), at: first)
        }
        try fixture.post(.user2)
        _ = fixture.signals.deliver(to: fixture.frame)
        #expect(fixture.frame[.rsp] < first && fixture.frame[.rsp] > base)
        fixture.sigreturn()
        fixture.sigreturn()
        #expect(fixture.frame[.rsp] == oldStack)
    }

    @Test("sigaltstack(2): EINVAL for unknown flags, ENOMEM below MINSIGSTKSZ; SS_AUTODISARM")
    func checksAlternateStack() throws {
        var stack = AlternateStack()
        #expect(stack.reportedFlags(at: 0) == AlternateStack.disabled)
        #expect(throws: Errno.invalidArgument) {
            try stack.replace(with: AlternateStack(base: 0, byteCount: 9000, flags: 4), at: 0)
        }
        #expect(throws: Errno.outOfMemory) {
            try stack.replace(with: AlternateStack(base: 0, byteCount: 2047, flags: 0), at: 0)
        }
        let fixture = SignalFixture()
        try fixture.signals.alternateStack.replace(
            with: AlternateStack(
                base: fixture.top - 32768, byteCount: 16384, flags: AlternateStack.autoDisarm),
            at: fixture.frame[.rsp])
        fixture.set(.user1, .alternateStack)
        try fixture.post(.user1)
        _ = fixture.signals.deliver(to: fixture.frame)
        #expect(fixture.signals.alternateStack.byteCount == 0)
        fixture.sigreturn()
        #expect(fixture.signals.alternateStack.byteCount == 16384)
        #expect(fixture.signals.alternateStack.flags == AlternateStack.autoDisarm)
    }
}
