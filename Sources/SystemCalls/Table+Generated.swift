// Written by Scripts/generate-system-calls from the handlers' declarations; do not edit.
internal import Base
internal import Hardware
internal import LinuxABI

extension SystemCalls {
    /// Calls the handler of `number` with its arguments from the caller's registers.
    static func call(_ number: SystemCallNumber, _ caller: Caller) throws(Errno) -> Int {
        let frame = caller.frame
        switch number {
        case .getpid:
            return getpid(caller)
        case .umask:
            return umask(caller, mask: UInt32(register: frame.argument(0)))
        case .getppid:
            return getppid(caller)
        case .gettid:
            return gettid(caller)
        default:
            return try unimplemented(number, caller)
        }
    }
}
