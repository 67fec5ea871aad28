/// A second of the Gregorian calendar in UTC, by its parts; they may name none.
package struct CalendarTime: Equatable, Sendable {
    package var year: Int
    /// 1 to 12
    package var month: Int
    /// From 1
    package var day: Int
    package var hour: Int
    package var minute: Int
    package var second: Int

    package init(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    private static let secondsPerDay: Int64 = 86_400
    /// Days of 400 years, after which the calendar repeats; of years that begin in March.
    private static let daysPerEra = 146_097
    /// From the start of an era, 0000-03-01, to 1970-01-01.
    private static let daysBefore1970 = 719_468

    /// Precondition: less than 2^40 seconds away from 1970.
    package init(secondsSince1970 seconds: Int64) {
        let (quotient, remainder) = seconds.quotientAndRemainder(dividingBy: Self.secondsPerDay)
        let ofDay = Int(remainder < 0 ? remainder + Self.secondsPerDay : remainder)
        let days = Int(remainder < 0 ? quotient - 1 : quotient) + Self.daysBefore1970
        let era = (days >= 0 ? days : days - (Self.daysPerEra - 1)) / Self.daysPerEra
        let dayOfEra = days - era * Self.daysPerEra
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        hour = ofDay / 3600
        minute = ofDay / 60 % 60
        second = ofDay % 60
    }
    /// Seconds since 1970, without leap seconds; `nil` where the parts name no time, or a year before 1
    /// or of more than 31 bits.
    package var secondsSince1970: Int64? {
        guard (1...Int(Int32.max)).contains(year), (1...12).contains(month), day >= 1,
            day <= Self.dayCount(year: year, month: month), (0..<24).contains(hour),
            (0..<60).contains(minute), (0..<60).contains(second)
        else { return nil }
        let ofDay = hour * 3600 + minute * 60 + second
        return Int64(daysSince1970) * Self.secondsPerDay + Int64(ofDay)
    }

    package static func isLeap(year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }
    /// Days of a month. Precondition: 1 to 12.
    package static func dayCount(year: Int, month: Int) -> Int {
        switch month {
        case 2: isLeap(year: year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
    private var daysSince1970: Int {
        let years = month <= 2 ? year - 1 : year
        return years * 365 + years / 4 - years / 100 + years / 400 + dayFromMarch
            - Self.daysBefore1970
    }
    /// Days since the last 1st of March.
    private var dayFromMarch: Int { (153 * ((month + 9) % 12) + 2) / 5 + day - 1 }

    /// Days since Sunday. Precondition: the parts name a time since 1970.
    package var weekday: Int { (daysSince1970 + 4) % 7 }
    /// Days since the 1st of January. Precondition: the parts name a time.
    package var dayOfYear: Int {
        let newYear = Self(year: year, month: 1, day: 1, hour: 0, minute: 0, second: 0)
        return daysSince1970 - newYear.daysSince1970
    }
}
