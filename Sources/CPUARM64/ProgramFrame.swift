package import Base
internal import NucleusLayoutARM64

/// The program's registers at its entry into the library OS, as the entries push them.
///
/// A handle to the frame at the top of the thread's library-OS stack: changes take effect when the
/// program runs again. Valid until then, so nobody keeps one across a return to the program.
@safe
package struct ProgramFrame {
    private let base: UnsafeMutableRawPointer

    /// Takes the frame at `address`. Precondition: FRAME_BYTES bytes there belong to the caller.
    @unsafe package init(at address: UnsafeMutableRawPointer) { unsafe base = address }

    package var address: UInt { unsafe UInt(bitPattern: base) }

    /// A general register or what else an entry keeps.
    package enum Register: Int, Sendable {
        case x0 = 0x00
        case x1 = 0x08
        case x2 = 0x10
        case x3 = 0x18
        case x4 = 0x20
        case x5 = 0x28
        case x6 = 0x30
        case x7 = 0x38
        case x8 = 0x40
        case x9 = 0x48
        case x10 = 0x50
        case x11 = 0x58
        case x12 = 0x60
        case x13 = 0x68
        case x14 = 0x70
        case x15 = 0x78
        case x16 = 0x80
        case x17 = 0x88
        case x18 = 0x90
        case x19 = 0x98
        case x20 = 0xa0
        case x21 = 0xa8
        case x22 = 0xb0
        case x23 = 0xb8
        case x24 = 0xc0
        case x25 = 0xc8
        case x26 = 0xd0
        case x27 = 0xd8
        case x28 = 0xe0
        case x29 = 0xe8
        case x30 = 0xf0
        case sp = 0xf8
        case pc = 0x100
        case pstate = 0x108
        /// X0 at a system call: its first argument, also when there is a result.
        case originalX0 = 0x110
        /// Number of the system call in progress; all ones where there is none.
        case number = 0x118
        case cause = 0x120
        case syndrome = 0x128
    }

    package subscript(_ register: Register) -> UInt64 {
        get { unsafe base.load(fromByteOffset: register.rawValue, as: UInt64.self) }
        nonmutating set {
            unsafe base.storeBytes(of: newValue, toByteOffset: register.rawValue, as: UInt64.self)
        }
    }
    /// General register X0 to X30. Precondition: the index is one of theirs.
    package subscript(general index: Int) -> UInt64 {
        get {
            precondition((0...30).contains(index))
            return unsafe base.load(fromByteOffset: index * 8, as: UInt64.self)
        }
        nonmutating set {
            precondition((0...30).contains(index))
            unsafe base.storeBytes(of: newValue, toByteOffset: index * 8, as: UInt64.self)
        }
    }

    /// Why the library OS was entered.
    package enum Cause: Equatable, Sendable {
        case systemCall
        case interrupt
        /// A synchronous exception; `syndrome` says which.
        case exception
        /// An SError, or a fault of the nucleus itself.
        case error
    }
    package var cause: Cause {
        switch self[.cause] {
        case UInt64(FRAME_CAUSE_SYSTEM_CALL): .systemCall
        case UInt64(FRAME_CAUSE_INTERRUPT): .interrupt
        case UInt64(FRAME_CAUSE_EXCEPTION): .exception
        default: .error
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
        self[.pc] = instruction.rawValue
        self[.sp] = stack.rawValue
        self[.number] = .max
    }

    // The architecture-neutral names, the same in every CPU module.
    package var systemCallNumber: UInt64 { self[.number] }
    package var result: UInt64 {
        get { self[.x0] }
        nonmutating set { self[.x0] = newValue }
    }
    package var instruction: VirtualAddress {
        get { VirtualAddress(rawValue: self[.pc]) }
        nonmutating set { self[.pc] = newValue.rawValue }
    }
    package var stack: VirtualAddress {
        get { VirtualAddress(rawValue: self[.sp]) }
        nonmutating set { self[.sp] = newValue.rawValue }
    }
    /// Argument `index` of a system call. Precondition: 0...5.
    package func argument(_ index: Int) -> UInt64 {
        index == 0 ? self[.originalX0] : self[general: index]
    }
}
