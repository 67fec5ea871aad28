internal import Base
package import LinuxABI
internal import Memory

/// The directory of all message queues: what mq_open(3) finds, and /dev/mqueue.
final class MessageQueueDirectory: DirectoryNode {
    private static let top = Global<DirectoryEntry?>(nil)

    /// The directory by the name that the kernel's own calls go by, which no path leads to. ENOMEM.
    static func entry() throws(Errno) -> DirectoryEntry {
        if let top = top.value { return top }
        try KernelReserve.admit()
        let system = FileSystem(.messageQueues, device: DeviceNumber(major: 0, minor: 22))
        let node = MessageQueueDirectory(in: system, mode: FileMode(rawValue: 0o1777))
        let entry = try DirectoryEntry(node: node, name: RawSpan(), parent: nil)
        entry.isLinked = true
        entry.isMountPoint = true
        top.value = entry
        return entry
    }
    /// Mounts it below another directory. ENOMEM.
    static func mount(_ name: StaticString, in root: DirectoryEntry) throws(Errno) {
        let node = try Self.entry().node
        try root.directory?.addMissing(name.bytes, in: root) { () throws(Errno) in node }
            .isMountPoint = true
    }

    override var hasFiles: Bool { true }
    override func makeFile(
        mode: FileMode, owner: UInt32, group: UInt32
    ) throws(Errno) -> Node {
        try makeQueue(mode: mode, owner: owner, group: group, nil)
    }
    func makeQueue(
        mode: FileMode, owner: UInt32, group: UInt32, _ limits: MessageQueueLimits?
    ) throws(Errno) -> MessageQueueNode {
        guard let user = MessageQueueNode.user else { throw .operationNotPermitted }
        return try MessageQueueNode(
            in: fileSystem, mode: mode, owner: owner, group: group, limits, by: user)
    }
}

extension FileContext {
    /// Opens a queue, as mq_open(2); `limits` count with O_CREAT. EACCES, EEXIST, EINVAL, EMFILE,
    /// ENAMETOOLONG, ENOENT, ENOMEM, ENOSPC.
    package func openMessageQueue(
        _ name: RawSpan, _ flags: OpenFlags, mode: FileMode, _ limits: MessageQueueLimits?
    ) throws(Errno) -> OpenFile {
        let top = try MessageQueueDirectory.entry()
        guard let directory = top.node as? MessageQueueDirectory else { throw .notDirectory }
        try checkQueueName(name)
        let kept = flags.subtracting([
            .create, .exclusive, .noControllingTerminal, .truncate, .closeOnExec, .path,
        ])
        let bits = flags.rawValue & OpenFlags.accessModeMask
        if let entry = try directory.find(name, in: top) {
            guard !flags.isSuperset(of: [.create, .exclusive]) else { throw .fileExists }
            guard bits != 3 else { throw .invalidArgument }
            try entry.node.require(
                bits == 0 ? .read : bits == 1 ? .write : [.read, .write], for: credentials)
            try KernelReserve.admit()
            return try OpenFile(entry, flags: kept)
        }
        guard flags.contains(.create) else { throw .noSuchFile }
        try directory.require([.write, .execute], for: credentials)
        try KernelReserve.admit()
        let node = try directory.makeQueue(
            mode: mode.subtracting(mask), owner: credentials.user, group: group(in: directory),
            limits)
        let entry = try directory.add(node, named: name, in: top)
        entry.tellDirectory(.created)
        return try OpenFile(entry, flags: kept)
    }
    /// Removes a queue's name, as mq_unlink(2). EACCES, ENAMETOOLONG, ENOENT, EPERM.
    package func unlinkMessageQueue(_ name: RawSpan) throws(Errno) {
        let top = try MessageQueueDirectory.entry()
        try checkQueueName(name)
        guard let victim = try top.directory?.find(name, in: top) else { throw .noSuchFile }
        remove(victim, from: try requireRemoval(of: victim, from: top))
    }
    /// A name is one component of a path, without the slash that the C library took away.
    private func checkQueueName(_ name: RawSpan) throws(Errno) {
        guard name.byteCount > 0 else { throw .noSuchFile }
        guard !name.isEqual(to: "."), !name.isEqual(to: "..") else { throw .permissionDenied }
        for index in 0..<name.byteCount where name.byte(at: index) == UInt8(ascii: "/") {
            throw .permissionDenied
        }
        guard name.byteCount <= PathLimit.name else { throw .nameTooLong }
    }
}
