import Base
import Drivers
import Files
import LinuxABI
import Testing

/// A clock that stands still until it is told to go on.
private final class StandingClock: AlarmClock {
    let range: ClosedRange<Int64> = 0...Int64(UInt32.max)
    var seconds: Int64 = 1_000_000_000
    var alarm: Int64?
    /// Seconds that pass whenever the alarm is set, as they may in a slow machine.
    var secondsPerSetting: Int64 = 0
    var acknowledged = 0

    func read() -> Int64 { seconds }
    func set(_ seconds: Int64) { self.seconds = seconds }
    func setAlarm(_ seconds: Int64) {
        alarm = seconds
        self.seconds += secondsPerSetting
    }
    func stopAlarm() { alarm = nil }
    func acknowledge() { acknowledged += 1 }
}

extension DriversTests {
    @Suite("Real-time clock (rtc(4))") struct ClockDeviceTests {
        private let clock = StandingClock()
        private let device: ClockDevice<StandingClock>

        init() { device = ClockDevice(clock) }

        private func record(
            _ year: Int32, _ month: Int32, _ day: Int32, _ hour: Int32, _ minute: Int32,
            _ second: Int32
        ) -> [Int32] { [second, minute, hour, day, month - 1, year - 1900, 9, 9, 9] }
        private func control(_ request: UInt32, _ words: [Int32] = []) throws -> [Int32] {
            var bytes = words.flatMap { word in
                (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
            }
            bytes += [UInt8](repeating: 0xff, count: 40 - bytes.count)
            try withProgram(&bytes) { address throws in
                #expect(try device.control(request, argument: address.rawValue) == 0)
            }
            return (0..<10).map { index in
                (0..<4).reduce(0) {
                    $0 | Int32(truncatingIfNeeded: UInt32(bytes[index * 4 + $1]) << ($1 * 8))
                }
            }
        }
        private func read() throws -> UInt64 {
            var bytes = [UInt8](repeating: 0, count: 8)
            let count = try withProgram(&bytes) {
                try device.read(count: 8, to: $0, .nonblocking)
            }
            #expect(count == 8)
            return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        private func goOn(_ seconds: Int64) {
            for _ in 0..<seconds {
                clock.seconds += 1
                if clock.seconds == clock.alarm { device.interrupt() }
            }
        }
        private static let oneAlarm: UInt64 = 1 << 8 | 0xa0

        @Test("times are read and set; what names none is EINVAL, what is too far ERANGE")
        func times() throws {
            // 2001-09-09 01:46:40, a Sunday.
            #expect(
                try control(ClockRequest.readTime).prefix(9) == [40, 46, 1, 9, 8, 101, 0, 251, 0])
            _ = try control(ClockRequest.setTime, record(2106, 2, 7, 6, 28, 15))
            #expect(clock.seconds == Int64(UInt32.max))
            #expect(throws: Errno.outOfRange) {
                try control(ClockRequest.setTime, record(2106, 2, 7, 6, 28, 16))
            }
            for wrong in [
                record(2001, 2, 29, 0, 0, 0), record(2000, 13, 1, 0, 0, 0),
                record(2000, 1, 1, 24, 0, 0), record(2000, 1, 1, 0, 60, 0),
                record(2000, 1, 1, 0, 0, 60), record(1969, 12, 31, 0, 0, 0),
                record(2000, 1, 0, 0, 0, 0), [0, 0, 0, 1, 0, .max, 0, 0, 0],
            ] {
                #expect(throws: Errno.invalidArgument) { try control(ClockRequest.setTime, wrong) }
                #expect(throws: Errno.invalidArgument) {
                    try control(ClockRequest.setAlarm, [1] + wrong)
                }
            }
            #expect(clock.seconds == Int64(UInt32.max))
        }
        @Test("an alarm is told once, at its second, and is off then")
        func alarm() throws {
            _ = try control(ClockRequest.setAlarm, [1] + record(2001, 9, 9, 1, 46, 42))
            #expect(clock.alarm == 1_000_000_002)
            #expect(try control(ClockRequest.readAlarm)[0] & 0xff == 1)
            goOn(1)
            #expect(!device.isReadable)
            #expect(throws: Errno.tryAgain) { try read() }
            goOn(1)
            #expect(clock.acknowledged == 1 && clock.alarm == nil)
            #expect(device.isReadable && !device.isWritable)
            #expect(try read() == Self.oneAlarm)
            #expect(try control(ClockRequest.readAlarm)[0] & 0xff == 0)
            #expect(throws: Errno.tryAgain) { try read() }
        }
        @Test("an interrupt before the alarm's day tells nothing")
        func early() throws {
            _ = try control(ClockRequest.setAlarm, [1] + record(2001, 9, 11, 1, 46, 42))
            clock.seconds += 2
            device.interrupt()
            #expect(!device.isReadable && clock.alarm == 1_000_172_802)
            clock.seconds = 1_000_172_802
            device.interrupt()
            #expect(try read() == Self.oneAlarm)
        }
        @Test("an alarm that is past, or passes while it is set, is told at once")
        func late() throws {
            _ = try control(ClockRequest.setAlarm, [1] + record(2001, 9, 9, 1, 46, 40))
            #expect(try read() == Self.oneAlarm)
            clock.secondsPerSetting = 3
            _ = try control(ClockRequest.setAlarm, [1] + record(2001, 9, 9, 1, 46, 42))
            #expect(try read() == Self.oneAlarm)
            #expect(clock.alarm == nil)
        }
        @Test("an alarm without a date is today's or tomorrow's, and off until RTC_AIE_ON")
        func ofDay() throws {
            _ = try control(ClockRequest.setAlarmOfDay, record(1800, 99, 99, 1, 46, 41))
            #expect(clock.alarm == nil)
            #expect(
                try control(ClockRequest.readAlarmOfDay).prefix(6) == [41, 46, 1, 9, 8, 101])
            _ = try control(ClockRequest.alarmOn)
            #expect(clock.alarm == 1_000_000_001)
            _ = try control(ClockRequest.alarmOff)
            #expect(clock.alarm == nil)
            _ = try control(ClockRequest.setAlarmOfDay, record(2001, 9, 9, 1, 46, 39))
            _ = try control(ClockRequest.alarmOn)
            #expect(clock.alarm == 1_000_086_399)
            #expect(throws: Errno.invalidArgument) {
                try control(ClockRequest.setAlarmOfDay, record(2001, 9, 9, 24, 0, 0))
            }
            goOn(86_399)
            #expect(try read() == Self.oneAlarm)
        }
        @Test("updates come each second beside the alarm, and are counted")
        func updates() throws {
            _ = try control(ClockRequest.setAlarm, [1] + record(2001, 9, 9, 1, 46, 42))
            _ = try control(ClockRequest.updatesOn)
            #expect(clock.alarm == 1_000_000_001)
            goOn(1)
            #expect(try read() == 1 << 8 | 0x90)
            goOn(3)
            // Three updates and the alarm.
            #expect(try read() == 4 << 8 | 0xb0)
            // An interrupt that came three seconds late stands for three.
            clock.seconds += 3
            device.interrupt()
            #expect(try read() == 3 << 8 | 0x90)
            _ = try control(ClockRequest.setTime, record(2000, 1, 1, 0, 0, 0))
            #expect(clock.alarm == 946_684_801)
            _ = try control(ClockRequest.updatesOff)
            #expect(clock.alarm == nil)
        }
        @Test("the clock's last second has no update")
        func end() throws {
            _ = try control(ClockRequest.setTime, record(2106, 2, 7, 6, 28, 15))
            _ = try control(ClockRequest.updatesOn)
            #expect(clock.alarm == nil && !device.isReadable)
        }
        @Test("one open at a time; updates end with it, the alarm does not")
        func opens() throws {
            try device.open([])
            #expect(throws: Errno.busy) { try device.open([]) }
            _ = try control(ClockRequest.updatesOn)
            _ = try control(ClockRequest.setAlarm, [1] + record(2001, 9, 9, 2, 0, 0))
            goOn(1)
            device.closed()
            #expect(clock.alarm == 1_000_000_800)
            try device.open([])
            #expect(!device.isReadable)
            goOn(799)
            #expect(try read() == Self.oneAlarm)
        }
        @Test("reads are of four bytes, or eight and more; other requests are ENOTTY")
        func refused() throws {
            var bytes = [UInt8](repeating: 0, count: 8)
            for count in [1, 3, 5, 7] {
                #expect(throws: Errno.invalidArgument) {
                    try withProgram(&bytes) {
                        try device.read(count: count, to: $0, .nonblocking)
                    }
                }
            }
            // RTC_EPOCH_READ, RTC_PLL_GET, TCGETS
            for request in [0x8008_700d, 0x8020_7011, 0x5401] as [UInt32] {
                #expect(throws: Errno.notTerminal) { try control(request) }
            }
            #expect(throws: Errno.badAddress) {
                try device.control(ClockRequest.readTime, argument: 0x4000_0000_0000)
            }
            for frequency in [0, 8193, .max] as [UInt64] {
                #expect(throws: Errno.invalidArgument) {
                    try device.control(ClockRequest.setFrequency, argument: frequency)
                }
            }
            #expect(try device.control(ClockRequest.setFrequency, argument: 8192) == 0)
            #expect(try control(ClockRequest.readFrequency).prefix(2) == [8192, 0])
        }
    }
}
