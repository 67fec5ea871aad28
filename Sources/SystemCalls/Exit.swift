package import Hardware
internal import Base
internal import Files
internal import LinuxABI
internal import Processes
internal import Scheduler

// The end of threads and processes.
extension SystemCalls {
    /// exit(2): Ends the thread, and with the last one the process. Errors: none.
    static func exit(_ caller: Caller, status: Int32) -> Int {
        caller.thread.status = UInt8(truncatingIfNeeded: status)
        // It does so on its way back to the program.
        caller.thread.thread.isEnding = true
        return 0
    }

    /// exit_group(2): Ends the process. Errors: none.
    static func exitGroup(_ caller: Caller, status: Int32) -> Int {
        caller.process.terminate(.exited(status: UInt8(truncatingIfNeeded: status)))
        return 0
    }

    /// Ends the running thread but for its leaving the CPU (kernel/exit.c, do_exit).
    @export(interface)
    package static func endThread(frame: ProgramFrame) {
        let caller = Caller(frame)
        caller.thread.tracee?.stopAtExit(frame)
        leaveMemory(caller)
        caller.process.leave(caller.thread)
    }
    /// Lets go of what a thread has in its process's memory, when it ends or the memory is replaced
    /// (kernel/fork.c, mm_release).
    static func leaveMemory(_ caller: Caller) {
        let thread = caller.thread
        releaseRobustFutexes(caller)
        releaseOwnedFutexes(caller)
        thread.robustList = VirtualAddress(rawValue: 0)
        let address = thread.clearedIdentifier
        thread.clearedIdentifier = VirtualAddress(rawValue: 0)
        guard !address.isNull, caller.process.threads.count > 1 || caller.process.memory.isShared
        else { return }
        // What can't be written is left.
        try? ProgramMemory.store(UInt32(0), at: address)
        _ = try? wakeFutex(caller, address, count: 1)
    }
}
