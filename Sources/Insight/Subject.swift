internal import Files
internal import LinuxABI
internal import Processes
internal import Scheduler

/// Whom a file of /proc/[pid] tells of: a process, or a thread of it.
struct Subject {
    let process: Process
    /// The number by which it was found: the process's, or a thread's.
    let identifier: Int32
    let scope: Scope
    enum Scope {
        /// A thread in `task`, whose files tell of that thread.
        case thread
        /// A folder of /proc, which tells sums of all threads.
        case process
    }

    /// The process or thread with a number; `nil` where there is none.
    init?(_ identifier: Int32) {
        guard let process = ProcessTable.process(ofAny: identifier) else { return nil }
        self.init(process, identifier, .process)
    }
    init(_ process: Process, _ identifier: Int32, _ scope: Scope) {
        self.process = process
        self.identifier = identifier
        self.scope = scope
    }
    /// A thread of the process with a number, an ended first one included.
    func thread(_ identifier: Int32) -> Subject? {
        let thread = Subject(process, identifier, .thread)
        return thread.isGone ? nil : thread
    }

    /// Whether it is the process's first thread, which is there until the process was waited for.
    var isFirstThread: Bool { identifier == process.identifier }
    /// The thread; `nil` where it ended.
    var thread: ProgramThread? {
        guard let thread = ProcessTable.thread(identifier), thread.process === process else {
            return nil
        }
        return thread
    }
    /// Whether nothing is left of it.
    var isGone: Bool {
        isFirstThread ? process.state == .gone : thread == nil
    }
    /// Its memory; `nil` for what has ended, which leaves none.
    var memory: ProcessMemory? {
        process.hasLeftMemory || thread == nil ? nil : process.memory
    }
    /// Threads of the process as Linux counts them: an ended first one is there still.
    var threadCount: Int { process.threads.count + (process.leader == nil ? 1 : 0) }

    /// Whether the calling process may look into it (ptrace(2), PTRACE_MODE_READ_FSCREDS).
    var isOpenToCaller: Bool {
        let caller = Process.current
        return caller === process
            || caller.credentials.mayOpenFiles(
                of: process.credentials,
                dumpable: memory == nil ? nil : process.attributes.dumpable)
    }
}

/// A node's part in what a `Subject`'s files are: its number, its owner and who may have it.
final class SubjectNode: NodeSubject {
    let subject: Subject
    let number: UInt64
    private let guarding: Guarding
    /// Who may have it, beside what the mode says.
    enum Guarding: Sendable {
        /// Whoever the mode lets.
        case mode
        /// Who may look into the process; EACCES when it is opened.
        case inspection
        /// The same, where there is memory; ESRCH.
        case memory
        /// Links: the same when they are followed or read.
        case link
        /// The folder of descriptors: the process itself, too.
        case ownDescriptors
        /// The folder of details of descriptors: who may look into the process.
        case inspectionToSearch
    }

    init(_ subject: Subject, file: Int = 0, part: Int32 = 0, _ guarding: Guarding) {
        self.subject = subject
        number = Self.number(of: subject, file: file, part: part)
        self.guarding = guarding
    }
    /// The number of a node: of a file in the subject's folder (0: the folder), and of a part of that.
    /// Above those that /proc and /proc/sys give out one after the other.
    static func number(of subject: Subject, file: Int = 0, part: Int32 = 0) -> UInt64 {
        let folder = UInt64(UInt32(bitPattern: subject.identifier)) << 1
        let scope: UInt64 = subject.scope == .thread ? 1 : 0
        return (folder | scope) << 33 | UInt64(file) << 25 | UInt64(UInt32(bitPattern: part))
    }

    func owner(_ kind: FileKind, _ mode: FileMode) -> (user: UInt32, group: UInt32) {
        guard !subject.isGone else { return (0, 0) }
        let credentials = subject.process.credentials
        let own = (credentials.users.effective, credentials.groups.effective)
        // Folders that all may look into always tell for whom the process acts (task_dump_owner).
        if kind == .directory, mode == FileMode(rawValue: 0o555) { return own }
        let isHidden = subject.memory != nil && subject.process.attributes.dumpable != 1
        return isHidden ? (0, 0) : own
    }
    func requireOpening() throws(Errno) {
        switch guarding {
        case .mode, .ownDescriptors, .inspectionToSearch: break
        case .inspection, .memory:
            guard guarding == .memory ? subject.memory != nil : !subject.isGone else {
                throw .noSuchProcess
            }
            guard subject.isOpenToCaller else { throw .permissionDenied }
        case .link:
            guard !subject.isGone, subject.isOpenToCaller else { throw .permissionDenied }
        }
    }
    func permits(_ access: Access) -> Bool? {
        switch guarding {
        case .mode, .inspection, .memory, .link: nil
        case .ownDescriptors: Process.current === subject.process ? true : nil
        case .inspectionToSearch: subject.isOpenToCaller ? nil : false
        }
    }
}
