internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes
internal import Scheduler

extension ProcessFiles {
    /// Adds what /proc tells of the machine, and the settings of /proc/sys that programs read.
    func addSystem(to top: DirectoryEntry) throws(Errno) {
        try add(
            [
                ("meminfo", { SystemText.memory(&$1) }),
                ("cpuinfo", { SystemText.processors(&$1) }),
                ("uptime", { SystemText.uptime(&$1) }),
                ("loadavg", { $1.append("0.00 0.00 0.00 1/1 1\n") }),
                ("version", { SystemText.version(&$1) }), ("stat", { SystemText.statistics(&$1) }),
                (
                    "filesystems",
                    { $1.append("nodev\ttmpfs\nnodev\tdevtmpfs\nnodev\tproc\nnodev\tpipefs\n") }
                ),
            ], to: top)
        let settings = try directory("sys", in: top)
        settings.directory?.fillLater { () throws(Errno) in try addSettings(to: settings) }
    }
    private func addSettings(to settings: DirectoryEntry) throws(Errno) {
        let kernel = try directory("kernel", in: settings)
        try add(
            [
                ("ostype", { SystemText.line(SystemName.system, &$1) }),
                ("osrelease", { SystemText.line(SystemName.release, &$1) }),
                ("version", { SystemText.line(SystemName.version, &$1) }),
                ("hostname", { SystemText.line(SystemName.host, &$1) }),
                ("domainname", { SystemText.line(SystemName.domain, &$1) }),
                ("pid_max", { $1.append("32768\n") }), ("cap_last_cap", { $1.append("40\n") }),
                ("ngroups_max", { $1.append("65536\n") }),
            ], to: kernel)
        let boot = (Entropy.word(), Entropy.word())
        try add(
            [
                ("boot_id", { SystemText.identifier(boot, &$1) }),
                ("uuid", { SystemText.identifier((Entropy.word(), Entropy.word()), &$1) }),
                ("entropy_avail", { $1.append("256\n") }), ("poolsize", { $1.append("256\n") }),
            ], to: try directory("random", in: kernel))
        try add(
            [
                ("overcommit_memory", { $1.append("0\n") }),
                ("max_map_count", { $1.append("65530\n") }),
            ], to: try directory("vm", in: settings))
        try add(
            [
                ("nr_open", { $1.append("1048576\n") }),
                ("file-max", { $1.append("9223372036854775807\n") }),
                ("pipe-max-size", { $1.append("1048576\n") }),
            ], to: try directory("fs", in: settings))
    }
}

/// The texts of /proc that tell of the machine.
enum SystemText {
    static func line(_ value: StaticString, _ text: inout TextBuffer) {
        text.append(value)
        text.append(byte: 0x0a)
    }
    static func line(_ value: SystemName.Text, _ text: inout TextBuffer) {
        value.withBytes { text.append($0) }
        text.append(byte: 0x0a)
    }

    static func memory(_ text: inout TextBuffer) {
        let total = UInt64(Frames.totalCount) << 2
        let free = UInt64(Frames.freeCount) << 2
        let reserve = UInt64(KernelReserve.frames) << 2
        amount("MemTotal:       ", total, &text)
        amount("MemFree:        ", free, &text)
        amount("MemAvailable:   ", free > reserve ? free - reserve : 0, &text)
        for label: StaticString in [
            "Buffers:        ", "Cached:         ", "SwapCached:     ", "Active:         ",
            "Inactive:       ", "SwapTotal:      ", "SwapFree:       ",
        ] { amount(label, 0, &text) }
    }
    private static func amount(
        _ label: StaticString, _ kilobytes: UInt64, _ text: inout TextBuffer
    ) {
        text.append(label)
        text.append(kilobytes, width: 8)
        text.append(" kB\n")
    }

    static func processors(_ text: inout TextBuffer) {
        for number in 0..<Processors.count { processor(number, &text) }
    }
    private static func processor(_ number: Int, _ text: inout TextBuffer) {
        text.append("processor\t: ")
        text.append(UInt64(number))
        text.append("\n")
        // As each architecture's Linux has it, less what only the CPU's maker knows.
        switch ABI.current {
        case .x86_64:
            text.append("model name\t: ")
            text.append(ProcessorFeatures.name)
            text.append("\nphysical id\t: 0\nsiblings\t: ")
            text.append(UInt64(Processors.count))
            text.append("\ncore id\t\t: ")
            text.append(UInt64(number))
            text.append("\ncpu cores\t: ")
            text.append(UInt64(Processors.count))
            text.append("\n\n")
        case .arm64: text.append("CPU architecture: 8\n\n")
        }
    }

    static func uptime(_ text: inout TextBuffer) {
        hundredths(Clock.monotonic(), &text)
        text.append(byte: 0x20)
        hundredths(Wait.waitedTime, &text)
        text.append(byte: 0x0a)
    }
    private static func hundredths(_ time: Nanoseconds, _ text: inout TextBuffer) {
        let count = UInt64(max(0, time.rawValue)) / 10_000_000
        text.append(count / 100)
        text.append(byte: 0x2e)
        text.append(count % 100, width: 2, padding: 0x30)
    }

    static func version(_ text: inout TextBuffer) {
        text.append(SystemName.system)
        text.append(" version ")
        text.append(SystemName.release)
        text.append(" (martlet) ")
        line(SystemName.version, &text)
    }

    static func statistics(_ text: inout TextBuffer) {
        var busy = Nanoseconds.zero
        var idle = Nanoseconds.zero
        for number in 0..<Processors.count {
            let times = Scheduler.times(of: number)
            busy = busy + times.busy
            idle = idle + times.idle
        }
        text.append("cpu  ")
        times(busy, idle, &text)
        for number in 0..<Processors.count {
            text.append("cpu")
            text.append(UInt64(number))
            text.append(" ")
            let own = Scheduler.times(of: number)
            times(own.busy, own.idle, &text)
        }
        text.append("intr 0\nctxt 0\nbtime ")
        let boot = Clock.realtime() - Clock.monotonic()
        text.append(decimal: boot.rawValue / Nanoseconds.perSecond)
        text.append("\nprocesses 1\nprocs_running 1\nprocs_blocked 0\n")
    }

    /// In hundredths of a second: user, nice, system, idle and six that nobody counts.
    private static func times(
        _ busy: Nanoseconds, _ idle: Nanoseconds, _ text: inout TextBuffer
    ) {
        let perTick = Nanoseconds.perSecond / 100
        text.append(decimal: max(0, busy.rawValue / perTick))
        text.append(" 0 0 ")
        text.append(decimal: max(0, idle.rawValue / perTick))
        text.append(" 0 0 0 0 0 0\n")
    }

    /// A random version 4 UUID out of 128 random bits (RFC 9562, section 5.4).
    static func identifier(_ bits: (UInt64, UInt64), _ text: inout TextBuffer) {
        let high = bits.0 & ~0xf000 | 0x4000
        let low = bits.1 & ~(3 << 62) | 2 << 62
        text.append(hexadecimal: high >> 32, minimumDigits: 8)
        text.append(byte: 0x2d)
        text.append(hexadecimal: high >> 16 & 0xffff, minimumDigits: 4)
        text.append(byte: 0x2d)
        text.append(hexadecimal: high & 0xffff, minimumDigits: 4)
        text.append(byte: 0x2d)
        text.append(hexadecimal: low >> 48, minimumDigits: 4)
        text.append(byte: 0x2d)
        text.append(hexadecimal: low & 0xffff_ffff_ffff, minimumDigits: 12)
        text.append(byte: 0x0a)
    }

    /// The file systems of RootFileSystem.
    static func mounts(_ text: inout TextBuffer) {
        text.append("martlet / tmpfs rw,relatime 0 0\n")
        text.append("devtmpfs /dev devtmpfs rw,relatime 0 0\n")
        text.append("proc /proc proc rw,relatime 0 0\n")
    }
    static func mountInformation(_ text: inout TextBuffer) {
        text.append("20 0 0:1 / / rw,relatime - tmpfs martlet rw\n")
        text.append("21 20 0:5 / /dev rw,relatime - devtmpfs devtmpfs rw\n")
        text.append("22 20 0:4 / /proc rw,relatime - proc proc rw\n")
    }
}
