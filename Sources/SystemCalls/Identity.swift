internal import Base
internal import Hardware
internal import LinuxABI
internal import Processes
internal import Scheduler

// Who the program is to itself and to others: process, session and group numbers, the mask of modes.
extension SystemCalls {
    /// getpid(2): Returns the process's number, 1 of the first. Errors: none.
    static func getpid(_ caller: Caller) -> Int { Int(Process.currentIdentifier) }

    /// getppid(2): Returns the parent's number, 0 for the first process. Errors: none.
    static func getppid(_ caller: Caller) -> Int { Int(caller.process.parentIdentifier) }

    /// gettid(2): Returns the thread's number. Errors: none.
    static func gettid(_ caller: Caller) -> Int { Int(Thread.currentIdentifier) }

    /// set_tid_address(2): Notes what to clear when the thread ends, returns its number. Errors:
    /// none.
    static func setTidAddress(_ caller: Caller, address: VirtualAddress) -> Int {
        caller.thread.clearedIdentifier = address
        return Int(caller.thread.thread.identifier)
    }

    /// getpgrp(2): Returns the process group. Errors: none.
    static func getpgrp(_ caller: Caller) -> Int { Int(caller.process.group) }

    /// getpgid(2): Returns a process's group. Errors: ESRCH.
    static func getpgid(_ caller: Caller, process: Int32) throws(Errno) -> Int {
        Int(try findProcess(caller, process).group)
    }

    /// setpgid(2): Puts the caller, or a child that has not called execve(2) yet, into a process group of its
    /// session. Errors: EACCES, EINVAL, EPERM, ESRCH.
    static func setpgid(_ caller: Caller, process: Int32, group: Int32) throws(Errno) -> Int {
        let number = process == 0 ? caller.process.identifier : process
        guard group == 0 ? number >= 0 : group > 0 else { throw .invalidArgument }
        guard number > 0, let target = ProcessTable.find(number) else { throw .noSuchProcess }
        try caller.process.setGroup(of: target, to: group == 0 ? number : group)
        return 0
    }

    /// getsid(2): Returns a process's session. Errors: ESRCH.
    static func getsid(_ caller: Caller, process: Int32) throws(Errno) -> Int {
        Int(try findProcess(caller, process).session)
    }

    /// setsid(2): Begins a session, which the leader of a process group can't. Errors: EPERM.
    static func setsid(_ caller: Caller) throws(Errno) -> Int {
        try caller.process.beginSession()
        return Int(caller.process.session)
    }

    /// vhangup(2): Hangs up the controlling terminal. Errors: EPERM.
    static func vhangup(_ caller: Caller) throws(Errno) -> Int {
        guard caller.process.credentials.has(.configureTerminals) else {
            throw .operationNotPermitted
        }
        caller.process.hangUpTerminal()
        return 0
    }

    /// umask(2): Sets the mask of new files' mode bits and returns the old one. Errors: none.
    static func umask(_ caller: Caller, mask: UInt32) -> Int {
        defer { caller.process.fileModeMask = mask & 0o777 }
        return Int(caller.process.fileModeMask)
    }
}
