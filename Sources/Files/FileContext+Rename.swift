internal import Base
package import LinuxABI
internal import Memory

/// Flags of renameat2(2).
package struct RenameFlags: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    /// RENAME_NOREPLACE
    package static let noReplace = Self(rawValue: 1)
    /// RENAME_EXCHANGE
    package static let exchange = Self(rawValue: 2)
    /// RENAME_WHITEOUT
    package static let whiteout = Self(rawValue: 4)

    /// Whether the kernel knows all flags and they go together.
    package var areValid: Bool {
        isSubset(of: [.noReplace, .exchange, .whiteout])
            && (!contains(.exchange) || isDisjoint(with: [.noReplace, .whiteout]))
    }
}

extension FileContext {
    /// Moves a name, replacing what the new one named, as renameat2(2).
    ///
    /// EINVAL, EBUSY, EEXIST, ENOENT, ENOTDIR, EISDIR, ENOTEMPTY, EXDEV, EACCES, EPERM, ENOMEM; the
    /// checks come in the order of Linux's do_renameat2 and vfs_rename.
    package func rename(
        _ oldPath: RawSpan, from oldBase: DirectoryEntry, to newPath: RawSpan,
        from newBase: DirectoryEntry, _ flags: RenameFlags = []
    ) throws(Errno) {
        guard flags.areValid else { throw .invalidArgument }
        var oldWalk = PathWalk(self, from: oldBase)
        let oldLast = try oldWalk.walkToLast(oldPath)
        var newWalk = PathWalk(self, from: newBase)
        let newLast = try newWalk.walkToLast(newPath)
        guard oldWalk.entry.node.fileSystem === newWalk.entry.node.fileSystem else {
            throw .crossDeviceLink
        }
        guard oldLast.kind == .name else { throw .busy }
        guard newLast.kind == .name else {
            throw flags.contains(.noReplace) ? .fileExists : .busy
        }
        let newName = newPath.extracting(newLast.range)
        guard let source = try oldWalk.lookUp(oldPath.extracting(oldLast.range)) else {
            throw .noSuchFile
        }
        let target = try newWalk.lookUp(newName)
        if flags.contains(.noReplace), target != nil { throw .fileExists }
        let isDirectory = source.node.kind == .directory
        if flags.contains(.exchange) {
            guard let target else { throw .noSuchFile }
            if target.node.kind != .directory, newLast.hasTrailingSlash { throw .notDirectory }
        }
        if !isDirectory {
            if oldLast.hasTrailingSlash { throw .notDirectory }
            if !flags.contains(.exchange), newLast.hasTrailingSlash { throw .notDirectory }
        }
        if source.isAbove(newWalk.entry) { throw .invalidArgument }
        if let target, target.isAbove(oldWalk.entry) {
            throw flags.contains(.exchange) ? .invalidArgument : .notEmpty
        }
        if source.node === target?.node { return }
        try move(
            source, from: oldWalk.entry, over: target, to: newWalk.entry, named: newName, flags)
    }

    /// Linux's vfs_rename: permissions, kinds, then the change.
    private func move(
        _ source: DirectoryEntry, from oldEntry: DirectoryEntry, over target: DirectoryEntry?,
        to newEntry: DirectoryEntry, named newName: RawSpan, _ flags: RenameFlags
    ) throws(Errno) {
        let isDirectory = source.node.kind == .directory
        let isExchange = flags.contains(.exchange)
        let oldDirectory = try requireRemoval(of: source, from: oldEntry)
        guard oldDirectory.isMutable else { throw .operationNotPermitted }
        let newDirectory: DirectoryNode
        if let target {
            newDirectory = try requireRemoval(of: target, from: newEntry)
            if !isExchange {
                let replacesDirectory = target.node.kind == .directory
                if isDirectory, !replacesDirectory { throw .notDirectory }
                if !isDirectory, replacesDirectory { throw .isDirectory }
            }
        } else {
            guard let directory = newEntry.directory else { throw .notDirectory }
            try requireCreation(in: directory, newEntry, otherwise: .operationNotPermitted)
            newDirectory = directory
        }
        // A directory that changes its parent has its ".." written.
        if oldDirectory !== newDirectory {
            if isDirectory { try source.node.require(.write, for: credentials) }
            if isExchange, let target, target.node.kind == .directory {
                try target.node.require(.write, for: credentials)
            }
        }
        // A whiteout is a character device, which nobody can make here (as mknod(2)).
        if flags.contains(.whiteout) { throw .invalidArgument }
        if source.isMountPoint || target?.isMountPoint ?? false || source === root {
            throw .busy
        }
        if !isExchange, let replaced = target?.directory, try !replaced.isEmpty() {
            throw .notEmpty
        }
        try KernelReserve.admit()
        let name = try ByteString(copying: newName)

        if let target, isExchange {
            let oldName = source.name
            let targetName = target.name
            oldDirectory.unlink(source)
            newDirectory.unlink(target)
            source.rename(to: name)
            source.parent = newEntry
            target.rename(to: oldName)
            target.parent = oldEntry
            newDirectory.link(source)
            oldDirectory.link(target)
            target.node.touchChanged()
            source.node.touchChanged()
            source.tellMove(from: oldDirectory, oldName)
            source.node.tellWatches(.movedSelf)
            target.tellMove(from: newDirectory, targetName)
            target.node.tellWatches(.movedSelf)
        } else {
            let oldName = source.name
            if let target {
                newDirectory.unlink(target)
                target.node.linkCount -= target.node.kind == .directory ? 2 : 1
                target.node.touchChanged()
            }
            oldDirectory.unlink(source)
            source.rename(to: name)
            source.parent = newEntry
            newDirectory.link(source)
            source.node.touchChanged()
            source.tellMove(from: oldDirectory, oldName)
            target?.node.tellWatchesOfChange()
            source.node.tellWatches(.movedSelf)
            target?.tellWatchesOfEnd()
        }
    }
}
