internal import LinuxABI
internal import Processes

// Process identity: who the program is to itself.
extension SystemCalls {
    /// getpid(2): Returns the process's number. Errors: none.
    static func getpid(_ caller: Caller) -> Int { Int(caller.process.identifier) }

    /// getppid(2): Returns the parent's number, 0 for the first process. Errors: none.
    static func getppid(_ caller: Caller) -> Int { Int(caller.process.parentIdentifier) }

    /// gettid(2): Returns the thread's number, the process's for its first thread. Errors: none.
    static func gettid(_ caller: Caller) -> Int { Int(caller.process.identifier) }

    /// umask(2): Sets the mask of new files' mode bits and returns the old one. Errors: none.
    static func umask(_ caller: Caller, mask: UInt32) -> Int {
        defer { caller.process.fileModeMask = mask & 0o777 }
        return Int(caller.process.fileModeMask)
    }
}
