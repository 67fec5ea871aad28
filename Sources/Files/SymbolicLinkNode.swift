package import Base
package import LinuxABI
internal import Memory

/// A symbolic link: a path to go on with.
package class SymbolicLinkNode: Node {
    let target: ByteString

    /// A link to `target`, at most 4095 bytes. ENOMEM.
    package init(
        to target: RawSpan, in fileSystem: FileSystem, owner: UInt32 = 0, group: UInt32 = 0
    ) throws(Errno) {
        self.target = try ByteString(copying: target)
        super.init(
            .symbolicLink, in: fileSystem, mode: .permissions, owner: owner, group: group)
    }
    package override var byteCount: Int64 { Int64(target.byteCount) }

    /// Where the link leads without a path, if it does.
    func jump() throws(Errno) -> DirectoryEntry? { nil }
    /// Writes what readlink(2) shows.
    package func writeTarget(to text: inout TextBuffer) throws(Errno) {
        let target = target
        text.append(target.bytes)
    }
}

/// A link of /proc that leads to an object rather than along a path: exe, cwd, fd/0 (proc(5)).
package final class MagicLinkNode: SymbolicLinkNode {
    /// Finds where the link leads now; `nil` where there is nothing (ENOENT).
    package typealias Destination = () -> DirectoryEntry?
    private let destination: Destination
    private let root: DirectoryEntry

    /// `root` is what the shown path begins at.
    package init(
        in fileSystem: FileSystem, root: DirectoryEntry, _ destination: @escaping Destination
    ) throws(Errno) {
        self.destination = destination
        self.root = root
        try super.init(to: RawSpan(), in: fileSystem)
    }
    package override var byteCount: Int64 { 0 }
    override func jump() throws(Errno) -> DirectoryEntry? {
        guard let entry = destination() else { throw .noSuchFile }
        return entry
    }
    package override func writeTarget(to text: inout TextBuffer) throws(Errno) {
        guard let entry = destination() else { throw .noSuchFile }
        entry.writePath(from: root, to: &text)
        if entry.parent != nil, !entry.isLinked { text.append(" (deleted)") }
    }
}
