import LinuxABI

/// A file whose contents are made when somebody looks, and that tells of a subject where it has one.
package class GeneratedFileNode: Node {
    private let subject: (any NodeSubject)?

    init(in fileSystem: FileSystem, mode: FileMode, of subject: (any NodeSubject)?) {
        self.subject = subject
        super.init(.regular, in: fileSystem, mode: mode, number: subject?.number)
        subject?.own(self)
    }
    override func prepareStatus() { subject?.own(self) }
    override func opened(_ file: OpenFile) throws(Errno) { try subject?.requireOpening() }
    package override var isSeekable: Bool { true }
    override var hasEnd: Bool { false }
    /// Nothing to cut, and no error (fs/proc/base.c).
    override func truncate(to byteCount: Int64) throws(Errno) {}
}
