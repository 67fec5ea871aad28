internal import Base
package import LinuxABI
internal import Memory

extension FileContext {
    /// Opens a path, as open(2) with flags that were checked by `OpenFlags.validated`.
    ///
    /// `creationMode` counts with O_CREAT. The checks come in the order of Linux's path_openat.
    package func open(
        _ path: RawSpan, from base: DirectoryEntry, _ flags: OpenFlags, creationMode: FileMode
    ) throws(Errno) -> OpenFile {
        if flags.contains(.temporaryFile) {
            return try openTemporaryFile(path, from: base, flags, mode: creationMode)
        }
        var walk = PathWalk(self, from: base)
        let isNew = try find(path, &walk, flags, creationMode)
        let entry = walk.entry
        if flags.contains(.create) {
            if flags.contains(.exclusive), !isNew { throw .fileExists }
            if entry.node.kind == .directory { throw .isDirectory }
        }
        if flags.contains(.directory), entry.node.kind != .directory { throw .notDirectory }
        return try open(entry, flags, isNew: isNew)
    }

    /// Opens what a path led to. EACCES, EISDIR, ELOOP, EPERM, ETXTBSY, ENXIO, ENOMEM.
    package func open(
        _ entry: DirectoryEntry, _ flags: OpenFlags, isNew: Bool = false
    ) throws(Errno) -> OpenFile {
        let node = entry.node
        try KernelReserve.admit()
        // What stays with an open file: O_CREAT and the like are spent (F_GETFL).
        let kept = flags.subtracting([.create, .exclusive, .noControllingTerminal, .truncate])
            .subtracting(.closeOnExec)
        if flags.contains(.path) { return try OpenFile(entry, flags: kept) }
        if !isNew { try requireOpening(node, flags) }
        let file = try OpenFile(
            entry, flags: kept, instance: try node.instance(flags, for: credentials))
        if flags.contains(.truncate), !isNew, node.kind == .regular {
            do throws(Errno) {
                if let file = node as? RegularNode, file.isWritingDenied { throw .textBusy }
                try node.truncate(to: 0)
                entry.tell(.modified)
            } catch {
                // /proc's files ignore it.
                if error != .invalidArgument {
                    file.release()
                    throw error
                }
            }
        }
        return file
    }

    /// Walks to what is to be opened and makes it where O_CREAT says so; returns whether it is new.
    private func find(
        _ path: RawSpan, _ walk: inout PathWalk, _ flags: OpenFlags, _ creationMode: FileMode
    ) throws(Errno) -> Bool {
        // O_EXCL of a creation does not follow a link in last place (open(2)).
        let keepsLink =
            flags.contains(.noFollow) || flags.isSuperset(of: [.create, .exclusive])
        guard flags.contains(.create) else {
            try walk.walk(path, keepsLink ? .keep : .follow)
            return false
        }
        // The path, then the target of each link in last place: such a target may be missing too.
        var last = try walk.walkToLast(path)
        guard last.kind == .name else {
            try walk.step(to: last, of: path, .follow)
            return false
        }
        if last.hasTrailingSlash { throw .isDirectory }
        guard let child = try walk.lookUp(path.extracting(last.range)) else {
            try walk.enter(
                makeFile(path.extracting(last.range), in: walk.entry, mode: creationMode), .keep)
            return true
        }
        var found = child
        while !keepsLink, let link = found.node as? SymbolicLinkNode {
            if let destination = try walk.countLink(link) {
                try walk.enter(destination, .keep)
                return false
            }
            let target = try link.path()
            last = try walk.walkToLast(target.bytes)
            guard last.kind == .name else {
                try walk.step(to: last, of: target.bytes, .follow)
                return false
            }
            if last.hasTrailingSlash { throw .isDirectory }
            let name = target.bytes.extracting(last.range)
            guard let next = try walk.lookUp(name) else {
                try walk.enter(makeFile(name, in: walk.entry, mode: creationMode), .keep)
                return true
            }
            found = next
        }
        try walk.enter(found, .keep)
        return false
    }

    /// Linux's may_open: what the kind of file and the permissions forbid.
    private func requireOpening(_ node: Node, _ flags: OpenFlags) throws(Errno) {
        var access: Access = []
        switch flags.rawValue & OpenFlags.accessModeMask {
        case 0: access = .read
        case 1: access = .write
        default: access = [.read, .write]
        }
        if flags.contains(.truncate) { access.insert(.write) }
        switch node.kind {
        case .symbolicLink: throw .tooManySymbolicLinks
        case .directory where access.contains(.write): throw .isDirectory
        case .anonymous: throw .noSuchDeviceOrAddress
        case .directory, .regular, .characterDevice, .blockDevice, .pipe, .socket: break
        }
        try node.require(access, for: credentials)
        if access.contains(.write), node.kind == .regular { try node.fileSystem.requireWritable() }
        if flags.contains(.noAccessTime), !node.isOwned(by: credentials) {
            throw .operationNotPermitted
        }
        if node.kind == .socket { throw .noSuchDeviceOrAddress }
        // A file in memory is written directly anyhow; nothing else can be.
        if flags.contains(.direct), !(node is RegularNode) { throw .invalidArgument }
    }
}
