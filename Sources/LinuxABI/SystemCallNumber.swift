/// A system call of Linux, whatever number an architecture gives it.
///
/// A case has the call's name in camel case. Numbers are in a file an architecture.
package enum SystemCallNumber: CaseIterable, Sendable {
    case read, write, open, close, stat, fstat, lstat, poll, lseek, mmap, mprotect, munmap, brk,
        rtSigaction, rtSigprocmask, rtSigreturn, ioctl, pread64, pwrite64, readv, writev, access,
        pipe, select, schedYield, mremap, msync, mincore, madvise, shmget, shmat, shmctl, dup, dup2,
        pause, nanosleep, getitimer, alarm, setitimer, getpid, sendfile, socket, connect, accept,
        sendto, recvfrom, sendmsg, recvmsg, shutdown, bind, listen, getsockname, getpeername,
        socketpair, setsockopt, getsockopt, clone, fork, vfork, execve, exit, wait4, kill, uname,
        semget, semop, semctl, shmdt, msgget, msgsnd, msgrcv, msgctl, fcntl, flock, fsync,
        fdatasync, truncate, ftruncate, getdents, getcwd, chdir, fchdir, rename, mkdir, rmdir,
        creat, link, unlink, symlink, readlink, chmod, fchmod, chown, fchown, lchown, umask,
        gettimeofday, getrlimit, getrusage, sysinfo, times, ptrace, getuid, syslog, getgid, setuid,
        setgid, geteuid, getegid, setpgid, getppid, getpgrp, setsid, setreuid, setregid, getgroups,
        setgroups, setresuid, getresuid, setresgid, getresgid, getpgid, setfsuid, setfsgid, getsid,
        capget, capset, rtSigpending, rtSigtimedwait, rtSigqueueinfo, rtSigsuspend, sigaltstack,
        utime, mknod, uselib, personality, ustat, statfs, fstatfs, sysfs, getpriority, setpriority,
        schedSetparam, schedGetparam, schedSetscheduler, schedGetscheduler, schedGetPriorityMax,
        schedGetPriorityMin, schedRrGetInterval, mlock, munlock, mlockall, munlockall, vhangup,
        modifyLdt, pivotRoot, sysctl, prctl, archPrctl, adjtimex, setrlimit, chroot, sync, acct,
        settimeofday, mount, umount2, swapon, swapoff, reboot, sethostname, setdomainname, iopl,
        ioperm, createModule, initModule, deleteModule, getKernelSyms, queryModule, quotactl,
        nfsservctl, getpmsg, putpmsg, afsSyscall, tuxcall, security, gettid, readahead, setxattr,
        lsetxattr, fsetxattr, getxattr, lgetxattr, fgetxattr, listxattr, llistxattr, flistxattr,
        removexattr, lremovexattr, fremovexattr, tkill, time, futex, schedSetaffinity,
        schedGetaffinity, setThreadArea, ioSetup, ioDestroy, ioGetevents, ioSubmit, ioCancel,
        getThreadArea, lookupDcookie, epollCreate, epollCtlOld, epollWaitOld, remapFilePages,
        getdents64, setTidAddress, restartSyscall, semtimedop, fadvise64, timerCreate, timerSettime,
        timerGettime, timerGetoverrun, timerDelete, clockSettime, clockGettime, clockGetres,
        clockNanosleep, exitGroup, epollWait, epollCtl, tgkill, utimes, vserver, mbind,
        setMempolicy, getMempolicy, mqOpen, mqUnlink, mqTimedsend, mqTimedreceive, mqNotify,
        mqGetsetattr, kexecLoad, waitid, addKey, requestKey, keyctl, ioprioSet, ioprioGet,
        inotifyInit, inotifyAddWatch, inotifyRmWatch, migratePages, openat, mkdirat, mknodat,
        fchownat, futimesat, newfstatat, unlinkat, renameat, linkat, symlinkat, readlinkat,
        fchmodat, faccessat, pselect6, ppoll, unshare, setRobustList, getRobustList, splice, tee,
        syncFileRange, vmsplice, movePages, utimensat, epollPwait, signalfd, timerfdCreate, eventfd,
        fallocate, timerfdSettime, timerfdGettime, accept4, signalfd4, eventfd2, epollCreate1, dup3,
        pipe2, inotifyInit1, preadv, pwritev, rtTgsigqueueinfo, perfEventOpen, recvmmsg,
        fanotifyInit, fanotifyMark, prlimit64, nameToHandleAt, openByHandleAt, clockAdjtime, syncfs,
        sendmmsg, setns, getcpu, processVmReadv, processVmWritev, kcmp, finitModule, schedSetattr,
        schedGetattr, renameat2, seccomp, getrandom, memfdCreate, kexecFileLoad, bpf, execveat,
        userfaultfd, membarrier, mlock2, copyFileRange, preadv2, pwritev2, pkeyMprotect, pkeyAlloc,
        pkeyFree, statx, ioPgetevents, rseq, pidfdSendSignal, ioUringSetup, ioUringEnter,
        ioUringRegister, openTree, moveMount, fsopen, fsconfig, fsmount, fspick, pidfdOpen, clone3,
        closeRange, openat2, pidfdGetfd, faccessat2, processMadvise, epollPwait2, mountSetattr,
        quotactlFd, landlockCreateRuleset, landlockAddRule, landlockRestrictSelf, memfdSecret,
        processMrelease, futexWaitv, setMempolicyHomeNode, cachestat, fchmodat2, mapShadowStack,
        futexWake, futexWait, futexRequeue, statmount, listmount, lsmGetSelfAttr, lsmSetSelfAttr,
        lsmListModules, mseal, setxattrat

    /// What a program of an architecture puts into the number's register (RAX, X8); `nil` where the
    /// architecture does not have the call.
    package func number(on abi: ABI) -> UInt64? {
        switch abi {
        case .x86_64: numberOnX86_64
        case .arm64: numberOnARM64
        }
    }
    /// The number on this architecture; all ones, which no call has, where it does not have the call.
    package var rawValue: UInt64 { number(on: .current) ?? .max }

    /// The call that has a number on an architecture. Cost: looks at every call.
    package init?(_ number: UInt64, on abi: ABI) {
        let found = Self.allCases.first { $0.number(on: abi) == number }
        guard let found else { return nil }
        self = found
    }
    /// The call that has a number on this architecture.
    package init?(rawValue: UInt64) { self.init(rawValue, on: .current) }
}
