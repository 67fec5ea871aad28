/// Arm's PL031 real-time clock, which counts seconds and has an alarm (Arm DDI 0224).
package struct RealTimeClockPL031 {
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

    private let window: any DeviceWindow
    package init(_ window: any DeviceWindow) { self.window = window }

    /// Seconds since 1970, UTC.
    package func read() -> Int64 { Int64(window.load32(at: Register.data)) }
    /// What it can count.
    package static var range: ClosedRange<Int64> { 0...Int64(UInt32.max) }
    /// Sets the clock. Precondition: seconds since 1970 in `range`.
    package func set(_ seconds: Int64) {
        window.store32(UInt32(seconds), at: Register.load)
        window.store32(Self.starts, at: Register.control)
    }

    /// Lets the clock interrupt when it comes to `seconds`. Precondition: in `range`.
    package func setAlarm(_ seconds: Int64) {
        window.store32(UInt32(seconds), at: Register.match)
        acknowledge()
        window.store32(Self.alarm, at: Register.mask)
    }
    package func stopAlarm() {
        window.store32(0, at: Register.mask)
        acknowledge()
    }
    /// Takes the interrupt back, so that there can be another.
    package func acknowledge() { window.store32(Self.alarm, at: Register.clear) }
}
