package import Base
package import Files
package import Hardware
package import LinuxABI
package import Memory
package import Scheduler

/// A process: what its threads share.
package final class Process {
    /// The process's number; the program is process 1, as in a container.
    package let identifier: Int32 = 1
    /// The number of the process that started this one: 0, as for any first process.
    package var parentIdentifier: Int32 { 0 }
    /// Session and process group (setsid(2), setpgid(2)): those of a session leader.
    package let session: Int32 = 1
    package let group: Int32 = 1

    package let addressSpace: AddressSpace
    package let descriptors = DescriptorTable<OpenFile>()
    /// Where "/" is (chroot(2)).
    package var root: DirectoryEntry
    package var workingDirectory: DirectoryEntry
    /// The program that runs (/proc/self/exe).
    package var executable: DirectoryEntry?
    /// File mode bits that new files do not get (umask(2)).
    package var fileModeMask: UInt32 = 0o022
    package var credentials = ProcessCredentials() {
        didSet {
            // What changes whom the process acts for ends PR_SET_DUMPABLE (prctl(2)).
            let isSame =
                oldValue.users.effective == credentials.users.effective
                && oldValue.users.fileSystem == credentials.users.fileSystem
                && oldValue.groups.effective == credentials.groups.effective
                && oldValue.groups.fileSystem == credentials.groups.fileSystem
            if !isSame { attributes.dumpable = 0 }
        }
    }
    package private(set) var limits: Limits
    package let signals = SharedSignals()
    package private(set) var threads = ProgramThreads()
    package var futexes = FutexTable()
    private var switchesOfEnded = Thread.Switches()
    /// With what the first thread ended where it did before others (wait(2)).
    private var statusOfFirst: UInt8 = 0
    package let callSites: CallSites
    package let timers = IntervalTimers()
    package let posixTimers = PosixTimers()
    /// Expires where RLIMIT_CPU is used up.
    private var processorTimer: KernelTimer?
    /// When the process began, on the monotonic clock.
    package let startTime = Clock.monotonic()
    private let processorTimeBefore = Clock.processor()
    /// What open files of it are open on (pidfd_open(2)), from the first on.
    package var task: TaskNode?
    /// Whether it is being killed for want of memory.
    var isOutOfMemory = false

    /// Where argument strings, environment and auxiliary vector are (/proc/self/cmdline, …).
    package var argumentRange = Process.nowhere..<Process.nowhere
    package var environmentRange = Process.nowhere..<Process.nowhere
    package var auxiliaryVector = Process.nowhere
    /// What prctl(2) keeps.
    package var attributes = ProcessAttributes()
    /// Numbers of unimplemented calls that were logged, a bit each.
    package var loggedCalls = InlineArray<8, UInt64>(repeating: 0)

    private static var nowhere: VirtualAddress { VirtualAddress(rawValue: 0) }

    /// A process with root's credentials that sees files from `root` on.
    package init(
        addressSpace: AddressSpace, root: DirectoryEntry, workingDirectory: DirectoryEntry,
        thread: Thread, callSites policy: CallSites.Policy = .leave
    ) {
        self.addressSpace = addressSpace
        self.root = root
        self.workingDirectory = workingDirectory
        limits = Limits(frameCount: Frames.totalCount)
        callSites = CallSites(of: addressSpace, policy)
        applyLimits()
        threads.add(ProgramThread(thread, of: self, signals))
        _ = threads.takeIdentifier()
    }

    // MARK: Threads

    /// Makes a further thread that has what the maker has, and does not run yet (clone(2)). EAGAIN
    /// where RLIMIT_NPROC allows no more, ENOMEM.
    package func makeThread(
        from maker: ProgramThread, context: ThreadContext
    ) throws(Errno) -> ProgramThread {
        try admitObject()
        let thread = Thread(identifier: threads.takeIdentifier(), context: context)
        let new = ProgramThread(thread, of: self, signals)
        new.inherit(from: maker)
        threads.add(new)
        return new
    }
    /// Ends a thread, which runs; with the last one ends the process. The caller makes it leave the CPU.
    package func end(_ thread: ProgramThread, status: UInt8) {
        if thread === threads.first, thread.thread.identifier == identifier {
            statusOfFirst = status
        }
        guard threads.count > 1 else {
            Process.terminate(.exited(status: statusOfFirst))
        }
        threads.remove(thread)
        switchesOfEnded = switchesOfEnded + thread.thread.switches
        thread.signals.end()
        thread.task?.end()
        thread.thread.isEnding = true
    }
    /// Waits and switches of all threads, those that ended too.
    package var switches: Thread.Switches {
        var sum = switchesOfEnded
        var thread = threads.first
        while let current = thread {
            thread = current.next
            sum = sum + current.thread.switches
        }
        return sum
    }
    /// The first thread's name, or that of the oldest there is.
    package var name: InlineArray<16, UInt8> {
        threads.first?.name ?? InlineArray(repeating: 0)
    }

    /// From where and with whose rights the file system resolves paths.
    package var fileContext: FileContext {
        FileContext(
            root: root, workingDirectory: workingDirectory,
            mask: FileMode(rawValue: fileModeMask), credentials: fileCredentials)
    }
    /// What permission checks of the file system go by.
    package var fileCredentials: Credentials { credentials.overFiles }
    /// The soft limit of open files, for `DescriptorTable`.
    package var descriptorLimit: Int {
        Int(truncatingIfNeeded: min(limits[.openFiles].soft, 1 << 20))
    }

    /// Changes a limit as setrlimit(2), and what holds to it: EINVAL, EPERM.
    package func setLimit(_ resource: Resource, to limit: Limit) throws(Errno) {
        try limits.change(resource, to: limit, by: credentials)
        applyLimits()
    }
    /// Lifts RLIMIT_CORE, which nobody set yet.
    func allowCore() { limits[.core].soft = Limit.infinity }
    private func applyLimits() {
        addressSpace.limits.addressSpace = limits[.addressSpace].soft
        addressSpace.limits.data = limits[.data].soft
        addressSpace.limits.stack = limits[.stack].soft
        addressSpace.limits.locked = limits[.lockedMemory].soft
        applyProcessorLimit()
    }
    /// RLIMIT_CPU: SIGXCPU at the soft limit and each second after it, SIGKILL at the hard one.
    private func applyProcessorLimit() {
        let limit = limits[.processorTime]
        guard min(limit.soft, limit.hard) != Limit.infinity else {
            processorTimer?.cancel()
            return
        }
        let timer = processorTimer ?? KernelTimer(.processor) { self.processorLimitReached() }
        processorTimer = timer
        let seconds = Int64(clamping: max(1, min(limit.soft, limit.hard)))
        let used = Nanoseconds(rawValue: Nanoseconds.perSecond).multiplied(by: seconds)
        timer.arm(at: Clock.processor() - processorTime + used)
    }
    private func processorLimitReached() {
        var limit = limits[.processorTime]
        let seconds = UInt64(max(0, processorTime.rawValue / Nanoseconds.perSecond))
        let isLast = seconds >= limit.hard
        let signal: Signal = isLast ? .kill : .processorTimeLimit
        Processes.post(signal, to: self, SignalInformation(signal, .kernel))
        guard !isLast else { return }
        limit.soft = max(1, limit.soft) + 1
        limits[.processorTime] = limit
        applyProcessorLimit()
    }

    /// Processor time that the program used: what passed on all CPUs since its start less what they waited.
    ///
    /// Time in the program and time in the library OS are not told apart.
    package var processorTime: Nanoseconds {
        Clock.processor() - processorTimeBefore
    }
}

extension Process {
    private static let first = Global<Process?>(nil)

    /// The process of the running thread. Precondition: boot has set it.
    package static var current: Process {
        guard let process = first.value else { fatalError("no process yet") }
        return process
    }
    /// Whether boot has come to the program.
    package static var hasCurrent: Bool { first.value != nil }
    /// Declares the process that the machine runs.
    package static func setCurrent(_ process: Process) {
        first.value = process
        Socket.setUser(process)
    }
}

extension Process: SocketUser {
    package var peerCredentials: PeerCredentials {
        PeerCredentials(
            process: identifier, user: credentials.users.effective,
            group: credentials.groups.effective)
    }
    package var senderCredentials: PeerCredentials {
        PeerCredentials(
            process: identifier, user: credentials.users.real, group: credentials.groups.real)
    }
    /// RLIMIT_NOFILE counts files in messages too, but not for who may pass all limits (unix(7)).
    package var inFlightLimit: Int? {
        credentials.has(.systemResource) || credentials.has(.administration)
            ? nil : descriptorLimit
    }
}
