internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Processes

// The end of threads and of the program, and waiting for others, of which there are none.
extension SystemCalls {
    /// exit(2): Ends the thread, and with the last one the process. Errors: none.
    static func exit(_ caller: Caller, status: Int32) -> Int {
        let thread = caller.thread
        releaseRobustFutexes(caller)
        releaseOwnedFutexes(caller)
        if !thread.clearedIdentifier.isNull, caller.process.threads.count > 1 {
            // kernel/fork.c, mm_release: what can't be written is left.
            let address = thread.clearedIdentifier
            try? ProgramMemory.store(UInt32(0), at: address)
            _ = try? wakeFutex(caller, address, count: 1)
        }
        caller.process.end(thread, status: UInt8(truncatingIfNeeded: status))
        return 0
    }

    /// exit_group(2): Ends the process. Errors: none.
    static func exitGroup(_ caller: Caller, status: Int32) -> Never {
        Process.terminate(.exited(status: UInt8(truncatingIfNeeded: status)))
    }

    /// wait4(2): Waits for a child; a process here never has one. Errors: ECHILD, EINVAL, ESRCH.
    static func wait4(
        _ caller: Caller, process: Int32, status: VirtualAddress, options: UInt32,
        usage: VirtualAddress
    ) throws(Errno) -> Int {
        // WNOHANG, WUNTRACED, WCONTINUED, __WNOTHREAD, __WALL, __WCLONE
        guard options & ~0xe000_000b == 0 else { throw .invalidArgument }
        guard process != .min else { throw .noSuchProcess }
        throw .noChild
    }

    /// waitid(2): Waits for a child; a process here never has one. Errors: EBADF, ECHILD, EINVAL.
    static func waitid(
        _ caller: Caller, kind: Int32, process: Int32, information: VirtualAddress,
        options: UInt32, usage: VirtualAddress
    ) throws(Errno) -> Int {
        // WNOHANG, WSTOPPED, WEXITED, WCONTINUED, WNOWAIT and the three above.
        guard options & ~0xe100_000f == 0, options & 0xe != 0 else { throw .invalidArgument }
        switch kind {
        case 0: break
        case 1: guard process > 0 else { throw .invalidArgument }
        case 2: guard process >= 0 else { throw .invalidArgument }
        // P_PIDFD
        case 3:
            guard process >= 0 else { throw .invalidArgument }
            guard try caller.file(process).task != nil else { throw .badDescriptor }
        default: throw .invalidArgument
        }
        throw .noChild
    }
}
