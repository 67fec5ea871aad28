package import Base

/// Requests of ioctl(2) that a real-time clock knows (rtc(4), linux/rtc.h); the same on every CPU.
package enum ClockRequest {
    /// RTC_AIE_ON, RTC_AIE_OFF
    package static let alarmOn: UInt32 = 0x7001
    package static let alarmOff: UInt32 = 0x7002
    /// RTC_UIE_ON, RTC_UIE_OFF
    package static let updatesOn: UInt32 = 0x7003
    package static let updatesOff: UInt32 = 0x7004
    /// RTC_PIE_ON, RTC_PIE_OFF
    package static let periodicOn: UInt32 = 0x7005
    package static let periodicOff: UInt32 = 0x7006
    /// RTC_ALM_SET, RTC_ALM_READ: an alarm within 24 hours
    package static let setAlarmOfDay: UInt32 = 0x4024_7007
    package static let readAlarmOfDay: UInt32 = 0x8024_7008
    /// RTC_RD_TIME, RTC_SET_TIME
    package static let readTime: UInt32 = 0x8024_7009
    package static let setTime: UInt32 = 0x4024_700a
    /// RTC_IRQP_READ, RTC_IRQP_SET
    package static let readFrequency: UInt32 = 0x8008_700b
    package static let setFrequency: UInt32 = 0x4008_700c
    /// Interrupts a second that need no CAP_SYS_RESOURCE
    package static let maximumUserFrequency: UInt64 = 64
    /// RTC_WKALM_SET, RTC_WKALM_RD
    package static let setAlarm: UInt32 = 0x4028_700f
    package static let readAlarm: UInt32 = 0x8028_7010
}

/// What a read of a clock tells in its low byte, below the count of interrupts.
package struct ClockEvents: OptionSet, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
    /// RTC_UF
    package static let update = Self(rawValue: 0x10)
    /// RTC_AF
    package static let alarm = Self(rawValue: 0x20)
    /// RTC_PF
    package static let periodic = Self(rawValue: 0x40)
    /// RTC_IRQF: any of them
    package static let any = Self(rawValue: 0x80)
}

/// `struct rtc_time` (linux/rtc.h): nine integers like those of `struct tm`.
package enum ClockTimeRecord {
    package static let byteCount = 36

    /// The parts of a record, which may name no time. Precondition: `byteCount` bytes.
    package static func time(of bytes: RawSpan) -> CalendarTime {
        func part(_ index: Int) -> Int { Int(bytes.littleEndian(Int32.self, at: index * 4)) }
        return CalendarTime(
            year: part(5) + 1900, month: part(4) + 1, day: part(3), hour: part(2),
            minute: part(1), second: part(0))
    }
    /// Seconds since 1970 of what a record named. EINVAL: no time, or before 1970.
    package static func seconds(of time: CalendarTime) throws(Errno) -> Int64 {
        guard let seconds = time.secondsSince1970, seconds >= 0 else { throw .invalidArgument }
        return seconds
    }
    /// Writes the record of a time. Preconditions: since 1970; `byteCount` bytes.
    @_lifetime(bytes: copy bytes)
    package static func write(_ seconds: Int64, to bytes: inout MutableRawSpan) {
        let time = CalendarTime(secondsSince1970: seconds)
        bytes.storeLittleEndian(Int32(time.second), at: 0)
        bytes.storeLittleEndian(Int32(time.minute), at: 4)
        bytes.storeLittleEndian(Int32(time.hour), at: 8)
        bytes.storeLittleEndian(Int32(time.day), at: 12)
        bytes.storeLittleEndian(Int32(time.month - 1), at: 16)
        bytes.storeLittleEndian(Int32(time.year - 1900), at: 20)
        bytes.storeLittleEndian(Int32(time.weekday), at: 24)
        bytes.storeLittleEndian(Int32(time.dayOfYear), at: 28)
        // No summer time in UTC.
        bytes.storeLittleEndian(Int32(0), at: 32)
    }
}

/// `struct rtc_wkalrm` (linux/rtc.h): enabled, pending, two bytes of padding, a time.
package enum ClockAlarmRecord {
    package static let byteCount = 40
    package static let enabled = 0
    package static let time = 4
}
