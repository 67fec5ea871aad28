internal import Base
package import LinuxABI
package import Memory
internal import Scheduler

/// A message with its type, which is at least 1 (msgop(2)).
package final class Message {
    package let type: Int64
    package let bytes: FixedBuffer<UInt8>
    fileprivate var next: Message?
    package init(type: Int64, _ bytes: consuming FixedBuffer<UInt8>) {
        self.type = type
        self.bytes = bytes
    }
    package var byteCount: Int { bytes.count }
}

/// Which message msgrcv(2) takes.
package enum MessageChoice: Equatable, Sendable {
    case first
    case ofType(Int64)
    /// MSG_EXCEPT
    case notOfType(Int64)
    /// The first of the lowest type, up to this one.
    case lowest(upTo: Int64)
    /// MSG_COPY: the n-th.
    case number(Int64)

    fileprivate func takes(_ message: Message) -> Bool {
        switch self {
        case .first, .number: true
        case .ofType(let type): message.type == type
        case .notOfType(let type): message.type != type
        case .lowest(let type): message.type <= type
        }
    }
}

/// A call that waits for a message.
private final class WaitingReceiver {
    let choice: MessageChoice
    /// Bytes of the longest message that it takes.
    let capacity: Int
    /// Its thread's number, which Linux tells as the process's (pipelined_send).
    let thread: Int32
    var answer: Answer?
    let queue = WaitQueue()
    var next: WaitingReceiver?
    var previous: WaitingReceiver?

    enum Answer {
        case message(Message)
        case failed(Errno)
        /// Permissions changed: it looks again.
        case lookAgain
    }
    init(_ choice: MessageChoice, capacity: Int, thread: Int32) {
        self.choice = choice
        self.capacity = capacity
        self.thread = thread
    }
}

/// A call that waits for room.
private final class WaitingSender {
    let byteCount: Int
    var isWoken = false
    let queue = WaitQueue()
    var next: WaitingSender?
    var previous: WaitingSender?
    init(byteCount: Int) { self.byteCount = byteCount }
}

/// A queue of messages (msgget(2)).
package final class MessageQueue: IPCObject {
    private var first: Message?
    private var last: Message?
    package private(set) var byteCount = 0
    package private(set) var messageCount = 0
    /// msg_qbytes: the most bytes, and the most messages, that fit.
    private var capacity: UInt64
    /// Seconds since 1970; 0: never.
    private var sendTime: Int64 = 0
    private var receiveTime: Int64 = 0
    /// Process numbers; 0: none.
    private var lastSender: Int32 = 0
    private var lastReceiver: Int32 = 0
    private var firstReceiver: WaitingReceiver?
    private var lastReceiverWaiting: WaitingReceiver?
    private var firstSender: WaitingSender?
    private var lastSenderWaiting: WaitingSender?

    init(_ permission: IPCPermission, capacity: UInt64) {
        self.capacity = capacity
        super.init(permission)
    }
    deinit { dropMessages() }

    /// As msgctl(2) tells it.
    package var record: MessageQueueRecord {
        var record = MessageQueueRecord()
        record.permission = permission.record
        record.sendTime = sendTime
        record.receiveTime = receiveTime
        record.changeTime = changeTime
        record.byteCount = UInt64(byteCount)
        record.messageCount = UInt64(messageCount)
        record.capacity = capacity
        record.lastSender = lastSender
        record.lastReceiver = lastReceiver
        return record
    }

    // MARK: Sending

    private func fits(_ byteCount: Int) -> Bool {
        UInt64(byteCount + self.byteCount) <= capacity && UInt64(messageCount) < capacity
    }
    /// Sends a message, to who waits for such a one or into the queue, where that has room. EACCES,
    /// EAGAIN where it has none and the call must not wait, EIDRM, ENOMEM, a restart.
    package func send(
        _ message: Message, _ waiting: IPCWaiting, by caller: IPCCaller
    ) throws(Errno) {
        while true {
            try permission.require(.write, caller)
            guard !isRemoved else { throw .identifierRemoved }
            guard !fits(message.byteCount) else { break }
            guard waiting == .allowed else { throw .tryAgain }
            try waitForRoom(message.byteCount)
        }
        lastSender = caller.process
        sendTime = Self.now()
        guard !handOver(message) else { return }
        if let last { last.next = message } else { first = message }
        last = message
        byteCount += message.byteCount
        messageCount += 1
    }
    private func waitForRoom(_ byteCount: Int) throws(Errno) {
        try admitObject()
        let sender = WaitingSender(byteCount: byteCount)
        add(sender)
        let outcome = Wait.until(on: .queue(sender.queue)) { sender.isWoken }
        remove(sender)
        guard !isRemoved else { throw .identifierRemoved }
        guard outcome != .interrupted else { throw .restartUnlessHandled }
    }
    /// Gives a message to the first who waits for such a one; whoever is too small for it gets an
    /// error on the way (pipelined_send). Returns whether somebody took it.
    private func handOver(_ message: Message) -> Bool {
        var receiver = firstReceiver
        while let current = receiver {
            receiver = current.next
            guard current.choice.takes(message) else { continue }
            guard current.capacity >= message.byteCount else {
                answer(current, .failed(.argumentListTooLong))
                continue
            }
            lastReceiver = current.thread
            receiveTime = Self.now()
            answer(current, .message(message))
            return true
        }
        return false
    }
    private func answer(_ receiver: WaitingReceiver, _ answer: WaitingReceiver.Answer) {
        remove(receiver)
        receiver.answer = answer
        receiver.queue.wake()
    }
    /// Wakes those whose message fits now, oldest first; the others go to the end (ss_wakeup).
    private func wakeSenders() {
        var stop: WaitingSender?
        var sender = firstSender
        while let current = sender, current !== stop {
            sender = current.next
            guard fits(current.byteCount) else {
                if stop == nil { stop = current }
                remove(current)
                add(current)
                // The last one has none behind it but itself.
                if sender == nil { break }
                continue
            }
            current.isWoken = true
            current.queue.wake()
        }
    }

    // MARK: Receiving

    /// Takes a message, or with `.number` tells it. E2BIG for one that is longer than `capacity` unless
    /// it is to be cut, EACCES, EIDRM, ENOMEM, ENOMSG where there is none and the call must not wait, a
    /// restart.
    package func receive(
        _ choice: MessageChoice, capacity: Int, _ length: MessageLength, _ waiting: IPCWaiting,
        by caller: IPCCaller
    ) throws(Errno) -> Message {
        while true {
            try permission.require(.read, caller)
            guard !isRemoved else { throw .identifierRemoved }
            if let (message, before) = find(choice) {
                guard message.byteCount <= capacity || length == .cut else {
                    throw .argumentListTooLong
                }
                if case .number = choice { return message }
                take(message, behind: before)
                receiveTime = Self.now()
                lastReceiver = caller.process
                wakeSenders()
                return message
            }
            guard waiting == .allowed else { throw .noMessage }
            try admitObject()
            let receiver = WaitingReceiver(
                choice, capacity: length == .cut ? .max : capacity, thread: caller.thread)
            add(receiver)
            let outcome = Wait.until(on: .queue(receiver.queue)) { receiver.answer != nil }
            switch receiver.answer {
            case .message(let message): return message
            case .failed(let error): throw error
            case .lookAgain: break
            case nil: remove(receiver)
            }
            guard outcome != .interrupted else { throw .restartUnlessHandled }
        }
    }
    private func find(_ choice: MessageChoice) -> (message: Message, before: Message?)? {
        var choice = choice
        var found: (message: Message, before: Message?)?
        var number: Int64 = 0
        var before: Message?
        var message = first
        while let current = message {
            if choice.takes(current) {
                switch choice {
                case .lowest where current.type > 1:
                    found = (current, before)
                    choice = .lowest(upTo: current.type - 1)
                case .number(let wanted) where wanted != number: break
                case .first, .ofType, .notOfType, .lowest, .number: return (current, before)
                }
                number += 1
            }
            before = current
            message = current.next
        }
        return found
    }
    private func take(_ message: Message, behind before: Message?) {
        if let before { before.next = message.next } else { first = message.next }
        if last === message { last = before }
        message.next = nil
        byteCount -= message.byteCount
        messageCount -= 1
    }

    // MARK: msgctl(2)

    /// IPC_SET. EINVAL, EPERM.
    package func change(
        to record: IPCPermissionRecord, capacity: UInt64, by caller: IPCCaller
    ) throws(Errno) {
        try permission.requireControl(caller)
        guard
            capacity <= UInt64(MessageQueues.standardCapacity)
                || caller.credentials.has(.systemResource)
        else { throw .operationNotPermitted }
        try change(to: record, by: caller)
        self.capacity = capacity
        while let receiver = firstReceiver { answer(receiver, .lookAgain) }
        wakeSenders()
    }
    /// Ends all waits for a queue that was removed, and its messages.
    func end() {
        while let receiver = firstReceiver { answer(receiver, .failed(.identifierRemoved)) }
        var sender = firstSender
        while let current = sender {
            sender = current.next
            current.isWoken = true
            current.queue.wake()
        }
        dropMessages()
    }
    /// One after the other: the chain's own release would recurse.
    private func dropMessages() {
        while let message = first {
            first = message.next
            message.next = nil
        }
        last = nil
        byteCount = 0
        messageCount = 0
    }

    // MARK: Who waits

    private func add(_ receiver: WaitingReceiver) {
        receiver.previous = lastReceiverWaiting
        if let end = lastReceiverWaiting { end.next = receiver } else { firstReceiver = receiver }
        lastReceiverWaiting = receiver
    }
    private func remove(_ receiver: WaitingReceiver) {
        let (before, after) = (receiver.previous, receiver.next)
        if let before { before.next = after } else { firstReceiver = after }
        if let after { after.previous = before } else { lastReceiverWaiting = before }
        receiver.previous = nil
        receiver.next = nil
    }
    private func add(_ sender: WaitingSender) {
        sender.previous = lastSenderWaiting
        if let end = lastSenderWaiting { end.next = sender } else { firstSender = sender }
        lastSenderWaiting = sender
    }
    private func remove(_ sender: WaitingSender) {
        let (before, after) = (sender.previous, sender.next)
        if let before { before.next = after } else { firstSender = after }
        if let after { after.previous = before } else { lastSenderWaiting = before }
        sender.previous = nil
        sender.next = nil
    }
}

/// Whether a call may wait: IPC_NOWAIT.
package enum IPCWaiting: Sendable {
    case allowed
    case refused
}
/// What becomes of a message that is too long: MSG_NOERROR.
package enum MessageLength: Sendable {
    case whole
    case cut
}
