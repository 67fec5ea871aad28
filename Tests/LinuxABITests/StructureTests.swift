import Base
import LinuxABI
import Testing

@Suite("Structures and flags of each architecture") struct StructureTests {
    private static func stat(_ abi: ABI) -> [UInt8] {
        var status = FileStatus()
        status.deviceMajor = 1
        status.deviceMinor = 2
        status.number = 0x0304
        status.mode = 0o100644
        status.linkCount = 0x0506
        status.owner = 0x0708
        status.group = 0x090a
        status.specialMajor = 3
        status.specialMinor = 4
        status.byteCount = 0x0b0c
        status.blockCount = 0x0d0e
        status.access = TimeSpecification(seconds: 0x0f, nanoseconds: 0x10)
        status.modification = TimeSpecification(seconds: 0x11, nanoseconds: 0x12)
        status.change = TimeSpecification(seconds: 0x13, nanoseconds: 0x14)
        var bytes = [UInt8](repeating: 0, count: FileStatus.byteCountOfStat(abi))
        do {
            var span = bytes.mutableSpan
            var raw = span.mutableBytes
            status.encodeStat(as: abi, into: &raw)
        }
        return bytes
    }

    /// Fields with the values of `stat`, as offsets, widths and values.
    private static let statFields: [(field: String, value: UInt64)] = [
        ("st_dev", 0x0102), ("st_ino", 0x0304), ("st_mode", 0o100644), ("st_nlink", 0x0506),
        ("st_uid", 0x0708), ("st_gid", 0x090a), ("st_rdev", 0x0304), ("st_size", 0x0b0c),
        ("st_blksize", 4096), ("st_blocks", 0x0d0e), ("st_atime", 0x0f), ("st_atime_nsec", 0x10),
        ("st_mtime", 0x11), ("st_mtime_nsec", 0x12), ("st_ctime", 0x13), ("st_ctime_nsec", 0x14),
    ]

    @Test(
        "struct stat has each field where the headers have it",
        .enabled(if: KernelHeaders.exist, "no C compiler with headers for each architecture"),
        arguments: ABI.allCases)
    func statusLayout(abi: ABI) throws {
        let headers = try #require(KernelHeaders(abi))
        let bytes = Self.stat(abi)
        // A compiler that can't run its program still evaluates a union's bytes.
        var expected = [("sizeof(struct stat)", UInt64(bytes.count))]
        for (field, value) in Self.statFields {
            // Each value is written once, so its place tells the offset; the high half of a wide
            // field is zero.
            let low = UInt8(truncatingIfNeeded: value)
            let high = UInt8(truncatingIfNeeded: value >> 8)
            let places = bytes.indices.dropLast().filter {
                bytes[$0] == low && bytes[$0 + 1] == high
            }
            let isThere = places.map { "offsetof(struct stat, \(field)) == \($0)" }
            expected.append(("(" + isThere.joined(separator: " || ") + ")", 1))
        }
        #expect(try headers.refused(expected, including: ["asm/stat.h"]) == [])
    }
    @Test("struct stat is written byte by byte as expected")
    func statusBytes() {
        func words(_ abi: ABI) -> [UInt32] {
            let bytes = Self.stat(abi)
            return stride(from: 0, to: bytes.count, by: 4).map { offset in
                (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) }
            }
        }
        let rest: [UInt32] = [
            0x0b0c, 0, 4096, 0, 0x0d0e, 0, 0x0f, 0, 0x10, 0, 0x11, 0, 0x12, 0, 0x13, 0, 0x14, 0,
        ]
        let x86: [UInt32] = [
            0x0102, 0, 0x0304, 0, 0x0506, 0, 0o100644, 0x0708, 0x090a, 0, 0x0304, 0,
        ]
        let arm: [UInt32] = [
            0x0102, 0, 0x0304, 0, 0o100644, 0x0506, 0x0708, 0x090a, 0x0304, 0, 0, 0,
        ]
        #expect(words(.x86_64) == x86 + rest + [0, 0, 0, 0, 0, 0])
        #expect(words(.arm64) == arm + rest + [0, 0])
    }

    @Test(
        "flags, sizes and offsets that differ are those of the headers",
        .enabled(if: KernelHeaders.exist, "no C compiler with headers for each architecture"),
        arguments: ABI.allCases)
    func differences(abi: ABI) throws {
        let headers = try #require(KernelHeaders(abi))
        let open = OpenFlags.varying(abi)
        func bits(_ flags: OpenFlags) -> UInt64 { UInt64(flags.rawValue) }
        let event = EventPollRecord(abi)
        let expected: [(String, UInt64)] = [
            ("O_DIRECT", bits(open.direct)), ("O_LARGEFILE", bits(open.largeFile)),
            ("O_DIRECTORY", bits(open.directory)), ("O_NOFOLLOW", bits(open.noFollow)),
            ("O_TMPFILE", bits(open.directory.union(.temporaryFile))),
            ("sizeof(struct epoll_event)", UInt64(event.byteCount)),
            ("offsetof(struct epoll_event, data)", event.data),
        ]
        #expect(
            try headers.refused(
                expected, including: ["asm/fcntl.h", "linux/types.h", "linux/eventpoll.h"]) == [])
        #expect(
            try headers.refused(
                [("MINSIGSTKSZ", abi.minimumSignalStack)],
                including: ["linux/types.h", "asm/signal.h"]) == [])
    }
    @Test("MAP_32BIT is a flag of x86-64 alone")
    func lowMappings() {
        #expect(MapFlags(rawValue: 0x40).asksForLow(.x86_64))
        #expect(!MapFlags(rawValue: 0x40).asksForLow(.arm64))
        #expect(!MapFlags(rawValue: 0x32).asksForLow(.x86_64))
        #expect(MapFlags.knownToValidate(.x86_64).contains(MapFlags(rawValue: 0x40)))
        #expect(!MapFlags.knownToValidate(.arm64).contains(MapFlags(rawValue: 0x40)))
        #expect(MapFlags.knownToValidate(.arm64).contains(.fixed))
    }

    /// What the code takes to be the same everywhere: a header, an expression and its value.
    private static let shared: [(header: String, expression: String, value: UInt64)] = [
        ("asm/fcntl.h", "O_CREAT", UInt64(OpenFlags.create.rawValue)),
        ("asm/fcntl.h", "O_EXCL", UInt64(OpenFlags.exclusive.rawValue)),
        ("asm/fcntl.h", "O_NOCTTY", UInt64(OpenFlags.noControllingTerminal.rawValue)),
        ("asm/fcntl.h", "O_TRUNC", UInt64(OpenFlags.truncate.rawValue)),
        ("asm/fcntl.h", "O_APPEND", UInt64(OpenFlags.append.rawValue)),
        ("asm/fcntl.h", "O_NONBLOCK", UInt64(OpenFlags.nonblocking.rawValue)),
        ("asm/fcntl.h", "O_DSYNC", UInt64(OpenFlags.dataSync.rawValue)),
        ("asm/fcntl.h", "FASYNC", UInt64(OpenFlags.asynchronous.rawValue)),
        ("asm/fcntl.h", "O_NOATIME", UInt64(OpenFlags.noAccessTime.rawValue)),
        ("asm/fcntl.h", "O_CLOEXEC", UInt64(OpenFlags.closeOnExec.rawValue)),
        ("asm/fcntl.h", "O_SYNC", UInt64(OpenFlags.sync.union(.dataSync).rawValue)),
        ("asm/fcntl.h", "O_PATH", UInt64(OpenFlags.path.rawValue)),
        ("asm/fcntl.h", "F_GETLK", UInt64(DescriptorCommand.getLock.rawValue)),
        ("asm/fcntl.h", "F_SETLKW", UInt64(DescriptorCommand.setLockWaiting.rawValue)),
        ("asm/fcntl.h", "F_OFD_SETLKW", UInt64(DescriptorCommand.setFileLockWaiting.rawValue)),
        ("asm/fcntl.h", "F_SETOWN", UInt64(DescriptorCommand.setOwner.rawValue)),
        ("asm/fcntl.h", "F_SETSIG", UInt64(DescriptorCommand.setSignal.rawValue)),
        ("asm/fcntl.h", "F_SETOWN_EX", UInt64(DescriptorCommand.setOwnerOfKind.rawValue)),
        ("asm/fcntl.h", "sizeof(struct flock)", 32),
        ("asm/fcntl.h", "offsetof(struct flock, l_pid)", 24),
        ("asm/fcntl.h", "sizeof(struct f_owner_ex)", 8),
        ("asm/ioctls.h", "FIOQSIZE", UInt64(FileRequest.allocatedSize)),
        ("asm/ioctls.h", "FIONREAD", UInt64(FileRequest.bytesReadable)),
        ("asm/ioctls.h", "FIONBIO", UInt64(FileRequest.setNonblocking)),
        ("asm/ioctls.h", "FIOASYNC", UInt64(FileRequest.setAsynchronous)),
        ("linux/fs.h", "FS_IOC_GETFLAGS", UInt64(FileRequest.fileFlags)),
        ("linux/fs.h", "FIGETBSZ", UInt64(FileRequest.blockSize)),
        ("asm/ioctls.h", "TCGETS", UInt64(TerminalRequest.getModes.rawValue)),
        ("asm/ioctls.h", "TIOCGWINSZ", UInt64(TerminalRequest.getWindowSize.rawValue)),
        ("asm/ioctls.h", "TIOCGSID", UInt64(TerminalRequest.getSession.rawValue)),
        ("linux/termios.h", "TCGETS2", UInt64(TerminalRequest.getLongModes.rawValue)),
        ("linux/termios.h", "TCSETSF2", UInt64(TerminalRequest.setLongModesAndFlush.rawValue)),
        ("asm/termbits.h", "sizeof(struct termios)", UInt64(TerminalModes.byteCount)),
        ("asm/termbits.h", "sizeof(struct termios2)", UInt64(TerminalModes.longByteCount)),
        ("asm/termbits.h", "offsetof(struct termios, c_cc)", 17),
        ("asm/termbits.h", "VLNEXT", UInt64(TerminalModes.Character.literalNext.rawValue)),
        ("asm/termbits.h", "IXANY", UInt64(TerminalModes.Input.anyStarts.rawValue)),
        ("asm/termbits.h", "XTABS", UInt64(TerminalModes.Output.expandTabs.rawValue)),
        ("asm/termbits.h", "IEXTEN", UInt64(TerminalModes.Local.extensions.rawValue)),
        ("asm/statfs.h", "sizeof(struct statfs)", UInt64(FileSystemStatus.byteCount)),
        ("asm/statfs.h", "offsetof(struct statfs, f_namelen)", 64),
        ("asm/statfs.h", "offsetof(struct statfs, f_flags)", 80),
        ("linux/stat.h", "sizeof(struct statx)", UInt64(FileStatus.byteCountOfStatx)),
        ("linux/stat.h", "offsetof(struct statx, stx_dev_minor)", 140),
        ("asm/mman.h", "MAP_ANONYMOUS", MapFlags.anonymous.rawValue),
        ("asm/mman.h", "MAP_GROWSDOWN", MapFlags.growsDown.rawValue),
        ("asm/mman.h", "MAP_LOCKED", MapFlags.locked.rawValue),
        ("asm/mman.h", "MAP_NORESERVE", MapFlags.unreserved.rawValue),
        ("asm/mman.h", "MAP_POPULATE", MapFlags.populate.rawValue),
        ("asm/mman.h", "MAP_STACK", MapFlags.stack.rawValue),
        ("asm/mman.h", "MAP_HUGETLB", MapFlags.hugePages.rawValue),
        ("asm/mman.h", "MAP_FIXED_NOREPLACE", MapFlags.fixedNoReplace.rawValue),
        ("asm/mman.h", "MCL_ONFAULT", UInt64(LockAllFlags.onFault.rawValue)),
        ("asm/mman.h", "MADV_DONTNEED_LOCKED", UInt64(AdviceNumber.doNotNeedLocked.rawValue)),
        ("asm/mman.h", "PROT_GROWSUP", ProtectionFlags.growsUp.rawValue),
        ("linux/mman.h", "MREMAP_DONTUNMAP", RemapFlags.keepOld.rawValue),
        ("asm/poll.h", "POLLRDNORM", UInt64(Readiness.normalReadable.rawValue)),
        ("asm/poll.h", "POLLWRNORM", UInt64(Readiness.normalWritable.rawValue)),
        ("asm/signal.h", "SIGSTKFLT", UInt64(Signal.stackFault.rawValue)),
        ("asm/signal.h", "SIGSYS", UInt64(Signal.badSystemCall.rawValue)),
        ("asm/signal.h", "SIGRTMIN", UInt64(Signal.firstRealtime)),
        ("asm/signal.h", "SA_RESTORER", 0x0400_0000),
        ("asm/signal.h", "sizeof(struct sigaction)", 32),
        ("asm/signal.h", "offsetof(struct sigaction, sa_flags)", 8),
        ("asm/signal.h", "offsetof(struct sigaction, sa_restorer)", 16),
        ("asm/signal.h", "sizeof(stack_t)", 24),
        ("asm/siginfo.h", "sizeof(siginfo_t)", UInt64(SignalInformation.byteCount)),
        ("asm/siginfo.h", "offsetof(siginfo_t, si_addr)", 16),
        ("asm/siginfo.h", "offsetof(siginfo_t, si_value)", 24),
        ("linux/signalfd.h", "sizeof(struct signalfd_siginfo)", 128),
        ("linux/signalfd.h", "offsetof(struct signalfd_siginfo, ssi_addr)", 72),
        ("asm/errno.h", "EHWPOISON", 133),
        ("asm/errno.h", "EDEADLK", UInt64(Errno.deadlock.rawValue)),
        ("linux/timex.h", "sizeof(struct timex)", 208),
        ("linux/timex.h", "offsetof(struct timex, time)", 72),
        ("linux/timex.h", "offsetof(struct timex, tick)", 88),
        ("linux/resource.h", "sizeof(struct rusage)", 144),
        ("linux/resource.h", "offsetof(struct rusage, ru_nvcsw)", 128),
        ("linux/resource.h", "RLIMIT_NOFILE", 7),
        ("linux/resource.h", "RLIMIT_MEMLOCK", 8),
        ("linux/resource.h", "RLIMIT_AS", 9),
        ("linux/sysinfo.h", "sizeof(struct sysinfo)", 112),
        ("linux/sysinfo.h", "offsetof(struct sysinfo, procs)", 80),
        ("linux/sysinfo.h", "offsetof(struct sysinfo, mem_unit)", 104),
        ("linux/rseq.h", "sizeof(struct rseq)", 32),
        ("linux/rseq.h", "offsetof(struct rseq, cpu_id)", 4),
        ("linux/sched/types.h", "sizeof(struct sched_attr)", 56),
        ("linux/utsname.h", "sizeof(struct new_utsname)", 390),
        ("linux/capability.h", "sizeof(struct __user_cap_data_struct)", 12),
        ("linux/futex.h", "sizeof(struct robust_list_head)", 24),
        ("linux/openat2.h", "sizeof(struct open_how)", 24),
        ("linux/time.h", "sizeof(struct itimerval)", 32),
        ("asm/siginfo.h", "sizeof(sigevent_t)", 64),
        ("linux/rtc.h", "RTC_AIE_ON", UInt64(ClockRequest.alarmOn)),
        ("linux/rtc.h", "RTC_AIE_OFF", UInt64(ClockRequest.alarmOff)),
        ("linux/rtc.h", "RTC_UIE_ON", UInt64(ClockRequest.updatesOn)),
        ("linux/rtc.h", "RTC_UIE_OFF", UInt64(ClockRequest.updatesOff)),
        ("linux/rtc.h", "RTC_PIE_ON", UInt64(ClockRequest.periodicOn)),
        ("linux/rtc.h", "RTC_PIE_OFF", UInt64(ClockRequest.periodicOff)),
        ("linux/rtc.h", "RTC_ALM_SET", UInt64(ClockRequest.setAlarmOfDay)),
        ("linux/rtc.h", "RTC_ALM_READ", UInt64(ClockRequest.readAlarmOfDay)),
        ("linux/rtc.h", "RTC_RD_TIME", UInt64(ClockRequest.readTime)),
        ("linux/rtc.h", "RTC_SET_TIME", UInt64(ClockRequest.setTime)),
        ("linux/rtc.h", "RTC_IRQP_READ", UInt64(ClockRequest.readFrequency)),
        ("linux/rtc.h", "RTC_IRQP_SET", UInt64(ClockRequest.setFrequency)),
        ("linux/rtc.h", "RTC_WKALM_SET", UInt64(ClockRequest.setAlarm)),
        ("linux/rtc.h", "RTC_WKALM_RD", UInt64(ClockRequest.readAlarm)),
        ("linux/rtc.h", "RTC_UF", ClockEvents.update.rawValue),
        ("linux/rtc.h", "RTC_AF", ClockEvents.alarm.rawValue),
        ("linux/rtc.h", "RTC_PF", ClockEvents.periodic.rawValue),
        ("linux/rtc.h", "RTC_IRQF", ClockEvents.any.rawValue),
        ("linux/rtc.h", "sizeof(struct rtc_time)", UInt64(ClockTimeRecord.byteCount)),
        ("linux/rtc.h", "sizeof(struct rtc_wkalrm)", UInt64(ClockAlarmRecord.byteCount)),
        (
            "linux/rtc.h", "__builtin_offsetof(struct rtc_wkalrm, time)",
            UInt64(ClockAlarmRecord.time)
        ),
        ("linux/auxvec.h", "AT_MINSIGSTKSZ", AuxiliaryType.minimumSignalStack.rawValue),
        ("linux/auxvec.h", "AT_SYSINFO_EHDR", AuxiliaryType.sharedObject.rawValue),
        ("linux/auxvec.h", "AT_HWCAP2", AuxiliaryType.hardware2.rawValue),
    ]
    @Test(
        "what is taken to be the same everywhere is",
        .enabled(if: KernelHeaders.exist, "no C compiler with headers for each architecture"),
        arguments: ABI.allCases)
    func sharedValues(abi: ABI) throws {
        let headers = try #require(KernelHeaders(abi))
        // One header at a time: some define the same names.
        for header in Set(Self.shared.map(\.header)) {
            let expected = Self.shared.filter { $0.header == header }
            let refused = try headers.refused(
                expected.map { ($0.expression, $0.value) }, including: ["linux/types.h", header])
            #expect(refused == [])
        }
    }
}
