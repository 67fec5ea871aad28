internal import Base
package import Files
package import LinuxABI
package import Processes

/// The files of /proc (proc(5)), filled in from what the process and the machine know.
///
/// Made once, when the process is; text is written when a file is read. There is one process, so
/// /proc/self and /proc/1 are the same for ever.
package struct ProcessFiles {
    let system: FileSystem
    let process: Process

    /// Adds everything to the tree's /proc. ENOMEM.
    package static func add(to tree: RootFileSystem, for process: Process) throws(Errno) {
        let files = ProcessFiles(system: tree.processes, process: process)
        let top = tree.processDirectory
        try files.addSystem(to: top)
        let own = try files.directory("1", in: top)
        try files.addLink("self", to: "1", in: top)
        try files.addLink("thread-self", to: "1/task/1", in: top)
        try files.addLink("mounts", to: "self/mounts", in: top)
        try files.addProcess(to: own)
        let thread = try files.directory("1", in: try files.directory("task", in: own))
        try files.addProcess(to: thread)
    }

    /// What both a process's and a thread's directory hold.
    private func addProcess(to own: DirectoryEntry) throws(Errno) {
        let process = process
        try addMagic("exe", in: own) { process.executable }
        try addMagic("cwd", in: own) { process.workingDirectory }
        try addMagic("root", in: own) { process.root }
        try addDescriptors(to: own)
        try add("status", in: own) { ProcessText.status(process, &$0) }
        try add("stat", in: own) { ProcessText.stat(process, &$0) }
        try add("statm", in: own) { ProcessText.memoryPages(process, &$0) }
        try add("limits", in: own) { ProcessText.limits(process, &$0) }
        try add("maps", in: own) { ProcessText.maps(process, &$0) }
        try add("comm", in: own) { text in
            ProcessText.name(process, &text)
            text.append(byte: 0x0a)
        }
        try add("cmdline", in: own) { ProcessText.memory(process.argumentRange, &$0) }
        try add("environ", in: own, mode: 0o400) {
            ProcessText.memory(process.environmentRange, &$0)
        }
        try add("auxv", in: own, mode: 0o400) { ProcessText.auxiliaryVector(process, &$0) }
        try add("mounts", in: own) { SystemText.mounts(&$0) }
        try add("mountinfo", in: own) { SystemText.mountInformation(&$0) }
        try add("cgroup", in: own) { $0.append("0::/\n") }
        try add("oom_score_adj", in: own) { $0.append("0\n") }
    }

    /// fd: a link a descriptor, which leads to the open file itself.
    private func addDescriptors(to own: DirectoryEntry) throws(Errno) {
        let process = process
        let system = system
        let directory = GeneratedDirectoryNode(
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
        try place(directory, "fd", in: own)
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

    private func place(_ node: Node, _ name: StaticString, in entry: DirectoryEntry) throws(Errno) {
        try entry.directory?.add(node, named: name.bytes, in: entry)
    }
    func directory(_ name: StaticString, in entry: DirectoryEntry) throws(Errno) -> DirectoryEntry {
        guard let directory = entry.directory else { throw .notDirectory }
        let node = DirectoryNode(in: system, mode: FileMode(rawValue: 0o555))
        return try directory.add(node, named: name.bytes, in: entry)
    }
    func add(
        _ name: StaticString, in entry: DirectoryEntry, mode: UInt32 = 0o444,
        _ provider: @escaping GeneratedNode.Provider
    ) throws(Errno) {
        try place(
            GeneratedNode(in: system, mode: FileMode(rawValue: mode), provider), name, in: entry)
    }
    private func addLink(
        _ name: StaticString, to target: StaticString, in entry: DirectoryEntry
    ) throws(Errno) {
        try place(SymbolicLinkNode(to: target.bytes, in: system), name, in: entry)
    }
    private func addMagic(
        _ name: StaticString, in entry: DirectoryEntry,
        _ destination: @escaping MagicLinkNode.Destination
    ) throws(Errno) {
        try place(
            MagicLinkNode(in: system, root: process.root, destination), name, in: entry)
    }
}
