package import Base
package import LinuxABI
internal import Memory

/// A symbolic link: a path to go on with.
package class SymbolicLinkNode: Node {
    private let target: ByteString

    /// A link to `target`, at most 4095 bytes. ENOMEM.
    package init(
        to target: RawSpan, in fileSystem: FileSystem, mode: FileMode = .permissions,
        owner: UInt32 = 0, group: UInt32 = 0, number: UInt64? = nil
    ) throws(Errno) {
        self.target = try ByteString(copying: target)
        super.init(
            .symbolicLink, in: fileSystem, mode: mode, owner: owner, group: group, number: number)
    }
    package override var byteCount: Int64 { Int64(target.byteCount) }

    /// The path that the link holds. ENOMEM.
    func path() throws(Errno) -> ByteString { target }
    /// Where the link leads without a path, if it does.
    func jump() throws(Errno) -> DirectoryEntry? { nil }
    /// Writes what readlink(2) shows.
    package func writeTarget(to text: inout TextBuffer) throws(Errno) {
        let path = try path()
        text.append(path.bytes)
    }
}

/// A link of /proc that leads to an object rather than along a path: exe, cwd, fd/0 (proc(5)).
package final class MagicLinkNode: SymbolicLinkNode {
    /// Finds where the link leads now; `nil` where there is nothing (ENOENT).
    package typealias Destination = () -> DirectoryEntry?
    private let destination: Destination
    private let root: DirectoryEntry
    private let subject: any NodeSubject
    private let shownByteCount: Int64

    /// `root` is what the shown path begins at, `byteCount` what `st_size` shows.
    package init(
        in fileSystem: FileSystem, mode: FileMode = .permissions, _ subject: any NodeSubject,
        root: DirectoryEntry, byteCount: Int64 = 0, _ destination: @escaping Destination
    ) throws(Errno) {
        self.destination = destination
        self.root = root
        self.subject = subject
        shownByteCount = byteCount
        try super.init(to: RawSpan(), in: fileSystem, mode: mode, number: subject.number)
        subject.own(self)
    }
    override func prepareStatus() { subject.own(self) }
    package override var byteCount: Int64 { shownByteCount }
    override func jump() throws(Errno) -> DirectoryEntry? { try target() }
    /// Where it leads, if the caller may know. EACCES, ENOENT.
    private func target() throws(Errno) -> DirectoryEntry {
        try subject.requireOpening()
        guard let entry = destination() else { throw .noSuchFile }
        return entry
    }
    package override func writeTarget(to text: inout TextBuffer) throws(Errno) {
        let entry = try target()
        entry.writePath(from: root, to: &text)
        if entry.parent != nil, !entry.isLinked { text.append(" (deleted)") }
    }
}

/// A link of /proc whose path depends on who asks: self, thread-self (proc(5)).
package final class GeneratedLinkNode: SymbolicLinkNode {
    private let provider: (inout TextBuffer) -> Void

    /// `provider` writes the path, of at most 64 bytes.
    package init(
        in fileSystem: FileSystem, _ provider: @escaping (inout TextBuffer) -> Void
    ) throws(Errno) {
        self.provider = provider
        try super.init(to: RawSpan(), in: fileSystem)
    }
    override func path() throws(Errno) -> ByteString {
        try KernelReserve.admit()
        var storage = InlineArray<64, UInt8>(repeating: 0)
        let count: Int
        do {
            var span = storage.mutableSpan
            var text = TextBuffer(into: span.mutableRaw)
            provider(&text)
            count = text.writtenCount
        }
        return try ByteString(copying: storage.span.raw.extracting(first: count))
    }
}
