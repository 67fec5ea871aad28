package import Base

/// The registers of a thread as notes of a core file have them (struct user_pt_regs,
/// user_fpsimd_state: arch/arm64/include/uapi/asm/ptrace.h).
package enum CoreRegisters {
    /// e_machine: EM_AARCH64
    package static let machine: UInt16 = 183
    /// Bytes of the general registers in NT_PRSTATUS.
    package static let byteCount = 34 * 8
    private static let vectorByteCount = 32 * 16

    /// Writes the general registers at `offset`. Precondition: they fit.
    @_lifetime(bytes: copy bytes)
    package static func write(
        _ frame: ProgramFrame, _ pointers: ProgramPointers, to bytes: inout MutableRawSpan,
        at offset: Int
    ) {
        for index in 0..<31 {
            bytes.storeLittleEndian(frame[general: index], at: offset + index * 8)
        }
        bytes.storeLittleEndian(frame.stack.rawValue, at: offset + 31 * 8)
        bytes.storeLittleEndian(frame.instruction.rawValue, at: offset + 32 * 8)
        bytes.storeLittleEndian(frame[.pstate], at: offset + 33 * 8)
    }

    /// A note beside NT_PRSTATUS.
    package struct Note: Sendable {
        package let owner: StaticString
        package let type: UInt32
        package let byteCount: Int
    }
    /// Notes that a thread has: NT_FPREGSET and NT_ARM_TLS. SVE's registers are not told beyond the V
    /// registers.
    package static var noteCount: Int { 2 }
    package static func note(_ index: Int) -> Note {
        index == 0
            ? Note(owner: "CORE", type: 2, byteCount: vectorByteCount + 16)
            : Note(owner: "LINUX", type: 0x401, byteCount: 8)
    }
    /// Writes a note's contents, from what `ExtendedState.saveWhole` saved at `state`.
    @_lifetime(bytes: copy bytes)
    package static func write(
        note index: Int, from state: VirtualAddress, _ pointers: ProgramPointers,
        to bytes: inout MutableRawSpan
    ) {
        guard index == 0 else { return bytes.storeLittleEndian(pointers.thread, at: 0) }
        // SAFETY: `saveWhole` was given the place: FPSR and FPCR, then the registers.
        guard let source = unsafe UnsafeRawPointer(bitPattern: UInt(state.rawValue)) else { return }
        let control = unsafe source.load(as: UInt64.self)
        for word in 0..<vectorByteCount / 8 {
            let value = unsafe source.load(fromByteOffset: 8 + word * 8, as: UInt64.self)
            bytes.storeLittleEndian(value, at: word * 8)
        }
        bytes.storeLittleEndian(control, at: vectorByteCount)
        bytes.storeLittleEndian(UInt64(0), at: vectorByteCount + 8)
    }
}
