internal import Base
internal import Files
internal import LinuxABI
internal import Processes

/// A name in the folder of a process or of a thread (proc(5); fs/proc/base.c, tgid_base_stuff and
/// tid_base_stuff), in Linux's order.
struct ProcessFile: Sendable {
    typealias Writer = @Sendable (Subject, inout TextBuffer) throws(Errno) -> Void
    /// Gets the memory that there was when the file was looked up, if it is still there.
    typealias MemoryWriter =
        @Sendable (
            Subject, ProcessMemory?, inout TextBuffer
        ) throws(Errno) -> Void
    typealias Receiver = @Sendable (Subject, RawSpan) throws(Errno) -> Void
    enum Contents: Sendable {
        case text(Writer, Receiver?)
        case memoryText(MemoryWriter)
        case link(@Sendable (Subject) -> DirectoryEntry?)
        case tasks
        case descriptors
        case descriptorDetails
        /// pagemap
        case pages
        /// mem
        case memory
    }
    let name: StaticString
    let kind: FileKind
    let mode: UInt32
    let guarding: SubjectNode.Guarding
    let contents: Contents

    private init(
        _ name: StaticString, _ kind: FileKind, _ mode: UInt32,
        _ guarding: SubjectNode.Guarding = .mode, _ contents: Contents
    ) {
        self.name = name
        self.kind = kind
        self.mode = mode
        self.guarding = guarding
        self.contents = contents
    }
    /// A file of text. `receive` takes what is written.
    private init(
        _ name: StaticString, mode: UInt32 = 0o444, receive: Receiver? = nil,
        _ write: @escaping Writer
    ) { self.init(name, .regular, mode, .mode, .text(write, receive)) }
    /// A file that tells of memory, for who may look into the process.
    private init(
        _ name: StaticString, mode: UInt32 = 0o444, _ guarding: SubjectNode.Guarding,
        _ write: @escaping MemoryWriter
    ) { self.init(name, .regular, mode, guarding, .memoryText(write)) }

    static func all(in scope: Subject.Scope) -> [ProcessFile] {
        scope == .process ? ofProcesses : ofThreads
    }
    private static let ofProcesses: [ProcessFile] =
        [ProcessFile("task", .directory, 0o555, .mode, .tasks)] + common + [
            ProcessFile("io", mode: 0o400, ProcessText.transfers)
        ]
    private static let ofThreads: [ProcessFile] =
        common + [ProcessFile("children", ProcessText.children)]

    private static let common: [ProcessFile] = [
        ProcessFile("fd", .directory, 0o500, .ownDescriptors, .descriptors),
        ProcessFile("fdinfo", .directory, 0o555, .inspectionToSearch, .descriptorDetails),
        ProcessFile("environ", mode: 0o400, .memory) { _, memory, text in
            if let memory { ProcessText.memory(memory.environmentRange, of: memory, &text) }
        },
        ProcessFile("auxv", mode: 0o400, .memory) { _, memory, text in
            if let memory { ProcessText.auxiliaryVector(memory, &text) }
        },
        ProcessFile("status", ProcessText.status),
        ProcessFile("personality", mode: 0o400, ProcessText.personality),
        ProcessFile("limits", ProcessText.limits),
        ProcessFile("sched", mode: 0o644, ProcessText.schedule),
        ProcessFile("comm", mode: 0o644, receive: ProcessText.setName, ProcessText.nameLine),
        ProcessFile("cmdline", ProcessText.commandLine),
        ProcessFile("stat", ProcessText.stat),
        ProcessFile("statm", ProcessText.memoryPages),
        ProcessFile("maps", .inspection) { subject, memory, text throws(Errno) in
            guard !subject.isGone else { throw .noSuchProcess }
            if let memory { MappingText.maps(memory, &text) }
        },
        ProcessFile("mem", .regular, 0o600, .memory, .memory),
        ProcessFile(
            "cwd", .symbolicLink, 0o777, .link,
            .link {
                $0.memory == nil ? nil : $0.process.workingDirectory
            }),
        ProcessFile(
            "root", .symbolicLink, 0o777, .link,
            .link {
                $0.memory == nil ? nil : $0.process.root
            }),
        ProcessFile("exe", .symbolicLink, 0o777, .link, .link { $0.memory?.executable }),
        ProcessFile("mounts") { subject, text throws(Errno) in
            try ProcessText.requirePlace(subject)
            MountText.mounts(&text)
        },
        ProcessFile("mountinfo") { subject, text throws(Errno) in
            try ProcessText.requirePlace(subject)
            MountText.information(&text)
        },
        ProcessFile("mountstats", mode: 0o400) { subject, text throws(Errno) in
            try ProcessText.requirePlace(subject)
            MountText.statistics(&text)
        },
        ProcessFile("smaps", .inspection) { subject, memory, text throws(Errno) in
            guard !subject.isGone else { throw .noSuchProcess }
            if let memory { MappingText.details(memory, &text) }
        },
        ProcessFile("smaps_rollup", .inspection) { _, memory, text throws(Errno) in
            guard let memory else { throw .noSuchProcess }
            MappingText.sum(memory, &text)
        },
        ProcessFile("pagemap", .regular, 0o400, .inspection, .pages),
        ProcessFile("wchan", ProcessText.waitChannel),
        ProcessFile("schedstat", ProcessText.scheduleStatistics),
        ProcessFile("cpuset") { $1.append("/\n") },
        ProcessFile("cgroup") { $1.append("0::/\n") },
        ProcessFile("oom_score") { SystemText.line($0.process.memoryScore, &$1) },
        ProcessFile(
            "oom_adj", mode: 0o644, receive: ProcessText.setOldMemoryAdjustment,
            ProcessText.oldMemoryAdjustment),
        ProcessFile(
            "oom_score_adj", mode: 0o644, receive: ProcessText.setMemoryAdjustment,
            ProcessText.memoryAdjustment),
        ProcessFile("loginuid", mode: 0o644, receive: refuse) { $1.append("4294967295") },
        ProcessFile("sessionid") { $1.append("4294967295") },
        ProcessFile("uid_map", mode: 0o644, receive: refuse) {
            $1.append(ProcessText.identityMap)
        },
        ProcessFile("gid_map", mode: 0o644, receive: refuse) {
            $1.append(ProcessText.identityMap)
        },
        ProcessFile("projid_map", mode: 0o644, receive: refuse) {
            $1.append(ProcessText.identityMap)
        },
        ProcessFile("setgroups", mode: 0o644, receive: refuse) { $1.append("allow\n") },
    ]
    /// What can't be changed from inside.
    private static func refuse(_ subject: Subject, _ bytes: RawSpan) throws(Errno) {
        throw .operationNotPermitted
    }
}
