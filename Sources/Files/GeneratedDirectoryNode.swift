package import Base
package import LinuxABI
internal import Memory

/// A directory whose names are made when somebody looks, as /proc/self/fd.
package final class GeneratedDirectoryNode: DirectoryNode {
    /// Makes the node of a name, `nil` where there is none. ENOMEM.
    package typealias Finder = (_ name: RawSpan) throws(Errno) -> Node?
    /// Writes the name of the first entry whose index is at least `index`; returns its index and
    /// kind, `nil` at the end.
    package typealias Lister = (_ index: Int64, _ name: inout TextBuffer) -> (Int64, FileKind)?
    private let finder: Finder
    private let lister: Lister
    private let subdirectoryCounter: (() -> Int)?

    /// `subdirectoryCounter` says how many of the names are directories' now; without it none are.
    package init(
        in fileSystem: FileSystem, mode: FileMode, finder: @escaping Finder,
        lister: @escaping Lister, subdirectoryCounter: (() -> Int)? = nil
    ) {
        self.finder = finder
        self.lister = lister
        self.subdirectoryCounter = subdirectoryCounter
        super.init(in: fileSystem, mode: mode)
    }
    override func prepareStatus() {
        super.prepareStatus()
        guard let subdirectoryCounter else { return }
        linkCount = UInt32(clamping: 2 + subdirectoryCounter())
    }
    override func find(_ name: RawSpan, in entry: DirectoryEntry) throws(Errno) -> DirectoryEntry? {
        try KernelReserve.admit()
        guard let node = try finder(name) else { return nil }
        let found = try DirectoryEntry(node: node, name: name, parent: entry)
        found.isLinked = true
        return found
    }
    override func list(
        from position: Int64, _ body: (Listed) throws(Errno) -> Bool
    ) throws(Errno) {
        // Positions are the index plus 2, as Linux has them in /proc/self/fd.
        var position = max(position, 2)
        var storage = InlineArray<255, UInt8>(repeating: 0)
        while true {
            let length: Int
            let found: (Int64, FileKind)?
            do {
                var span = storage.mutableSpan
                var text = TextBuffer(into: span.mutableRaw)
                found = lister(position - 2, &text)
                length = text.writtenCount
            }
            guard let found else { return }
            position = found.0 + 3
            // Numbers of generated nodes are their own: Linux makes them up as well.
            let listed = Listed(
                name: storage.span.raw.extracting(first: length), number: UInt64(found.0 + 3),
                kind: found.1, nextPosition: position)
            guard try body(listed) else { return }
        }
    }
}
