internal import Base
internal import CPUARM64Assembly
internal import NucleusLayoutARM64

/// The PL011's neighbour: a PL031 real-time clock, which counts seconds (Arm DDI 0224).
package enum RealTimeClock {
    private enum Register {
        static let data: UInt32 = 0x00
        static let match: UInt32 = 0x04
        static let load: UInt32 = 0x08
        static let control: UInt32 = 0x0c
        static let mask: UInt32 = 0x10
        static let status: UInt32 = 0x14
        static let clear: UInt32 = 0x1c
    }
    // Set by boot where it mapped the clock's page.
    private static let isThere = Global(false)
    package static func found() { isThere.value = true }

    // SAFETY: the window is mapped where `isThere` says so.
    @unsafe private static func register(_ offset: UInt32) -> UnsafeMutableRawPointer? {
        unsafe UnsafeMutableRawPointer(bitPattern: UInt(CLOCK_WINDOW) + UInt(offset))
    }
    /// Seconds since 1970, UTC; 0 where there is no clock.
    package static func read() -> Int64 {
        guard isThere.value, let data = unsafe register(Register.data) else { return 0 }
        return Int64(unsafe arm64_register_load_32(data))
    }
}
