internal import Base
internal import CPUAssembly
internal import NucleusLayoutARM64

/// A PL011 for the kernel's words before, and without, a console device (Arm DDI 0183).
package enum EarlyConsole {
    private enum Register {
        static let data: UInt = 0x00
        static let flags: UInt = 0x18
        static let isFull: UInt32 = 1 << 5
    }
    // Set by boot where it mapped the port's page.
    private static let isThere = Global(false)
    package static func found() { isThere.value = true }

    fileprivate static func write(_ byte: UInt8) {
        guard isThere.value,
            let data = unsafe UnsafeMutableRawPointer(
                bitPattern: UInt(SERIAL_WINDOW) + Register.data),
            let flags = unsafe UnsafeRawPointer(bitPattern: UInt(SERIAL_WINDOW) + Register.flags)
        else { return }
        // SAFETY: the window is mapped. A port that stays full loses bytes instead of the machine.
        for _ in 0..<100_000 where unsafe cpu_register_load_32(flags) & Register.isFull != 0 {
            CPU.pause()
        }
        unsafe cpu_register_store_32(data, UInt32(byte))
    }
}

extension CPU {
    /// Writes bytes to the early console, where boot found one.
    package static func writeEarlyConsole(_ bytes: RawSpan) {
        for index in 0..<bytes.byteCount { EarlyConsole.write(bytes.byte(at: index)) }
    }
}
