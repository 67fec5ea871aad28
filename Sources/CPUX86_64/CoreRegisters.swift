package import Base
internal import NucleusLayoutX86_64

/// The registers of a thread as notes of a core file have them (struct user_regs_struct, user_fpregs_struct,
/// an XSAVE area: sys/procfs.h, arch/x86/kernel/fpu/regset.c).
package enum CoreRegisters {
    /// e_machine: EM_X86_64
    package static let machine: UInt16 = 62
    /// Bytes of the general registers in NT_PRSTATUS.
    package static let byteCount = 27 * 8

    /// Writes the general registers at `offset`. Precondition: they fit.
    @_lifetime(bytes: copy bytes)
    package static func write(
        _ frame: ProgramFrame, _ pointers: ProgramPointers, to bytes: inout MutableRawSpan,
        at offset: Int
    ) {
        for index in 0..<27 {
            bytes.storeLittleEndian(
                register(index, frame, pointers), at: offset + index * 8)
        }
    }
    private static func register(
        _ index: Int, _ frame: ProgramFrame, _ pointers: ProgramPointers
    ) -> UInt64 {
        if let register = general(index) { return frame[register] }
        return switch index {
        // -1 where the thread is in no system call.
        case 15: frame.cause == .systemCall ? frame[.originalRAX] : .max
        case 17: UInt64(SELECTOR_USER_CODE)
        case 20: UInt64(SELECTOR_USER_DATA)
        case 21: pointers.thread
        case 22: pointers.second
        default: 0
        }
    }

    /// A note beside NT_PRSTATUS.
    package struct Note: Sendable {
        package let owner: StaticString
        package let type: UInt32
        package let byteCount: Int
    }
    /// Notes that a thread has: NT_FPREGSET, and NT_X86_XSTATE where the CPU has XSAVE.
    package static var noteCount: Int { ExtendedState.hasXSAVE ? 2 : 1 }
    package static func note(_ index: Int) -> Note {
        index == 0
            ? Note(owner: "CORE", type: 2, byteCount: ExtendedState.legacyByteCount)
            : Note(owner: "LINUX", type: 0x202, byteCount: ExtendedState.byteCount)
    }
    /// Writes a note's contents, from what `ExtendedState.saveWhole` saved at `state`.
    @_lifetime(bytes: copy bytes)
    package static func write(
        note index: Int, from state: VirtualAddress, _ pointers: ProgramPointers,
        to bytes: inout MutableRawSpan
    ) {
        let count = note(index).byteCount
        // SAFETY: `saveWhole` was given the place, which has at least so many bytes.
        guard let source = unsafe UnsafeRawPointer(bitPattern: UInt(state.rawValue)) else { return }
        for word in 0..<count / 8 {
            let value = unsafe source.load(fromByteOffset: word * 8, as: UInt64.self)
            bytes.storeLittleEndian(value, at: word * 8)
        }
        // Which components there are: debuggers look into the bytes that software has to itself.
        guard index == 1 else { return }
        bytes.storeLittleEndian(ExtendedState.components, at: 464)
    }
}
