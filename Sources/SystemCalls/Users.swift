internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes

// Users and groups (credentials(7)): as Linux changes them for a privileged process and for others.
extension SystemCalls {
    /// "Leave as it is" in setresuid(2) and its kin.
    private static let unchanged = UInt32.max

    /// getuid(2): Returns the real user. Errors: none.
    static func getuid(_ caller: Caller) -> Int { Int(caller.process.credentials.users.real) }
    /// geteuid(2): Returns the effective user. Errors: none.
    static func geteuid(_ caller: Caller) -> Int {
        Int(caller.process.credentials.users.effective)
    }
    /// getgid(2): Returns the real group. Errors: none.
    static func getgid(_ caller: Caller) -> Int { Int(caller.process.credentials.groups.real) }
    /// getegid(2): Returns the effective group. Errors: none.
    static func getegid(_ caller: Caller) -> Int {
        Int(caller.process.credentials.groups.effective)
    }
    /// getresuid(2): Tells real, effective and saved user. Errors: EFAULT.
    static func getresuid(
        _ caller: Caller, real: VirtualAddress, effective: VirtualAddress, saved: VirtualAddress
    ) throws(Errno) -> Int {
        try store(caller.process.credentials.users, real, effective, saved)
    }
    /// getresgid(2): Tells real, effective and saved group. Errors: EFAULT.
    static func getresgid(
        _ caller: Caller, real: VirtualAddress, effective: VirtualAddress, saved: VirtualAddress
    ) throws(Errno) -> Int {
        try store(caller.process.credentials.groups, real, effective, saved)
    }
    private static func store(
        _ numbers: ProcessCredentials.Numbers, _ real: VirtualAddress,
        _ effective: VirtualAddress, _ saved: VirtualAddress
    ) throws(Errno) -> Int {
        try ProgramMemory.store(numbers.real, at: real)
        try ProgramMemory.store(numbers.effective, at: effective)
        try ProgramMemory.store(numbers.saved, at: saved)
        return 0
    }

    /// setuid(2): Sets the effective user, of a privileged process all. Errors: EINVAL, EPERM.
    static func setuid(_ caller: Caller, user: UInt32) throws(Errno) -> Int {
        guard user != unchanged else { throw .invalidArgument }
        let credentials = caller.process.credentials
        caller.process.credentials.changeUsers(
            to: try changed(credentials.users, to: user, credentials.has(.setUser)))
        return 0
    }
    /// setgid(2): Sets the effective group, of a privileged process all. Errors: EINVAL, EPERM.
    static func setgid(_ caller: Caller, group: UInt32) throws(Errno) -> Int {
        guard group != unchanged else { throw .invalidArgument }
        let credentials = caller.process.credentials
        caller.process.credentials.groups = try changed(
            credentials.groups, to: group, credentials.has(.setGroup))
        return 0
    }
    private static func changed(
        _ old: ProcessCredentials.Numbers, to number: UInt32, _ isPrivileged: Bool
    ) throws(Errno) -> ProcessCredentials.Numbers {
        var new = old
        if isPrivileged {
            new.real = number
            new.saved = number
        } else if number != old.real && number != old.saved {
            throw .operationNotPermitted
        }
        new.effective = number
        new.fileSystem = number
        return new
    }

    /// setreuid(2): Sets real and effective user. Errors: EPERM.
    static func setreuid(_ caller: Caller, real: UInt32, effective: UInt32) throws(Errno) -> Int {
        let credentials = caller.process.credentials
        caller.process.credentials.changeUsers(
            to: try changed(credentials.users, real, effective, credentials.has(.setUser)))
        return 0
    }
    /// setregid(2): Sets real and effective group. Errors: EPERM.
    static func setregid(_ caller: Caller, real: UInt32, effective: UInt32) throws(Errno) -> Int {
        let credentials = caller.process.credentials
        caller.process.credentials.groups = try changed(
            credentials.groups, real, effective, credentials.has(.setGroup))
        return 0
    }
    private static func changed(
        _ old: ProcessCredentials.Numbers, _ real: UInt32, _ effective: UInt32,
        _ isPrivileged: Bool
    ) throws(Errno) -> ProcessCredentials.Numbers {
        var new = old
        if real != unchanged {
            guard real == old.real || real == old.effective || isPrivileged else {
                throw .operationNotPermitted
            }
            new.real = real
        }
        if effective != unchanged {
            guard old.contains(effective) || isPrivileged else { throw .operationNotPermitted }
            new.effective = effective
        }
        if real != unchanged || (effective != unchanged && effective != old.real) {
            new.saved = new.effective
        }
        new.fileSystem = new.effective
        return new
    }

    /// setresuid(2): Sets real, effective and saved user. Errors: EPERM.
    static func setresuid(
        _ caller: Caller, real: UInt32, effective: UInt32, saved: UInt32
    ) throws(Errno) -> Int {
        let credentials = caller.process.credentials
        let new = try changed(
            credentials.users, real, effective, saved, credentials.has(.setUser))
        caller.process.credentials.changeUsers(to: new)
        return 0
    }
    /// setresgid(2): Sets real, effective and saved group. Errors: EPERM.
    static func setresgid(
        _ caller: Caller, real: UInt32, effective: UInt32, saved: UInt32
    ) throws(Errno) -> Int {
        let credentials = caller.process.credentials
        caller.process.credentials.groups = try changed(
            credentials.groups, real, effective, saved, credentials.has(.setGroup))
        return 0
    }
    private static func changed(
        _ old: ProcessCredentials.Numbers, _ real: UInt32, _ effective: UInt32, _ saved: UInt32,
        _ isPrivileged: Bool
    ) throws(Errno) -> ProcessCredentials.Numbers {
        func allows(_ number: UInt32) -> Bool {
            number == unchanged || isPrivileged || old.contains(number)
        }
        guard allows(real), allows(effective), allows(saved) else { throw .operationNotPermitted }
        var new = old
        if real != unchanged { new.real = real }
        if effective != unchanged { new.effective = effective }
        if saved != unchanged { new.saved = saved }
        new.fileSystem = new.effective
        return new
    }

    /// setfsuid(2): Sets the user for file access and returns the old one, changed or not. Errors:
    /// none.
    static func setfsuid(_ caller: Caller, user: UInt32) -> Int {
        let credentials = caller.process.credentials
        let old = credentials.users.fileSystem
        let isAllowed =
            credentials.users.contains(user) || user == old || credentials.has(.setUser)
        if user != unchanged, isAllowed {
            caller.process.credentials.changeFileSystemUser(to: user)
        }
        return Int(old)
    }
    /// setfsgid(2): Sets the group for file access and returns the old one, changed or not. Errors:
    /// none.
    static func setfsgid(_ caller: Caller, group: UInt32) -> Int {
        let credentials = caller.process.credentials
        let old = credentials.groups.fileSystem
        let isAllowed =
            credentials.groups.contains(group) || group == old || credentials.has(.setGroup)
        if group != unchanged, isAllowed {
            caller.process.credentials.groups.fileSystem = group
        }
        return Int(old)
    }

    /// getgroups(2): Lists the supplementary groups. Errors: EFAULT, EINVAL.
    static func getgroups(
        _ caller: Caller, size: Int32, list: VirtualAddress
    ) throws(Errno) -> Int {
        guard size >= 0 else { throw .invalidArgument }
        guard let groups = caller.process.credentials.supplementaryGroups else { return 0 }
        guard size > 0 else { return groups.count }
        guard Int(size) >= groups.count else { throw .invalidArgument }
        for index in 0..<groups.count {
            try ProgramMemory.store(groups[index], at: try list.field(UInt64(index) * 4))
        }
        return groups.count
    }
    /// setgroups(2): Sets the supplementary groups. Errors: EFAULT, EINVAL, ENOMEM, EPERM.
    static func setgroups(_ caller: Caller, size: Int, list: VirtualAddress) throws(Errno) -> Int {
        guard caller.process.credentials.has(.setGroup) else { throw .operationNotPermitted }
        // NGROUPS_MAX
        guard size >= 0, size <= 65536 else { throw .invalidArgument }
        guard size > 0 else {
            caller.process.credentials.supplementaryGroups = nil
            return 0
        }
        try KernelReserve.admit()
        guard var groups = FixedBuffer<UInt32>(count: size, repeating: 0) else {
            throw .outOfMemory
        }
        for index in 0..<size {
            groups[index] = try ProgramMemory.load(
                UInt32.self, at: try list.field(UInt64(index) * 4))
        }
        caller.process.credentials.supplementaryGroups = GroupList(groups)
        return 0
    }
}
