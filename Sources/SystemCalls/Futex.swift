internal import Base
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes
internal import Scheduler

// Futexes: waits on a word of the program (futex(2), futex(7)). Those with priority inheritance are in
// FutexOwned.swift.
extension SystemCalls {
    private enum Operation {
        static let wait: Int32 = 0
        static let wake: Int32 = 1
        static let requeue: Int32 = 3
        static let compareRequeue: Int32 = 4
        static let wakeOperation: Int32 = 5
        static let lockOwned: Int32 = 6
        static let unlockOwned: Int32 = 7
        static let tryLockOwned: Int32 = 8
        static let waitBits: Int32 = 9
        static let wakeBits: Int32 = 10
        static let waitRequeueOwned: Int32 = 11
        static let compareRequeueOwned: Int32 = 12
        static let lockOwned2: Int32 = 13
        static let isPrivate: Int32 = 128
        static let usesRealtime: Int32 = 256

        static func allowsRealtime(_ command: Int32) -> Bool {
            command == waitBits || command == waitRequeueOwned || command == lockOwned2
        }
    }

    /// futex(2): Waits on a word or wakes who waits. Errors: EAGAIN, EDEADLK, EFAULT, EINTR, EINVAL,
    /// ENOSYS, EPERM, ESRCH, ETIMEDOUT.
    static func futex(
        _ caller: Caller, address: VirtualAddress, operation: Int32, value: UInt32,
        timeout: VirtualAddress, address2: VirtualAddress, value3: UInt32
    ) throws(Errno) -> Int {
        let command = operation & ~(Operation.isPrivate | Operation.usesRealtime)
        let usesRealtime = operation & Operation.usesRealtime != 0
        let isPrivate = operation & Operation.isPrivate != 0
        guard !usesRealtime || Operation.allowsRealtime(command) else { throw .notImplemented }
        func key(_ address: VirtualAddress) throws(Errno) -> FutexKey {
            try futexKey(caller, address, isPrivate: isPrivate)
        }
        func deadline(isRelative: Bool, realtime: Bool) throws(Errno) -> Nanoseconds? {
            guard !timeout.isNull else { return nil }
            let time = try ProgramMemory.loadTime(at: timeout)
            if isRelative { return Clock.monotonic() + time }
            return realtime ? ClockName.realtime.monotonic(of: time) : time
        }
        // In place of the time some operations have a second count.
        let count2 = Int(Int32(truncatingIfNeeded: timeout.rawValue))
        let count = Int(Int32(bitPattern: value))
        switch command {
        case Operation.wait, Operation.waitBits:
            let mask = command == Operation.wait ? UInt32.max : value3
            let deadline = try deadline(
                isRelative: command == Operation.wait, realtime: usesRealtime)
            guard mask != 0 else { throw .invalidArgument }
            return try sleepOnFutex(
                caller,
                FutexWait(
                    address: address, isPrivate: isPrivate, value: value, mask: mask,
                    deadline: deadline))
        case Operation.wake, Operation.wakeBits:
            let mask = command == Operation.wake ? UInt32.max : value3
            guard mask != 0 else { throw .invalidArgument }
            // Linux wakes one where fewer are asked for.
            return Process.futexes.value.wake(try key(address), count: max(count, 1), mask: mask)
        case Operation.requeue, Operation.compareRequeue:
            guard count >= 0, count2 >= 0 else { throw .invalidArgument }
            let from = try key(address)
            let to = try key(address2)
            if command == Operation.compareRequeue {
                guard try ProgramMemory.load(UInt32.self, at: address) == value3 else {
                    throw .tryAgain
                }
            }
            let woken = Process.futexes.value.wake(from, count: count)
            return woken + Process.futexes.value.requeue(from, to: to, count: count2)
        case Operation.wakeOperation:
            let first = try key(address)
            let second = try key(address2)
            let isTrue = try operate(value3, at: address2)
            let woken = Process.futexes.value.wake(first, count: max(count, 1))
            guard isTrue else { return woken }
            return woken + Process.futexes.value.wake(second, count: max(count2, 1))
        case Operation.lockOwned, Operation.lockOwned2:
            return try lockOwned(
                caller, address, try key(address),
                until: try deadline(
                    isRelative: false, realtime: usesRealtime || command == Operation.lockOwned))
        case Operation.tryLockOwned: return try tryLockOwned(caller, address)
        case Operation.unlockOwned: return try unlockOwned(caller, address, try key(address))
        case Operation.waitRequeueOwned:
            guard address != address2, value3 == .max || value3 != 0 else { throw .invalidArgument }
            return try waitForOwned(
                caller, address, try key(address), value: value, try key(address2), address2,
                until: try deadline(isRelative: false, realtime: usesRealtime))
        case Operation.compareRequeueOwned:
            guard address != address2, count == 1, count2 >= 0 else { throw .invalidArgument }
            let from = try key(address)
            let to = try key(address2)
            guard try ProgramMemory.load(UInt32.self, at: address) == value3 else {
                throw .tryAgain
            }
            return try requeueToOwned(caller, from, to, address2, count: count2)
        default: throw .notImplemented
        }
    }

    /// What a word is known by. EINVAL, EFAULT.
    static func futexKey(
        _ caller: Caller, _ address: VirtualAddress, isPrivate: Bool
    ) throws(Errno) -> FutexKey {
        guard address.rawValue & 3 == 0 else { throw .invalidArgument }
        guard ProgramMemory.contains(address, count: 4) else { throw .badAddress }
        guard !isPrivate, let place = try caller.process.addressSpace.sharedPlace(of: address)
        else { return .address(address, in: caller.process.addressSpace.root) }
        return .memory(place)
    }

    static func sleepOnFutex(_ caller: Caller, _ wait: FutexWait) throws(Errno) -> Int {
        let key = try futexKey(caller, wait.address, isPrivate: wait.isPrivate)
        guard try ProgramMemory.load(UInt32.self, at: wait.address) == wait.value else {
            throw .tryAgain
        }
        let waiter = caller.thread.futexWaiter
        Process.futexes.value.add(waiter, key, mask: wait.mask)
        let outcome = Wait.until(deadline: wait.deadline, on: .nothing) { !waiter.isQueued }
        Process.futexes.value.remove(waiter)
        switch outcome {
        case .ready: return 0
        case .timedOut: throw .timedOut
        case .interrupted:
            guard wait.deadline != nil else { throw .restart }
            caller.signals.restart = .futex(wait)
            throw .restartByBlock
        }
    }
    /// Wakes who waits for a word, as the kernel itself does. EFAULT, EINVAL.
    static func wakeFutex(
        _ caller: Caller, _ address: VirtualAddress, count: Int
    ) throws(Errno) -> Int {
        let key = try futexKey(caller, address, isPrivate: false)
        return Process.futexes.value.wake(key, count: count)
    }

    /// Does what FUTEX_WAKE_OP encodes to the second word, and says whether its old value compares
    /// (futex_atomic_op_inuser).
    private static func operate(_ encoded: UInt32, at address: VirtualAddress) throws(Errno) -> Bool
    {
        let shifts = encoded & 0x8000_0000 != 0
        var argument = UInt32(bitPattern: Int32(bitPattern: encoded << 8) >> 20)
        let comparand = Int32(bitPattern: encoded << 20) >> 20
        if shifts {
            guard argument < 32 else { throw .invalidArgument }
            argument = 1 << argument
        }
        let comparison = encoded >> 24 & 15
        guard comparison <= 5 else { throw .notImplemented }
        let operation = encoded >> 28 & 7
        guard operation <= 4 else { throw .notImplemented }
        let old = try ProgramMemory.update(at: address) { old in
            switch operation {
            case 0: argument
            case 1: old &+ argument
            case 2: old | argument
            case 3: old & ~argument
            default: old ^ argument
            }
        }
        let value = Int32(bitPattern: old)
        return switch comparison {
        case 0: value == comparand
        case 1: value != comparand
        case 2: value < comparand
        case 3: value <= comparand
        case 4: value > comparand
        default: value >= comparand
        }
    }

    /// The most words of futex_waitv(2).
    private static let maximumVectorCount: UInt32 = 128

    /// futex_waitv(2): Waits for the first of several words. Errors: EAGAIN, EFAULT, EINTR, EINVAL,
    /// ENOMEM, ETIMEDOUT.
    static func futexWaitv(
        _ caller: Caller, waiters: VirtualAddress, count: UInt32, flags: UInt32,
        timeout: VirtualAddress, clock: Int32
    ) throws(Errno) -> Int {
        let entrySize: UInt64 = 24
        let is32Bits: UInt32 = 2
        let isPrivate: UInt32 = 128
        guard flags == 0, count > 0, count <= maximumVectorCount, !waiters.isNull else {
            throw .invalidArgument
        }
        var deadline: Nanoseconds?
        if !timeout.isNull {
            guard clock == 0 || clock == 1 else { throw .invalidArgument }
            let time = try ProgramMemory.loadTime(at: timeout)
            deadline = clock == 0 ? ClockName.realtime.monotonic(of: time) : time
        }
        var places: [FutexWaiter] = []
        try KernelReserve.admit()
        places.reserveCapacity(Int(count))
        defer { for place in places { Process.futexes.value.remove(place) } }
        // Linux looks at all entries before it queues any.
        for index in 0..<UInt64(count) {
            let entry = try waiters.field(index * entrySize)
            let entryFlags = try ProgramMemory.load(UInt32.self, at: try entry.field(16))
            let reserved = try ProgramMemory.load(UInt32.self, at: try entry.field(20))
            guard entryFlags & ~(is32Bits | isPrivate) == 0, entryFlags & is32Bits != 0,
                reserved == 0
            else { throw .invalidArgument }
        }
        for index in 0..<UInt64(count) {
            let entry = try waiters.field(index * entrySize)
            let value = UInt32(
                truncatingIfNeeded: try ProgramMemory.load(UInt64.self, at: entry))
            let address = VirtualAddress(
                rawValue: try ProgramMemory.load(UInt64.self, at: try entry.field(8)))
            let entryFlags = try ProgramMemory.load(UInt32.self, at: try entry.field(16))
            let key = try futexKey(caller, address, isPrivate: entryFlags & isPrivate != 0)
            guard try ProgramMemory.load(UInt32.self, at: address) == value else {
                throw .tryAgain
            }
            let place = FutexWaiter(index: Int(index), thread: caller.thread.thread)
            Process.futexes.value.add(place, key, mask: .max)
            places.append(place)
        }
        var woken: Int?
        let outcome = Wait.until(deadline: deadline, on: .nothing) {
            for place in places where !place.isQueued { woken = place.index }
            return woken != nil
        }
        if let woken { return woken }
        throw outcome == .timedOut ? .timedOut : .restart
    }
}
