package import LinuxABI

/// How utimensat(2) changes the two times that a program can set.
package struct TimeChange: Sendable {
    package enum Setting: Sendable {
        case now
        case omit
        case at(TimeSpecification)
    }
    let access: Setting
    let modification: Setting
    package init(access: Setting, modification: Setting) {
        self.access = access
        self.modification = modification
    }
    package static let now = Self(access: .now, modification: .now)

    package var isNothing: Bool {
        if case .omit = access, case .omit = modification { return true }
        return false
    }
    /// What inotify(7) tells of it (fsnotify_change).
    package var event: InotifyMask {
        if case .omit = access {
            if case .omit = modification { return [] }
            return .modified
        }
        if case .omit = modification { return .accessed }
        return .attributes
    }
    /// Whether anybody who may write the file may do this: both times to now.
    var isOnlyNow: Bool {
        if case .now = access, case .now = modification { return true }
        return false
    }
}

extension FileSystem {
    /// Throws EROFS where nothing can be changed.
    package func requireWritable() throws(Errno) {
        if isReadOnly { throw .readOnlyFileSystem }
    }
}

extension Node {
    /// Changes the mode, as chmod(2). EPERM, EROFS.
    package func changeMode(to new: FileMode, by credentials: Credentials) throws(Errno) {
        // A link's mode means nothing and can't change (symlink(7)); nor can that of a file without
        // a name, whose node Linux shares among all.
        try fileSystem.requireWritable()
        guard kind != .symbolicLink, kind != .anonymous else { throw .notSupported }
        let isFixed =
            fileSystem.kind == .procfs && (kind != .directory || self is GeneratedDirectoryNode)
        guard isOwned(by: credentials), !isFixed else { throw .operationNotPermitted }
        var new = new
        if let file = self as? RegularNode, file.seals.contains(.execute),
            new.intersection(.anyExecute) != mode.intersection(.anyExecute)
        {
            throw .operationNotPermitted
        }
        if !credentials.overrides, !credentials.isMember(of: group) { new.remove(.setGroup) }
        mode = new
        touchChanged()
    }

    /// Changes owner and group, as chown(2); the highest number leaves one as it is. EPERM, EROFS.
    package func changeOwner(
        to newOwner: UInt32, group newGroup: UInt32, by credentials: Credentials
    ) throws(Errno) {
        try fileSystem.requireWritable()
        guard kind != .anonymous else { throw .notSupported }
        let unchanged = UInt32.max
        if !credentials.overrides {
            let isOwner = credentials.user == owner
            if newOwner != unchanged, !(isOwner && newOwner == owner) {
                throw .operationNotPermitted
            }
            if newGroup != unchanged,
                !(isOwner && (newGroup == group || credentials.isMember(of: newGroup)))
            {
                throw .operationNotPermitted
            }
        }
        if newOwner != unchanged { owner = newOwner }
        if newGroup != unchanged { group = newGroup }
        clearSetIdentifiers()
        touchChanged()
    }

    /// Changes the times, as utimensat(2). EROFS, EPERM, or EACCES where both become now.
    package func changeTimes(
        _ change: TimeChange, by credentials: Credentials
    ) throws(Errno) {
        guard !change.isNothing else { return }
        try fileSystem.requireWritable()
        guard kind != .anonymous else { throw .notSupported }
        if !isOwned(by: credentials) {
            guard change.isOnlyNow else { throw .operationNotPermitted }
            try require(.write, for: credentials)
        }
        let now = FileTimes.now()
        switch change.access {
        case .now: times.access = now
        case .omit: break
        case .at(let time): times.access = time
        }
        switch change.modification {
        case .now: times.modification = now
        case .omit: break
        case .at(let time): times.modification = time
        }
        times.change = now
    }

    /// Changes the length, as truncate(2) of a path. EISDIR, EINVAL, EROFS, EACCES, ETXTBSY.
    package func truncate(to byteCount: Int64, by credentials: Credentials) throws(Errno) {
        if kind == .directory { throw .isDirectory }
        guard kind == .regular else { throw .invalidArgument }
        try fileSystem.requireWritable()
        try require(.write, for: credentials)
        if let file = self as? RegularNode, file.isWritingDenied { throw .textBusy }
        try truncate(to: byteCount)
        clearSetIdentifiers()
    }
}
