internal import LinuxABI
internal import Processes
internal import Trace

extension SystemCalls {
    /// Says once per call that the program asked for something that does not exist here: ENOSYS.
    static func unimplemented(
        _ number: SystemCallNumber, _ caller: Caller
    ) throws(Errno) -> Int {
        throw .notImplemented
    }
}
