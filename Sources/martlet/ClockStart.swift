import ArgumentParser
import LinuxABI

/// The time that a machine's clock starts from, as people write it: a date of RFC 3339, whose time
/// and zone may be missing (midnight, UTC), or `@` and seconds since 1970, as for date(1).
struct ClockStart: ExpressibleByArgument, Equatable {
    /// Since 1970.
    let nanoseconds: UInt64

    private static let nanosecondsPerSecond: Int64 = 1_000_000_000
    /// Years are left to the machine's run before its clock ends, as settimeofday(2) leaves them.
    private static let end = days(before: 2232, 1, 1) * 86_400

    init?(argument: String) {
        let text = argument.utf8[...]
        let parsed = text.first == UInt8(ascii: "@") ? Self.seconds(text) : Self.date(text)
        guard let (seconds, fraction) = parsed, seconds >= 0, seconds < Self.end else { return nil }
        nanoseconds = UInt64(seconds * Self.nanosecondsPerSecond + fraction)
    }

    private typealias Time = (seconds: Int64, fraction: Int64)

    /// Reads `@SECONDS[.FRACTION]`.
    private static func seconds(_ text: Substring.UTF8View) -> Time? {
        var text = text.dropFirst()
        guard let seconds = number(&text, digits: 1...12) else { return nil }
        guard let fraction = fraction(&text), text.isEmpty else { return nil }
        return (seconds, fraction)
    }

    /// Reads `YYYY-MM-DD[Thh:mm[:ss[.FRACTION]][Z|+hh:mm|-hh:mm]]`; a space will do for the T.
    private static func date(_ text: Substring.UTF8View) -> Time? {
        var text = text
        guard let year = number(&text, digits: 4...4), skip("-", &text),
            let month = number(&text, digits: 2...2), skip("-", &text),
            let day = number(&text, digits: 2...2), (1...12).contains(month), day >= 1,
            day <= days(before: year, month + 1, 1) - days(before: year, month, 1)
        else { return nil }
        let midnight = days(before: year, month, day) * 86_400
        guard !text.isEmpty else { return (midnight, 0) }
        guard skip("T", &text) || skip("t", &text) || skip(" ", &text),
            let hour = number(&text, digits: 2...2), hour < 24, skip(":", &text),
            let minute = number(&text, digits: 2...2), minute < 60
        else { return nil }
        var time = midnight + hour * 3600 + minute * 60
        var part: Int64 = 0
        if skip(":", &text) {
            guard let second = number(&text, digits: 2...2), second < 60,
                let fraction = fraction(&text)
            else { return nil }
            time += second
            part = fraction
        }
        guard let zone = zone(&text), text.isEmpty else { return nil }
        return (time - zone, part)
    }
    /// Seconds by which a zone is ahead of UTC; none is UTC.
    private static func zone(_ text: inout Substring.UTF8View) -> Int64? {
        if text.isEmpty || skip("Z", &text) || skip("z", &text) { return 0 }
        let sign: Int64 = skip("+", &text) ? 1 : skip("-", &text) ? -1 : 0
        guard sign != 0, let hours = number(&text, digits: 2...2), hours < 24, skip(":", &text),
            let minutes = number(&text, digits: 2...2), minutes < 60
        else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }

    /// Nanoseconds of `.DIGITS`, none where there is no dot; digits behind the ninth are too fine.
    private static func fraction(_ text: inout Substring.UTF8View) -> Int64? {
        guard skip(".", &text) else { return 0 }
        let digits = text.prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty else { return nil }
        text = text.dropFirst(digits.count)
        let nine = digits.prefix(9)
        var result = nine.reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
        for _ in nine.count..<9 { result *= 10 }
        return result
    }
    private static func number(
        _ text: inout Substring.UTF8View, digits range: ClosedRange<Int>
    ) -> Int64? {
        let digits = text.prefix(range.upperBound).prefix { (0x30...0x39).contains($0) }
        guard range.contains(digits.count) else { return nil }
        text = text.dropFirst(digits.count)
        return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }
    private static func skip(_ character: Character, _ text: inout Substring.UTF8View) -> Bool {
        guard let first = text.first, first == character.asciiValue else { return false }
        text = text.dropFirst()
        return true
    }

    /// Days from 1970-01-01 to a date of the Gregorian calendar; a month of 13 is the next January.
    private static func days(before year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        // Years begin in March, so that the leap day is the last; 400 of them have 146,097 days.
        let months = (year * 12 + month - 1) - 2
        let (marchYear, marchMonth) = (months / 12, months % 12)
        let leapDays = marchYear / 4 - marchYear / 100 + marchYear / 400
        return marchYear * 365 + leapDays + (marchMonth * 153 + 2) / 5 + day - 1 - 719_468
    }
}
