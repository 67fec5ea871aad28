internal import CPUX86_64Assembly
package import Base
internal import NucleusLayout
internal import NucleusLayoutX86_64

/// The local APIC's timer, one-shot (SDM volume 3, section 11.5.4).
package enum LocalTimer {
    private typealias Offset = InterruptController.Offset
    /// The timer's vector.
    package static var vector: Int { Int(TIMER_VECTOR) }
    private static let divideByOne: UInt32 = 0b1011

    // Set once at boot: ticks per nanosecond, scaled by 2^32; 0 where there is no timer.
    private nonisolated(unsafe) static var multiplier: UInt64 = 0

    private static func write(_ offset: UInt64, _ value: UInt32) {
        InterruptController.write(offset, value)
    }
    private static func read(_ offset: UInt64) -> UInt32 { InterruptController.read(offset) }

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
    @inline(never)
    package static func readCounter() -> Reading {
        var best = Reading(timeStamp: 0, remaining: 0)
        var least = UInt64.max
        for _ in 0..<8 {
            let before = cpu_read_tsc()
            let remaining = read(Offset.currentCount)
            let width = cpu_read_tsc() &- before
            guard width < least else { continue }
            least = width
            best = Reading(timeStamp: before &+ width / 2, remaining: remaining)
        }
        return best
    }

    /// Programs the timer entry. `ticksPerSecond` is that of divide configuration 1.
    package static func initialize(ticksPerSecond: UInt64) {
        unsafe multiplier = (UInt64(UInt32(clamping: ticksPerSecond)) << 32) / 1_000_000_000
        program()
    }
    private static func program() {
        write(Offset.divide, divideByOne)
        write(Offset.timerEntry, UInt32(TIMER_VECTOR))
    }
    /// Turns the local APIC of a further CPU on, and programs its timer entry.
    package static func start() {
        _ = InterruptController.enable()
        program()
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
}
