package import LinuxABI

/// From where and with whose rights paths are resolved: a process's root, directory, mask and user.
package struct FileContext {
    package var root: DirectoryEntry
    package var workingDirectory: DirectoryEntry
    /// Permission bits that new files do not get (umask(2)).
    package var mask: FileMode
    package var credentials: Credentials
    /// What resolution must not do, for openat2(2).
    package var confinement: PathConfinement = []

    package init(
        root: DirectoryEntry, workingDirectory: DirectoryEntry,
        mask: FileMode = FileMode(rawValue: 0o022), credentials: Credentials = Credentials()
    ) {
        self.root = root
        self.workingDirectory = workingDirectory
        self.mask = mask
        self.credentials = credentials
    }
}

/// The longest name and path (limits(5)): NAME_MAX without, PATH_MAX with the final NUL.
package enum PathLimit {
    package static let name = 255
    package static let path = 4096
    /// Symbolic links that one resolution follows (path_resolution(7)).
    package static let links = 40
}

/// What resolution does with a symbolic link in last place.
package enum FinalLink: Sendable {
    case follow
    case keep
}

/// What a resolution must not do: the `resolve` field of openat2(2).
package struct PathConfinement: OptionSet, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
    /// RESOLVE_NO_XDEV: leave the file system (EXDEV).
    package static let noCrossing = Self(rawValue: 0x01)
    /// RESOLVE_NO_MAGICLINKS: follow a link like /proc/self/fd/0 (ELOOP).
    package static let noMagicLinks = Self(rawValue: 0x02)
    /// RESOLVE_NO_SYMLINKS: follow any link (ELOOP).
    package static let noLinks = Self(rawValue: 0x04)
    /// RESOLVE_BENEATH: leave the directory it begins at (EXDEV).
    package static let beneath = Self(rawValue: 0x08)
    /// RESOLVE_IN_ROOT: take that directory for "/"; the caller makes it the context's root.
    package static let inRoot = Self(rawValue: 0x10)
    /// RESOLVE_CACHED: wait for a disk, which never happens here.
    package static let cached = Self(rawValue: 0x20)
    package static let known = Self(rawValue: 0x3f)
}
