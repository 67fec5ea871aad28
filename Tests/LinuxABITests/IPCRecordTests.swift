import Base
import LinuxABI
import Testing

@Suite("Records of System V objects") struct IPCRecordTests {
    private static var permission: IPCPermissionRecord {
        var record = IPCPermissionRecord()
        (record.key, record.owner, record.group) = (0x0101, 0x0202, 0x0303)
        (record.creator, record.creatorGroup) = (0x0404, 0x0505)
        (record.mode, record.sequence) = (0x0606, 0x0707)
        return record
    }
    private static let permissionFields: [(String, UInt8)] = [
        ("key", 1), ("uid", 2), ("gid", 3), ("cuid", 4), ("cgid", 5), ("mode", 6), ("seq", 7),
    ]
    private static func bytes(
        _ count: Int, _ encode: (inout MutableRawSpan) -> Void
    ) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        do {
            var span = bytes.mutableSpan
            var raw = span.mutableBytes
            encode(&raw)
        }
        return bytes
    }
    /// Each field has a value of its own in its low two bytes.
    private static func check(
        _ abi: ABI, _ name: String, _ permissionName: String, _ header: String,
        _ fields: [(String, UInt8)], _ bytes: [UInt8]
    ) throws {
        let headers = try #require(KernelHeaders(abi))
        var expected = [("sizeof(struct \(name))", UInt64(bytes.count))]
        let all = permissionFields.map { ("\(permissionName).\($0.0)", $0.1) } + fields
        for (field, value) in all {
            let place = try #require(
                bytes.indices.dropLast().first { bytes[$0] == value && bytes[$0 + 1] == value })
            expected.append(("offsetof(struct \(name), \(field))", UInt64(place)))
        }
        #expect(try headers.refused(expected, including: ["linux/types.h", header]) == [])
    }

    @Test(
        "struct shmid64_ds has each field where the headers have it",
        .enabled(if: KernelHeaders.exist, "no C compiler with headers for each architecture"),
        arguments: ABI.allCases)
    func sharedMemory(abi: ABI) throws {
        var record = SharedMemoryRecord()
        record.permission = Self.permission
        (record.byteCount, record.attachTime, record.detachTime) = (0x0808, 0x0909, 0x0a0a)
        (record.changeTime, record.creator, record.lastProcess) = (0x0b0b, 0x0c0c, 0x0d0d)
        record.attachCount = 0x0e0e
        try Self.check(
            abi, "shmid64_ds", "shm_perm", "linux/shm.h",
            [
                ("shm_segsz", 8), ("shm_atime", 9), ("shm_dtime", 10), ("shm_ctime", 11),
                ("shm_cpid", 12), ("shm_lpid", 13), ("shm_nattch", 14),
            ], Self.bytes(SharedMemoryRecord.byteCount) { record.encode(into: &$0) })
    }
    @Test(
        "struct semid64_ds has each field where the headers have it",
        .enabled(if: KernelHeaders.exist, "no C compiler with headers for each architecture"),
        arguments: ABI.allCases)
    func semaphores(abi: ABI) throws {
        var record = SemaphoreSetRecord()
        record.permission = Self.permission
        (record.operationTime, record.changeTime, record.count) = (0x0808, 0x0909, 0x0a0a)
        try Self.check(
            abi, "semid64_ds", "sem_perm", "linux/sem.h",
            [("sem_otime", 8), ("sem_ctime", 9), ("sem_nsems", 10)],
            Self.bytes(SemaphoreSetRecord.byteCount(abi)) { record.encode(as: abi, into: &$0) })
    }
    @Test(
        "struct msqid64_ds has each field where the headers have it",
        .enabled(if: KernelHeaders.exist, "no C compiler with headers for each architecture"),
        arguments: ABI.allCases)
    func messageQueue(abi: ABI) throws {
        var record = MessageQueueRecord()
        record.permission = Self.permission
        (record.sendTime, record.receiveTime, record.changeTime) = (0x0808, 0x0909, 0x0a0a)
        (record.byteCount, record.messageCount, record.capacity) = (0x0b0b, 0x0c0c, 0x0d0d)
        (record.lastSender, record.lastReceiver) = (0x0e0e, 0x0f0f)
        try Self.check(
            abi, "msqid64_ds", "msg_perm", "linux/msg.h",
            [
                ("msg_stime", 8), ("msg_rtime", 9), ("msg_ctime", 10), ("msg_cbytes", 11),
                ("msg_qnum", 12), ("msg_qbytes", 13), ("msg_lspid", 14), ("msg_lrpid", 15),
            ], Self.bytes(MessageQueueRecord.byteCount) { record.encode(into: &$0) })
    }
}
