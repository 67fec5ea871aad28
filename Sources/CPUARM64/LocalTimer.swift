internal import CPUARM64Assembly
package import Base
internal import NucleusLayout

/// The virtual timer of this CPU (Arm ARM D11.2), one-shot; EL0 drives it without the nucleus.
package enum LocalTimer {
    /// The timer's vector.
    package static var vector: Int { Int(TIMER_VECTOR) }
    private static let isEnabled: UInt64 = 1

    // Set once at boot: ticks per nanosecond, scaled by 2^32; 0 where there is no timer.
    private nonisolated(unsafe) static var multiplier: UInt64 = 0

    /// Sets how fast the counter counts. Called once at boot.
    package static func initialize(ticksPerSecond: UInt64) {
        unsafe multiplier = (ticksPerSecond << 32) / 1_000_000_000
    }
    /// Turns interrupts of a further CPU on; its timer needs nothing.
    package static func start() { InterruptController.startFurther() }
    /// Arms the timer: its vector comes after `delay`, at once where that is not above zero.
    package static func arm(after delay: Nanoseconds) {
        let delay = UInt64(max(delay.rawValue, 0))
        let (high, low) = unsafe delay.multipliedFullWidth(by: multiplier)
        let ticks = high >> 30 != 0 ? UInt64(1) << 62 : high << 32 | low >> 32
        let (due, wraps) = TimeStampCounter.read().addingReportingOverflow(ticks)
        arm64_write_timer_compare(wraps ? .max : due)
        arm64_write_timer_control(isEnabled)
    }
    /// Takes the timer's line back, which it holds from when it is due.
    package static func disarm() { arm64_write_timer_control(0) }
}
