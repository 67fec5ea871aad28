internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Processes
internal import Scheduler

// Events as files: counters, timers, signals.
extension SystemCalls {
    /// eventfd(2): Makes a counter that can be waited for. Errors: EMFILE, ENOMEM.
    static func eventfd(_ caller: Caller, initial: UInt32) throws(Errno) -> Int {
        try eventfd2(caller, initial: initial, flags: 0)
    }
    /// eventfd2(2): As eventfd(2), with EFD_SEMAPHORE, EFD_CLOEXEC and EFD_NONBLOCK. Errors: EINVAL,
    /// EMFILE, ENOMEM.
    static func eventfd2(
        _ caller: Caller, initial: UInt32, flags: Int32
    ) throws(Errno) -> Int {
        let semaphore: Int32 = 1
        let isSemaphore = flags & semaphore != 0
        let flags = try eventFlags(flags & ~semaphore)
        try caller.requireDescriptor()
        let file = try caller.files.openEventCounter(
            initially: initial, isSemaphore: isSemaphore, flags)
        return try caller.install(file, flags.contains(.closeOnExec) ? .closeOnExec : [])
    }
    /// EFD_CLOEXEC and EFD_NONBLOCK, and the same of the other kinds.
    private static func eventFlags(_ flags: Int32) throws(Errno) -> OpenFlags {
        let flags = OpenFlags(rawValue: flags)
        guard flags.isSubset(of: [.closeOnExec, .nonblocking]) else { throw .invalidArgument }
        return flags
    }

    /// timerfd_create(2): Makes a timer that can be read and waited for. Errors: EINVAL, EMFILE,
    /// ENOMEM, EPERM.
    static func timerfdCreate(
        _ caller: Caller, clock: Int32, flags: Int32
    ) throws(Errno) -> Int {
        let flags = try eventFlags(flags)
        let timerClock: TimerClock
        switch try ClockName(clock) {
        case .realtime: timerClock = .realtime
        case .monotonic, .bootTime: timerClock = .monotonic
        case .realtimeAlarm, .bootTimeAlarm:
            // They would wake a sleeping machine too; this one never sleeps.
            guard caller.process.credentials.has(.wakeAlarm) else { throw .operationNotPermitted }
            timerClock = clock == 8 ? .realtime : .monotonic
        default: throw .invalidArgument
        }
        try caller.requireDescriptor()
        let file = try caller.files.openTimer(timerClock, flags)
        return try caller.install(file, flags.contains(.closeOnExec) ? .closeOnExec : [])
    }
    /// timerfd_settime(2): Arms or disarms a timer. Errors: EBADF, ECANCELED, EFAULT, EINVAL.
    static func timerfdSettime(
        _ caller: Caller, descriptor: Int32, flags: Int32, new: VirtualAddress,
        old: VirtualAddress
    ) throws(Errno) -> Int {
        let absolute: Int32 = 1
        let cancelOnSet: Int32 = 2
        let setting = try ProgramMemory.loadTimerSetting(at: new)
        guard flags & ~(absolute | cancelOnSet) == 0 else { throw .invalidArgument }
        let (value, interval) = try setting.validated()
        let timer = try timer(caller, descriptor)
        let previous = timer.value()
        try timer.set(
            value, interval: interval,
            from: flags & absolute == 0
                ? .now : flags & cancelOnSet == 0 ? .clockStart : .clockStartUntilSet)
        if !old.isNull {
            try ProgramMemory.storeTimerSetting(previous.remaining, previous.interval, at: old)
        }
        return 0
    }
    /// timerfd_gettime(2): Tells the time left and the period. Errors: EBADF, EFAULT, EINVAL.
    static func timerfdGettime(
        _ caller: Caller, descriptor: Int32, value: VirtualAddress
    ) throws(Errno) -> Int {
        let current = try timer(caller, descriptor).value()
        try ProgramMemory.storeTimerSetting(current.remaining, current.interval, at: value)
        return 0
    }
    private static func timer(_ caller: Caller, _ descriptor: Int32) throws(Errno) -> TimerNode {
        guard let timer = try caller.file(descriptor).node as? TimerNode else {
            throw .invalidArgument
        }
        return timer
    }

    /// signalfd(2): Makes a file that gives signals, or changes which. Errors: EBADF, EFAULT, EINVAL,
    /// EMFILE, ENOMEM.
    static func signalfd(
        _ caller: Caller, descriptor: Int32, mask: VirtualAddress, maskSize: Int
    ) throws(Errno) -> Int {
        try signalfd4(caller, descriptor: descriptor, mask: mask, maskSize: maskSize, flags: 0)
    }
    /// signalfd4(2): As signalfd(2), with SFD_CLOEXEC and SFD_NONBLOCK. Errors: those of signalfd(2).
    static func signalfd4(
        _ caller: Caller, descriptor: Int32, mask: VirtualAddress, maskSize: Int, flags: Int32
    ) throws(Errno) -> Int {
        guard maskSize == 8 else { throw .invalidArgument }
        let wanted = SignalSet(rawValue: try ProgramMemory.load(UInt64.self, at: mask))
        let flags = try eventFlags(flags)
        guard descriptor == -1 else {
            guard let node = try caller.file(descriptor).node as? SignalNode else {
                throw .invalidArgument
            }
            node.setWanted(wanted)
            return Int(descriptor)
        }
        try caller.requireDescriptor()
        let file = try caller.files.openSignals(of: caller.process.signals, wanted, flags)
        return try caller.install(file, flags.contains(.closeOnExec) ? .closeOnExec : [])
    }
}
