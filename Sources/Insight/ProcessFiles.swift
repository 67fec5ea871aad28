internal import Base
package import Files
internal import LinuxABI
package import Processes
internal import Scheduler

/// The files of /proc (proc(5)), filled in from what the process and the machine know.
///
/// Made once, when somebody looks for one; text is written when a file is read. There is one process, so
/// /proc/self and /proc/1 are the same for ever.
package struct ProcessFiles {
    let files: RootFileSystem
    let tree: TextTree
    var system: FileSystem { tree.system }
    var process: Process { tree.process }

    /// Gives the tree's /proc and /sys their files, which are made when these are looked into.
    package static func add(to files: RootFileSystem, for process: Process) {
        let tree = TextTree(system: files.processes, process: process)
        let processFiles = ProcessFiles(files: files, tree: tree)
        let top = files.processDirectory
        top.directory?.fillLater { () throws(Errno) in try processFiles.fill(top) }
        MachineFiles.add(to: files, for: process)
    }
    private func fill(_ top: DirectoryEntry) throws(Errno) {
        let process = process
        try addSystem(to: top)
        let own = try tree.directory("1", in: top)
        try tree.addLink("self", to: "1", in: top)
        try tree.place("thread-self", in: top) { () throws(Errno) in
            try GeneratedLinkNode(in: system) { text in
                text.append(UInt64(process.identifier))
                text.append("/task/")
                text.append(UInt64(ProgramThread.current.thread.identifier))
            }
        }
        for file in files(of: Subject(process)) { try tree.place(file.name, in: own, file.make) }
        try tree.place("task", in: own) { () throws(Errno) in tasks() }
        let files = self
        top.directory?.unlistedFinder = { (name) throws(Errno) in
            guard let thread = files.thread(name) else { return nil }
            return files.directory(of: Subject(thread, times: .process))
        }
    }

    /// A name in the directory of a process or a thread, and what makes its node.
    struct File {
        let name: StaticString
        let kind: FileKind
        let make: () throws(Errno) -> Node
    }
    /// What a process's directory has beside `task`, and a thread's too.
    func files(of subject: Subject) -> [File] {
        let process = process
        // Of each thread nobody counts it.
        let transfers =
            subject.times == .process
            ? [text("io", subject, mode: 0o400, ProcessText.transfers)] : []
        return transfers + [
            magic("exe") { process.executable },
            magic("cwd") { process.workingDirectory },
            magic("root") { process.root },
            descriptors(),
            pageMap(),
            name(of: subject),
            text("status", subject, ProcessText.status),
            text("stat", subject, ProcessText.stat),
            text("statm", subject, ProcessText.memoryPages),
            text("limits", subject, ProcessText.limits),
            text("maps", subject) { MappingText.maps($0.process, &$1) },
            text("smaps", subject) { MappingText.details($0.process, &$1) },
            text("smaps_rollup", subject) { MappingText.sum($0.process, &$1) },
            text("cmdline", subject) { ProcessText.memory($0.process.argumentRange, &$1) },
            text("mounts", subject) { MountText.mounts(&$1) },
            text("mountinfo", subject) { MountText.information(&$1) },
            text("mountstats", subject, mode: 0o400) { MountText.statistics(&$1) },
            text("cgroup", subject) { $1.append("0::/\n") },
            text("cpuset", subject) { $1.append("/\n") },
            text("loginuid", subject, mode: 0o644, refusing: .operationNotPermitted) {
                $1.append("4294967295")
            },
            text("sessionid", subject) { $1.append("4294967295") },
            text("setgroups", subject, mode: 0o644, refusing: .operationNotPermitted) {
                $1.append("allow\n")
            },
            text("uid_map", subject, mode: 0o644, refusing: .operationNotPermitted) {
                $1.append(ProcessText.identityMap)
            },
            text("gid_map", subject, mode: 0o644, refusing: .operationNotPermitted) {
                $1.append(ProcessText.identityMap)
            },
            text("projid_map", subject, mode: 0o644, refusing: .operationNotPermitted) {
                $1.append(ProcessText.identityMap)
            },
            text("personality", subject, mode: 0o400, ProcessText.personality),
            text("sched", subject, ProcessText.schedule),
            text("schedstat", subject, ProcessText.scheduleStatistics),
            text("wchan", subject) { $1.append("0") },
            text("oom_score", subject) { SystemText.line($0.process.memoryScore, &$1) },
            memoryAdjustment(),
            descriptorDetails(),
            text("environ", subject, mode: 0o400) {
                ProcessText.memory($0.process.environmentRange, &$1)
            },
            text("auxv", subject, mode: 0o400) { ProcessText.auxiliaryVector($0.process, &$1) },
        ]
    }
    /// A file of text; `refusing` is what who writes it gets (EINVAL without it).
    private func text(
        _ name: StaticString, _ subject: Subject, mode: UInt32 = 0o444, refusing: Errno? = nil,
        _ write: @escaping (Subject, inout TextBuffer) -> Void
    ) -> File {
        let system = system
        return File(name: name, kind: .regular) { () throws(Errno) in
            let provider: GeneratedNode.Provider = { write(subject, &$0) }
            let mode = FileMode(rawValue: mode)
            guard let refusing else { return GeneratedNode(in: system, mode: mode, provider) }
            return GeneratedNode(
                in: system, mode: mode, receiver: { _ throws(Errno) in throw refusing }, provider)
        }
    }
    private func magic(
        _ name: StaticString, _ destination: @escaping MagicLinkNode.Destination
    ) -> File {
        let (system, process) = (system, process)
        return File(name: name, kind: .symbolicLink) { () throws(Errno) in
            try MagicLinkNode(in: system, root: process.root, destination)
        }
    }
    /// comm: the thread's name, which any thread of the process may change.
    private func name(of subject: Subject) -> File {
        let system = system
        return File(name: "comm", kind: .regular) { () throws(Errno) in
            GeneratedNode(
                in: system, mode: FileMode(rawValue: 0o644),
                receiver: { (bytes) throws(Errno) in subject.thread?.setName(bytes) }
            ) { ProcessText.nameLine(subject, &$0) }
        }
    }
    /// oom_score_adj: what the kernel would add to oom_score, of a thousand.
    private func memoryAdjustment() -> File {
        let (system, process) = (system, process)
        return File(name: "oom_score_adj", kind: .regular) { () throws(Errno) in
            GeneratedNode(
                in: system, mode: FileMode(rawValue: 0o644),
                receiver: { (bytes) throws(Errno) in
                    try process.setMemoryAdjustment(ProcessText.decimal(bytes))
                }
            ) {
                $0.append(decimal: process.attributes.memoryAdjustment)
                $0.append("\n")
            }
        }
    }
    /// fdinfo: a file a descriptor (proc_pid_fdinfo(5)).
    private func descriptorDetails() -> File {
        let (system, process) = (system, process)
        return File(name: "fdinfo", kind: .directory) { () throws(Errno) in
            GeneratedDirectoryNode(
                in: system, mode: FileMode(rawValue: 0o555),
                finder: { name throws(Errno) in
                    guard let number = ProcessFiles.number(name),
                        (try? process.descriptors.file(number)) != nil
                    else { return nil }
                    return GeneratedNode(in: system, mode: FileMode(rawValue: 0o444)) {
                        ProcessText.descriptor(number, of: process, &$0)
                    }
                },
                lister: { index, text in
                    guard let number = process.descriptors.next(from: Int32(clamping: index)) else {
                        return nil
                    }
                    text.append(UInt64(number))
                    return (Int64(number), .regular)
                })
        }
    }
    /// pagemap: a word for each page (proc_pid_pagemap(5)).
    private func pageMap() -> File {
        let (system, process) = (system, process)
        return File(name: "pagemap", kind: .regular) { () throws(Errno) in
            GeneratedWordsNode(
                in: system, mode: FileMode(rawValue: 0o400), count: MappingText.pageMapCount
            ) { MappingText.pageMapEntry($0, of: process) }
        }
    }
    /// fd: a link a descriptor, which leads to the open file itself.
    private func descriptors() -> File {
        let (system, process) = (system, process)
        return File(name: "fd", kind: .directory) { () throws(Errno) in
            GeneratedDirectoryNode(
                in: system, mode: FileMode(rawValue: 0o500),
                finder: { name throws(Errno) in
                    guard let number = ProcessFiles.number(name),
                        (try? process.descriptors.file(number)) != nil
                    else { return nil }
                    return try MagicLinkNode(in: system, root: process.root) {
                        (try? process.descriptors.file(number))?.entry
                    }
                },
                lister: { index, text in
                    guard let number = process.descriptors.next(from: Int32(clamping: index)) else {
                        return nil
                    }
                    text.append(UInt64(number))
                    return (Int64(number), .symbolicLink)
                })
        }
    }
    /// A descriptor's number in decimal, without leading zeroes, as Linux takes it.
    static func number(_ name: RawSpan) -> Int32? {
        guard (1...7).contains(name.byteCount) else { return nil }
        if name.byteCount > 1, name.byte(at: 0) == 0x30 { return nil }
        var number: Int32 = 0
        for index in 0..<name.byteCount {
            let byte = name.byte(at: index)
            guard (0x30...0x39).contains(byte) else { return nil }
            number = number * 10 + Int32(byte - 0x30)
        }
        return number
    }
}
