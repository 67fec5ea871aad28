internal import Base
internal import Hardware
internal import Processes
internal import Scheduler

/// The texts of /proc that tell of the machine.
enum SystemText {
    @inline(never)
    static func line(_ value: StaticString, _ text: inout TextBuffer) {
        text.append(value)
        text.append(byte: 0x0a)
    }
    static func line(_ value: SystemName.Text, _ text: inout TextBuffer) {
        value.withBytes { text.append($0) }
        text.append(byte: 0x0a)
    }

    @inline(never)
    static func line(_ value: UInt64, _ text: inout TextBuffer) {
        text.append(value)
        text.append(byte: 0x0a)
    }

    /// loadavg: the averages, threads that run of those that there are, and the newest one's number.
    static func load(_ text: inout TextBuffer) {
        LoadAverage.current().write(to: &text)
        text.append(byte: 0x20)
        text.append(UInt64(runningThreads))
        text.append("/")
        text.append(UInt64(ProcessTable.taskCount))
        text.append(byte: 0x20)
        line(UInt64(ProcessTable.lastIdentifier), &text)
    }
    private static var runningThreads: Int {
        var count = 0
        ProcessTable.forEach { process in
            process.forEachThread {
                switch $0.thread.state {
                case .running, .ready: count += 1
                case .blocked, .ended: break
                }
            }
        }
        return count
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
        text.append("intr ")
        text.append(Interrupts.count)
        let switches = MachineUsage.used.switches
        text.append("\nctxt ")
        text.append(decimal: switches.voluntary + switches.forced)
        text.append("\nbtime ")
        let boot = Clock.realtime() - Clock.monotonic()
        text.append(decimal: boot.rawValue / Nanoseconds.perSecond)
        text.append("\nprocesses ")
        text.append(UInt64(ProcessTable.madeCount))
        text.append("\nprocs_running ")
        text.append(UInt64(runningThreads))
        // Nothing here is put off to softirqs.
        text.append("\nprocs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n")
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

    static let fileSystems: StaticString = """
        nodev\tsysfs
        nodev\ttmpfs
        nodev\tproc
        nodev\tcgroup2
        nodev\tdevtmpfs
        nodev\tdevpts
        nodev\tsockfs
        nodev\tpipefs
        nodev\tmqueue

        """
    /// Of the only hierarchy, which control groups' second version has: 0.
    static let controllers: StaticString = """
        #subsys_name\thierarchy\tnum_cgroups\tenabled
        cpuset\t0\t1\t1
        cpu\t0\t1\t1
        cpuacct\t0\t1\t1
        memory\t0\t1\t1
        pids\t0\t1\t1

        """
    /// Of the drivers in /dev.
    static let devices: StaticString = """
        Character devices:
          1 mem
          5 /dev/tty
          5 /dev/console
          5 /dev/ptmx
        136 pts
        254 rtc

        Block devices:

        """
}
