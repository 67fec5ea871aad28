import Base
import Foundation
import Testing

@Suite("Calendar") struct CalendarTimeTests {
    /// 1970 to 2106: what 32 bits of seconds reach.
    static let last: Int64 = Int64(UInt32.max)

    @Test("each day of 1970 to 2106 is the C library's, both ways")
    func everyDay() throws {
        for day in 0...Self.last / 86_400 {
            // Another second of each day.
            let seconds = min(day * 86_400 + day * 7919 % 86_400, Self.last)
            var (moment, parts) = (time_t(seconds), tm())
            try #require(gmtime_r(&moment, &parts) != nil)
            let time = CalendarTime(secondsSince1970: seconds)
            let expected = CalendarTime(
                year: Int(parts.tm_year) + 1900, month: Int(parts.tm_mon) + 1,
                day: Int(parts.tm_mday), hour: Int(parts.tm_hour), minute: Int(parts.tm_min),
                second: Int(parts.tm_sec))
            try #require(time == expected)
            try #require(time.secondsSince1970 == seconds)
            try #require(time.weekday == Int(parts.tm_wday))
            try #require(time.dayOfYear == Int(parts.tm_yday))
        }
    }
    @Test(
        "years whose February has 29 days",
        arguments: [(1972, 29), (1900, 28), (2000, 29), (2023, 28), (2024, 29), (2100, 28)])
    func leapYears(year: Int, days: Int) {
        #expect(CalendarTime.dayCount(year: year, month: 2) == days)
    }
    @Test("ends of ranges: 1970, 2038, 2106, 9999, and before 1970")
    func ends() {
        func seconds(_ year: Int, _ parts: Int...) -> Int64? {
            CalendarTime(
                year: year, month: parts[0], day: parts[1], hour: parts[2], minute: parts[3],
                second: parts[4]
            ).secondsSince1970
        }
        #expect(seconds(1970, 1, 1, 0, 0, 0) == 0)
        #expect(seconds(2038, 1, 19, 3, 14, 8) == 1 << 31)
        #expect(seconds(2106, 2, 7, 6, 28, 15) == Self.last)
        #expect(seconds(9999, 12, 31, 23, 59, 59) == 253_402_300_799)
        #expect(seconds(1969, 12, 31, 23, 59, 59) == -1)
        #expect(
            CalendarTime(secondsSince1970: -1)
                == CalendarTime(year: 1969, month: 12, day: 31, hour: 23, minute: 59, second: 59))
    }
    @Test("parts that name no time")
    func nonsense() {
        let good = CalendarTime(year: 2001, month: 2, day: 28, hour: 23, minute: 59, second: 59)
        #expect(good.secondsSince1970 != nil)
        func with(_ change: (inout CalendarTime) -> Void) -> Int64? {
            var time = good
            change(&time)
            return time.secondsSince1970
        }
        #expect(with { $0.day = 29 } == nil)
        #expect(with { $0.day = 0 } == nil)
        #expect(with { $0.month = 0 } == nil)
        #expect(with { $0.month = 13 } == nil)
        #expect(with { ($0.month, $0.day) = (4, 31) } == nil)
        #expect(with { $0.hour = 24 } == nil)
        #expect(with { $0.hour = -1 } == nil)
        #expect(with { $0.minute = 60 } == nil)
        #expect(with { $0.second = 60 } == nil)
        #expect(with { $0.year = 0 } == nil)
        #expect(with { $0.year = Int(Int32.max) + 1900 } == nil)
    }
}
