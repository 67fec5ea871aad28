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
    let system: FileSystem
    let process: Process

    /// Gives the tree's /proc its files, which are made when it is looked into.
    package static func add(to tree: RootFileSystem, for process: Process) {
        let files = ProcessFiles(system: tree.processes, process: process)
        let top = tree.processDirectory
        top.directory?.fillLater { () throws(Errno) in try files.fill(top) }
    }
    private func fill(_ top: DirectoryEntry) throws(Errno) {
        let process = process
        try addSystem(to: top)
        let own = try directory("1", in: top)
        try addLink("self", to: "1", in: top)
        try place("thread-self", in: top) { () throws(Errno) in
            try GeneratedLinkNode(in: system) { text in
                text.append(UInt64(process.identifier))
                text.append("/task/")
                text.append(UInt64(ProgramThread.current.thread.identifier))
            }
        }
        try addLink("mounts", to: "self/mounts", in: top)
        for file in files(of: Subject(process)) { try place(file.name, in: own, file.make) }
        try place("task", in: own) { () throws(Errno) in tasks() }
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
        return [
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
            text("mounts", subject) { SystemText.mounts(&$1) },
            text("mountinfo", subject) { SystemText.mountInformation(&$1) },
            text("cgroup", subject) { $1.append("0::/\n") },
            text("oom_score_adj", subject) { $1.append("0\n") },
            text("environ", subject, mode: 0o400) {
                ProcessText.memory($0.process.environmentRange, &$1)
            },
            text("auxv", subject, mode: 0o400) { ProcessText.auxiliaryVector($0.process, &$1) },
        ]
    }
    private func text(
        _ name: StaticString, _ subject: Subject, mode: UInt32 = 0o444,
        _ write: @escaping (Subject, inout TextBuffer) -> Void
    ) -> File {
        let system = system
        return File(name: name, kind: .regular) { () throws(Errno) in
            GeneratedNode(in: system, mode: FileMode(rawValue: mode)) { write(subject, &$0) }
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

    // MARK: Building

    @discardableResult
    private func place(
        _ name: StaticString, in entry: DirectoryEntry, _ make: () throws(Errno) -> Node
    ) throws(Errno) -> DirectoryEntry {
        guard let directory = entry.directory else { throw .notDirectory }
        return try directory.addMissing(name.bytes, in: entry, make)
    }
    func directory(_ name: StaticString, in entry: DirectoryEntry) throws(Errno) -> DirectoryEntry {
        try place(name, in: entry) { () throws(Errno) in
            DirectoryNode(in: system, mode: FileMode(rawValue: 0o555))
        }
    }
    /// A file's name, and what writes its text.
    typealias Text = (name: StaticString, write: (Process, inout TextBuffer) -> Void)
    func add(_ texts: [Text], to entry: DirectoryEntry, mode: UInt32 = 0o444) throws(Errno) {
        let process = process
        for text in texts {
            try place(text.name, in: entry) { () throws(Errno) in
                GeneratedNode(in: system, mode: FileMode(rawValue: mode)) {
                    text.write(process, &$0)
                }
            }
        }
    }
    private func addLink(
        _ name: StaticString, to target: StaticString, in entry: DirectoryEntry
    ) throws(Errno) {
        try place(name, in: entry) { () throws(Errno) in
            try SymbolicLinkNode(to: target.bytes, in: system)
        }
    }
}
