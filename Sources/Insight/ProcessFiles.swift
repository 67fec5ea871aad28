internal import Base
package import Files
internal import LinuxABI
package import Processes

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
        try addSystem(to: top)
        let own = try directory("1", in: top)
        try addLink("self", to: "1", in: top)
        try addLink("thread-self", to: "1/task/1", in: top)
        try addLink("mounts", to: "self/mounts", in: top)
        try addProcess(to: own)
        let tasks = try directory("task", in: own)
        tasks.directory?.fillLater { () throws(Errno) in
            try addProcess(to: try directory("1", in: tasks))
        }
    }

    /// What both a process's and a thread's directory hold.
    private func addProcess(to own: DirectoryEntry) throws(Errno) {
        let process = process
        try addMagic("exe", in: own) { process.executable }
        try addMagic("cwd", in: own) { process.workingDirectory }
        try addMagic("root", in: own) { process.root }
        try addDescriptors(to: own)
        try addPageMap(to: own)
        try add(
            [
                ("status", ProcessText.status), ("stat", ProcessText.stat),
                ("statm", ProcessText.memoryPages), ("limits", ProcessText.limits),
                ("maps", MappingText.maps), ("smaps", MappingText.details),
                ("smaps_rollup", MappingText.sum), ("comm", ProcessText.nameLine),
                ("cmdline", { ProcessText.memory($0.argumentRange, &$1) }),
                ("mounts", { SystemText.mounts(&$1) }),
                ("mountinfo", { SystemText.mountInformation(&$1) }),
                ("cgroup", { $1.append("0::/\n") }), ("oom_score_adj", { $1.append("0\n") }),
            ], to: own)
        try add(
            [
                ("environ", { ProcessText.memory($0.environmentRange, &$1) }),
                ("auxv", ProcessText.auxiliaryVector),
            ], to: own, mode: 0o400)
    }

    /// pagemap: a word for each page (proc_pid_pagemap(5)).
    private func addPageMap(to own: DirectoryEntry) throws(Errno) {
        let process = process
        let system = system
        try place("pagemap", in: own) { () throws(Errno) in
            GeneratedWordsNode(
                in: system, mode: FileMode(rawValue: 0o400), count: MappingText.pageMapCount
            ) { MappingText.pageMapEntry($0, of: process) }
        }
    }

    /// fd: a link a descriptor, which leads to the open file itself.
    private func addDescriptors(to own: DirectoryEntry) throws(Errno) {
        let process = process
        let system = system
        try place("fd", in: own) { () throws(Errno) in
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
    private static func number(_ name: RawSpan) -> Int32? {
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
    private func addMagic(
        _ name: StaticString, in entry: DirectoryEntry,
        _ destination: @escaping MagicLinkNode.Destination
    ) throws(Errno) {
        try place(name, in: entry) { () throws(Errno) in
            try MagicLinkNode(in: system, root: process.root, destination)
        }
    }
}
