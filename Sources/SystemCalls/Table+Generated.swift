// Written by Scripts/generate-system-calls from the handlers' declarations; do not edit.
internal import Base
internal import Hardware
internal import LinuxABI
internal import NucleusLayout

@c func call_read(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.read(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            buffer: VirtualAddress(register: frame.argument(1)),
            count: Int(register: frame.argument(2)))
    }
}
@c func call_write(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.write(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            buffer: VirtualAddress(register: frame.argument(1)),
            count: Int(register: frame.argument(2)))
    }
}
@c func call_open(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.open(
            Caller(frame),
            path: VirtualAddress(register: frame.argument(0)),
            flags: Int32(register: frame.argument(1)),
            mode: UInt32(register: frame.argument(2)))
    }
}
@c func call_close(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.close(Caller(frame), descriptor: Int32(register: frame.argument(0)))
    }
}
@c func call_stat(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.stat(
            Caller(frame),
            path: VirtualAddress(register: frame.argument(0)),
            status: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_fstat(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.fstat(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            status: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_lstat(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.lstat(
            Caller(frame),
            path: VirtualAddress(register: frame.argument(0)),
            status: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_poll(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.poll(
            Caller(frame),
            list: VirtualAddress(register: frame.argument(0)),
            count: UInt32(register: frame.argument(1)),
            milliseconds: Int32(register: frame.argument(2)))
    }
}
@c func call_lseek(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.lseek(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            distance: Int64(register: frame.argument(1)),
            whence: UInt32(register: frame.argument(2)))
    }
}
@c func call_mmap(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.mmap(
            Caller(frame),
            address: VirtualAddress(register: frame.argument(0)),
            length: UInt64(register: frame.argument(1)),
            protection: UInt64(register: frame.argument(2)),
            flags: UInt64(register: frame.argument(3)),
            descriptor: Int32(register: frame.argument(4)),
            offset: UInt64(register: frame.argument(5)))
    }
}
@c func call_mprotect(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.mprotect(
            Caller(frame),
            address: VirtualAddress(register: frame.argument(0)),
            length: UInt64(register: frame.argument(1)),
            protection: UInt64(register: frame.argument(2)))
    }
}
@c func call_munmap(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.munmap(
            Caller(frame),
            address: VirtualAddress(register: frame.argument(0)),
            length: UInt64(register: frame.argument(1)))
    }
}
@c func call_brk(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        SystemCalls.brk(Caller(frame), address: VirtualAddress(register: frame.argument(0)))
    }
}
@c func call_rtSigaction(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.rtSigaction(
            Caller(frame),
            number: Int32(register: frame.argument(0)),
            new: VirtualAddress(register: frame.argument(1)),
            old: VirtualAddress(register: frame.argument(2)),
            size: Int(register: frame.argument(3)))
    }
}
@c func call_rtSigprocmask(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.rtSigprocmask(
            Caller(frame),
            how: Int32(register: frame.argument(0)),
            new: VirtualAddress(register: frame.argument(1)),
            old: VirtualAddress(register: frame.argument(2)),
            size: Int(register: frame.argument(3)))
    }
}
@c func call_rtSigreturn(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        SystemCalls.rtSigreturn(Caller(frame))
    }
}
@c func call_ioctl(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.ioctl(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            request: UInt32(register: frame.argument(1)),
            argument: UInt64(register: frame.argument(2)))
    }
}
@c func call_pread64(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.pread64(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            buffer: VirtualAddress(register: frame.argument(1)),
            count: Int(register: frame.argument(2)),
            offset: Int64(register: frame.argument(3)))
    }
}
@c func call_pwrite64(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.pwrite64(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            buffer: VirtualAddress(register: frame.argument(1)),
            count: Int(register: frame.argument(2)),
            offset: Int64(register: frame.argument(3)))
    }
}
@c func call_readv(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.readv(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            vectors: VirtualAddress(register: frame.argument(1)),
            count: Int(register: frame.argument(2)))
    }
}
@c func call_writev(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.writev(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            vectors: VirtualAddress(register: frame.argument(1)),
            count: Int(register: frame.argument(2)))
    }
}
@c func call_access(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.access(
            Caller(frame),
            path: VirtualAddress(register: frame.argument(0)),
            mode: UInt32(register: frame.argument(1)))
    }
}
@c func call_pipe(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.pipe(
            Caller(frame),
            descriptors: VirtualAddress(register: frame.argument(0)))
    }
}
@c func call_select(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.select(
            Caller(frame),
            count: Int32(register: frame.argument(0)),
            reading: VirtualAddress(register: frame.argument(1)),
            writing: VirtualAddress(register: frame.argument(2)),
            exceptional: VirtualAddress(register: frame.argument(3)),
            timeout: VirtualAddress(register: frame.argument(4)))
    }
}
@c func call_schedYield(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        SystemCalls.schedYield(Caller(frame))
    }
}
@c func call_mremap(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.mremap(
            Caller(frame),
            address: VirtualAddress(register: frame.argument(0)),
            oldLength: UInt64(register: frame.argument(1)),
            newLength: UInt64(register: frame.argument(2)),
            flags: UInt64(register: frame.argument(3)),
            newAddress: VirtualAddress(register: frame.argument(4)))
    }
}
@c func call_msync(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.msync(
            Caller(frame),
            address: VirtualAddress(register: frame.argument(0)),
            length: UInt64(register: frame.argument(1)),
            flags: Int32(register: frame.argument(2)))
    }
}
@c func call_mincore(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.mincore(
            Caller(frame),
            address: VirtualAddress(register: frame.argument(0)),
            length: UInt64(register: frame.argument(1)),
            vector: VirtualAddress(register: frame.argument(2)))
    }
}
@c func call_madvise(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.madvise(
            Caller(frame),
            address: VirtualAddress(register: frame.argument(0)),
            length: UInt64(register: frame.argument(1)),
            advice: Int32(register: frame.argument(2)))
    }
}
@c func call_shmget(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.shmget(
            Caller(frame),
            key: Int32(register: frame.argument(0)),
            size: UInt64(register: frame.argument(1)),
            flags: Int32(register: frame.argument(2)))
    }
}
@c func call_shmat(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.shmat(
            Caller(frame),
            identifier: Int32(register: frame.argument(0)),
            address: VirtualAddress(register: frame.argument(1)),
            flags: Int32(register: frame.argument(2)))
    }
}
@c func call_shmctl(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.shmctl(
            Caller(frame),
            identifier: Int32(register: frame.argument(0)),
            command: Int32(register: frame.argument(1)),
            buffer: VirtualAddress(register: frame.argument(2)))
    }
}
@c func call_dup(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.dup(Caller(frame), descriptor: Int32(register: frame.argument(0)))
    }
}
@c func call_dup2(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.dup2(
            Caller(frame),
            old: Int32(register: frame.argument(0)),
            new: Int32(register: frame.argument(1)))
    }
}
@c func call_pause(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.pause(Caller(frame))
    }
}
@c func call_nanosleep(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.nanosleep(
            Caller(frame),
            time: VirtualAddress(register: frame.argument(0)),
            remainder: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_getitimer(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.getitimer(
            Caller(frame),
            which: Int32(register: frame.argument(0)),
            value: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_alarm(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.alarm(Caller(frame), seconds: UInt32(register: frame.argument(0)))
    }
}
@c func call_setitimer(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.setitimer(
            Caller(frame),
            which: Int32(register: frame.argument(0)),
            new: VirtualAddress(register: frame.argument(1)),
            old: VirtualAddress(register: frame.argument(2)))
    }
}
@c func call_getpid(_ frame: UInt) -> Int {
    SystemCalls.answerAlone(frame) { frame in
        SystemCalls.getpid(Caller(frame))
    }
}
@c func call_sendfile(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.sendfile(
            Caller(frame),
            output: Int32(register: frame.argument(0)),
            input: Int32(register: frame.argument(1)),
            offset: VirtualAddress(register: frame.argument(2)),
            count: Int(register: frame.argument(3)))
    }
}
@c func call_socket(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.socket(
            Caller(frame),
            family: Int32(register: frame.argument(0)),
            type: Int32(register: frame.argument(1)),
            protocolNumber: Int32(register: frame.argument(2)))
    }
}
@c func call_connect(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.connect(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            address: VirtualAddress(register: frame.argument(1)),
            length: Int32(register: frame.argument(2)))
    }
}
@c func call_accept(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.accept(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            address: VirtualAddress(register: frame.argument(1)),
            length: VirtualAddress(register: frame.argument(2)))
    }
}
@c func call_sendto(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.sendto(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            buffer: VirtualAddress(register: frame.argument(1)),
            count: Int(register: frame.argument(2)),
            flags: Int32(register: frame.argument(3)),
            address: VirtualAddress(register: frame.argument(4)),
            length: Int32(register: frame.argument(5)))
    }
}
@c func call_recvfrom(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.recvfrom(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            buffer: VirtualAddress(register: frame.argument(1)),
            count: Int(register: frame.argument(2)),
            flags: Int32(register: frame.argument(3)),
            address: VirtualAddress(register: frame.argument(4)),
            length: VirtualAddress(register: frame.argument(5)))
    }
}
@c func call_sendmsg(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.sendmsg(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            header: VirtualAddress(register: frame.argument(1)),
            flags: Int32(register: frame.argument(2)))
    }
}
@c func call_recvmsg(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.recvmsg(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            header: VirtualAddress(register: frame.argument(1)),
            flags: Int32(register: frame.argument(2)))
    }
}
@c func call_shutdown(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.shutdown(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            how: Int32(register: frame.argument(1)))
    }
}
@c func call_bind(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.bind(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            address: VirtualAddress(register: frame.argument(1)),
            length: Int32(register: frame.argument(2)))
    }
}
@c func call_listen(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.listen(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            backlog: Int32(register: frame.argument(1)))
    }
}
@c func call_getsockname(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.getsockname(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            address: VirtualAddress(register: frame.argument(1)),
            length: VirtualAddress(register: frame.argument(2)))
    }
}
@c func call_getpeername(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.getpeername(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            address: VirtualAddress(register: frame.argument(1)),
            length: VirtualAddress(register: frame.argument(2)))
    }
}
@c func call_socketpair(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.socketpair(
            Caller(frame),
            family: Int32(register: frame.argument(0)),
            type: Int32(register: frame.argument(1)),
            protocolNumber: Int32(register: frame.argument(2)),
            descriptors: VirtualAddress(register: frame.argument(3)))
    }
}
@c func call_setsockopt(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.setsockopt(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            level: Int32(register: frame.argument(1)),
            option: Int32(register: frame.argument(2)),
            value: VirtualAddress(register: frame.argument(3)),
            length: Int32(register: frame.argument(4)))
    }
}
@c func call_getsockopt(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.getsockopt(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            level: Int32(register: frame.argument(1)),
            option: Int32(register: frame.argument(2)),
            value: VirtualAddress(register: frame.argument(3)),
            length: VirtualAddress(register: frame.argument(4)))
    }
}
@c func call_clone(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.clone(
            Caller(frame),
            flags: UInt64(register: frame.argument(0)),
            stack: VirtualAddress(register: frame.argument(1)),
            parentIdentifier: VirtualAddress(register: frame.argument(2)),
            fourth: UInt64(register: frame.argument(3)),
            fifth: UInt64(register: frame.argument(4)))
    }
}
@c func call_fork(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.fork(Caller(frame))
    }
}
@c func call_vfork(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.vfork(Caller(frame))
    }
}
@c func call_execve(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.execve(
            Caller(frame),
            path: VirtualAddress(register: frame.argument(0)),
            arguments: VirtualAddress(register: frame.argument(1)),
            environment: VirtualAddress(register: frame.argument(2)))
    }
}
@c func call_exit(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        SystemCalls.exit(Caller(frame), status: Int32(register: frame.argument(0)))
    }
}
@c func call_wait4(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.wait4(
            Caller(frame),
            process: Int32(register: frame.argument(0)),
            status: VirtualAddress(register: frame.argument(1)),
            options: UInt32(register: frame.argument(2)),
            usage: VirtualAddress(register: frame.argument(3)))
    }
}
@c func call_kill(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.kill(
            Caller(frame),
            process: Int32(register: frame.argument(0)),
            number: Int32(register: frame.argument(1)))
    }
}
@c func call_uname(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.uname(Caller(frame), buffer: VirtualAddress(register: frame.argument(0)))
    }
}
@c func call_semget(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.semget(
            Caller(frame),
            key: Int32(register: frame.argument(0)),
            count: Int32(register: frame.argument(1)),
            flags: Int32(register: frame.argument(2)))
    }
}
@c func call_semop(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.semop(
            Caller(frame),
            identifier: Int32(register: frame.argument(0)),
            operations: VirtualAddress(register: frame.argument(1)),
            count: UInt32(register: frame.argument(2)))
    }
}
@c func call_semctl(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.semctl(
            Caller(frame),
            identifier: Int32(register: frame.argument(0)),
            number: Int32(register: frame.argument(1)),
            command: Int32(register: frame.argument(2)),
            argument: UInt64(register: frame.argument(3)))
    }
}
@c func call_shmdt(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.shmdt(Caller(frame), address: VirtualAddress(register: frame.argument(0)))
    }
}
@c func call_msgget(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.msgget(
            Caller(frame),
            key: Int32(register: frame.argument(0)),
            flags: Int32(register: frame.argument(1)))
    }
}
@c func call_msgsnd(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.msgsnd(
            Caller(frame),
            identifier: Int32(register: frame.argument(0)),
            message: VirtualAddress(register: frame.argument(1)),
            size: Int(register: frame.argument(2)),
            flags: Int32(register: frame.argument(3)))
    }
}
@c func call_msgrcv(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.msgrcv(
            Caller(frame),
            identifier: Int32(register: frame.argument(0)),
            message: VirtualAddress(register: frame.argument(1)),
            size: Int(register: frame.argument(2)),
            type: Int64(register: frame.argument(3)),
            flags: Int32(register: frame.argument(4)))
    }
}
@c func call_msgctl(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.msgctl(
            Caller(frame),
            identifier: Int32(register: frame.argument(0)),
            command: Int32(register: frame.argument(1)),
            buffer: VirtualAddress(register: frame.argument(2)))
    }
}
@c func call_fcntl(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.fcntl(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            command: Int32(register: frame.argument(1)),
            argument: UInt64(register: frame.argument(2)))
    }
}
@c func call_flock(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.flock(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            operation: Int32(register: frame.argument(1)))
    }
}
@c func call_fsync(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.fsync(Caller(frame), descriptor: Int32(register: frame.argument(0)))
    }
}
@c func call_fdatasync(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.fdatasync(Caller(frame), descriptor: Int32(register: frame.argument(0)))
    }
}
@c func call_truncate(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.truncate(
            Caller(frame),
            path: VirtualAddress(register: frame.argument(0)),
            length: Int64(register: frame.argument(1)))
    }
}
@c func call_ftruncate(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.ftruncate(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            length: Int64(register: frame.argument(1)))
    }
}
@c func call_getdents(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.getdents(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            buffer: VirtualAddress(register: frame.argument(1)),
            count: UInt32(register: frame.argument(2)))
    }
}
@c func call_getcwd(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.getcwd(
            Caller(frame),
            buffer: VirtualAddress(register: frame.argument(0)),
            size: UInt(register: frame.argument(1)))
    }
}
@c func call_chdir(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.chdir(Caller(frame), path: VirtualAddress(register: frame.argument(0)))
    }
}
@c func call_fchdir(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.fchdir(Caller(frame), descriptor: Int32(register: frame.argument(0)))
    }
}
@c func call_rename(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.rename(
            Caller(frame),
            old: VirtualAddress(register: frame.argument(0)),
            new: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_mkdir(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.mkdir(
            Caller(frame),
            path: VirtualAddress(register: frame.argument(0)),
            mode: UInt32(register: frame.argument(1)))
    }
}
@c func call_rmdir(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.rmdir(Caller(frame), path: VirtualAddress(register: frame.argument(0)))
    }
}
@c func call_creat(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.creat(
            Caller(frame),
            path: VirtualAddress(register: frame.argument(0)),
            mode: UInt32(register: frame.argument(1)))
    }
}
@c func call_link(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.link(
            Caller(frame),
            old: VirtualAddress(register: frame.argument(0)),
            new: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_unlink(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.unlink(Caller(frame), path: VirtualAddress(register: frame.argument(0)))
    }
}
@c func call_symlink(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.symlink(
            Caller(frame),
            target: VirtualAddress(register: frame.argument(0)),
            path: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_readlink(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.readlink(
            Caller(frame),
            path: VirtualAddress(register: frame.argument(0)),
            buffer: VirtualAddress(register: frame.argument(1)),
            size: Int32(register: frame.argument(2)))
    }
}
@c func call_chmod(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.chmod(
            Caller(frame),
            path: VirtualAddress(register: frame.argument(0)),
            mode: UInt32(register: frame.argument(1)))
    }
}
@c func call_fchmod(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.fchmod(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            mode: UInt32(register: frame.argument(1)))
    }
}
@c func call_chown(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.chown(
            Caller(frame),
            path: VirtualAddress(register: frame.argument(0)),
            owner: UInt32(register: frame.argument(1)),
            group: UInt32(register: frame.argument(2)))
    }
}
@c func call_fchown(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.fchown(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            owner: UInt32(register: frame.argument(1)),
            group: UInt32(register: frame.argument(2)))
    }
}
@c func call_lchown(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.lchown(
            Caller(frame),
            path: VirtualAddress(register: frame.argument(0)),
            owner: UInt32(register: frame.argument(1)),
            group: UInt32(register: frame.argument(2)))
    }
}
@c func call_umask(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        SystemCalls.umask(Caller(frame), mask: UInt32(register: frame.argument(0)))
    }
}
@c func call_gettimeofday(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.gettimeofday(
            Caller(frame),
            time: VirtualAddress(register: frame.argument(0)),
            zone: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_getrlimit(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.getrlimit(
            Caller(frame),
            resource: UInt32(register: frame.argument(0)),
            limit: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_getrusage(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.getrusage(
            Caller(frame),
            who: Int32(register: frame.argument(0)),
            usage: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_sysinfo(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.sysinfo(
            Caller(frame),
            information: VirtualAddress(register: frame.argument(0)))
    }
}
@c func call_times(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.times(Caller(frame), buffer: VirtualAddress(register: frame.argument(0)))
    }
}
@c func call_ptrace(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.ptrace(
            Caller(frame),
            request: Int(register: frame.argument(0)),
            thread: Int32(register: frame.argument(1)),
            address: UInt64(register: frame.argument(2)),
            data: UInt64(register: frame.argument(3)))
    }
}
@c func call_getuid(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        SystemCalls.getuid(Caller(frame))
    }
}
@c func call_getgid(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        SystemCalls.getgid(Caller(frame))
    }
}
@c func call_setuid(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.setuid(Caller(frame), user: UInt32(register: frame.argument(0)))
    }
}
@c func call_setgid(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.setgid(Caller(frame), group: UInt32(register: frame.argument(0)))
    }
}
@c func call_geteuid(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        SystemCalls.geteuid(Caller(frame))
    }
}
@c func call_getegid(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        SystemCalls.getegid(Caller(frame))
    }
}
@c func call_setpgid(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.setpgid(
            Caller(frame),
            process: Int32(register: frame.argument(0)),
            group: Int32(register: frame.argument(1)))
    }
}
@c func call_getppid(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        SystemCalls.getppid(Caller(frame))
    }
}
@c func call_getpgrp(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        SystemCalls.getpgrp(Caller(frame))
    }
}
@c func call_setsid(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.setsid(Caller(frame))
    }
}
@c func call_setreuid(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.setreuid(
            Caller(frame),
            real: UInt32(register: frame.argument(0)),
            effective: UInt32(register: frame.argument(1)))
    }
}
@c func call_setregid(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.setregid(
            Caller(frame),
            real: UInt32(register: frame.argument(0)),
            effective: UInt32(register: frame.argument(1)))
    }
}
@c func call_getgroups(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.getgroups(
            Caller(frame),
            size: Int32(register: frame.argument(0)),
            list: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_setgroups(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.setgroups(
            Caller(frame),
            size: Int(register: frame.argument(0)),
            list: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_setresuid(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.setresuid(
            Caller(frame),
            real: UInt32(register: frame.argument(0)),
            effective: UInt32(register: frame.argument(1)),
            saved: UInt32(register: frame.argument(2)))
    }
}
@c func call_getresuid(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.getresuid(
            Caller(frame),
            real: VirtualAddress(register: frame.argument(0)),
            effective: VirtualAddress(register: frame.argument(1)),
            saved: VirtualAddress(register: frame.argument(2)))
    }
}
@c func call_setresgid(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.setresgid(
            Caller(frame),
            real: UInt32(register: frame.argument(0)),
            effective: UInt32(register: frame.argument(1)),
            saved: UInt32(register: frame.argument(2)))
    }
}
@c func call_getresgid(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.getresgid(
            Caller(frame),
            real: VirtualAddress(register: frame.argument(0)),
            effective: VirtualAddress(register: frame.argument(1)),
            saved: VirtualAddress(register: frame.argument(2)))
    }
}
@c func call_getpgid(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.getpgid(Caller(frame), process: Int32(register: frame.argument(0)))
    }
}
@c func call_setfsuid(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        SystemCalls.setfsuid(Caller(frame), user: UInt32(register: frame.argument(0)))
    }
}
@c func call_setfsgid(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        SystemCalls.setfsgid(Caller(frame), group: UInt32(register: frame.argument(0)))
    }
}
@c func call_getsid(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.getsid(Caller(frame), process: Int32(register: frame.argument(0)))
    }
}
@c func call_capget(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.capget(
            Caller(frame),
            header: VirtualAddress(register: frame.argument(0)),
            data: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_capset(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.capset(
            Caller(frame),
            header: VirtualAddress(register: frame.argument(0)),
            data: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_rtSigpending(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.rtSigpending(
            Caller(frame),
            set: VirtualAddress(register: frame.argument(0)),
            size: Int(register: frame.argument(1)))
    }
}
@c func call_rtSigtimedwait(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.rtSigtimedwait(
            Caller(frame),
            set: VirtualAddress(register: frame.argument(0)),
            information: VirtualAddress(register: frame.argument(1)),
            timeout: VirtualAddress(register: frame.argument(2)),
            size: Int(register: frame.argument(3)))
    }
}
@c func call_rtSigqueueinfo(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.rtSigqueueinfo(
            Caller(frame),
            process: Int32(register: frame.argument(0)),
            number: Int32(register: frame.argument(1)),
            information: VirtualAddress(register: frame.argument(2)))
    }
}
@c func call_rtSigsuspend(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.rtSigsuspend(
            Caller(frame),
            mask: VirtualAddress(register: frame.argument(0)),
            size: Int(register: frame.argument(1)))
    }
}
@c func call_sigaltstack(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.sigaltstack(
            Caller(frame),
            new: VirtualAddress(register: frame.argument(0)),
            old: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_utime(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.utime(
            Caller(frame),
            path: VirtualAddress(register: frame.argument(0)),
            times: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_mknod(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.mknod(
            Caller(frame),
            path: VirtualAddress(register: frame.argument(0)),
            mode: UInt32(register: frame.argument(1)),
            device: UInt64(register: frame.argument(2)))
    }
}
@c func call_personality(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.personality(Caller(frame), persona: UInt32(register: frame.argument(0)))
    }
}
@c func call_statfs(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.statfs(
            Caller(frame),
            path: VirtualAddress(register: frame.argument(0)),
            status: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_fstatfs(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.fstatfs(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            status: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_getpriority(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.getpriority(
            Caller(frame),
            which: Int32(register: frame.argument(0)),
            who: Int32(register: frame.argument(1)))
    }
}
@c func call_setpriority(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.setpriority(
            Caller(frame),
            which: Int32(register: frame.argument(0)),
            who: Int32(register: frame.argument(1)),
            nice: Int32(register: frame.argument(2)))
    }
}
@c func call_schedSetparam(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.schedSetparam(
            Caller(frame),
            process: Int32(register: frame.argument(0)),
            parameters: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_schedGetparam(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.schedGetparam(
            Caller(frame),
            process: Int32(register: frame.argument(0)),
            parameters: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_schedSetscheduler(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.schedSetscheduler(
            Caller(frame),
            process: Int32(register: frame.argument(0)),
            policy: Int32(register: frame.argument(1)),
            parameters: VirtualAddress(register: frame.argument(2)))
    }
}
@c func call_schedGetscheduler(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.schedGetscheduler(
            Caller(frame),
            process: Int32(register: frame.argument(0)))
    }
}
@c func call_schedGetPriorityMax(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.schedGetPriorityMax(
            Caller(frame),
            policy: Int32(register: frame.argument(0)))
    }
}
@c func call_schedGetPriorityMin(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.schedGetPriorityMin(
            Caller(frame),
            policy: Int32(register: frame.argument(0)))
    }
}
@c func call_schedRrGetInterval(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.schedRrGetInterval(
            Caller(frame),
            process: Int32(register: frame.argument(0)),
            interval: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_mlock(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.mlock(
            Caller(frame),
            address: VirtualAddress(register: frame.argument(0)),
            length: UInt64(register: frame.argument(1)))
    }
}
@c func call_munlock(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.munlock(
            Caller(frame),
            address: VirtualAddress(register: frame.argument(0)),
            length: UInt64(register: frame.argument(1)))
    }
}
@c func call_mlockall(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.mlockall(Caller(frame), flags: Int32(register: frame.argument(0)))
    }
}
@c func call_munlockall(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.munlockall(Caller(frame))
    }
}
@c func call_vhangup(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.vhangup(Caller(frame))
    }
}
@c func call_prctl(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.prctl(
            Caller(frame),
            option: Int32(register: frame.argument(0)),
            argument2: UInt64(register: frame.argument(1)),
            argument3: UInt64(register: frame.argument(2)),
            argument4: UInt64(register: frame.argument(3)),
            argument5: UInt64(register: frame.argument(4)))
    }
}
@c func call_archPrctl(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.archPrctl(
            Caller(frame),
            request: Int32(register: frame.argument(0)),
            address: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_adjtimex(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.adjtimex(Caller(frame), state: VirtualAddress(register: frame.argument(0)))
    }
}
@c func call_setrlimit(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.setrlimit(
            Caller(frame),
            resource: UInt32(register: frame.argument(0)),
            limit: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_chroot(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.chroot(Caller(frame), path: VirtualAddress(register: frame.argument(0)))
    }
}
@c func call_sync(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        SystemCalls.sync(Caller(frame))
    }
}
@c func call_settimeofday(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.settimeofday(
            Caller(frame),
            time: VirtualAddress(register: frame.argument(0)),
            zone: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_sethostname(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.sethostname(
            Caller(frame),
            name: VirtualAddress(register: frame.argument(0)),
            length: Int32(register: frame.argument(1)))
    }
}
@c func call_setdomainname(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.setdomainname(
            Caller(frame),
            name: VirtualAddress(register: frame.argument(0)),
            length: Int32(register: frame.argument(1)))
    }
}
@c func call_gettid(_ frame: UInt) -> Int {
    SystemCalls.answerAlone(frame) { frame in
        SystemCalls.gettid(Caller(frame))
    }
}
@c func call_readahead(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.readahead(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            offset: Int64(register: frame.argument(1)),
            count: Int(register: frame.argument(2)))
    }
}
@c func call_setxattr(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.setxattr(
            Caller(frame),
            path: VirtualAddress(register: frame.argument(0)),
            name: VirtualAddress(register: frame.argument(1)),
            value: VirtualAddress(register: frame.argument(2)),
            size: UInt64(register: frame.argument(3)),
            flags: Int32(register: frame.argument(4)))
    }
}
@c func call_lsetxattr(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.lsetxattr(
            Caller(frame),
            path: VirtualAddress(register: frame.argument(0)),
            name: VirtualAddress(register: frame.argument(1)),
            value: VirtualAddress(register: frame.argument(2)),
            size: UInt64(register: frame.argument(3)),
            flags: Int32(register: frame.argument(4)))
    }
}
@c func call_fsetxattr(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.fsetxattr(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            name: VirtualAddress(register: frame.argument(1)),
            value: VirtualAddress(register: frame.argument(2)),
            size: UInt64(register: frame.argument(3)),
            flags: Int32(register: frame.argument(4)))
    }
}
@c func call_getxattr(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.getxattr(
            Caller(frame),
            path: VirtualAddress(register: frame.argument(0)),
            name: VirtualAddress(register: frame.argument(1)),
            value: VirtualAddress(register: frame.argument(2)),
            size: UInt64(register: frame.argument(3)))
    }
}
@c func call_lgetxattr(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.lgetxattr(
            Caller(frame),
            path: VirtualAddress(register: frame.argument(0)),
            name: VirtualAddress(register: frame.argument(1)),
            value: VirtualAddress(register: frame.argument(2)),
            size: UInt64(register: frame.argument(3)))
    }
}
@c func call_fgetxattr(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.fgetxattr(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            name: VirtualAddress(register: frame.argument(1)),
            value: VirtualAddress(register: frame.argument(2)),
            size: UInt64(register: frame.argument(3)))
    }
}
@c func call_listxattr(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.listxattr(
            Caller(frame),
            path: VirtualAddress(register: frame.argument(0)),
            list: VirtualAddress(register: frame.argument(1)),
            size: UInt64(register: frame.argument(2)))
    }
}
@c func call_llistxattr(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.llistxattr(
            Caller(frame),
            path: VirtualAddress(register: frame.argument(0)),
            list: VirtualAddress(register: frame.argument(1)),
            size: UInt64(register: frame.argument(2)))
    }
}
@c func call_flistxattr(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.flistxattr(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            list: VirtualAddress(register: frame.argument(1)),
            size: UInt64(register: frame.argument(2)))
    }
}
@c func call_removexattr(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.removexattr(
            Caller(frame),
            path: VirtualAddress(register: frame.argument(0)),
            name: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_lremovexattr(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.lremovexattr(
            Caller(frame),
            path: VirtualAddress(register: frame.argument(0)),
            name: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_fremovexattr(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.fremovexattr(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            name: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_tkill(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.tkill(
            Caller(frame),
            thread: Int32(register: frame.argument(0)),
            number: Int32(register: frame.argument(1)))
    }
}
@c func call_time(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.time(Caller(frame), result: VirtualAddress(register: frame.argument(0)))
    }
}
@c func call_futex(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.futex(
            Caller(frame),
            address: VirtualAddress(register: frame.argument(0)),
            operation: Int32(register: frame.argument(1)),
            value: UInt32(register: frame.argument(2)),
            timeout: VirtualAddress(register: frame.argument(3)),
            address2: VirtualAddress(register: frame.argument(4)),
            value3: UInt32(register: frame.argument(5)))
    }
}
@c func call_schedSetaffinity(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.schedSetaffinity(
            Caller(frame),
            process: Int32(register: frame.argument(0)),
            size: UInt32(register: frame.argument(1)),
            mask: VirtualAddress(register: frame.argument(2)))
    }
}
@c func call_schedGetaffinity(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.schedGetaffinity(
            Caller(frame),
            process: Int32(register: frame.argument(0)),
            size: UInt32(register: frame.argument(1)),
            mask: VirtualAddress(register: frame.argument(2)))
    }
}
@c func call_epollCreate(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.epollCreate(Caller(frame), size: Int32(register: frame.argument(0)))
    }
}
@c func call_getdents64(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.getdents64(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            buffer: VirtualAddress(register: frame.argument(1)),
            count: UInt32(register: frame.argument(2)))
    }
}
@c func call_setTidAddress(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        SystemCalls.setTidAddress(
            Caller(frame),
            address: VirtualAddress(register: frame.argument(0)))
    }
}
@c func call_restartSyscall(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.restartSyscall(Caller(frame))
    }
}
@c func call_semtimedop(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.semtimedop(
            Caller(frame),
            identifier: Int32(register: frame.argument(0)),
            operations: VirtualAddress(register: frame.argument(1)),
            count: UInt32(register: frame.argument(2)),
            timeout: VirtualAddress(register: frame.argument(3)))
    }
}
@c func call_fadvise64(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.fadvise64(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            offset: Int64(register: frame.argument(1)),
            length: Int64(register: frame.argument(2)),
            advice: Int32(register: frame.argument(3)))
    }
}
@c func call_timerCreate(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.timerCreate(
            Caller(frame),
            clock: Int32(register: frame.argument(0)),
            event: VirtualAddress(register: frame.argument(1)),
            identifier: VirtualAddress(register: frame.argument(2)))
    }
}
@c func call_timerSettime(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.timerSettime(
            Caller(frame),
            identifier: Int32(register: frame.argument(0)),
            flags: Int32(register: frame.argument(1)),
            new: VirtualAddress(register: frame.argument(2)),
            old: VirtualAddress(register: frame.argument(3)))
    }
}
@c func call_timerGettime(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.timerGettime(
            Caller(frame),
            identifier: Int32(register: frame.argument(0)),
            value: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_timerGetoverrun(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.timerGetoverrun(
            Caller(frame),
            identifier: Int32(register: frame.argument(0)))
    }
}
@c func call_timerDelete(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.timerDelete(Caller(frame), identifier: Int32(register: frame.argument(0)))
    }
}
@c func call_clockSettime(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.clockSettime(
            Caller(frame),
            clock: Int32(register: frame.argument(0)),
            time: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_clockGettime(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.clockGettime(
            Caller(frame),
            clock: Int32(register: frame.argument(0)),
            time: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_clockGetres(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.clockGetres(
            Caller(frame),
            clock: Int32(register: frame.argument(0)),
            resolution: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_clockNanosleep(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.clockNanosleep(
            Caller(frame),
            clock: Int32(register: frame.argument(0)),
            flags: Int32(register: frame.argument(1)),
            time: VirtualAddress(register: frame.argument(2)),
            remainder: VirtualAddress(register: frame.argument(3)))
    }
}
@c func call_exitGroup(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        SystemCalls.exitGroup(Caller(frame), status: Int32(register: frame.argument(0)))
    }
}
@c func call_epollWait(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.epollWait(
            Caller(frame),
            set: Int32(register: frame.argument(0)),
            events: VirtualAddress(register: frame.argument(1)),
            maximum: Int32(register: frame.argument(2)),
            milliseconds: Int32(register: frame.argument(3)))
    }
}
@c func call_epollCtl(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.epollCtl(
            Caller(frame),
            set: Int32(register: frame.argument(0)),
            operation: Int32(register: frame.argument(1)),
            descriptor: Int32(register: frame.argument(2)),
            event: VirtualAddress(register: frame.argument(3)))
    }
}
@c func call_tgkill(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.tgkill(
            Caller(frame),
            process: Int32(register: frame.argument(0)),
            thread: Int32(register: frame.argument(1)),
            number: Int32(register: frame.argument(2)))
    }
}
@c func call_utimes(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.utimes(
            Caller(frame),
            path: VirtualAddress(register: frame.argument(0)),
            times: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_mqOpen(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.mqOpen(
            Caller(frame),
            name: VirtualAddress(register: frame.argument(0)),
            flags: Int32(register: frame.argument(1)),
            mode: UInt32(register: frame.argument(2)),
            attributes: VirtualAddress(register: frame.argument(3)))
    }
}
@c func call_mqUnlink(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.mqUnlink(Caller(frame), name: VirtualAddress(register: frame.argument(0)))
    }
}
@c func call_mqTimedsend(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.mqTimedsend(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            message: VirtualAddress(register: frame.argument(1)),
            size: UInt(register: frame.argument(2)),
            priority: UInt32(register: frame.argument(3)),
            timeout: VirtualAddress(register: frame.argument(4)))
    }
}
@c func call_mqTimedreceive(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.mqTimedreceive(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            message: VirtualAddress(register: frame.argument(1)),
            size: UInt(register: frame.argument(2)),
            priority: VirtualAddress(register: frame.argument(3)),
            timeout: VirtualAddress(register: frame.argument(4)))
    }
}
@c func call_mqNotify(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.mqNotify(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            event: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_mqGetsetattr(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.mqGetsetattr(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            new: VirtualAddress(register: frame.argument(1)),
            old: VirtualAddress(register: frame.argument(2)))
    }
}
@c func call_waitid(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.waitid(
            Caller(frame),
            kind: Int32(register: frame.argument(0)),
            process: Int32(register: frame.argument(1)),
            information: VirtualAddress(register: frame.argument(2)),
            options: UInt32(register: frame.argument(3)),
            usage: VirtualAddress(register: frame.argument(4)))
    }
}
@c func call_inotifyInit(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.inotifyInit(Caller(frame))
    }
}
@c func call_inotifyAddWatch(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.inotifyAddWatch(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            path: VirtualAddress(register: frame.argument(1)),
            mask: UInt32(register: frame.argument(2)))
    }
}
@c func call_inotifyRmWatch(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.inotifyRmWatch(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            watch: Int32(register: frame.argument(1)))
    }
}
@c func call_openat(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.openat(
            Caller(frame),
            directory: Int32(register: frame.argument(0)),
            path: VirtualAddress(register: frame.argument(1)),
            flags: Int32(register: frame.argument(2)),
            mode: UInt32(register: frame.argument(3)))
    }
}
@c func call_mkdirat(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.mkdirat(
            Caller(frame),
            directory: Int32(register: frame.argument(0)),
            path: VirtualAddress(register: frame.argument(1)),
            mode: UInt32(register: frame.argument(2)))
    }
}
@c func call_mknodat(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.mknodat(
            Caller(frame),
            directory: Int32(register: frame.argument(0)),
            path: VirtualAddress(register: frame.argument(1)),
            mode: UInt32(register: frame.argument(2)),
            device: UInt64(register: frame.argument(3)))
    }
}
@c func call_fchownat(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.fchownat(
            Caller(frame),
            directory: Int32(register: frame.argument(0)),
            path: VirtualAddress(register: frame.argument(1)),
            owner: UInt32(register: frame.argument(2)),
            group: UInt32(register: frame.argument(3)),
            flags: Int32(register: frame.argument(4)))
    }
}
@c func call_futimesat(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.futimesat(
            Caller(frame),
            directory: Int32(register: frame.argument(0)),
            path: VirtualAddress(register: frame.argument(1)),
            times: VirtualAddress(register: frame.argument(2)))
    }
}
@c func call_newfstatat(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.newfstatat(
            Caller(frame),
            directory: Int32(register: frame.argument(0)),
            path: VirtualAddress(register: frame.argument(1)),
            status: VirtualAddress(register: frame.argument(2)),
            flags: Int32(register: frame.argument(3)))
    }
}
@c func call_unlinkat(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.unlinkat(
            Caller(frame),
            directory: Int32(register: frame.argument(0)),
            path: VirtualAddress(register: frame.argument(1)),
            flags: Int32(register: frame.argument(2)))
    }
}
@c func call_renameat(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.renameat(
            Caller(frame),
            oldDirectory: Int32(register: frame.argument(0)),
            old: VirtualAddress(register: frame.argument(1)),
            newDirectory: Int32(register: frame.argument(2)),
            new: VirtualAddress(register: frame.argument(3)))
    }
}
@c func call_linkat(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.linkat(
            Caller(frame),
            oldDirectory: Int32(register: frame.argument(0)),
            old: VirtualAddress(register: frame.argument(1)),
            newDirectory: Int32(register: frame.argument(2)),
            new: VirtualAddress(register: frame.argument(3)),
            flags: Int32(register: frame.argument(4)))
    }
}
@c func call_symlinkat(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.symlinkat(
            Caller(frame),
            target: VirtualAddress(register: frame.argument(0)),
            directory: Int32(register: frame.argument(1)),
            path: VirtualAddress(register: frame.argument(2)))
    }
}
@c func call_readlinkat(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.readlinkat(
            Caller(frame),
            directory: Int32(register: frame.argument(0)),
            path: VirtualAddress(register: frame.argument(1)),
            buffer: VirtualAddress(register: frame.argument(2)),
            size: Int32(register: frame.argument(3)))
    }
}
@c func call_fchmodat(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.fchmodat(
            Caller(frame),
            directory: Int32(register: frame.argument(0)),
            path: VirtualAddress(register: frame.argument(1)),
            mode: UInt32(register: frame.argument(2)))
    }
}
@c func call_faccessat(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.faccessat(
            Caller(frame),
            directory: Int32(register: frame.argument(0)),
            path: VirtualAddress(register: frame.argument(1)),
            mode: UInt32(register: frame.argument(2)))
    }
}
@c func call_pselect6(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.pselect6(
            Caller(frame),
            count: Int32(register: frame.argument(0)),
            reading: VirtualAddress(register: frame.argument(1)),
            writing: VirtualAddress(register: frame.argument(2)),
            exceptional: VirtualAddress(register: frame.argument(3)),
            timeout: VirtualAddress(register: frame.argument(4)),
            maskPair: VirtualAddress(register: frame.argument(5)))
    }
}
@c func call_ppoll(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.ppoll(
            Caller(frame),
            list: VirtualAddress(register: frame.argument(0)),
            count: UInt32(register: frame.argument(1)),
            timeout: VirtualAddress(register: frame.argument(2)),
            mask: VirtualAddress(register: frame.argument(3)),
            maskSize: Int(register: frame.argument(4)))
    }
}
@c func call_setRobustList(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.setRobustList(
            Caller(frame),
            head: VirtualAddress(register: frame.argument(0)),
            size: UInt(register: frame.argument(1)))
    }
}
@c func call_getRobustList(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.getRobustList(
            Caller(frame),
            thread: Int32(register: frame.argument(0)),
            head: VirtualAddress(register: frame.argument(1)),
            size: VirtualAddress(register: frame.argument(2)))
    }
}
@c func call_splice(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.splice(
            Caller(frame),
            input: Int32(register: frame.argument(0)),
            inputOffset: VirtualAddress(register: frame.argument(1)),
            output: Int32(register: frame.argument(2)),
            outputOffset: VirtualAddress(register: frame.argument(3)),
            count: Int(register: frame.argument(4)),
            flags: UInt32(register: frame.argument(5)))
    }
}
@c func call_tee(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.tee(
            Caller(frame),
            input: Int32(register: frame.argument(0)),
            output: Int32(register: frame.argument(1)),
            count: Int(register: frame.argument(2)),
            flags: UInt32(register: frame.argument(3)))
    }
}
@c func call_syncFileRange(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.syncFileRange(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            offset: Int64(register: frame.argument(1)),
            length: Int64(register: frame.argument(2)),
            flags: UInt32(register: frame.argument(3)))
    }
}
@c func call_vmsplice(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.vmsplice(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            vectors: VirtualAddress(register: frame.argument(1)),
            count: UInt(register: frame.argument(2)),
            flags: UInt32(register: frame.argument(3)))
    }
}
@c func call_utimensat(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.utimensat(
            Caller(frame),
            directory: Int32(register: frame.argument(0)),
            path: VirtualAddress(register: frame.argument(1)),
            times: VirtualAddress(register: frame.argument(2)),
            flags: Int32(register: frame.argument(3)))
    }
}
@c func call_epollPwait(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.epollPwait(
            Caller(frame),
            set: Int32(register: frame.argument(0)),
            events: VirtualAddress(register: frame.argument(1)),
            maximum: Int32(register: frame.argument(2)),
            milliseconds: Int32(register: frame.argument(3)),
            mask: VirtualAddress(register: frame.argument(4)),
            maskSize: Int(register: frame.argument(5)))
    }
}
@c func call_signalfd(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.signalfd(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            mask: VirtualAddress(register: frame.argument(1)),
            maskSize: Int(register: frame.argument(2)))
    }
}
@c func call_timerfdCreate(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.timerfdCreate(
            Caller(frame),
            clock: Int32(register: frame.argument(0)),
            flags: Int32(register: frame.argument(1)))
    }
}
@c func call_eventfd(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.eventfd(Caller(frame), initial: UInt32(register: frame.argument(0)))
    }
}
@c func call_fallocate(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.fallocate(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            mode: Int32(register: frame.argument(1)),
            offset: Int64(register: frame.argument(2)),
            length: Int64(register: frame.argument(3)))
    }
}
@c func call_timerfdSettime(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.timerfdSettime(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            flags: Int32(register: frame.argument(1)),
            new: VirtualAddress(register: frame.argument(2)),
            old: VirtualAddress(register: frame.argument(3)))
    }
}
@c func call_timerfdGettime(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.timerfdGettime(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            value: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_accept4(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.accept4(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            address: VirtualAddress(register: frame.argument(1)),
            length: VirtualAddress(register: frame.argument(2)),
            flags: Int32(register: frame.argument(3)))
    }
}
@c func call_signalfd4(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.signalfd4(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            mask: VirtualAddress(register: frame.argument(1)),
            maskSize: Int(register: frame.argument(2)),
            flags: Int32(register: frame.argument(3)))
    }
}
@c func call_eventfd2(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.eventfd2(
            Caller(frame),
            initial: UInt32(register: frame.argument(0)),
            flags: Int32(register: frame.argument(1)))
    }
}
@c func call_epollCreate1(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.epollCreate1(Caller(frame), flags: Int32(register: frame.argument(0)))
    }
}
@c func call_dup3(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.dup3(
            Caller(frame),
            old: Int32(register: frame.argument(0)),
            new: Int32(register: frame.argument(1)),
            flags: Int32(register: frame.argument(2)))
    }
}
@c func call_pipe2(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.pipe2(
            Caller(frame),
            descriptors: VirtualAddress(register: frame.argument(0)),
            flags: Int32(register: frame.argument(1)))
    }
}
@c func call_inotifyInit1(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.inotifyInit1(Caller(frame), flags: Int32(register: frame.argument(0)))
    }
}
@c func call_preadv(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.preadv(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            vectors: VirtualAddress(register: frame.argument(1)),
            count: Int(register: frame.argument(2)),
            offset: Int64(register: frame.argument(3)),
            high: UInt64(register: frame.argument(4)))
    }
}
@c func call_pwritev(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.pwritev(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            vectors: VirtualAddress(register: frame.argument(1)),
            count: Int(register: frame.argument(2)),
            offset: Int64(register: frame.argument(3)),
            high: UInt64(register: frame.argument(4)))
    }
}
@c func call_rtTgsigqueueinfo(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.rtTgsigqueueinfo(
            Caller(frame),
            process: Int32(register: frame.argument(0)),
            thread: Int32(register: frame.argument(1)),
            number: Int32(register: frame.argument(2)),
            information: VirtualAddress(register: frame.argument(3)))
    }
}
@c func call_recvmmsg(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.recvmmsg(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            headers: VirtualAddress(register: frame.argument(1)),
            count: UInt32(register: frame.argument(2)),
            flags: Int32(register: frame.argument(3)),
            timeout: VirtualAddress(register: frame.argument(4)))
    }
}
@c func call_prlimit64(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.prlimit64(
            Caller(frame),
            process: Int32(register: frame.argument(0)),
            resource: UInt32(register: frame.argument(1)),
            new: VirtualAddress(register: frame.argument(2)),
            old: VirtualAddress(register: frame.argument(3)))
    }
}
@c func call_clockAdjtime(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.clockAdjtime(
            Caller(frame),
            clock: Int32(register: frame.argument(0)),
            state: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_syncfs(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.syncfs(Caller(frame), descriptor: Int32(register: frame.argument(0)))
    }
}
@c func call_sendmmsg(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.sendmmsg(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            headers: VirtualAddress(register: frame.argument(1)),
            count: UInt32(register: frame.argument(2)),
            flags: Int32(register: frame.argument(3)))
    }
}
@c func call_getcpu(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.getcpu(
            Caller(frame),
            processor: VirtualAddress(register: frame.argument(0)),
            node: VirtualAddress(register: frame.argument(1)))
    }
}
@c func call_processVmReadv(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.processVmReadv(
            Caller(frame),
            process: Int32(register: frame.argument(0)),
            local: VirtualAddress(register: frame.argument(1)),
            localCount: Int(register: frame.argument(2)),
            remote: VirtualAddress(register: frame.argument(3)),
            remoteCount: Int(register: frame.argument(4)),
            flags: UInt64(register: frame.argument(5)))
    }
}
@c func call_processVmWritev(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.processVmWritev(
            Caller(frame),
            process: Int32(register: frame.argument(0)),
            local: VirtualAddress(register: frame.argument(1)),
            localCount: Int(register: frame.argument(2)),
            remote: VirtualAddress(register: frame.argument(3)),
            remoteCount: Int(register: frame.argument(4)),
            flags: UInt64(register: frame.argument(5)))
    }
}
@c func call_kcmp(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.kcmp(
            Caller(frame),
            first: Int32(register: frame.argument(0)),
            second: Int32(register: frame.argument(1)),
            type: Int32(register: frame.argument(2)),
            firstIndex: UInt64(register: frame.argument(3)),
            secondIndex: UInt64(register: frame.argument(4)))
    }
}
@c func call_schedSetattr(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.schedSetattr(
            Caller(frame),
            process: Int32(register: frame.argument(0)),
            attributes: VirtualAddress(register: frame.argument(1)),
            flags: UInt32(register: frame.argument(2)))
    }
}
@c func call_schedGetattr(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.schedGetattr(
            Caller(frame),
            process: Int32(register: frame.argument(0)),
            attributes: VirtualAddress(register: frame.argument(1)),
            size: UInt32(register: frame.argument(2)),
            flags: UInt32(register: frame.argument(3)))
    }
}
@c func call_renameat2(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.renameat2(
            Caller(frame),
            oldDirectory: Int32(register: frame.argument(0)),
            old: VirtualAddress(register: frame.argument(1)),
            newDirectory: Int32(register: frame.argument(2)),
            new: VirtualAddress(register: frame.argument(3)),
            flags: UInt32(register: frame.argument(4)))
    }
}
@c func call_getrandom(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.getrandom(
            Caller(frame),
            buffer: VirtualAddress(register: frame.argument(0)),
            count: UInt(register: frame.argument(1)),
            flags: UInt32(register: frame.argument(2)))
    }
}
@c func call_memfdCreate(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.memfdCreate(
            Caller(frame),
            name: VirtualAddress(register: frame.argument(0)),
            flags: UInt32(register: frame.argument(1)))
    }
}
@c func call_execveat(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.execveat(
            Caller(frame),
            directory: Int32(register: frame.argument(0)),
            path: VirtualAddress(register: frame.argument(1)),
            arguments: VirtualAddress(register: frame.argument(2)),
            environment: VirtualAddress(register: frame.argument(3)),
            flags: Int32(register: frame.argument(4)))
    }
}
@c func call_membarrier(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.membarrier(
            Caller(frame),
            command: UInt32(register: frame.argument(0)),
            flags: UInt32(register: frame.argument(1)),
            processor: Int32(register: frame.argument(2)))
    }
}
@c func call_mlock2(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.mlock2(
            Caller(frame),
            address: VirtualAddress(register: frame.argument(0)),
            length: UInt64(register: frame.argument(1)),
            flags: Int32(register: frame.argument(2)))
    }
}
@c func call_copyFileRange(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.copyFileRange(
            Caller(frame),
            input: Int32(register: frame.argument(0)),
            inputOffset: VirtualAddress(register: frame.argument(1)),
            output: Int32(register: frame.argument(2)),
            outputOffset: VirtualAddress(register: frame.argument(3)),
            count: Int(register: frame.argument(4)),
            flags: UInt32(register: frame.argument(5)))
    }
}
@c func call_preadv2(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.preadv2(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            vectors: VirtualAddress(register: frame.argument(1)),
            count: Int(register: frame.argument(2)),
            offset: Int64(register: frame.argument(3)),
            high: UInt64(register: frame.argument(4)),
            flags: Int32(register: frame.argument(5)))
    }
}
@c func call_pwritev2(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.pwritev2(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            vectors: VirtualAddress(register: frame.argument(1)),
            count: Int(register: frame.argument(2)),
            offset: Int64(register: frame.argument(3)),
            high: UInt64(register: frame.argument(4)),
            flags: Int32(register: frame.argument(5)))
    }
}
@c func call_statx(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.statx(
            Caller(frame),
            directory: Int32(register: frame.argument(0)),
            path: VirtualAddress(register: frame.argument(1)),
            flags: Int32(register: frame.argument(2)),
            mask: UInt32(register: frame.argument(3)),
            status: VirtualAddress(register: frame.argument(4)))
    }
}
@c func call_rseq(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.rseq(
            Caller(frame),
            area: VirtualAddress(register: frame.argument(0)),
            size: UInt32(register: frame.argument(1)),
            flags: Int32(register: frame.argument(2)),
            signature: UInt32(register: frame.argument(3)))
    }
}
@c func call_pidfdSendSignal(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.pidfdSendSignal(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            number: Int32(register: frame.argument(1)),
            information: VirtualAddress(register: frame.argument(2)),
            flags: UInt32(register: frame.argument(3)))
    }
}
@c func call_pidfdOpen(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.pidfdOpen(
            Caller(frame),
            identifier: Int32(register: frame.argument(0)),
            flags: Int32(register: frame.argument(1)))
    }
}
@c func call_clone3(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.clone3(
            Caller(frame),
            arguments: VirtualAddress(register: frame.argument(0)),
            size: Int(register: frame.argument(1)))
    }
}
@c func call_closeRange(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.closeRange(
            Caller(frame),
            first: UInt32(register: frame.argument(0)),
            last: UInt32(register: frame.argument(1)),
            flags: UInt32(register: frame.argument(2)))
    }
}
@c func call_openat2(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.openat2(
            Caller(frame),
            directory: Int32(register: frame.argument(0)),
            path: VirtualAddress(register: frame.argument(1)),
            how: VirtualAddress(register: frame.argument(2)),
            size: UInt(register: frame.argument(3)))
    }
}
@c func call_pidfdGetfd(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.pidfdGetfd(
            Caller(frame),
            descriptor: Int32(register: frame.argument(0)),
            target: Int32(register: frame.argument(1)),
            flags: UInt32(register: frame.argument(2)))
    }
}
@c func call_faccessat2(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.faccessat2(
            Caller(frame),
            directory: Int32(register: frame.argument(0)),
            path: VirtualAddress(register: frame.argument(1)),
            mode: UInt32(register: frame.argument(2)),
            flags: Int32(register: frame.argument(3)))
    }
}
@c func call_epollPwait2(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.epollPwait2(
            Caller(frame),
            set: Int32(register: frame.argument(0)),
            events: VirtualAddress(register: frame.argument(1)),
            maximum: Int32(register: frame.argument(2)),
            timeout: VirtualAddress(register: frame.argument(3)),
            mask: VirtualAddress(register: frame.argument(4)),
            maskSize: Int(register: frame.argument(5)))
    }
}
@c func call_futexWaitv(_ frame: UInt) -> Int {
    SystemCalls.answer(frame) { frame throws(Errno) in
        try SystemCalls.futexWaitv(
            Caller(frame),
            waiters: VirtualAddress(register: frame.argument(0)),
            count: UInt32(register: frame.argument(1)),
            flags: UInt32(register: frame.argument(2)),
            timeout: VirtualAddress(register: frame.argument(3)),
            clock: Int32(register: frame.argument(4)))
    }
}

/// The calls by number, for the entry (Entry.S) and `SystemCalls.dispatch`; only one architecture's
/// table is linked.
@section(".call_table.x86_64")
let callTableX86_64: InlineArray<464, @convention(c) (UInt) -> Int> = [
    call_read,
    call_write,
    call_open,
    call_close,
    call_stat,
    call_fstat,
    call_lstat,
    call_poll,
    call_lseek,
    call_mmap,
    call_mprotect,
    call_munmap,
    call_brk,
    call_rtSigaction,
    call_rtSigprocmask,
    call_rtSigreturn,
    call_ioctl,
    call_pread64,
    call_pwrite64,
    call_readv,
    call_writev,
    call_access,
    call_pipe,
    call_select,
    call_schedYield,
    call_mremap,
    call_msync,
    call_mincore,
    call_madvise,
    call_shmget,
    call_shmat,
    call_shmctl,
    call_dup,
    call_dup2,
    call_pause,
    call_nanosleep,
    call_getitimer,
    call_alarm,
    call_setitimer,
    call_getpid,
    call_sendfile,
    call_socket,
    call_connect,
    call_accept,
    call_sendto,
    call_recvfrom,
    call_sendmsg,
    call_recvmsg,
    call_shutdown,
    call_bind,
    call_listen,
    call_getsockname,
    call_getpeername,
    call_socketpair,
    call_setsockopt,
    call_getsockopt,
    call_clone,
    call_fork,
    call_vfork,
    call_execve,
    call_exit,
    call_wait4,
    call_kill,
    call_uname,
    call_semget,
    call_semop,
    call_semctl,
    call_shmdt,
    call_msgget,
    call_msgsnd,
    call_msgrcv,
    call_msgctl,
    call_fcntl,
    call_flock,
    call_fsync,
    call_fdatasync,
    call_truncate,
    call_ftruncate,
    call_getdents,
    call_getcwd,
    call_chdir,
    call_fchdir,
    call_rename,
    call_mkdir,
    call_rmdir,
    call_creat,
    call_link,
    call_unlink,
    call_symlink,
    call_readlink,
    call_chmod,
    call_fchmod,
    call_chown,
    call_fchown,
    call_lchown,
    call_umask,
    call_gettimeofday,
    call_getrlimit,
    call_getrusage,
    call_sysinfo,
    call_times,
    call_ptrace,
    call_getuid,
    call_unimplemented,
    call_getgid,
    call_setuid,
    call_setgid,
    call_geteuid,
    call_getegid,
    call_setpgid,
    call_getppid,
    call_getpgrp,
    call_setsid,
    call_setreuid,
    call_setregid,
    call_getgroups,
    call_setgroups,
    call_setresuid,
    call_getresuid,
    call_setresgid,
    call_getresgid,
    call_getpgid,
    call_setfsuid,
    call_setfsgid,
    call_getsid,
    call_capget,
    call_capset,
    call_rtSigpending,
    call_rtSigtimedwait,
    call_rtSigqueueinfo,
    call_rtSigsuspend,
    call_sigaltstack,
    call_utime,
    call_mknod,
    call_unimplemented,
    call_personality,
    call_unimplemented,
    call_statfs,
    call_fstatfs,
    call_unimplemented,
    call_getpriority,
    call_setpriority,
    call_schedSetparam,
    call_schedGetparam,
    call_schedSetscheduler,
    call_schedGetscheduler,
    call_schedGetPriorityMax,
    call_schedGetPriorityMin,
    call_schedRrGetInterval,
    call_mlock,
    call_munlock,
    call_mlockall,
    call_munlockall,
    call_vhangup,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_prctl,
    call_archPrctl,
    call_adjtimex,
    call_setrlimit,
    call_chroot,
    call_sync,
    call_unimplemented,
    call_settimeofday,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_sethostname,
    call_setdomainname,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_gettid,
    call_readahead,
    call_setxattr,
    call_lsetxattr,
    call_fsetxattr,
    call_getxattr,
    call_lgetxattr,
    call_fgetxattr,
    call_listxattr,
    call_llistxattr,
    call_flistxattr,
    call_removexattr,
    call_lremovexattr,
    call_fremovexattr,
    call_tkill,
    call_time,
    call_futex,
    call_schedSetaffinity,
    call_schedGetaffinity,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_epollCreate,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_getdents64,
    call_setTidAddress,
    call_restartSyscall,
    call_semtimedop,
    call_fadvise64,
    call_timerCreate,
    call_timerSettime,
    call_timerGettime,
    call_timerGetoverrun,
    call_timerDelete,
    call_clockSettime,
    call_clockGettime,
    call_clockGetres,
    call_clockNanosleep,
    call_exitGroup,
    call_epollWait,
    call_epollCtl,
    call_tgkill,
    call_utimes,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_mqOpen,
    call_mqUnlink,
    call_mqTimedsend,
    call_mqTimedreceive,
    call_mqNotify,
    call_mqGetsetattr,
    call_unimplemented,
    call_waitid,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_inotifyInit,
    call_inotifyAddWatch,
    call_inotifyRmWatch,
    call_unimplemented,
    call_openat,
    call_mkdirat,
    call_mknodat,
    call_fchownat,
    call_futimesat,
    call_newfstatat,
    call_unlinkat,
    call_renameat,
    call_linkat,
    call_symlinkat,
    call_readlinkat,
    call_fchmodat,
    call_faccessat,
    call_pselect6,
    call_ppoll,
    call_unimplemented,
    call_setRobustList,
    call_getRobustList,
    call_splice,
    call_tee,
    call_syncFileRange,
    call_vmsplice,
    call_unimplemented,
    call_utimensat,
    call_epollPwait,
    call_signalfd,
    call_timerfdCreate,
    call_eventfd,
    call_fallocate,
    call_timerfdSettime,
    call_timerfdGettime,
    call_accept4,
    call_signalfd4,
    call_eventfd2,
    call_epollCreate1,
    call_dup3,
    call_pipe2,
    call_inotifyInit1,
    call_preadv,
    call_pwritev,
    call_rtTgsigqueueinfo,
    call_unimplemented,
    call_recvmmsg,
    call_unimplemented,
    call_unimplemented,
    call_prlimit64,
    call_unimplemented,
    call_unimplemented,
    call_clockAdjtime,
    call_syncfs,
    call_sendmmsg,
    call_unimplemented,
    call_getcpu,
    call_processVmReadv,
    call_processVmWritev,
    call_kcmp,
    call_unimplemented,
    call_schedSetattr,
    call_schedGetattr,
    call_renameat2,
    call_unimplemented,
    call_getrandom,
    call_memfdCreate,
    call_unimplemented,
    call_unimplemented,
    call_execveat,
    call_unimplemented,
    call_membarrier,
    call_mlock2,
    call_copyFileRange,
    call_preadv2,
    call_pwritev2,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_statx,
    call_unimplemented,
    call_rseq,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_pidfdSendSignal,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_pidfdOpen,
    call_clone3,
    call_closeRange,
    call_openat2,
    call_pidfdGetfd,
    call_faccessat2,
    call_unimplemented,
    call_epollPwait2,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_futexWaitv,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
]

/// The calls by number, for the entry (Entry.S) and `SystemCalls.dispatch`; only one architecture's
/// table is linked.
@section(".call_table.arm64")
let callTableARM64: InlineArray<464, @convention(c) (UInt) -> Int> = [
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_setxattr,
    call_lsetxattr,
    call_fsetxattr,
    call_getxattr,
    call_lgetxattr,
    call_fgetxattr,
    call_listxattr,
    call_llistxattr,
    call_flistxattr,
    call_removexattr,
    call_lremovexattr,
    call_fremovexattr,
    call_getcwd,
    call_unimplemented,
    call_eventfd2,
    call_epollCreate1,
    call_epollCtl,
    call_epollPwait,
    call_dup,
    call_dup3,
    call_fcntl,
    call_inotifyInit1,
    call_inotifyAddWatch,
    call_inotifyRmWatch,
    call_ioctl,
    call_unimplemented,
    call_unimplemented,
    call_flock,
    call_mknodat,
    call_mkdirat,
    call_unlinkat,
    call_symlinkat,
    call_linkat,
    call_renameat,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_statfs,
    call_fstatfs,
    call_truncate,
    call_ftruncate,
    call_fallocate,
    call_faccessat,
    call_chdir,
    call_fchdir,
    call_chroot,
    call_fchmod,
    call_fchmodat,
    call_fchownat,
    call_fchown,
    call_openat,
    call_close,
    call_vhangup,
    call_pipe2,
    call_unimplemented,
    call_getdents64,
    call_lseek,
    call_read,
    call_write,
    call_readv,
    call_writev,
    call_pread64,
    call_pwrite64,
    call_preadv,
    call_pwritev,
    call_sendfile,
    call_pselect6,
    call_ppoll,
    call_signalfd4,
    call_vmsplice,
    call_splice,
    call_tee,
    call_readlinkat,
    call_newfstatat,
    call_fstat,
    call_sync,
    call_fsync,
    call_fdatasync,
    call_syncFileRange,
    call_timerfdCreate,
    call_timerfdSettime,
    call_timerfdGettime,
    call_utimensat,
    call_unimplemented,
    call_capget,
    call_capset,
    call_personality,
    call_exit,
    call_exitGroup,
    call_waitid,
    call_setTidAddress,
    call_unimplemented,
    call_futex,
    call_setRobustList,
    call_getRobustList,
    call_nanosleep,
    call_getitimer,
    call_setitimer,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_timerCreate,
    call_timerGettime,
    call_timerGetoverrun,
    call_timerSettime,
    call_timerDelete,
    call_clockSettime,
    call_clockGettime,
    call_clockGetres,
    call_clockNanosleep,
    call_unimplemented,
    call_ptrace,
    call_schedSetparam,
    call_schedSetscheduler,
    call_schedGetscheduler,
    call_schedGetparam,
    call_schedSetaffinity,
    call_schedGetaffinity,
    call_schedYield,
    call_schedGetPriorityMax,
    call_schedGetPriorityMin,
    call_schedRrGetInterval,
    call_restartSyscall,
    call_kill,
    call_tkill,
    call_tgkill,
    call_sigaltstack,
    call_rtSigsuspend,
    call_rtSigaction,
    call_rtSigprocmask,
    call_rtSigpending,
    call_rtSigtimedwait,
    call_rtSigqueueinfo,
    call_rtSigreturn,
    call_setpriority,
    call_getpriority,
    call_unimplemented,
    call_setregid,
    call_setgid,
    call_setreuid,
    call_setuid,
    call_setresuid,
    call_getresuid,
    call_setresgid,
    call_getresgid,
    call_setfsuid,
    call_setfsgid,
    call_times,
    call_setpgid,
    call_getpgid,
    call_getsid,
    call_setsid,
    call_getgroups,
    call_setgroups,
    call_uname,
    call_sethostname,
    call_setdomainname,
    call_getrlimit,
    call_setrlimit,
    call_getrusage,
    call_umask,
    call_prctl,
    call_getcpu,
    call_gettimeofday,
    call_settimeofday,
    call_adjtimex,
    call_getpid,
    call_getppid,
    call_getuid,
    call_geteuid,
    call_getgid,
    call_getegid,
    call_gettid,
    call_sysinfo,
    call_mqOpen,
    call_mqUnlink,
    call_mqTimedsend,
    call_mqTimedreceive,
    call_mqNotify,
    call_mqGetsetattr,
    call_msgget,
    call_msgctl,
    call_msgrcv,
    call_msgsnd,
    call_semget,
    call_semctl,
    call_semtimedop,
    call_semop,
    call_shmget,
    call_shmctl,
    call_shmat,
    call_shmdt,
    call_socket,
    call_socketpair,
    call_bind,
    call_listen,
    call_accept,
    call_connect,
    call_getsockname,
    call_getpeername,
    call_sendto,
    call_recvfrom,
    call_setsockopt,
    call_getsockopt,
    call_shutdown,
    call_sendmsg,
    call_recvmsg,
    call_readahead,
    call_brk,
    call_munmap,
    call_mremap,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_clone,
    call_execve,
    call_mmap,
    call_fadvise64,
    call_unimplemented,
    call_unimplemented,
    call_mprotect,
    call_msync,
    call_mlock,
    call_munlock,
    call_mlockall,
    call_munlockall,
    call_mincore,
    call_madvise,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_rtTgsigqueueinfo,
    call_unimplemented,
    call_accept4,
    call_recvmmsg,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_wait4,
    call_prlimit64,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_clockAdjtime,
    call_syncfs,
    call_unimplemented,
    call_sendmmsg,
    call_processVmReadv,
    call_processVmWritev,
    call_kcmp,
    call_unimplemented,
    call_schedSetattr,
    call_schedGetattr,
    call_renameat2,
    call_unimplemented,
    call_getrandom,
    call_memfdCreate,
    call_unimplemented,
    call_execveat,
    call_unimplemented,
    call_membarrier,
    call_mlock2,
    call_copyFileRange,
    call_preadv2,
    call_pwritev2,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_statx,
    call_unimplemented,
    call_rseq,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_pidfdSendSignal,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_pidfdOpen,
    call_clone3,
    call_closeRange,
    call_openat2,
    call_pidfdGetfd,
    call_faccessat2,
    call_unimplemented,
    call_epollPwait2,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_futexWaitv,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
    call_unimplemented,
]
