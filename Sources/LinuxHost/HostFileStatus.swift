internal import CLinux
internal import Glibc
package import LinuxABI

/// What stat(2) says of a file.
package struct HostFileStatus: Sendable {
    package enum Kind: Sendable { case regular, directory, symbolicLink, other }

    package let kind: Kind
    /// Kind and permission bits, as `st_mode`.
    package let mode: UInt32
    package let byteCount: Int64
    /// Seconds since 1970.
    package let modificationTime: Int64
    package let identity: Identity
    package let owner: UInt32
    package let group: UInt32
    /// When anything of the inode changed last, in nanoseconds since 1970.
    package let changeTime: Int64

    /// What two names of the same file have in common.
    package struct Identity: Hashable, Sendable {
        package let device: UInt64
        package let number: UInt64
    }

    /// A folder that no host has: rwxr-xr-x, from 1970.
    package static var newFolder: HostFileStatus {
        var raw = stat()
        raw.st_mode = S_IFDIR | 0o755
        return HostFileStatus(raw)
    }

    fileprivate init(_ raw: stat) {
        kind =
            switch raw.st_mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .directory
            case S_IFLNK: .symbolicLink
            default: .other
            }
        mode = raw.st_mode
        byteCount = Int64(raw.st_size)
        modificationTime = Int64(raw.st_mtim.tv_sec)
        owner = raw.st_uid
        group = raw.st_gid
        changeTime = Int64(raw.st_ctim.tv_sec) * 1_000_000_000 + Int64(raw.st_ctim.tv_nsec)
        identity = Identity(device: UInt64(raw.st_dev), number: UInt64(raw.st_ino))
    }
}

/// What to do where a path's last component is a symbolic link.
package enum LinkHandling: Sendable { case follow, keep }

/// Paths are bytes: Linux demands no encoding. None of them may hold a NUL.
extension Host {
    /// Calls `body` with the path as C wants it.
    private static func withPath<Result>(
        _ path: [UInt8], _ body: (UnsafePointer<CChar>) -> Result
    ) -> Result {
        // SAFETY: the buffer ends in the NUL that was appended, and outlives the call.
        unsafe (path + [0]).withUnsafeBytes { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                guard let start = characters.baseAddress else { fatalError("never empty") }
                return unsafe body(start)
            }
        }
    }

    /// What the file at a path is (stat(2), lstat(2)).
    package static func status(
        of path: [UInt8], _ link: LinkHandling
    ) throws(Errno) -> HostFileStatus {
        var raw = stat()
        let result = unsafe withPath(path) { path in
            switch link {
            case .follow: unsafe stat(path, &raw)
            case .keep: unsafe lstat(path, &raw)
            }
        }
        guard result == 0 else { throw .last }
        return HostFileStatus(raw)
    }

    /// Opens a file for reading; never waits, whatever the path names.
    package static func open(_ path: [UInt8]) throws(Errno) -> OwnedDescriptor {
        try OwnedDescriptor(checking: unsafe withPath(path) { unsafe clinux_open_plain($0) })
    }
    /// Creates a file that must not exist yet (open(2), O_EXCL), less the umask.
    package static func create(
        _ path: [UInt8], permissions: UInt32
    ) throws(Errno) -> OwnedDescriptor {
        try OwnedDescriptor(
            checking: unsafe withPath(path) { unsafe clinux_create_new($0, permissions) })
    }
    package static func rename(_ old: [UInt8], to new: [UInt8]) throws(Errno) {
        let result = unsafe withPath(old) { old in
            unsafe withPath(new) { new in unsafe Glibc.rename(old, new) }
        }
        guard result == 0 else { throw .last }
    }
    package static func remove(_ path: [UInt8]) { _ = unsafe withPath(path) { unsafe unlink($0) } }

    /// Makes a folder for its owner only (mkdir(2)); one that is there is no error.
    package static func makeFolder(_ path: [UInt8]) throws(Errno) {
        guard unsafe withPath(path, { unsafe mkdir($0, 0o700) }) == 0 || errno == EEXIST else {
            throw .last
        }
    }
    /// Makes a symbolic link (symlink(2)).
    package static func makeLink(_ path: [UInt8], to target: [UInt8]) throws(Errno) {
        let result = unsafe withPath(target) { target in
            unsafe withPath(path) { path in unsafe symlink(target, path) }
        }
        guard result == 0 else { throw .last }
    }
    /// Removes a file, or a folder with all it holds, as far as that goes.
    package static func removeTree(_ path: [UInt8]) {
        guard let status = try? status(of: path, .keep) else { return }
        guard status.kind == .directory else { return remove(path) }
        for name in (try? names(inDirectory: path)) ?? [] { removeTree(path + [0x2f] + name) }
        _ = unsafe withPath(path) { unsafe rmdir($0) }
    }

    package enum Use: Sendable { case execution, reading, readingAndWriting }
    /// Why this user may not use a file so; `nil` where that is allowed (access(2)).
    package static func problem(with path: [UInt8], for use: Use) -> Errno? {
        let mode =
            switch use {
            case .execution: X_OK
            case .reading: R_OK
            case .readingAndWriting: R_OK | W_OK
            }
        return unsafe withPath(path) { unsafe access($0, mode) } == 0 ? nil : .last
    }

    /// Where a symbolic link points (readlink(2)).
    package static func target(ofLink path: [UInt8]) throws(Errno) -> [UInt8] {
        var failure: Errno?
        let capacity = Int(PATH_MAX)
        let target = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            let result = unsafe withPath(path) { path in
                unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
                    guard let start = characters.baseAddress else { return -1 }
                    return unsafe readlink(path, start, capacity)
                }
            }
            if result < 0 { failure = .last }
            count = max(result, 0)
        }
        if let failure { throw failure }
        return target
    }

    /// The names in a directory but `.` and `..`, in the order of their bytes (readdir(3)).
    package static func names(inDirectory path: [UInt8]) throws(Errno) -> [[UInt8]] {
        guard let directory = unsafe withPath(path, { unsafe opendir($0) }) else { throw .last }
        defer { _ = unsafe closedir(directory) }
        var names: [[UInt8]] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(directory) else { break }
            let start = unsafe clinux_entry_name(entry)
            // SAFETY: d_name ends in a NUL (readdir(3)), and the entry lives until the next call.
            let name = unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: strlen(start)))
            if name != [0x2e], name != [0x2e, 0x2e] { names.append(name) }
        }
        guard errno == 0 else { throw .last }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }
}
