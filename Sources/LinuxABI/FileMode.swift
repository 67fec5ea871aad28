/// What a file is: the type bits of `st_mode` (inode(7)).
package enum FileKind: UInt32, Sendable {
    /// S_IFIFO
    case pipe = 0o010000
    /// S_IFCHR
    case characterDevice = 0o020000
    /// S_IFDIR
    case directory = 0o040000
    /// S_IFBLK
    case blockDevice = 0o060000
    /// S_IFREG
    case regular = 0o100000
    /// S_IFLNK
    case symbolicLink = 0o120000
    /// S_IFSOCK
    case socket = 0o140000
    /// None: an eventfd(2), an epoll(7) instance and the like.
    case anonymous = 0

    /// S_IFMT
    package static let mask: UInt32 = 0o170000
    /// The value of `d_type` (getdents64(2)).
    package var directoryEntryType: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 12) }
}

/// The low twelve bits of `st_mode`: permissions, set-id bits and the sticky bit (inode(7)).
package struct FileMode: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue & 0o7777 }
    /// S_ISUID
    package static let setUser = Self(rawValue: 0o4000)
    /// S_ISGID
    package static let setGroup = Self(rawValue: 0o2000)
    /// S_ISVTX
    package static let sticky = Self(rawValue: 0o1000)
    /// S_IXGRP
    package static let groupExecute = Self(rawValue: 0o010)
    /// All nine permission bits.
    package static let permissions = Self(rawValue: 0o777)
    /// S_IXUSR | S_IXGRP | S_IXOTH
    package static let anyExecute = Self(rawValue: 0o111)
}

/// What somebody wants to do with a file, as access(2) counts: R_OK, W_OK, X_OK.
package struct Access: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let execute = Self(rawValue: 1)
    package static let write = Self(rawValue: 2)
    package static let read = Self(rawValue: 4)
}
