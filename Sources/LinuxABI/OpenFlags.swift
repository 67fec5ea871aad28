/// Flags of open(2) and of an open file's status (asm-generic/fcntl.h; four differ, asm/fcntl.h).
package struct OpenFlags: OptionSet, Hashable, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }

    /// O_ACCMODE: two bits that are a number, not flags.
    package static let accessModeMask: Int32 = 3
    /// O_WRONLY
    package static let writeOnly = Self(rawValue: 1)
    /// O_RDWR
    package static let readWrite = Self(rawValue: 2)
    /// O_CREAT
    package static let create = Self(rawValue: 0o100)
    /// O_EXCL
    package static let exclusive = Self(rawValue: 0o200)
    /// O_NOCTTY
    package static let noControllingTerminal = Self(rawValue: 0o400)
    /// O_TRUNC
    package static let truncate = Self(rawValue: 0o1000)
    /// O_APPEND
    package static let append = Self(rawValue: 0o2000)
    /// O_NONBLOCK
    package static let nonblocking = Self(rawValue: 0o4000)
    /// O_DSYNC
    package static let dataSync = Self(rawValue: 0o10000)
    /// FASYNC
    package static let asynchronous = Self(rawValue: 0o20000)
    /// O_DIRECT
    package static var direct: Self { varying(.current).direct }
    /// O_LARGEFILE: implied on 64-bit machines, and shown by F_GETFL there.
    package static var largeFile: Self { varying(.current).largeFile }
    /// O_DIRECTORY
    package static var directory: Self { varying(.current).directory }
    /// O_NOFOLLOW
    package static var noFollow: Self { varying(.current).noFollow }
    /// O_NOATIME
    package static let noAccessTime = Self(rawValue: 0o1000000)
    /// O_CLOEXEC
    package static let closeOnExec = Self(rawValue: 0o2000000)
    /// __O_SYNC; O_SYNC is this and O_DSYNC.
    package static let sync = Self(rawValue: 0o4000000)
    /// O_PATH
    package static let path = Self(rawValue: 0o10000000)
    /// __O_TMPFILE; O_TMPFILE is this and O_DIRECTORY.
    package static let temporaryFile = Self(rawValue: 0o20000000)

    /// Whether reading is allowed: O_RDONLY or O_RDWR, and not O_PATH. Mode 3 gives neither (open(2)).
    package var allowsReading: Bool { (rawValue &+ 1) & 1 != 0 && !contains(.path) }
    /// Whether writing is allowed: O_WRONLY or O_RDWR, and not O_PATH.
    package var allowsWriting: Bool { (rawValue &+ 1) & 2 != 0 && !contains(.path) }
}

extension OpenFlags {
    /// The flags that arm64 numbers as 32-bit ARM did: the same four bits in another order.
    package struct Varying: Sendable {
        package let direct: OpenFlags
        package let largeFile: OpenFlags
        package let directory: OpenFlags
        package let noFollow: OpenFlags
    }
    package static func varying(_ abi: ABI) -> Varying {
        switch abi {
        case .x86_64:
            Varying(
                direct: Self(rawValue: 0o40000), largeFile: Self(rawValue: 0o100000),
                directory: Self(rawValue: 0o200000), noFollow: Self(rawValue: 0o400000))
        case .arm64:
            Varying(
                direct: Self(rawValue: 0o200000), largeFile: Self(rawValue: 0o400000),
                directory: Self(rawValue: 0o40000), noFollow: Self(rawValue: 0o100000))
        }
    }

    /// VALID_OPEN_FLAGS: all that open(2) looks at; it ignores other bits, openat2(2) refuses them.
    package static let known: Self = [
        .writeOnly, .readWrite, .create, .exclusive, .noControllingTerminal, .truncate, .append,
        .nonblocking, .dataSync, .asynchronous, .direct, .largeFile, .directory, .noFollow,
        .noAccessTime, .closeOnExec, .sync, .path, .temporaryFile,
    ]
}
