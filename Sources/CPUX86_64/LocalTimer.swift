internal import CPUX86_64Assembly
package import Base
internal import NucleusLayout
internal import NucleusLayoutX86_64

/// The local APIC in xAPIC mode through its mapped page: one-shot timer and end of interrupt.
///
/// Source: Intel SDM volume 3, chapter 11 (register offsets: table 11-1). Ring 3 drives it without
/// an exit on these hosts; an x2APIC variant by gate MSRs belongs here too.
package enum LocalTimer {
    private enum Offset {
        static let identifier: UInt64 = 0x020
        static let taskPriority: UInt64 = 0x080
        static let endOfInterrupt: UInt64 = 0x0b0
        static let spurious: UInt64 = 0x0f0
        static let interruptCommand: UInt64 = 0x300
        static let timerEntry: UInt64 = 0x320
        static let localLines: (UInt64, UInt64) = (0x350, 0x360)
        static let initialCount: UInt64 = 0x380
        static let currentCount: UInt64 = 0x390
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

    private static func read(_ offset: UInt64) -> UInt32 {
        guard
            let register = unsafe UnsafeMutablePointer<UInt32>(
                bitPattern: UInt(DEVICE_WINDOW_BASE) + UInt(offset))
        else { return 0 }
        return unsafe cpu_load(register)
    }

    /// Turns a local APIC on that a loader left as it was; returns its identifier. Our VMM does the
    /// same before the first instruction.
    package static func enableController() -> UInt8 {
        let isMasked: UInt32 = 1 << 16
        let isEnabled: UInt32 = 1 << 8
        write(Offset.taskPriority, 0)
        write(Offset.localLines.0, isMasked)
        write(Offset.localLines.1, isMasked)
        write(Offset.timerEntry, isMasked | UInt32(TIMER_VECTOR))
        write(Offset.spurious, isEnabled | UInt32(SPURIOUS_VECTOR))
        return UInt8(truncatingIfNeeded: read(Offset.identifier) >> 24)
    }

    /// A reading of the timer's counter between two of the time stamp counter's, the closest of a few.
    package struct Reading: Sendable {
        package let timeStamp: UInt64
        package let remaining: UInt32
    }
    /// Lets the counter run down from its maximum, without an interrupt: 4 s where it counts ns.
    package static func startCounting() {
        write(Offset.divide, divideByOne)
        write(Offset.initialCount, .max)
        unsafe first = readCounter()
    }
    /// What `startCounting` read.
    package static var firstReading: Reading? { unsafe first }
    private nonisolated(unsafe) static var first: Reading?
    package static func readCounter() -> Reading {
        var best: (width: UInt64, reading: Reading)?
        for _ in 0..<8 {
            let before = cpu_read_tsc()
            let remaining = read(Offset.currentCount)
            let width = cpu_read_tsc() &- before
            if let best, best.width <= width { continue }
            best = (width, Reading(timeStamp: before &+ width / 2, remaining: remaining))
        }
        return best?.reading ?? Reading(timeStamp: 0, remaining: 0)
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
