internal import Base
internal import CPUAssembly
internal import NucleusLayoutARM64

/// The PL011's neighbour: a PL031 real-time clock, which counts seconds and has an alarm (Arm DDI
/// 0224).
package enum RealTimeClock {
    private enum Register {
        static let data: UInt32 = 0x00
        static let match: UInt32 = 0x04
        static let load: UInt32 = 0x08
        static let control: UInt32 = 0x0c
        static let mask: UInt32 = 0x10
        static let clear: UInt32 = 0x1c
    }
    /// RTCCR: the counter runs. RTCIMSC, RTCICR: the one interrupt.
    private static let starts: UInt32 = 1
    private static let alarm: UInt32 = 1

    // Set by boot where it mapped the clock's page.
    private static let wasFound = Global(false)
    package static func found() { wasFound.value = true }
    /// Whether there is a clock.
    package static var isThere: Bool { wasFound.value }

    // SAFETY: the window is mapped where `isThere` says so, which each caller of these checks.
    @unsafe private static func register(_ offset: UInt32) -> UnsafeMutableRawPointer? {
        unsafe UnsafeMutableRawPointer(bitPattern: UInt(CLOCK_WINDOW) + UInt(offset))
    }
    private static func store(_ value: UInt32, _ offset: UInt32) {
        guard isThere, let place = unsafe register(offset) else { return }
        unsafe cpu_register_store_32(place, value)
    }
    /// Seconds since 1970, UTC; 0 where there is no clock.
    package static func read() -> Int64 {
        guard isThere, let data = unsafe register(Register.data) else { return 0 }
        return Int64(unsafe cpu_register_load_32(data))
    }

    /// What it can count.
    package static var range: ClosedRange<Int64> { 0...Int64(UInt32.max) }
    /// Sets the clock. Precondition: seconds since 1970 in `range`.
    package static func set(_ seconds: Int64) {
        store(UInt32(seconds), Register.load)
        store(starts, Register.control)
    }

    /// Lets the clock interrupt when it comes to `seconds`. Precondition: in `range`.
    package static func setAlarm(_ seconds: Int64) {
        store(UInt32(seconds), Register.match)
        acknowledge()
        store(alarm, Register.mask)
    }
    package static func stopAlarm() {
        store(0, Register.mask)
        acknowledge()
    }
    /// Takes the interrupt back, so that there can be another.
    package static func acknowledge() { store(alarm, Register.clear) }
}
