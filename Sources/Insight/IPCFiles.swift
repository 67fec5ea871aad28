internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes

/// /proc/sysvipc and what /proc/sys/kernel says of System V's objects (sysvipc(7), proc_sys_kernel(5)).
struct IPCFiles {
    let tree: TextTree

    func fill(_ entry: DirectoryEntry) throws(Errno) {
        try tree.add(
            [
                ("msg", { Self.queues(&$0) }),
                ("sem", { Self.sets(&$0) }),
                ("shm", { Self.segments(&$0) }),
            ], to: entry)
    }
    func addSettings(to entry: DirectoryEntry) throws(Errno) {
        try tree.add(
            [
                (
                    "sem",
                    {
                        let limits = [
                            Semaphores.maximumPerSet, Semaphores.maximumCount,
                            Semaphores.maximumOperations, Semaphores.maximumSets,
                        ]
                        for index in 0..<4 {
                            if index > 0 { $0.append("\t") }
                            $0.append(UInt64(limits[index]))
                        }
                        $0.append("\n")
                    }
                ),
                ("msgmax", { SystemText.line(UInt64(MessageQueues.maximumByteCount), &$0) }),
                ("msgmnb", { SystemText.line(UInt64(MessageQueues.standardCapacity), &$0) }),
                ("msgmni", { SystemText.line(UInt64(MessageQueues.maximumQueues), &$0) }),
                ("shmmax", { SystemText.line(SharedMemory.maximumByteCount, &$0) }),
                ("shmall", { SystemText.line(SharedMemory.maximumPages, &$0) }),
                ("shmmni", { SystemText.line(UInt64(SharedMemory.maximumSegments), &$0) }),
            ], to: entry, mode: 0o644)
        try tree.add(lines: "shm_rmid_forced 0\n", to: entry, mode: 0o644)
    }

    /// /proc/sys/fs/mqueue
    func addQueueSettings(to entry: DirectoryEntry) throws(Errno) {
        let values: [(StaticString, Int)] = [
            ("msg_default", MessageQueueLimits.standard.messageCount),
            ("msg_max", MessageQueueLimits.most.messageCount),
            ("msgsize_default", MessageQueueLimits.standard.byteCount),
            ("msgsize_max", MessageQueueLimits.most.byteCount),
            ("queues_max", MessageQueueNode.maximumCount),
        ]
        for (name, value) in values {
            try tree.file(name, in: entry, mode: 0o644) { SystemText.line(UInt64(value), &$0) }
        }
    }

    private static func queues(_ text: inout TextBuffer) {
        text.append("       key      msqid perms      cbytes       qnum lspid lrpid")
        text.append("   uid   gid  cuid  cgid      stime      rtime      ctime\n")
        IPC.messageQueuesIfAny?.forEach { queue in
            let record = queue.record
            begin(queue, &text)
            text.append(" ")
            field(record.byteCount, 10, &text)
            field(record.messageCount, 10, &text)
            field(UInt64(record.lastSender), 5, &text)
            field(UInt64(record.lastReceiver), 5, &text)
            owners(record.permission, &text)
            for time in [record.sendTime, record.receiveTime, record.changeTime] {
                field(UInt64(time), 10, &text)
            }
            text.append("\n")
        }
    }
    private static func sets(_ text: inout TextBuffer) {
        text.append("       key      semid perms      nsems")
        text.append("   uid   gid  cuid  cgid      otime      ctime\n")
        IPC.semaphoresIfAny?.forEach { set in
            let record = set.record
            begin(set, &text)
            field(record.count, 10, &text)
            owners(record.permission, &text)
            field(UInt64(record.operationTime), 10, &text)
            field(UInt64(record.changeTime), 10, &text)
            text.append("\n")
        }
    }
    private static func segments(_ text: inout TextBuffer) {
        text.append("       key      shmid perms                  size  cpid  lpid nattch")
        text.append("   uid   gid  cuid  cgid      atime      dtime      ctime")
        text.append("                   rss                  swap\n")
        IPC.sharedMemoryIfAny?.forEach { segment in
            let record = segment.record
            begin(segment, &text)
            field(record.byteCount, 21, &text)
            field(UInt64(record.creator), 5, &text)
            field(UInt64(record.lastProcess), 5, &text)
            text.append(" ")
            field(record.attachCount, 5, &text)
            owners(record.permission, &text)
            for time in [record.attachTime, record.detachTime, record.changeTime] {
                field(UInt64(time), 10, &text)
            }
            field(UInt64(segment.pages.allocatedPages) << UInt64(Page.shift), 21, &text)
            field(0, 21, &text)
            text.append("\n")
        }
    }

    /// Key, identifier and mode, with which each line begins.
    private static func begin(_ object: IPCObject, _ text: inout TextBuffer) {
        let key = Int64(object.permission.key)
        text.append(
            repeating: 0x20, count: 10 - digits(key.magnitude) - (key < 0 ? 1 : 0))
        text.append(decimal: key)
        field(UInt64(object.identifier), 10, &text)
        text.append("  ")
        text.append(UInt64(object.permission.mode), radix: 8, width: 4)
    }
    private static func digits(_ value: UInt64) -> Int {
        var (rest, count) = (value, 1)
        while rest >= 10 {
            rest /= 10
            count += 1
        }
        return count
    }
    private static func owners(_ record: IPCPermissionRecord, _ text: inout TextBuffer) {
        for number in [record.owner, record.group, record.creator, record.creatorGroup] {
            field(UInt64(number), 5, &text)
        }
    }
    private static func field(_ value: UInt64, _ width: Int, _ text: inout TextBuffer) {
        text.append(" ")
        text.append(value, width: width)
    }
}
