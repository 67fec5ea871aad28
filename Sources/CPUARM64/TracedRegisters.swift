package import Base

// Registers as a debugger changes them (arch/arm64/kernel/ptrace.c).
extension CoreRegisters {
    private static let stackPointer = 31
    private static let programCounter = 32
    private static let state = 33

    /// Whether a program can have such general registers (valid_user_regs). Precondition: `byteCount` bytes.
    package static func areValid(_ bytes: RawSpan) -> Bool {
        ProgramFrame.isValidState(bytes.littleEndian(UInt64.self, at: state * 8))
    }
    /// Makes general registers those of a program. Precondition: `areValid`.
    package static func load(
        _ bytes: RawSpan, into frame: ProgramFrame, _ pointers: inout ProgramPointers
    ) {
        func value(_ index: Int) -> UInt64 { bytes.littleEndian(UInt64.self, at: index * 8) }
        for index in 0..<31 { frame[general: index] = value(index) }
        frame[.sp] = value(stackPointer)
        frame[.pc] = value(programCounter)
        frame.setState(value(state))
    }

    /// Saves the running program's extended state at `address`, a page of the library OS, as notes are
    /// written from it.
    package static func saveState(to address: VirtualAddress) {
        _ = ExtendedState.saveWhole(to: address)
    }
    /// Changes the extended state at `state` to a note's contents; false where they are not all of it.
    package static func load(
        note index: Int, from bytes: RawSpan, into state: VirtualAddress,
        _ pointers: inout ProgramPointers
    ) -> Bool {
        guard bytes.byteCount == note(index).byteCount else { return false }
        guard index == 0 else {
            pointers.thread = bytes.littleEndian(UInt64.self, at: 0)
            return true
        }
        // SAFETY: the caller vouches for the page: FPSR and FPCR, then the registers.
        guard let target = unsafe UnsafeMutableRawPointer(bitPattern: UInt(state.rawValue)) else {
            return false
        }
        let control = bytes.byteCount - 16
        unsafe target.storeBytes(
            of: bytes.littleEndian(UInt64.self, at: control), as: UInt64.self)
        for word in 0..<control / 8 {
            unsafe target.storeBytes(
                of: bytes.littleEndian(UInt64.self, at: word * 8), toByteOffset: 8 + word * 8,
                as: UInt64.self)
        }
        return true
    }
    /// The type of the note that holds the number of the system call alone: NT_ARM_SYSTEM_CALL.
    package static var callNote: UInt32? { 0x404 }
    /// Whether PTRACE_GETREGS and its like are there.
    package static let hasOwnRequests = false
    /// Bytes of struct user, which PTRACE_PEEKUSER looks into: there is none.
    package static let userByteCount = 0
}

extension ProgramFrame {
    /// Shows a call that is about to be made to a debugger: X0 is its first argument.
    package func showCall(result: Int) {}
    /// Takes over what a debugger made of a call that is about to be made.
    package func takeCall() { self[.originalX0] = self[.x0] }
    /// Makes the call in progress another one; -1 is none.
    package func setSystemCall(_ number: UInt64) {
        self[.number] = Int32(truncatingIfNeeded: number) >= 0 ? number : .max
    }
    private static var singleStep: UInt64 { 1 << 21 }
    /// Whether the program stops behind its next instruction (PSTATE.SS, by which the nucleus sets
    /// MDSCR_EL1.SS).
    package var isStepping: Bool {
        get { self[.pstate] & Self.singleStep != 0 }
        nonmutating set {
            if newValue {
                self[.pstate] |= Self.singleStep
            } else {
                self[.pstate] &= ~Self.singleStep
            }
        }
    }
}
