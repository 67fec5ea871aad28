internal import Base
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Wire

/// Why the files of an image could not be brought in.
package enum ArchiveFailure: Error, Equatable, Sendable {
    /// The archive is damaged at an offset.
    case damaged(offset: Int)
    /// A name that ends in "..", or one that leads through something that is no directory.
    case badName(offset: Int)
    case outOfMemory
}

extension RootFileSystem {
    /// Brings in the files of a newc archive that lies at the start of `frames`.
    ///
    /// The frames become this function's: data at page boundaries stays where it is and belongs to
    /// its file, all other frames are freed. An entry replaces what has its name, directories keep
    /// what is in them; devices are left out, as /dev has its own.
    package func populate(
        fromArchive frames: Range<UInt32>, byteCount: Int
    ) throws(ArchiveFailure) {
        precondition(byteCount <= frames.count << Page.shift)
        Frames.adopt(frames: frames)
        var loader = ArchiveLoader(tree: self, frames: frames)
        let start = Frame(number: frames.lowerBound).address
        try BootMemory.withBytes(at: start, byteCount: byteCount) {
            bytes throws(ArchiveFailure) in
            try loader.load(bytes)
        }
    }
}

/// One pass over an archive.
private struct ArchiveLoader: ~Copyable {
    private let tree: RootFileSystem
    /// Frames from here on are still the archive's.
    private var remaining: Range<UInt32>
    private let first: UInt32
    /// Files with several names by number and device: their data comes with one name only.
    private var linked = NameTree()

    init(tree: RootFileSystem, frames: Range<UInt32>) {
        self.tree = tree
        remaining = frames
        first = frames.lowerBound
    }

    mutating func load(_ bytes: RawSpan) throws(ArchiveFailure) {
        var reader = CpioReader(bytes)
        while let entry = try Self.next(&reader) {
            do throws(Errno) {
                try add(entry, of: bytes)
            } catch {
                switch error {
                case .outOfMemory, .noSpace: throw .outOfMemory
                default: throw .badName(offset: entry.name.lowerBound)
                }
            }
        }
        release(upTo: remaining.upperBound)
    }
    private static func next(_ reader: inout CpioReader) throws(ArchiveFailure) -> CpioEntry? {
        do throws(CpioError) {
            return try reader.next()
        } catch {
            switch error {
            case .truncated(let offset), .badMagic(let offset), .badNumber(let offset),
                .badName(let offset):
                throw .damaged(offset: offset)
            case .noTrailer: throw .damaged(offset: 0)
            }
        }
    }

    private mutating func add(_ entry: CpioEntry, of bytes: RawSpan) throws(Errno) {
        guard let kind = FileKind(rawValue: entry.mode & FileKind.mask), kind != .anonymous else {
            throw .invalidArgument
        }
        var walk = PathWalk(tree.context, from: tree.root)
        let last = try walkMakingParents(bytes.extracting(entry.name), &walk)
        guard last.kind == .name else {
            // "." or "/": the root itself.
            guard kind == .directory, last.kind != .dotDot else { throw .invalidArgument }
            return set(entry, on: walk.entry.node)
        }
        let name = bytes.extracting(entry.name).extracting(last.range)
        guard let directory = walk.entry.directory else { throw .notDirectory }
        if let existing = try walk.lookUp(name) {
            if kind == .directory {
                try walk.enter(existing, .follow)
                guard walk.entry.node.kind == .directory else { throw .notDirectory }
                return set(entry, on: walk.entry.node)
            }
            guard existing.node.kind != .directory else { throw .isDirectory }
            directory.unlink(existing)
            existing.node.linkCount -= 1
        }
        let node: Node
        switch kind {
        case .directory: node = DirectoryNode(in: directory.fileSystem, mode: [])
        case .symbolicLink:
            guard (1..<PathLimit.path).contains(entry.data.count) else { throw .invalidArgument }
            node = try SymbolicLinkNode(
                to: bytes.extracting(entry.data), in: directory.fileSystem)
        case .regular:
            node = try file(for: entry, in: directory.fileSystem)
        case .pipe:
            node = try PipeNode(named: directory.fileSystem, mode: [], owner: 0, group: 0)
        // /dev has the devices there are; nobody listens on a socket of the image.
        case .characterDevice, .blockDevice, .socket, .anonymous: return
        }
        // A folder keeps the times that the archive gave it, whatever is put into it.
        let times = directory.times
        try directory.add(node, named: name, in: walk.entry)
        directory.times = times
        set(entry, on: node)
        // Last, because it frees the frames that hold the name.
        if let file = node as? RegularNode { try fill(file, entry, of: bytes) }
    }

    /// Walks to where `path` ends and makes the directories that are missing on the way.
    private func walkMakingParents(
        _ path: RawSpan, _ walk: inout PathWalk
    ) throws(Errno) -> PathWalk.Last {
        do throws(Errno) {
            return try walk.walkToLast(path)
        } catch {
            guard error == .noSuchFile else { throw error }
        }
        var offset = 0
        while offset < path.byteCount {
            if path.byte(at: offset) == 0x2f, offset > 0 {
                do throws(Errno) {
                    let folder = path.extracting(first: offset)
                    try tree.context.makeDirectory(
                        folder, from: tree.root,
                        mode: FileMode(rawValue: RootFileSystem.mode(ofFolder: folder)))
                } catch {
                    if error != .fileExists { throw error }
                }
            }
            offset += 1
        }
        walk = PathWalk(tree.context, from: tree.root)
        return try walk.walkToLast(path)
    }

    private func set(_ entry: CpioEntry, on node: Node) {
        node.mode = FileMode(rawValue: entry.mode & 0o7777)
        node.owner = entry.owner
        node.group = entry.group
        let time = TimeSpecification(seconds: Int64(entry.modificationTime), nanoseconds: 0)
        node.times.modification = time
        node.times.access = time
    }

    /// A new file, or the one that an earlier record gave another name.
    private mutating func file(
        for entry: CpioEntry, in fileSystem: FileSystem
    ) throws(Errno) -> RegularNode {
        guard entry.linkCount > 1 else { return RegularNode(in: fileSystem, mode: []) }
        var key = InlineArray<12, UInt8>(repeating: 0)
        do {
            var span = key.mutableSpan
            var bytes = span.mutableRaw
            bytes.storeLittleEndian(entry.number, at: 0)
            bytes.storeLittleEndian(entry.deviceMajor, at: 4)
            bytes.storeLittleEndian(entry.deviceMinor, at: 8)
        }
        if let known = linked.find(key.span.raw), let file = known.node as? RegularNode {
            file.linkCount += 1
            return file
        }
        let file = RegularNode(in: fileSystem, mode: [])
        linked.insert(try DirectoryEntry(node: file, name: key.span.raw, parent: nil))
        return file
    }

    /// Gives a file its data: whole pages in place, the rest by copy.
    private mutating func fill(
        _ file: RegularNode, _ entry: CpioEntry, of bytes: RawSpan
    ) throws(Errno) {
        guard !entry.data.isEmpty else { return }
        guard entry.data.lowerBound & (Page.size - 1) == 0 else {
            try copy(bytes.extracting(entry.data), into: file, at: 0)
            return
        }
        let start = first + UInt32(entry.data.lowerBound >> Page.shift)
        let count = UInt32(entry.data.count >> Page.shift)
        release(upTo: start)
        for index in 0..<count {
            // From here on the frame is the file's, also where this throws.
            remaining = (start + index + 1)..<remaining.upperBound
            try file.pages.adopt(Frame(number: start + index), at: Int(index))
        }
        let whole = Int(count) << Page.shift
        file.pages.byteCount = Int64(whole)
        try copy(
            bytes.extracting((entry.data.lowerBound + whole)..<entry.data.upperBound), into: file,
            at: whole)
    }
    private func copy(_ bytes: RawSpan, into file: RegularNode, at offset: Int) throws(Errno) {
        let done = try file.pages.write(at: Int64(offset), from: bytes)
        guard done == bytes.byteCount else { throw .outOfMemory }
    }
    private mutating func release(upTo end: UInt32) {
        guard end > remaining.lowerBound else { return }
        for number in remaining.lowerBound..<end { Frames.release(Frame(number: number)) }
        remaining = end..<remaining.upperBound
    }
}
