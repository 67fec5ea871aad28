internal import Base
internal import Hardware
internal import LinuxABI
internal import Processes
internal import Scheduler

/// A clock that a program names (clock_gettime(2)).
enum ClockName: Equatable {
    case realtime
    case realtimeCoarse
    case monotonic
    case monotonicCoarse
    case monotonicRaw
    case bootTime
    case atomicTime
    case processTime
    case threadTime
    /// The same of another thread or process, by its number.
    case timeOfThread(Int32)
    case timeOfProcess(Int32)
    /// CLOCK_REALTIME_ALARM and CLOCK_BOOTTIME_ALARM: without a device that wakes a sleeping machine
    /// they can only be what a timerfd goes by.
    case realtimeAlarm
    case bootTimeAlarm

    /// EINVAL where there is no such clock.
    init(_ number: Int32) throws(Errno) {
        switch number {
        case 0: self = .realtime
        case 1: self = .monotonic
        case 2: self = .processTime
        case 3: self = .threadTime
        case 4: self = .monotonicRaw
        case 5: self = .realtimeCoarse
        case 6: self = .monotonicCoarse
        case 7: self = .bootTime
        case 8: self = .realtimeAlarm
        case 9: self = .bootTimeAlarm
        case 11: self = .atomicTime
        case ..<0:
            // A processor-time clock: ~process << 3, 4 for a thread's, and a kind below 3.
            guard number & 3 != 3 else { throw .invalidArgument }
            let process = ~(number >> 3)
            guard process != 0 else {
                self = number & 4 != 0 ? .threadTime : .processTime
                return
            }
            if number & 4 != 0 {
                guard let thread = ProcessTable.thread(process),
                    thread.process === Process.current
                else { throw .invalidArgument }
                self = .timeOfThread(process)
            } else if process == Process.current.identifier
                || process == ProgramThread.current.thread.identifier
            {
                self = .processTime
            } else {
                guard ProcessTable.find(process) != nil else { throw .invalidArgument }
                self = .timeOfProcess(process)
            }
        default: throw .invalidArgument
        }
    }
    /// Whether a number is of the kind that names processes and threads.
    static func isProcessorClock(_ number: Int32) -> Bool { number < 0 && number & 7 != 3 }
    func now(_ process: Process) -> Nanoseconds {
        switch self {
        case .realtime, .realtimeCoarse, .atomicTime, .realtimeAlarm: Clock.realtime()
        case .monotonic, .monotonicCoarse, .monotonicRaw, .bootTime, .bootTimeAlarm:
            Clock.monotonic()
        case .processTime: process.processorTime
        case .threadTime: ProgramThread.current.thread.processorTime
        case .timeOfThread(let number):
            ProcessTable.thread(number)?.thread.processorTime ?? .zero
        case .timeOfProcess(let number): ProcessTable.find(number)?.processorTime ?? .zero
        }
    }
    /// What the coarse clocks of Linux have with 250 ticks a second; all others have 1 ns.
    var resolution: Nanoseconds {
        switch self {
        case .realtimeCoarse, .monotonicCoarse: Nanoseconds(rawValue: 4_000_000)
        default: Nanoseconds(rawValue: 1)
        }
    }
    /// The point of the monotonic clock where this clock shows `time`.
    func monotonic(of time: Nanoseconds) -> Nanoseconds {
        switch self {
        case .realtime, .realtimeCoarse, .atomicTime, .realtimeAlarm:
            time - (Clock.realtime() - Clock.monotonic())
        default: time
        }
    }
    /// EINVAL for the alarm clocks, as where there is no such device.
    func requireReading() throws(Errno) {
        if self == .realtimeAlarm || self == .bootTimeAlarm { throw .invalidArgument }
    }
    var isAlarm: Bool { self == .realtimeAlarm || self == .bootTimeAlarm }
    /// Whether one may sleep by it: EOPNOTSUPP. By a process's time one may; a process of one thread
    /// waits for ever then, until a signal.
    func requireSleeping() throws(Errno) {
        switch self {
        case .realtime, .monotonic, .bootTime, .atomicTime, .processTime: break
        default: throw .notSupported
        }
    }
}

// Reading and setting clocks.
extension SystemCalls {
    /// clock_gettime(2): Reads a clock. Errors: EFAULT, EINVAL.
    static func clockGettime(
        _ caller: Caller, clock: Int32, time: VirtualAddress
    ) throws(Errno) -> Int {
        let clock = try ClockName(clock)
        try clock.requireReading()
        try ProgramMemory.storeTime(clock.now(caller.process), at: time)
        return 0
    }

    /// clock_getres(2): Tells how fine a clock is. Errors: EFAULT, EINVAL.
    static func clockGetres(
        _ caller: Caller, clock: Int32, resolution: VirtualAddress
    ) throws(Errno) -> Int {
        let clock = try ClockName(clock)
        try clock.requireReading()
        if !resolution.isNull { try ProgramMemory.storeTime(clock.resolution, at: resolution) }
        return 0
    }

    /// clock_settime(2): Sets the real-time clock. Errors: EFAULT, EINVAL, EPERM.
    static func clockSettime(
        _ caller: Caller, clock: Int32, time: VirtualAddress
    ) throws(Errno) -> Int {
        if ClockName.isProcessorClock(clock) {
            // The time is looked at first, then whose clock it is, which then can't be set.
            _ = try ProgramMemory.loadTime(at: time)
            _ = try ClockName(clock)
            throw .operationNotPermitted
        }
        guard try ClockName(clock) == .realtime else { throw .invalidArgument }
        let time = try ProgramMemory.loadTime(at: time)
        guard time < Clock.realtimeLimit else { throw .invalidArgument }
        guard caller.process.credentials.has(.systemTime) else { throw .operationNotPermitted }
        try setRealtime(time)
        return 0
    }

    /// gettimeofday(2): Reads the real-time clock; the time zone is always zero. Errors: EFAULT.
    static func gettimeofday(
        _ caller: Caller, time: VirtualAddress, zone: VirtualAddress
    ) throws(Errno) -> Int {
        if !time.isNull { try ProgramMemory.storeTimeValue(Clock.realtime(), at: time) }
        if !zone.isNull { try ProgramMemory.store(UInt64(0), at: zone) }
        return 0
    }

    /// settimeofday(2): Sets the real-time clock; a time zone other than zero can't be kept. Errors:
    /// EFAULT, EINVAL, EPERM.
    static func settimeofday(
        _ caller: Caller, time: VirtualAddress, zone: VirtualAddress
    ) throws(Errno) -> Int {
        let new = time.isNull ? nil : try ProgramMemory.loadTimeValue(at: time)
        if let new, new >= Clock.realtimeLimit { throw .invalidArgument }
        let hasZone = zone.isNull ? false : try ProgramMemory.load(UInt64.self, at: zone) != 0
        guard caller.process.credentials.has(.systemTime) else { throw .operationNotPermitted }
        guard !hasZone else { throw .invalidArgument }
        if let new { try setRealtime(new) }
        return 0
    }

    /// Sets CLOCK_REALTIME; EINVAL where that would put the machine's start before 1970, or is too
    /// late (do_settimeofday64, timekeeping_inject_offset).
    static func setRealtime(_ time: Nanoseconds) throws(Errno) {
        guard time >= Clock.monotonic(), time < Clock.realtimeLimit else { throw .invalidArgument }
        Clock.setRealtime(time)
    }

    /// time(2): Returns the seconds since 1970. Errors: EFAULT.
    static func time(_ caller: Caller, result: VirtualAddress) throws(Errno) -> Int {
        let seconds = Clock.realtime().rawValue / Nanoseconds.perSecond
        if !result.isNull { try ProgramMemory.store(seconds, at: result) }
        return Int(seconds)
    }

    /// times(2): Tells the processor time used and returns a tick count of 1/100 s. Errors: EFAULT.
    static func times(_ caller: Caller, buffer: VirtualAddress) throws(Errno) -> Int {
        let tick: Int64 = 10_000_000
        if !buffer.isNull {
            // Of the process and of its children; all of it is the programs' own.
            let times = [caller.process.processorTime, .zero, caller.process.usedByChildren.time]
            for index in times.indices {
                try ProgramMemory.store(
                    times[index].rawValue / tick, at: try buffer.field(UInt64(index) * 8))
            }
            try ProgramMemory.store(Int64(0), at: try buffer.field(24))
        }
        return Int(Clock.monotonic().rawValue / tick)
    }
}
