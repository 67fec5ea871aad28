internal import Base
internal import Hardware
package import LinuxABI
internal import Memory
internal import Scheduler

/// What happened to a file (inotify(7), "inotify events"), and how a watch is meant.
package struct InotifyMask: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    /// IN_ACCESS and so on, in the order of their bits.
    package static let accessed = Self(rawValue: 0x1)
    package static let modified = Self(rawValue: 0x2)
    package static let attributes = Self(rawValue: 0x4)
    package static let closedWritable = Self(rawValue: 0x8)
    package static let closedOther = Self(rawValue: 0x10)
    package static let opened = Self(rawValue: 0x20)
    package static let movedFrom = Self(rawValue: 0x40)
    package static let movedTo = Self(rawValue: 0x80)
    package static let created = Self(rawValue: 0x100)
    package static let deleted = Self(rawValue: 0x200)
    package static let deletedSelf = Self(rawValue: 0x400)
    package static let movedSelf = Self(rawValue: 0x800)
    package static let unmounted = Self(rawValue: 0x2000)
    package static let overflow = Self(rawValue: 0x4000)
    package static let ignored = Self(rawValue: 0x8000)
    /// IN_ONLYDIR
    package static let onlyDirectory = Self(rawValue: 0x0100_0000)
    /// IN_DONT_FOLLOW
    package static let doNotFollow = Self(rawValue: 0x0200_0000)
    /// IN_EXCL_UNLINK
    package static let excludeUnlinked = Self(rawValue: 0x0400_0000)
    /// IN_MASK_CREATE
    package static let onlyNew = Self(rawValue: 0x1000_0000)
    /// IN_MASK_ADD
    package static let add = Self(rawValue: 0x2000_0000)
    /// IN_ISDIR
    package static let directory = Self(rawValue: 0x4000_0000)
    /// IN_ONESHOT
    package static let oneShot = Self(rawValue: 0x8000_0000)
    /// All that inotify_add_watch(2) takes.
    package static let known = Self(rawValue: 0xf700_efff)
    /// What events a watch tells.
    static let events = Self(rawValue: 0xfff)
    /// What stays with a watch beside its events.
    static let manner: Self = [.excludeUnlinked, .oneShot]
}

/// One file that an instance of inotify(7) watches.
final class InotifyWatch {
    let descriptor: Int32
    let instance: InotifyNode
    let node: Node
    fileprivate(set) var mask: InotifyMask
    /// The next of the same node, and of the same instance.
    fileprivate(set) var nextOfNode: InotifyWatch?
    fileprivate var nextOfInstance: InotifyWatch?

    fileprivate init(
        _ descriptor: Int32, of instance: InotifyNode, _ node: Node, _ mask: InotifyMask
    ) {
        self.descriptor = descriptor
        self.instance = instance
        self.node = node
        self.mask = mask
    }
    /// Tells the instance of an event, `name` being that of a file in the watched directory.
    func tell(_ event: InotifyMask, cookie: UInt32, name: ByteString?) {
        guard !mask.intersection(event).isDisjoint(with: .events) else { return }
        instance.append(descriptor, event, cookie: cookie, name)
        if mask.contains(.oneShot) { instance.remove(self) }
    }
}

/// An instance of inotify(7): a queue of what happened to the files that it watches.
package final class InotifyNode: AnonymousNode {
    private final class Event {
        let descriptor: Int32
        let mask: InotifyMask
        let cookie: UInt32
        let name: ByteString?
        var next: Event?
        init(_ descriptor: Int32, _ mask: InotifyMask, _ cookie: UInt32, _ name: ByteString?) {
            self.descriptor = descriptor
            self.mask = mask
            self.cookie = cookie
            self.name = name
        }
        static let headerByteCount = 16
        /// The name's room: with a NUL at least, a multiple of the header.
        var nameByteCount: Int {
            guard let name else { return 0 }
            let unit = Self.headerByteCount
            return (name.byteCount + unit) / unit * unit
        }
        var byteCount: Int { Self.headerByteCount + nameByteCount }
        /// Whether a further event says nothing new (inotify(7), "identical events").
        func isEqual(_ descriptor: Int32, _ mask: InotifyMask, _ name: ByteString?) -> Bool {
            guard self.descriptor == descriptor, self.mask == mask, !mask.contains(.ignored)
            else { return false }
            guard let mine = self.name, let name else { return self.name == nil && name == nil }
            return mine === name || mine.bytes.compare(to: name.bytes) == 0
        }
    }
    private var watches: InotifyWatch?
    private var lastDescriptor: Int32 = 0
    private var firstEvent: Event?
    private var lastEvent: Event?
    private var eventCount = 0
    private var byteCountOfEvents = 0

    /// /proc/sys/fs/inotify: max_queued_events, max_user_watches, max_user_instances.
    package static let maximumEvents = 16384
    package static let maximumWatches = 1 << 16
    package static let maximumInstances = 128
    /// Watches of all instances: where there are none, nothing is looked at.
    private static let watchCount = Global(0)
    private static let instanceCount = Global(0)
    static var isInUse: Bool { watchCount.value > 0 }
    static var mayMakeInstance: Bool { instanceCount.value < maximumInstances }

    package override var canWrite: Bool { false }
    override func opened(_ file: OpenFile) throws(Errno) { Self.instanceCount.value += 1 }
    override func closed(_ file: OpenFile) {
        Self.instanceCount.value -= 1
        while let watch = watches { detach(watch) }
        while takeFirst() != nil {}
    }

    // MARK: Watches

    /// Watches a file, or changes the watch on it; returns the watch's number. EEXIST, ENOMEM, ENOSPC.
    package func watch(_ node: Node, _ mask: InotifyMask) throws(Errno) -> Int32 {
        let kept = mask.intersection(InotifyMask.events.union(.manner))
        if let watch = node.watch(of: self) {
            guard !mask.contains(.onlyNew) else { throw .fileExists }
            watch.mask = mask.contains(.add) ? watch.mask.union(kept) : kept
            return watch.descriptor
        }
        guard Self.watchCount.value < Self.maximumWatches, lastDescriptor < .max else {
            throw .noSpace
        }
        try KernelReserve.admit()
        lastDescriptor += 1
        let watch = InotifyWatch(lastDescriptor, of: self, node, kept)
        watch.nextOfInstance = watches
        watches = watch
        // Told in the order in which they came.
        if var last = node.firstWatch {
            while let next = last.nextOfNode { last = next }
            last.nextOfNode = watch
        } else {
            node.firstWatch = watch
        }
        Self.watchCount.value += 1
        return watch.descriptor
    }
    /// Ends a watch by its number. EINVAL.
    package func removeWatch(_ descriptor: Int32) throws(Errno) {
        var watch = watches
        while let current = watch, current.descriptor != descriptor {
            watch = current.nextOfInstance
        }
        guard let watch else { throw .invalidArgument }
        remove(watch)
    }
    /// Ends a watch, which the program is told.
    func remove(_ watch: InotifyWatch) {
        detach(watch)
        append(watch.descriptor, .ignored, cookie: 0, nil)
    }
    private func detach(_ watch: InotifyWatch) {
        if watches === watch {
            watches = watch.nextOfInstance
        } else {
            var before = watches
            while let current = before, current.nextOfInstance !== watch {
                before = current.nextOfInstance
            }
            before?.nextOfInstance = watch.nextOfInstance
        }
        watch.nextOfInstance = nil
        let node = watch.node
        if node.firstWatch === watch {
            node.firstWatch = watch.nextOfNode
        } else {
            var before = node.firstWatch
            while let current = before, current.nextOfNode !== watch {
                before = current.nextOfNode
            }
            before?.nextOfNode = watch.nextOfNode
        }
        Self.watchCount.value -= 1
    }

    // MARK: Events

    func append(_ descriptor: Int32, _ mask: InotifyMask, cookie: UInt32, _ name: ByteString?) {
        if let last = lastEvent, last.isEqual(descriptor, mask, name) { return }
        // Without memory too, the program learns that it missed something.
        var isFull = eventCount >= Self.maximumEvents
        do throws(Errno) { try KernelReserve.admit() } catch { isFull = true }
        if isFull {
            guard lastEvent?.mask != .overflow else { return }
            enqueue(Event(-1, .overflow, 0, nil))
        } else {
            enqueue(Event(descriptor, mask, cookie, name))
        }
    }
    private func enqueue(_ event: Event) {
        if let last = lastEvent { last.next = event } else { firstEvent = event }
        lastEvent = event
        eventCount += 1
        byteCountOfEvents += event.byteCount
        wake([.readable, .normalReadable])
    }
    private func takeFirst() -> Event? {
        guard let event = firstEvent else { return nil }
        firstEvent = event.next
        if firstEvent == nil { lastEvent = nil }
        event.next = nil
        eventCount -= 1
        byteCountOfEvents -= event.byteCount
        return event
    }
    /// Writes an event as `struct inotify_event`. Precondition: it fits.
    private func encode(_ event: Event, into bytes: inout MutableRawSpan, at offset: Int) {
        bytes.storeLittleEndian(event.descriptor, at: offset)
        bytes.storeLittleEndian(event.mask.rawValue, at: offset + 4)
        bytes.storeLittleEndian(event.cookie, at: offset + 8)
        bytes.storeLittleEndian(UInt32(event.nameByteCount), at: offset + 12)
        guard let name = event.name else { return }
        let start = offset + Event.headerByteCount
        for index in 0..<event.nameByteCount {
            let byte = index < name.byteCount ? name.bytes.byte(at: index) : 0
            bytes.storeLittleEndian(byte, at: start + index)
        }
    }
    /// Waits for an event. EAGAIN, EINVAL where there is no room for it.
    private func waitForEvent(_ room: Int, _ blocking: Blocking) throws(Errno) {
        if firstEvent == nil {
            guard blocking == .blocking else { throw .tryAgain }
            guard Wait.until(on: wakeSource, { self.firstEvent != nil }) == .ready else {
                throw .restart
            }
        }
        guard let event = firstEvent, event.byteCount <= room else { throw .invalidArgument }
    }
    package override func receive(
        into bytes: inout MutableRawSpan, _ blocking: Blocking
    ) throws(Errno) -> Int {
        try waitForEvent(bytes.byteCount, blocking)
        var done = 0
        while let event = firstEvent, event.byteCount <= bytes.byteCount - done {
            _ = takeFirst()
            encode(event, into: &bytes, at: done)
            done += event.byteCount
        }
        return done
    }
    override func read(
        _ file: OpenFile, at offset: Int64, count: Int, to address: VirtualAddress,
        _ blocking: Blocking
    ) throws(Errno) -> Int {
        try waitForEvent(count, blocking)
        var done = 0
        while let event = firstEvent, event.byteCount <= count - done {
            _ = takeFirst()
            // A name has 255 bytes at most.
            var storage = InlineArray<272, UInt8>(repeating: 0)
            do {
                var span = storage.mutableSpan
                var bytes = span.mutableRaw
                encode(event, into: &bytes, at: 0)
            }
            guard let target = address.advanced(by: UInt64(done)) else { throw .badAddress }
            do throws(Errno) {
                try ProgramMemory.copyOut(
                    storage.span.raw.extracting(first: event.byteCount), to: target)
            } catch {
                guard done > 0 else { throw error }
                break
            }
            done += event.byteCount
        }
        return done
    }
    override func control(
        _ file: OpenFile, _ request: UInt32, argument: UInt64
    ) throws(Errno) -> Int {
        guard request == FileRequest.bytesReadable else { throw .notTerminal }
        try ProgramMemory.store(
            Int32(truncatingIfNeeded: byteCountOfEvents), at: VirtualAddress(rawValue: argument))
        return 0
    }
    override func readiness(_ file: OpenFile) -> Readiness {
        firstEvent == nil ? [] : Readiness.readable.withSynonyms
    }
}

extension Node {
    fileprivate func watch(of instance: InotifyNode) -> InotifyWatch? {
        var watch = firstWatch
        while let current = watch, current.instance !== instance { watch = current.nextOfNode }
        return watch
    }
    /// Tells who watches this node itself of a change that its kind goes with.
    func tellWatchesOfChange() {
        tellWatches(kind == .directory ? [.attributes, .directory] : .attributes)
    }
    /// Tells who watches this node itself.
    func tellWatches(_ event: InotifyMask, cookie: UInt32 = 0, name: ByteString? = nil) {
        var watch = firstWatch
        while let current = watch {
            // A watch for one event goes away here.
            watch = current.nextOfNode
            if event.contains(.excludeUnlinked), current.mask.contains(.excludeUnlinked) {
                continue
            }
            current.tell(
                event.subtracting(.excludeUnlinked), cookie: cookie, name: name)
        }
    }
}

extension DirectoryEntry {
    /// Tells who watches this file, or its directory, what happened to it.
    package func tell(_ event: InotifyMask) {
        guard InotifyNode.isInUse else { return }
        tellAlways(event)
    }
    @inline(never)
    private func tellAlways(_ event: InotifyMask) {
        var event = event
        if node.kind == .directory { event.insert(.directory) }
        // What is done with a file that has no name any more IN_EXCL_UNLINK leaves out.
        let watched =
            isLinked || event.contains(.attributes) ? event : event.union(.excludeUnlinked)
        parent?.node.tellWatches(watched, name: name)
        node.tellWatches(watched)
    }
    /// Tells who watches the file that it is gone, once it has no name and this one, removed, is not open:
    /// as on Linux, whatever other removed names are.
    func tellWatchesOfEnd() {
        guard node.firstWatch != nil, node.linkCount == 0, !isLinked, openCount == 0 else { return }
        node.tellWatches(.deletedSelf)
        while let watch = node.firstWatch { watch.instance.remove(watch) }
    }
    /// Tells who watches the directory that this name is new in it, or was.
    func tellDirectory(_ event: InotifyMask, cookie: UInt32 = 0) {
        guard InotifyNode.isInUse else { return }
        let kind: InotifyMask = node.kind == .directory ? .directory : []
        parent?.node.tellWatches(event.union(kind), cookie: cookie, name: name)
    }
    /// Tells who watches the two directories of a rename(2), and the file, which has its new name.
    func tellMove(from old: Node, _ oldName: ByteString) {
        guard InotifyNode.isInUse else { return }
        let kind: InotifyMask = node.kind == .directory ? .directory : []
        let cookie = InotifyCookie.next()
        old.tellWatches(kind.union(.movedFrom), cookie: cookie, name: oldName)
        tellDirectory(.movedTo, cookie: cookie)
    }
}

/// Numbers that join the two events of a rename(2).
enum InotifyCookie {
    private static let last = Global<UInt32>(0)
    static func next() -> UInt32 {
        last.value &+= 1
        if last.value == 0 { last.value = 1 }
        return last.value
    }
}

extension FileContext {
    /// Makes an instance of inotify(7). EMFILE, ENOMEM.
    package func openInotify(_ flags: OpenFlags) throws(Errno) -> OpenFile {
        guard InotifyNode.mayMakeInstance else { throw .tooManyFiles }
        try KernelReserve.admit()
        let node = InotifyNode(in: root.node.fileSystem.anonymous)
        let description: StaticString = "anon_inode:inotify"
        let entry = try DirectoryEntry(unnamed: node, description: description.bytes)
        return try OpenFile(entry, flags: flags.intersection(.nonblocking))
    }
    /// What inotify_add_watch(2) watches: a file that can be read. EACCES, ENOTDIR, path errors.
    package func resolveForWatch(
        _ path: RawSpan, from base: DirectoryEntry, _ mask: InotifyMask
    ) throws(Errno) -> Node {
        let entry = try resolve(
            path, from: base, mask.contains(.doNotFollow) ? .keep : .follow)
        if mask.contains(.onlyDirectory), entry.node.kind != .directory { throw .notDirectory }
        try entry.node.require(.read, for: credentials)
        return entry.node
    }
}

extension OpenFile {
    /// Counts a transfer of `count` bytes, and tells of it if there were any; returns the count.
    package func telling(_ event: InotifyMask, _ count: Int) -> Int {
        if event == .modified {
            TransferCounts.addWrite(count)
        } else {
            TransferCounts.addRead(count)
        }
        if count > 0 { entry.tell(event) }
        return count
    }
}
