package import Base
internal import NucleusLayoutX86_64

/// The program's registers at its entry into the library OS, as the entry stubs push them.
///
/// A handle to the frame at the top of the thread's library-OS stack: changes take effect when the
/// program runs again. Valid until then, so nobody keeps one across a return to the program.
@safe
package struct ProgramFrame {
    private let base: UnsafeMutableRawPointer

    /// Takes the frame at `address`. Precondition: FRAME_BYTES bytes there belong to the caller.
    @unsafe package init(at address: UnsafeMutableRawPointer) { unsafe base = address }

    package var address: UInt { unsafe UInt(bitPattern: base) }

    /// A general register or a part of the hardware frame.
    package enum Register: Int, Sendable {
        case r15 = 0x00
        case r14 = 0x08
        case r13 = 0x10
        case r12 = 0x18
        case rbp = 0x20
        case rbx = 0x28
        case r11 = 0x30
        case r10 = 0x38
        case r9 = 0x40
        case r8 = 0x48
        case rax = 0x50
        case rcx = 0x58
        case rdx = 0x60
        case rsi = 0x68
        case rdi = 0x70
        /// Number of the system call in progress.
        case originalRAX = 0x78
        case vector = 0x80
        case error = 0x88
        case rip = 0x90
        case rflags = 0x98
        case rsp = 0xa0
    }

    package subscript(_ register: Register) -> UInt64 {
        get { unsafe base.load(fromByteOffset: register.rawValue, as: UInt64.self) }
        nonmutating set {
            unsafe base.storeBytes(of: newValue, toByteOffset: register.rawValue, as: UInt64.self)
        }
    }

    /// Why the library OS was entered.
    package enum Cause: Equatable, Sendable {
        case systemCall
        case interrupt
        case exception(vector: UInt8)
    }
    package var cause: Cause {
        switch self[.vector] {
        case UInt64(FRAME_VECTOR_SYSTEM_CALL): .systemCall
        case UInt64(FRAME_VECTOR_INTERRUPT): .interrupt
        case let vector: .exception(vector: UInt8(truncatingIfNeeded: vector))
        }
    }

    package static var byteCount: Int { Int(FRAME_BYTES) }
    /// Takes over all of another frame.
    package func copy(_ other: ProgramFrame) {
        unsafe base.copyMemory(from: other.base, byteCount: Int(FRAME_BYTES))
    }
    /// Makes this the frame of a program that begins: all other registers zero, interrupts on.
    package func reset(instruction: VirtualAddress, stack: VirtualAddress) {
        for offset in stride(from: 0, to: Int(FRAME_BYTES), by: 8) {
            unsafe base.storeBytes(of: 0, toByteOffset: offset, as: UInt64.self)
        }
        self[.rip] = instruction.rawValue
        self[.rsp] = stack.rawValue
        self[.rflags] = 0x202
    }

    /// TF: an exception behind the next instruction.
    static var trapFlag: UInt64 { 0x100 }

    // The architecture-neutral names, the same in every CPU module.
    package var systemCallNumber: UInt64 { self[.originalRAX] }
    package var result: UInt64 {
        get { self[.rax] }
        nonmutating set { self[.rax] = newValue }
    }
    package var instruction: VirtualAddress {
        get { VirtualAddress(rawValue: self[.rip]) }
        nonmutating set { self[.rip] = newValue.rawValue }
    }
    package var stack: VirtualAddress {
        get { VirtualAddress(rawValue: self[.rsp]) }
        nonmutating set { self[.rsp] = newValue.rawValue }
    }
    /// Argument `index` of a system call. Precondition: 0...5.
    package func argument(_ index: Int) -> UInt64 {
        switch index {
        case 0: self[.rdi]
        case 1: self[.rsi]
        case 2: self[.rdx]
        case 3: self[.r10]
        case 4: self[.r8]
        default: self[.r9]
        }
    }
}
