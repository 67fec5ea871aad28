package import LinuxABI

/// A regular file: bytes in reference-counted page frames.
package final class RegularNode: Node {
    /// How often the node is open for writing; negative: how often writing is denied because the
    /// file runs as a program (ETXTBSY, execve(2)).
    private var writers = 0

    package init(in fileSystem: FileSystem, mode: FileMode, owner: UInt32 = 0, group: UInt32 = 0) {
        super.init(.regular, in: fileSystem, mode: mode, owner: owner, group: group)
    }
    package override var isSeekable: Bool { true }

    /// Forbids writing while the file runs; ETXTBSY while somebody has it open for writing.
    package func denyWriting() throws(Errno) {
        guard writers <= 0 else { throw .textBusy }
        writers -= 1
    }
    /// Takes back one `denyWriting()`.
    package func allowWriting() {
        precondition(writers < 0)
        writers += 1
    }
    /// Counts a writer; ETXTBSY while the file runs.
    func addWriter() throws(Errno) {
        guard writers >= 0 else { throw .textBusy }
        writers += 1
    }
    func removeWriter() {
        precondition(writers > 0)
        writers -= 1
    }
}
