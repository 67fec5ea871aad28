internal import Base
internal import Hardware
package import LinuxABI
package import Memory

/// A segment of System V shared memory (shmget(2)): an object that processes map.
package final class SharedSegment: IPCObject {
    package let byteCount: UInt64
    package let pages: PageCache
    /// The key that it was made with, by which /proc names it.
    package let firstKey: Int32
    /// Process numbers; 0: none.
    package let creator: Int32
    package fileprivate(set) var lastProcess: Int32 = 0
    /// Seconds since 1970; 0: never.
    package fileprivate(set) var attachTime: Int64 = 0
    package fileprivate(set) var detachTime: Int64 = 0
    /// Regions that map it, of all processes (shm_nattch), and calls that are about to.
    package fileprivate(set) var attachCount: UInt64 = 0
    /// Whose limit of locked memory it counts against; `nil`: not locked.
    fileprivate var locker: UInt32?
    private let memory: SharedMemory

    /// SHM_DEST: it goes with its last mapping.
    static let isDoomed: UInt32 = 0o1000
    /// SHM_LOCKED
    static let isLocked: UInt32 = 0o2000

    fileprivate init(
        _ permission: IPCPermission, byteCount: UInt64, in memory: SharedMemory,
        by caller: IPCCaller
    ) {
        self.byteCount = byteCount
        self.memory = memory
        firstKey = permission.key
        creator = caller.process
        pages = PageCache()
        pages.byteCount = Int64(byteCount)
        super.init(permission)
    }
    /// Pages that it takes at most, and their bytes.
    var pageCount: UInt64 { UInt64(pages.pageCount) }
    package var wholeByteCount: UInt64 { pageCount << UInt64(Page.shift) }

    fileprivate func attached() {
        attachCount += 1
        attachTime = Self.now()
        lastProcess = Self.process
    }
    fileprivate func detached() {
        attachCount -= 1
        detachTime = Self.now()
        lastProcess = Self.process
        removeIfDoomed()
    }
    /// Keeps it while a call maps it, which may wait for nothing but may fail.
    package func hold() { attachCount += 1 }
    package func letGo() {
        attachCount -= 1
        removeIfDoomed()
    }
    private func removeIfDoomed() {
        guard attachCount == 0, permission.mode & Self.isDoomed != 0, !isRemoved else { return }
        memory.remove(self)
    }
    private static var process: Int32 { Process.hasCurrent ? Process.current.identifier : 0 }

    /// As shmctl(2) tells it.
    package var record: SharedMemoryRecord {
        var record = SharedMemoryRecord()
        record.permission = permission.record
        record.byteCount = byteCount
        record.attachTime = attachTime
        record.detachTime = detachTime
        record.changeTime = changeTime
        record.creator = creator
        record.lastProcess = lastProcess
        record.attachCount = attachCount
        return record
    }
}

/// What the regions of one shmat(2) belong to.
///
/// The segment counts regions, as Linux does: a cut mapping counts twice, and so does one that a child
/// inherits; no end of a mapping needs a call of its own.
package final class SharedAttachment: RegionOwner {
    package let segment: SharedSegment
    package init(_ segment: SharedSegment) {
        self.segment = segment
        super.init()
    }
    package override var keepsRegionsApart: Bool { true }
    package override func mapped() { segment.attached() }
    package override func unmapped() { segment.detached() }
}

/// All segments (shm_overview(7), svipc(7)).
package final class SharedMemory {
    /// kernel.shmmax in bytes, shmall in pages, shmmni.
    package static let maximumByteCount = UInt64.max - 1 << 24
    package static let maximumPages = UInt64.max - 1 << 24
    package static let maximumSegments = 4096

    private let table = IPCTable<SharedSegment>()
    /// Pages of all segments, whether or not they are there.
    package private(set) var pageCount: UInt64 = 0
    package init() {}

    package var count: Int { table.count }
    /// -1: none.
    package var highestIndex: Int { table.highestIndex }
    /// Pages of segments that are there.
    package var residentPages: Int {
        var sum = 0
        table.forEach { sum += $0.pages.allocatedPages }
        return sum
    }
    package func forEach(_ body: (SharedSegment) -> Void) { table.forEach(body) }

    /// Finds or makes a segment; returns its identifier (shmget(2)). EACCES, EEXIST, EINVAL, ENOENT,
    /// ENOMEM, ENOSPC, EPERM.
    package func get(
        key: Int32, byteCount: UInt64, _ flags: IPCGetFlags, by caller: IPCCaller
    ) throws(Errno) -> Int32 {
        try table.get(key: key, flags, by: caller) {
            $0.byteCount >= byteCount
        } make: {
            () throws(Errno) in
            try make(key: key, byteCount: byteCount, flags, by: caller)
        }
    }
    private func make(
        key: Int32, byteCount: UInt64, _ flags: IPCGetFlags, by caller: IPCCaller
    ) throws(Errno) -> SharedSegment {
        guard byteCount > 0, byteCount <= Self.maximumByteCount else { throw .invalidArgument }
        let pages = byteCount >> UInt64(Page.shift) + (byteCount & Page.offsetMask == 0 ? 0 : 1)
        let (sum, overflow) = pageCount.addingReportingOverflow(pages)
        guard !overflow, sum <= Self.maximumPages else { throw .noSpace }
        if flags.contains(.hugePages) {
            // 2 MiB and 1 GiB; none is ever reserved, as where vm.nr_hugepages is 0.
            guard [0, 21, 30].contains(flags.hugePageShift) else { throw .invalidArgument }
            guard caller.credentials.has(.lockMemory) else { throw .operationNotPermitted }
            throw .outOfMemory
        }
        guard byteCount <= UInt64(Int64.max) else { throw .invalidArgument }
        // As Linux's heuristic: a request that can never be met.
        guard flags.contains(.unreserved) || pages <= UInt64(Frames.totalCount) else {
            throw .outOfMemory
        }
        try admitObject()
        let segment = SharedSegment(
            IPCPermission(key: key, mode: flags.mode, by: caller), byteCount: byteCount, in: self,
            by: caller)
        try table.add(segment, limit: Self.maximumSegments)
        pageCount += pages
        return segment
    }

    /// The segment that shmctl(2) tells about. EACCES, EINVAL.
    package func find(_ name: IPCName, by caller: IPCCaller) throws(Errno) -> SharedSegment {
        try table.find(name, by: caller)
    }
    /// The segment to map (shmat(2)). EACCES, EINVAL.
    package func find(
        _ identifier: Int32, toMap protection: AddressSpace.Protection, by caller: IPCCaller
    ) throws(Errno) -> SharedSegment {
        let segment = try table.find(identifier)
        var access = IPCAccess.read
        if protection.contains(.write) { access.insert(.write) }
        if protection.contains(.execute) { access.insert(.execute) }
        try segment.permission.require(access, caller)
        return segment
    }
    /// IPC_SET. EINVAL, EPERM.
    package func change(
        _ identifier: Int32, to record: IPCPermissionRecord, by caller: IPCCaller
    ) throws(Errno) {
        try table.find(identifier).change(to: record, by: caller)
    }
    /// IPC_RMID: removes a segment, once nothing maps it. EINVAL, EPERM.
    package func remove(_ identifier: Int32, by caller: IPCCaller) throws(Errno) {
        let segment = try table.find(identifier)
        try segment.permission.requireControl(caller)
        guard segment.attachCount > 0 else { return remove(segment) }
        segment.permission.mode |= SharedSegment.isDoomed
        segment.permission.key = 0
    }
    fileprivate func remove(_ segment: SharedSegment) {
        pageCount -= segment.pageCount
        table.remove(segment)
    }

    /// SHM_LOCK: counts a segment against the caller's `limit` in bytes. Nothing is ever taken back
    /// from memory here. EINVAL, ENOMEM, EPERM.
    package func lock(
        _ identifier: Int32, limit: UInt64, by caller: IPCCaller
    ) throws(Errno) {
        let segment = try table.find(identifier)
        let mayExceed = caller.credentials.has(.lockMemory)
        guard mayExceed || isOwner(caller, of: segment) && limit > 0 else {
            throw .operationNotPermitted
        }
        guard segment.locker == nil else { return }
        var locked = segment.pageCount
        table.forEach { if $0.locker == caller.user { locked += $0.pageCount } }
        guard mayExceed || locked <= limit >> UInt64(Page.shift) else { throw .outOfMemory }
        segment.locker = caller.user
        segment.permission.mode |= SharedSegment.isLocked
    }
    /// SHM_UNLOCK. EINVAL, EPERM.
    package func unlock(_ identifier: Int32, by caller: IPCCaller) throws(Errno) {
        let segment = try table.find(identifier)
        guard caller.credentials.has(.lockMemory) || isOwner(caller, of: segment) else {
            throw .operationNotPermitted
        }
        segment.locker = nil
        segment.permission.mode &= ~SharedSegment.isLocked
    }
    private func isOwner(_ caller: IPCCaller, of segment: SharedSegment) -> Bool {
        caller.user == segment.permission.owner || caller.user == segment.permission.creator
    }
}
