package import Files

/// Where in the file system a process is, which clone(2) with CLONE_FS shares.
package final class ProcessPlace {
    /// Where "/" is (chroot(2)).
    package var root: DirectoryEntry
    package var workingDirectory: DirectoryEntry
    /// File mode bits that new files do not get (umask(2)).
    package var fileModeMask: UInt32 = 0o022

    init(root: DirectoryEntry, workingDirectory: DirectoryEntry) {
        self.root = root
        self.workingDirectory = workingDirectory
    }
    func copy() -> ProcessPlace {
        let new = ProcessPlace(root: root, workingDirectory: workingDirectory)
        new.fileModeMask = fileModeMask
        return new
    }
}
