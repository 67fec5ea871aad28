internal import Files
internal import Base
package import LinuxABI
internal import Scheduler

/// Who asks for something of System V's, as permission checks go by.
package struct IPCCaller {
    /// Process number.
    package let process: Int32
    /// Thread number.
    package let thread: Int32
    package let credentials: ProcessCredentials
    package init(process: Int32, thread: Int32, credentials: ProcessCredentials) {
        self.process = process
        self.thread = thread
        self.credentials = credentials
    }
    package var user: UInt32 { credentials.users.effective }
    package var group: UInt32 { credentials.groups.effective }
    func isMember(of group: UInt32) -> Bool { credentials.overFiles.isMember(of: group) }
}

extension Process {
    package var ipcCaller: IPCCaller {
        IPCCaller(
            process: identifier, thread: Thread.current?.identifier ?? identifier,
            credentials: credentials)
    }
}

/// Whose an object is and what others may do with it (struct kern_ipc_perm).
package struct IPCPermission {
    package internal(set) var key: Int32
    package internal(set) var owner: UInt32
    package internal(set) var group: UInt32
    package let creator: UInt32
    package let creatorGroup: UInt32
    /// Nine permission bits, and flags of a segment above them.
    package internal(set) var mode: UInt32
    package internal(set) var sequence: UInt16 = 0

    init(key: Int32, mode: UInt32, by caller: IPCCaller) {
        self.key = key
        self.mode = mode
        owner = caller.user
        group = caller.group
        creator = caller.user
        creatorGroup = caller.group
    }
    /// Whether `caller` may do all that `flags` ask for in any of their three groups of bits (ipcperms).
    func allows(_ flags: Int32, _ caller: IPCCaller) -> Bool {
        let requested = UInt32(bitPattern: flags >> 6 | flags >> 3 | flags)
        var granted = mode
        if caller.user == creator || caller.user == owner {
            granted >>= 6
        } else if caller.isMember(of: creatorGroup) || caller.isMember(of: group) {
            granted >>= 3
        }
        return requested & ~granted & 7 == 0 || caller.credentials.has(.overrideIPC)
    }
    /// Throws EACCES unless `caller` may.
    func require(_ access: IPCAccess, _ caller: IPCCaller) throws(Errno) {
        guard allows(access.rawValue, caller) else { throw .permissionDenied }
    }
    /// Throws EPERM unless `caller` may change or remove the object.
    func requireControl(_ caller: IPCCaller) throws(Errno) {
        guard
            caller.user == creator || caller.user == owner
                || caller.credentials.has(.administration)
        else { throw .operationNotPermitted }
    }
    /// IPC_SET. EINVAL for a user or group that is none.
    mutating func change(to record: IPCPermissionRecord) throws(Errno) {
        guard record.owner != .max, record.group != .max else { throw .invalidArgument }
        owner = record.owner
        group = record.group
        mode = mode & ~0o777 | record.mode & 0o777
    }
    /// As the program sees it.
    package var record: IPCPermissionRecord {
        var record = IPCPermissionRecord()
        record.key = key
        record.owner = owner
        record.group = group
        record.creator = creator
        record.creatorGroup = creatorGroup
        record.mode = mode
        record.sequence = sequence
        return record
    }
}

/// Permission bits of everybody: S_IRUGO and the like.
struct IPCAccess: OptionSet {
    let rawValue: Int32
    static let read = Self(rawValue: 0o444)
    static let write = Self(rawValue: 0o222)
    static let execute = Self(rawValue: 0o111)
}

/// A segment, a set of semaphores or a queue of messages.
package class IPCObject {
    package internal(set) var permission: IPCPermission
    package internal(set) var identifier: Int32 = -1
    /// Seconds since 1970.
    package internal(set) var changeTime = IPCObject.now()
    /// Whether its identifier means it no more.
    package internal(set) var isRemoved = false

    init(_ permission: IPCPermission) { self.permission = permission }
    static func now() -> Int64 { Clock.realtime().rawValue / Nanoseconds.perSecond }

    /// IPC_SET. EINVAL, EPERM.
    package func change(
        to record: IPCPermissionRecord, by caller: IPCCaller
    ) throws(Errno) {
        try permission.requireControl(caller)
        try permission.change(to: record)
        changeTime = Self.now()
    }
}

/// How a program names an object.
package enum IPCName: Sendable {
    /// By identifier: IPC_STAT.
    case identifier(Int32)
    /// By place in the table, whose permission is looked at: SHM_STAT and the like.
    case index(Int32)
    /// The same for everybody: SHM_STAT_ANY and the like.
    case anyIndex(Int32)
}
