internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes

// POSIX message queues (mq_overview(7)), which are files of a file system of their own.
extension SystemCalls {
    /// struct mq_attr: four longs and four spare ones.
    private enum Attributes {
        static let byteCount = 64
        static let messageCount: UInt64 = 8
        static let messageSize: UInt64 = 16
    }

    /// mq_open(2): Opens a message queue by name, or makes it. Errors: EACCES, EEXIST, EFAULT, EINVAL,
    /// EMFILE, ENAMETOOLONG, ENOENT, ENOMEM, ENOSPC.
    static func mqOpen(
        _ caller: Caller, name: VirtualAddress, flags: Int32, mode: UInt32,
        attributes: VirtualAddress
    ) throws(Errno) -> Int {
        var limits: MessageQueueLimits?
        if !attributes.isNull {
            _ = try ProgramMemory.load(UInt64.self, at: attributes)
            _ = try ProgramMemory.load(
                UInt64.self, at: try attributes.field(UInt64(Attributes.byteCount - 8)))
            limits = MessageQueueLimits(
                messageCount: try ProgramMemory.load(
                    Int.self, at: try attributes.field(Attributes.messageCount)),
                byteCount: try ProgramMemory.load(
                    Int.self, at: try attributes.field(Attributes.messageSize)))
        }
        return try caller.withPath(at: name) { name throws(Errno) in
            guard name.byteCount > 0 else { throw .noSuchFile }
            try caller.requireDescriptor()
            let file = try caller.files.openMessageQueue(
                name, OpenFlags(rawValue: flags), mode: FileMode(rawValue: mode), limits)
            return try caller.install(file, .closeOnExec)
        }
    }

    /// mq_unlink(2): Removes the name of a message queue. Errors: EACCES, EFAULT, ENAMETOOLONG, ENOENT,
    /// ENOMEM, EPERM.
    static func mqUnlink(_ caller: Caller, name: VirtualAddress) throws(Errno) -> Int {
        try caller.withPath(at: name) { name throws(Errno) in
            try caller.files.unlinkMessageQueue(name)
        }
        return 0
    }

    /// When a call gives up waiting, of a time on the real-time clock. EFAULT, EINVAL.
    private static func deadline(_ timeout: VirtualAddress) throws(Errno) -> Nanoseconds? {
        guard !timeout.isNull else { return nil }
        return ClockName.realtime.monotonic(of: try ProgramMemory.loadTime(at: timeout))
    }
    /// The queue of a descriptor. EBADF.
    private static func queue(
        _ caller: Caller, _ descriptor: Int32
    ) throws(Errno) -> (MessageQueueNode, OpenFile) {
        let file = try caller.file(descriptor)
        guard let queue = file.messageQueue else { throw .badDescriptor }
        return (queue, file)
    }

    /// mq_timedsend(2): Sends a message with a priority. Errors: EAGAIN, EBADF, EFAULT, EINTR, EINVAL,
    /// EMSGSIZE, ENOMEM, ETIMEDOUT.
    static func mqTimedsend(
        _ caller: Caller, descriptor: Int32, message: VirtualAddress, size: UInt,
        priority: UInt32, timeout: VirtualAddress
    ) throws(Errno) -> Int {
        let deadline = try deadline(timeout)
        guard priority < MessageQueueNode.priorityCount else { throw .invalidArgument }
        let (queue, file) = try queue(caller, descriptor)
        guard file.flags.allowsWriting else { throw .badDescriptor }
        guard size <= queue.limits.byteCount else { throw .messageTooLong }
        try KernelReserve.admit()
        guard var bytes = FixedBuffer<UInt8>(count: Int(size), repeating: 0) else {
            throw .outOfMemory
        }
        try bytes.withMutableBytes { (bytes) throws(Errno) in
            try ProgramMemory.copyIn(from: message, into: &bytes)
        }
        let queued = QueuedMessage(priority: priority, bytes)
        try caller.holding(file) { () throws(Errno) in
            try queue.send(queued, until: deadline, file.blocking)
        }
        return 0
    }

    /// mq_timedreceive(2): Takes the oldest message of the highest priority. Errors: EAGAIN, EBADF, EFAULT,
    /// EINTR, EINVAL, EMSGSIZE, ENOMEM, ETIMEDOUT.
    static func mqTimedreceive(
        _ caller: Caller, descriptor: Int32, message buffer: VirtualAddress, size: UInt,
        priority: VirtualAddress, timeout: VirtualAddress
    ) throws(Errno) -> Int {
        let deadline = try deadline(timeout)
        let (queue, file) = try queue(caller, descriptor)
        guard file.flags.allowsReading else { throw .badDescriptor }
        guard size >= queue.limits.byteCount else { throw .messageTooLong }
        let message = try caller.holding(file) { () throws(Errno) in
            try queue.receive(until: deadline, file.blocking)
        }
        if !priority.isNull { try ProgramMemory.store(message.priority, at: priority) }
        try message.bytes.withBytes { (bytes) throws(Errno) in
            try ProgramMemory.copyOut(bytes, to: buffer)
        }
        return message.bytes.count
    }

    /// mq_notify(2): Asks to be told once of a message in an empty queue. SIGEV_THREAD needs a socket of
    /// netlink, of which there are none. Errors: EBADF, EBUSY, EFAULT, EINVAL, ENOTSOCK.
    static func mqNotify(
        _ caller: Caller, descriptor: Int32, event: VirtualAddress
    ) throws(Errno) -> Int {
        var kind: QueueNotification?
        if !event.isNull { kind = try notification(caller, at: event) }
        let (queue, _) = try queue(caller, descriptor)
        try queue.setNotification(kind, for: caller.process)
        return 0
    }
    private static func notification(
        _ caller: Caller, at event: VirtualAddress
    ) throws(Errno) -> QueueNotification {
        // struct sigevent: value, number, manner.
        let byteCount: UInt64 = 64
        _ = try ProgramMemory.load(UInt64.self, at: try event.field(byteCount - 8))
        let value = try ProgramMemory.load(UInt64.self, at: event)
        let number = try ProgramMemory.load(Int32.self, at: try event.field(8))
        switch try ProgramMemory.load(Int32.self, at: try event.field(12)) {
        case 0:  // SIGEV_SIGNAL
            guard number == 0 || Signal(rawValue: number) != nil else { throw .invalidArgument }
            return .signal(Signal(rawValue: number), value: value)
        case 1: return .none  // SIGEV_NONE
        case 2:  // SIGEV_THREAD: a cookie to be sent to a socket, whose descriptor the number is.
            let cookieByteCount: UInt64 = 32
            let cookie = VirtualAddress(rawValue: value)
            for offset in stride(from: 0, to: cookieByteCount, by: 8) {
                _ = try ProgramMemory.load(UInt64.self, at: try cookie.field(offset))
            }
            guard try caller.file(number).socket != nil else { throw .notSocket }
            throw .invalidArgument
        default: throw .invalidArgument
        }
    }

    /// mq_getsetattr(2): Tells a queue's attributes, and sets O_NONBLOCK. Errors: EBADF, EFAULT, EINVAL.
    static func mqGetsetattr(
        _ caller: Caller, descriptor: Int32, new: VirtualAddress, old: VirtualAddress
    ) throws(Errno) -> Int {
        let nonblocking = UInt64(OpenFlags.nonblocking.rawValue)
        var flags: UInt64?
        if !new.isNull {
            _ = try ProgramMemory.load(
                UInt64.self, at: try new.field(UInt64(Attributes.byteCount - 8)))
            let wanted = try ProgramMemory.load(UInt64.self, at: new)
            guard wanted & ~nonblocking == 0 else { throw .invalidArgument }
            flags = wanted
        }
        let (queue, file) = try queue(caller, descriptor)
        let before: UInt64 = file.flags.contains(.nonblocking) ? nonblocking : 0
        if let flags {
            if flags != 0 {
                file.flags.insert(.nonblocking)
            } else {
                file.flags.remove(.nonblocking)
            }
        }
        if !old.isNull {
            try ProgramMemory.storeWords(
                [
                    before, UInt64(queue.limits.messageCount), UInt64(queue.limits.byteCount),
                    UInt64(queue.messageCount), 0, 0, 0, 0,
                ], at: old)
        }
        return 0
    }
}
