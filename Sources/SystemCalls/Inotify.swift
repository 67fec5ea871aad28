internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Processes

// inotify(7): what happens to files.
extension SystemCalls {
    /// inotify_init(2): Makes a queue of what happens to files. Errors: EMFILE, ENOMEM.
    static func inotifyInit(_ caller: Caller) throws(Errno) -> Int {
        try inotifyInit1(caller, flags: 0)
    }
    /// inotify_init1(2): As inotify_init(2), with IN_CLOEXEC and IN_NONBLOCK. Errors: EINVAL, EMFILE,
    /// ENOMEM.
    static func inotifyInit1(_ caller: Caller, flags: Int32) throws(Errno) -> Int {
        let flags = OpenFlags(rawValue: flags)
        guard flags.isSubset(of: [.closeOnExec, .nonblocking]) else { throw .invalidArgument }
        try caller.requireDescriptor()
        return try caller.install(
            try caller.files.openInotify(flags),
            flags.contains(.closeOnExec) ? .closeOnExec : [])
    }

    /// inotify_add_watch(2): Watches a file, or changes what for. Errors: EACCES, EBADF, EEXIST, EFAULT,
    /// EINVAL, ENOMEM, ENOSPC, ENOTDIR and those of a path.
    static func inotifyAddWatch(
        _ caller: Caller, descriptor: Int32, path: VirtualAddress, mask: UInt32
    ) throws(Errno) -> Int {
        let mask = InotifyMask(rawValue: mask)
        guard mask.isSubset(of: .known), !mask.isEmpty else { throw .invalidArgument }
        let file = try caller.file(descriptor)
        guard !mask.isSuperset(of: [.add, .onlyNew]), let instance = file.node as? InotifyNode
        else { throw .invalidArgument }
        let node = try caller.withPath(at: path) { path throws(Errno) in
            try caller.files.resolveForWatch(
                path, from: try caller.base(AtFlags.workingDirectory, for: path), mask)
        }
        return Int(try instance.watch(node, mask))
    }
    /// inotify_rm_watch(2): Ends watching. Errors: EBADF, EINVAL.
    static func inotifyRmWatch(
        _ caller: Caller, descriptor: Int32, watch: Int32
    ) throws(Errno) -> Int {
        guard let instance = try caller.file(descriptor).node as? InotifyNode else {
            throw .invalidArgument
        }
        try instance.removeWatch(watch)
        return 0
    }
}
