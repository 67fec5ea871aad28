internal import Base
package import LinuxABI

/// All queues of messages (svipc(7)).
package final class MessageQueues {
    /// kernel.msgmax and msgmnb in bytes, msgmni.
    package static let maximumByteCount = 8192
    package static let standardCapacity = 16384
    package static let maximumQueues = 32000

    private let table = IPCTable<MessageQueue>()
    package init() {}

    package var count: Int { table.count }
    /// -1: none.
    package var highestIndex: Int { table.highestIndex }
    package func forEach(_ body: (MessageQueue) -> Void) { table.forEach(body) }

    /// Finds or makes a queue; returns its identifier (msgget(2)). EACCES, EEXIST, ENOENT, ENOMEM, ENOSPC.
    package func get(
        key: Int32, _ flags: IPCGetFlags, by caller: IPCCaller
    ) throws(Errno) -> Int32 {
        try table.get(key: key, flags, by: caller) { _ in
            true
        } make: { () throws(Errno) in
            try admitObject()
            let queue = MessageQueue(
                IPCPermission(key: key, mode: flags.mode, by: caller),
                capacity: UInt64(Self.standardCapacity))
            try table.add(queue, limit: Self.maximumQueues)
            return queue
        }
    }
    /// The queue of an identifier. EINVAL.
    package func find(_ identifier: Int32) throws(Errno) -> MessageQueue {
        try table.find(identifier)
    }
    /// The queue that msgctl(2) tells about. EACCES, EINVAL.
    package func find(_ name: IPCName, by caller: IPCCaller) throws(Errno) -> MessageQueue {
        try table.find(name, by: caller)
    }
    /// IPC_RMID: whoever waits gets EIDRM. EINVAL, EPERM.
    package func remove(_ identifier: Int32, by caller: IPCCaller) throws(Errno) {
        let queue = try table.find(identifier)
        try queue.permission.requireControl(caller)
        table.remove(queue)
        queue.end()
    }
}
