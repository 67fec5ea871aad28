internal import Base
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Scheduler

/// A pipe (pipe(7)): bytes in a ring of slots, between those who have it open for writing and for
/// reading.
///
/// As in Linux a slot has at most a page, and a write goes into the last one where it fits, else into
/// new ones: a pipe may be full of few bytes. Writes of up to PIPE_BUF bytes, 4096, take one slot and so
/// are whole. Where the writer has O_DIRECT a slot is a packet, which one read takes.
final class PipeNode: TransferNode {
    /// A piece of what was written.
    struct Slot: BitwiseCopyable {
        /// The frame's number; 0: none.
        var frame: UInt32 = 0
        var offset: UInt16 = 0
        var count: UInt16 = 0
        var isPacket = false
        /// Whether a later write may put more behind it: not behind what came by splice(2).
        var isOpen = false
    }
    private static let standardCapacity = 16 * Page.size
    /// fs.pipe-max-size: what only CAP_SYS_RESOURCE may exceed.
    private static let maximumCapacity = 1 << 20

    var slots: FixedBuffer<Slot>
    private(set) var first = 0
    private(set) var usedCount = 0
    /// A frame that was read from and is used again.
    private var spare: Frame?
    private(set) var readers = 0
    private(set) var writers = 0

    /// Who waits for bytes, for room, or for the other side.
    let queue = WaitQueue()
    override var isPollable: Bool { true }
    override var waiters: WaitQueue? { queue }
    /// Whether a path leads to it: then an open waits for the other side (fifo(7)).
    private let isNamed: Bool
    /// Opens so far, by side: a wait also ends where the other side came and went.
    private var readerOpens = 0
    private var writerOpens = 0

    /// A pipe without a name. ENOMEM.
    init(in fileSystem: FileSystem, owner: UInt32, group: UInt32) throws(Errno) {
        isNamed = false
        slots = try Self.makeSlots(Self.standardCapacity)
        super.init(
            .pipe, in: fileSystem, mode: FileMode(rawValue: 0o600), owner: owner, group: group)
    }
    /// A pipe to be found by name (mkfifo(3)). ENOMEM.
    init(
        named fileSystem: FileSystem, mode: FileMode, owner: UInt32, group: UInt32
    ) throws(Errno) {
        isNamed = true
        slots = try Self.makeSlots(Self.standardCapacity)
        super.init(.pipe, in: fileSystem, mode: mode, owner: owner, group: group)
    }
    deinit { releaseFrames() }

    private static func makeSlots(_ capacity: Int) throws(Errno) -> FixedBuffer<Slot> {
        guard let slots = FixedBuffer(count: capacity >> Page.shift, repeating: Slot()) else {
            throw .outOfMemory
        }
        return slots
    }
    private func releaseFrames() {
        while usedCount > 0 { removeFirst() }
        if let spare { Frames.release(spare) }
        spare = nil
    }

    // MARK: The ring

    var isFull: Bool { usedCount == slots.count }
    private func place(_ index: Int) -> Int {
        let place = first + index
        return place < slots.count ? place : place - slots.count
    }
    /// Takes the first slot out. Precondition: there is one.
    func takeFirst() -> Slot {
        let slot = slots[first]
        slots[first] = Slot()
        first = place(1)
        usedCount -= 1
        return slot
    }
    private func removeFirst() {
        let frame = Frame(number: takeFirst().frame)
        if spare == nil { spare = frame } else { Frames.release(frame) }
    }
    /// Adds a slot with its frame. Precondition: it is not full.
    func addLast(_ slot: Slot) {
        slots[place(usedCount)] = slot
        usedCount += 1
    }
    /// The slot at a position from the first. Precondition: it is used.
    func slot(_ index: Int) -> Slot { slots[place(index)] }
    /// Takes bytes of the first slot, and it with its last one, away. Precondition: it has so many.
    func consume(_ count: Int) {
        slots[first].offset += UInt16(count)
        slots[first].count -= UInt16(count)
        if slots[first].count == 0 { removeFirst() }
    }
    func takeFrame() throws(Errno) -> Frame {
        if let frame = spare {
            spare = nil
            return frame
        }
        guard Frames.freeCount > KernelReserve.frames, let frame = Frames.allocate() else {
            throw .outOfMemory
        }
        return frame
    }

    var capacity: Int { slots.count << Page.shift }
    /// Makes the ring as large as asked for, rounded up to a power of two and a page. EBUSY where what
    /// is in it would not fit, EINVAL beyond 2 GiB, ENOMEM, EPERM where a MiB is the limit.
    func setCapacity(_ wanted: Int, _ limit: PipeLimit) throws(Errno) -> Int {
        guard wanted <= 1 << 31 else { throw .invalidArgument }
        var capacity = Page.size
        while capacity < wanted { capacity *= 2 }
        let exceeds = capacity > self.capacity && capacity > Self.maximumCapacity
        guard limit == .none || !exceeds else { throw .operationNotPermitted }
        guard usedCount <= capacity >> Page.shift else { throw .busy }
        // Writers look again whether or not there is more room, as on Linux.
        defer { queue.wake([.writable]) }
        guard capacity != self.capacity else { return capacity }
        var new = try Self.makeSlots(capacity)
        for index in 0..<usedCount { new[index] = slots[place(index)] }
        slots = new
        first = 0
        return capacity
    }

    // MARK: Opening and closing

    override func opened(_ file: OpenFile) throws(Errno) {
        if file.flags.allowsReading {
            readers += 1
            readerOpens += 1
        }
        if file.flags.allowsWriting {
            writers += 1
            writerOpens += 1
        }
        queue.wake()
        guard isNamed else { return }
        do throws(Errno) {
            try waitForOtherSide(of: file)
        } catch {
            closed(file)
            throw error
        }
    }
    /// fifo(7): opening one side waits for the other; without waiting, reading always succeeds and
    /// writing is ENXIO.
    private func waitForOtherSide(of file: OpenFile) throws(Errno) {
        let isNonblocking = file.flags.contains(.nonblocking)
        if !file.flags.allowsWriting, writers == 0 {
            // Until a writer comes there is no end to be told.
            guard !isNonblocking else {
                file.writerOpensBefore = writerOpens
                return
            }
            let before = writerOpens
            let outcome = Wait.until(on: .queue(queue)) { self.writerOpens != before }
            guard outcome != .interrupted else { throw .restart }
        } else if !file.flags.allowsReading, readers == 0 {
            guard !isNonblocking else { throw .noSuchDeviceOrAddress }
            let before = readerOpens
            let outcome = Wait.until(on: .queue(queue)) { self.readerOpens != before }
            guard outcome != .interrupted else { throw .restart }
        }
    }
    override func closed(_ file: OpenFile) {
        if file.flags.allowsReading { readers -= 1 }
        if file.flags.allowsWriting { writers -= 1 }
        queue.wake([.readable, .writable, .error, .hungUp])
        // What nobody has open holds nothing.
        if readers == 0, writers == 0 { releaseFrames() }
    }

    // MARK: Reading

    override func receive(
        _ file: OpenFile, _ wanted: Int, _ blocking: Blocking, to sink: ByteSink
    ) throws(Errno) -> Int {
        guard wanted > 0 else { return 0 }
        while usedCount == 0 {
            guard writers > 0 else { return 0 }
            guard blocking == .blocking else { throw .tryAgain }
            let outcome = Wait.until(on: .queue(queue)) {
                self.usedCount > 0 || self.writers == 0
            }
            guard outcome != .interrupted else { throw .restart }
        }
        var done = 0
        // An edge only where there was no room before, as on Linux.
        let wasFull = isFull
        defer { queue.wake(wasFull && !isFull ? .writable : .progress) }
        while done < wanted, usedCount > 0 {
            var slot = slots[first]
            let count = min(Int(slot.count), wanted - done)
            do throws(Errno) {
                let offset = Int(slot.offset)
                try Frame(number: slot.frame).withBytes { bytes throws(Errno) in
                    try sink(done, bytes.extracting(offset..<offset + count))
                }
            } catch {
                guard done > 0 else { throw error }
                break
            }
            done += count
            slot.offset += UInt16(count)
            slot.count -= UInt16(count)
            slots[first] = slot
            if slot.count == 0 || slot.isPacket { removeFirst() }
            if slot.isPacket { break }
        }
        return done
    }

    // MARK: Writing

    override func send(
        _ file: OpenFile, _ wanted: Int, _ blocking: Blocking, from source: ByteSource
    ) throws(Errno) -> Int {
        guard wanted > 0 else { return 0 }
        let arePackets = file.flags.contains(.direct)
        guard readers > 0 else { throw .brokenPipe }
        var done = 0
        do throws(Errno) {
            done = try append(wanted, from: source)
            while done < wanted {
                guard readers > 0 else { throw .brokenPipe }
                guard !isFull else {
                    guard blocking == .blocking else { throw .tryAgain }
                    let outcome = Wait.until(on: .queue(queue)) {
                        !self.isFull || self.readers == 0
                    }
                    guard outcome != .interrupted else { throw .restart }
                    continue
                }
                // Told of each part, as a reader must make room for the next.
                defer { queue.wake([.readable]) }
                done += try add(min(Page.size, wanted - done), at: done, arePackets, source)
            }
        } catch {
            guard done > 0 else { throw error }
            return done
        }
        touchModified()
        return done
    }
    /// Puts what fills no page behind the last bytes where it fits there; returns how much.
    private func append(_ wanted: Int, from source: ByteSource) throws(Errno) -> Int {
        let rest = wanted & (Page.size - 1)
        guard rest > 0, usedCount > 0 else { return 0 }
        let last = place(usedCount - 1)
        var slot = slots[last]
        let end = Int(slot.offset) + Int(slot.count)
        guard slot.isOpen, end + rest <= Page.size else { return 0 }
        try Frame(number: slot.frame).withMutableBytes { bytes throws(Errno) in
            var part = bytes._mutatingExtracting(end..<end + rest)
            try source(0, &part)
        }
        slot.count += UInt16(rest)
        slots[last] = slot
        queue.wake([.readable])
        return rest
    }
    private func add(
        _ count: Int, at position: Int, _ isPacket: Bool, _ source: ByteSource
    ) throws(Errno) -> Int {
        let frame = try takeFrame()
        do throws(Errno) {
            try frame.withMutableBytes { bytes throws(Errno) in
                var part = bytes._mutatingExtracting(0..<count)
                try source(position, &part)
            }
        } catch {
            Frames.release(frame)
            throw error
        }
        addLast(
            Slot(
                frame: frame.number, offset: 0, count: UInt16(count), isPacket: isPacket,
                isOpen: !isPacket))
        return count
    }

    override func control(
        _ file: OpenFile, _ request: UInt32, argument: UInt64
    ) throws(Errno) -> Int {
        guard request == FileRequest.bytesReadable else { throw .notTerminal }
        var count = 0
        for index in 0..<usedCount { count += Int(slots[place(index)].count) }
        try ProgramMemory.store(
            Int32(truncatingIfNeeded: count), at: VirtualAddress(rawValue: argument))
        return 0
    }
    override func readiness(_ file: OpenFile) -> Readiness {
        var readiness: Readiness = []
        if file.flags.allowsReading {
            if usedCount > 0 { readiness.formUnion([.readable, .normalReadable]) }
            if writers == 0, file.writerOpensBefore != writerOpens { readiness.insert(.hungUp) }
        }
        if file.flags.allowsWriting {
            if !isFull { readiness.formUnion([.writable, .normalWritable]) }
            if readers == 0 { readiness.insert(.error) }
        }
        return readiness
    }
}

/// Whether a pipe may be larger than fs.pipe-max-size.
package enum PipeLimit: Sendable {
    case ofSystem
    case none
}
