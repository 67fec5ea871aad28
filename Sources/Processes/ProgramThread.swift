package import Base
package import Files
internal import Hardware
internal import LinuxABI
internal import Memory
package import Scheduler

/// A thread of a process: what it has of its own beside registers and signals.
package final class ProgramThread: ThreadCompanion {
    package let thread: Thread
    package let process: Process
    /// With what it ends, where it does by exit(2).
    package var status: UInt8 = 0
    package let signals: Signals
    /// When it began, on the monotonic clock.
    package let startTime = Clock.monotonic()
    /// The thread's name as PR_GET_NAME and /proc/self/comm show it, NUL-padded (TASK_COMM_LEN).
    package private(set) var name = InlineArray<16, UInt8>(repeating: 0)
    /// What is zeroed, and a futex that is woken, when the thread ends (set_tid_address(2)).
    package var clearedIdentifier = VirtualAddress(rawValue: 0)
    /// The list of robust futexes (set_robust_list(2)).
    package var robustList = VirtualAddress(rawValue: 0)
    /// What open files of it are open on (pidfd_open(2)), from the first on.
    package var task: TaskNode?
    /// The threads that it traces (ptrace(2)).
    package internal(set) var tracees = Tracees()
    /// Its place in a futex's queue.
    package let futexWaiter = FutexWaiter()
    // Its place among the process's threads.
    package fileprivate(set) var next: ProgramThread?
    fileprivate var previous: ProgramThread?
    var nextInTable: ProgramThread?

    init(_ thread: Thread, of process: Process, _ shared: SharedSignals) {
        self.thread = thread
        self.process = process
        signals = Signals(thread: thread, of: shared)
        futexWaiter.thread = thread
        thread.companion = self
    }
    /// The running thread's. Precondition: there is one, of a program.
    package static var current: ProgramThread {
        guard let thread = Thread.current else { fatalError("no thread runs") }
        return of(thread)
    }
    package static func of(_ thread: Thread) -> ProgramThread {
        guard let thread = thread.companion as? ProgramThread else {
            fatalError("a thread without a program")
        }
        return thread
    }
    /// Makes its process the CPU's.
    package func willRun() {
        Process.setCurrent(process)
        process.addressSpace.load()
    }

    package func sharesMemory(with other: any ThreadCompanion) -> Bool {
        (other as? ProgramThread)?.process.addressSpace === process.addressSpace
    }

    /// Names the thread: at most 15 bytes up to the first NUL (PR_SET_NAME).
    package func setName(_ bytes: RawSpan) {
        name = InlineArray(repeating: 0)
        var index = 0
        while index < min(bytes.byteCount, 15), bytes.byte(at: index) != 0 {
            name[index] = bytes.byte(at: index)
            index += 1
        }
    }
    /// Names the thread by the last part of a path, as execve(2).
    func setName(fromPath path: RawSpan) {
        var start = 0
        for index in 0..<path.byteCount where path.byte(at: index) == UInt8(ascii: "/") {
            start = index + 1
        }
        setName(path.extracting(droppingFirst: start))
    }
    /// Takes over what a new thread has of its maker (clone(2)).
    func inherit(from maker: ProgramThread) {
        name = maker.name
        signals.setBlocked(maker.signals.blocked)
        thread.inherit(from: maker.thread)
    }
}

extension Signals {
    /// The running thread's, where a program has come that far.
    static var current: Signals? {
        guard let thread = Thread.current, thread.companion != nil else { return nil }
        return ProgramThread.of(thread).signals
    }
}

extension ProgramThread: Numbered {
    var number: Int32 { thread.identifier }
}

/// The threads of a process, oldest first.
package struct ProgramThreads: ~Copyable {
    package private(set) var first: ProgramThread?
    private var last: ProgramThread?
    package private(set) var count = 0

    mutating func add(_ thread: ProgramThread) {
        thread.previous = last
        if let last { last.next = thread } else { first = thread }
        last = thread
        count += 1
    }
    mutating func remove(_ thread: ProgramThread) {
        let (before, after) = (thread.previous, thread.next)
        if let before { before.next = after } else { first = after }
        if let after { after.previous = before } else { last = before }
        thread.previous = nil
        thread.next = nil
        count -= 1
    }
    /// The thread with a number.
    package func find(_ identifier: Int32) -> ProgramThread? {
        var thread = first
        while let current = thread, current.thread.identifier != identifier {
            thread = current.next
        }
        return thread
    }
}
