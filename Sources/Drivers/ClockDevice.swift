package import Base
package import Files
internal import Hardware
package import LinuxABI
package import Scheduler

/// A clock that counts seconds since 1970 and interrupts at one of them.
package protocol AlarmClock {
    /// What it can count.
    var range: ClosedRange<Int64> { get }
    func read() -> Int64
    func set(_ seconds: Int64)
    /// Interrupts at `seconds`, perhaps at other times too. One that has come already may be missed.
    func setAlarm(_ seconds: Int64)
    func stopAlarm()
    func acknowledge()
}

/// The machine's clock (Hardware).
package struct MachineAlarmClock: AlarmClock {
    package init() {}
    package var range: ClosedRange<Int64> { RealTimeClock.range }
    package func read() -> Int64 { RealTimeClock.read() }
    package func set(_ seconds: Int64) { RealTimeClock.set(seconds) }
    package func setAlarm(_ seconds: Int64) { RealTimeClock.setAlarm(seconds) }
    package func stopAlarm() { RealTimeClock.stopAlarm() }
    package func acknowledge() { RealTimeClock.acknowledge() }
}

/// /dev/rtc0: the real-time clock, as rtc(4).
///
/// As in Linux the one alarm of the hardware serves both the program's alarm and its updates (one each
/// second): it is set to whichever comes first. Periodic interrupts are the library OS's own timer.
package final class ClockDevice<Source: AlarmClock>: CharacterDevice, InterruptHandler {
    private let clock: Source
    private let queue = WaitQueue()
    private var isOpen = false
    /// Whether what firmware left of an alarm was taken back.
    private var isStarted = false
    /// What the next read returns: a count of interrupts above the low byte, `ClockEvents` in it.
    private var events: UInt64 = 0
    /// When the alarm is, or was last.
    private var alarm: Int64 = 0
    private var isAlarmOn = false
    /// The second at which the next update is told; `nil` while they are off.
    private var nextUpdate: Int64?
    private var frequency: Int64 = 1
    private var nextPeriod: Nanoseconds?
    private var timer: KernelTimer?

    package init(_ clock: Source) { self.clock = clock }

    // MARK: Events

    package func interrupt() {
        clock.acknowledge()
        tellDue()
    }
    /// Tells what is due, and sets the hardware's alarm to what comes next.
    private func tellDue() {
        while true {
            let now = clock.read()
            if isAlarmOn, alarm <= now {
                isAlarmOn = false
                tell(.alarm, count: 1)
            }
            if let next = nextUpdate, next <= now {
                nextUpdate = now + 1
                tell(.update, count: UInt64(now - next) + 1)
            }
            guard let due = nextDue else {
                clock.stopAlarm()
                return
            }
            clock.setAlarm(due)
            // What came meanwhile was perhaps too early for the alarm.
            if clock.read() < due { return }
        }
    }
    private var nextDue: Int64? {
        // The clock's last second has no next one.
        let update = nextUpdate.flatMap { clock.range.contains($0) ? $0 : nil }
        guard isAlarmOn else { return update }
        return min(alarm, update ?? alarm)
    }
    private func tell(_ event: ClockEvents, count: UInt64) {
        events = (events &+ count << 8) | event.rawValue | ClockEvents.any.rawValue
        queue.wake([.readable])
    }

    private func setPeriodic(_ isOn: Bool) {
        timer?.cancel()
        nextPeriod = nil
        guard isOn else { return }
        let timer = self.timer ?? KernelTimer { self.periodPassed() }
        self.timer = timer
        let due = Clock.monotonic() + period
        nextPeriod = due
        timer.arm(at: due)
    }
    private var period: Nanoseconds {
        Nanoseconds(rawValue: Nanoseconds.perSecond / frequency)
    }
    private func periodPassed() {
        guard let due = nextPeriod else { return }
        let late = max(0, (Clock.monotonic() - due).rawValue)
        let count = late / period.rawValue + 1
        let next = due + period.multiplied(by: count)
        nextPeriod = next
        timer?.arm(at: next)
        tell(.periodic, count: UInt64(count))
    }

    // MARK: The file

    package func open(_ flags: OpenFlags) throws(Errno) {
        guard !isOpen else { throw .busy }
        if !isStarted { clock.stopAlarm() }
        isStarted = true
        isOpen = true
        events = 0
    }
    /// The alarm stays on, as it does in Linux, but nobody is left for what repeats.
    package func closed() {
        isOpen = false
        setPeriodic(false)
        nextUpdate = nil
        tellDue()
    }
    package func read(
        count: Int, to address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int {
        let isShort = count == MemoryLayout<UInt32>.size
        guard isShort || count >= MemoryLayout<UInt64>.size else { throw .invalidArgument }
        if events == 0 {
            guard blocking == .blocking else { throw .tryAgain }
            guard Wait.until({ self.events != 0 }) == .ready else { throw .restart }
        }
        let events = self.events
        self.events = 0
        if isShort {
            try ProgramMemory.store(UInt32(truncatingIfNeeded: events), at: address)
            return MemoryLayout<UInt32>.size
        }
        try ProgramMemory.store(events, at: address)
        return MemoryLayout<UInt64>.size
    }
    package func write(
        count: Int, from address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int { throw .invalidArgument }
    package func write(_ bytes: RawSpan, _ blocking: Blocking) throws(Errno) -> Int {
        throw .invalidArgument
    }
    package var isReadable: Bool { events != 0 }
    package var isWritable: Bool { false }
    package var waiters: WaitQueue? { queue }

    // MARK: Requests

    package func control(_ request: UInt32, argument: UInt64) throws(Errno) -> Int {
        let address = VirtualAddress(rawValue: argument)
        switch request {
        case ClockRequest.readTime: try storeTime(clock.read(), at: address)
        case ClockRequest.setTime: try setTime(try loadTime(at: address))
        case ClockRequest.readAlarmOfDay: try storeTime(alarm, at: address)
        case ClockRequest.setAlarmOfDay: try setAlarmOfDay(try loadTime(at: address))
        case ClockRequest.readAlarm: try storeAlarm(at: address)
        case ClockRequest.setAlarm: try loadAlarm(at: address)
        case ClockRequest.alarmOn:
            isAlarmOn = true
            tellDue()
        case ClockRequest.alarmOff:
            isAlarmOn = false
            tellDue()
        case ClockRequest.updatesOn:
            if nextUpdate == nil { nextUpdate = clock.read() + 1 }
            tellDue()
        case ClockRequest.updatesOff:
            nextUpdate = nil
            tellDue()
        case ClockRequest.periodicOn:
            if nextPeriod == nil { setPeriodic(true) }
        case ClockRequest.periodicOff: setPeriodic(false)
        case ClockRequest.readFrequency: try ProgramMemory.store(frequency, at: address)
        case ClockRequest.setFrequency: try setFrequency(argument)
        default: throw .notTerminal
        }
        return 0
    }

    private func setTime(_ time: CalendarTime) throws(Errno) {
        let seconds = try checked(try ClockTimeRecord.seconds(of: time))
        clock.set(seconds)
        if nextUpdate != nil { nextUpdate = seconds + 1 }
        tellDue()
    }
    private func checked(_ seconds: Int64) throws(Errno) -> Int64 {
        guard clock.range.contains(seconds) else { throw .outOfRange }
        return seconds
    }
    /// The next time that it is this hour, minute and second; the alarm is then off.
    private func setAlarmOfDay(_ wanted: CalendarTime) throws(Errno) {
        let now = clock.read()
        let today = CalendarTime(secondsSince1970: now)
        var time = wanted
        (time.year, time.month, time.day) = (today.year, today.month, today.day)
        let seconds = try ClockTimeRecord.seconds(of: time)
        try setAlarm(seconds < now ? seconds + 86_400 : seconds, isOn: false)
    }
    private func setAlarm(_ seconds: Int64, isOn: Bool) throws(Errno) {
        alarm = try checked(seconds)
        isAlarmOn = isOn
        tellDue()
    }
    private func setFrequency(_ argument: UInt64) throws(Errno) {
        // RTC_MAX_FREQ
        guard (1...8192).contains(argument) else { throw .invalidArgument }
        frequency = Int64(argument)
        if nextPeriod != nil { setPeriodic(true) }
    }

    // MARK: Records

    private func loadTime(at address: VirtualAddress) throws(Errno) -> CalendarTime {
        var record = InlineArray<36, UInt8>(repeating: 0)
        var span = record.mutableSpan
        var bytes = span.mutableRaw
        try ProgramMemory.copyIn(from: address, into: &bytes)
        return ClockTimeRecord.time(of: bytes.bytes)
    }
    private func storeTime(_ seconds: Int64, at address: VirtualAddress) throws(Errno) {
        var record = InlineArray<36, UInt8>(repeating: 0)
        var span = record.mutableSpan
        var bytes = span.mutableRaw
        ClockTimeRecord.write(seconds, to: &bytes)
        try ProgramMemory.copyOut(bytes.bytes, to: address)
    }
    private func loadAlarm(at address: VirtualAddress) throws(Errno) {
        var record = InlineArray<40, UInt8>(repeating: 0)
        var span = record.mutableSpan
        var bytes = span.mutableRaw
        try ProgramMemory.copyIn(from: address, into: &bytes)
        let time = ClockTimeRecord.time(
            of: bytes.bytes.extracting(droppingFirst: ClockAlarmRecord.time))
        try setAlarm(
            try ClockTimeRecord.seconds(of: time),
            isOn: bytes.bytes.byte(at: ClockAlarmRecord.enabled) != 0)
    }
    private func storeAlarm(at address: VirtualAddress) throws(Errno) {
        var record = InlineArray<40, UInt8>(repeating: 0)
        var span = record.mutableSpan
        var bytes = span.mutableRaw
        bytes.storeLittleEndian(UInt8(isAlarmOn ? 1 : 0), at: ClockAlarmRecord.enabled)
        do {
            var time = bytes._mutatingExtracting(ClockAlarmRecord.time..<ClockAlarmRecord.byteCount)
            ClockTimeRecord.write(alarm, to: &time)
        }
        try ProgramMemory.copyOut(bytes.bytes, to: address)
    }
}
