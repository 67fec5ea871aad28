internal import Base
package import LinuxABI
internal import Memory

/// A directory: names of nodes, found by name and listed in the order in which they came.
package class DirectoryNode: Node {
    private var tree = NameTree()
    private var first: DirectoryEntry?
    private var last: DirectoryEntry?
    private var entryCount = 0
    /// Positions 0 and 1 are "." and "..".
    private var nextPosition: Int64 = 2
    /// Adds names that are not here yet; none when it has run.
    private var filler: Filler?
    package typealias Filler = () throws(Errno) -> Void

    package init(
        in fileSystem: FileSystem, mode: FileMode, owner: UInt32 = 0, group: UInt32 = 0,
        number: UInt64? = nil
    ) {
        super.init(
            .directory, in: fileSystem, mode: mode, owner: owner, group: group, number: number)
        linkCount = 2
    }
    /// As tmpfs counts: 20 bytes an entry, "." and ".." included.
    package override var byteCount: Int64 { Int64(entryCount + 2) * 20 }
    package override var isSeekable: Bool { true }

    /// Whether names can be added and removed; those of /proc, /sys and /dev/pts can't.
    var isMutable: Bool { !fileSystem.kind.hasFixedNames }
    /// Whether unlink(2) and O_CREAT work all the same.
    var hasFiles: Bool { isMutable }
    /// Makes the file that O_CREAT asks for. What the file system says.
    func makeFile(
        mode: FileMode, owner: UInt32, group: UInt32
    ) throws(Errno) -> Node {
        RegularNode(in: fileSystem, mode: mode, owner: owner, group: group)
    }

    /// The entry of a name, `nil` where there is none. ENOMEM.
    ///
    /// `entry` is this directory's own.
    func find(_ name: RawSpan, in entry: DirectoryEntry) throws(Errno) -> DirectoryEntry? {
        if let found = tree.find(name) { return found }
        if filler != nil {
            try fill()
            if let found = tree.find(name) { return found }
        }
        guard let furtherNames else { return nil }
        try KernelReserve.admit()
        guard let node = try furtherNames.finder(name) else { return nil }
        let found = try DirectoryEntry(node: node, name: name, parent: entry)
        found.isLinked = true
        return found
    }
    /// Names that come and go beside those that are kept: /proc has the numbers of processes.
    package var furtherNames: GeneratedNames?
    /// Where listings have them: behind all others, of which there are fewer.
    private static let firstFurtherPosition: Int64 = 256
    /// Leaves names to the moment when one is missed or all are asked for: few programs look.
    ///
    /// After an error `filler` is called again then, so it goes past names that are here.
    package func fillLater(_ filler: @escaping Filler) { self.filler = filler }
    /// Adds the names that were left for later. ENOMEM.
    func fill() throws(Errno) {
        guard let filler else { return }
        self.filler = nil
        do throws(Errno) { try filler() } catch {
            self.filler = filler
            throw error
        }
    }
    /// Without memory for names that were left for later, the status is of those that are here.
    override func prepareStatus() {
        do throws(Errno) { try fill() } catch {}
        furtherNames?.count(among: &linkCount)
    }
    /// Whether there is no name but "." and "..". ENOMEM.
    func isEmpty() throws(Errno) -> Bool {
        try fill()
        return entryCount == 0
    }

    /// What a listing shows of a name; `nextPosition` is where it goes on after it.
    struct Listed: ~Escapable {
        let name: RawSpan
        let number: UInt64
        let kind: FileKind
        let nextPosition: Int64

        @_lifetime(copy name)
        init(name: RawSpan, number: UInt64, kind: FileKind, nextPosition: Int64) {
            self.name = name
            self.number = number
            self.kind = kind
            self.nextPosition = nextPosition
        }
    }
    /// Calls `body` for the names from `position` on, except "." and "..", until it returns false.
    func list(
        from position: Int64, _ body: (Listed) throws(Errno) -> Bool
    ) throws(Errno) {
        try fill()
        var entry = first
        while let current = entry, current.position < position { entry = current.next }
        while let current = entry {
            let name = current.name
            let listed = Listed(
                name: name.bytes, number: current.node.number, kind: current.node.kind,
                nextPosition: current.position + 1)
            guard try body(listed) else { return }
            entry = current.next
        }
        let base = Self.firstFurtherPosition
        try furtherNames?.list(from: max(0, position - base), at: base, body)
    }

    /// Adds an entry that is in no directory. Precondition: its name is not here yet.
    func link(_ entry: DirectoryEntry) {
        tree.insert(entry)
        entry.isLinked = true
        entry.position = nextPosition
        nextPosition += 1
        entry.previous = last
        if let last { last.next = entry } else { first = entry }
        last = entry
        entryCount += 1
        if entry.node.kind == .directory { linkCount += 1 }
        touchModified()
    }
    /// Takes an entry out. Precondition: it is here.
    func unlink(_ entry: DirectoryEntry) {
        tree.remove(entry)
        entry.isLinked = false
        if let previous = entry.previous {
            previous.next = entry.next
        } else {
            first = entry.next
        }
        if let next = entry.next { next.previous = entry.previous } else { last = entry.previous }
        entry.previous = nil
        entry.next = nil
        entryCount -= 1
        if entry.node.kind == .directory { linkCount -= 1 }
        touchModified()
    }

    override func read(
        _ file: OpenFile, at offset: Int64, count: Int, to address: VirtualAddress,
        _ blocking: Blocking
    ) throws(Errno) -> Int { throw .isDirectory }
    override func read(
        _ file: OpenFile, at offset: Int64, into bytes: inout MutableRawSpan
    ) throws(Errno) -> Int { throw .isDirectory }
}

extension DirectoryNode {
    /// Adds a name for a new node, for boot and for archives: no permission is looked at.
    ///
    /// `entry` is this directory's own. EEXIST, ENOMEM.
    @discardableResult
    package func add(
        _ node: Node, named name: RawSpan, in entry: DirectoryEntry
    ) throws(Errno) -> DirectoryEntry {
        guard try find(name, in: entry) == nil else { throw .fileExists }
        return try append(node, named: name, in: entry)
    }
    /// Whether a name is here; `entry` is this directory's own. ENOMEM.
    package func contains(_ name: RawSpan, in entry: DirectoryEntry) throws(Errno) -> Bool {
        try find(name, in: entry) != nil
    }
    /// Removes a name that `add` gave.
    package func remove(_ entry: DirectoryEntry) {
        guard entry.isLinked else { return }
        unlink(entry)
        entry.node.linkCount -= 1
    }
    /// Adds a name unless it is here, as what fills a directory does; returns its entry. ENOMEM.
    @discardableResult
    package func addMissing(
        _ name: RawSpan, in entry: DirectoryEntry, _ make: () throws(Errno) -> Node
    ) throws(Errno) -> DirectoryEntry {
        if let found = try find(name, in: entry) { return found }
        try KernelReserve.admit()
        return try append(make(), named: name, in: entry)
    }
    private func append(
        _ node: Node, named name: RawSpan, in entry: DirectoryEntry
    ) throws(Errno) -> DirectoryEntry {
        let new = try DirectoryEntry(node: node, name: name, parent: entry)
        link(new)
        return new
    }
}
