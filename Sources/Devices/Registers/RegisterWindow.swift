package import Base
internal import CPUAssembly

/// A device's registers, mapped uncached: each call is one access of the named width.
@safe
package final class RegisterWindow: Sendable {
    private nonisolated(unsafe) let base: UnsafeMutableRawPointer
    package let byteCount: Int

    /// Takes the window at `address`; `nil` at address 0. Precondition: `byteCount` bytes of device
    /// registers are mapped there for ever.
    package init?(at address: VirtualAddress, byteCount: Int) {
        guard let base = unsafe UnsafeMutableRawPointer(bitPattern: UInt(address.rawValue)) else {
            return nil
        }
        unsafe self.base = base
        self.byteCount = byteCount
    }

    // Out of line, for their many callers: the code of a driver's start runs once.
    // SAFETY (all below): the offset is checked; the window is mapped, by the precondition of init.

    package func load8(at offset: UInt32) -> UInt8 {
        unsafe cpu_register_load_8(register(at: offset, width: 1))
    }
    package func load16(at offset: UInt32) -> UInt16 {
        unsafe cpu_register_load_16(register(at: offset, width: 2))
    }
    @inline(never)
    package func load32(at offset: UInt32) -> UInt32 {
        unsafe cpu_register_load_32(register(at: offset, width: 4))
    }
    package func store8(_ value: UInt8, at offset: UInt32) {
        unsafe cpu_register_store_8(register(at: offset, width: 1), value)
    }
    @inline(never)
    package func store32(_ value: UInt32, at offset: UInt32) {
        unsafe cpu_register_store_32(register(at: offset, width: 4), value)
    }
    @unsafe private func register(at offset: UInt32, width: Int) -> UnsafeMutableRawPointer {
        precondition(Int(offset) <= byteCount &- width && Int(offset) % width == 0)
        return unsafe base.advanced(by: Int(offset))
    }
}
