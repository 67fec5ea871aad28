internal import Base
package import LinuxABI

/// All sets of semaphores (svipc(7)).
package final class Semaphores {
    /// kernel.sem: SEMMSL, SEMMNS, SEMOPM, SEMMNI.
    package static let maximumPerSet = 32000
    package static let maximumCount = 1_024_000_000
    package static let maximumOperations = 500
    package static let maximumSets = 32000

    private let table = IPCTable<SemaphoreSet>()
    /// Semaphores of all sets.
    package private(set) var semaphoreCount = 0
    package init() {}

    package var count: Int { table.count }
    /// -1: none.
    package var highestIndex: Int { table.highestIndex }
    package func forEach(_ body: (SemaphoreSet) -> Void) { table.forEach(body) }

    /// Finds or makes a set; returns its identifier (semget(2)). EACCES, EEXIST, EINVAL, ENOENT, ENOMEM,
    /// ENOSPC.
    package func get(
        key: Int32, count: Int32, _ flags: IPCGetFlags, by caller: IPCCaller
    ) throws(Errno) -> Int32 {
        guard count >= 0, count <= Self.maximumPerSet else { throw .invalidArgument }
        return try table.get(key: key, flags, by: caller) {
            $0.count >= count
        } make: {
            () throws(Errno) in
            guard count > 0 else { throw .invalidArgument }
            guard semaphoreCount + Int(count) <= Self.maximumCount else { throw .noSpace }
            try admitObject()
            let set = try SemaphoreSet(
                IPCPermission(key: key, mode: flags.mode, by: caller), count: Int(count))
            try table.add(set, limit: Self.maximumSets)
            semaphoreCount += Int(count)
            return set
        }
    }
    /// The set of an identifier. EINVAL.
    package func find(_ identifier: Int32) throws(Errno) -> SemaphoreSet {
        try table.find(identifier)
    }
    /// The set that semctl(2) tells about. EACCES, EINVAL.
    package func find(_ name: IPCName, by caller: IPCCaller) throws(Errno) -> SemaphoreSet {
        try table.find(name, by: caller)
    }
    /// IPC_RMID: whoever waits gets EIDRM. EINVAL, EPERM.
    package func remove(_ identifier: Int32, by caller: IPCCaller) throws(Errno) {
        let set = try table.find(identifier)
        try set.permission.requireControl(caller)
        semaphoreCount -= set.count
        table.remove(set)
        set.end()
    }
}
