internal import Base
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Scheduler

/// A pipe (pipe(7)): bytes in a ring of frames, between those who have it open for writing and for
/// reading.
///
/// A frame is taken when the ring first reaches it and kept. Writes of up to 4096 bytes are whole:
/// they wait for room rather than mix with others.
final class PipeNode: Node {
    static let standardCapacity = 16 * Page.size
    /// PIPE_BUF
    private static let atomicByteCount = Page.size

    private var frames: FixedBuffer<UInt32>
    private var start = 0
    private var count = 0
    private var readers = 0
    private var writers = 0

    /// Who waits for bytes, for room, or for the other side.
    private let queue = WaitQueue()
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
        frames = try Self.makeFrames(Self.standardCapacity)
        super.init(
            .pipe, in: fileSystem, mode: FileMode(rawValue: 0o600), owner: owner, group: group)
    }
    /// A pipe to be found by name (mkfifo(3)). ENOMEM.
    init(
        named fileSystem: FileSystem, mode: FileMode, owner: UInt32, group: UInt32
    ) throws(Errno) {
        isNamed = true
        frames = try Self.makeFrames(Self.standardCapacity)
        super.init(.pipe, in: fileSystem, mode: mode, owner: owner, group: group)
    }
    deinit { releaseFrames() }

    private static func makeFrames(_ capacity: Int) throws(Errno) -> FixedBuffer<UInt32> {
        guard let frames = FixedBuffer<UInt32>(count: capacity >> Page.shift, repeating: 0) else {
            throw .outOfMemory
        }
        return frames
    }
    private func releaseFrames() {
        for index in 0..<frames.count where frames[index] != 0 {
            Frames.release(Frame(number: frames[index]))
            frames[index] = 0
        }
    }

    var capacity: Int { frames.count << Page.shift }
    /// Makes the ring as large as asked for or larger. EBUSY where what is in it would not fit,
    /// ENOMEM, EPERM beyond a MiB (fs.pipe-max-size).
    func setCapacity(_ wanted: Int) throws(Errno) -> Int {
        guard wanted <= 1 << 20 else { throw .operationNotPermitted }
        var capacity = Page.size
        while capacity < wanted { capacity *= 2 }
        guard count <= capacity else { throw .busy }
        // Writers look again whether or not there is more room, as on Linux.
        defer { queue.wake([.writable]) }
        guard capacity != self.capacity else { return capacity }
        var new = try Self.makeFrames(capacity)
        var moved = 0
        while moved < count {
            guard let frame = Frames.allocate() else {
                for index in 0..<new.count where new[index] != 0 {
                    Frames.release(Frame(number: new[index]))
                }
                throw .outOfMemory
            }
            new[moved >> Page.shift] = frame.number
            var part = 0
            while part < Page.size, moved + part < count {
                let piece = piece(at: start + moved + part, limit: Page.size - part)
                let length = min(piece.count, count - moved - part)
                frame.copy(
                    from: Frame(number: frames[piece.index]), at: piece.offset, to: part,
                    count: length)
                part += length
            }
            moved += part
        }
        releaseFrames()
        frames = new
        start = 0
        return capacity
    }
    /// The part of one frame at a position of the ring.
    private func piece(at position: Int, limit: Int) -> (index: Int, offset: Int, count: Int) {
        let position = position % capacity
        let offset = position & (Page.size - 1)
        return (position >> Page.shift, offset, min(limit, Page.size - offset))
    }

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
        if !file.flags.allowsWriting, writers == 0, !isNonblocking {
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
        if readers == 0, writers == 0 {
            count = 0
            start = 0
            releaseFrames()
        }
    }

    override func read(
        _ file: OpenFile, at offset: Int64, count wanted: Int, to address: VirtualAddress,
        _ blocking: Blocking
    ) throws(Errno) -> Int {
        guard wanted > 0 else { return 0 }
        while count == 0 {
            guard writers > 0 else { return 0 }
            guard blocking == .blocking else { throw .tryAgain }
            let outcome = Wait.until(on: .queue(queue)) {
                self.count > 0 || self.writers == 0
            }
            guard outcome != .interrupted else { throw .restart }
        }
        let total = min(wanted, count)
        let wasWritable = isWritable
        var done = 0
        while done < total {
            let piece = piece(at: start, limit: total - done)
            do throws(Errno) {
                guard let target = address.advanced(by: UInt64(done)) else { throw .badAddress }
                try ProgramMemory.copyOut(
                    Frame(number: frames[piece.index]), at: piece.offset, count: piece.count,
                    to: target)
            } catch {
                if done > 0 { break }
                throw error
            }
            start = (start + piece.count) % capacity
            count -= piece.count
            done += piece.count
        }
        // An edge only where there was no room before, as on Linux.
        queue.wake(wasWritable || !isWritable ? .progress : .writable)
        return done
    }
    override func write(
        _ file: OpenFile, at offset: Int64, count wanted: Int, from address: VirtualAddress,
        _ blocking: Blocking
    ) throws(Errno) -> Int {
        try write(wanted, blocking) { done, frame, offset, length throws(Errno) in
            guard let source = address.advanced(by: UInt64(done)) else { throw .badAddress }
            try ProgramMemory.copyIn(from: source, count: length, into: frame, at: offset)
        }
    }
    override func write(
        _ file: OpenFile, at offset: Int64, _ bytes: RawSpan, _ blocking: Blocking
    ) throws(Errno) -> Int {
        try write(bytes.byteCount, blocking) { done, frame, offset, length throws(Errno) in
            frame.withMutableBytes { target in
                for index in 0..<length {
                    target.storeLittleEndian(bytes.byte(at: done + index), at: offset + index)
                }
            }
        }
    }
    /// Fills the ring by `copy`, which is told the bytes done, and where the next ones go.
    private func write(
        _ wanted: Int, _ blocking: Blocking,
        _ copy: (Int, Frame, Int, Int) throws(Errno) -> Void
    ) throws(Errno) -> Int {
        guard wanted > 0 else { return 0 }
        var done = 0
        while done < wanted {
            guard readers > 0 else { throw .brokenPipe }
            let needed = done == 0 && wanted <= Self.atomicByteCount ? wanted : 1
            guard capacity - count >= needed else {
                if done > 0, blocking == .nonblocking { return done }
                guard blocking == .blocking else { throw .tryAgain }
                let outcome = Wait.until(on: .queue(queue)) {
                    self.capacity - self.count >= needed || self.readers == 0
                }
                guard outcome != .interrupted else {
                    if done > 0 { return done }
                    throw .restart
                }
                continue
            }
            // Told of each part, as a reader must make room for the next.
            defer { queue.wake([.readable]) }
            let room = min(wanted - done, capacity - count)
            let piece = piece(at: start + count, limit: room)
            do throws(Errno) {
                try copy(done, try frame(piece.index), piece.offset, piece.count)
            } catch {
                if done > 0 { return done }
                throw error
            }
            count += piece.count
            done += piece.count
        }
        touchModified()
        return done
    }
    private func frame(_ index: Int) throws(Errno) -> Frame {
        if frames[index] == 0 { frames[index] = try Frames.allocateForProgram().number }
        return Frame(number: frames[index])
    }

    override func control(
        _ file: OpenFile, _ request: UInt32, argument: UInt64
    ) throws(Errno) -> Int {
        guard request == FileRequest.bytesReadable else { throw .notTerminal }
        try ProgramMemory.store(Int32(count), at: VirtualAddress(rawValue: argument))
        return 0
    }
    /// Whether a write that goes whole or not at all would not wait.
    private var isWritable: Bool { capacity - count >= Self.atomicByteCount }
    override func readiness(_ file: OpenFile) -> Readiness {
        var readiness: Readiness = []
        if file.flags.allowsReading {
            if count > 0 { readiness.formUnion([.readable, .normalReadable]) }
            if writers == 0 { readiness.insert(.hungUp) }
        }
        if file.flags.allowsWriting {
            if isWritable {
                readiness.formUnion([.writable, .normalWritable])
            }
            if readers == 0 { readiness.insert(.error) }
        }
        return readiness
    }
}
