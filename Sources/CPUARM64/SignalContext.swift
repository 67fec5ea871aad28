package import Base
internal import NucleusLayoutARM64

/// A place for Linux's arm64 signal frame on a stack, and where its fields lie (struct rt_sigframe of
/// arch/arm64/kernel/signal.c, uapi/asm/ucontext.h, uapi/asm/sigcontext.h).
///
/// siginfo_t and ucontext_t come first; ucontext ends in 4096 bytes of records, which only as many of
/// are written as there are. Above all of it lies a frame record (X29, X30), so that a backtrace of
/// the handler goes on in what it interrupted.
package struct SignalFrame {
    /// The frame's first byte, where a handler's stack pointer is.
    package let start: VirtualAddress

    /// Places a frame below `stack`.
    package init(below stack: UInt64) {
        let record = (stack &- UInt64(Self.frameRecordByteCount)) & ~(Self.alignment - 1)
        start = VirtualAddress(rawValue: record &- UInt64(Self.wholeByteCount))
    }
    /// Where the frame is that a program returns from; `nil` where it can't be.
    package static func start(returning frame: ProgramFrame) -> VirtualAddress? {
        frame.stack.rawValue & (alignment - 1) == 0 ? frame.stack : nil
    }

    /// Bytes up to the records.
    package static let byteCount = 592
    package typealias Bytes = InlineArray<592, UInt8>
    package static let information = 0
    package static let context = 128

    // Offsets of ucontext's fields from the frame's start.
    package static let alternateStack = context + 16
    package static let alternateStackFlags = context + 24
    package static let alternateStackSize = context + 32
    package static let blockedSignals = context + 40
    // And of sigcontext's.
    package static let faultAddress = context + 176
    package static let registers = faultAddress + 8
    package static let stackPointer = registers + 31 * 8
    package static let programCounter = stackPointer + 8
    package static let state = programCounter + 8
    package static let records = byteCount
    package static let recordsByteCount = 4096
    /// sizeof(struct rt_sigframe)
    package static let wholeByteCount = records + recordsByteCount
    /// struct frame_record
    package static let frameRecordByteCount = 16

    // A record begins with its magic number and its bytes (struct _aarch64_ctx).
    package static let recordHeaderByteCount = 8
    package static let recordAlignment = 16
    /// FPSIMD_MAGIC, ESR_MAGIC, SVE_MAGIC.
    package static let vectorMagic: UInt32 = 0x4650_8001
    package static let syndromeMagic: UInt32 = 0x4553_5201
    package static let scalableMagic: UInt32 = 0x5356_4501
    /// sizeof(struct fpsimd_context), sizeof(struct esr_context).
    package static let vectorByteCount = 528
    package static let syndromeByteCount = 16
    /// sizeof(struct sve_context), which is SVE_SIG_REGS_OFFSET; offset of its vl, then flags.
    package static let scalableRegisters = 16
    package static let scalableLength = 8
    package static let scalableFlags = 10
    /// SVE_SIG_CONTEXT_SIZE, as it is rounded up in a frame.
    package static func scalableByteCount(_ length: Int) -> Int {
        let size = scalableRegisters + VectorLength.savedByteCount(length)
        return (size + recordAlignment - 1) & ~(recordAlignment - 1)
    }

    /// The ABI has no red zone.
    package static let redZone: UInt64 = 0
    private static let alignment: UInt64 = 16
    /// The largest frame, as AT_MINSIGSTKSZ tells (arch/arm64/kernel/signal.c,
    /// minsigstksz_setup). SVE's record fits the 4096 bytes, as `VectorLength` has its limit.
    package static var maximumByteCount: Int {
        let padding = 16
        return wholeByteCount + frameRecordByteCount + padding
    }

    /// What a handler is called with.
    package enum Arguments: Sendable {
        case number
        /// SA_SIGINFO: siginfo and ucontext besides.
        case all
    }
    var frameRecord: UInt64 { start.rawValue &+ UInt64(Self.wholeByteCount) }

    /// Writes the records and the frame record; the vector registers come straight from the CPU.
    package func saveState<Memory: ProgramAccess>(
        of frame: ProgramFrame, fault: FaultRecord, through memory: Memory
    ) throws(BadFrame) {
        let all = Self.wholeByteCount + Self.frameRecordByteCount
        guard memory.contains(start, count: all) else { throw BadFrame() }
        try ExtendedState.save(to: try start.advanced(in: Self.records), through: memory)
        try saveRecords(of: frame, fault, behind: Self.vectorByteCount, through: memory)
        guard let length = VectorLength.current else { return }
        let behind = Self.vectorByteCount + (fault.syndrome != 0 ? Self.syndromeByteCount : 0)
        try ExtendedState.saveScalable(
            length: length, to: try start.advanced(in: Self.records + behind), through: memory)
    }
    /// Writes what does not come from vector registers: the record behind V's, the end, the frame
    /// record.
    func saveRecords<Memory: ProgramAccess>(
        of frame: ProgramFrame, _ fault: FaultRecord, behind offset: Int, through memory: Memory
    ) throws(BadFrame) {
        let place = try start.advanced(in: Self.records + offset)
        // With the header of zeros that ends the records.
        var storage = InlineArray<24, UInt8>(repeating: 0)
        var span = storage.mutableSpan
        var bytes = span.mutableRaw
        if fault.syndrome != 0 {
            bytes.storeLittleEndian(Self.syndromeMagic, at: 0)
            bytes.storeLittleEndian(UInt32(Self.syndromeByteCount), at: 4)
            bytes.storeLittleEndian(fault.syndrome, at: Self.recordHeaderByteCount)
        }
        try memory.copyOut(storage.span.raw, to: place)
        try memory.store(frame[.x29], at: start, Self.wholeByteCount)
        try memory.store(frame[.x30], at: start, Self.wholeByteCount + 8)
    }

    /// Loads the vector registers from a frame at `start`, whatever the program made of it.
    package static func restoreState<Memory: ProgramAccess>(
        of bytes: RawSpan, at start: VirtualAddress, through memory: Memory
    ) throws(BadFrame) {
        guard memory.contains(start, count: wholeByteCount) else { throw BadFrame() }
        let records = try start.advanced(in: records)
        let places = try vectorRecords(
            in: records, vectorLength: VectorLength.current, through: memory)
        try ExtendedState.restore(from: places, of: records, through: memory)
    }
    /// Where records of vector registers are, from the first record on.
    package struct VectorRecords: Equatable, Sendable {
        /// The V registers'.
        package var plain: Int
        /// SVE's; `nil` where there is none or it has no registers.
        package var scalable: Int?
    }
    /// Finds them; the first must be there (parse_user_sigframe). Records of extensions that programs
    /// don't get are refused, as by a Linux whose CPU has none of them, and so is extra space, which
    /// no frame here has.
    static func vectorRecords<Memory: ProgramAccess>(
        in records: VirtualAddress, vectorLength: Int?, through memory: Memory
    ) throws(BadFrame) -> VectorRecords {
        var found: Int?
        var scalable: (offset: Int, size: Int)?
        var offset = 0
        while offset <= recordsByteCount - recordHeaderByteCount {
            let magic = try memory.load(UInt32.self, at: records, offset)
            let size = Int(try memory.load(UInt32.self, at: records, offset + 4))
            guard size <= recordsByteCount - offset else { break }
            switch magic {
            case 0:
                guard size == 0, let found else { throw BadFrame() }
                guard let scalable else { return VectorRecords(plain: found) }
                let hasRegisters = try checkScalable(
                    size: scalable.size, at: try records.advanced(in: scalable.offset),
                    vectorLength, through: memory)
                return VectorRecords(
                    plain: found, scalable: hasRegisters ? scalable.offset : nil)
            case vectorMagic:
                guard found == nil, size == vectorByteCount else { throw BadFrame() }
                found = offset
            case scalableMagic:
                guard vectorLength != nil, scalable == nil, size >= scalableRegisters else {
                    throw BadFrame()
                }
                scalable = (offset, size)
            case syndromeMagic: break
            default: throw BadFrame()
            }
            guard size >= recordHeaderByteCount, size % recordAlignment == 0 else { break }
            offset += size
        }
        throw BadFrame()
    }
    /// Whether SVE's record has registers (restore_sve_fpsimd_context). A return can't change their
    /// length, and there is no streaming mode.
    private static func checkScalable<Memory: ProgramAccess>(
        size: Int, at place: VirtualAddress, _ vectorLength: Int?, through memory: Memory
    ) throws(BadFrame) -> Bool {
        let length = Int(try memory.load(UInt16.self, at: place, scalableLength))
        let flags = try memory.load(UInt16.self, at: place, scalableFlags)
        let streamingMode: UInt16 = 1
        guard flags & streamingMode == 0, length == vectorLength else { throw BadFrame() }
        guard size > scalableRegisters else { return false }
        guard size >= scalableRegisters + VectorLength.savedByteCount(length) else {
            throw BadFrame()
        }
        return true
    }
}

extension ProgramFrame {
    private static var generalCount: Int { 31 }
    /// PSTATE: the mode, and D, A, I and F. A program has EL0 (0) and all four clear.
    private static var fixedState: UInt64 { 0x1f | 0x3c0 }
    /// N, Z, C, V, TCO, DIT, SSBS and BTYPE: what a frame may change. SS stays, the rest is reserved
    /// (arch/arm64/kernel/ptrace.c, valid_native_regs).
    private static var changeableState: UInt64 { 0xf300_1c00 }
    private static var tagCheckOverride: UInt64 { 1 << 25 }
    private static var branchType: UInt64 { 3 << 10 }
    /// BTYPE as behind `blr`: a handler begins with `bti c`.
    private static var calledBranchType: UInt64 { 2 << 10 }

    /// Writes the registers and the last fault's address into a signal frame.
    ///
    /// Precondition: `bytes` is a frame up to its records, zeroed.
    @_lifetime(bytes: copy bytes)
    package func writeContext(
        to bytes: inout MutableRawSpan, of place: SignalFrame, fault: FaultRecord,
        blockedSignals: UInt64, returnAddress: VirtualAddress
    ) {
        bytes.storeLittleEndian(fault.address, at: SignalFrame.faultAddress)
        for number in 0..<Self.generalCount {
            bytes.storeLittleEndian(
                self[general: number], at: SignalFrame.registers + number * 8)
        }
        bytes.storeLittleEndian(self[.sp], at: SignalFrame.stackPointer)
        bytes.storeLittleEndian(self[.pc], at: SignalFrame.programCounter)
        bytes.storeLittleEndian(self[.pstate], at: SignalFrame.state)
    }
    /// Takes the registers from a signal frame; returns whether the program can go on with them.
    ///
    /// Precondition: `bytes` is a frame up to its records. Where it returns `false` the registers are
    /// as they were.
    package func readContext(from bytes: RawSpan) -> Bool {
        let new = bytes.littleEndian(UInt64.self, at: SignalFrame.state)
        guard Self.isValidState(new) else { return false }
        for number in 0..<Self.generalCount {
            self[general: number] = bytes.littleEndian(
                UInt64.self, at: SignalFrame.registers + number * 8)
        }
        self[.sp] = bytes.littleEndian(UInt64.self, at: SignalFrame.stackPointer)
        self[.pc] = bytes.littleEndian(UInt64.self, at: SignalFrame.programCounter)
        setState(new)
        return true
    }
    /// Whether PSTATE is that of a program.
    static func isValidState(_ new: UInt64) -> Bool { new & fixedState == 0 }
    /// Takes over what a program may change of PSTATE.
    func setState(_ new: UInt64) {
        self[.pstate] = self[.pstate] & ~Self.changeableState | new & Self.changeableState
    }
    /// Makes the program go on in a signal handler (arch/arm64/kernel/signal.c, setup_return).
    ///
    /// The vector registers stay as they are, as on Linux.
    package func enterHandler(
        _ handler: VirtualAddress, signal: Int32, _ arguments: SignalFrame.Arguments,
        in place: SignalFrame, returnAddress: VirtualAddress
    ) {
        let start = place.start.rawValue
        self[.x0] = UInt64(UInt32(bitPattern: signal))
        if arguments == .all {
            self[.x1] = start + UInt64(SignalFrame.information)
            self[.x2] = start + UInt64(SignalFrame.context)
        }
        self[.sp] = start
        self[.x29] = place.frameRecord
        self[.x30] = returnAddress.rawValue
        self[.pc] = handler.rawValue
        self[.pstate] &= ~(Self.tagCheckOverride | Self.branchType)
        if ProcessorFeatures.hasBranchTargets { self[.pstate] |= Self.calledBranchType }
    }

    /// Whether the registers are those of a system call that has not been restarted or replaced.
    package var isInSystemCall: Bool {
        self[.cause] == UInt64(FRAME_CAUSE_SYSTEM_CALL) && self[.number] != .max
    }
    /// Marks the registers as whole: no system call is to be restarted from them.
    package func forgetSystemCall() { self[.number] = .max }
    /// Makes the program execute its `svc` again, with `number` in X8.
    package func restartSystemCall(number: UInt64) {
        self[.x0] = self[.originalX0]
        self[.x8] = number
        self[.pc] &-= UInt64(CallSite.systemCallByteCount)
    }
}
