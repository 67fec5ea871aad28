internal import Base
internal import Devices
internal import NucleusLayoutARM64

/// The machine's PL031.
package enum RealTimeClock {
    // Set by boot where it mapped the clock's page.
    private static let clock = Global<RealTimeClockPL031?>(nil)
    package static func found() {
        clock.value = RegisterWindow(
            at: VirtualAddress(rawValue: UInt64(CLOCK_WINDOW)), byteCount: Page.size
        ).map(RealTimeClockPL031.init)
    }
    /// Whether there is a clock.
    package static var isThere: Bool { clock.value != nil }

    /// Seconds since 1970, UTC; 0 where there is no clock.
    package static func read() -> Int64 { clock.value?.read() ?? 0 }
    /// What it can count.
    package static var range: ClosedRange<Int64> { RealTimeClockPL031.range }
    /// Sets the clock. Precondition: seconds since 1970 in `range`.
    package static func set(_ seconds: Int64) { clock.value?.set(seconds) }
    /// Lets the clock interrupt when it comes to `seconds`. Precondition: in `range`.
    package static func setAlarm(_ seconds: Int64) { clock.value?.setAlarm(seconds) }
    package static func stopAlarm() { clock.value?.stopAlarm() }
    /// Takes the interrupt back, so that there can be another.
    package static func acknowledge() { clock.value?.acknowledge() }
}
