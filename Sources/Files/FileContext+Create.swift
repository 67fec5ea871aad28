internal import Base
package import LinuxABI
internal import Memory

/// Making names: mkdir(2), mknod(2), symlink(2), link(2), and the O_CREAT of open(2).
extension FileContext {
    /// A place where a name can be made: not taken, and the directory lets this process.
    private struct Place {
        let entry: DirectoryEntry
        let directory: DirectoryNode
        let name: Range<Int>
    }
    /// What a new name will stand for, as far as a trailing slash is concerned.
    private enum Shape {
        case directory
        case other
    }

    /// Linux's filename_create: EEXIST comes before what forbids creation.
    private func place(
        for path: RawSpan, from base: DirectoryEntry, _ shape: Shape
    ) throws(Errno) -> Place {
        var walk = PathWalk(self, from: base)
        let last = try walk.walkToLast(path)
        guard last.kind == .name else { throw .fileExists }
        guard try walk.lookUp(path.extracting(last.range)) == nil else { throw .fileExists }
        if shape == .other, last.hasTrailingSlash { throw .noSuchFile }
        guard let directory = walk.entry.directory else { throw .notDirectory }
        return Place(entry: walk.entry, directory: directory, name: last.range)
    }
    /// Linux's may_create, and whether the file system can make names at all: files alone where the
    /// error is otherwise EACCES.
    func requireCreation(
        in directory: DirectoryNode, _ entry: DirectoryEntry, otherwise: Errno
    ) throws(Errno) {
        guard entry.parent == nil || entry.isLinked else { throw .noSuchFile }
        // What /proc does not have can't be looked for either (fs/proc/generic.c, proc_lookup).
        if directory.fileSystem.kind == .procfs { throw .noSuchFile }
        try directory.fileSystem.requireWritable()
        try directory.require([.write, .execute], for: credentials)
        guard otherwise == .permissionDenied ? directory.hasFiles : directory.isMutable else {
            throw otherwise
        }
        try KernelReserve.admit()
    }
    /// The group of a new file: the directory's where its set-group bit is set (inode(7)).
    func group(in directory: DirectoryNode) -> UInt32 {
        directory.mode.contains(.setGroup) ? directory.group : credentials.group
    }

    /// Makes a directory. EEXIST, EACCES, EPERM, ENOENT, ENOMEM and path errors.
    package func makeDirectory(
        _ path: RawSpan, from base: DirectoryEntry, mode: FileMode
    ) throws(Errno) {
        let place = try place(for: path, from: base, .directory)
        try requireCreation(
            in: place.directory, place.entry, otherwise: .operationNotPermitted)
        var mode = mode.intersection([.permissions, .sticky]).subtracting(mask)
        if place.directory.mode.contains(.setGroup) { mode.insert(.setGroup) }
        let node = DirectoryNode(
            in: place.directory.fileSystem, mode: mode, owner: credentials.user,
            group: group(in: place.directory))
        try place.directory.add(node, named: path.extracting(place.name), in: place.entry)
            .tellDirectory(.created)
    }

    /// Makes a symbolic link to `target`. As `makeDirectory`.
    package func makeSymbolicLink(
        to target: RawSpan, _ path: RawSpan, from base: DirectoryEntry
    ) throws(Errno) {
        guard target.byteCount > 0 else { throw .noSuchFile }
        let place = try place(for: path, from: base, .other)
        try requireCreation(
            in: place.directory, place.entry, otherwise: .operationNotPermitted)
        let node = try SymbolicLinkNode(
            to: target, in: place.directory.fileSystem, owner: credentials.user,
            group: group(in: place.directory))
        try place.directory.add(node, named: path.extracting(place.name), in: place.entry)
            .tellDirectory(.created)
    }

    /// Makes a regular file, a named pipe, a socket or a device, as mknod(2). As `makeDirectory`.
    ///
    /// `device` counts for devices; one without a driver can't be opened (ENXIO).
    package func makeNode(
        _ path: RawSpan, from base: DirectoryEntry, kind: FileKind, mode: FileMode,
        device: DeviceNumber = DeviceNumber(major: 0, minor: 0)
    ) throws(Errno) {
        let isDevice = kind == .characterDevice || kind == .blockDevice
        let place = try place(for: path, from: base, .other)
        // Files are made as O_CREAT makes them (fs/namei.c, do_mknodat).
        try requireCreation(
            in: place.directory, place.entry,
            otherwise: kind == .regular ? .permissionDenied : .operationNotPermitted)
        if isDevice, !credentials.overrides { throw .operationNotPermitted }
        let mode = mode.subtracting(mask)
        let node: Node
        switch kind {
        case .regular:
            node = try place.directory.makeFile(
                mode: mode, owner: credentials.user, group: group(in: place.directory))
        case .pipe:
            node = try PipeNode(
                named: place.directory.fileSystem, mode: mode, owner: credentials.user,
                group: group(in: place.directory))
        // A name that bind(2) would make; opening it is ENXIO.
        case .socket:
            node = SocketNameNode(
                in: place.directory.fileSystem, mode: mode, owner: credentials.user,
                group: group(in: place.directory))
        case .characterDevice, .blockDevice:
            let system = place.directory.fileSystem
            if kind == .characterDevice, let driver = try system.drivers.find(device) {
                node = CharacterDeviceNode(
                    driver, number: device, in: system, mode: mode, owner: credentials.user,
                    group: group(in: place.directory))
            } else {
                node = DriverlessDeviceNode(
                    kind, number: device, in: system, mode: mode, owner: credentials.user,
                    group: group(in: place.directory))
            }
        case .directory, .symbolicLink, .anonymous: throw .invalidArgument
        }
        try place.directory.add(node, named: path.extracting(place.name), in: place.entry)
            .tellDirectory(.created)
    }

    /// Makes the name of a socket that is bound (bind(2)), once all that mknod(2) asks for is there and
    /// `check` does not throw. As `makeDirectory`.
    func makeSocketName(
        _ path: RawSpan, mode: FileMode, _ check: () throws(Errno) -> Void
    ) throws(Errno) -> SocketNameNode {
        let base = workingDirectory
        let place = try place(for: path, from: base, .other)
        try requireCreation(
            in: place.directory, place.entry, otherwise: .operationNotPermitted)
        try check()
        let node = SocketNameNode(
            in: place.directory.fileSystem, mode: mode.subtracting(mask), owner: credentials.user,
            group: group(in: place.directory))
        try place.directory.add(node, named: path.extracting(place.name), in: place.entry)
            .tellDirectory(.created)
        return node
    }

    /// Gives `target` a further name. EPERM for a directory, EXDEV, EMLINK; as `makeDirectory`.
    package func makeLink(
        to target: DirectoryEntry, _ path: RawSpan, from base: DirectoryEntry
    ) throws(Errno) {
        let place = try place(for: path, from: base, .other)
        guard place.directory.fileSystem === target.node.fileSystem else {
            throw .crossDeviceLink
        }
        try requireLinking(to: target.node)
        try requireCreation(
            in: place.directory, place.entry, otherwise: .operationNotPermitted)
        guard target.node.kind != .directory else { throw .operationNotPermitted }
        let isLinkable = (target.node as? RegularNode)?.isLinkable ?? false
        guard target.node.linkCount > 0 || isLinkable else { throw .noSuchFile }
        guard target.node.linkCount < .max else { throw .tooManyLinks }
        let entry = try place.directory.add(
            target.node, named: path.extracting(place.name), in: place.entry)
        target.node.linkCount += 1
        target.node.touchChanged()
        target.node.tellWatches(.attributes)
        entry.tellDirectory(.created)
    }

    /// What fs.protected_hardlinks asks (proc(5)), which distributions turn on: a file of somebody
    /// else can be linked only where it can be read and written, and is no set-id program. EPERM.
    private func requireLinking(to node: Node) throws(Errno) {
        if node.isOwned(by: credentials) { return }
        guard node.kind == .regular, !node.mode.contains(.setUser),
            !node.mode.isSuperset(of: [.setGroup, .groupExecute]),
            node.allows([.read, .write], for: credentials)
        else { throw .operationNotPermitted }
    }

    /// Makes the regular file that O_CREAT asks for, in a directory that was walked to.
    func makeFile(
        _ name: RawSpan, in entry: DirectoryEntry, mode: FileMode
    ) throws(Errno) -> DirectoryEntry {
        guard let directory = entry.directory else { throw .notDirectory }
        try requireCreation(in: directory, entry, otherwise: .permissionDenied)
        let node = try directory.makeFile(
            mode: mode.subtracting(mask), owner: credentials.user, group: group(in: directory))
        let new = try directory.add(node, named: name, in: entry)
        new.tellDirectory(.created)
        return new
    }
}
