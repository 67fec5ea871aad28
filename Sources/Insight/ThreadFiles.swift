internal import Base
internal import Files
internal import LinuxABI
internal import Processes
internal import Scheduler

/// Whom a file of /proc/[pid] tells of: the process, or a thread of it.
struct Subject {
    let process: Process
    private let chosen: ProgramThread?
    /// Whose time `stat` tells.
    let times: Times
    enum Times {
        case thread
        case process
    }

    /// The process.
    init(_ process: Process) {
        self.process = process
        chosen = nil
        times = .process
    }
    /// One thread.
    init(_ thread: ProgramThread, times: Times) {
        process = thread.process
        chosen = thread
        self.times = times
    }
    /// Whether it is one thread.
    var isThread: Bool { chosen != nil }
    /// The thread, for a process the first that there is.
    var thread: ProgramThread? { chosen ?? process.threads.first }
}

extension ProcessFiles {
    /// /proc/[pid]/task: a directory for each thread, made when somebody looks (proc_pid_task(5)).
    func tasks() -> Node {
        let (process, files) = (process, self)
        return GeneratedDirectoryNode(
            in: system, mode: FileMode(rawValue: 0o555),
            finder: { name throws(Errno) in
                guard let thread = files.thread(name) else { return nil }
                return files.directory(of: Subject(thread, times: .thread))
            },
            lister: { index, text in
                // Numbers grow with the threads' age.
                var thread = process.threads.first
                while let current = thread, Int64(current.thread.identifier) < index {
                    thread = current.next
                }
                guard let thread else { return nil }
                text.append(UInt64(thread.thread.identifier))
                return (Int64(thread.thread.identifier), .directory)
            },
            subdirectoryCounter: { process.threads.count })
    }
    /// The thread whose number a name is.
    func thread(_ name: RawSpan) -> ProgramThread? {
        Self.number(name).flatMap { process.threads.find($0) }
    }
    /// A thread's directory, whose files tell of that thread.
    ///
    /// None of its entries is kept: threads come and go.
    func directory(of subject: Subject) -> Node {
        let files = self
        let hasTasks = subject.times == .process
        return GeneratedDirectoryNode(
            in: system, mode: FileMode(rawValue: 0o555),
            finder: { name throws(Errno) in
                for file in files.files(of: subject) where name.isEqual(to: file.name) {
                    return try file.make()
                }
                return hasTasks && name.isEqual(to: "task") ? files.tasks() : nil
            },
            lister: { index, text in
                let all = files.files(of: subject)
                if hasTasks, index == Int64(all.count) {
                    text.append("task")
                    return (index, .directory)
                }
                guard index < Int64(all.count) else { return nil }
                let file = all[Int(index)]
                text.append(file.name)
                return (index, file.kind)
            },
            subdirectoryCounter: { hasTasks ? 2 : 1 })
    }
}
