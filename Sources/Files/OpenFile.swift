package import Base
package import LinuxABI
package import Memory

/// An open file description (open(2)): what descriptors refer to, duplicates and children share.
///
/// Closing is an explicit count, because it must happen at a known place: `retain()` for each
/// descriptor that is added, `release()` for each one closed; the last one closes the file.
///
/// A mapping of a file belongs to the open file that made it, as in /proc/self/maps.
package final class OpenFile: RegionOwner {
    package let entry: DirectoryEntry
    /// What the entry names, or what the open file has of its own in its place: there it reads, writes and
    /// waits. Attributes and locks are those of `entry.node`.
    package let node: Node
    /// Access mode and status flags, as F_GETFL shows them.
    package var flags: OpenFlags
    package var offset: Int64 = 0
    /// Descriptors, messages and calls that keep the file open.
    private(set) var referenceCount = 1
    /// What a generated file showed to this open file.
    var generatedText: GeneratedText?
    /// This file's part in its node's lock (flock(2)).
    var lock = FileLock.none
    /// How often the pipe had been opened for writing when this file was opened for reading without a
    /// writer: before the next there is no end to be told (POLLHUP).
    var writerOpensBefore = -1
    /// Who gets signals when the file becomes ready.
    package internal(set) var drive: SignalDrive?
    /// The registrations of this file with epoll(7).
    var watches: EventPollItem?

    private static let counter = Global(0)
    /// Open files there are, but for those that are only paths (fs.file-nr).
    package static var count: Int { counter.value }

    /// Opens what `entry` names, or `instance` in its place, without checking permissions. ENXIO and what
    /// the node says.
    package init(
        _ entry: DirectoryEntry, flags: OpenFlags, instance: Node? = nil
    ) throws(Errno) {
        self.entry = entry
        node = instance ?? entry.node
        self.flags = flags
        super.init()
        guard !flags.contains(.path) else { return }
        try node.opened(self)
        Self.counter.value += 1
        entry.openCount += 1
        entry.tell(.opened)
    }

    /// Counts a further descriptor.
    package func retain() { referenceCount += 1 }
    /// Takes a descriptor away; the last closes the file. The process's record locks on the file end
    /// with any of its descriptors.
    package func release() {
        if !flags.contains(.path) {
            removeRecordLocksOfCaller()
            node.descriptorClosed(self)
        }
        letGo()
    }
    /// Keeps the file open without a descriptor: in a message to another socket, or while a call waits.
    package func hold() { referenceCount += 1 }
    /// Takes back a `hold()`.
    package func letGo() {
        referenceCount -= 1
        guard !flags.contains(.path) else { return }
        guard referenceCount == 0 else { return node.referenceDropped(self) }
        Self.counter.value -= 1
        removeRecordLocks(of: RecordLockHolder(self))
        unlock()
        drive?.stop()
        drive = nil
        while let watch = watches { watch.poll.remove(watch) }
        entry.tell(flags.allowsWriting ? .closedWritable : .closedOther)
        entry.openCount -= 1
        node.closed(self)
        entry.tellWatchesOfEnd()
    }
    package var readiness: Readiness { node.readiness(self) }
    package var isReadable: Bool { !readiness.isDisjoint(with: [.readable, .hungUp, .error]) }
    package var isWritable: Bool { !readiness.isDisjoint(with: [.writable, .error]) }
    package var isSeekable: Bool { node.isSeekable }

    package var blocking: Blocking { flags.contains(.nonblocking) ? .nonblocking : .blocking }

    /// ioctl(2) of what the file is; ENOTTY for a request that it does not know.
    package func control(_ request: UInt32, argument: UInt64) throws(Errno) -> Int {
        try node.control(self, request, argument: argument)
    }

    // MARK: At the file's offset

    /// Reads at the file's offset and moves it, as read(2). EBADF, EISDIR and what the node says.
    package func read(
        count: Int, to address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int {
        guard flags.allowsReading else { throw .badDescriptor }
        try checkRange(offset, count)
        let done = try node.read(self, at: offset, count: count, to: address, blocking)
        if node.isSeekable { offset += Int64(done) }
        return done
    }
    package func read(count: Int, to address: VirtualAddress) throws(Errno) -> Int {
        try read(count: count, to: address, blocking)
    }
    /// Where a write goes.
    package enum Placement: Sendable {
        /// To the end with O_APPEND, else to the offset.
        case asOpened
        case atEnd
        case atOffset
    }
    /// The offset of a write that was meant for `offset`.
    package func start(of offset: Int64, _ placement: Placement) -> Int64 {
        let isAtEnd = placement == .atEnd || (placement == .asOpened && flags.contains(.append))
        return isAtEnd ? node.byteCount : offset
    }
    /// Writes at the file's offset, or at the end with O_APPEND, as write(2).
    package func write(
        count: Int, from address: VirtualAddress, _ blocking: Blocking,
        _ placement: Placement = .asOpened
    ) throws(Errno) -> Int {
        guard flags.allowsWriting else { throw .badDescriptor }
        guard node.isSeekable else {
            return try node.write(self, at: 0, count: count, from: address, blocking)
        }
        let start = start(of: offset, placement)
        try checkRange(start, count)
        let done = try node.write(self, at: start, count: count, from: address, blocking)
        if done > 0 { offset = start + Int64(done) }
        return done
    }
    package func write(count: Int, from address: VirtualAddress) throws(Errno) -> Int {
        try write(count: count, from: address, blocking)
    }
    /// Writes bytes of the library OS's own, as `write(count:from:)`.
    package func write(_ bytes: RawSpan, _ blocking: Blocking) throws(Errno) -> Int {
        guard flags.allowsWriting else { throw .badDescriptor }
        let start = start(of: offset, .asOpened)
        let done = try node.write(self, at: start, bytes, blocking)
        if node.isSeekable, done > 0 { offset = start + Int64(done) }
        return done
    }

    // MARK: Several buffers

    /// Whether several buffers of one call are one transfer.
    package var transfersWhole: Bool { node.transfersWhole }
    /// Reads up to `count` bytes, at least 1, into a sink. What the node says.
    package func receive(
        _ count: Int, _ blocking: Blocking, to sink: ByteSink
    ) throws(Errno) -> Int { try node.receive(self, count, blocking, to: sink) }
    /// Writes `count` bytes, at least 1, that a source gives. What the node says.
    package func send(
        _ count: Int, _ blocking: Blocking, from source: ByteSource
    ) throws(Errno) -> Int { try node.send(self, count, blocking, from: source) }

    // MARK: Elsewhere

    /// Reads at `offset`, as pread(2). EBADF, ESPIPE, EISDIR and what the node says.
    package func read(
        at offset: Int64, count: Int, to address: VirtualAddress
    ) throws(Errno) -> Int {
        guard allowsPositions else { throw .illegalSeek }
        guard flags.allowsReading else { throw .badDescriptor }
        try checkRange(offset, count)
        return try node.read(self, at: offset, count: count, to: address, blocking)
    }
    /// Writes at `offset`, as pwrite(2); at the end with O_APPEND, whatever the offset, as Linux.
    package func write(
        at offset: Int64, count: Int, from address: VirtualAddress,
        _ placement: Placement = .asOpened
    ) throws(Errno) -> Int {
        guard allowsPositions else { throw .illegalSeek }
        guard flags.allowsWriting else { throw .badDescriptor }
        let start = start(of: offset, placement)
        try checkRange(start, count)
        return try node.write(self, at: start, count: count, from: address, blocking)
    }
    /// Reads into memory of the library OS. EBADF and what the node says.
    package func read(
        at offset: Int64, into bytes: inout MutableRawSpan
    ) throws(Errno) -> Int {
        guard flags.allowsReading else { throw .badDescriptor }
        return try node.read(self, at: offset, into: &bytes)
    }
    /// Writes bytes of the library OS's own at `offset`. EBADF and what the node says.
    package func write(at offset: Int64, _ bytes: RawSpan) throws(Errno) -> Int {
        guard flags.allowsWriting else { throw .badDescriptor }
        return try node.write(self, at: offset, bytes, blocking)
    }
    /// EINVAL where a transfer would pass the largest offset (Linux's rw_verify_area).
    private func checkRange(_ offset: Int64, _ count: Int) throws(Errno) {
        guard !offset.addingReportingOverflow(Int64(count)).overflow else { throw .invalidArgument }
    }
    /// Whether pread(2) and the like work: also on devices whose offset means nothing.
    package var allowsPositions: Bool {
        node.isSeekable || (node.ignoresOffset && node.kind != .anonymous)
    }

    /// The same for pwrite(2).
    package var allowsWritePositions: Bool { allowsPositions && node.allowsWritePositions }

    /// Changes the length, as ftruncate(2). EINVAL for what is no regular file open for writing.
    package func truncate(to byteCount: Int64) throws(Errno) {
        guard flags.allowsWriting, node.kind == .regular else { throw .invalidArgument }
        try node.truncate(to: byteCount)
        node.clearSetIdentifiers()
        entry.tell(.modified)
    }
}
