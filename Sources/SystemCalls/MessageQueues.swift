internal import Base
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes

// System V message queues (svipc(7)).
extension SystemCalls {
    /// Flags of msgsnd(2) and msgrcv(2) (linux/msg.h).
    private struct MessageCallFlags: OptionSet {
        let rawValue: Int32
        /// IPC_NOWAIT
        static let doNotWait = Self(rawValue: 0o4000)
        /// MSG_NOERROR
        static let cut = Self(rawValue: 0o10000)
        /// MSG_EXCEPT
        static let except = Self(rawValue: 0o20000)
        /// MSG_COPY
        static let copy = Self(rawValue: 0o40000)
        var waiting: IPCWaiting { contains(.doNotWait) ? .refused : .allowed }
    }
    /// Where the bytes of a struct msgbuf begin, behind the type.
    private static let textOffset: UInt64 = 8

    /// msgget(2): Finds or makes a queue of messages. Errors: EACCES, EEXIST, ENOENT, ENOMEM, ENOSPC.
    static func msgget(_ caller: Caller, key: Int32, flags: Int32) throws(Errno) -> Int {
        Int(
            try IPC.messageQueues.get(
                key: key, IPCGetFlags(rawValue: flags), by: caller.process.ipcCaller))
    }

    /// msgsnd(2): Sends a message. Errors: EACCES, EAGAIN, EFAULT, EIDRM, EINTR, EINVAL, ENOMEM.
    static func msgsnd(
        _ caller: Caller, identifier: Int32, message: VirtualAddress, size: Int, flags: Int32
    ) throws(Errno) -> Int {
        let type = try ProgramMemory.load(Int64.self, at: message)
        guard (0...MessageQueues.maximumByteCount).contains(size), identifier >= 0, type >= 1 else {
            throw .invalidArgument
        }
        try KernelReserve.admit()
        guard var bytes = FixedBuffer<UInt8>(count: size, repeating: 0) else { throw .outOfMemory }
        let text = try message.field(textOffset)
        try bytes.withMutableBytes { (bytes) throws(Errno) in
            try ProgramMemory.copyIn(from: text, into: &bytes)
        }
        let queue = try IPC.messageQueues.find(identifier)
        try queue.send(
            Message(type: type, bytes), MessageCallFlags(rawValue: flags).waiting,
            by: caller.process.ipcCaller)
        return 0
    }

    /// msgrcv(2): Receives a message. Errors: E2BIG, EACCES, EFAULT, EIDRM, EINTR, EINVAL, ENOMEM,
    /// ENOMSG.
    static func msgrcv(
        _ caller: Caller, identifier: Int32, message buffer: VirtualAddress, size: Int,
        type: Int64, flags rawFlags: Int32
    ) throws(Errno) -> Int {
        let flags = MessageCallFlags(rawValue: rawFlags)
        guard identifier >= 0, size >= 0 else { throw .invalidArgument }
        if flags.contains(.copy) {
            guard flags.contains(.doNotWait), !flags.contains(.except) else {
                throw .invalidArgument
            }
        }
        let choice: MessageChoice =
            flags.contains(.copy)
            ? .number(type)
            : type == 0
                ? .first
                : type < 0
                    ? .lowest(upTo: type == .min ? .max : -type)
                    : flags.contains(.except) ? .notOfType(type) : .ofType(type)
        let queue = try IPC.messageQueues.find(identifier)
        let message = try queue.receive(
            choice, capacity: size, flags.contains(.cut) ? .cut : .whole, flags.waiting,
            by: caller.process.ipcCaller)
        if flags.contains(.copy), message.byteCount > size { throw .invalidArgument }
        try ProgramMemory.store(message.type, at: buffer)
        let count = min(size, message.byteCount)
        let text = try buffer.field(textOffset)
        try message.bytes.withBytes { (bytes) throws(Errno) in
            try ProgramMemory.copyOut(bytes.extracting(first: count), to: text)
        }
        return count
    }

    private enum MessageQueueCommand: Int32 {
        case remove = 0
        case set = 1
        case status = 2
        case limits = 3
        case statusOfIndex = 11
        case usage = 12
        case statusOfAnyIndex = 13
    }

    /// msgctl(2): Tells about, changes or removes a queue. Errors: EACCES, EFAULT, EINVAL, ENOMEM, EPERM.
    static func msgctl(
        _ caller: Caller, identifier: Int32, command rawCommand: Int32, buffer: VirtualAddress
    ) throws(Errno) -> Int {
        guard identifier >= 0, let command = MessageQueueCommand(rawValue: rawCommand) else {
            throw .invalidArgument
        }
        let queues = try IPC.messageQueues
        let user = caller.process.ipcCaller
        switch command {
        case .limits: return try tell(queues, usage: false, at: buffer)
        case .usage: return try tell(queues, usage: true, at: buffer)
        case .status: return try tell(queues, .identifier(identifier), user, at: buffer)
        case .statusOfIndex: return try tell(queues, .index(identifier), user, at: buffer)
        case .statusOfAnyIndex: return try tell(queues, .anyIndex(identifier), user, at: buffer)
        case .set:
            let record = try ProgramMemory.loadPermission(
                at: buffer, of: MessageQueueRecord.byteCount)
            let place = try buffer.field(UInt64(MessageQueueRecord.capacityOffset))
            let capacity = try ProgramMemory.load(UInt64.self, at: place)
            try queues.find(identifier).change(to: record, capacity: capacity, by: user)
        case .remove: try queues.remove(identifier, by: user)
        }
        return 0
    }
    private static func tell(
        _ queues: MessageQueues, _ name: IPCName, _ user: IPCCaller, at buffer: VirtualAddress
    ) throws(Errno) -> Int {
        let queue = try queues.find(name, by: user)
        return try ProgramMemory.tell(
            queue, by: name, MessageQueueRecord.byteCount, at: buffer
        ) { queue.record.encode(into: &$0) }
    }
    /// struct msginfo
    private static func tell(
        _ queues: MessageQueues, usage: Bool, at buffer: VirtualAddress
    ) throws(Errno) -> Int {
        var (messageCount, byteCount) = (0, 0)
        if usage {
            queues.forEach {
                messageCount += $0.messageCount
                byteCount += $0.byteCount
            }
        }
        let standard = Int32(MessageQueues.standardCapacity)
        let most = Int32(MessageQueues.maximumQueues)
        // What is left of a time when these were limits: msgpool, msgmap, msgssz, msgtql, msgseg.
        let (poolKilobytes, segmentSize, segments): (Int32, Int32, Int32) =
            (most * (standard / 1024), 16, 0xffff)
        try ProgramMemory.storeWords(
            [
                usage ? Int32(queues.count) : poolKilobytes,
                usage ? Int32(messageCount) : standard, Int32(MessageQueues.maximumByteCount),
                standard, most, segmentSize, usage ? Int32(clamping: byteCount) : standard,
                segments,
            ], at: buffer)
        return max(queues.highestIndex, 0)
    }
}
