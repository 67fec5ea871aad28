internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes

// What a process may read and write of others, and what it has in common with them.
extension SystemCalls {
    private enum Direction {
        case read
        case write
    }

    /// process_vm_readv(2): Reads another process's memory. Errors: EFAULT, EINVAL, ENOMEM, EPERM, ESRCH.
    static func processVmReadv(
        _ caller: Caller, process: Int32, local: VirtualAddress, localCount: Int,
        remote: VirtualAddress, remoteCount: Int, flags: UInt64
    ) throws(Errno) -> Int {
        try move(
            .read, caller, process, VectorList(at: local, count: localCount),
            VectorList(at: remote, count: remoteCount), flags)
    }

    /// process_vm_writev(2): Writes another process's memory. Errors: EFAULT, EINVAL, ENOMEM, EPERM, ESRCH.
    static func processVmWritev(
        _ caller: Caller, process: Int32, local: VirtualAddress, localCount: Int,
        remote: VirtualAddress, remoteCount: Int, flags: UInt64
    ) throws(Errno) -> Int {
        try move(
            .write, caller, process, VectorList(at: local, count: localCount),
            VectorList(at: remote, count: remoteCount), flags)
    }

    /// mm/process_vm_access.c: until the local buffers end, or a page of either side is not there.
    private static func move(
        _ direction: Direction, _ caller: Caller, _ number: Int32, _ local: VectorList,
        _ remote: VectorList, _ flags: UInt64
    ) throws(Errno) -> Int {
        guard flags == 0 else { throw .invalidArgument }
        let wanted = try local.checkedTotal()
        guard wanted > 0 else { return 0 }
        // Other processes' addresses are looked at one by one.
        let (count, total) = try remote.checkedLengths()
        guard total > 0 else { return 0 }
        let other = try findProcess(caller, number)
        guard other.state == .running else { throw .noSuchProcess }
        try requireInspection(caller, of: other)
        let space = other.addressSpace
        var buffers = LocalBuffers(local)
        var done = 0
        do throws(Errno) {
            for index in 0..<count {
                let vector = try remote[index]
                var offset = 0
                while offset < vector.count, done < wanted {
                    guard let address = vector.base.advanced(by: UInt64(offset)) else {
                        throw .badAddress
                    }
                    let size = min(
                        vector.count - offset, Page.size - address.pageOffset, wanted - done)
                    let frame = try space.frame(
                        at: address.pageDown, for: direction == .read ? .read : .write)
                    let moved = try buffers.move(
                        direction == .read ? .out : .in, frame, at: address.pageOffset, size)
                    offset += moved
                    done += moved
                }
            }
        } catch {
            guard done > 0 else { throw error }
        }
        return done
    }

    /// The caller's own buffers, one after the other.
    private struct LocalBuffers {
        private let list: VectorList
        private var index = 0
        private var offset = 0
        init(_ list: VectorList) { self.list = list }
        enum Way {
            case out
            case `in`
        }
        /// Moves at most `count` bytes between a frame and the buffer that is next; returns how many. EFAULT.
        mutating func move(
            _ way: Way, _ frame: Frame, at place: Int, _ count: Int
        ) throws(Errno) -> Int {
            var vector = try list[index]
            while vector.count == offset {
                index += 1
                offset = 0
                vector = try list[index]
            }
            let size = min(count, vector.count - offset)
            guard let address = vector.base.advanced(by: UInt64(offset)) else { throw .badAddress }
            switch way {
            case .out: try ProgramMemory.copyOut(frame, at: place, count: size, to: address)
            case .in: try ProgramMemory.copyIn(from: address, count: size, into: frame, at: place)
            }
            offset += size
            return size
        }
    }

    /// kcmp(2): Tells whether two processes share a resource: 0 where they do, else which comes first. Errors:
    /// EBADF, EINVAL, EOPNOTSUPP, EPERM, ESRCH.
    static func kcmp(
        _ caller: Caller, first: Int32, second: Int32, type: Int32, firstIndex: UInt64,
        secondIndex: UInt64
    ) throws(Errno) -> Int {
        guard first > 0, second > 0 else { throw .noSuchProcess }
        let one = try findProcess(caller, first)
        let other = try findProcess(caller, second)
        try requireInspection(caller, of: one)
        try requireInspection(caller, of: other)
        switch type {
        // KCMP_FILE
        case 0:
            return order(
                try one.descriptors.file(Int32(truncatingIfNeeded: firstIndex)),
                try other.descriptors.file(Int32(truncatingIfNeeded: secondIndex)))
        // KCMP_VM, KCMP_FILES, KCMP_FS, KCMP_SIGHAND
        case 1: return order(one.memory, other.memory)
        case 2: return order(one.descriptors, other.descriptors)
        case 3: return order(one.place, other.place)
        case 4: return order(one.signals.actions, other.signals.actions)
        // KCMP_IO: nobody has queues of disks.
        case 5: return 0
        // KCMP_SYSVSEM
        case 6:
            if one.semaphoreUndo.isEmpty, other.semaphoreUndo.isEmpty { return 0 }
            return order(one.semaphoreUndo, other.semaphoreUndo)
        // KCMP_EPOLL_TFD
        case 7: throw .notSupported
        default: throw .invalidArgument
        }
    }
    private static func order<Object: AnyObject>(_ one: Object, _ other: Object) -> Int {
        let (one, other) = (
            UInt(bitPattern: ObjectIdentifier(one)), UInt(bitPattern: ObjectIdentifier(other))
        )
        return one == other ? 0 : one < other ? 1 : 2
    }
}
