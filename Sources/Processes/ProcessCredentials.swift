package import Files
/// A set of capabilities (capabilities(7)), a bit each.
package struct CapabilitySet: OptionSet, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
    /// CAP_CHOWN
    package static let changeOwner = Self(rawValue: 1 << 0)
    /// CAP_KILL
    package static let kill = Self(rawValue: 1 << 5)
    /// CAP_SETGID
    package static let setGroup = Self(rawValue: 1 << 6)
    /// CAP_SETUID
    package static let setUser = Self(rawValue: 1 << 7)
    /// CAP_SETPCAP
    package static let setCapabilities = Self(rawValue: 1 << 8)
    /// CAP_NET_ADMIN
    package static let networkAdministration = Self(rawValue: 1 << 12)
    /// CAP_IPC_LOCK
    package static let lockMemory = Self(rawValue: 1 << 14)
    /// CAP_SYS_CHROOT
    package static let changeRoot = Self(rawValue: 1 << 18)
    /// CAP_SYS_ADMIN
    package static let administration = Self(rawValue: 1 << 21)
    /// CAP_SYS_NICE
    package static let nice = Self(rawValue: 1 << 23)
    /// CAP_SYS_RESOURCE
    package static let systemResource = Self(rawValue: 1 << 24)
    /// CAP_SYS_TIME
    package static let systemTime = Self(rawValue: 1 << 25)
    /// CAP_WAKE_ALARM
    package static let wakeAlarm = Self(rawValue: 1 << 35)
    /// Those of Linux 6.1: up to CAP_CHECKPOINT_RESTORE, 40.
    package static let all = Self(rawValue: 1 << 41 - 1)
}

/// Users, groups and capabilities of a process (credentials(7)).
package struct ProcessCredentials {
    /// The four user or group numbers of a process.
    package struct Numbers: Equatable, Sendable {
        package var real: UInt32
        package var effective: UInt32
        package var saved: UInt32
        package var fileSystem: UInt32
        package init(_ number: UInt32) {
            real = number
            effective = number
            saved = number
            fileSystem = number
        }
        /// Whether `number` is one of real, effective and saved.
        package func contains(_ number: UInt32) -> Bool {
            number == real || number == effective || number == saved
        }
    }
    package var users = Numbers(0)
    package var groups = Numbers(0)
    package var supplementaryGroups: GroupList?

    package var effective = CapabilitySet.all
    package var permitted = CapabilitySet.all
    package var inheritable: CapabilitySet = []
    package var bounding = CapabilitySet.all
    package var ambient: CapabilitySet = []
    /// PR_SET_KEEPCAPS
    package var keepsCapabilities = false
    /// PR_SET_NO_NEW_PRIVS
    package var hasNoNewPrivileges = false

    /// Root with all capabilities, as the first process of a container.
    package init() {}

    package func has(_ capability: CapabilitySet) -> Bool { effective.contains(capability) }

    /// Changes the users and, as Linux does, the capabilities that depend on them
    /// (capabilities(7), "Effect of user ID changes on capabilities").
    package mutating func changeUsers(to new: Numbers) {
        let old = users
        users = new
        let hadRoot = old.real == 0 || old.effective == 0 || old.saved == 0
        let hasRoot = new.real == 0 || new.effective == 0 || new.saved == 0
        if hadRoot && !hasRoot {
            if !keepsCapabilities {
                permitted = []
                effective = []
            }
            ambient = []
        }
        if old.effective == 0 && new.effective != 0 { effective = [] }
        if old.effective != 0 && new.effective == 0 { effective = permitted }
    }
    /// Changes the file-system user alone (setfsuid(2)) with the capabilities over files.
    package mutating func changeFileSystemUser(to user: UInt32) {
        // CAP_FS_MASK: CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID, LINUX_IMMUTABLE, MKNOD,
        // MAC_OVERRIDE.
        let overFiles = CapabilitySet(rawValue: 0x1f | 1 << 9 | 1 << 27 | 1 << 32)
        if users.fileSystem == 0 && user != 0 { effective.subtract(overFiles) }
        if users.fileSystem != 0 && user == 0 {
            effective.formUnion(permitted.intersection(overFiles))
        }
        users.fileSystem = user
    }

    /// What the file system checks.
    package var overFiles: Credentials {
        Credentials(
            user: users.fileSystem, group: groups.fileSystem,
            supplementaryGroups: supplementaryGroups)
    }
}
