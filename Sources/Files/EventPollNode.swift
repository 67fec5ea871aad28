package import Base
package import LinuxABI
internal import Memory
internal import Scheduler

/// One file that an epoll(7) instance watches, by the descriptor that named it.
package final class EventPollItem: WakeTarget {
    let file: OpenFile
    let descriptor: Int32
    package let poll: EventPollNode
    fileprivate(set) var events: EventPollEvents
    fileprivate(set) var data: UInt64
    fileprivate let waiter = Waiter()
    // Its places: among the instance's ready ones, among all of it, among the file's.
    fileprivate var isReady = false
    fileprivate var nextReady: EventPollItem?
    fileprivate var previousReady: EventPollItem?
    fileprivate var next: EventPollItem?
    fileprivate var previous: EventPollItem?
    fileprivate var nextOfFile: EventPollItem?

    fileprivate init(
        _ file: OpenFile, _ descriptor: Int32, of poll: EventPollNode, _ events: EventPollEvents,
        _ data: UInt64
    ) {
        self.file = file
        self.descriptor = descriptor
        self.poll = poll
        self.events = events
        self.data = data
    }
    /// What is true of the file, of what the program wants to know.
    fileprivate var readiness: Readiness {
        file.readiness.intersection(events.wanted)
    }
    package func woken(by happened: Readiness) -> Bool {
        // EPOLLONESHOT took the events away.
        guard !events.isDisarmed else { return false }
        guard happened.isEmpty || !happened.withSynonyms.isDisjoint(with: events.wanted) else {
            return false
        }
        let hadWaiter = poll.hasWaiter
        poll.becameReady(self)
        return hadWaiter
    }
}

/// An instance of epoll(7): watches files and lists those that something happened to.
///
/// Each item waits on its file's queue; a wake puts it into the list of ready ones. What a program is
/// told is what is true when it asks: an item of the list of which nothing is true any more leaves it
/// silently. A level-triggered item stays in the list as long as something is.
package final class EventPollNode: AnonymousNode {
    private var firstItem: EventPollItem?
    private var firstReady: EventPollItem?
    private var lastReady: EventPollItem?
    /// Threads in epoll_wait(2).
    private var waitingThreads = 0
    /// EP_MAX_NESTS: instances that may watch one another in a chain, but for the innermost.
    private static let maximumDepth = 4

    /// Items of all instances, and how many there may be (/proc/sys/fs/epoll/max_user_watches).
    private static let itemCount = Global(0)
    package static var maximumItemCount: Int {
        let linuxItemSize = 200
        return Frames.totalCount / 25 * Page.size / linuxItemSize
    }

    package override var canRead: Bool { false }
    package override var canWrite: Bool { false }
    override func control(
        _ file: OpenFile, _ request: UInt32, argument: UInt64
    ) throws(Errno) -> Int { throw .invalidArgument }

    // MARK: Watching

    private func item(_ file: OpenFile, _ descriptor: Int32) -> EventPollItem? {
        var item = file.watches
        while let current = item {
            if current.poll === self, current.descriptor == descriptor { return current }
            item = current.nextOfFile
        }
        return nil
    }
    /// Begins to watch (EPOLL_CTL_ADD). EEXIST, EINVAL, ELOOP, ENOMEM, ENOSPC.
    package func add(
        _ file: OpenFile, _ descriptor: Int32, _ events: EventPollEvents, _ data: UInt64
    ) throws(Errno) {
        if let inner = file.node as? EventPollNode {
            guard !events.contains(.exclusive) else { throw .invalidArgument }
            Self.visits.value += 1
            guard let depth = inner.depth(avoiding: self, 0),
                depth + 1 + height(0) <= Self.maximumDepth
            else { throw .tooManySymbolicLinks }
        }
        guard item(file, descriptor) == nil else { throw .fileExists }
        guard Self.itemCount.value < Self.maximumItemCount else { throw .noSpace }
        try KernelReserve.admit()
        let item = EventPollItem(file, descriptor, of: self, events, data)
        Self.itemCount.value += 1
        item.next = firstItem
        firstItem?.previous = item
        firstItem = item
        item.nextOfFile = file.watches
        file.watches = item
        // What has no queue never changes.
        file.node.waiters?.add(
            item.waiter, for: item, events.contains(.exclusive) ? .exclusive : .everyone)
        lookAt(item)
    }
    /// Changes what is watched for (EPOLL_CTL_MOD). EINVAL, ENOENT.
    package func modify(
        _ file: OpenFile, _ descriptor: Int32, _ events: EventPollEvents, _ data: UInt64
    ) throws(Errno) {
        guard let item = item(file, descriptor) else { throw .noSuchFile }
        guard !item.events.contains(.exclusive) else { throw .invalidArgument }
        item.events = events
        item.data = data
        lookAt(item)
    }
    private func lookAt(_ item: EventPollItem) {
        if !item.isReady, !item.readiness.isEmpty { becameReady(item) }
    }
    /// Ends watching (EPOLL_CTL_DEL). ENOENT.
    package func remove(_ file: OpenFile, _ descriptor: Int32) throws(Errno) {
        guard let item = item(file, descriptor) else { throw .noSuchFile }
        remove(item)
    }
    func remove(_ item: EventPollItem) {
        item.waiter.stop()
        takeFromReady(item)
        if let previous = item.previous { previous.next = item.next } else { firstItem = item.next }
        item.next?.previous = item.previous
        item.next = nil
        item.previous = nil
        var before: EventPollItem?
        var here = item.file.watches
        while let current = here, current !== item {
            before = current
            here = current.nextOfFile
        }
        if let before {
            before.nextOfFile = item.nextOfFile
        } else {
            item.file.watches = item.nextOfFile
        }
        item.nextOfFile = nil
        Self.itemCount.value -= 1
    }
    override func closed(_ file: OpenFile) {
        while let item = firstItem { remove(item) }
        openFile = nil
    }

    /// Walks over instances so far, and when this one was last come by: by however many ways a walk
    /// leads here, it goes on from here once.
    private static let visits = Global<UInt64>(0)
    private var lastVisit: UInt64 = 0
    private var visitedDepth = 0

    /// How deep instances are nested in this one; `nil` where `other` is among them, or too many.
    private func depth(avoiding other: EventPollNode, _ level: Int) -> Int? {
        if self === other || level > Self.maximumDepth { return nil }
        if lastVisit == Self.visits.value { return visitedDepth }
        var deepest = 0
        var item = firstItem
        while let current = item {
            item = current.next
            guard let inner = current.file.node as? EventPollNode else { continue }
            guard let depth = inner.depth(avoiding: other, level + 1) else { return nil }
            deepest = max(deepest, depth + 1)
        }
        lastVisit = Self.visits.value
        visitedDepth = deepest
        return deepest
    }
    /// In how many instances, one within the other, this one is.
    private func height(_ level: Int) -> Int {
        guard level <= Self.maximumDepth else { return level }
        var highest = 0
        var item = openFile?.watches
        while let current = item {
            item = current.nextOfFile
            highest = max(highest, current.poll.height(level + 1) + 1)
        }
        return highest
    }
    /// The one open file of the instance; refers to it until it is closed.
    private var openFile: OpenFile?
    override func opened(_ file: OpenFile) { openFile = file }

    // MARK: What happened

    var hasWaiter: Bool { waitingThreads > 0 }

    fileprivate func becameReady(_ item: EventPollItem) {
        // Told again even where it is ready already: an outer instance may watch for the edge.
        if !item.isReady { append(item) }
        wake([.readable])
    }
    private func append(_ item: EventPollItem) {
        item.isReady = true
        item.previousReady = lastReady
        if let lastReady { lastReady.nextReady = item } else { firstReady = item }
        lastReady = item
    }
    private func prepend(_ item: EventPollItem) {
        item.isReady = true
        item.nextReady = firstReady
        if let firstReady { firstReady.previousReady = item } else { lastReady = item }
        firstReady = item
    }
    private func takeFromReady(_ item: EventPollItem) {
        guard item.isReady else { return }
        let (before, after) = (item.previousReady, item.nextReady)
        if let before { before.nextReady = after } else { firstReady = after }
        if let after { after.previousReady = before } else { lastReady = before }
        item.nextReady = nil
        item.previousReady = nil
        item.isReady = false
    }
    private func takeFirstReady() -> EventPollItem? {
        guard let item = firstReady else { return nil }
        takeFromReady(item)
        return item
    }

    /// Waits for events and stores them, at most `maximum`; returns how many. EINTR and what `store`
    /// throws.
    package func wait(
        until deadline: Nanoseconds?, isPolling: Bool, maximum: Int,
        _ store: (_ index: Int, _ events: Readiness, _ data: UInt64) throws(Errno) -> Void
    ) throws(Errno) -> Int {
        waitingThreads += 1
        defer { waitingThreads -= 1 }
        var count = 0
        var failure: Errno?
        let outcome = Wait.until(
            deadline: deadline, interruptible: isPolling ? .never : .bySignals,
            on: wakeSource
        ) {
            do throws(Errno) {
                count = try collect(maximum, store)
            } catch {
                failure = error
            }
            return count > 0 || failure != nil
        }
        if let failure { throw failure }
        guard outcome != .interrupted else { throw .interrupted }
        return count
    }
    /// Stores what is true of ready items. An error after some events is their count.
    private func collect(
        _ maximum: Int, _ store: (Int, Readiness, UInt64) throws(Errno) -> Void
    ) throws(Errno) -> Int {
        var count = 0
        // Level-triggered items go to the end again: each is looked at once.
        let last = lastReady
        var isLast = firstReady == nil
        while count < maximum, !isLast, let item = takeFirstReady() {
            isLast = item === last
            let readiness = item.readiness
            // Looking at a device may find out what is told here.
            takeFromReady(item)
            guard !readiness.isEmpty else { continue }
            do throws(Errno) {
                try store(count, readiness, item.data)
            } catch {
                if !item.isReady { prepend(item) }
                guard count > 0 else { throw error }
                return count
            }
            count += 1
            if item.events.contains(.oneShot) {
                item.events = item.events.disarmed
            } else if !item.events.contains(.edgeTriggered), !item.isReady {
                append(item)
            }
        }
        return count
    }
    override func readiness(_ file: OpenFile) -> Readiness {
        // As a watched instance: readable while one of its items is.
        while let item = firstReady {
            if !item.readiness.isEmpty { return Readiness.readable.withSynonyms }
            takeFromReady(item)
        }
        return []
    }
}

/// What an item of epoll(7) watches for: events of poll(2), and how it is told.
package struct EventPollEvents: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    /// EPOLLEXCLUSIVE
    package static let exclusive = Self(rawValue: 1 << 28)
    /// EPOLLWAKEUP: keeps a machine awake that never sleeps, and so is dropped.
    package static let wakeUp = Self(rawValue: 1 << 29)
    /// EPOLLONESHOT
    package static let oneShot = Self(rawValue: 1 << 30)
    /// EPOLLET
    package static let edgeTriggered = Self(rawValue: 1 << 31)
    private static let manner: Self = [.exclusive, .wakeUp, .oneShot, .edgeTriggered]
    /// What goes with EPOLLEXCLUSIVE.
    package static let allowedWithExclusive = Self(
        rawValue: UInt32(
            Readiness([.readable, .writable, .error, .hungUp]).rawValue)
    ).union([.wakeUp, .edgeTriggered, .exclusive])
    /// EPOLLERR and EPOLLHUP are always watched for.
    package static let always = Self(rawValue: UInt32(Readiness([.error, .hungUp]).rawValue))

    var wanted: Readiness { Readiness(rawValue: UInt16(truncatingIfNeeded: rawValue)) }
    var disarmed: Self { intersection(Self.manner) }
    var isDisarmed: Bool { subtracting(Self.manner).isEmpty }
}

extension FileContext {
    /// Makes an instance of epoll(7). ENOMEM.
    package func openEventPoll(_ flags: OpenFlags) throws(Errno) -> OpenFile {
        try KernelReserve.admit()
        let node = EventPollNode(in: root.node.fileSystem.anonymous)
        return try open(node, "anon_inode:[eventpoll]", flags)
    }
}

extension OpenFile {
    /// Whether epoll(7) can watch it.
    package var isPollable: Bool { node.isPollable }
    /// The instance of epoll(7) that this file is.
    package var eventPoll: EventPollNode? { node as? EventPollNode }
}
