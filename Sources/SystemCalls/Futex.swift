internal import Base
internal import Hardware
internal import LinuxABI
internal import Processes
internal import Scheduler

// Futexes of a process with one thread: a wait ends by time or signal, a wake finds nobody.
extension SystemCalls {
    private enum Operation {
        static let wait: Int32 = 0
        static let wake: Int32 = 1
        static let requeue: Int32 = 3
        static let compareRequeue: Int32 = 4
        static let wakeOperation: Int32 = 5
        static let waitBits: Int32 = 9
        static let wakeBits: Int32 = 10
        static let isPrivate: Int32 = 128
        static let usesRealtime: Int32 = 256
    }

    /// futex(2): Waits on a word or wakes who waits; priority inheritance does not exist. Errors:
    /// EAGAIN, EFAULT, EINTR, EINVAL, ENOSYS, ETIMEDOUT.
    static func futex(
        _ caller: Caller, address: VirtualAddress, operation: Int32, value: UInt32,
        timeout: VirtualAddress, address2: VirtualAddress, value3: UInt32
    ) throws(Errno) -> Int {
        let command = operation & ~(Operation.isPrivate | Operation.usesRealtime)
        let usesRealtime = operation & Operation.usesRealtime != 0
        guard !usesRealtime || command == Operation.waitBits else { throw .notImplemented }
        switch command {
        case Operation.wait, Operation.waitBits:
            let mask = command == Operation.wait ? UInt32.max : value3
            var wait = FutexWait(address: address, value: value, mask: mask, deadline: nil)
            if !timeout.isNull {
                let time = try ProgramMemory.loadTime(at: timeout)
                wait.deadline =
                    command == Operation.wait
                    ? Clock.monotonic() + time
                    : usesRealtime ? ClockName.realtime.monotonic(of: time) : time
            }
            guard mask != 0 else { throw .invalidArgument }
            return try sleepOnFutex(caller, wait)
        case Operation.wake, Operation.wakeBits:
            guard command == Operation.wake || value3 != 0 else { throw .invalidArgument }
            try requireWord(address)
            return 0
        case Operation.requeue, Operation.compareRequeue:
            guard Int32(bitPattern: value) >= 0, Int32(truncatingIfNeeded: timeout.rawValue) >= 0
            else { throw .invalidArgument }
            try requireWord(address)
            try requireWord(address2)
            if command == Operation.compareRequeue {
                guard try ProgramMemory.load(UInt32.self, at: address) == value3 else {
                    throw .tryAgain
                }
            }
            return 0
        case Operation.wakeOperation:
            try requireWord(address)
            try requireWord(address2)
            try operate(value3, at: address2)
            return 0
        default: throw .notImplemented
        }
    }

    static func sleepOnFutex(_ caller: Caller, _ wait: FutexWait) throws(Errno) -> Int {
        try requireWord(wait.address)
        guard try ProgramMemory.load(UInt32.self, at: wait.address) == wait.value else {
            throw .tryAgain
        }
        switch Wait.until(deadline: wait.deadline, { false }) {
        case .ready, .timedOut: throw .timedOut
        case .interrupted:
            guard wait.deadline != nil else { throw .restart }
            caller.process.signals.restart = .futex(wait)
            throw .restartByBlock
        }
    }
    private static func requireWord(_ address: VirtualAddress) throws(Errno) {
        guard address.rawValue & 3 == 0 else { throw .invalidArgument }
        guard ProgramMemory.contains(address, count: 4) else { throw .badAddress }
    }
    /// Does what FUTEX_WAKE_OP encodes to the second word (futex_atomic_op_inuser).
    private static func operate(_ encoded: UInt32, at address: VirtualAddress) throws(Errno) {
        let shifts = encoded & 0x8000_0000 != 0
        var argument = UInt32(bitPattern: Int32(bitPattern: encoded << 8) >> 20)
        if shifts {
            guard argument < 32 else { throw .invalidArgument }
            argument = 1 << argument
        }
        let comparison = encoded >> 24 & 15
        guard comparison <= 5 else { throw .notImplemented }
        let old = try ProgramMemory.load(UInt32.self, at: address)
        let new: UInt32
        switch encoded >> 28 & 7 {
        case 0: new = argument
        case 1: new = old &+ argument
        case 2: new = old | argument
        case 3: new = old & ~argument
        case 4: new = old ^ argument
        default: throw .notImplemented
        }
        try ProgramMemory.store(new, at: address)
    }
}
