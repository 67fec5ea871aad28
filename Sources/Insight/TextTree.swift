internal import Base
internal import Files
internal import LinuxABI

/// What files of /proc and /sys are made with: all in one file system, each when somebody looks into its
/// directory, its text when it is read.
struct TextTree {
    let system: FileSystem

    /// Adds a node unless its name is here.
    @discardableResult
    @inline(never)
    func place(
        _ name: RawSpan, in entry: DirectoryEntry, _ make: () throws(Errno) -> Node
    ) throws(Errno) -> DirectoryEntry {
        guard let directory = entry.directory else { throw .notDirectory }
        return try directory.addMissing(name, in: entry, make)
    }
    func place(
        _ name: StaticString, in entry: DirectoryEntry, _ make: () throws(Errno) -> Node
    ) throws(Errno) { try place(name.bytes, in: entry, make) }

    /// A directory; `fill` adds what is in it when somebody looks.
    @discardableResult
    @inline(never)
    func directory(
        _ name: RawSpan, in entry: DirectoryEntry,
        _ fill: ((DirectoryEntry) throws(Errno) -> Void)? = nil
    ) throws(Errno) -> DirectoryEntry {
        let found = try place(name, in: entry) { () throws(Errno) in
            DirectoryNode(in: system, mode: FileMode(rawValue: 0o555))
        }
        if let fill { found.directory?.fillLater { () throws(Errno) in try fill(found) } }
        return found
    }
    @discardableResult
    @inline(never)
    func directory(
        _ name: StaticString, in entry: DirectoryEntry,
        _ fill: ((DirectoryEntry) throws(Errno) -> Void)? = nil
    ) throws(Errno) -> DirectoryEntry { try directory(name.bytes, in: entry, fill) }
    /// A directory whose name ends in a number.
    @inline(never)
    func directory(
        _ name: StaticString, _ number: Int, in entry: DirectoryEntry,
        _ fill: @escaping (DirectoryEntry) throws(Errno) -> Void
    ) throws(Errno) {
        var storage = InlineArray<32, UInt8>(repeating: 0)
        let length: Int
        do {
            var span = storage.mutableSpan
            var text = TextBuffer(into: span.mutableRaw)
            text.append(name)
            text.append(UInt64(number))
            length = text.writtenCount
        }
        try directory(storage.span.raw.extracting(first: length), in: entry, fill)
    }

    /// A file, and what writes its text.
    @inline(never)
    func file(
        _ name: StaticString, in entry: DirectoryEntry, mode: UInt32 = 0o444,
        _ write: @escaping GeneratedNode.Provider
    ) throws(Errno) {
        try place(name, in: entry) { () throws(Errno) in
            GeneratedNode(in: system, mode: FileMode(rawValue: mode), write)
        }
    }
    /// Names, each with what writes its text.
    typealias Text = (name: StaticString, write: (inout TextBuffer) -> Void)
    @inline(never)
    func add(_ texts: [Text], to entry: DirectoryEntry, mode: UInt32 = 0o444) throws(Errno) {
        for text in texts { try file(text.name, in: entry, mode: mode) { text.write(&$0) } }
    }
    /// Files whose text never changes: a line each, of its name and, behind the blank, its text.
    @inline(never)
    func add(lines: StaticString, to entry: DirectoryEntry, mode: UInt32 = 0o444) throws(Errno) {
        let bytes = lines.bytes
        var start = 0
        while start < bytes.byteCount {
            var blank = start
            while blank < bytes.byteCount, bytes.byte(at: blank) != 0x20 { blank += 1 }
            var end = min(blank + 1, bytes.byteCount)
            let first = end
            while end < bytes.byteCount, bytes.byte(at: end) != 0x0a { end += 1 }
            let range = first..<min(end + 1, bytes.byteCount)
            try place(bytes.extracting(start..<blank), in: entry) { () throws(Errno) in
                GeneratedNode(in: system, mode: FileMode(rawValue: mode)) {
                    $0.append(lines.bytes.extracting(range))
                }
            }
            start = end + 1
        }
    }
    @inline(never)
    func addLink(
        _ name: StaticString, to target: StaticString, in entry: DirectoryEntry
    ) throws(Errno) {
        try place(name, in: entry) { () throws(Errno) in
            try SymbolicLinkNode(to: target.bytes, in: system)
        }
    }
}
