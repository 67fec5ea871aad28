internal import Base
package import LinuxABI
internal import Memory
internal import Scheduler

/// What a process or a thread is by an open file (pidfd_open(2)): readable once it has ended.
package final class TaskNode: AnonymousNode {
    /// The number of the process or thread.
    package let identifier: Int32
    package let scope: Scope
    package private(set) var hasEnded = false
    /// Whether nothing has its number any more, or something else does.
    package private(set) var isGone = false

    package enum Scope: Sendable {
        case process
        /// PIDFD_THREAD
        case thread
    }
    init(_ scope: Scope, _ identifier: Int32, in fileSystem: FileSystem) {
        self.scope = scope
        self.identifier = identifier
        super.init(in: fileSystem)
        mode = FileMode(rawValue: 0o700)
    }
    /// It ended; a process can still be waited for.
    package func end() {
        hasEnded = true
        wake([.readable])
    }
    /// It was waited for, or needs not to be.
    package func disappear() {
        isGone = true
        wake([.readable, .hungUp])
    }
    override func readiness(_ file: OpenFile) -> Readiness {
        var readiness: Readiness = hasEnded ? [.readable, .normalReadable] : []
        if isGone { readiness.insert(.hungUp) }
        return readiness
    }
}

extension FileContext {
    /// Makes what stands for a process or a thread. ENOMEM.
    package func makeTask(_ scope: TaskNode.Scope, _ identifier: Int32) throws(Errno) -> TaskNode {
        try KernelReserve.admit()
        return TaskNode(scope, identifier, in: root.node.fileSystem.anonymous)
    }
    /// Opens a process or thread, as pidfd_open(2). ENOMEM.
    package func open(_ task: TaskNode, _ flags: OpenFlags) throws(Errno) -> OpenFile {
        try KernelReserve.admit()
        let file = try open(task, "anon_inode:[pidfd]", flags)
        if task.scope == .thread { file.flags.insert(.exclusive) }
        return file
    }
}

extension OpenFile {
    /// The process or thread that the file is open on.
    package var task: TaskNode? { node as? TaskNode }
    /// The number of the process or thread whose folder in /proc this is, which pidfd_send_signal(2) takes
    /// too; `nil` for other files.
    package var processOfFolder: Int32? {
        guard node.kind == .directory, node.fileSystem.kind == .procfs,
            let parent = entry.parent, parent.isMountPoint
        else { return nil }
        let name = entry.name
        return name.bytes.decimalName
    }
}
