internal import Base
package import LinuxABI
package import Scheduler

/// A file of any kind, apart from its names: Linux's inode (inode(7)).
///
/// Subclasses of this module say what a file contains; other modules bring theirs by the class-bound
/// protocol `CharacterDevice` and the closures of `GeneratedNode` and `GeneratedDirectoryNode`.
package class Node {
    package let fileSystem: FileSystem
    package let number: UInt64
    package let kind: FileKind
    package var mode: FileMode
    package var owner: UInt32
    package var group: UInt32
    package internal(set) var linkCount: UInt32 = 1
    package var times: FileTimes
    var locks = NodeLocks()
    var recordLocks = RecordLocks()
    /// The first of the node's extended attributes (xattr(7)), by name.
    var firstAttribute: ExtendedAttribute?
    /// The first watch of inotify(7) on this node.
    var firstWatch: InotifyWatch?

    init(
        _ kind: FileKind, in fileSystem: FileSystem, mode: FileMode, owner: UInt32 = 0,
        group: UInt32 = 0, number: UInt64? = nil
    ) {
        self.kind = kind
        self.fileSystem = fileSystem
        self.mode = mode
        self.owner = owner
        self.group = group
        self.number = number ?? fileSystem.nextNumber()
        times = FileTimes(all: FileTimes.now())
    }

    deinit {
        // One after the other: the chain's own release would recurse.
        while let attribute = firstAttribute { firstAttribute = attribute.takeNext() }
    }

    /// Called before the node's status is told.
    func prepareStatus() {}
    /// The node's size as `st_size` shows it, in bytes.
    package var byteCount: Int64 { 0 }
    /// Memory that the contents use, in units of 512 bytes (`st_blocks`).
    package var blockCount: Int64 { 0 }
    /// The device that this node stands for (`st_rdev`).
    package var deviceNumber: DeviceNumber { DeviceNumber(major: 0, minor: 0) }
    /// Whether open files of this node have an offset (lseek(2)).
    package var isSeekable: Bool { false }
    /// Whether read(2) and write(2) are something that such a file can do at all.
    package var canRead: Bool { true }
    package var canWrite: Bool { true }
    /// Whether lseek(2) can count from its end.
    var hasEnd: Bool { true }
    /// Whether pwrite(2) works where pread(2) does: not on what is only made to be read.
    var allowsWritePositions: Bool { fileSystem.kind != .procfs }
    /// What the node says of permissions before its mode does.
    func permits(_ access: Access) -> Bool? { nil }
    /// Whether an offset is accepted though it means nothing, as on /dev/zero.
    var ignoresOffset: Bool { false }

    // What open files do. The defaults are those of a file that can do nothing.

    /// The node that an open file of this one is to have for itself. What a device says, ENOMEM.
    func instance(_ flags: OpenFlags, for credentials: Credentials) throws(Errno) -> Node? { nil }
    /// Called once for a new open file, after the permission checks.
    func opened(_ file: OpenFile) throws(Errno) {}
    /// Called when the last descriptor of an open file is closed.
    func closed(_ file: OpenFile) {}
    /// Called when a descriptor of an open file is closed, before all else.
    func descriptorClosed(_ file: OpenFile) {}
    /// Called when one of several references to an open file went away.
    func referenceDropped(_ file: OpenFile) {}
    /// Reads at `offset`; what has no offset ignores it. `count` may be 0.
    func read(
        _ file: OpenFile, at offset: Int64, count: Int, to address: VirtualAddress,
        _ blocking: Blocking
    ) throws(Errno) -> Int { throw .invalidArgument }
    func write(
        _ file: OpenFile, at offset: Int64, count: Int, from address: VirtualAddress,
        _ blocking: Blocking
    ) throws(Errno) -> Int { throw .invalidArgument }
    /// Writes bytes of the library OS's own.
    func write(
        _ file: OpenFile, at offset: Int64, _ bytes: RawSpan, _ blocking: Blocking
    ) throws(Errno) -> Int { throw .invalidArgument }
    /// Reads into memory of the library OS; EINVAL for what has no pages (sendfile(2)).
    func read(
        _ file: OpenFile, at offset: Int64, into bytes: inout MutableRawSpan
    ) throws(Errno) -> Int { throw .invalidArgument }
    func control(_ file: OpenFile, _ request: UInt32, argument: UInt64) throws(Errno) -> Int {
        throw .notTerminal
    }
    /// Whether several buffers of one call are one transfer, which `receive` and `send` do.
    var transfersWhole: Bool { false }
    /// Reads up to `count` bytes, at least 1, into a sink.
    func receive(
        _ file: OpenFile, _ count: Int, _ blocking: Blocking, to sink: ByteSink
    ) throws(Errno) -> Int { throw .invalidArgument }
    /// Writes `count` bytes, at least 1, that a source gives.
    func send(
        _ file: OpenFile, _ count: Int, _ blocking: Blocking, from source: ByteSource
    ) throws(Errno) -> Int { throw .invalidArgument }
    /// Changes the length. EINVAL for what has none (truncate(2)).
    func truncate(to byteCount: Int64) throws(Errno) { throw .invalidArgument }
    /// What poll(2) would report now, of the events that a file can have.
    func readiness(_ file: OpenFile) -> Readiness {
        Readiness([.readable, .writable]).withSynonyms
    }
    /// Whether `readiness` ever changes, so that epoll(7) takes the file.
    package var isPollable: Bool { false }
    /// Who is told when `readiness` may have changed. `nil` where nobody is: the file is then looked
    /// at again and again.
    package var waiters: WaitQueue? { nil }
}

/// The four times of a node, on CLOCK_REALTIME.
package struct FileTimes: Sendable {
    package var access: TimeSpecification
    package var modification: TimeSpecification
    package var change: TimeSpecification
    package let birth: TimeSpecification

    init(all time: TimeSpecification) {
        access = time
        modification = time
        change = time
        birth = time
    }
    /// The time to stamp on what changes now.
    package static func now() -> TimeSpecification {
        let now = Clock.realtime().rawValue
        return TimeSpecification(
            seconds: now / Nanoseconds.perSecond, nanoseconds: now % Nanoseconds.perSecond)
    }
}

extension Node {
    /// Notes that contents changed: mtime and ctime.
    package func touchModified() {
        let now = FileTimes.now()
        times.modification = now
        times.change = now
    }
    /// Notes that something else than contents changed: ctime.
    package func touchChanged() { times.change = FileTimes.now() }
    /// Notes a read as `relatime` does (mount(8)): when the time is older than a change or a day.
    func touchAccessed(_ file: OpenFile) {
        guard !file.flags.contains(.noAccessTime) else { return }
        let now = FileTimes.now()
        if times.access <= times.modification || times.access <= times.change
            || now.seconds - times.access.seconds >= 86400
        {
            times.access = now
        }
    }
    /// Takes the set-id bits away, as a write or a change of owner does (inode(7), S_ISGID).
    package func clearSetIdentifiers() {
        guard kind != .directory else { return }
        mode.remove(.setUser)
        if mode.contains(.groupExecute) { mode.remove(.setGroup) }
    }
}
