internal import Base
internal import Hardware
internal import LinuxABI
internal import Processes
internal import Scheduler

// Sleeping, and going on with a sleep that a signal without a handler interrupted.
extension SystemCalls {
    private static let absolute: Int32 = 1  // TIMER_ABSTIME

    /// nanosleep(2): Sleeps for a time. Errors: EFAULT, EINTR, EINVAL.
    static func nanosleep(
        _ caller: Caller, time: VirtualAddress, remainder: VirtualAddress
    ) throws(Errno) -> Int {
        let deadline = Clock.monotonic() + (try ProgramMemory.loadTime(at: time))
        return try sleep(caller, until: deadline, remainder: remainder)
    }

    /// clock_nanosleep(2): Sleeps for a time or until a clock shows one. Errors: EFAULT, EINTR,
    /// EINVAL, EOPNOTSUPP.
    static func clockNanosleep(
        _ caller: Caller, clock: Int32, flags: Int32, time: VirtualAddress,
        remainder: VirtualAddress
    ) throws(Errno) -> Int {
        let name: ClockName?
        if ClockName.isProcessorClock(clock) {
            // Whose clock it is, is looked at after the time.
            name = try? ClockName(clock)
        } else {
            name = try ClockName(clock)
            if name?.isAlarm == false { try name?.requireSleeping() }
        }
        let time = try ProgramMemory.loadTime(at: time)
        if name?.isAlarm == true { throw .notSupported }
        // No thread can sleep until it has run for a while.
        guard let clock = name, clock != .threadTime else { throw .invalidArgument }
        if clock == .processTime {
            let now = clock.now(caller.process)
            let target = flags & absolute != 0 ? time : now + time
            let outcome = Wait.until { clock.now(caller.process) >= target }
            guard outcome != .interrupted else { throw .restartUnlessHandled }
            return 0
        }
        guard flags & absolute != 0 else {
            return try sleep(caller, until: Clock.monotonic() + time, remainder: remainder)
        }
        let outcome = Wait.sleep(until: clock.monotonic(of: time))
        guard outcome != .interrupted else { throw .restartUnlessHandled }
        return 0
    }

    private static func sleep(
        _ caller: Caller, until deadline: Nanoseconds, remainder: VirtualAddress
    ) throws(Errno) -> Int {
        let outcome = Wait.sleep(until: deadline)
        guard outcome == .interrupted else { return 0 }
        let left = deadline - Clock.monotonic()
        guard left > .zero else { return 0 }
        if !remainder.isNull { try ProgramMemory.storeTime(left, at: remainder) }
        caller.signals.restart = .sleep(deadline: deadline, remainder: remainder)
        throw .restartByBlock
    }

    /// restart_syscall(2): Goes on with an interrupted call. Errors: EINTR and the call's own.
    static func restartSyscall(_ caller: Caller) throws(Errno) -> Int {
        let signals = caller.signals
        guard let restart = signals.restart else { throw .interrupted }
        signals.restart = nil
        switch restart {
        case .sleep(let deadline, let remainder):
            return try sleep(caller, until: deadline, remainder: remainder)
        case .futex(let wait):
            return try sleepOnFutex(caller, wait)
        }
    }

    /// alarm(2): Arms SIGALRM in seconds (0: disarms) and returns what was left. Errors: none.
    static func alarm(_ caller: Caller, seconds: UInt32) throws(Errno) -> Int {
        let left = caller.process.timers.value(.real).remaining
        try caller.process.timers.set(
            .real, delay: Nanoseconds(rawValue: Int64(seconds) * Nanoseconds.perSecond),
            interval: .zero, for: caller.process)
        // Rounded, but never to 0 while something is left (alarm_setitimer of Linux).
        let (whole, rest) = left.rawValue.quotientAndRemainder(dividingBy: Nanoseconds.perSecond)
        let roundsUp = rest >= Nanoseconds.perSecond / 2 || (whole == 0 && rest > 0)
        return Int(whole) + (roundsUp ? 1 : 0)
    }

    /// getitimer(2): Reads an interval timer. Errors: EFAULT, EINVAL.
    static func getitimer(
        _ caller: Caller, which: Int32, value: VirtualAddress
    ) throws(Errno) -> Int {
        try store(caller.process.timers.value(try timer(which)), at: value)
        return 0
    }

    /// setitimer(2): Arms an interval timer. ITIMER_VIRTUAL counts what ITIMER_PROF does. Errors:
    /// EFAULT, EINVAL, ENOMEM.
    static func setitimer(
        _ caller: Caller, which: Int32, new: VirtualAddress, old: VirtualAddress
    ) throws(Errno) -> Int {
        var interval = Nanoseconds.zero
        var delay = Nanoseconds.zero
        // Linux takes a missing value for zeroes.
        if !new.isNull {
            interval = try ProgramMemory.loadTimeValue(at: new)
            delay = try ProgramMemory.loadTimeValue(at: try new.field(16))
        }
        let kind = try timer(which)
        let previous = caller.process.timers.value(kind)
        try caller.process.timers.set(
            kind, delay: delay, interval: interval, for: caller.process)
        if !old.isNull { try store(previous, at: old) }
        return 0
    }

    private static func timer(_ which: Int32) throws(Errno) -> IntervalTimers.Kind {
        guard let kind = IntervalTimers.Kind(rawValue: which) else { throw .invalidArgument }
        return kind
    }
    private static func store(
        _ value: (remaining: Nanoseconds, interval: Nanoseconds), at address: VirtualAddress
    ) throws(Errno) {
        try ProgramMemory.storeTimeValue(value.interval, at: address)
        try ProgramMemory.storeTimeValue(value.remaining, at: try address.field(16))
    }
}
