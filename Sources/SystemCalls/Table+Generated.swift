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
        case .poll:
            return try poll(
                caller,
                list: VirtualAddress(register: frame.argument(0)),
                count: UInt32(register: frame.argument(1)),
                milliseconds: Int32(register: frame.argument(2)))
        case .lseek:
            return try lseek(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                distance: Int64(register: frame.argument(1)),
                whence: UInt32(register: frame.argument(2)))
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
        case .rtSigaction:
            return try rtSigaction(
                caller,
                number: Int32(register: frame.argument(0)),
                new: VirtualAddress(register: frame.argument(1)),
                old: VirtualAddress(register: frame.argument(2)),
                size: Int(register: frame.argument(3)))
        case .rtSigprocmask:
            return try rtSigprocmask(
                caller,
                how: Int32(register: frame.argument(0)),
                new: VirtualAddress(register: frame.argument(1)),
                old: VirtualAddress(register: frame.argument(2)),
                size: Int(register: frame.argument(3)))
        case .rtSigreturn:
            return rtSigreturn(caller)
        case .ioctl:
            return try ioctl(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                request: UInt32(register: frame.argument(1)),
                argument: UInt64(register: frame.argument(2)))
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
        case .pipe:
            return try pipe(caller, descriptors: VirtualAddress(register: frame.argument(0)))
        case .select:
            return try select(
                caller,
                count: Int32(register: frame.argument(0)),
                reading: VirtualAddress(register: frame.argument(1)),
                writing: VirtualAddress(register: frame.argument(2)),
                exceptional: VirtualAddress(register: frame.argument(3)),
                timeout: VirtualAddress(register: frame.argument(4)))
        case .schedYield:
            return schedYield(caller)
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
        case .dup:
            return try dup(caller, descriptor: Int32(register: frame.argument(0)))
        case .dup2:
            return try dup2(
                caller,
                old: Int32(register: frame.argument(0)),
                new: Int32(register: frame.argument(1)))
        case .pause:
            return try pause(caller)
        case .nanosleep:
            return try nanosleep(
                caller,
                time: VirtualAddress(register: frame.argument(0)),
                remainder: VirtualAddress(register: frame.argument(1)))
        case .getitimer:
            return try getitimer(
                caller,
                which: Int32(register: frame.argument(0)),
                value: VirtualAddress(register: frame.argument(1)))
        case .alarm:
            return try alarm(caller, seconds: UInt32(register: frame.argument(0)))
        case .setitimer:
            return try setitimer(
                caller,
                which: Int32(register: frame.argument(0)),
                new: VirtualAddress(register: frame.argument(1)),
                old: VirtualAddress(register: frame.argument(2)))
        case .getpid:
            return getpid(caller)
        case .sendfile:
            return try sendfile(
                caller,
                output: Int32(register: frame.argument(0)),
                input: Int32(register: frame.argument(1)),
                offset: VirtualAddress(register: frame.argument(2)),
                count: Int(register: frame.argument(3)))
        case .exit:
            exit(caller, status: Int32(register: frame.argument(0)))
        case .wait4:
            return try wait4(
                caller,
                process: Int32(register: frame.argument(0)),
                status: VirtualAddress(register: frame.argument(1)),
                options: UInt32(register: frame.argument(2)),
                usage: VirtualAddress(register: frame.argument(3)))
        case .kill:
            return try kill(
                caller,
                process: Int32(register: frame.argument(0)),
                number: Int32(register: frame.argument(1)))
        case .uname:
            return try uname(caller, buffer: VirtualAddress(register: frame.argument(0)))
        case .fcntl:
            return try fcntl(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                command: Int32(register: frame.argument(1)),
                argument: UInt64(register: frame.argument(2)))
        case .flock:
            return try flock(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                operation: Int32(register: frame.argument(1)))
        case .fsync:
            return try fsync(caller, descriptor: Int32(register: frame.argument(0)))
        case .fdatasync:
            return try fdatasync(caller, descriptor: Int32(register: frame.argument(0)))
        case .truncate:
            return try truncate(
                caller,
                path: VirtualAddress(register: frame.argument(0)),
                length: Int64(register: frame.argument(1)))
        case .ftruncate:
            return try ftruncate(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                length: Int64(register: frame.argument(1)))
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
        case .rename:
            return try rename(
                caller,
                old: VirtualAddress(register: frame.argument(0)),
                new: VirtualAddress(register: frame.argument(1)))
        case .mkdir:
            return try mkdir(
                caller,
                path: VirtualAddress(register: frame.argument(0)),
                mode: UInt32(register: frame.argument(1)))
        case .rmdir:
            return try rmdir(caller, path: VirtualAddress(register: frame.argument(0)))
        case .creat:
            return try creat(
                caller,
                path: VirtualAddress(register: frame.argument(0)),
                mode: UInt32(register: frame.argument(1)))
        case .link:
            return try link(
                caller,
                old: VirtualAddress(register: frame.argument(0)),
                new: VirtualAddress(register: frame.argument(1)))
        case .unlink:
            return try unlink(caller, path: VirtualAddress(register: frame.argument(0)))
        case .symlink:
            return try symlink(
                caller,
                target: VirtualAddress(register: frame.argument(0)),
                path: VirtualAddress(register: frame.argument(1)))
        case .readlink:
            return try readlink(
                caller,
                path: VirtualAddress(register: frame.argument(0)),
                buffer: VirtualAddress(register: frame.argument(1)),
                size: Int32(register: frame.argument(2)))
        case .chmod:
            return try chmod(
                caller,
                path: VirtualAddress(register: frame.argument(0)),
                mode: UInt32(register: frame.argument(1)))
        case .fchmod:
            return try fchmod(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                mode: UInt32(register: frame.argument(1)))
        case .chown:
            return try chown(
                caller,
                path: VirtualAddress(register: frame.argument(0)),
                owner: UInt32(register: frame.argument(1)),
                group: UInt32(register: frame.argument(2)))
        case .fchown:
            return try fchown(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                owner: UInt32(register: frame.argument(1)),
                group: UInt32(register: frame.argument(2)))
        case .lchown:
            return try lchown(
                caller,
                path: VirtualAddress(register: frame.argument(0)),
                owner: UInt32(register: frame.argument(1)),
                group: UInt32(register: frame.argument(2)))
        case .umask:
            return umask(caller, mask: UInt32(register: frame.argument(0)))
        case .gettimeofday:
            return try gettimeofday(
                caller,
                time: VirtualAddress(register: frame.argument(0)),
                zone: VirtualAddress(register: frame.argument(1)))
        case .getrlimit:
            return try getrlimit(
                caller,
                resource: UInt32(register: frame.argument(0)),
                limit: VirtualAddress(register: frame.argument(1)))
        case .getrusage:
            return try getrusage(
                caller,
                who: Int32(register: frame.argument(0)),
                usage: VirtualAddress(register: frame.argument(1)))
        case .sysinfo:
            return try sysinfo(caller, information: VirtualAddress(register: frame.argument(0)))
        case .times:
            return try times(caller, buffer: VirtualAddress(register: frame.argument(0)))
        case .getuid:
            return getuid(caller)
        case .getgid:
            return getgid(caller)
        case .setuid:
            return try setuid(caller, user: UInt32(register: frame.argument(0)))
        case .setgid:
            return try setgid(caller, group: UInt32(register: frame.argument(0)))
        case .geteuid:
            return geteuid(caller)
        case .getegid:
            return getegid(caller)
        case .setpgid:
            return try setpgid(
                caller,
                process: Int32(register: frame.argument(0)),
                group: Int32(register: frame.argument(1)))
        case .getppid:
            return getppid(caller)
        case .getpgrp:
            return getpgrp(caller)
        case .setsid:
            return try setsid(caller)
        case .setreuid:
            return try setreuid(
                caller,
                real: UInt32(register: frame.argument(0)),
                effective: UInt32(register: frame.argument(1)))
        case .setregid:
            return try setregid(
                caller,
                real: UInt32(register: frame.argument(0)),
                effective: UInt32(register: frame.argument(1)))
        case .getgroups:
            return try getgroups(
                caller,
                size: Int32(register: frame.argument(0)),
                list: VirtualAddress(register: frame.argument(1)))
        case .setgroups:
            return try setgroups(
                caller,
                size: Int(register: frame.argument(0)),
                list: VirtualAddress(register: frame.argument(1)))
        case .setresuid:
            return try setresuid(
                caller,
                real: UInt32(register: frame.argument(0)),
                effective: UInt32(register: frame.argument(1)),
                saved: UInt32(register: frame.argument(2)))
        case .getresuid:
            return try getresuid(
                caller,
                real: VirtualAddress(register: frame.argument(0)),
                effective: VirtualAddress(register: frame.argument(1)),
                saved: VirtualAddress(register: frame.argument(2)))
        case .setresgid:
            return try setresgid(
                caller,
                real: UInt32(register: frame.argument(0)),
                effective: UInt32(register: frame.argument(1)),
                saved: UInt32(register: frame.argument(2)))
        case .getresgid:
            return try getresgid(
                caller,
                real: VirtualAddress(register: frame.argument(0)),
                effective: VirtualAddress(register: frame.argument(1)),
                saved: VirtualAddress(register: frame.argument(2)))
        case .getpgid:
            return try getpgid(caller, process: Int32(register: frame.argument(0)))
        case .setfsuid:
            return setfsuid(caller, user: UInt32(register: frame.argument(0)))
        case .setfsgid:
            return setfsgid(caller, group: UInt32(register: frame.argument(0)))
        case .getsid:
            return try getsid(caller, process: Int32(register: frame.argument(0)))
        case .capget:
            return try capget(
                caller,
                header: VirtualAddress(register: frame.argument(0)),
                data: VirtualAddress(register: frame.argument(1)))
        case .capset:
            return try capset(
                caller,
                header: VirtualAddress(register: frame.argument(0)),
                data: VirtualAddress(register: frame.argument(1)))
        case .rtSigpending:
            return try rtSigpending(
                caller,
                set: VirtualAddress(register: frame.argument(0)),
                size: Int(register: frame.argument(1)))
        case .rtSigtimedwait:
            return try rtSigtimedwait(
                caller,
                set: VirtualAddress(register: frame.argument(0)),
                information: VirtualAddress(register: frame.argument(1)),
                timeout: VirtualAddress(register: frame.argument(2)),
                size: Int(register: frame.argument(3)))
        case .rtSigqueueinfo:
            return try rtSigqueueinfo(
                caller,
                process: Int32(register: frame.argument(0)),
                number: Int32(register: frame.argument(1)),
                information: VirtualAddress(register: frame.argument(2)))
        case .rtSigsuspend:
            return try rtSigsuspend(
                caller,
                mask: VirtualAddress(register: frame.argument(0)),
                size: Int(register: frame.argument(1)))
        case .sigaltstack:
            return try sigaltstack(
                caller,
                new: VirtualAddress(register: frame.argument(0)),
                old: VirtualAddress(register: frame.argument(1)))
        case .utime:
            return try utime(
                caller,
                path: VirtualAddress(register: frame.argument(0)),
                times: VirtualAddress(register: frame.argument(1)))
        case .mknod:
            return try mknod(
                caller,
                path: VirtualAddress(register: frame.argument(0)),
                mode: UInt32(register: frame.argument(1)),
                device: UInt64(register: frame.argument(2)))
        case .personality:
            return try personality(caller, persona: UInt32(register: frame.argument(0)))
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
        case .getpriority:
            return try getpriority(
                caller,
                which: Int32(register: frame.argument(0)),
                who: Int32(register: frame.argument(1)))
        case .setpriority:
            return try setpriority(
                caller,
                which: Int32(register: frame.argument(0)),
                who: Int32(register: frame.argument(1)),
                nice: Int32(register: frame.argument(2)))
        case .schedSetparam:
            return try schedSetparam(
                caller,
                process: Int32(register: frame.argument(0)),
                parameters: VirtualAddress(register: frame.argument(1)))
        case .schedGetparam:
            return try schedGetparam(
                caller,
                process: Int32(register: frame.argument(0)),
                parameters: VirtualAddress(register: frame.argument(1)))
        case .schedSetscheduler:
            return try schedSetscheduler(
                caller,
                process: Int32(register: frame.argument(0)),
                policy: Int32(register: frame.argument(1)),
                parameters: VirtualAddress(register: frame.argument(2)))
        case .schedGetscheduler:
            return try schedGetscheduler(caller, process: Int32(register: frame.argument(0)))
        case .schedGetPriorityMax:
            return try schedGetPriorityMax(caller, policy: Int32(register: frame.argument(0)))
        case .schedGetPriorityMin:
            return try schedGetPriorityMin(caller, policy: Int32(register: frame.argument(0)))
        case .schedRrGetInterval:
            return try schedRrGetInterval(
                caller,
                process: Int32(register: frame.argument(0)),
                interval: VirtualAddress(register: frame.argument(1)))
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
        case .prctl:
            return try prctl(
                caller,
                option: Int32(register: frame.argument(0)),
                argument2: UInt64(register: frame.argument(1)),
                argument3: UInt64(register: frame.argument(2)),
                argument4: UInt64(register: frame.argument(3)),
                argument5: UInt64(register: frame.argument(4)))
        case .archPrctl:
            return try archPrctl(
                caller,
                request: Int32(register: frame.argument(0)),
                address: VirtualAddress(register: frame.argument(1)))
        case .adjtimex:
            return try adjtimex(caller, state: VirtualAddress(register: frame.argument(0)))
        case .setrlimit:
            return try setrlimit(
                caller,
                resource: UInt32(register: frame.argument(0)),
                limit: VirtualAddress(register: frame.argument(1)))
        case .chroot:
            return try chroot(caller, path: VirtualAddress(register: frame.argument(0)))
        case .sync:
            return sync(caller)
        case .settimeofday:
            return try settimeofday(
                caller,
                time: VirtualAddress(register: frame.argument(0)),
                zone: VirtualAddress(register: frame.argument(1)))
        case .sethostname:
            return try sethostname(
                caller,
                name: VirtualAddress(register: frame.argument(0)),
                length: Int32(register: frame.argument(1)))
        case .setdomainname:
            return try setdomainname(
                caller,
                name: VirtualAddress(register: frame.argument(0)),
                length: Int32(register: frame.argument(1)))
        case .gettid:
            return gettid(caller)
        case .readahead:
            return try readahead(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                offset: Int64(register: frame.argument(1)),
                count: Int(register: frame.argument(2)))
        case .setxattr:
            return try setxattr(
                caller,
                path: VirtualAddress(register: frame.argument(0)),
                name: VirtualAddress(register: frame.argument(1)),
                value: VirtualAddress(register: frame.argument(2)),
                byteCount: UInt64(register: frame.argument(3)),
                flags: Int32(register: frame.argument(4)))
        case .lsetxattr:
            return try lsetxattr(
                caller,
                path: VirtualAddress(register: frame.argument(0)),
                name: VirtualAddress(register: frame.argument(1)),
                value: VirtualAddress(register: frame.argument(2)),
                byteCount: UInt64(register: frame.argument(3)),
                flags: Int32(register: frame.argument(4)))
        case .fsetxattr:
            return try fsetxattr(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                name: VirtualAddress(register: frame.argument(1)),
                value: VirtualAddress(register: frame.argument(2)),
                byteCount: UInt64(register: frame.argument(3)),
                flags: Int32(register: frame.argument(4)))
        case .getxattr:
            return try getxattr(
                caller,
                path: VirtualAddress(register: frame.argument(0)),
                name: VirtualAddress(register: frame.argument(1)))
        case .lgetxattr:
            return try lgetxattr(
                caller,
                path: VirtualAddress(register: frame.argument(0)),
                name: VirtualAddress(register: frame.argument(1)))
        case .fgetxattr:
            return try fgetxattr(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                name: VirtualAddress(register: frame.argument(1)))
        case .listxattr:
            return try listxattr(caller, path: VirtualAddress(register: frame.argument(0)))
        case .llistxattr:
            return try llistxattr(caller, path: VirtualAddress(register: frame.argument(0)))
        case .flistxattr:
            return try flistxattr(caller, descriptor: Int32(register: frame.argument(0)))
        case .removexattr:
            return try removexattr(
                caller,
                path: VirtualAddress(register: frame.argument(0)),
                name: VirtualAddress(register: frame.argument(1)))
        case .lremovexattr:
            return try lremovexattr(
                caller,
                path: VirtualAddress(register: frame.argument(0)),
                name: VirtualAddress(register: frame.argument(1)))
        case .fremovexattr:
            return try fremovexattr(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                name: VirtualAddress(register: frame.argument(1)))
        case .tkill:
            return try tkill(
                caller,
                thread: Int32(register: frame.argument(0)),
                number: Int32(register: frame.argument(1)))
        case .time:
            return try time(caller, result: VirtualAddress(register: frame.argument(0)))
        case .futex:
            return try futex(
                caller,
                address: VirtualAddress(register: frame.argument(0)),
                operation: Int32(register: frame.argument(1)),
                value: UInt32(register: frame.argument(2)),
                timeout: VirtualAddress(register: frame.argument(3)),
                address2: VirtualAddress(register: frame.argument(4)),
                value3: UInt32(register: frame.argument(5)))
        case .schedSetaffinity:
            return try schedSetaffinity(
                caller,
                process: Int32(register: frame.argument(0)),
                size: UInt32(register: frame.argument(1)),
                mask: VirtualAddress(register: frame.argument(2)))
        case .schedGetaffinity:
            return try schedGetaffinity(
                caller,
                process: Int32(register: frame.argument(0)),
                size: UInt32(register: frame.argument(1)),
                mask: VirtualAddress(register: frame.argument(2)))
        case .epollCreate:
            return try epollCreate(caller, size: Int32(register: frame.argument(0)))
        case .getdents64:
            return try getdents64(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                buffer: VirtualAddress(register: frame.argument(1)),
                count: UInt32(register: frame.argument(2)))
        case .setTidAddress:
            return setTidAddress(caller, address: VirtualAddress(register: frame.argument(0)))
        case .restartSyscall:
            return try restartSyscall(caller)
        case .fadvise64:
            return try fadvise64(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                offset: Int64(register: frame.argument(1)),
                length: Int64(register: frame.argument(2)),
                advice: Int32(register: frame.argument(3)))
        case .timerCreate:
            return try timerCreate(
                caller,
                clock: Int32(register: frame.argument(0)),
                event: VirtualAddress(register: frame.argument(1)),
                identifier: VirtualAddress(register: frame.argument(2)))
        case .timerSettime:
            return try timerSettime(
                caller,
                identifier: Int32(register: frame.argument(0)),
                flags: Int32(register: frame.argument(1)),
                new: VirtualAddress(register: frame.argument(2)),
                old: VirtualAddress(register: frame.argument(3)))
        case .timerGettime:
            return try timerGettime(
                caller,
                identifier: Int32(register: frame.argument(0)),
                value: VirtualAddress(register: frame.argument(1)))
        case .timerGetoverrun:
            return try timerGetoverrun(caller, identifier: Int32(register: frame.argument(0)))
        case .timerDelete:
            return try timerDelete(caller, identifier: Int32(register: frame.argument(0)))
        case .clockSettime:
            return try clockSettime(
                caller,
                clock: Int32(register: frame.argument(0)),
                time: VirtualAddress(register: frame.argument(1)))
        case .clockGettime:
            return try clockGettime(
                caller,
                clock: Int32(register: frame.argument(0)),
                time: VirtualAddress(register: frame.argument(1)))
        case .clockGetres:
            return try clockGetres(
                caller,
                clock: Int32(register: frame.argument(0)),
                resolution: VirtualAddress(register: frame.argument(1)))
        case .clockNanosleep:
            return try clockNanosleep(
                caller,
                clock: Int32(register: frame.argument(0)),
                flags: Int32(register: frame.argument(1)),
                time: VirtualAddress(register: frame.argument(2)),
                remainder: VirtualAddress(register: frame.argument(3)))
        case .exitGroup:
            exitGroup(caller, status: Int32(register: frame.argument(0)))
        case .epollWait:
            return try epollWait(
                caller,
                set: Int32(register: frame.argument(0)),
                events: VirtualAddress(register: frame.argument(1)),
                maximum: Int32(register: frame.argument(2)),
                milliseconds: Int32(register: frame.argument(3)))
        case .epollCtl:
            return try epollCtl(
                caller,
                set: Int32(register: frame.argument(0)),
                operation: Int32(register: frame.argument(1)),
                descriptor: Int32(register: frame.argument(2)),
                event: VirtualAddress(register: frame.argument(3)))
        case .tgkill:
            return try tgkill(
                caller,
                process: Int32(register: frame.argument(0)),
                thread: Int32(register: frame.argument(1)),
                number: Int32(register: frame.argument(2)))
        case .utimes:
            return try utimes(
                caller,
                path: VirtualAddress(register: frame.argument(0)),
                times: VirtualAddress(register: frame.argument(1)))
        case .waitid:
            return try waitid(
                caller,
                kind: Int32(register: frame.argument(0)),
                process: Int32(register: frame.argument(1)),
                information: VirtualAddress(register: frame.argument(2)),
                options: UInt32(register: frame.argument(3)),
                usage: VirtualAddress(register: frame.argument(4)))
        case .openat:
            return try openat(
                caller,
                directory: Int32(register: frame.argument(0)),
                path: VirtualAddress(register: frame.argument(1)),
                flags: Int32(register: frame.argument(2)),
                mode: UInt32(register: frame.argument(3)))
        case .mkdirat:
            return try mkdirat(
                caller,
                directory: Int32(register: frame.argument(0)),
                path: VirtualAddress(register: frame.argument(1)),
                mode: UInt32(register: frame.argument(2)))
        case .mknodat:
            return try mknodat(
                caller,
                directory: Int32(register: frame.argument(0)),
                path: VirtualAddress(register: frame.argument(1)),
                mode: UInt32(register: frame.argument(2)),
                device: UInt64(register: frame.argument(3)))
        case .fchownat:
            return try fchownat(
                caller,
                directory: Int32(register: frame.argument(0)),
                path: VirtualAddress(register: frame.argument(1)),
                owner: UInt32(register: frame.argument(2)),
                group: UInt32(register: frame.argument(3)),
                flags: Int32(register: frame.argument(4)))
        case .futimesat:
            return try futimesat(
                caller,
                directory: Int32(register: frame.argument(0)),
                path: VirtualAddress(register: frame.argument(1)),
                times: VirtualAddress(register: frame.argument(2)))
        case .newfstatat:
            return try newfstatat(
                caller,
                directory: Int32(register: frame.argument(0)),
                path: VirtualAddress(register: frame.argument(1)),
                status: VirtualAddress(register: frame.argument(2)),
                flags: Int32(register: frame.argument(3)))
        case .unlinkat:
            return try unlinkat(
                caller,
                directory: Int32(register: frame.argument(0)),
                path: VirtualAddress(register: frame.argument(1)),
                flags: Int32(register: frame.argument(2)))
        case .renameat:
            return try renameat(
                caller,
                oldDirectory: Int32(register: frame.argument(0)),
                old: VirtualAddress(register: frame.argument(1)),
                newDirectory: Int32(register: frame.argument(2)),
                new: VirtualAddress(register: frame.argument(3)))
        case .linkat:
            return try linkat(
                caller,
                oldDirectory: Int32(register: frame.argument(0)),
                old: VirtualAddress(register: frame.argument(1)),
                newDirectory: Int32(register: frame.argument(2)),
                new: VirtualAddress(register: frame.argument(3)),
                flags: Int32(register: frame.argument(4)))
        case .symlinkat:
            return try symlinkat(
                caller,
                target: VirtualAddress(register: frame.argument(0)),
                directory: Int32(register: frame.argument(1)),
                path: VirtualAddress(register: frame.argument(2)))
        case .readlinkat:
            return try readlinkat(
                caller,
                directory: Int32(register: frame.argument(0)),
                path: VirtualAddress(register: frame.argument(1)),
                buffer: VirtualAddress(register: frame.argument(2)),
                size: Int32(register: frame.argument(3)))
        case .fchmodat:
            return try fchmodat(
                caller,
                directory: Int32(register: frame.argument(0)),
                path: VirtualAddress(register: frame.argument(1)),
                mode: UInt32(register: frame.argument(2)))
        case .faccessat:
            return try faccessat(
                caller,
                directory: Int32(register: frame.argument(0)),
                path: VirtualAddress(register: frame.argument(1)),
                mode: UInt32(register: frame.argument(2)))
        case .pselect6:
            return try pselect6(
                caller,
                count: Int32(register: frame.argument(0)),
                reading: VirtualAddress(register: frame.argument(1)),
                writing: VirtualAddress(register: frame.argument(2)),
                exceptional: VirtualAddress(register: frame.argument(3)),
                timeout: VirtualAddress(register: frame.argument(4)),
                maskPair: VirtualAddress(register: frame.argument(5)))
        case .ppoll:
            return try ppoll(
                caller,
                list: VirtualAddress(register: frame.argument(0)),
                count: UInt32(register: frame.argument(1)),
                timeout: VirtualAddress(register: frame.argument(2)),
                mask: VirtualAddress(register: frame.argument(3)),
                maskSize: Int(register: frame.argument(4)))
        case .setRobustList:
            return try setRobustList(
                caller,
                head: VirtualAddress(register: frame.argument(0)),
                size: UInt(register: frame.argument(1)))
        case .getRobustList:
            return try getRobustList(
                caller,
                thread: Int32(register: frame.argument(0)),
                head: VirtualAddress(register: frame.argument(1)),
                size: VirtualAddress(register: frame.argument(2)))
        case .syncFileRange:
            return try syncFileRange(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                offset: Int64(register: frame.argument(1)),
                length: Int64(register: frame.argument(2)),
                flags: UInt32(register: frame.argument(3)))
        case .utimensat:
            return try utimensat(
                caller,
                directory: Int32(register: frame.argument(0)),
                path: VirtualAddress(register: frame.argument(1)),
                times: VirtualAddress(register: frame.argument(2)),
                flags: Int32(register: frame.argument(3)))
        case .epollPwait:
            return try epollPwait(
                caller,
                set: Int32(register: frame.argument(0)),
                events: VirtualAddress(register: frame.argument(1)),
                maximum: Int32(register: frame.argument(2)),
                milliseconds: Int32(register: frame.argument(3)),
                mask: VirtualAddress(register: frame.argument(4)),
                maskSize: Int(register: frame.argument(5)))
        case .signalfd:
            return try signalfd(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                mask: VirtualAddress(register: frame.argument(1)),
                maskSize: Int(register: frame.argument(2)))
        case .timerfdCreate:
            return try timerfdCreate(
                caller,
                clock: Int32(register: frame.argument(0)),
                flags: Int32(register: frame.argument(1)))
        case .eventfd:
            return try eventfd(caller, initial: UInt32(register: frame.argument(0)))
        case .fallocate:
            return try fallocate(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                mode: Int32(register: frame.argument(1)),
                offset: Int64(register: frame.argument(2)),
                length: Int64(register: frame.argument(3)))
        case .timerfdSettime:
            return try timerfdSettime(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                flags: Int32(register: frame.argument(1)),
                new: VirtualAddress(register: frame.argument(2)),
                old: VirtualAddress(register: frame.argument(3)))
        case .timerfdGettime:
            return try timerfdGettime(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                value: VirtualAddress(register: frame.argument(1)))
        case .signalfd4:
            return try signalfd4(
                caller,
                descriptor: Int32(register: frame.argument(0)),
                mask: VirtualAddress(register: frame.argument(1)),
                maskSize: Int(register: frame.argument(2)),
                flags: Int32(register: frame.argument(3)))
        case .eventfd2:
            return try eventfd2(
                caller,
                initial: UInt32(register: frame.argument(0)),
                flags: Int32(register: frame.argument(1)))
        case .epollCreate1:
            return try epollCreate1(caller, flags: Int32(register: frame.argument(0)))
        case .dup3:
            return try dup3(
                caller,
                old: Int32(register: frame.argument(0)),
                new: Int32(register: frame.argument(1)),
                flags: Int32(register: frame.argument(2)))
        case .pipe2:
            return try pipe2(
                caller,
                descriptors: VirtualAddress(register: frame.argument(0)),
                flags: Int32(register: frame.argument(1)))
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
        case .rtTgsigqueueinfo:
            return try rtTgsigqueueinfo(
                caller,
                process: Int32(register: frame.argument(0)),
                thread: Int32(register: frame.argument(1)),
                number: Int32(register: frame.argument(2)),
                information: VirtualAddress(register: frame.argument(3)))
        case .prlimit64:
            return try prlimit64(
                caller,
                process: Int32(register: frame.argument(0)),
                resource: UInt32(register: frame.argument(1)),
                new: VirtualAddress(register: frame.argument(2)),
                old: VirtualAddress(register: frame.argument(3)))
        case .clockAdjtime:
            return try clockAdjtime(
                caller,
                clock: Int32(register: frame.argument(0)),
                state: VirtualAddress(register: frame.argument(1)))
        case .syncfs:
            return try syncfs(caller, descriptor: Int32(register: frame.argument(0)))
        case .getcpu:
            return try getcpu(
                caller,
                processor: VirtualAddress(register: frame.argument(0)),
                node: VirtualAddress(register: frame.argument(1)))
        case .schedGetattr:
            return try schedGetattr(
                caller,
                process: Int32(register: frame.argument(0)),
                attributes: VirtualAddress(register: frame.argument(1)),
                size: UInt32(register: frame.argument(2)),
                flags: UInt32(register: frame.argument(3)))
        case .renameat2:
            return try renameat2(
                caller,
                oldDirectory: Int32(register: frame.argument(0)),
                old: VirtualAddress(register: frame.argument(1)),
                newDirectory: Int32(register: frame.argument(2)),
                new: VirtualAddress(register: frame.argument(3)),
                flags: UInt32(register: frame.argument(4)))
        case .getrandom:
            return try getrandom(
                caller,
                buffer: VirtualAddress(register: frame.argument(0)),
                count: UInt(register: frame.argument(1)),
                flags: UInt32(register: frame.argument(2)))
        case .memfdCreate:
            return try memfdCreate(
                caller,
                name: VirtualAddress(register: frame.argument(0)),
                flags: UInt32(register: frame.argument(1)))
        case .membarrier:
            return try membarrier(
                caller,
                command: UInt32(register: frame.argument(0)),
                flags: UInt32(register: frame.argument(1)),
                processor: Int32(register: frame.argument(2)))
        case .mlock2:
            return try mlock2(
                caller,
                address: VirtualAddress(register: frame.argument(0)),
                length: UInt64(register: frame.argument(1)),
                flags: Int32(register: frame.argument(2)))
        case .copyFileRange:
            return try copyFileRange(
                caller,
                input: Int32(register: frame.argument(0)),
                inputOffset: VirtualAddress(register: frame.argument(1)),
                output: Int32(register: frame.argument(2)),
                outputOffset: VirtualAddress(register: frame.argument(3)),
                count: Int(register: frame.argument(4)),
                flags: UInt32(register: frame.argument(5)))
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
        case .rseq:
            return try rseq(
                caller,
                area: VirtualAddress(register: frame.argument(0)),
                size: UInt32(register: frame.argument(1)),
                flags: Int32(register: frame.argument(2)),
                signature: UInt32(register: frame.argument(3)))
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
        case .epollPwait2:
            return try epollPwait2(
                caller,
                set: Int32(register: frame.argument(0)),
                events: VirtualAddress(register: frame.argument(1)),
                maximum: Int32(register: frame.argument(2)),
                timeout: VirtualAddress(register: frame.argument(3)),
                mask: VirtualAddress(register: frame.argument(4)),
                maskSize: Int(register: frame.argument(5)))
        default:
            return try unimplemented(number, caller)
        }
    }
}
