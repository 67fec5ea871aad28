// Written by Scripts/generate-system-calls from the handlers' declarations; do not edit.
internal import Base
internal import Hardware
internal import LinuxABI

extension SystemCalls {
    /// Calls the handler of `number` with its arguments from the caller's registers.
    static func call(_ number: SystemCallNumber, _ caller: Caller) throws(Errno) -> Int {
        let frame = caller.frame
        switch number {
        case .mmap:
            return try mmap(
                caller,
                address: VirtualAddress(register: frame.argument(0)),
                length: UInt64(register: frame.argument(1)),
                protection: UInt64(register: frame.argument(2)),
                flags: UInt64(register: frame.argument(3)),
                descriptor: Int32(register: frame.argument(4)),
                offset: UInt64(register: frame.argument(5)))
        case .mprotect:
            return try mprotect(
                caller,
                address: VirtualAddress(register: frame.argument(0)),
                length: UInt64(register: frame.argument(1)),
                protection: UInt64(register: frame.argument(2)))
        case .munmap:
            return try munmap(
                caller,
                address: VirtualAddress(register: frame.argument(0)),
                length: UInt64(register: frame.argument(1)))
        case .brk:
            return brk(caller, address: VirtualAddress(register: frame.argument(0)))
        case .mremap:
            return try mremap(
                caller,
                address: VirtualAddress(register: frame.argument(0)),
                oldLength: UInt64(register: frame.argument(1)),
                newLength: UInt64(register: frame.argument(2)),
                flags: UInt64(register: frame.argument(3)),
                newAddress: VirtualAddress(register: frame.argument(4)))
        case .msync:
            return try msync(
                caller,
                address: VirtualAddress(register: frame.argument(0)),
                length: UInt64(register: frame.argument(1)),
                flags: Int32(register: frame.argument(2)))
        case .mincore:
            return try mincore(
                caller,
                address: VirtualAddress(register: frame.argument(0)),
                length: UInt64(register: frame.argument(1)),
                vector: VirtualAddress(register: frame.argument(2)))
        case .madvise:
            return try madvise(
                caller,
                address: VirtualAddress(register: frame.argument(0)),
                length: UInt64(register: frame.argument(1)),
                advice: Int32(register: frame.argument(2)))
        case .getpid:
            return getpid(caller)
        case .umask:
            return umask(caller, mask: UInt32(register: frame.argument(0)))
        case .getppid:
            return getppid(caller)
        case .mlock:
            return try mlock(
                caller,
                address: VirtualAddress(register: frame.argument(0)),
                length: UInt64(register: frame.argument(1)))
        case .munlock:
            return try munlock(
                caller,
                address: VirtualAddress(register: frame.argument(0)),
                length: UInt64(register: frame.argument(1)))
        case .mlockall:
            return try mlockall(caller, flags: Int32(register: frame.argument(0)))
        case .munlockall:
            return try munlockall(caller)
        case .gettid:
            return gettid(caller)
        case .mlock2:
            return try mlock2(
                caller,
                address: VirtualAddress(register: frame.argument(0)),
                length: UInt64(register: frame.argument(1)),
                flags: Int32(register: frame.argument(2)))
        default:
            return try unimplemented(number, caller)
        }
    }
}
