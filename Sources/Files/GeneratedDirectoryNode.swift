internal import Base
package import LinuxABI
internal import Memory

/// A directory whose names are made when somebody looks, as /proc/self/fd.
package final class GeneratedDirectoryNode: DirectoryNode {
    private let names: GeneratedNames
    private let subject: any NodeSubject

    package init(
        in fileSystem: FileSystem, mode: FileMode, _ subject: any NodeSubject,
        _ names: GeneratedNames
    ) {
        self.names = names
        self.subject = subject
        super.init(in: fileSystem, mode: mode, number: subject.number)
        subject.own(self)
    }
    override func prepareStatus() {
        super.prepareStatus()
        subject.own(self)
        names.count(among: &linkCount)
    }
    override func permits(_ access: Access) -> Bool? { subject.permits(access) }
    override func opened(_ file: OpenFile) throws(Errno) { try subject.requireOpening() }
    override func find(_ name: RawSpan, in entry: DirectoryEntry) throws(Errno) -> DirectoryEntry? {
        try KernelReserve.admit()
        guard let node = try names.finder(name) else { return nil }
        let found = try DirectoryEntry(node: node, name: name, parent: entry)
        found.isLinked = true
        return found
    }
    override func list(
        from position: Int64, _ body: (Listed) throws(Errno) -> Bool
    ) throws(Errno) {
        // Positions are the index plus 2, as Linux has them in /proc/self/fd.
        try names.list(from: max(position, 2) - 2, at: 2, body)
    }
}
