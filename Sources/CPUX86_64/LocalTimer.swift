internal import CPUX86_64Assembly
package import Base
internal import NucleusLayout

/// The local APIC in xAPIC mode through its mapped page: one-shot timer and end of interrupt.
///
/// Source: Intel SDM volume 3, chapter 11 (register offsets: table 11-1). Ring 3 drives it without
/// an exit on these hosts; an x2APIC variant by gate MSRs belongs here too.
package enum LocalTimer {
    private enum Offset {
        static let endOfInterrupt: UInt64 = 0x0b0
        static let interruptCommand: UInt64 = 0x300
        static let timerEntry: UInt64 = 0x320
        static let initialCount: UInt64 = 0x380
        static let divide: UInt64 = 0x3e0
    }
    /// The timer's vector.
    package static var vector: Int { Int(TIMER_VECTOR) }
    private static let divideByOne: UInt32 = 0b1011

    // Set once at boot: ticks per nanosecond, scaled by 2^32; 0 where there is no timer.
    private nonisolated(unsafe) static var multiplier: UInt64 = 0

    // SAFETY: the page at DEVICE_WINDOW_BASE is the local APIC from before boot to the end.
    private static func write(_ offset: UInt64, _ value: UInt32) {
        guard
            let register = unsafe UnsafeMutablePointer<UInt32>(
                bitPattern: UInt(DEVICE_WINDOW_BASE) + UInt(offset))
        else { return }
        unsafe cpu_store(register, value)
    }

    /// Programs the timer entry. `ticksPerSecond` is that of divide configuration 1.
    package static func initialize(ticksPerSecond: UInt64) {
        unsafe multiplier = (UInt64(UInt32(clamping: ticksPerSecond)) << 32) / 1_000_000_000
        write(Offset.divide, divideByOne)
        write(Offset.timerEntry, UInt32(TIMER_VECTOR))
    }
    /// Interrupts once after `delay`, at least one tick and at most the counter's range.
    package static func arm(after delay: Nanoseconds) {
        guard unsafe multiplier > 0 else { return }
        let limit: UInt64 = 1_000_000_000  // the counter holds a little more than a second
        let nanoseconds = min(UInt64(max(delay.rawValue, 1)), limit)
        let product = unsafe nanoseconds.multipliedFullWidth(by: multiplier)
        let ticks = product.high << 32 | product.low >> 32
        write(Offset.initialCount, UInt32(clamping: max(ticks, 1)))
    }
    package static func disarm() { write(Offset.initialCount, 0) }
    /// Sends a vector to this CPU (destination shorthand: self).
    package static func interruptSelf(vector: Int) {
        let destinationSelf: UInt32 = 1 << 18
        let asserted: UInt32 = 1 << 14
        write(Offset.interruptCommand, destinationSelf | asserted | UInt32(vector))
    }
    /// Ends the interrupt in service; written when one was handled.
    package static func endInterrupt() { write(Offset.endOfInterrupt, 0) }
}
