internal import Base
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes
internal import Scheduler

// Futexes that have an owner: the word is its thread number, with a bit where others wait and one where
// an owner died (futex(2), "Priority-inheritance futexes").
extension SystemCalls {
    private static let waiters: UInt32 = 0x8000_0000
    private static let ownerDied: UInt32 = 0x4000_0000
    private static let ownerMask: UInt32 = 0x3fff_ffff

    /// Takes the word if it has no owner, else marks that somebody waits; returns whose it is then, `nil`
    /// where it was taken. EDEADLK where the owner waits for this thread in turn, EFAULT, ESRCH.
    private static func take(
        _ caller: Caller, _ address: VirtualAddress, _ key: FutexKey, for thread: ProgramThread
    ) throws(Errno) -> FutexOwnership? {
        let identifier = UInt32(bitPattern: thread.thread.identifier)
        while true {
            let old = try ProgramMemory.load(UInt32.self, at: address)
            let owner = old & ownerMask
            guard !Process.waits(Int32(bitPattern: owner), for: thread.thread.identifier)
            else {
                throw .deadlock
            }
            // One that ends has cleared it: it goes to who waits already (attach_to_pi_state).
            if owner == 0, old & ownerDied != 0, let ending = Process.futexes.value.owner(key) {
                return FutexOwnership(address: address, owner: ending)
            }
            if owner != 0, ProcessTable.thread(Int32(bitPattern: owner)) == nil {
                throw .noSuchProcess
            }
            let new = owner == 0 ? identifier | old & (waiters | ownerDied) : old | waiters
            guard
                try ProgramMemory.exchange(at: address, expected: old, desired: new) == old
            else { continue }
            guard owner != 0 else { return nil }
            return FutexOwnership(address: address, owner: Int32(bitPattern: owner))
        }
    }
    static func tryLockOwned(_ caller: Caller, _ address: VirtualAddress) throws(Errno) -> Int {
        let identifier = UInt32(bitPattern: caller.thread.thread.identifier)
        let old = try ProgramMemory.load(UInt32.self, at: address)
        guard old & ownerMask != identifier else { throw .deadlock }
        guard old & ownerMask == 0,
            try ProgramMemory.exchange(
                at: address, expected: old,
                desired: identifier | old & (waiters | ownerDied)) == old
        else { throw .tryAgain }
        return 0
    }
    static func lockOwned(
        _ caller: Caller, _ address: VirtualAddress, _ key: FutexKey, until deadline: Nanoseconds?
    ) throws(Errno) -> Int {
        guard let owned = try take(caller, address, key, for: caller.thread) else { return 0 }
        let waiter = caller.thread.futexWaiter
        Process.futexes.value.add(waiter, key, mask: .max, owned: owned)
        Process.passPriorities(to: owned.owner)
        return try waitForOwnership(caller, waiter, until: deadline, .restart)
    }
    /// Waits until the owner hands the word over.
    private static func waitForOwnership(
        _ caller: Caller, _ waiter: FutexWaiter, until deadline: Nanoseconds?,
        _ interruption: Errno
    ) throws(Errno) -> Int {
        let outcome = Wait.until(deadline: deadline, on: .nothing) { !waiter.isQueued }
        let owner = waiter.owner
        Process.futexes.value.remove(waiter)
        if let owner { Process.passPriorities(to: owner) }
        switch outcome {
        case .ready: return 0
        case .timedOut: throw .timedOut
        case .interrupted: throw interruption
        }
    }
    static func unlockOwned(
        _ caller: Caller, _ address: VirtualAddress, _ key: FutexKey
    ) throws(Errno) -> Int {
        let identifier = UInt32(bitPattern: caller.thread.thread.identifier)
        let old = try ProgramMemory.load(UInt32.self, at: address)
        guard old & ownerMask == identifier else { throw .operationNotPermitted }
        try handOver(caller, address, key)
        return 0
    }
    /// Gives the word to who waits longest, or to nobody.
    private static func handOver(
        _ caller: Caller, _ address: VirtualAddress, _ key: FutexKey, marking mark: UInt32 = 0
    ) throws(Errno) {
        let next = Process.futexes.value.firstForOwnership(key)
        let new = next.map { UInt32(bitPattern: $0.identifier) | waiters } ?? 0
        _ = try ProgramMemory.update(at: address) { _ in new | mark }
        guard let next else { return }
        _ = Process.futexes.value.wakeForOwnership(key)
        Process.futexes.value.setOwner(key, to: next.identifier)
        Process.passPriorities(to: caller.thread.thread.identifier)
        Process.passPriorities(to: next.identifier)
    }

    /// Waits for one word, from which FUTEX_CMP_REQUEUE_PI moves it to another that has owners.
    static func waitForOwned(
        _ caller: Caller, _ address: VirtualAddress, _ key: FutexKey, value: UInt32,
        _ ownedKey: FutexKey, _ ownedAddress: VirtualAddress, until deadline: Nanoseconds?
    ) throws(Errno) -> Int {
        guard try ProgramMemory.load(UInt32.self, at: address) == value else { throw .tryAgain }
        let waiter = caller.thread.futexWaiter
        Process.futexes.value.add(waiter, key, mask: .max, requeuesTo: ownedKey)
        return try waitForOwnership(caller, waiter, until: deadline, .tryAgain)
    }
    /// Gives the word to the first waiter if it is free, and lets the others wait for it.
    static func requeueToOwned(
        _ caller: Caller, _ from: FutexKey, _ to: FutexKey, _ address: VirtualAddress, count: Int
    ) throws(Errno) -> Int {
        var moved = 0
        while moved <= count, let thread = Process.futexes.value.firstToRequeue(from) {
            guard Process.futexes.value.requeueTarget(of: from) == to else {
                throw .invalidArgument
            }
            guard let owner = ProcessTable.thread(thread.identifier) else { break }
            let owned = try take(caller, address, to, for: owner)
            Process.futexes.value.moveForOwnership(
                from, to: to, owned ?? FutexOwnership(address: address, owner: thread.identifier),
                isOwner: owned == nil)
            if let owned { Process.passPriorities(to: owned.owner) }
            moved += 1
        }
        return moved
    }

    // MARK: The end of a thread

    /// The most entries of a list that are looked at (ROBUST_LIST_LIMIT).
    private static let robustListLimit = 2048

    /// Marks the futexes that an ending thread holds as left by a dead owner, and wakes a waiter of each
    /// (kernel/futex/core.c, exit_robust_list). A list that can't be read ends there.
    static func releaseRobustFutexes(_ caller: Caller) {
        let head = caller.thread.robustList
        guard !head.isNull else { return }
        do throws(Errno) {
            // struct robust_list_head: the first entry, where words are in entries, an entry in work.
            var entry = try ProgramMemory.load(UInt64.self, at: head)
            let offset = try ProgramMemory.load(UInt64.self, at: try head.field(8))
            let inWork = try ProgramMemory.load(UInt64.self, at: try head.field(16))
            var left = robustListLimit
            while entry & ~1 != head.rawValue, left > 0 {
                let address = VirtualAddress(rawValue: entry & ~1)
                let next = try ProgramMemory.load(UInt64.self, at: address)
                if entry & ~1 != inWork & ~1 {
                    try release(caller, entry, offset, isInWork: false)
                }
                entry = next
                left -= 1
            }
            if inWork & ~1 != 0 { try release(caller, inWork, offset, isInWork: true) }
        } catch {
            return
        }
    }
    /// Hands over words that an ending thread still owns for those who wait for them, whatever the words
    /// say (kernel/futex/pi.c, exit_pi_state_list).
    static func releaseOwnedFutexes(_ caller: Caller) {
        let identifier = caller.thread.thread.identifier
        while let word = Process.futexes.value.word(of: identifier) {
            do throws(Errno) {
                try handOver(caller, word.address, word.key, marking: ownerDied)
            } catch {
                // Nobody can read the word either; they wait on, as for a thread that never ends.
                Process.futexes.value.setOwner(word.key, to: 0)
            }
        }
    }
    private static func release(
        _ caller: Caller, _ entry: UInt64, _ offset: UInt64, isInWork: Bool
    ) throws(Errno) {
        let address = VirtualAddress(rawValue: (entry & ~1) &+ offset)
        let isOwned = entry & 1 != 0
        guard address.rawValue & 3 == 0 else { throw .invalidArgument }
        let identifier = UInt32(bitPattern: caller.thread.thread.identifier)
        let old = try ProgramMemory.load(UInt32.self, at: address)
        let key = try futexKey(caller, address, isPrivate: false)
        guard old & ownerMask == identifier else {
            // It was unlocked, and the waiter that saw that may not have been woken.
            if isInWork, !isOwned, old & ownerMask == 0 {
                _ = Process.futexes.value.wake(key, count: 1)
                _ = Process.futexes.value.wake(
                    .address(address, in: caller.process.addressSpace.root), count: 1)
            }
            return
        }
        if isOwned { return try handOver(caller, address, key, marking: ownerDied) }
        _ = try ProgramMemory.update(at: address) { $0 & waiters | ownerDied }
        guard old & waiters != 0 else { return }
        _ = Process.futexes.value.wake(key, count: 1)
    }
}
