package import LinuxABI

/// From where and with whose rights paths are resolved: a process's root, directory, mask and user.
package struct FileContext {
    package var root: DirectoryEntry
    package var workingDirectory: DirectoryEntry
    /// Permission bits that new files do not get (umask(2)).
    package var mask: FileMode
    package var credentials: Credentials

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
