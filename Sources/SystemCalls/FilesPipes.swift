internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Processes

// Pipes.
extension SystemCalls {
    /// pipe(2): Makes a pipe. Errors: EFAULT, EMFILE, ENOMEM.
    static func pipe(_ caller: Caller, descriptors: VirtualAddress) throws(Errno) -> Int {
        try pipe2(caller, descriptors: descriptors, flags: 0)
    }

    /// pipe2(2): As pipe(2), with O_CLOEXEC, O_NONBLOCK and O_DIRECT: what is written is packets. Errors:
    /// those of pipe(2), EINVAL.
    static func pipe2(
        _ caller: Caller, descriptors: VirtualAddress, flags: Int32
    ) throws(Errno) -> Int {
        let flags = OpenFlags(rawValue: flags)
        guard flags.isSubset(of: [.closeOnExec, .nonblocking, .direct]) else {
            throw .invalidArgument
        }
        let ends = try caller.files.openPipe(flags)
        return try caller.installPair(
            ends.reading, ends.writing, flags.contains(.closeOnExec) ? .closeOnExec : [],
            at: descriptors)
    }
}
