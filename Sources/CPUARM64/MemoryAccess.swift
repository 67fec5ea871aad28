internal import CPUARM64Assembly

/// Copies to and from program memory: a fault ends them early.
package enum ProgramCopy {
    /// Copies; returns the bytes left (0: all). Precondition: each side is the library OS's own or a
    /// program's address.
    @unsafe @inline(__always)
    package static func copy(
        _ destination: UnsafeMutableRawPointer, _ source: UnsafeRawPointer, _ byteCount: Int
    ) -> Int { unsafe arm64_program_copy(destination, source, byteCount) }
    /// Zeroes; returns the bytes left.
    @unsafe @inline(__always)
    package static func zero(_ destination: UnsafeMutableRawPointer, _ byteCount: Int) -> Int {
        unsafe arm64_program_zero(destination, byteCount)
    }
    /// Copies until a NUL, which is copied too, or `limit` bytes; returns the bytes copied, -1 after a
    /// fault.
    @unsafe @inline(__always)
    package static func copyString(
        _ destination: UnsafeMutableRawPointer, _ source: UnsafeRawPointer, _ limit: Int
    ) -> Int { unsafe arm64_program_copy_string(destination, source, limit) }
}

/// Device registers: one access of the named width each, never merged or moved.
///
/// Precondition (all): the address is a device's mapped register, aligned to its width.
package enum DeviceRegister {
    @unsafe @inline(__always)
    package static func load8(_ register: UnsafeRawPointer) -> UInt8 {
        unsafe arm64_register_load_8(register)
    }
    @unsafe @inline(__always)
    package static func load16(_ register: UnsafeRawPointer) -> UInt16 {
        unsafe arm64_register_load_16(register)
    }
    @unsafe @inline(__always)
    package static func load32(_ register: UnsafeRawPointer) -> UInt32 {
        unsafe arm64_register_load_32(register)
    }
    @unsafe @inline(__always)
    package static func store8(_ register: UnsafeMutableRawPointer, _ value: UInt8) {
        unsafe arm64_register_store_8(register, value)
    }
    @unsafe @inline(__always)
    package static func store32(_ register: UnsafeMutableRawPointer, _ value: UInt32) {
        unsafe arm64_register_store_32(register, value)
    }
}
