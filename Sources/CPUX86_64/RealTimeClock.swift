internal import Devices

/// The machine's MC146818, by two ports. Precondition of all: they may be used.
package enum RealTimeClock {
    private struct Registers: ClockRegisters {
        private var select: Port { Port(0x70) }
        private var data: Port { Port(0x71) }

        @inline(never)
        func load(_ register: UInt8) -> UInt8 {
            select.store(register)
            return data.load()
        }
        func store(_ value: UInt8, _ register: UInt8) {
            select.store(register)
            data.store(value)
        }
    }
    private static var clock: RealTimeClockMC146818<Registers> { .init(Registers()) }

    /// Whether there is a clock.
    package static var isThere: Bool { clock.isThere }

    /// Seconds since 1970, UTC; 0 where there is no clock.
    package static func read() -> Int64 { clock.read() }
    /// What it can count.
    package static var range: ClosedRange<Int64> { clock.range }
    /// Sets the clock. Precondition: seconds since 1970 in `range`.
    package static func set(_ seconds: Int64) { clock.set(seconds) }
    /// Lets the clock interrupt when it comes to `seconds`. Precondition: in `range`.
    package static func setAlarm(_ seconds: Int64) { clock.setAlarm(seconds) }
    package static func stopAlarm() { clock.stopAlarm() }
    /// Takes the interrupt back, so that there can be another.
    package static func acknowledge() { clock.acknowledge() }
}
