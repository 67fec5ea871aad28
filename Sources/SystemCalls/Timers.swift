internal import Base
internal import Hardware
internal import LinuxABI
internal import Processes
internal import Scheduler

// Timers that send signals (timer_create(2)).
extension SystemCalls {
    /// timer_create(2): Makes a timer on a clock. Errors: EAGAIN, EFAULT, EINVAL, ENOMEM, EOPNOTSUPP.
    static func timerCreate(
        _ caller: Caller, clock: Int32, event: VirtualAddress, identifier: VirtualAddress
    ) throws(Errno) -> Int {
        let process = caller.process
        var wanted: SignalEvent?
        if !event.isNull { wanted = try SignalEvent(at: event) }
        let timerClock: TimerClock
        let name: ClockName?
        if ClockName.isProcessorClock(clock) {
            name = try? ClockName(clock)
        } else {
            name = try ClockName(clock)
        }
        switch name {
        case .realtime, .atomicTime: timerClock = .realtime
        case .monotonic, .bootTime: timerClock = .monotonic
        // Whose clock it is, is looked at last.
        case .processTime, nil: timerClock = .processor(process)
        case .threadTime: timerClock = .processor(caller.thread.thread)
        case .timeOfThread(let number):
            timerClock = .processor(try find(caller, number).thread)
        case .timeOfProcess(let number):
            timerClock = .processor(try findProcess(caller, number))
        // The alarm clocks need a device that wakes the machine, which is found missing last.
        case .realtimeAlarm, .bootTimeAlarm: timerClock = .realtime
        case .monotonicRaw, .monotonicCoarse, .realtimeCoarse: throw .notSupported
        }
        let number = process.posixTimers.freeIdentifier()
        let notification: PosixTimer.Notification
        if let wanted {
            notification = try wanted.notification(caller)
        } else {
            notification = .signal(
                .alarm, .process(process.signals), value: UInt64(UInt32(bitPattern: number)))
        }
        let limit = min(process.limits[.pendingSignals].soft, 1 << 20)
        guard let name, !name.isAlarm else {
            try ProgramMemory.store(number, at: identifier)
            throw name == nil ? .invalidArgument : .notSupported
        }
        try process.posixTimers.make(timerClock, notification, limit: Int(limit))
        do throws(Errno) {
            try ProgramMemory.store(number, at: identifier)
        } catch {
            try process.posixTimers.remove(number)
            throw error
        }
        return 0
    }

    /// The part of a struct sigevent that the kernel looks at.
    private struct SignalEvent {
        private let value: UInt64
        private let signal: Int32
        private let manner: Int32
        private let thread: Int32
        private static let byteCount = 64

        init(at address: VirtualAddress) throws(Errno) {
            guard ProgramMemory.contains(address, count: Self.byteCount) else {
                throw .badAddress
            }
            value = try ProgramMemory.load(UInt64.self, at: address)
            signal = try ProgramMemory.load(Int32.self, at: try address.field(8))
            manner = try ProgramMemory.load(Int32.self, at: try address.field(12))
            thread = try ProgramMemory.load(Int32.self, at: try address.field(16))
        }
        /// EINVAL for a signal, a manner or a thread that does not exist.
        func notification(_ caller: Caller) throws(Errno) -> PosixTimer.Notification {
            switch manner {
            case 1: return .none  // SIGEV_NONE
            // SIGEV_SIGNAL; SIGEV_THREAD, whose thread is the C library's matter.
            case 0, 2:
                guard let signal = Signal(rawValue: signal) else { throw .invalidArgument }
                return .signal(signal, .process(caller.process.signals), value: value)
            case 4:  // SIGEV_THREAD_ID
                guard let target = ProcessTable.thread(thread),
                    target.process === caller.process, let signal = Signal(rawValue: signal)
                else { throw .invalidArgument }
                return .signal(signal, .thread(target.signals), value: value)
            default: throw .invalidArgument
            }
        }
    }

    private static func timer(_ caller: Caller, _ identifier: Int32) throws(Errno) -> PosixTimer {
        guard let timer = caller.process.posixTimers.find(identifier) else {
            throw .invalidArgument
        }
        return timer
    }

    /// timer_settime(2): Arms or disarms a timer. Errors: EFAULT, EINVAL.
    static func timerSettime(
        _ caller: Caller, identifier: Int32, flags: Int32, new: VirtualAddress,
        old: VirtualAddress
    ) throws(Errno) -> Int {
        let absolute: Int32 = 1
        guard !new.isNull else { throw .invalidArgument }
        let (value, interval) = try ProgramMemory.loadTimerSetting(at: new).validated()
        let timer = try timer(caller, identifier)
        Wait.poll()
        let previous = timer.value()
        timer.set(value, interval: interval, isAbsolute: flags & absolute != 0)
        if !old.isNull {
            try ProgramMemory.storeTimerSetting(previous.remaining, previous.interval, at: old)
        }
        return 0
    }
    /// timer_gettime(2): Tells the time left and the period. Errors: EFAULT, EINVAL.
    static func timerGettime(
        _ caller: Caller, identifier: Int32, value: VirtualAddress
    ) throws(Errno) -> Int {
        Wait.poll()
        let current = try timer(caller, identifier).value()
        try ProgramMemory.storeTimerSetting(current.remaining, current.interval, at: value)
        return 0
    }
    /// timer_getoverrun(2): Tells the expiries that the last signal stood for beside its own. Errors:
    /// EINVAL.
    static func timerGetoverrun(_ caller: Caller, identifier: Int32) throws(Errno) -> Int {
        Int(try timer(caller, identifier).lastOverrun)
    }
    /// timer_delete(2): Ends a timer. Errors: EINVAL.
    static func timerDelete(_ caller: Caller, identifier: Int32) throws(Errno) -> Int {
        try caller.process.posixTimers.remove(identifier)
        return 0
    }
}
