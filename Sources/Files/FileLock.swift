internal import Base
package import LinuxABI
internal import Scheduler

/// A lock on a whole file, which an open file holds (flock(2)).
package enum FileLock: Sendable {
    case none
    case shared
    case exclusive
}

extension OpenFile {
    /// Takes, changes or gives back this open file's lock. EAGAIN, EINTR as `restart`.
    ///
    /// A change first gives the old lock back, as Linux does.
    package func setLock(_ new: FileLock, _ blocking: Blocking) throws(Errno) {
        if new == lock { return }
        unlock()
        guard new != .none else { return }
        while !entry.node.locks.canTake(new) {
            guard blocking == .blocking else { throw .tryAgain }
            let outcome = Wait.until(on: .queue(Self.lockChanges.value)) {
                self.entry.node.locks.canTake(new)
            }
            guard outcome != .interrupted else { throw .restart }
        }
        entry.node.locks.take(new)
        lock = new
    }
    func unlock() {
        guard lock != .none else { return }
        entry.node.locks.give(lock)
        lock = .none
        Self.lockChanges.value.wake()
    }
    /// Who is told of each lock, of any kind and file, that is given back.
    static let lockChanges = Global(WaitQueue())
}

/// The locks on one node.
struct NodeLocks {
    private var sharedCount = 0
    private var isExclusive = false

    func canTake(_ lock: FileLock) -> Bool {
        switch lock {
        case .none: true
        case .shared: !isExclusive
        case .exclusive: !isExclusive && sharedCount == 0
        }
    }
    mutating func take(_ lock: FileLock) {
        switch lock {
        case .none: break
        case .shared: sharedCount += 1
        case .exclusive: isExclusive = true
        }
    }
    mutating func give(_ lock: FileLock) {
        switch lock {
        case .none: break
        case .shared: sharedCount -= 1
        case .exclusive: isExclusive = false
        }
    }
}
