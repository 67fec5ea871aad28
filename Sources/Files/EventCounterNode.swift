internal import Base
internal import Hardware
package import LinuxABI
internal import Memory
internal import Scheduler

/// A counter to be waited for (eventfd(2)): writes add to it, a read takes it.
final class EventCounterNode: AnonymousNode {
    private var count: UInt64
    private let step: Step
    /// What a read takes.
    package enum Step: Sendable {
        case everything
        /// EFD_SEMAPHORE
        case one
    }
    private static let size = 8

    init(in fileSystem: FileSystem, initially count: UInt64, _ step: Step) {
        self.count = count
        self.step = step
        super.init(in: fileSystem)
    }
    override func receive(
        into bytes: inout MutableRawSpan, _ blocking: Blocking
    ) throws(Errno) -> Int {
        guard bytes.byteCount >= Self.size else { throw .invalidArgument }
        if count == 0 {
            guard blocking == .blocking else { throw .tryAgain }
            guard Wait.until(on: wakeSource, { self.count > 0 }) == .ready else { throw .restart }
        }
        let taken = step == .one ? 1 : count
        count -= taken
        bytes.storeLittleEndian(taken, at: 0)
        wake([.writable])
        return Self.size
    }
    override func write(
        _ file: OpenFile, at offset: Int64, count byteCount: Int, from address: VirtualAddress,
        _ blocking: Blocking
    ) throws(Errno) -> Int {
        guard byteCount == Self.size else { throw .invalidArgument }
        return try add(try ProgramMemory.load(UInt64.self, at: address), blocking)
    }
    override func write(
        _ file: OpenFile, at offset: Int64, _ bytes: RawSpan, _ blocking: Blocking
    ) throws(Errno) -> Int {
        guard bytes.byteCount == Self.size else { throw .invalidArgument }
        return try add(bytes.littleEndian(UInt64.self, at: 0), blocking)
    }
    private func add(_ value: UInt64, _ blocking: Blocking) throws(Errno) -> Int {
        guard value != .max else { throw .invalidArgument }
        if !fits(value) {
            guard blocking == .blocking else { throw .tryAgain }
            guard Wait.until(on: wakeSource, { self.fits(value) }) == .ready else { throw .restart }
        }
        count += value
        wake([.readable])
        return Self.size
    }
    /// The count stays below the highest number.
    private func fits(_ value: UInt64) -> Bool { UInt64.max - count > value }

    override func readiness(_ file: OpenFile) -> Readiness {
        var readiness: Readiness = []
        if count > 0 { readiness.insert(.readable) }
        if fits(1) { readiness.insert(.writable) }
        return readiness
    }
}

extension FileContext {
    /// Makes a counter, as eventfd2(2). ENOMEM.
    package func openEventCounter(
        initially count: UInt32, isSemaphore: Bool, _ flags: OpenFlags
    ) throws(Errno) -> OpenFile {
        try KernelReserve.admit()
        let node = EventCounterNode(
            in: root.node.fileSystem.anonymous, initially: UInt64(count),
            isSemaphore ? .one : .everything)
        return try open(node, "anon_inode:[eventfd]", flags)
    }
}
