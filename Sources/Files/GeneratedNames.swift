package import Base
package import LinuxABI

/// Names of a directory that are made when somebody looks, as those of /proc/self/fd.
package final class GeneratedNames {
    /// Makes the node of a name, `nil` where there is none. ESRCH where the directory's subject is gone,
    /// ENOMEM.
    package typealias Finder = (_ name: RawSpan) throws(Errno) -> Node?
    /// Writes the name of the first entry whose index is at least `index`; `nil` at the end. ENOENT.
    package typealias Lister = (
        _ index: Int64, _ name: inout TextBuffer
    ) throws(Errno) -> Found?
    /// What a lister found.
    package struct Found {
        let index: Int64
        let kind: FileKind
        let number: UInt64
        /// `number` is that of the entry's node.
        package init(_ index: Int64, _ kind: FileKind, number: UInt64) {
            self.index = index
            self.kind = kind
            self.number = number
        }
    }
    let finder: Finder
    private let lister: Lister
    private let directoryCounter: (() -> Int)?
    /// How many directories a directory's status counted last.
    private var countedDirectories: UInt32 = 0

    /// `directoryCounter` says how many of the names are directories' now; without it none are.
    package init(
        finder: @escaping Finder, lister: @escaping Lister, directoryCounter: (() -> Int)? = nil
    ) {
        self.finder = finder
        self.lister = lister
        self.directoryCounter = directoryCounter
    }

    /// Counts the directories among a directory's links.
    func count(among links: inout UInt32) {
        guard let directoryCounter else { return }
        let count = UInt32(clamping: directoryCounter())
        links = links - countedDirectories + count
        countedDirectories = count
    }
    /// Lists the entries from `index` on, whose positions are their index and `base`.
    func list(
        from index: Int64, at base: Int64, _ body: (DirectoryNode.Listed) throws(Errno) -> Bool
    ) throws(Errno) {
        var index = index
        var storage = InlineArray<255, UInt8>(repeating: 0)
        while true {
            let length: Int
            let found: Found?
            do {
                var span = storage.mutableSpan
                var text = TextBuffer(into: span.mutableRaw)
                found = try lister(index, &text)
                length = text.writtenCount
            }
            guard let found else { return }
            index = found.index + 1
            let listed = DirectoryNode.Listed(
                name: storage.span.raw.extracting(first: length), number: found.number,
                kind: found.kind, nextPosition: base + index)
            guard try body(listed) else { return }
        }
    }
}
