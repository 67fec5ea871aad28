package import Base
internal import Hardware
package import LinuxABI
package import Memory
package import Scheduler

/// How many messages a queue holds, and how long they may be (struct mq_attr).
package struct MessageQueueLimits: Sendable {
    package let messageCount: Int
    package let byteCount: Int
    package init(messageCount: Int, byteCount: Int) {
        self.messageCount = messageCount
        self.byteCount = byteCount
    }
    /// fs.mqueue.msg_default and msgsize_default.
    package static let standard = Self(messageCount: 10, byteCount: 8192)
    /// fs.mqueue.msg_max and msgsize_max, and what CAP_SYS_RESOURCE may have.
    package static let most = Self(messageCount: 10, byteCount: 8192)
    static let privileged = Self(messageCount: 65536, byteCount: 16 << 20)

    /// Bytes that count against RLIMIT_MSGQUEUE: those of the messages, and of what Linux keeps them in.
    fileprivate var chargedByteCount: Int {
        let structures = messageCount * 48 + min(messageCount, MessageQueueNode.priorityCount) * 48
        return messageCount * byteCount + structures
    }
    fileprivate func areWithin(_ other: Self) -> Bool {
        messageCount <= other.messageCount && byteCount <= other.byteCount
    }
}

/// The process that makes a call, as queues know it.
package protocol MessageQueueUser: AnyObject {
    var identifier: Int32 { get }
    /// The real user, whose queues count together.
    var queueOwner: UInt32 { get }
    /// RLIMIT_MSGQUEUE in bytes.
    var queueLimit: UInt64 { get }
    /// CAP_SYS_RESOURCE
    var mayExceedQueueLimits: Bool { get }
    /// Sends it the signal that it asked for, in the name of who sent the message.
    func notify(_ signal: Signal, value: UInt64, of sender: any MessageQueueUser)
}

/// What a process is told once when a message comes into an empty queue (mq_notify(3)).
package enum QueueNotification {
    /// SIGEV_NONE
    case none
    /// SIGEV_SIGNAL; `nil` for number 0, which is none.
    case signal(Signal?, value: UInt64)
}

/// A message in a queue.
package final class QueuedMessage {
    package let priority: UInt32
    package let bytes: FixedBuffer<UInt8>
    fileprivate var next: QueuedMessage?
    package init(priority: UInt32, _ bytes: consuming FixedBuffer<UInt8>) {
        self.priority = priority
        self.bytes = bytes
    }
}

/// The messages of one priority, oldest first.
private final class QueueLevel {
    let priority: UInt32
    var first: QueuedMessage?
    var last: QueuedMessage?
    /// The level below.
    var next: QueueLevel?
    init(priority: UInt32) { self.priority = priority }
}

/// A POSIX message queue (mq_overview(7)).
package final class MessageQueueNode: Node {
    /// MQ_PRIO_MAX
    package static let priorityCount = 32768
    /// fs.mqueue.queues_max
    package static let maximumCount = 256

    package let limits: MessageQueueLimits
    package private(set) var messageCount = 0
    private var queuedByteCount = 0
    private var highest: QueueLevel?
    private let queue = WaitQueue()
    private var receivers = QueueWaiters()
    private var senders = QueueWaiters()
    private var notification: (target: any MessageQueueUser, kind: QueueNotification)?
    private let account: QueueAccount

    /// EINVAL for limits that nobody may have, EMFILE beyond RLIMIT_MSGQUEUE, ENOMEM, ENOSPC beyond
    /// queues_max.
    init(
        in fileSystem: FileSystem, mode: FileMode, owner: UInt32, group: UInt32,
        _ wanted: MessageQueueLimits?, by user: any MessageQueueUser
    ) throws(Errno) {
        let mayExceed = user.mayExceedQueueLimits
        guard QueueAccount.queueCount < Self.maximumCount || mayExceed else { throw .noSpace }
        limits = wanted ?? .standard
        guard limits.messageCount > 0, limits.byteCount > 0,
            limits.areWithin(mayExceed ? .privileged : .most)
        else { throw .invalidArgument }
        let account = try QueueAccount.of(user.queueOwner)
        try account.charge(limits.chargedByteCount, limit: user.queueLimit)
        self.account = account
        super.init(.regular, in: fileSystem, mode: mode, owner: owner, group: group)
    }
    deinit {
        account.release(limits.chargedByteCount)
        // One after the other: the chains' own release would recurse.
        while let level = highest {
            while let message = level.first { level.first = message.next }
            highest = level.next
        }
    }

    // MARK: As a file

    /// FILENT_SIZE
    package override var byteCount: Int64 { 80 }
    package override var isSeekable: Bool { true }
    package override var isPollable: Bool { true }
    package override var waiters: WaitQueue? { queue }
    override func readiness(_ file: OpenFile) -> Readiness {
        var readiness: Readiness = []
        if messageCount > 0 { readiness.formUnion([.readable, .normalReadable]) }
        if messageCount < limits.messageCount {
            readiness.formUnion([.writable, .normalWritable])
        }
        return readiness
    }
    /// The state of the queue, as text.
    override func read(
        _ file: OpenFile, at offset: Int64, count: Int, to address: VirtualAddress,
        _ blocking: Blocking
    ) throws(Errno) -> Int {
        var storage = InlineArray<80, UInt8>(repeating: 0)
        let length = writeState(to: &storage)
        guard offset >= 0, offset < length else { return 0 }
        let end = min(Int(offset) + count, length)
        try ProgramMemory.copyOut(storage.span.raw.extracting(Int(offset)..<end), to: address)
        return end - Int(offset)
    }
    private func writeState(to storage: inout InlineArray<80, UInt8>) -> Int {
        var numbers = (kind: UInt64(0), signal: UInt64(0), process: UInt64(0))
        if let notification {
            numbers.process = UInt64(notification.target.identifier)
            switch notification.kind {
            case .none: numbers.kind = 1
            case .signal(let signal, _): numbers.signal = UInt64(signal?.rawValue ?? 0)
            }
        }
        var span = storage.mutableSpan
        var text = TextBuffer(into: span.mutableRaw)
        func field(_ name: StaticString, _ value: UInt64, _ width: Int, _ text: inout TextBuffer) {
            text.append(name)
            let start = text.byteCount
            text.append(value)
            text.append(repeating: 0x20, count: width - (text.byteCount - start))
        }
        field("QSIZE:", UInt64(queuedByteCount), 10, &text)
        field(" NOTIFY:", numbers.kind, 5, &text)
        field(" SIGNO:", numbers.signal, 5, &text)
        field(" NOTIFY_PID:", numbers.process, 6, &text)
        text.append("\n")
        return text.writtenCount
    }
    /// A process that closes any descriptor of the queue is told of nothing more.
    override func descriptorClosed(_ file: OpenFile) {
        guard let notification, notification.target === Self.user else { return }
        self.notification = nil
    }

    // MARK: Messages

    private func insert(_ message: QueuedMessage) throws(Errno) {
        var above: QueueLevel?
        var level = highest
        while let current = level, current.priority > message.priority {
            above = current
            level = current.next
        }
        let place: QueueLevel
        if let level, level.priority == message.priority {
            place = level
        } else {
            try KernelReserve.admit()
            place = QueueLevel(priority: message.priority)
            place.next = level
            if let above { above.next = place } else { highest = place }
        }
        if let last = place.last { last.next = message } else { place.first = message }
        place.last = message
        messageCount += 1
        queuedByteCount += message.bytes.count
    }
    /// The oldest message of the highest priority. Precondition: there is one.
    private func takeFirst() -> QueuedMessage? {
        guard let level = highest, let message = level.first else { return nil }
        level.first = message.next
        message.next = nil
        if level.first == nil { highest = level.next }
        messageCount -= 1
        queuedByteCount -= message.bytes.count
        return message
    }

    /// Sends a message, to who waits for one or into the queue (mq_timedsend(2)). EAGAIN, ENOMEM,
    /// ETIMEDOUT at `deadline`, which is monotonic, a restart.
    package func send(
        _ message: QueuedMessage, until deadline: Nanoseconds?, _ blocking: Blocking
    ) throws(Errno) {
        guard messageCount < limits.messageCount else {
            guard blocking == .blocking else { throw .tryAgain }
            try KernelReserve.admit()
            let waiter = QueueWaiter(message)
            senders.add(waiter)
            return try wait(waiter, until: deadline) { self.senders.remove(waiter) }
        }
        touchModified()
        if let receiver = receivers.takeFirst() { return receiver.finish(message) }
        try insert(message)
        tellOfFirst()
        queue.wake([.readable])
    }
    /// Takes the oldest message of the highest priority, or waits for one. As `send`.
    package func receive(
        until deadline: Nanoseconds?, _ blocking: Blocking
    ) throws(Errno) -> QueuedMessage {
        guard let message = takeFirst() else {
            guard blocking == .blocking else { throw .tryAgain }
            try KernelReserve.admit()
            let waiter = QueueWaiter(nil)
            receivers.add(waiter)
            try wait(waiter, until: deadline) { self.receivers.remove(waiter) }
            guard let message = waiter.message else { throw .tryAgain }
            return message
        }
        touchModified()
        if let sender = senders.takeFirst(), let message = sender.message {
            do throws(Errno) {
                try insert(message)
                sender.finish(message)
            } catch {
                // Without room for its priority it goes on waiting.
                senders.add(sender)
            }
        } else {
            queue.wake([.writable])
        }
        return message
    }
    private func wait(
        _ waiter: QueueWaiter, until deadline: Nanoseconds?, _ giveUp: () -> Void
    ) throws(Errno) {
        let outcome = Wait.until(deadline: deadline, on: .queue(waiter.queue)) { waiter.isDone }
        guard !waiter.isDone else { return }
        giveUp()
        throw outcome == .timedOut ? .timedOut : .restart
    }

    // MARK: Notification

    private static let currentUser = Global<(() -> any MessageQueueUser)?>(nil)
    /// Says who makes system calls.
    package static func setUser(_ user: @escaping () -> any MessageQueueUser) {
        currentUser.value = user
    }
    static var user: (any MessageQueueUser)? { currentUser.value?() }

    /// Asks for, or with `nil` gives up, being told once of a message in the empty queue. EBUSY.
    package func setNotification(
        _ kind: QueueNotification?, for user: any MessageQueueUser
    ) throws(Errno) {
        guard let kind else {
            if let notification, notification.target === user { self.notification = nil }
            return
        }
        guard notification == nil else { throw .busy }
        notification = (user, kind)
    }
    private func tellOfFirst() {
        guard messageCount == 1, let notification else { return }
        self.notification = nil
        guard case .signal(let signal?, let value) = notification.kind, let sender = Self.user
        else { return }
        notification.target.notify(signal, value: value, of: sender)
    }
}

/// A thread that waits for a message, or for room for its own.
private final class QueueWaiter {
    private(set) var message: QueuedMessage?
    private(set) var isDone = false
    let queue = WaitQueue()
    /// Who goes first: the real-time priority, then the nice value.
    let rank: Int32
    var next: QueueWaiter?

    init(_ message: QueuedMessage?) {
        self.message = message
        let share = Thread.current?.share
        rank = (share?.effectivePriority ?? 0) * 40 - (share?.nice ?? 0)
    }
    func finish(_ message: QueuedMessage) {
        self.message = message
        isDone = true
        queue.wake()
    }
}

/// Threads that wait, the highest rank first and of one rank the oldest.
private struct QueueWaiters {
    private var first: QueueWaiter?

    mutating func add(_ waiter: QueueWaiter) {
        var before: QueueWaiter?
        var place = first
        while let current = place, current.rank >= waiter.rank {
            before = current
            place = current.next
        }
        waiter.next = place
        if let before { before.next = waiter } else { first = waiter }
    }
    mutating func takeFirst() -> QueueWaiter? {
        guard let waiter = first else { return nil }
        first = waiter.next
        waiter.next = nil
        return waiter
    }
    mutating func remove(_ waiter: QueueWaiter) {
        var before: QueueWaiter?
        var place = first
        while let current = place, current !== waiter {
            before = current
            place = current.next
        }
        guard place != nil else { return }
        if let before { before.next = waiter.next } else { first = waiter.next }
        waiter.next = nil
    }
}

/// What a user's queues take of RLIMIT_MSGQUEUE.
private final class QueueAccount {
    private let user: UInt32
    private var byteCount = 0
    private var next: QueueAccount?
    private static let first = Global<QueueAccount?>(nil)
    private static let count = Global(0)
    /// The queues that there are.
    static var queueCount: Int { count.value }

    private init(_ user: UInt32) { self.user = user }
    /// A user's. ENOMEM.
    static func of(_ user: UInt32) throws(Errno) -> QueueAccount {
        var account = first.value
        while let current = account, current.user != user { account = current.next }
        if let account { return account }
        try KernelReserve.admit()
        let new = QueueAccount(user)
        new.next = first.value
        first.value = new
        return new
    }
    /// EMFILE
    func charge(_ byteCount: Int, limit: UInt64) throws(Errno) {
        guard UInt64(self.byteCount + byteCount) <= limit else { throw .tooManyFiles }
        self.byteCount += byteCount
        Self.count.value += 1
    }
    func release(_ byteCount: Int) {
        self.byteCount -= byteCount
        Self.count.value -= 1
    }
}

extension OpenFile {
    /// The queue that the file is open on.
    package var messageQueue: MessageQueueNode? { node as? MessageQueueNode }
}
