internal import Base
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes
internal import Scheduler

// System V semaphores (svipc(7)).
extension SystemCalls {
    /// semget(2): Finds or makes a set of semaphores. Errors: EACCES, EEXIST, EINVAL, ENOENT, ENOMEM,
    /// ENOSPC.
    static func semget(
        _ caller: Caller, key: Int32, count: Int32, flags: Int32
    ) throws(Errno) -> Int {
        Int(
            try IPC.semaphores.get(
                key: key, count: count, IPCGetFlags(rawValue: flags), by: caller.process.ipcCaller))
    }

    /// semop(2): Changes semaphores, or waits until it can. Errors: E2BIG, EACCES, EAGAIN, EFAULT,
    /// EFBIG, EIDRM, EINTR, EINVAL, ENOMEM, ERANGE.
    static func semop(
        _ caller: Caller, identifier: Int32, operations: VirtualAddress, count: UInt32
    ) throws(Errno) -> Int {
        try semtimedop(
            caller, identifier: identifier, operations: operations, count: count,
            timeout: VirtualAddress(rawValue: 0))
    }
    /// semtimedop(2): As semop(2), waiting no longer than a time. Errors: those of semop(2).
    static func semtimedop(
        _ caller: Caller, identifier: Int32, operations: VirtualAddress, count: UInt32,
        timeout: VirtualAddress
    ) throws(Errno) -> Int {
        // Whether it is a time is looked at behind the rest.
        if !timeout.isNull {
            _ = try ProgramMemory.load(UInt64.self, at: timeout)
            _ = try ProgramMemory.load(UInt64.self, at: try timeout.field(8))
        }
        guard count <= Semaphores.maximumOperations else { throw .argumentListTooLong }
        guard count > 0 else { throw .invalidArgument }
        try KernelReserve.admit()
        guard
            var list = FixedBuffer(count: Int(count), repeating: SemaphoreOperation.none)
        else { throw .outOfMemory }
        try list.withMutableBytes { (bytes) throws(Errno) in
            try ProgramMemory.copyIn(from: operations, into: &bytes)
        }
        guard identifier >= 0 else { throw .invalidArgument }
        var deadline: Nanoseconds?
        if !timeout.isNull {
            deadline = Clock.monotonic() + (try ProgramMemory.loadTime(at: timeout))
        }
        let process = caller.process
        let set = try IPC.semaphores.find(identifier)
        guard
            let waiting = try set.operate(
                list, undoneBy: process.semaphoreUndo, by: process.ipcCaller)
        else { return 0 }
        let outcome = Wait.until(deadline: deadline, on: .queue(waiting.queue)) {
            waiting.state != .waiting
        }
        switch set.giveUp(waiting) {
        case .done: return 0
        case .failed(let error): throw error
        // Never made again, whatever the handler's action says (signal(7)).
        case .waiting: throw outcome == .timedOut ? .tryAgain : .interrupted
        }
    }

    private enum SemaphoreCommand: Int32 {
        case remove = 0
        case set = 1
        case status = 2
        case limits = 3
        case process = 11
        case value = 12
        case allValues = 13
        case waitingForMore = 14
        case waitingForZero = 15
        case setValue = 16
        case setAllValues = 17
        case statusOfIndex = 18
        case usage = 19
        case statusOfAnyIndex = 20
    }

    /// semctl(2): Tells about, changes or removes semaphores. Errors: EACCES, EFAULT, EINVAL, ENOMEM,
    /// EPERM, ERANGE.
    static func semctl(
        _ caller: Caller, identifier: Int32, number: Int32, command rawCommand: Int32,
        argument: UInt64
    ) throws(Errno) -> Int {
        guard identifier >= 0, let command = SemaphoreCommand(rawValue: rawCommand) else {
            throw .invalidArgument
        }
        let semaphores = try IPC.semaphores
        let user = caller.process.ipcCaller
        let buffer = VirtualAddress(rawValue: argument)
        switch command {
        case .limits: return try tell(semaphores, usage: false, at: buffer)
        case .usage: return try tell(semaphores, usage: true, at: buffer)
        case .status: return try tell(semaphores, .identifier(identifier), user, at: buffer)
        case .statusOfIndex: return try tell(semaphores, .index(identifier), user, at: buffer)
        case .statusOfAnyIndex:
            return try tell(semaphores, .anyIndex(identifier), user, at: buffer)
        case .process: return Int(try semaphores.find(identifier).process(number, by: user))
        case .value: return Int(try semaphores.find(identifier).value(number, by: user))
        case .waitingForMore:
            return try semaphores.find(identifier).waitingCount(number, for: .more, by: user)
        case .waitingForZero:
            return try semaphores.find(identifier).waitingCount(number, for: .zero, by: user)
        case .allValues: try tellValues(of: semaphores.find(identifier), user, at: buffer)
        case .setAllValues: try setValues(of: semaphores.find(identifier), user, from: buffer)
        case .setValue:
            let value = Int32(truncatingIfNeeded: argument)
            guard (0...SemaphoreSet.maximumValue).contains(value) else { throw .outOfRange }
            try semaphores.find(identifier).setValue(number, to: value, by: user)
        case .set:
            let record = try ProgramMemory.loadPermission(
                at: buffer, of: SemaphoreSetRecord.byteCount(.current))
            try semaphores.find(identifier).change(to: record, by: user)
        case .remove: try semaphores.remove(identifier, by: user)
        }
        return 0
    }
    private static func tell(
        _ semaphores: Semaphores, _ name: IPCName, _ user: IPCCaller, at buffer: VirtualAddress
    ) throws(Errno) -> Int {
        let set = try semaphores.find(name, by: user)
        return try ProgramMemory.tell(
            set, by: name, SemaphoreSetRecord.byteCount(.current), at: buffer
        ) { set.record.encode(as: .current, into: &$0) }
    }
    /// struct seminfo
    private static func tell(
        _ semaphores: Semaphores, usage: Bool, at buffer: VirtualAddress
    ) throws(Errno) -> Int {
        let most = Int32(Semaphores.maximumCount)
        // What is left of a time when these were limits: semmap, semmnu, semume, semusz, semaem.
        let structureSize: Int32 = 20
        try ProgramMemory.storeWords(
            [
                most, Int32(Semaphores.maximumSets), most, most, Int32(Semaphores.maximumPerSet),
                Int32(Semaphores.maximumOperations), Int32(Semaphores.maximumOperations),
                usage ? Int32(semaphores.count) : structureSize, SemaphoreSet.maximumValue,
                usage ? Int32(semaphores.semaphoreCount) : SemaphoreSet.maximumValue,
            ], at: buffer)
        return max(semaphores.highestIndex, 0)
    }
    private static func tellValues(
        of set: SemaphoreSet, _ user: IPCCaller, at buffer: VirtualAddress
    ) throws(Errno) {
        try set.requireReading(user)
        guard var values = FixedBuffer<UInt16>(count: set.count, repeating: 0) else {
            throw .outOfMemory
        }
        for index in 0..<set.count { values[index] = set[index] }
        try ProgramMemory.copyOut(values.bytes, to: buffer)
    }
    private static func setValues(
        of set: SemaphoreSet, _ user: IPCCaller, from buffer: VirtualAddress
    ) throws(Errno) {
        try set.requireWriting(user)
        guard var values = FixedBuffer<UInt16>(count: set.count, repeating: 0) else {
            throw .outOfMemory
        }
        try values.withMutableBytes { (bytes) throws(Errno) in
            try ProgramMemory.copyIn(from: buffer, into: &bytes)
        }
        for index in 0..<set.count where values[index] > SemaphoreSet.maximumValue {
            throw .outOfRange
        }
        set.setAll(values, by: user)
    }
}
