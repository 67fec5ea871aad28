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

/// One range that somebody holds.
private final class HeldLock {
    let kind: RecordLock.Kind
    let first: Int64
    let last: Int64
    /// The open file whose lock it is (F_OFD_SETLK); `nil` for the process's.
    let file: OpenFile?
    var next: HeldLock?

    init(_ lock: RecordLock, _ file: OpenFile?) {
        kind = lock.kind
        first = lock.first
        last = lock.last
        self.file = file
    }
    func overlaps(_ lock: RecordLock) -> Bool { first <= lock.last && lock.first <= last }
}

/// The record locks on one node: owner by owner in the order of their coming, each one's by their first
/// byte.
///
/// Ranges of one owner never overlap, and those that touch have different kinds. There is one process,
/// so an owner is that or an open file.
struct RecordLocks {
    private var head: HeldLock?

    var isEmpty: Bool { head == nil }

    /// The first lock of somebody else's that is in the way.
    func conflict(with lock: RecordLock, of owner: OpenFile?) -> (RecordLock, isOfFile: Bool)? {
        guard lock.kind != .none else { return nil }
        var held = head
        while let current = held {
            held = current.next
            guard current.file !== owner, current.overlaps(lock) else { continue }
            if current.kind == .exclusive || lock.kind == .exclusive {
                return (
                    RecordLock(current.kind, current.first, current.last), current.file != nil
                )
            }
        }
        return nil
    }
    /// The first lock of an owner's that overlaps one.
    func held(overlapping lock: RecordLock, by owner: OpenFile?) -> RecordLock? {
        var held = head
        while let current = held, !(current.file === owner && current.overlaps(lock)) {
            held = current.next
        }
        return held.map { RecordLock($0.kind, $0.first, $0.last) }
    }
    /// Gives an owner a range, or takes it away. The caller has admitted two objects.
    mutating func set(_ lock: RecordLock, of owner: OpenFile?) {
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
                current.file === owner
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
        _ lock: RecordLock, of owner: OpenFile?, behind before: HeldLock?
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
            let isOwn = current.file === lock.file
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
    mutating func removeAll(of owner: OpenFile?) {
        var before: HeldLock?
        var held = head
        while let current = held {
            held = current.next
            if current.file === owner { unlink(current, after: before) } else { before = current }
        }
    }
}

extension OpenFile {
    /// Whose a record lock is.
    package enum LockOwner: Sendable {
        case process
        /// F_OFD_SETLK
        case file
    }
    /// The first lock of others in the way of one, and whether an open file holds it.
    package func conflict(
        with lock: RecordLock, of owner: LockOwner
    ) -> (RecordLock, isOfFile: Bool)? {
        node.recordLocks.conflict(with: lock, of: owner == .file ? self : nil)
    }
    /// The file's own first lock that overlaps one (F_OFD_GETLK of F_UNLCK, since Linux 6.5).
    package func ownLock(overlapping lock: RecordLock) -> RecordLock? {
        node.recordLocks.held(overlapping: lock, by: self)
    }
    /// Takes all locks of an open file, or of the process, away.
    func removeRecordLocks(of owner: OpenFile?) {
        guard !node.recordLocks.isEmpty else { return }
        node.recordLocks.removeAll(of: owner)
        Self.lockChanges.value.wake()
    }
    /// Sets or takes away a record lock. EAGAIN, EBADF, EINTR as `restart`, ENOMEM.
    package func setRecordLock(
        _ lock: RecordLock, of owner: LockOwner, _ blocking: Blocking
    ) throws(Errno) {
        switch lock.kind {
        case .shared: guard flags.allowsReading else { throw .badDescriptor }
        case .exclusive: guard flags.allowsWriting else { throw .badDescriptor }
        case .none: if node.recordLocks.isEmpty { return }
        }
        if conflict(with: lock, of: owner) != nil {
            guard blocking == .blocking else { throw .tryAgain }
            let outcome = Wait.until(on: .queue(Self.lockChanges.value)) {
                self.conflict(with: lock, of: owner) == nil
            }
            guard outcome != .interrupted else { throw .restart }
        }
        try KernelReserve.admit()
        node.recordLocks.set(lock, of: owner == .file ? self : nil)
        Self.lockChanges.value.wake()
    }
}
