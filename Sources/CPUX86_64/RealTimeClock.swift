/// The real-time clock of a PC (Motorola MC146818): the time of day in whole seconds.
package enum RealTimeClock {
    private enum Register {
        static let second: UInt8 = 0x00
        static let minute: UInt8 = 0x02
        static let hour: UInt8 = 0x04
        static let day: UInt8 = 0x07
        static let month: UInt8 = 0x08
        static let year: UInt8 = 0x09
        static let statusA: UInt8 = 0x0a
        static let statusB: UInt8 = 0x0b
    }
    private static let select = Port(0x70)
    private static let data = Port(0x71)

    private static func load(_ register: UInt8) -> UInt8 {
        select.store(register)
        return data.load()
    }

    /// Seconds since 1970, UTC; 0 where there is no clock. Waits out an update, 2 ms at most on real
    /// hardware, none in QEMU.
    package static func read() -> Int64 {
        var last = fields()
        for _ in 0..<8 {
            let next = fields()
            if next == last, load(Register.statusA) & 0x80 == 0 { break }
            last = next
        }
        return last.secondsSince1970(format: load(Register.statusB))
    }
    private static func fields() -> ClockFields {
        ClockFields(
            second: load(Register.second), minute: load(Register.minute),
            hour: load(Register.hour), day: load(Register.day), month: load(Register.month),
            year: load(Register.year))
    }
}

/// What the clock's registers hold.
package struct ClockFields: Equatable, Sendable {
    package var second: UInt8
    package var minute: UInt8
    package var hour: UInt8
    package var day: UInt8
    package var month: UInt8
    package var year: UInt8

    package init(
        second: UInt8, minute: UInt8, hour: UInt8, day: UInt8, month: UInt8, year: UInt8
    ) {
        self.second = second
        self.minute = minute
        self.hour = hour
        self.day = day
        self.month = month
        self.year = year
    }

    /// The time they mean; 0 where they mean none. Status B: bit 2 binary, bit 1 24 hours. Years are
    /// of 2000.
    package func secondsSince1970(format: UInt8) -> Int64 {
        func value(_ byte: UInt8) -> Int64 {
            format & 4 != 0 ? Int64(byte) : Int64(byte >> 4) * 10 + Int64(byte & 15)
        }
        var hours = value(hour & 0x7f)
        if format & 2 == 0 { hours = hours % 12 + (hour & 0x80 != 0 ? 12 : 0) }
        let (years, months, days) = (2000 + value(year), value(month), value(day))
        guard (1...12).contains(months), (1...31).contains(days), hours < 24, value(minute) < 60,
            value(second) < 61
        else { return 0 }
        return Self.days(year: years, month: months, day: days) * 86_400 + hours * 3600
            + value(minute) * 60 + value(second)
    }
    /// Days since 1970-01-01 in the Gregorian calendar; March begins the year.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let years = month <= 2 ? year - 1 : year
        let monthFromMarch = (month + 9) % 12
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        return years * 365 + years / 4 - years / 100 + years / 400 + dayOfYear - 719_468
    }
}
