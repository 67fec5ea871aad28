package import Base
internal import LinuxABI
package import Scheduler

/// What a futex is known by: its address and the page tables that it is looked up in, or its place in memory
/// that processes share (futex(2)).
package enum FutexKey: Equatable, Sendable {
    case address(VirtualAddress, in: PhysicalAddress)
    case memory(PhysicalAddress)

    fileprivate var hash: Int {
        let value =
            switch self {
            case .address(let address, let space): address.rawValue ^ space.rawValue
            case .memory(let address): address.rawValue ^ 0x5555_5555
            }
        return Int(truncatingIfNeeded: ((value >> 2) &* 0x9e37_79b9_7f4a_7c15) >> 56)
    }
}

/// A word that has an owner, as one knows it who waits for it.
///
/// Kept beside the word, as an owner may clear that and end without handing it over: musl's threads do.
package struct FutexOwnership: Sendable {
    package let address: VirtualAddress
    /// Thread number.
    package fileprivate(set) var owner: Int32
    package init(address: VirtualAddress, owner: Int32) {
        self.address = address
        self.owner = owner
    }
}

/// A thread's place in a futex's queue.
package final class FutexWaiter {
    package internal(set) var thread: Thread?
    fileprivate var key = FutexKey.memory(PhysicalAddress(rawValue: 0))
    /// Where it waits to become a word's owner: whose the word is meanwhile.
    fileprivate var owned: FutexOwnership?
    fileprivate var isForOwnership: Bool { owned != nil }
    /// The thread, by its number, that has the word for which this one waits.
    package var owner: Int32? { isQueued ? owned?.owner : nil }
    /// FUTEX_WAIT_REQUEUE_PI: the word that it may be moved to.
    fileprivate var requeueTarget: FutexKey?
    /// FUTEX_WAIT_BITSET's mask.
    fileprivate var mask: UInt32 = .max
    fileprivate var next: FutexWaiter?
    fileprivate var previous: FutexWaiter?
    package fileprivate(set) var isQueued = false
    /// What the waiter is for where a thread has several (futex_waitv(2)).
    package let index: Int
    package init(index: Int = 0, thread: Thread? = nil) {
        self.index = index
        self.thread = thread
    }
}

extension Process {
    /// Who waits for futexes, of all processes.
    package static let futexes = Global(FutexTable())
}

/// Threads that wait for futexes: 256 queues by the keys' hash, oldest first.
///
/// A class, so that looking into it copies nothing.
package final class FutexTable {
    private var first = InlineArray<256, FutexWaiter?>(repeating: nil)
    private var last = InlineArray<256, FutexWaiter?>(repeating: nil)
    /// Waiters that wait to become owners.
    private var ownershipCount = 0

    package init() {}

    /// Puts a waiter at the end of its key's queue. Precondition: it is on none.
    package func add(
        _ waiter: FutexWaiter, _ key: FutexKey, mask: UInt32, owned: FutexOwnership? = nil,
        requeuesTo target: FutexKey? = nil
    ) {
        precondition(!waiter.isQueued)
        waiter.owned = owned
        if owned != nil { ownershipCount += 1 }
        waiter.requeueTarget = target
        waiter.key = key
        waiter.mask = mask
        let bucket = key.hash
        waiter.previous = last[bucket]
        if let end = last[bucket] { end.next = waiter } else { first[bucket] = waiter }
        last[bucket] = waiter
        waiter.isQueued = true
    }
    package func remove(_ waiter: FutexWaiter) {
        guard waiter.isQueued else { return }
        let bucket = waiter.key.hash
        let (before, after) = (waiter.previous, waiter.next)
        if let before { before.next = after } else { first[bucket] = after }
        if let after { after.previous = before } else { last[bucket] = before }
        waiter.previous = nil
        waiter.next = nil
        waiter.isQueued = false
        if waiter.isForOwnership { ownershipCount -= 1 }
    }
    /// Wakes at most `count` waiters whose mask meets `mask`; returns how many.
    package func wake(_ key: FutexKey, count: Int, mask: UInt32 = .max) -> Int {
        var woken = 0
        var waiter = first[key.hash]
        while woken < count, let current = waiter {
            waiter = current.next
            guard current.key == key, current.mask & mask != 0, !current.isForOwnership,
                current.requeueTarget == nil
            else { continue }
            remove(current)
            if let thread = current.thread { Scheduler.wake(thread) }
            woken += 1
        }
        return woken
    }
    /// Moves at most `count` waiters to another futex; returns how many.
    package func requeue(_ key: FutexKey, to other: FutexKey, count: Int) -> Int {
        guard key != other else { return 0 }
        var moved = 0
        var waiter = first[key.hash]
        while moved < count, let current = waiter {
            waiter = current.next
            guard current.key == key, !current.isForOwnership, current.requeueTarget == nil else {
                continue
            }
            let mask = current.mask
            remove(current)
            add(current, other, mask: mask)
            moved += 1
        }
        return moved
    }

    // MARK: Futexes with owners

    private func first(_ key: FutexKey, where matches: (FutexWaiter) -> Bool) -> FutexWaiter? {
        var waiter = first[key.hash]
        while let current = waiter, current.key != key || !matches(current) {
            waiter = current.next
        }
        return waiter
    }
    /// Who becomes the owner next: of the highest priority, who waits longest.
    private func nextOwner(_ key: FutexKey) -> FutexWaiter? {
        var best: FutexWaiter?
        var waiter = first[key.hash]
        while let current = waiter {
            waiter = current.next
            guard current.key == key, current.isForOwnership, let thread = current.thread else {
                continue
            }
            if let other = best?.thread,
                thread.share.effectivePriority <= other.share.effectivePriority
            {
                continue
            }
            best = current
        }
        return best
    }
    /// Whose a word is for those who wait for it; `nil` where nobody does.
    package func owner(_ key: FutexKey) -> Int32? {
        first(key) { $0.isForOwnership }?.owned?.owner
    }
    /// Notes that a word has become another thread's.
    package func setOwner(_ key: FutexKey, to owner: Int32) {
        var waiter = first[key.hash]
        while let current = waiter {
            if current.key == key, current.isForOwnership { current.owned?.owner = owner }
            waiter = current.next
        }
    }
    /// A word of a thread's that others wait for.
    package func word(of owner: Int32) -> (key: FutexKey, address: VirtualAddress)? {
        var word: (key: FutexKey, address: VirtualAddress)?
        forEachWaiter(for: owner) { waiter in
            guard let owned = waiter.owned else { return }
            word = (waiter.key, owned.address)
        }
        return word
    }
    /// The highest real-time priority of who waits for words of a thread's; 0 where nobody with one does.
    func highestPriority(waitingFor owner: Int32) -> Int32 {
        var highest: Int32 = 0
        forEachWaiter(for: owner) { waiter in
            highest = max(highest, waiter.thread?.share.effectivePriority ?? 0)
        }
        return highest
    }
    private func forEachWaiter(for owner: Int32, _ body: (FutexWaiter) -> Void) {
        guard ownershipCount > 0 else { return }
        for bucket in first.indices {
            var waiter = first[bucket]
            while let current = waiter {
                waiter = current.next
                if current.owner == owner { body(current) }
            }
        }
    }
    package func firstForOwnership(_ key: FutexKey) -> Thread? { nextOwner(key)?.thread }
    /// Wakes the thread that `firstForOwnership` named.
    package func wakeForOwnership(_ key: FutexKey) -> Bool {
        guard let waiter = nextOwner(key) else { return false }
        remove(waiter)
        if let thread = waiter.thread { Scheduler.wake(thread) }
        return true
    }
    /// Who waits longest to be moved to a word with owners.
    package func firstToRequeue(_ key: FutexKey) -> Thread? {
        first(key) { $0.requeueTarget != nil }?.thread
    }
    package func requeueTarget(of key: FutexKey) -> FutexKey? {
        first(key) { $0.requeueTarget != nil }?.requeueTarget
    }
    /// Moves the waiter that `firstToRequeue` named; one that is the owner now is woken instead.
    package func moveForOwnership(
        _ key: FutexKey, to target: FutexKey, _ owned: FutexOwnership, isOwner: Bool
    ) {
        guard let waiter = first(key, where: { $0.requeueTarget != nil }) else { return }
        remove(waiter)
        if !isOwner { return add(waiter, target, mask: .max, owned: owned) }
        if let thread = waiter.thread { Scheduler.wake(thread) }
    }
}
