/// The `flags` of the calls that end in `at` (linux/fcntl.h: AT_*).
package struct AtFlags: OptionSet, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }
    /// AT_SYMLINK_NOFOLLOW
    package static let symlinkNoFollow = Self(rawValue: 0x100)
    /// AT_REMOVEDIR and AT_EACCESS: the same bit in different calls.
    package static let removeDirectory = Self(rawValue: 0x200)
    package static let effectiveAccess = Self(rawValue: 0x200)
    /// AT_SYMLINK_FOLLOW
    package static let symlinkFollow = Self(rawValue: 0x400)
    /// AT_NO_AUTOMOUNT
    package static let noAutomount = Self(rawValue: 0x800)
    /// AT_EMPTY_PATH
    package static let emptyPath = Self(rawValue: 0x1000)
    /// AT_STATX_SYNC_TYPE: two bits that are a number of which 3 is none.
    package static let syncType = Self(rawValue: 0x6000)
    /// AT_FDCWD: not a flag but the descriptor that stands for the working directory.
    package static let workingDirectory: Int32 = -100
}

/// Requests of ioctl(2) that every open file answers (asm-generic/ioctls.h).
package enum FileRequest {
    /// FIONCLEX
    package static let clearCloseOnExec: UInt32 = 0x5450
    /// FIOCLEX
    package static let setCloseOnExec: UInt32 = 0x5451
    /// FIONBIO
    package static let setNonblocking: UInt32 = 0x5421
    /// FIOASYNC
    package static let setAsynchronous: UInt32 = 0x5452
    /// FIONREAD
    package static let bytesReadable: UInt32 = 0x541b
    /// FIOQSIZE
    package static let allocatedSize: UInt32 = 0x5460
    /// FS_IOC_GETFLAGS
    package static let fileFlags: UInt32 = 0x8008_6601
    /// FIGETBSZ
    package static let blockSize: UInt32 = 2
}

/// Commands of fcntl(2).
package enum DescriptorCommand: Int32, Sendable {
    /// F_DUPFD
    case duplicate = 0
    /// F_GETFD, F_SETFD
    case getFlags = 1
    case setFlags = 2
    /// F_GETFL, F_SETFL
    case getStatus = 3
    case setStatus = 4
    /// F_GETLK, F_SETLK, F_SETLKW
    case getLock = 5
    case setLock = 6
    case setLockWaiting = 7
    /// F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW
    case getFileLock = 36
    case setFileLock = 37
    case setFileLockWaiting = 38
    /// F_ADD_SEALS, F_GET_SEALS
    case addSeals = 1033
    case getSeals = 1034
    /// F_SETOWN, F_GETOWN
    case setOwner = 8
    case getOwner = 9
    /// F_SETSIG, F_GETSIG
    case setSignal = 10
    case getSignal = 11
    /// F_SETOWN_EX, F_GETOWN_EX
    case setOwnerOfKind = 15
    case getOwnerOfKind = 16
    /// F_DUPFD_CLOEXEC
    case duplicateCloseOnExec = 1030
    /// F_GETLEASE, F_NOTIFY
    case getLease = 1025
    case notify = 1026
    /// F_SETPIPE_SZ, F_GETPIPE_SZ
    case setPipeSize = 1031
    case getPipeSize = 1032
}

/// What can't be done to a file any more: F_ADD_SEALS of fcntl(2).
package struct FileSeals: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    /// F_SEAL_SEAL: set further seals.
    package static let seal = Self(rawValue: 0x01)
    /// F_SEAL_SHRINK
    package static let shrink = Self(rawValue: 0x02)
    /// F_SEAL_GROW
    package static let grow = Self(rawValue: 0x04)
    /// F_SEAL_WRITE
    package static let write = Self(rawValue: 0x08)
    /// F_SEAL_FUTURE_WRITE: write other than by mappings there are.
    package static let futureWrite = Self(rawValue: 0x10)
    /// F_SEAL_EXEC: change the executable bits.
    package static let execute = Self(rawValue: 0x20)
    package static let known = Self(rawValue: 0x3f)
}
