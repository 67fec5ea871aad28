/// A device's number as Linux packs it into `st_rdev` and `st_dev` (makedev(3)).
package struct DeviceNumber: Hashable, Sendable {
    package let major: UInt32
    package let minor: UInt32
    package init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }
    package init(encoded: UInt64) {
        major = UInt32(truncatingIfNeeded: encoded >> 8 & 0xfff | encoded >> 32 & 0xffff_f000)
        minor = UInt32(truncatingIfNeeded: encoded & 0xff | encoded >> 12 & 0xffff_ff00)
    }
    /// The real-time clock: Linux gives it the first free number, counted down from here.
    package static let clock = Self(major: 254, minor: 0)
}

/// One file system: what its nodes share. Files can't be linked or renamed across (EXDEV).
package final class FileSystem {
    /// What statfs(2) and /proc/mounts say it is.
    package enum Kind: Sendable {
        case ramfs
        case devfs
        /// Pseudo-terminals (pts(4)).
        case devpts
        case procfs
        case sysfs
        /// /sys/fs/cgroup (cgroup-v2.rst).
        case controlGroups
        /// /dev/mqueue (mq_overview(7)).
        case messageQueues
        case pipes
        case sockets
        /// Files without any name: counters, timers and the like.
        case anonymous

        /// f_type (statfs(2), linux/magic.h).
        package var magic: UInt64 {
            switch self {
            case .ramfs, .devfs: 0x0102_1994
            case .devpts: 0x1cd1
            case .procfs: 0x9fa0
            case .sysfs: 0x6265_6572
            case .controlGroups: 0x6367_7270
            case .messageQueues: 0x1980_0202
            case .pipes: 0x5049_5045
            case .sockets: 0x534f_434b
            case .anonymous: 0x0904_1934
            }
        }
        package var name: StaticString {
            switch self {
            case .ramfs: "tmpfs"
            case .devfs: "devtmpfs"
            case .devpts: "devpts"
            case .procfs: "proc"
            case .sysfs: "sysfs"
            case .controlGroups: "cgroup2"
            case .messageQueues: "mqueue"
            case .pipes: "pipefs"
            case .sockets: "sockfs"
            case .anonymous: "anon_inodefs"
            }
        }
        /// Whether the library OS alone makes names in it.
        var hasFixedNames: Bool {
            switch self {
            case .devpts, .procfs, .sysfs, .controlGroups, .messageQueues: true
            case .ramfs, .devfs, .pipes, .sockets, .anonymous: false
            }
        }
    }
    package let kind: Kind
    package let device: DeviceNumber
    /// Whether nothing in it can be changed, as on a mount with `ro` (EROFS).
    package let isReadOnly: Bool
    private var lastNumber: UInt64
    /// The devices that mknod(2) can make nodes of.
    let drivers: DeviceDrivers
    /// Where pipes, sockets and anonymous files belong that are made in this tree.
    var pipes: FileSystem { pipeSystem ?? self }
    var sockets: FileSystem { socketSystem ?? self }
    var anonymous: FileSystem { anonymousSystem ?? self }
    private let pipeSystem: FileSystem?
    private let socketSystem: FileSystem?
    private let anonymousSystem: FileSystem?
    /// The sockets that are bound to abstract names (unix(7)), a directory that no path leads to.
    var abstractNames: DirectoryEntry?

    /// `pipes`, `sockets` and `anonymous` are the file systems of the pipes, sockets and nameless files
    /// that processes make whose root is in this one, `devices` the one whose drivers nodes here can have.
    /// Its nodes' numbers come after `lastNumber`, for one that shares a device with another.
    package init(
        _ kind: Kind, device: DeviceNumber, isReadOnly: Bool = false, lastNumber: UInt64 = 0,
        pipes: FileSystem? = nil, sockets: FileSystem? = nil, anonymous: FileSystem? = nil,
        devices: FileSystem? = nil
    ) {
        self.isReadOnly = isReadOnly
        self.lastNumber = lastNumber
        drivers = devices?.drivers ?? DeviceDrivers()
        pipeSystem = pipes
        socketSystem = sockets
        anonymousSystem = anonymous
        self.kind = kind
        self.device = device
    }
    /// A node number that no node of this file system had before.
    package func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }
}
