internal import Base
package import LinuxABI
package import Memory
package import Scheduler

/// What semop(2) does to one semaphore (struct sembuf, byte for byte).
package struct SemaphoreOperation: BitwiseCopyable, Sendable {
    package let number: UInt16
    /// Added to the value; 0: waits until that is zero.
    package let change: Int16
    private let flags: Int16
    /// IPC_NOWAIT
    var doesNotWait: Bool { flags & 0o4000 != 0 }
    /// SEM_UNDO
    var isUndone: Bool { flags & 0x1000 != 0 }
    package init(number: UInt16, change: Int16, flags: Int16) {
        self.number = number
        self.change = change
        self.flags = flags
    }
    package static let byteCount = 6
    package static let none = Self(number: 0, change: 0, flags: 0)
}

/// The operations of one call, done all at once or not at all.
private struct SemaphoreOperations: ~Copyable {
    private let list: FixedBuffer<SemaphoreOperation>
    init(_ list: consuming FixedBuffer<SemaphoreOperation>) { self.list = list }
    var count: Int { list.count }
    subscript(index: Int) -> SemaphoreOperation { list[index] }
    /// Whether any changes a value; else all wait for zeroes.
    var changeAny: Bool { contains { $0.change != 0 } }
    var undoAny: Bool { contains { $0.isUndone } }
    var highest: UInt16 {
        var highest: UInt16 = 0
        for index in 0..<count { highest = max(highest, list[index].number) }
        return highest
    }
    private func contains(_ matches: (SemaphoreOperation) -> Bool) -> Bool {
        for index in 0..<count where matches(list[index]) { return true }
        return false
    }
}

/// A call that waits for its operations to become possible, in a set's queue.
///
/// Whoever makes them possible does them in its place, so that between that and its waking nobody sees
/// the set without them (ipc/sem.c).
package final class WaitingOperations {
    fileprivate let operations: SemaphoreOperations
    fileprivate let undo: SemaphoreUndo?
    /// Process number.
    fileprivate let process: Int32
    /// The index of the operation at which it stands.
    fileprivate var blocking = 0
    package fileprivate(set) var state = State.waiting
    /// What the thread waits on.
    package let queue = WaitQueue()
    fileprivate var next: WaitingOperations?
    fileprivate var previous: WaitingOperations?

    package enum State: Equatable, Sendable {
        case waiting
        case done
        case failed(Errno)
    }
    fileprivate init(
        _ operations: consuming SemaphoreOperations, _ undo: SemaphoreUndo?, process: Int32
    ) {
        self.operations = operations
        self.undo = undo
        self.process = process
    }
}

/// Calls that wait, oldest first.
private struct WaitingList {
    private(set) var first: WaitingOperations?
    private var last: WaitingOperations?

    mutating func add(_ waiting: WaitingOperations) {
        waiting.previous = last
        if let last { last.next = waiting } else { first = waiting }
        last = waiting
    }
    mutating func remove(_ waiting: WaitingOperations) {
        let (before, after) = (waiting.previous, waiting.next)
        if let before { before.next = after } else { first = after }
        if let after { after.previous = before } else { last = before }
        waiting.previous = nil
        waiting.next = nil
    }
}

/// A set of semaphores (semget(2)).
package final class SemaphoreSet: IPCObject {
    struct Semaphore: BitwiseCopyable {
        var value: Int32 = 0
        /// The process that changed it last; 0: none.
        var process: Int32 = 0
    }
    /// SEMVMX: the highest value, and SEMAEM, the largest adjustment.
    package static let maximumValue: Int32 = 32767

    private var semaphores: FixedBuffer<Semaphore>
    /// Seconds since 1970; 0: never.
    private var operationTime: Int64 = 0
    /// Calls that change values, and those that only wait for zeroes.
    private var changing = WaitingList()
    private var zeroWaiting = WaitingList()
    /// The first of the processes' adjustments.
    fileprivate var firstUndo: SemaphoreUndo?

    init(_ permission: IPCPermission, count: Int) throws(Errno) {
        guard let semaphores = FixedBuffer(count: count, repeating: Semaphore()) else {
            throw .outOfMemory
        }
        self.semaphores = semaphores
        super.init(permission)
    }
    package var count: Int { semaphores.count }

    /// As semctl(2) tells it.
    package var record: SemaphoreSetRecord {
        var record = SemaphoreSetRecord()
        record.permission = permission.record
        record.operationTime = operationTime
        record.changeTime = changeTime
        record.count = UInt64(count)
        return record
    }

    // MARK: Operations

    /// Does all operations of a call; where it has to wait for one, returns what it waits in.
    ///
    /// EACCES, EAGAIN where it must not wait, EFBIG for a semaphore that is none, ENOMEM, ERANGE.
    package func operate(
        _ list: consuming FixedBuffer<SemaphoreOperation>, undoneBy undoList: SemaphoreUndoList,
        by caller: IPCCaller
    ) throws(Errno) -> WaitingOperations? {
        let operations = SemaphoreOperations(list)
        guard operations.highest < count else { throw .fileTooLarge }
        try permission.require(operations.changeAny ? .write : .read, caller)
        var undo: SemaphoreUndo?
        if operations.undoAny { undo = try undoList.undo(of: self) }
        switch perform(operations, undo, process: caller.process) {
        case .done:
            changed(by: operations)
            return nil
        case .failed(let error): throw error
        case .blocked(let index):
            try admitObject()
            let isChange = operations.changeAny
            let waiting = WaitingOperations(operations, undo, process: caller.process)
            waiting.blocking = index
            if isChange { changing.add(waiting) } else { zeroWaiting.add(waiting) }
            return waiting
        }
    }
    /// Ends a wait that was interrupted or took too long; what became of it before counts.
    package func giveUp(_ waiting: WaitingOperations) -> WaitingOperations.State {
        if waiting.state == .waiting { remove(waiting) }
        return waiting.state
    }
    private func remove(_ waiting: WaitingOperations) {
        if waiting.operations.changeAny {
            changing.remove(waiting)
        } else {
            zeroWaiting.remove(waiting)
        }
    }

    private enum Outcome {
        case done
        case blocked(Int)
        case failed(Errno)
    }
    /// Does all operations, one after the other, or takes back those before one that is not possible.
    private func perform(
        _ operations: borrowing SemaphoreOperations, _ undo: SemaphoreUndo?, process: Int32
    ) -> Outcome {
        for index in 0..<operations.count {
            let operation = operations[index]
            let number = Int(operation.number)
            let change = Int32(operation.change)
            let value = semaphores[number].value
            if change == 0 ? value != 0 : value + change < 0 {
                takeBack(operations, before: index, undo)
                return operation.doesNotWait ? .failed(.tryAgain) : .blocked(index)
            }
            guard value + change <= Self.maximumValue,
                !operation.isUndone || undo?.add(-change, to: number) == true
            else {
                takeBack(operations, before: index, undo)
                return .failed(.outOfRange)
            }
            semaphores[number].value = value + change
        }
        for index in 0..<operations.count {
            semaphores[Int(operations[index].number)].process = process
        }
        return .done
    }
    private func takeBack(
        _ operations: borrowing SemaphoreOperations, before end: Int, _ undo: SemaphoreUndo?
    ) {
        for index in (0..<end).reversed() {
            let operation = operations[index]
            let number = Int(operation.number)
            semaphores[number].value -= Int32(operation.change)
            if operation.isUndone { _ = undo?.add(Int32(operation.change), to: number) }
        }
    }

    // MARK: What others' operations make possible

    /// Goes on with waiting calls after a call that was possible at once (do_smart_update).
    private func changed(by operations: borrowing SemaphoreOperations) {
        operationTime = Self.now()
        guard operations.changeAny else { return }
        settle()
    }
    /// Does what of the waiting calls is possible now; returns whether anything was.
    ///
    /// As in Linux first those that wait for zeroes, then those that change values, the oldest first, and
    /// again from the oldest on after each that was done.
    @discardableResult
    private func settle() -> Bool {
        var isAnyDone = goOnWithZeroWaiting()
        var waiting = changing.first
        while let current = waiting {
            waiting = current.next
            switch tryAgain(current) {
            case .blocked: continue
            case .failed: continue
            case .done:
                isAnyDone = true
                goOnWithZeroWaiting()
                waiting = changing.first
            }
        }
        if isAnyDone { operationTime = Self.now() }
        return isAnyDone
    }
    @discardableResult
    private func goOnWithZeroWaiting() -> Bool {
        var isAnyDone = false
        var waiting = zeroWaiting.first
        while let current = waiting {
            waiting = current.next
            if case .done = tryAgain(current) { isAnyDone = true }
        }
        return isAnyDone
    }
    /// Tries a waiting call's operations; wakes it unless it has to go on waiting.
    private func tryAgain(_ waiting: WaitingOperations) -> Outcome {
        let outcome = perform(waiting.operations, waiting.undo, process: waiting.process)
        switch outcome {
        case .blocked(let index): waiting.blocking = index
        case .done: finish(waiting, .done)
        case .failed(let error): finish(waiting, .failed(error))
        }
        return outcome
    }
    private func finish(_ waiting: WaitingOperations, _ state: WaitingOperations.State) {
        remove(waiting)
        waiting.state = state
        waiting.queue.wake()
    }
    /// Ends all waits, and all adjustments, of a set that was removed.
    func end() {
        while let waiting = zeroWaiting.first { finish(waiting, .failed(.identifierRemoved)) }
        while let waiting = changing.first { finish(waiting, .failed(.identifierRemoved)) }
        while let undo = firstUndo {
            unlink(undo)
            undo.set = nil
        }
    }

    // MARK: semctl(2)

    /// A semaphore's value, GETVAL. EACCES, EINVAL; so below.
    package func value(_ number: Int32, by caller: IPCCaller) throws(Errno) -> Int32 {
        semaphores[try index(number, by: caller)].value
    }
    /// GETPID
    package func process(_ number: Int32, by caller: IPCCaller) throws(Errno) -> Int32 {
        semaphores[try index(number, by: caller)].process
    }
    package enum Wanted: Sendable {
        /// GETNCNT
        case more
        /// GETZCNT
        case zero
    }
    /// How many calls stand at an operation on a semaphore.
    package func waitingCount(
        _ number: Int32, for wanted: Wanted, by caller: IPCCaller
    ) throws(Errno) -> Int {
        let number = try index(number, by: caller)
        return count(of: changing, number, wanted) + count(of: zeroWaiting, number, wanted)
    }
    private func count(of list: WaitingList, _ number: Int, _ wanted: Wanted) -> Int {
        var count = 0
        var waiting = list.first
        while let current = waiting {
            waiting = current.next
            let operation = current.operations[current.blocking]
            let isWanted = wanted == .zero ? operation.change == 0 : operation.change < 0
            if Int(operation.number) == number, isWanted { count += 1 }
        }
        return count
    }
    private func index(_ number: Int32, by caller: IPCCaller) throws(Errno) -> Int {
        try permission.require(.read, caller)
        guard number >= 0, number < count else { throw .invalidArgument }
        return Int(number)
    }
    /// SETVAL. EACCES, EINVAL.
    package func setValue(_ number: Int32, to value: Int32, by caller: IPCCaller) throws(Errno) {
        guard number >= 0, number < count else { throw .invalidArgument }
        try permission.require(.write, caller)
        var undo = firstUndo
        while let current = undo {
            current.clear(Int(number))
            undo = current.nextOfSet
        }
        semaphores[Int(number)] = Semaphore(value: value, process: caller.process)
        changeTime = Self.now()
        settle()
    }
    package func requireReading(_ caller: IPCCaller) throws(Errno) {
        try permission.require(.read, caller)
    }
    package func requireWriting(_ caller: IPCCaller) throws(Errno) {
        try permission.require(.write, caller)
    }
    /// A semaphore's value, of those there are (GETALL).
    package subscript(number: Int) -> UInt16 { UInt16(semaphores[number].value) }
    /// SETALL, once the caller has all values, each checked.
    package func setAll(_ values: borrowing FixedBuffer<UInt16>, by caller: IPCCaller) {
        for index in 0..<min(count, values.count) {
            semaphores[index] = Semaphore(value: Int32(values[index]), process: caller.process)
        }
        var undo = firstUndo
        while let current = undo {
            for index in 0..<count { current.clear(index) }
            undo = current.nextOfSet
        }
        changeTime = Self.now()
        settle()
    }

    // MARK: Adjustments

    fileprivate func link(_ undo: SemaphoreUndo) {
        undo.nextOfSet = firstUndo
        firstUndo = undo
    }
    fileprivate func unlink(_ undo: SemaphoreUndo) {
        if firstUndo === undo {
            firstUndo = undo.nextOfSet
        } else {
            var before = firstUndo
            while let current = before, current.nextOfSet !== undo { before = current.nextOfSet }
            before?.nextOfSet = undo.nextOfSet
        }
        undo.nextOfSet = nil
    }
    /// Makes the adjustments of a process that ended (exit_sem).
    fileprivate func adjust(by undo: SemaphoreUndo, process: Int32) {
        for index in 0..<count {
            let change = undo.adjustment(of: index)
            guard change != 0 else { continue }
            let value = min(max(semaphores[index].value + change, 0), Self.maximumValue)
            semaphores[index] = Semaphore(value: value, process: process)
        }
        settle()
        operationTime = Self.now()
    }
}

/// What a process's end adds to the semaphores of one set: the sum of what its SEM_UNDO operations took.
package final class SemaphoreUndo {
    /// `nil` once the set was removed.
    package fileprivate(set) var set: SemaphoreSet?
    private var adjustments: FixedBuffer<Int16>
    fileprivate var nextOfSet: SemaphoreUndo?
    fileprivate var nextOfProcess: SemaphoreUndo?

    fileprivate init(of set: SemaphoreSet) throws(Errno) {
        guard let adjustments = FixedBuffer<Int16>(count: set.count, repeating: 0) else {
            throw .outOfMemory
        }
        self.adjustments = adjustments
        self.set = set
    }
    /// Adds to an adjustment; returns whether it stays in range (-SEMAEM - 1 to SEMAEM).
    fileprivate func add(_ change: Int32, to number: Int) -> Bool {
        guard let sum = Int16(exactly: Int32(adjustments[number]) + change) else { return false }
        adjustments[number] = sum
        return true
    }
    fileprivate func clear(_ number: Int) { adjustments[number] = 0 }
    fileprivate func adjustment(of number: Int) -> Int32 { Int32(adjustments[number]) }
}

/// The adjustments of a process, shared by all that were made with CLONE_SYSVSEM.
package final class SemaphoreUndoList {
    private var first: SemaphoreUndo?
    private var userCount = 1
    package init() {}
    package var isEmpty: Bool { first == nil }

    /// The same for a further process (CLONE_SYSVSEM without CLONE_THREAD).
    func shared() -> SemaphoreUndoList {
        userCount += 1
        return self
    }
    /// The adjustments to a set. ENOMEM.
    func undo(of set: SemaphoreSet) throws(Errno) -> SemaphoreUndo {
        var before: SemaphoreUndo?
        var undo = first
        while let current = undo {
            undo = current.nextOfProcess
            if current.set === set { return current }
            // Those of removed sets go on the way.
            if current.set == nil {
                if let before { before.nextOfProcess = undo } else { first = undo }
                current.nextOfProcess = nil
            } else {
                before = current
            }
        }
        try admitObject()
        let new = try SemaphoreUndo(of: set)
        set.link(new)
        new.nextOfProcess = first
        first = new
        return new
    }
    /// Ends a process's use: the last makes the adjustments, in the name of `process`.
    package func release(process: Int32) {
        userCount -= 1
        guard userCount == 0 else { return }
        while let undo = first {
            first = undo.nextOfProcess
            undo.nextOfProcess = nil
            guard let set = undo.set else { continue }
            set.unlink(undo)
            undo.set = nil
            set.adjust(by: undo, process: process)
        }
    }
}
