internal import Base

/// How the registers of a clock are reached, by their numbers.
package protocol ClockRegisters {
    func load(_ register: UInt8) -> UInt8
    func store(_ value: UInt8, _ register: UInt8)
}

/// The real-time clock of a PC (Motorola MC146818): the time of day in whole seconds, and an alarm.
package struct RealTimeClockMC146818<Registers: ClockRegisters> {
    private typealias Register = ClockRegister
    private let registers: Registers
    package init(_ registers: Registers) { self.registers = registers }

    /// A: the time is being counted on.
    private var updating: UInt8 { 1 << 7 }
    /// B: counting waits while the registers are set; the alarm interrupts.
    private var setting: UInt8 { 1 << 7 }
    private var alarmInterrupts: UInt8 { 1 << 5 }
    /// D: zero in every chip; an empty bus reads as ones.
    private var alwaysZero: UInt8 { 1 << 6 }

    private func load(_ register: UInt8) -> UInt8 { registers.load(register) }
    private func store(_ value: UInt8, _ register: UInt8) { registers.store(value, register) }

    /// Whether there is a clock.
    package var isThere: Bool { load(Register.statusD) & alwaysZero == 0 }

    /// Seconds since 1970, UTC; 0 where there is no clock. Waits out an update, 2 ms at most on real
    /// hardware, none in QEMU.
    package func read() -> Int64 {
        var last = fields()
        for _ in 0..<8 {
            let next = fields()
            if next == last, load(Register.statusA) & updating == 0 { break }
            last = next
        }
        last.century = load(Register.century)
        return last.secondsSince1970(format: load(Register.statusB))
    }
    /// The registers but the century's.
    @inline(never)
    private func fields() -> ClockFields {
        ClockFields(
            second: load(Register.second), minute: load(Register.minute),
            hour: load(Register.hour), day: load(Register.day), month: load(Register.month),
            year: load(Register.year), century: 0)
    }

    /// What it can count: without a register for the century two digits of the year.
    package var range: ClosedRange<Int64> {
        let format = load(Register.statusB)
        return ClockFields.range(
            hasCentury: ClockFields.century(load(Register.century), format: format) != nil)
    }
    /// Sets the clock. Precondition: seconds since 1970 in `range`.
    package func set(_ seconds: Int64) {
        let format = load(Register.statusB)
        let hasCentury = ClockFields.century(load(Register.century), format: format) != nil
        let fields = ClockFields(secondsSince1970: seconds, format: format)
        store(format | setting, Register.statusB)
        store(fields.second, Register.second)
        store(fields.minute, Register.minute)
        store(fields.hour, Register.hour)
        // Sunday is 1.
        store(
            UInt8(CalendarTime(secondsSince1970: seconds).weekday + 1), Register.weekday)
        store(fields.day, Register.day)
        store(fields.month, Register.month)
        store(fields.year, Register.year)
        if hasCentury { store(fields.century, Register.century) }
        store(format & ~setting, Register.statusB)
    }

    /// Lets the clock interrupt when it comes to `seconds`, and at the same time of other days: the
    /// alarm has no date. Precondition: in `range`.
    package func setAlarm(_ seconds: Int64) {
        let format = load(Register.statusB)
        let fields = ClockFields(secondsSince1970: seconds, format: format)
        store(fields.second, Register.secondAlarm)
        store(fields.minute, Register.minuteAlarm)
        store(fields.hour, Register.hourAlarm)
        acknowledge()
        store(format | alarmInterrupts, Register.statusB)
    }
    package func stopAlarm() {
        store(load(Register.statusB) & ~alarmInterrupts, Register.statusB)
        acknowledge()
    }
    /// Takes the interrupt back, so that there can be another.
    package func acknowledge() { _ = load(Register.statusC) }
}

/// The numbers of its registers.
private enum ClockRegister {
    static let second: UInt8 = 0x00
    static let secondAlarm: UInt8 = 0x01
    static let minute: UInt8 = 0x02
    static let minuteAlarm: UInt8 = 0x03
    static let hour: UInt8 = 0x04
    static let hourAlarm: UInt8 = 0x05
    static let weekday: UInt8 = 0x06
    static let day: UInt8 = 0x07
    static let month: UInt8 = 0x08
    static let year: UInt8 = 0x09
    static let statusA: UInt8 = 0x0a
    static let statusB: UInt8 = 0x0b
    static let statusC: UInt8 = 0x0c
    static let statusD: UInt8 = 0x0d
    /// Not the chip's own; PCs agree on it.
    static let century: UInt8 = 0x32
}

/// What the clock's registers hold.
package struct ClockFields: Equatable, Sendable {
    package var second: UInt8
    package var minute: UInt8
    package var hour: UInt8
    package var day: UInt8
    package var month: UInt8
    package var year: UInt8
    /// The first two digits of the year, where there is a register for them.
    package var century: UInt8

    package init(
        second: UInt8, minute: UInt8, hour: UInt8, day: UInt8, month: UInt8, year: UInt8,
        century: UInt8
    ) {
        self.second = second
        self.minute = minute
        self.hour = hour
        self.day = day
        self.month = month
        self.year = year
        self.century = century
    }

    // Status B: bit 2 binary, bit 1 24 hours.
    private static let binary: UInt8 = 1 << 2
    private static let hours24: UInt8 = 1 << 1
    private static let afternoon: UInt8 = 1 << 7

    private static func decode(_ byte: UInt8, _ format: UInt8) -> Int {
        format & binary != 0 ? Int(byte) : Int(byte >> 4) * 10 + Int(byte & 15)
    }
    private static func encode(_ value: Int, _ format: UInt8) -> UInt8 {
        format & binary != 0 ? UInt8(value) : UInt8(value / 10 * 16 + value % 10)
    }
    /// The century that a register's content means, `nil` where it is none: the register is then
    /// something else.
    package static func century(_ byte: UInt8, format: UInt8) -> Int? {
        let century = decode(byte, format)
        return (19...99).contains(century) ? century : nil
    }
    /// The times that two or four digits of the year can tell.
    package static func range(hasCentury: Bool) -> ClosedRange<Int64> {
        let last = CalendarTime(
            year: hasCentury ? 9999 : 2069, month: 12, day: 31, hour: 23, minute: 59, second: 59)
        return 0...(last.secondsSince1970 ?? 0)
    }

    /// The time they mean; 0 where they mean none. Without a century years are those of 1970 to 2069.
    package func secondsSince1970(format: UInt8) -> Int64 {
        var hours = Self.decode(hour & ~Self.afternoon, format)
        if format & Self.hours24 == 0 {
            hours = hours % 12 + (hour & Self.afternoon != 0 ? 12 : 0)
        }
        let ofCentury = Self.decode(year, format)
        let century = Self.century(century, format: format) ?? (ofCentury < 70 ? 20 : 19)
        let time = CalendarTime(
            year: century * 100 + ofCentury, month: Self.decode(month, format),
            day: Self.decode(day, format), hour: hours, minute: Self.decode(minute, format),
            second: Self.decode(second, format))
        return time.secondsSince1970 ?? 0
    }
    /// The registers for a time. Precondition: years 1 to 9999.
    package init(secondsSince1970 seconds: Int64, format: UInt8) {
        let time = CalendarTime(secondsSince1970: seconds)
        second = Self.encode(time.second, format)
        minute = Self.encode(time.minute, format)
        if format & Self.hours24 != 0 {
            hour = Self.encode(time.hour, format)
        } else {
            let ofHalf = time.hour % 12 == 0 ? 12 : time.hour % 12
            hour = Self.encode(ofHalf, format) | (time.hour >= 12 ? Self.afternoon : 0)
        }
        day = Self.encode(time.day, format)
        month = Self.encode(time.month, format)
        year = Self.encode(time.year % 100, format)
        century = Self.encode(time.year / 100, format)
    }
}
