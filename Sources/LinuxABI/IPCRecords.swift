internal import Base

/// Flags of shmget(2), semget(2) and msgget(2) beside the permission bits (linux/ipc.h, linux/shm.h).
package struct IPCGetFlags: OptionSet, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }
    /// IPC_CREAT
    package static let create = Self(rawValue: 0o1000)
    /// IPC_EXCL
    package static let exclusive = Self(rawValue: 0o2000)
    /// SHM_HUGETLB
    package static let hugePages = Self(rawValue: 0o4000)
    /// SHM_NORESERVE
    package static let unreserved = Self(rawValue: 0o10000)
    /// SHM_HUGE_MASK: the binary logarithm of a huge page's size, 0 for the usual one.
    package var hugePageShift: Int32 { rawValue >> 26 & 0x3f }
    /// The nine permission bits.
    package var mode: UInt32 { UInt32(bitPattern: rawValue) & 0o777 }
}

/// struct ipc64_perm (asm-generic/ipcbuf.h), with which the three records begin.
package struct IPCPermissionRecord: Equatable, Sendable {
    package static let byteCount = 48
    package var key: Int32 = 0
    package var owner: UInt32 = 0
    package var group: UInt32 = 0
    package var creator: UInt32 = 0
    package var creatorGroup: UInt32 = 0
    package var mode: UInt32 = 0
    package var sequence: UInt16 = 0

    package init() {}
    /// What IPC_SET takes over of the bytes that begin a record. Precondition: `byteCount` of them.
    package init(_ bytes: RawSpan) {
        owner = bytes.littleEndian(UInt32.self, at: 4)
        group = bytes.littleEndian(UInt32.self, at: 8)
        mode = bytes.littleEndian(UInt32.self, at: 20)
    }
    @_lifetime(bytes: copy bytes)
    fileprivate func encode(into bytes: inout MutableRawSpan) {
        bytes.storeLittleEndian(key, at: 0)
        bytes.storeLittleEndian(owner, at: 4)
        bytes.storeLittleEndian(group, at: 8)
        bytes.storeLittleEndian(creator, at: 12)
        bytes.storeLittleEndian(creatorGroup, at: 16)
        bytes.storeLittleEndian(mode, at: 20)
        bytes.storeLittleEndian(sequence, at: 24)
    }
}

/// struct shmid64_ds (asm-generic/shmbuf.h). Times are seconds.
package struct SharedMemoryRecord: Sendable {
    package static let byteCount = 112
    package var permission = IPCPermissionRecord()
    package var byteCount: UInt64 = 0
    package var attachTime: Int64 = 0
    package var detachTime: Int64 = 0
    package var changeTime: Int64 = 0
    package var creator: Int32 = 0
    package var lastProcess: Int32 = 0
    package var attachCount: UInt64 = 0

    package init() {}
    /// Writes it into bytes that are zero. Precondition: `byteCount` of them, here and below.
    @_lifetime(bytes: copy bytes)
    package func encode(into bytes: inout MutableRawSpan) {
        permission.encode(into: &bytes)
        bytes.storeLittleEndian(byteCount, at: 48)
        bytes.storeLittleEndian(attachTime, at: 56)
        bytes.storeLittleEndian(detachTime, at: 64)
        bytes.storeLittleEndian(changeTime, at: 72)
        bytes.storeLittleEndian(creator, at: 80)
        bytes.storeLittleEndian(lastProcess, at: 84)
        bytes.storeLittleEndian(attachCount, at: 88)
    }
}

/// struct semid64_ds: asm-generic/sembuf.h, and x86's own with a word behind each time.
package struct SemaphoreSetRecord: Sendable {
    package static func byteCount(_ abi: ABI) -> Int { abi == .x86_64 ? 104 : 88 }
    package var permission = IPCPermissionRecord()
    package var operationTime: Int64 = 0
    package var changeTime: Int64 = 0
    package var count: UInt64 = 0

    package init() {}
    @_lifetime(bytes: copy bytes)
    package func encode(as abi: ABI, into bytes: inout MutableRawSpan) {
        let step = abi == .x86_64 ? 16 : 8
        permission.encode(into: &bytes)
        bytes.storeLittleEndian(operationTime, at: 48)
        bytes.storeLittleEndian(changeTime, at: 48 + step)
        bytes.storeLittleEndian(count, at: 48 + 2 * step)
    }
}

/// struct msqid64_ds (asm-generic/msgbuf.h).
package struct MessageQueueRecord: Sendable {
    package static let byteCount = 120
    /// Where msg_qbytes is, which IPC_SET takes too.
    package static let capacityOffset = 88
    package var permission = IPCPermissionRecord()
    package var sendTime: Int64 = 0
    package var receiveTime: Int64 = 0
    package var changeTime: Int64 = 0
    package var byteCount: UInt64 = 0
    package var messageCount: UInt64 = 0
    package var capacity: UInt64 = 0
    package var lastSender: Int32 = 0
    package var lastReceiver: Int32 = 0

    package init() {}
    @_lifetime(bytes: copy bytes)
    package func encode(into bytes: inout MutableRawSpan) {
        permission.encode(into: &bytes)
        bytes.storeLittleEndian(sendTime, at: 48)
        bytes.storeLittleEndian(receiveTime, at: 56)
        bytes.storeLittleEndian(changeTime, at: 64)
        bytes.storeLittleEndian(byteCount, at: 72)
        bytes.storeLittleEndian(messageCount, at: 80)
        bytes.storeLittleEndian(capacity, at: Self.capacityOffset)
        bytes.storeLittleEndian(lastSender, at: 96)
        bytes.storeLittleEndian(lastReceiver, at: 100)
    }
}
