internal import Base
internal import Hardware
package import LinuxABI
internal import Memory
internal import Wire

extension RootFileSystem {
    /// Makes an EROFS image, which lies at the start of `frames`, the root file system.
    ///
    /// The frames become this function's and are used where they are. Only the root directory is read
    /// now: each other one when a path leads to it, each file's contents when it is opened. What is
    /// changed is changed in memory; a file's pages are copied when it is opened for writing. EUCLEAN
    /// for a damaged image or one that can't be read, ENOMEM.
    package func populate(fromImage frames: Range<UInt32>, byteCount: Int) throws(Errno) {
        let image = RootImage(frames: frames, byteCount: byteCount)
        let start = Frame(number: frames.lowerBound).address
        let isWhole = BootMemory.withBytes(at: start, byteCount: byteCount) { bytes in
            (try? EROFSImage(checking: bytes)) != nil
        }
        guard isWhole else { throw .needsCleaning }
        hasImage = true
        let builder = ImageTreeBuilder(image, in: files)
        let inode = try image.withImage { image throws(RootImage.ImageError) in
            try ImageTreeBuilder.inode(image.rootNumber, of: image)
        }
        guard inode.isDirectory else { throw .needsCleaning }
        builder.set(inode, on: root.node)
        try builder.fill(root, from: inode)
    }
}

/// Makes nodes of an image's inodes, as directories are looked into.
private final class ImageTreeBuilder {
    private let image: RootImage
    private let fileSystem: FileSystem
    /// Files with several names, by inode.
    private var linked = NameTree()

    init(_ image: RootImage, in fileSystem: FileSystem) {
        self.image = image
        self.fileSystem = fileSystem
    }

    static func inode(
        _ number: UInt64, of image: borrowing EROFSImage
    ) throws(RootImage.ImageError) -> EROFSInode {
        do throws(EROFSFailure) { return try image.inode(number) } catch { throw .damaged }
    }

    /// Adds the names of a directory of the image that are not here yet.
    func fill(_ entry: DirectoryEntry, from inode: EROFSInode) throws(Errno) {
        guard let directory = entry.directory else { throw .notDirectory }
        let times = directory.times
        defer { directory.times = times }
        try image.withImage { image throws(RootImage.ImageError) in
            var position: Int64 = 0
            while true {
                let record: EROFSDirectoryRecord?
                do throws(EROFSFailure) {
                    record = try image.record(of: inode, at: position)
                } catch { throw .damaged }
                guard let record else { return }
                position = record.next
                try add(record, of: image, to: entry, directory)
            }
        }
    }
    private func add(
        _ record: EROFSDirectoryRecord, of image: borrowing EROFSImage, to entry: DirectoryEntry,
        _ directory: DirectoryNode
    ) throws(RootImage.ImageError) {
        let name = image.bytes.extracting(record.name)
        if name.isEqual(to: ".") || name.isEqual(to: "..") { return }
        let inode = try Self.inode(record.number, of: image)
        do throws(Errno) {
            if try directory.find(name, in: entry) != nil { return }
            try KernelReserve.admit()
            let node = try node(for: inode, of: image)
            let new = try directory.add(node, named: name, in: entry)
            if inode.isDirectory {
                // Filled or not, a directory that is removed was looked into before (rmdir(2)), which
                // lets go of this closure and so of the entry.
                new.directory?.fillLater { () throws(Errno) in try self.fill(new, from: inode) }
            }
        } catch { throw .other(error) }
    }

    private func node(
        for inode: EROFSInode, of image: borrowing EROFSImage
    ) throws(Errno) -> Node {
        let mayBeLinked = inode.linkCount > 1 && !inode.isDirectory
        var key = InlineArray<8, UInt8>(repeating: 0)
        do {
            var span = key.mutableSpan
            var bytes = span.mutableRaw
            bytes.storeLittleEndian(inode.number, at: 0)
        }
        if mayBeLinked, let known = linked.find(key.span.raw) { return known.node }
        let node = try make(inode, of: image)
        set(inode, on: node)
        try addAttributes(of: inode, image, to: node)
        if mayBeLinked {
            node.linkCount = inode.linkCount
            linked.insert(try DirectoryEntry(node: node, name: key.span.raw, parent: nil))
        }
        return node
    }
    private func make(
        _ inode: EROFSInode, of image: borrowing EROFSImage
    ) throws(Errno) -> Node {
        guard let kind = FileKind(rawValue: inode.kind) else { throw .needsCleaning }
        switch kind {
        case .regular:
            return RegularNode(ImageContents(image: self.image, inode: inode), in: fileSystem)
        case .directory: return DirectoryNode(in: fileSystem, mode: [])
        case .symbolicLink:
            let target: Range<Int>
            do throws(EROFSFailure) { target = try image.target(of: inode) } catch {
                throw .needsCleaning
            }
            return try SymbolicLinkNode(to: image.bytes.extracting(target), in: fileSystem)
        case .pipe: return try PipeNode(named: fileSystem, mode: [], owner: 0, group: 0)
        case .socket: return SocketNameNode(in: fileSystem, mode: [], owner: 0, group: 0)
        case .characterDevice, .blockDevice:
            return DriverlessDeviceNode(
                kind, number: DeviceNumber(major: inode.deviceMajor, minor: inode.deviceMinor),
                in: fileSystem, mode: [], owner: 0, group: 0)
        case .anonymous: throw .needsCleaning
        }
    }

    func set(_ inode: EROFSInode, on node: Node) {
        node.mode = FileMode(rawValue: inode.mode & 0o7777)
        node.owner = inode.owner
        node.group = inode.group
        node.times = FileTimes(
            all: TimeSpecification(
                seconds: inode.modificationSeconds,
                nanoseconds: Int64(inode.modificationNanoseconds)))
    }
    private func addAttributes(
        of inode: EROFSInode, _ image: borrowing EROFSImage, to node: Node
    ) throws(Errno) {
        do throws(EROFSFailure) {
            var attributes = try EROFSAttributes(of: inode, in: image)
            while let attribute = try attributes.next() {
                switch attribute.prefix {
                // Access lists are not known here.
                case .accessList, .defaultAccessList: continue
                case .user, .trusted, .security: break
                }
                do throws(Errno) {
                    try node.addAttribute(
                        attribute.prefix.text, image.bytes.extracting(attribute.name),
                        image.bytes.extracting(attribute.value))
                } catch {
                    if error == .outOfMemory { throw .truncated }
                }
            }
        } catch {
            throw error == .truncated ? .outOfMemory : .needsCleaning
        }
    }
}
