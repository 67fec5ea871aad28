internal import Base
package import Files
internal import LinuxABI
internal import Memory
internal import Processes
internal import Scheduler

/// The folders of /proc (proc(5)): one of each process, found by the number of any of its threads too, and
/// in it one of each thread.
///
/// Nothing of them is kept: nodes are made when somebody looks, with numbers that are the same each time, and
/// refer to the process, so that a file goes on to tell of the one that it was opened for. Text is written
/// when a file is read.
package struct ProcessFiles {
    let files: RootFileSystem
    let tree: TextTree
    var system: FileSystem { tree.system }

    /// Gives the tree's /proc and /sys their files, which are made when these are looked into.
    package static func add(to files: RootFileSystem) {
        let processFiles = ProcessFiles(files: files, tree: TextTree(system: files.processes))
        let top = files.processDirectory
        top.directory?.furtherNames = processFiles.processes()
        top.directory?.fillLater { () throws(Errno) in try processFiles.fill(top) }
        MachineFiles.add(to: files)
    }
    private func fill(_ top: DirectoryEntry) throws(Errno) {
        try addSystem(to: top)
        try tree.place("self", in: top) { () throws(Errno) in
            try GeneratedLinkNode(in: system) { $0.append(UInt64(Process.currentIdentifier)) }
        }
        try tree.place("thread-self", in: top) { () throws(Errno) in
            try GeneratedLinkNode(in: system) { text in
                text.append(UInt64(Process.currentIdentifier))
                text.append("/task/")
                text.append(UInt64(ProgramThread.current.thread.identifier))
            }
        }
    }

    /// The numbers in /proc: all processes', lowest first; threads' are found, too.
    private func processes() -> GeneratedNames {
        let files = self
        return GeneratedNames(
            finder: { name throws(Errno) in
                name.decimalName.flatMap { Subject($0) }.map { files.directory(of: $0) }
            },
            lister: { index, text in
                guard let process = ProcessTable.next(from: Int32(clamping: index)) else {
                    return nil
                }
                return Self.found(Subject(process, process.identifier, .process), &text)
            },
            directoryCounter: { ProcessTable.processCount })
    }
    /// Writes the name of a subject's folder.
    private static func found(
        _ subject: Subject, _ text: inout TextBuffer
    ) -> GeneratedNames.Found {
        text.append(UInt64(subject.identifier))
        return .init(
            Int64(subject.identifier), .directory, number: SubjectNode.number(of: subject))
    }

    /// The folder of a process or thread.
    private func directory(of subject: Subject) -> Node {
        let files = self
        let names = ProcessFile.all(in: subject.scope)
        return GeneratedDirectoryNode(
            in: system, mode: FileMode(rawValue: 0o555), SubjectNode(subject, .mode),
            GeneratedNames(
                finder: { name throws(Errno) in
                    guard !subject.isGone else { throw .noSuchProcess }
                    var index = 0
                    while index < names.count {
                        if name.isEqual(to: names[index].name) {
                            return try files.make(names[index], index + 1, subject)
                        }
                        index += 1
                    }
                    return nil
                },
                lister: { index, text throws(Errno) in
                    guard !subject.isGone else { throw .noSuchFile }
                    guard index < Int64(names.count) else { return nil }
                    let file = names[Int(index)]
                    text.append(file.name)
                    return .init(
                        index, file.kind,
                        number: SubjectNode.number(of: subject, file: Int(index) + 1))
                },
                // task, fd, fdinfo
                directoryCounter: { subject.scope == .process ? 3 : 2 }))
    }

    /// Makes the node of a name; `index` is its number in the folder.
    private func make(
        _ file: ProcessFile, _ index: Int, _ subject: Subject
    ) throws(Errno) -> Node {
        let place = SubjectNode(subject, file: index, file.guarding)
        let mode = FileMode(rawValue: file.mode)
        switch file.contents {
        case .text(let write, let receive):
            return text(place, mode, receive) { text throws(Errno) in
                guard !subject.isGone else { throw .noSuchProcess }
                try write(subject, &text)
            }
        case .memoryText(let write):
            // Of what the process runs now: another program's memory is another.
            let memory = subject.memory
            return text(place, mode, nil) { text throws(Errno) in
                try write(subject, memory?.isInUse == true ? memory : nil, &text)
            }
        case .link(let destination):
            return try MagicLinkNode(in: system, place, root: Process.current.root) {
                destination(subject)
            }
        case .tasks:
            return GeneratedDirectoryNode(in: system, mode: mode, place, tasks(of: subject))
        case .descriptors:
            return GeneratedDirectoryNode(
                in: system, mode: mode, place, descriptors(of: subject, index))
        case .descriptorDetails:
            return GeneratedDirectoryNode(
                in: system, mode: mode, place, descriptorDetails(of: subject, index))
        case .pages:
            let memory = subject.memory
            return GeneratedWordsNode(
                in: system, mode: mode, place, count: MappingText.pageMapCount
            ) {
                guard let memory, memory.isInUse else { return nil }
                return MappingText.pageMapEntry($0, of: memory)
            }
        case .memory:
            return MemoryFile.make(of: subject.memory, in: system, mode, place)
        }
    }
    private func text(
        _ place: SubjectNode, _ mode: FileMode, _ receive: ProcessFile.Receiver?,
        _ provider: @escaping GeneratedNode.Provider
    ) -> Node {
        guard let receive else {
            return GeneratedNode(in: system, mode: mode, of: place, provider)
        }
        let subject = place.subject
        return GeneratedNode(
            in: system, mode: mode, of: place,
            receiver: { (bytes) throws(Errno) in
                guard !subject.isGone else { throw .noSuchProcess }
                try receive(subject, bytes)
            }, provider)
    }

    // MARK: Folders in a folder

    /// task: a folder for each thread (proc_pid_task(5)).
    private func tasks(of subject: Subject) -> GeneratedNames {
        let files = self
        let process = subject.process
        return GeneratedNames(
            finder: { name throws(Errno) in
                guard !subject.isGone else { throw .noSuchProcess }
                return name.decimalName.flatMap { subject.thread($0) }
                    .map { files.directory(of: $0) }
            },
            lister: { index, text throws(Errno) in
                guard !subject.isGone else { throw .noSuchFile }
                var next: Int32?
                if process.identifier >= index { next = process.identifier }
                process.forEachThread {
                    let number = $0.thread.identifier
                    if number >= index, number < next ?? .max { next = number }
                }
                return next.map { Self.found(Subject(process, $0, .thread), &text) }
            },
            directoryCounter: { subject.threadCount })
    }
    /// fd: a link a descriptor, which leads to the open file itself.
    private func descriptors(of subject: Subject, _ index: Int) -> GeneratedNames {
        let system = system
        let process = subject.process
        return GeneratedNames(
            finder: { name throws(Errno) in
                guard let number = name.decimalName,
                    let file = subject.file(of: number)
                else { return nil }
                // Its owner's alone, with a right of search beside each other one (fs/proc/fd.c).
                var mode: UInt32 = 0
                if file.flags.allowsReading { mode |= 0o500 }
                if file.flags.allowsWriting { mode |= 0o300 }
                return try MagicLinkNode(
                    in: system, mode: FileMode(rawValue: mode),
                    SubjectNode(subject, file: index, part: number + 1, .link),
                    root: Process.current.root, byteCount: 64
                ) { subject.file(of: number)?.entry }
            },
            lister: { position, text throws(Errno) in
                guard !subject.isGone else { throw .noSuchFile }
                guard subject.memory != nil,
                    let number = process.descriptors.next(from: Int32(clamping: position))
                else { return nil }
                text.append(UInt64(number))
                return .init(
                    Int64(number), .symbolicLink,
                    number: SubjectNode.number(of: subject, file: index, part: number + 1))
            })
    }
    /// fdinfo: a file a descriptor (proc_pid_fdinfo(5)).
    private func descriptorDetails(of subject: Subject, _ index: Int) -> GeneratedNames {
        let system = system
        let process = subject.process
        return GeneratedNames(
            finder: { name throws(Errno) in
                guard let number = name.decimalName, subject.file(of: number) != nil else {
                    return nil
                }
                return GeneratedNode(
                    in: system, mode: FileMode(rawValue: 0o444),
                    of: SubjectNode(subject, file: index, part: number + 1, .inspection)
                ) { text throws(Errno) in
                    guard subject.file(of: number) != nil else { throw .noSuchFile }
                    ProcessText.descriptor(number, of: process, &text)
                }
            },
            lister: { position, text throws(Errno) in
                guard !subject.isGone else { throw .noSuchFile }
                guard subject.memory != nil,
                    let number = process.descriptors.next(from: Int32(clamping: position))
                else { return nil }
                text.append(UInt64(number))
                return .init(
                    Int64(number), .regular,
                    number: SubjectNode.number(of: subject, file: index, part: number + 1))
            })
    }
}

extension Subject {
    /// The open file of a descriptor; what has ended has none.
    fileprivate func file(of number: Int32) -> OpenFile? {
        memory == nil ? nil : try? process.descriptors.file(number)
    }
}
