package import Base
package import Files
package import Hardware
package import LinuxABI
package import Memory
package import Scheduler

/// A process: what its threads share.
///
/// A process that ended stays, without threads, memory and files, until its parent has waited for it.
package final class Process {
    /// The process's number; the program is process 1, as in a container.
    package let identifier: Int32
    /// Session and process group (setsid(2), setpgid(2)).
    package internal(set) var session: Int32
    package internal(set) var group: Int32
    package var terminal: (any ControllingTerminal)?
    package var lostForeground: Int32 = 0

    package internal(set) var memory: ProcessMemory
    package internal(set) var descriptors: DescriptorTable<OpenFile>
    package let place: ProcessPlace
    package var credentials = ProcessCredentials() {
        didSet {
            // What changes whom the process acts for ends PR_SET_DUMPABLE (prctl(2)).
            let isSame =
                oldValue.users.effective == credentials.users.effective
                && oldValue.users.fileSystem == credentials.users.fileSystem
                && oldValue.groups.effective == credentials.groups.effective
                && oldValue.groups.fileSystem == credentials.groups.fileSystem
            if !isSame {
                attributes.dumpable = 0
                attributes.parentDeathSignal = 0
            }
            if oldValue.users.real != credentials.users.real {
                becameOneTooMany = exceedsProcessLimit(adding: 0)
            }
        }
    }
    /// Whether it became a user's who had too many processes: execve(2) is where that counts.
    var becameOneTooMany = false
    package private(set) var limits: Limits
    package let signals: SharedSignals
    package internal(set) var threads = ProgramThreads()
    package let timers = IntervalTimers()
    package let posixTimers = PosixTimers()
    package internal(set) var semaphoreUndo = SemaphoreUndoList()
    /// Expires where RLIMIT_CPU is used up.
    private var processorTimer: KernelTimer?
    /// When the process began, on the monotonic clock.
    package let startTime = Clock.monotonic()
    /// What threads used that ended, and what children did that were waited for.
    var usedByThreads = ResourceUsage()
    package internal(set) var usedByChildren = ResourceUsage()
    /// What it read and wrote but for what CPUs counted since they began to run it.
    private var countedTransfers = TransferCounts()
    /// What open files of it are open on (pidfd_open(2)), from the first on.
    package var task: TaskNode?
    /// Whether it is being killed for want of memory.
    var isOutOfMemory = false
    /// What prctl(2) keeps.
    package var attributes = ProcessAttributes()
    /// Numbers of unimplemented calls that were logged, a bit each.
    package var loggedCalls = InlineArray<8, UInt64>(repeating: 0)

    // MARK: Relations

    /// Who made it, or who took it over from who did; `nil` for the first process.
    package internal(set) var parent: Process?
    /// The number of the parent: 0 for the first process.
    package internal(set) var parentIdentifier: Int32
    /// The signal that its end sends to its parent, 0 for none; SIGCHLD but for clone(2).
    package var endSignal: Int32 = Int32(Signal.child.rawValue)
    /// Whether it ran a program by execve(2) since it was made.
    package internal(set) var hasExecuted = false
    /// Its children, oldest first, and its place among its parent's.
    package internal(set) var firstChild: Process?
    var lastChild: Process?
    package internal(set) var nextSibling: Process?
    var previousSibling: Process?
    /// Who waits for a child to end, stop or go on.
    package let childChanges = WaitQueue()
    /// Who waits for a thread to end, or for the process to leave its maker's memory (vfork(2)).
    let changes = WaitQueue()
    /// The number of the thread that made it, or of the one that took it over.
    package internal(set) var makerIdentifier: Int32 = 0
    /// Whether it has given its memory back, as it ends.
    package var hasLeftMemory: Bool { state != .running }
    /// With what the first thread ended where it did before others (wait(2)).
    var statusOfFirst: UInt8 = 0
    /// Its first thread as another process than the parent traces it, which is told of the end before the parent.
    var heldForTracer: Tracee?
    /// How it ended, once it is about to.
    package internal(set) var end: ProcessEnd?
    package internal(set) var state = State.running
    package enum State: Sendable {
        case running
        /// It ended, and nobody waited for it yet.
        case zombie
        /// Nobody can find it any more.
        case gone
    }
    // Its places in the table.
    var nextInTable: Process?
    var nextProcess: Process?
    var previousProcess: Process?

    /// The first process, with root's credentials, that sees files from `root` on.
    package init(
        addressSpace: AddressSpace, root: DirectoryEntry, workingDirectory: DirectoryEntry,
        thread: Thread, callSites policy: CallSites.Policy = .leave
    ) {
        identifier = 1
        session = 1
        group = 1
        parentIdentifier = 0
        memory = ProcessMemory(addressSpace, policy)
        descriptors = DescriptorTable()
        place = ProcessPlace(root: root, workingDirectory: workingDirectory)
        limits = Limits(frameCount: Frames.totalCount)
        signals = SharedSignals()
        ProcessTable.reset()
        _ = try? ProcessTable.takeIdentifier()
        begin()
        addThread(ProgramThread(thread, of: self, signals))
        Socket.setUser { Process.current }
        MessageQueueNode.setUser { Process.current }
        JobControl.setUsers(ProcessTerminals())
        OpenFile.setLockHolder { Process.hasCurrent ? Process.current.lockHolder : nil }
    }
    /// A child of `parent`, without threads. What it shares or copies, the caller made.
    init(
        _ identifier: Int32, childOf parent: Process, memory: ProcessMemory,
        descriptors: DescriptorTable<OpenFile>, place: ProcessPlace, actions: SignalActions,
        maker: Process
    ) {
        self.identifier = identifier
        session = maker.session
        group = maker.group
        terminal = maker.terminal
        parentIdentifier = parent.identifier
        self.memory = memory
        self.descriptors = descriptors
        self.place = place
        credentials = maker.credentials
        limits = maker.limits
        signals = SharedSignals(actions)
        signals.trampoline = memory.trampoline
        attributes = maker.attributes.inherited
        self.parent = parent
        begin()
        parent.adopt(self)
    }
    private func begin() {
        signals.process = self
        applyLimits()
        ProcessTable.add(self)
    }

    package var addressSpace: AddressSpace { memory.space }
    package var callSites: CallSites { memory.callSites }
    /// The program that runs (/proc/self/exe).
    package var executable: DirectoryEntry? { memory.executable }
    package var argumentRange: Range<VirtualAddress> { memory.argumentRange }
    package var environmentRange: Range<VirtualAddress> { memory.environmentRange }
    package var auxiliaryVector: VirtualAddress { memory.auxiliaryVector }
    /// Where "/" is (chroot(2)).
    package var root: DirectoryEntry {
        get { place.root }
        set { place.root = newValue }
    }
    package var workingDirectory: DirectoryEntry {
        get { place.workingDirectory }
        set { place.workingDirectory = newValue }
    }
    /// File mode bits that new files do not get (umask(2)).
    package var fileModeMask: UInt32 {
        get { place.fileModeMask }
        set { place.fileModeMask = newValue }
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
    /// The thread with the process's own number; it may end before others.
    package var leader: ProgramThread? {
        guard let first = threads.first, first.thread.identifier == identifier else { return nil }
        return first
    }
    /// The first thread's name.
    package var name: InlineArray<16, UInt8> { leader?.name ?? nameAtEnd }
    /// The name that it had last.
    var nameAtEnd = InlineArray<16, UInt8>(repeating: 0)

    // MARK: Threads

    /// Makes a further thread that has what the maker has, and does not run yet (clone(2)). EAGAIN
    /// where RLIMIT_NPROC allows no more, ENOMEM.
    package func makeThread(
        from maker: ProgramThread, context: ThreadContext
    ) throws(Errno) -> ProgramThread {
        try admitTask()
        let thread = Thread(identifier: try ProcessTable.takeIdentifier(), context: context)
        let new = ProgramThread(thread, of: self, signals)
        new.inherit(from: maker)
        addThread(new)
        return new
    }
    /// Calls `body` with each thread, oldest first; it may end the one that it gets.
    package func forEachThread<Failure: Error>(
        _ body: (ProgramThread) throws(Failure) -> Void
    ) throws(Failure) {
        var thread = threads.first
        while let current = thread {
            thread = current.next
            try body(current)
        }
    }
    func addThread(_ thread: ProgramThread) {
        threads.add(thread)
        ProcessTable.add(thread)
        ProcessTable.countMade()
    }
    /// Lets the process's user have one more thread or process. EAGAIN, ENOMEM.
    func admitTask() throws(Errno) {
        if !credentials.has(.systemResource), !credentials.has(.administration) {
            guard !exceedsProcessLimit(adding: 1) else { throw .tryAgain }
        }
        guard UInt64(ProcessTable.threadCount) < Limits.threadCount(frameCount: Frames.totalCount)
        else { throw .tryAgain }
        try admitObject()
    }

    /// Whether the process's user would have more threads and processes, ended ones included, than
    /// RLIMIT_NPROC allows; root may have any number.
    func exceedsProcessLimit(adding more: UInt64) -> Bool {
        let limit = limits[.processes].soft
        let user = credentials.users.real
        guard limit != Limit.infinity, user != 0 else { return false }
        var count = more
        ProcessTable.forEach {
            if $0.credentials.users.real == user { count += UInt64(max(1, $0.threads.count)) }
        }
        return count > limit
    }

    // MARK: Limits

    /// Changes a limit as setrlimit(2), and what holds to it: EINVAL, EPERM.
    package func setLimit(
        _ resource: Resource, to limit: Limit, by caller: Process? = nil
    ) throws(Errno) {
        try limits.change(resource, to: limit, by: (caller ?? self).credentials)
        applyLimits()
    }
    /// Lifts RLIMIT_CORE, which nobody set yet.
    func allowCore() { limits[.core].soft = Limit.infinity }
    func applyLimits() {
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
        let timer =
            processorTimer ?? KernelTimer(.processor(self)) { self.processorLimitReached() }
        processorTimer = timer
        let seconds = Int64(clamping: max(1, min(limit.soft, limit.hard)))
        timer.arm(at: Nanoseconds(rawValue: Nanoseconds.perSecond).multiplied(by: seconds))
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
    /// Ends what refers to it in turn.
    func stopTimers() {
        processorTimer?.cancel()
        processorTimer = nil
        timers.stop()
        posixTimers.removeAll()
    }
}

extension Process: Numbered {
    var number: Int32 { identifier }
}

extension Process {
    // What each CPU runs a thread of, and its number.
    private static let running = Global(InlineArray<64, Process?>(repeating: nil))
    private static let identifiers = Global(InlineArray<64, Int32>(repeating: 0))

    /// The process of the running thread. Precondition: boot has set it.
    package static var current: Process {
        guard let process = running.value[CPU.number] else { fatalError("no process yet") }
        return process
    }
    /// Adds what a CPU counted while it ran the process.
    private func takeTransfers(of processor: Int) {
        countedTransfers += TransferCounts.take(from: processor)
    }
    /// What its threads read and wrote, and children that were waited for (proc_pid_io(5)).
    package var transfers: TransferCounts {
        for processor in 0..<Processors.count where Self.running.value[processor] === self {
            takeTransfers(of: processor)
        }
        return countedTransfers
    }
    /// Takes over what a child read and wrote that was waited for.
    func addTransfers(of child: Process) { countedTransfers += child.transfers }
    /// Its number; needs no lock.
    package static var currentIdentifier: Int32 { identifiers.value[CPU.number] }
    /// Whether boot has come to the program.
    package static var hasCurrent: Bool { running.value[CPU.number] != nil }
    /// Declares the process that this CPU runs.
    package static func setCurrent(_ process: Process) {
        let old = running.value[CPU.number]
        guard old !== process else { return }
        old?.takeTransfers(of: CPU.number)
        running.value[CPU.number] = process
        identifiers.value[CPU.number] = process.identifier
    }
    /// The machine's first process, whose end is the machine's.
    package static var first: Process? { ProcessTable.find(1) }
    package var isFirst: Bool { identifier == 1 }
}

extension Process {
    /// What its record locks are held by (fcntl(2)).
    package var lockHolder: RecordLockHolder {
        RecordLockHolder(descriptors: descriptors, process: identifier)
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
