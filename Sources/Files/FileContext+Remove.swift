internal import Base
package import LinuxABI

/// Removing names: unlink(2), rmdir(2).
extension FileContext {
    /// Removes the name of anything but a directory. EISDIR, EACCES, EPERM, EBUSY, path errors.
    package func unlink(_ path: RawSpan, from base: DirectoryEntry) throws(Errno) {
        var walk = PathWalk(self, from: base)
        let last = try walk.walkToLast(path)
        guard last.kind == .name else { throw .isDirectory }
        guard let victim = try walk.lookUp(path.extracting(last.range)) else {
            throw .noSuchFile
        }
        if last.hasTrailingSlash {
            throw victim.node.kind == .directory ? .isDirectory : .notDirectory
        }
        let directory = try requireRemoval(of: victim, from: walk.entry)
        if victim.node.kind == .directory { throw .isDirectory }
        if victim.isMountPoint { throw .busy }
        remove(victim, from: directory)
    }
    /// Takes the name of anything but a directory away.
    func remove(_ victim: DirectoryEntry, from directory: DirectoryNode) {
        directory.unlink(victim)
        victim.node.linkCount -= 1
        victim.node.touchChanged()
        victim.node.tellWatches(.attributes)
        victim.tellWatchesOfEnd()
        victim.tellDirectory(.deleted)
    }

    /// Removes an empty directory. ENOTEMPTY, ENOTDIR, EBUSY, EINVAL, EACCES, EPERM, path errors.
    package func removeDirectory(_ path: RawSpan, from base: DirectoryEntry) throws(Errno) {
        var walk = PathWalk(self, from: base)
        let last = try walk.walkToLast(path)
        switch last.kind {
        case .dotDot: throw .notEmpty
        case .dot: throw .invalidArgument
        case .root: throw .busy
        case .name: break
        }
        guard let victim = try walk.lookUp(path.extracting(last.range)) else {
            throw .noSuchFile
        }
        let directory = try requireRemoval(of: victim, from: walk.entry)
        guard let removed = victim.directory else { throw .notDirectory }
        if victim.isMountPoint || victim === root { throw .busy }
        guard try removed.isEmpty() else { throw .notEmpty }
        directory.unlink(victim)
        removed.linkCount = 0
        removed.touchChanged()
        victim.tellWatchesOfEnd()
        victim.tellDirectory(.deleted)
    }

    /// Linux's may_delete, without the checks of kind: write and search permission on the directory
    /// (EACCES), and the sticky bit (EPERM).
    func requireRemoval(
        of victim: DirectoryEntry, from entry: DirectoryEntry
    ) throws(Errno) -> DirectoryNode {
        guard let directory = entry.directory else { throw .notDirectory }
        try directory.fileSystem.requireWritable()
        try directory.require([.write, .execute], for: credentials)
        if directory.mode.contains(.sticky), !credentials.overrides,
            credentials.user != victim.node.owner, credentials.user != directory.owner
        {
            throw .operationNotPermitted
        }
        guard directory.hasFiles else { throw .operationNotPermitted }
        return directory
    }
}
