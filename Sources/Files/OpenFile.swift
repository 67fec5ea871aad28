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
    package var node: Node { entry.node }
    /// Access mode and status flags, as F_GETFL shows them.
    package var flags: OpenFlags
    package var offset: Int64 = 0
    private var descriptorCount = 1
    /// What a generated file showed to this open file.
    var generatedText: GeneratedText?

    /// Opens what `entry` names, without checking permissions. ENXIO and what the node says.
    package init(_ entry: DirectoryEntry, flags: OpenFlags) throws(Errno) {
        self.entry = entry
        self.flags = flags
        super.init()
        if !flags.contains(.path) { try entry.node.opened(self) }
    }

    /// Counts a further descriptor.
    package func retain() { descriptorCount += 1 }
    /// Takes a descriptor away; the last closes the file.
    package func release() {
        descriptorCount -= 1
        if descriptorCount == 0, !flags.contains(.path) { node.closed(self) }
    }
    package var readiness: Readiness { node.readiness(self) }
    package var isReadable: Bool { !readiness.isDisjoint(with: [.readable, .hungUp, .error]) }
    package var isWritable: Bool { !readiness.isDisjoint(with: [.writable, .error]) }

    private var blocking: Blocking { flags.contains(.nonblocking) ? .nonblocking : .blocking }

    /// Reads at the file's offset and moves it, as read(2). EBADF, EISDIR and what the node says.
    package func read(count: Int, to address: VirtualAddress) throws(Errno) -> Int {
        guard flags.allowsReading else { throw .badDescriptor }
        let done = try node.read(self, at: offset, count: count, to: address, blocking)
        if node.isSeekable { offset += Int64(done) }
        return done
    }
    /// Writes at the file's offset, or at the end with O_APPEND, as write(2).
    package func write(count: Int, from address: VirtualAddress) throws(Errno) -> Int {
        guard flags.allowsWriting else { throw .badDescriptor }
        if flags.contains(.append), node.isSeekable { offset = node.byteCount }
        let done = try node.write(self, at: offset, count: count, from: address, blocking)
        if node.isSeekable { offset += Int64(done) }
        return done
    }
}
