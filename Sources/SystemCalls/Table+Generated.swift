// Written by Scripts/generate-system-calls from the handlers' declarations; do not edit.
internal import Base
internal import Hardware
internal import LinuxABI

extension SystemCalls {
    /// Calls the handler of `number` with its arguments from the caller's registers.
    static func call(_ number: SystemCallNumber, _ caller: Caller) throws(Errno) -> Int {
        let frame = caller.frame
        switch number {
        case .read:
            return try read(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                buffer: VirtualAddress(register: frame.argument(1)),
                count: Int(register: frame.argument(2)))
        case .write:
            return try write(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                buffer: VirtualAddress(register: frame.argument(1)),
                count: Int(register: frame.argument(2)))
        case .open:
            return try open(
                caller,
                path: VirtualAddress(register: frame.argument(0)),
                flags: Int32(register: frame.argument(1)),
                mode: UInt32(register: frame.argument(2)))
        case .close:
            return try close(caller, descriptor: Int32(register: frame.argument(0)))
        case .stat:
            return try stat(
                caller,
                path: VirtualAddress(register: frame.argument(0)),
                status: VirtualAddress(register: frame.argument(1)))
        case .fstat:
            return try fstat(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                status: VirtualAddress(register: frame.argument(1)))
        case .lstat:
            return try lstat(
                caller,
                path: VirtualAddress(register: frame.argument(0)),
                status: VirtualAddress(register: frame.argument(1)))
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
        case .pread64:
            return try pread64(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                buffer: VirtualAddress(register: frame.argument(1)),
                count: Int(register: frame.argument(2)),
                offset: Int64(register: frame.argument(3)))
        case .pwrite64:
            return try pwrite64(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                buffer: VirtualAddress(register: frame.argument(1)),
                count: Int(register: frame.argument(2)),
                offset: Int64(register: frame.argument(3)))
        case .readv:
            return try readv(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                vectors: VirtualAddress(register: frame.argument(1)),
                count: Int(register: frame.argument(2)))
        case .writev:
            return try writev(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                vectors: VirtualAddress(register: frame.argument(1)),
                count: Int(register: frame.argument(2)))
        case .access:
            return try access(
                caller,
                path: VirtualAddress(register: frame.argument(0)),
                mode: UInt32(register: frame.argument(1)))
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
        case .getdents:
            return try getdents(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                buffer: VirtualAddress(register: frame.argument(1)),
                count: UInt32(register: frame.argument(2)))
        case .getcwd:
            return try getcwd(
                caller,
                buffer: VirtualAddress(register: frame.argument(0)),
                size: Int(register: frame.argument(1)))
        case .chdir:
            return try chdir(caller, path: VirtualAddress(register: frame.argument(0)))
        case .fchdir:
            return try fchdir(caller, descriptor: Int32(register: frame.argument(0)))
        case .creat:
            return try creat(
                caller,
                path: VirtualAddress(register: frame.argument(0)),
                mode: UInt32(register: frame.argument(1)))
        case .umask:
            return umask(caller, mask: UInt32(register: frame.argument(0)))
        case .getppid:
            return getppid(caller)
        case .statfs:
            return try statfs(
                caller,
                path: VirtualAddress(register: frame.argument(0)),
                status: VirtualAddress(register: frame.argument(1)))
        case .fstatfs:
            return try fstatfs(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                status: VirtualAddress(register: frame.argument(1)))
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
        case .chroot:
            return try chroot(caller, path: VirtualAddress(register: frame.argument(0)))
        case .gettid:
            return gettid(caller)
        case .getdents64:
            return try getdents64(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                buffer: VirtualAddress(register: frame.argument(1)),
                count: UInt32(register: frame.argument(2)))
        case .openat:
            return try openat(
                caller,
                directory: Int32(register: frame.argument(0)),
                path: VirtualAddress(register: frame.argument(1)),
                flags: Int32(register: frame.argument(2)),
                mode: UInt32(register: frame.argument(3)))
        case .newfstatat:
            return try newfstatat(
                caller,
                directory: Int32(register: frame.argument(0)),
                path: VirtualAddress(register: frame.argument(1)),
                status: VirtualAddress(register: frame.argument(2)),
                flags: Int32(register: frame.argument(3)))
        case .faccessat:
            return try faccessat(
                caller,
                directory: Int32(register: frame.argument(0)),
                path: VirtualAddress(register: frame.argument(1)),
                mode: UInt32(register: frame.argument(2)))
        case .preadv:
            return try preadv(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                vectors: VirtualAddress(register: frame.argument(1)),
                count: Int(register: frame.argument(2)),
                offset: Int64(register: frame.argument(3)),
                high: UInt64(register: frame.argument(4)))
        case .pwritev:
            return try pwritev(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                vectors: VirtualAddress(register: frame.argument(1)),
                count: Int(register: frame.argument(2)),
                offset: Int64(register: frame.argument(3)),
                high: UInt64(register: frame.argument(4)))
        case .mlock2:
            return try mlock2(
                caller,
                address: VirtualAddress(register: frame.argument(0)),
                length: UInt64(register: frame.argument(1)),
                flags: Int32(register: frame.argument(2)))
        case .preadv2:
            return try preadv2(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                vectors: VirtualAddress(register: frame.argument(1)),
                count: Int(register: frame.argument(2)),
                offset: Int64(register: frame.argument(3)),
                high: UInt64(register: frame.argument(4)),
                flags: Int32(register: frame.argument(5)))
        case .pwritev2:
            return try pwritev2(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                vectors: VirtualAddress(register: frame.argument(1)),
                count: Int(register: frame.argument(2)),
                offset: Int64(register: frame.argument(3)),
                high: UInt64(register: frame.argument(4)),
                flags: Int32(register: frame.argument(5)))
        case .statx:
            return try statx(
                caller,
                directory: Int32(register: frame.argument(0)),
                path: VirtualAddress(register: frame.argument(1)),
                flags: Int32(register: frame.argument(2)),
                mask: UInt32(register: frame.argument(3)),
                status: VirtualAddress(register: frame.argument(4)))
        case .closeRange:
            return try closeRange(
                caller,
                first: UInt32(register: frame.argument(0)),
                last: UInt32(register: frame.argument(1)),
                flags: UInt32(register: frame.argument(2)))
        case .openat2:
            return try openat2(
                caller,
                directory: Int32(register: frame.argument(0)),
                path: VirtualAddress(register: frame.argument(1)),
                how: VirtualAddress(register: frame.argument(2)),
                size: Int(register: frame.argument(3)))
        case .faccessat2:
            return try faccessat2(
                caller,
                directory: Int32(register: frame.argument(0)),
                path: VirtualAddress(register: frame.argument(1)),
                mode: UInt32(register: frame.argument(2)),
                flags: Int32(register: frame.argument(3)))
        default:
            return try unimplemented(number, caller)
        }
    }
}
