internal import Base
package import LinuxABI
internal import Memory
internal import Scheduler

/// A lock on a range of a file (fcntl(2), "Advisory record locking").
package struct RecordLock {
    package enum Kind: Int16, Sendable {
        /// F_RDLCK, F_WRLCK, F_UNLCK
        case shared = 0
        case exclusive = 1
        case none = 2
    }
    package let kind: Kind
    /// The first and the last byte; the largest number means the end of every file.
    package let first: Int64
    package let last: Int64
    package init(_ kind: Kind, _ first: Int64, _ last: Int64) {
        self.kind = kind
        self.first = first
        self.last = last
    }
}

/// Who has record locks: an open file (F_OFD_SETLK), or a process by its descriptors, so that processes
/// which share those have them in common.
package struct RecordLockHolder {
    fileprivate let object: AnyObject
    /// The number of the process that took the lock; -1 of an open file's.
    package let process: Int32
    package init(descriptors: AnyObject, process: Int32) {
        object = descriptors
        self.process = process
    }
    package init(_ file: OpenFile) {
        object = file
        process = -1
    }
}

/// One range that somebody holds.
private final class HeldLock {
    let kind: RecordLock.Kind
    let first: Int64
    let last: Int64
    let holder: RecordLockHolder
    var next: HeldLock?

    init(_ lock: RecordLock, _ holder: RecordLockHolder) {
        kind = lock.kind
        first = lock.first
        last = lock.last
        self.holder = holder
    }
    func isOf(_ holder: RecordLockHolder) -> Bool { self.holder.object === holder.object }
    func overlaps(_ lock: RecordLock) -> Bool { first <= lock.last && lock.first <= last }
}

/// The record locks on one node: owner by owner in the order of their coming, each one's by their first
/// byte.
///
/// Ranges of one owner never overlap, and those that touch have different kinds.
struct RecordLocks {
    private var head: HeldLock?

    var isEmpty: Bool { head == nil }

    /// The first lock of somebody else's that is in the way.
    func conflict(
        with lock: RecordLock, of owner: RecordLockHolder
    ) -> (RecordLock, holder: RecordLockHolder)? {
        guard lock.kind != .none else { return nil }
        var held = head
        while let current = held {
            held = current.next
            guard !current.isOf(owner), current.overlaps(lock) else { continue }
            if current.kind == .exclusive || lock.kind == .exclusive {
                return (RecordLock(current.kind, current.first, current.last), current.holder)
            }
        }
        return nil
    }
    /// The first lock of an owner's that overlaps one.
    func held(overlapping lock: RecordLock, by owner: RecordLockHolder) -> RecordLock? {
        var held = head
        while let current = held, !(current.isOf(owner) && current.overlaps(lock)) {
            held = current.next
        }
        return held.map { RecordLock($0.kind, $0.first, $0.last) }
    }
    /// Gives an owner a range, or takes it away. The caller has admitted two objects.
    mutating func set(_ lock: RecordLock, of owner: RecordLockHolder) {
        var first = lock.first
        var last = lock.last
        // Whether a lock of the owner's made way for the new one, and behind which that then goes.
        var hasPlace = false
        var place: HeldLock?
        var before: HeldLock?
        var held = head
        while let current = held {
            held = current.next
            let touches =
                current.isOf(owner)
                && (current.overlaps(lock) || (current.kind == lock.kind && adjoins(current, lock)))
            guard touches else {
                before = current
                continue
            }
            unlink(current, after: before)
            if current.kind == lock.kind {
                first = min(first, current.first)
                last = max(last, current.last)
            } else if current.first < lock.first {
                let rest = RecordLock(current.kind, current.first, lock.first - 1)
                before = insert(rest, of: owner, behind: before)
                hasPlace = false
            }
            if !hasPlace { place = before }
            hasPlace = true
            if current.kind != lock.kind, current.last > lock.last {
                let rest = RecordLock(current.kind, lock.last + 1, current.last)
                before = insert(rest, of: owner, behind: before)
            }
        }
        guard lock.kind != .none else { return }
        let new = RecordLock(lock.kind, first, last)
        if hasPlace {
            insert(new, of: owner, behind: place)
        } else {
            insert(HeldLock(new, owner))
        }
    }
    @discardableResult
    private mutating func insert(
        _ lock: RecordLock, of owner: RecordLockHolder, behind before: HeldLock?
    ) -> HeldLock {
        let new = HeldLock(lock, owner)
        if let before {
            new.next = before.next
            before.next = new
        } else {
            new.next = head
            head = new
        }
        return new
    }
    private func adjoins(_ held: HeldLock, _ lock: RecordLock) -> Bool {
        (held.last != .max && held.last + 1 == lock.first)
            || (lock.last != .max && lock.last + 1 == held.first)
    }
    /// Puts a lock among its owner's, or behind all others'.
    private mutating func insert(_ lock: HeldLock) {
        var before: HeldLock?
        var held = head
        var isAmongOwn = false
        while let current = held {
            let isOwn = current.isOf(lock.holder)
            if isOwn ? current.first > lock.first : isAmongOwn { break }
            isAmongOwn = isOwn
            before = current
            held = current.next
        }
        lock.next = held
        if let before { before.next = lock } else { head = lock }
    }
    private mutating func unlink(_ lock: HeldLock, after before: HeldLock?) {
        if let before { before.next = lock.next } else { head = lock.next }
        lock.next = nil
    }
    /// Takes all of an owner's locks away.
    mutating func removeAll(of owner: RecordLockHolder) {
        var before: HeldLock?
        var held = head
        while let current = held {
            held = current.next
            if current.isOf(owner) { unlink(current, after: before) } else { before = current }
        }
    }
}

/// A process that waits for a record lock.
private final class LockWait {
    let holder: RecordLockHolder
    let lock: RecordLock
    let node: Node
    var next: LockWait?
    init(_ holder: RecordLockHolder, _ lock: RecordLock, _ node: Node) {
        self.holder = holder
        self.lock = lock
        self.node = node
    }
    /// Who has what it waits for.
    var blocker: RecordLockHolder? {
        node.recordLocks.conflict(with: lock, of: holder)?.holder
    }
}

/// Who waits for record locks, to notice who would wait for himself.
private enum LockWaits {
    private static let first = Global<LockWait?>(nil)
    /// Linux follows as many (fs/locks.c, MAX_DEADLK_ITERATIONS).
    private static let longestChain = 10

    static func add(_ wait: LockWait) {
        wait.next = first.value
        first.value = wait
    }
    static func remove(_ wait: LockWait) {
        var before: LockWait?
        var here = first.value
        while let current = here, current !== wait {
            before = current
            here = current.next
        }
        if let before { before.next = wait.next } else { first.value = wait.next }
        wait.next = nil
    }
    /// Whether waiting would close a circle.
    static func isDeadlock(_ wait: LockWait) -> Bool {
        var blocker = wait.blocker
        for _ in 0..<longestChain {
            guard let current = blocker, current.process != -1 else { return false }
            if current.object === wait.holder.object { return true }
            blocker = find(current)?.blocker
        }
        return false
    }
    private static func find(_ holder: RecordLockHolder) -> LockWait? {
        var wait = first.value
        while let current = wait, current.holder.object !== holder.object { wait = current.next }
        return wait
    }
}

extension OpenFile {
    /// The first lock of others in the way of one, and who holds it.
    package func conflict(
        with lock: RecordLock, of owner: RecordLockHolder
    ) -> (RecordLock, holder: RecordLockHolder)? {
        entry.node.recordLocks.conflict(with: lock, of: owner)
    }
    /// The file's own first lock that overlaps one (F_OFD_GETLK of F_UNLCK, since Linux 6.5).
    package func ownLock(overlapping lock: RecordLock) -> RecordLock? {
        entry.node.recordLocks.held(overlapping: lock, by: RecordLockHolder(self))
    }
    /// Takes all locks of an open file, or of a process, away.
    func removeRecordLocks(of owner: RecordLockHolder) {
        guard !entry.node.recordLocks.isEmpty else { return }
        entry.node.recordLocks.removeAll(of: owner)
        Self.lockChanges.value.wake()
    }
    /// Sets or takes away a record lock. EAGAIN, EBADF, EDEADLK, EINTR as `restart`, ENOMEM.
    package func setRecordLock(
        _ lock: RecordLock, of owner: RecordLockHolder, _ blocking: Blocking
    ) throws(Errno) {
        switch lock.kind {
        case .shared: guard flags.allowsReading else { throw .badDescriptor }
        case .exclusive: guard flags.allowsWriting else { throw .badDescriptor }
        case .none: if entry.node.recordLocks.isEmpty { return }
        }
        if conflict(with: lock, of: owner) != nil {
            guard blocking == .blocking else { throw .tryAgain }
            try wait(for: lock, of: owner)
        }
        try KernelReserve.admit()
        entry.node.recordLocks.set(lock, of: owner)
        Self.lockChanges.value.wake()
    }
    private func wait(for lock: RecordLock, of owner: RecordLockHolder) throws(Errno) {
        try KernelReserve.admit()
        let wait = LockWait(owner, lock, entry.node)
        // An open file's lock has nobody who would wait for himself.
        guard owner.process == -1 || !LockWaits.isDeadlock(wait) else { throw .deadlock }
        LockWaits.add(wait)
        defer { LockWaits.remove(wait) }
        let outcome = Wait.until(on: .queue(Self.lockChanges.value)) {
            self.conflict(with: lock, of: owner) == nil
        }
        guard outcome != .interrupted else { throw .restart }
    }

    // Set once by boot.
    private static let currentHolder = Global<(() -> RecordLockHolder?)?>(nil)
    /// Says who makes system calls: whose record locks end with a descriptor.
    package static func setLockHolder(_ holder: @escaping () -> RecordLockHolder?) {
        currentHolder.value = holder
    }
    /// Takes the calling process's locks away.
    func removeRecordLocksOfCaller() {
        guard !entry.node.recordLocks.isEmpty, let holder = Self.currentHolder.value?() else {
            return
        }
        removeRecordLocks(of: holder)
    }
}
