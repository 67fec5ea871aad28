package import Base
internal import NucleusLayoutX86_64

/// A place for Linux's x86-64 signal frame on a stack, and where its fields lie
/// (arch/x86/include/asm/sigframe.h).
package struct SignalFrame {
    /// The frame's first byte, where a handler's stack pointer is.
    package let start: VirtualAddress
    /// Where the extended state goes, above the rest.
    package let state: VirtualAddress

    /// Places a frame below `stack`.
    package init(below stack: UInt64) {
        let size = UInt64(ExtendedState.frameByteCount)
        let state = (stack &- size) & ~(ExtendedState.alignment - 1)
        // As after a call: 8 below a multiple of the alignment.
        let start = ((state &- UInt64(Self.byteCount)) & ~(Self.alignment - 1)) &- 8
        self.state = VirtualAddress(rawValue: state)
        self.start = VirtualAddress(rawValue: start)
    }
    /// Where the frame is that a program returns from: `ret` took its return address off.
    package static func start(returning frame: ProgramFrame) -> VirtualAddress? {
        frame.stack.retreated(by: 8)
    }

    /// sizeof(struct rt_sigframe): return address, ucontext, siginfo.
    package static let byteCount = 440
    package typealias Bytes = InlineArray<440, UInt8>
    package static let returnAddress = 0
    package static let context = 8
    package static let information = 312

    // Offsets of ucontext's fields from the frame's start.
    package static let contextFlags = 8
    package static let alternateStack = 24
    package static let alternateStackFlags = 32
    package static let alternateStackSize = 40
    package static let registers = 48
    package static let extendedState = registers + 184
    package static let blockedSignals = 304

    /// UC_FP_XSTATE: the extended state is in XSAVE's form.
    package static let hasXSAVE: UInt64 = 1
    /// UC_SIGCONTEXT_SS and UC_STRICT_RESTORE_SS.
    package static let hasStackSegment: UInt64 = 6

    /// The red zone of the ABI: 128 bytes below the stack pointer that leaf functions use.
    package static let redZone: UInt64 = 128
    private static let alignment: UInt64 = 16
    /// The largest frame, as AT_MINSIGSTKSZ tells (arch/x86/kernel/signal.c, init_sigframe_size).
    package static var maximumByteCount: Int {
        let fregsState = 112  // what a 32-bit frame holds besides
        let padding = 15 + 63
        let sum = byteCount + padding + ExtendedState.frameByteCount + fregsState
        return (sum + 15) & ~15
    }

    // The software-reserved bytes of an FXSAVE area (struct _fpx_sw_bytes).
    package static let magic1Offset = 464
    package static let extendedSizeOffset = 468
    package static let componentsOffset = 472
    package static let stateSizeOffset = 480
    package static let softwareBytes = 48
    /// FP_XSTATE_MAGIC1, FP_XSTATE_MAGIC2.
    package static let magic1: UInt32 = 0x4650_5853
    package static let magic2: UInt32 = 0x4650_5845
    package static let magic2ByteCount = 4
    /// MXCSR, and the bits that it has.
    package static let controlOffset = 24
    package static let controlMask: UInt32 = 0xffff
    /// XSTATE_BV, the first word of the XSAVE header.
    package static let presentComponentsOffset = 512
}

extension SignalFrame {
    /// What a handler is called with.
    package enum Arguments: Sendable {
        case number
        /// SA_SIGINFO: siginfo and ucontext besides.
        case all
    }
    /// Saves the extended state where the frame has it.
    package func saveState<Memory: ProgramAccess>(
        of frame: ProgramFrame, fault: FaultRecord, through memory: Memory
    ) throws(BadFrame) {
        try ExtendedState.save(to: state, through: memory)
    }
    /// Loads the extended state that a frame at `start` points at. Precondition: `bytes` is a whole
    /// frame.
    package static func restoreState<Memory: ProgramAccess>(
        of bytes: RawSpan, at start: VirtualAddress, through memory: Memory
    ) throws(BadFrame) {
        let state = bytes.littleEndian(UInt64.self, at: extendedState)
        guard state != 0 else { return ExtendedState.reset() }
        try ExtendedState.restore(from: VirtualAddress(rawValue: state), through: memory)
    }
}

extension ProgramFrame {
    /// The registers in the order of struct sigcontext_64: 18 of 8 bytes.
    private static func contextRegister(_ index: Int) -> Register {
        switch index {
        case 0: .r8
        case 1: .r9
        case 2: .r10
        case 3: .r11
        case 4: .r12
        case 5: .r13
        case 6: .r14
        case 7: .r15
        case 8: .rdi
        case 9: .rsi
        case 10: .rbp
        case 11: .rbx
        case 12: .rdx
        case 13: .rax
        case 14: .rcx
        case 15: .rsp
        case 16: .rip
        default: .rflags
        }
    }
    // Offsets within sigcontext_64.
    private static var segmentsOffset: Int { SignalFrame.registers + 144 }
    private static var faultOffset: Int { SignalFrame.registers + 152 }

    /// Flags that a frame may change: AC, OF, DF, TF, SF, ZF, AF, PF, CF, RF (FIX_EFLAGS).
    private static var changeableFlags: UInt64 { 0x5_0dd5 }
    /// IF and the bit that is always set: what flags always have in the program.
    private static var fixedFlags: UInt64 { 0x202 }

    /// Writes return address, registers, segments and the last fault into a signal frame.
    ///
    /// Precondition: `bytes` is a whole frame.
    @_lifetime(bytes: copy bytes)
    package func writeContext(
        to bytes: inout MutableRawSpan, of place: SignalFrame, fault: FaultRecord,
        blockedSignals: UInt64, returnAddress: VirtualAddress
    ) {
        bytes.storeLittleEndian(returnAddress.rawValue, at: SignalFrame.returnAddress)
        bytes.storeLittleEndian(
            SignalFrame.hasStackSegment | (ExtendedState.hasXSAVE ? SignalFrame.hasXSAVE : 0),
            at: SignalFrame.contextFlags)
        for index in 0..<18 {
            let value = self[Self.contextRegister(index)]
            bytes.storeLittleEndian(value, at: SignalFrame.registers + index * 8)
        }
        let segments = UInt64(SELECTOR_USER_CODE) | UInt64(SELECTOR_USER_DATA) << 48
        bytes.storeLittleEndian(segments, at: Self.segmentsOffset)
        bytes.storeLittleEndian(fault.error, at: Self.faultOffset)
        bytes.storeLittleEndian(fault.vector, at: Self.faultOffset + 8)
        bytes.storeLittleEndian(blockedSignals, at: Self.faultOffset + 16)
        bytes.storeLittleEndian(fault.address, at: Self.faultOffset + 24)
        bytes.storeLittleEndian(place.state.rawValue, at: SignalFrame.extendedState)
    }
    /// Takes the registers from a signal frame; returns whether the program can go on with them.
    ///
    /// Of the flags only those that the program may change are taken. Precondition: `bytes` is a
    /// whole frame. Where it returns `false` the registers are as they were.
    package func readContext(from bytes: RawSpan) -> Bool {
        let segments = bytes.littleEndian(UInt64.self, at: Self.segmentsOffset)
        // Linux forces ring 3 in both; other segments than the flat ones do not exist here.
        guard (segments | 3) & 0xffff == UInt64(SELECTOR_USER_CODE),
            (segments >> 48 | 3) == UInt64(SELECTOR_USER_DATA)
        else { return false }
        for index in 0..<17 {
            self[Self.contextRegister(index)] = bytes.littleEndian(
                UInt64.self, at: SignalFrame.registers + index * 8)
        }
        setFlags(bytes.littleEndian(UInt64.self, at: SignalFrame.registers + 17 * 8))
        return true
    }
    /// Takes over the flags that a program may change.
    func setFlags(_ flags: UInt64) {
        self[.rflags] =
            self[.rflags] & ~Self.changeableFlags | flags & Self.changeableFlags | Self.fixedFlags
    }
    /// Makes the program go on in a signal handler, with its frame and its extended state.
    ///
    /// It gets all three arguments whatever it asks for, and its return address on the stack.
    package func enterHandler(
        _ handler: VirtualAddress, signal: Int32, _ arguments: SignalFrame.Arguments,
        in place: SignalFrame, returnAddress: VirtualAddress
    ) {
        let start = place.start.rawValue
        self[.rdi] = UInt64(UInt32(bitPattern: signal))
        self[.rsi] = start + UInt64(SignalFrame.information)
        self[.rdx] = start + UInt64(SignalFrame.context)
        self[.rax] = 0
        self[.rip] = handler.rawValue
        self[.rsp] = start
        // DF, RF and TF are cleared for the handler (arch/x86/kernel/signal.c, handle_signal).
        self[.rflags] &= ~0x1_0500
        ExtendedState.reset()
    }
    /// Whether the registers are those of a system call that has not been restarted or replaced.
    package var isInSystemCall: Bool {
        cause == .systemCall && self[.originalRAX] != .max
    }
    /// Marks the registers as whole: no system call is to be restarted from them.
    package func forgetSystemCall() { self[.originalRAX] = .max }
    /// Makes the program execute its `syscall` instruction again, with `number` in RAX.
    package func restartSystemCall(number: UInt64) {
        self[.rax] = number
        self[.rip] &-= 2
    }
}
