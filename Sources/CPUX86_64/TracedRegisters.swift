package import Base
internal import NucleusLayoutX86_64
internal import PageTables

// Registers as a debugger changes them (arch/x86/kernel/ptrace.c, fpu/regset.c).
extension CoreRegisters {
    // Indices in struct user_regs_struct.
    private static let originalRAX = 15
    private static let codeSegment = 17
    private static let flags = 18
    private static let stackSegment = 20
    private static let pointers = 21...22

    /// Whether a program can have such general registers (putreg). Precondition: `byteCount` bytes.
    package static func areValid(_ bytes: RawSpan) -> Bool {
        func value(_ index: Int) -> UInt64 { bytes.littleEndian(UInt64.self, at: index * 8) }
        // Other segments than the flat ones do not exist here.
        return value(codeSegment) == UInt64(SELECTOR_USER_CODE)
            && value(stackSegment) == UInt64(SELECTOR_USER_DATA)
            && pointers.allSatisfy { value($0) < ProgramSpace.end.rawValue }
    }
    /// Makes general registers those of a program. Precondition: `areValid`.
    package static func load(
        _ bytes: RawSpan, into frame: ProgramFrame, _ pointers: inout ProgramPointers
    ) {
        for index in 0..<27 {
            let value = bytes.littleEndian(UInt64.self, at: index * 8)
            switch index {
            case originalRAX: frame.setSystemCall(value)
            case flags: frame.setFlags(value)
            case 21: pointers.thread = value
            case 22: pointers.second = value
            default: if let register = general(index) { frame[register] = value }
            }
        }
    }
    /// The register that a place in struct user_regs_struct holds as it is.
    static func general(_ index: Int) -> ProgramFrame.Register? {
        switch index {
        case 0: .r15
        case 1: .r14
        case 2: .r13
        case 3: .r12
        case 4: .rbp
        case 5: .rbx
        case 6: .r11
        case 7: .r10
        case 8: .r9
        case 9: .r8
        case 10: .rax
        case 11: .rcx
        case 12: .rdx
        case 13: .rsi
        case 14: .rdi
        case 16: .rip
        case 18: .rflags
        case 19: .rsp
        default: nil
        }
    }

    /// Saves the running program's extended state at `address`, a page of the library OS, as notes are
    /// written from it: all components, also those that are as they were at the start.
    package static func saveState(to address: VirtualAddress) {
        _ = ExtendedState.save(to: address)
        // SAFETY: the caller vouches for the page.
        guard ExtendedState.hasXSAVE, let header = unsafe header(of: address) else { return }
        unsafe header.pointee |= ExtendedState.legacyComponents
    }
    @unsafe private static func header(of state: VirtualAddress) -> UnsafeMutablePointer<UInt64>? {
        unsafe UnsafeMutablePointer(
            bitPattern: UInt(state.rawValue) + UInt(SignalFrame.presentComponentsOffset))
    }
    /// Changes the extended state at `state` to a note's contents; false where they are no such state or
    /// not all of it.
    package static func load(
        note index: Int, from bytes: RawSpan, into state: VirtualAddress,
        _ pointers: inout ProgramPointers
    ) -> Bool {
        guard bytes.byteCount == note(index).byteCount,
            bytes.littleEndian(UInt32.self, at: SignalFrame.controlOffset)
                & ~SignalFrame.controlMask == 0
        else { return false }
        if index == 1 {
            let start = SignalFrame.presentComponentsOffset
            let present = bytes.littleEndian(UInt64.self, at: start)
            guard present & ~ExtendedState.components == 0 else { return false }
            for offset in stride(from: 8, to: ExtendedState.headerByteCount, by: 8)
            where bytes.littleEndian(UInt64.self, at: start + offset) != 0 { return false }
        }
        // SAFETY: as in `saveState`; a note is no longer than the state.
        guard let target = unsafe UnsafeMutableRawPointer(bitPattern: UInt(state.rawValue)) else {
            return false
        }
        for word in 0..<bytes.byteCount / 8 {
            unsafe target.storeBytes(
                of: bytes.littleEndian(UInt64.self, at: word * 8), toByteOffset: word * 8,
                as: UInt64.self)
        }
        if index == 0, ExtendedState.hasXSAVE, let header = unsafe header(of: state) {
            unsafe header.pointee |= ExtendedState.legacyComponents
        }
        return true
    }
    /// The type of the note that holds the number of the system call alone: in the general registers here.
    package static var callNote: UInt32? { nil }
    /// Whether PTRACE_GETREGS and its like are there.
    package static let hasOwnRequests = true
    /// Bytes of struct user, which PTRACE_PEEKUSER looks into: the general registers come first.
    package static let userByteCount = 912
}

extension ProgramFrame {
    /// Shows a call that is about to be made to a debugger, by its result so far.
    package func showCall(result: Int) { self[.rax] = UInt64(bitPattern: Int64(result)) }
    /// Takes over what a debugger made of a call that is about to be made.
    package func takeCall() {}
    /// Makes the call in progress another one; -1 is none.
    package func setSystemCall(_ number: UInt64) {
        let isCall = Int32(truncatingIfNeeded: number) >= 0
        if isCall { self[.vector] = UInt64(FRAME_VECTOR_SYSTEM_CALL) }
        self[.originalRAX] = isCall ? number : .max
    }
    /// Whether the program stops behind its next instruction (TF).
    package var isStepping: Bool {
        get { self[.rflags] & Self.trapFlag != 0 }
        nonmutating set {
            if newValue {
                self[.rflags] |= Self.trapFlag
            } else {
                self[.rflags] &= ~Self.trapFlag
            }
        }
    }
}
