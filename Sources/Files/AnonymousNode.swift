internal import Base
internal import Hardware
package import LinuxABI
internal import Memory
package import Scheduler

/// A file that no path leads to and that is no regular one: what an eventfd(2), a timerfd(2), a
/// signalfd(2) or an epoll(7) instance is open on. /proc shows `anon_inode:[kind]` for it.
package class AnonymousNode: Node {
    private let queue = WaitQueue()
    /// The longest that one read gives: enough for 32 signals.
    static let longestRead = Page.size

    init(in fileSystem: FileSystem) {
        super.init(.anonymous, in: fileSystem, mode: FileMode(rawValue: 0o600))
    }
    override var ignoresOffset: Bool { true }
    package override var isPollable: Bool { true }
    package override var waiters: WaitQueue? { queue }
    /// What reads and writes wait on.
    var wakeSource: Wait.Source { .queue(queue) }
    /// Tells whoever waits that the file's readiness changed.
    func wake(_ events: Readiness) { queue.wake(events) }

    /// Fills `bytes`, at least partly, and returns how many. EAGAIN, EINVAL where they are too few.
    package func receive(
        into bytes: inout MutableRawSpan, _ blocking: Blocking
    ) throws(Errno) -> Int { throw .invalidArgument }

    override func read(
        _ file: OpenFile, at offset: Int64, count: Int, to address: VirtualAddress,
        _ blocking: Blocking
    ) throws(Errno) -> Int {
        var small = InlineArray<128, UInt8>(repeating: 0)
        guard count > small.count else {
            let done: Int
            do {
                var span = small.mutableSpan
                var bytes = span.mutableRaw
                var part = bytes._mutatingExtracting(0..<count)
                done = try receive(into: &part, blocking)
            }
            try ProgramMemory.copyOut(small.span.raw.extracting(first: done), to: address)
            return done
        }
        guard let frame = Frames.allocate() else { throw .outOfMemory }
        defer { Frames.release(frame) }
        return try frame.withMutableBytes { bytes throws(Errno) -> Int in
            var part = bytes._mutatingExtracting(0..<min(count, Self.longestRead))
            let done = try receive(into: &part, blocking)
            try ProgramMemory.copyOut(part.bytes.extracting(first: done), to: address)
            return done
        }
    }
}

extension OpenFile {
    /// Reads what a file that gives whole records has into memory of the library OS, for several
    /// buffers of the program; `nil` where the file's bytes have no borders.
    package func receive(
        into bytes: inout MutableRawSpan, _ blocking: Blocking
    ) throws(Errno) -> Int? {
        guard let node = node as? AnonymousNode else { return nil }
        return try node.receive(into: &bytes, blocking)
    }
    /// Events of inotify(7) are read a buffer at a time instead, as in Linux.
    package var givesRecords: Bool { node.kind == .anonymous && !(node is InotifyNode) }
}

extension FileContext {
    /// Opens a new anonymous file. ENOMEM.
    func open(
        _ node: AnonymousNode, _ description: StaticString, _ flags: OpenFlags
    ) throws(Errno) -> OpenFile {
        let entry = try DirectoryEntry(unnamed: node, description: description.bytes)
        return try OpenFile(entry, flags: flags.intersection(.nonblocking).union(.readWrite))
    }
}
