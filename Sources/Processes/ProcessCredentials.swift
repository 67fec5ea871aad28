package import Files
internal import LinuxABI

/// A set of capabilities (capabilities(7)), a bit each.
package struct CapabilitySet: OptionSet, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
    /// CAP_CHOWN
    package static let changeOwner = Self(rawValue: 1 << 0)
    /// CAP_FSETID
    package static let setFileIdentifiers = Self(rawValue: 1 << 4)
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
    /// CAP_IPC_OWNER
    package static let overrideIPC = Self(rawValue: 1 << 15)
    /// CAP_SYS_CHROOT
    package static let changeRoot = Self(rawValue: 1 << 18)
    /// CAP_SYS_PTRACE
    package static let tracing = Self(rawValue: 1 << 19)
    /// CAP_SYS_ADMIN
    package static let administration = Self(rawValue: 1 << 21)
    /// CAP_SYS_NICE
    package static let nice = Self(rawValue: 1 << 23)
    /// CAP_SYS_RESOURCE
    package static let systemResource = Self(rawValue: 1 << 24)
    /// CAP_SYS_TIME
    package static let systemTime = Self(rawValue: 1 << 25)
    /// CAP_SYS_TTY_CONFIG
    package static let configureTerminals = Self(rawValue: 1 << 26)
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
        /// Whether real, effective and saved are `number`.
        package func areAll(_ number: UInt32) -> Bool {
            number == real && number == effective && number == saved
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

    /// Whether who has these may send signals to who has others (kill(2), "permission").
    package func maySignal(_ other: ProcessCredentials) -> Bool {
        has(.kill)
            || [users.effective, users.real].contains {
                $0 == other.users.saved || $0 == other.users.real
            }
    }
    /// Whether who has these may look into who has others (ptrace(2), "Ptrace access mode checking").
    /// `dumpable`: PR_SET_DUMPABLE of the other.
    package func mayInspect(_ other: ProcessCredentials, dumpable: UInt64) -> Bool {
        if has(.tracing) { return true }
        return other.users.areAll(users.real) && other.groups.areAll(groups.real) && dumpable == 1
            && other.permitted.isSubset(of: permitted)
    }

    /// Whether who has these may have the files of /proc that tell of another's memory and files: as
    /// `mayInspect`, by the user and the capabilities that files are opened with (PTRACE_MODE_FSCREDS).
    /// `dumpable`: PR_SET_DUMPABLE of the other, `nil` where it has no memory.
    package func mayOpenFiles(of other: ProcessCredentials, dumpable: UInt64?) -> Bool {
        if has(.tracing) { return true }
        return other.users.areAll(users.fileSystem) && other.groups.areAll(groups.fileSystem)
            && dumpable ?? 1 == 1 && other.permitted.isSubset(of: effective)
    }

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

    /// What running a program makes of credentials.
    struct AfterExecution {
        let new: ProcessCredentials
        /// Whether the program has rights that who runs it has not (getauxval(3), AT_SECURE).
        let isSecure: Bool
    }
    /// Whether a file's bits count.
    enum PrivilegeGain {
        case allowed
        case refused
    }
    /// What running a file makes of these: its set-user-ID and set-group-ID bits, and the capabilities that
    /// follow (execve(2); capabilities(7), "Transformation of capabilities during execve()"). A tracer may keep
    /// it from more than it had.
    func afterExecution(of file: Node, _ gain: PrivilegeGain) -> AfterExecution {
        var new = self
        if !hasNoNewPrivileges, gain == .allowed {
            if file.mode.contains(.setUser) { new.users.effective = file.owner }
            // Without the group's execute bit it is a mark for locks.
            if file.mode.contains([.setGroup, .groupExecute]) {
                new.groups.effective = file.group
            }
        }
        let changes =
            new.users.effective != users.effective || new.groups.effective != groups.effective
        new.users.saved = new.users.effective
        new.users.fileSystem = new.users.effective
        new.groups.saved = new.groups.effective
        new.groups.fileSystem = new.groups.effective
        if changes { new.ambient = [] }
        // Files here have no capabilities; root's programs have all.
        let isRoot = new.users.effective == 0
        let hasAll = isRoot || new.users.real == 0
        new.permitted = new.ambient.union(hasAll ? inheritable.union(bounding) : [])
        new.effective = isRoot ? new.permitted : new.ambient
        new.keepsCapabilities = false
        let isSecure =
            new.users.effective != new.users.real || new.groups.effective != new.groups.real
        return AfterExecution(new: new, isSecure: changes || isSecure)
    }

    /// What the file system checks.
    package var overFiles: Credentials {
        Credentials(
            user: users.fileSystem, group: groups.fileSystem,
            supplementaryGroups: supplementaryGroups)
    }
}
