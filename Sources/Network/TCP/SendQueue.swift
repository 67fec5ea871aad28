internal import Base
internal import LinuxABI
internal import Memory
internal import Wire

/// Bytes that a program gave and the other side has not acknowledged, by sequence number.
///
/// They lie where they were first written: segments, first ones and repeated ones, refer to them.
struct SendQueue: ~Copyable {
    private struct Entry: BitwiseCopyable {
        var piece = Piece()
        /// The number of its first byte.
        var start: UInt32 = 0
    }
    // A ring; none until something is sent.
    private var entries: BufferBox<Entry>?
    private var first = 0
    private var count = 0
    private(set) var start: SequenceNumber
    private(set) var end: SequenceNumber
    private static let firstCapacity = 8
    private static let maximumCapacity = 1 << 14

    init(at start: SequenceNumber) {
        self.start = start
        end = start
    }
    var byteCount: Int { end - start }
    var isEmpty: Bool { start == end }
    /// Bytes of frames that the entries take of the ring.
    var entryCapacity: Int { entries?.count ?? 0 }

    private func place(_ index: Int) -> Int {
        let place = first + index
        return place < entryCapacity ? place : place - entryCapacity
    }
    private func entry(_ index: Int) -> Entry { entries?[place(index)] ?? Entry() }

    // MARK: Adding

    /// Adds up to `wanted` bytes from `source`; returns how many there was room for.
    mutating func append<Failure: Error>(
        _ wanted: Int, _ pool: BufferPool,
        from source: (Int, inout MutableRawSpan) throws(Failure) -> Void
    ) throws(Failure) -> Int {
        var done = 0
        while done < wanted {
            let position = done
            if count > 0, let room = tail(pool, atMost: wanted - done) {
                try pool.withMutableBytes(of: room) { bytes throws(Failure) in
                    try source(position, &bytes)
                }
                entries?[place(count - 1)].piece.count += room.count
                done += Int(room.count)
                end = end + Int(room.count)
                continue
            }
            guard makeRoom(), let buffer = pool.take() else { break }
            let piece = Piece(
                buffer, offset: 0, count: min(wanted - done, BufferPool.bufferByteCount))
            do throws(Failure) {
                try pool.withMutableBytes(of: piece) { bytes throws(Failure) in
                    try source(position, &bytes)
                }
            } catch {
                pool.release(buffer)
                // What was copied before stays: the caller tells of it.
                guard done > 0 else { throw error }
                break
            }
            add(piece)
            done += Int(piece.count)
        }
        return done
    }
    /// Unused bytes behind the last one, in a buffer that only this queue writes to.
    private func tail(_ pool: BufferPool, atMost most: Int) -> Piece? {
        let last = entry(count - 1).piece
        let used = Int(last.offset) + Int(last.count)
        guard last.foreignFrame == nil, used < BufferPool.bufferByteCount else { return nil }
        return last.part(Int(last.count), min(most, BufferPool.bufferByteCount - used))
    }
    /// Adds a piece with its reference, to be sent from where it lies; false without room.
    mutating func append(_ piece: Piece) -> Bool {
        guard makeRoom() else { return false }
        add(piece)
        return true
    }
    private mutating func add(_ piece: Piece) {
        entries?[place(count)] = Entry(piece: piece, start: end.rawValue)
        count += 1
        end = end + Int(piece.count)
    }
    private mutating func makeRoom() -> Bool {
        guard count == entryCapacity else { return true }
        let capacity = count == 0 ? Self.firstCapacity : count * 2
        guard capacity <= Self.maximumCapacity,
            let larger = BufferBox(count: capacity, repeating: Entry())
        else { return false }
        for index in 0..<count { larger[index] = entry(index) }
        entries = larger
        first = 0
        return true
    }

    // MARK: Removing

    /// Forgets everything before a number. Precondition: it is not beyond the end.
    mutating func removeFirst(upTo number: SequenceNumber, _ pool: BufferPool) {
        guard number > start else { return }
        precondition(number <= end)
        while count > 0 {
            let entry = entry(0)
            let entryEnd = SequenceNumber(rawValue: entry.start) + Int(entry.piece.count)
            guard entryEnd <= number else { break }
            pool.release(entry.piece)
            first = place(1)
            count -= 1
        }
        start = number
    }
    mutating func removeAll(_ pool: BufferPool) {
        removeFirst(upTo: end, pool)
        entries = nil
        first = 0
    }

    // MARK: Sending

    /// Adds references to up to `wanted` bytes from a number on to a packet; returns to how many.
    func collect(
        from number: SequenceNumber, _ wanted: Int, into packet: Packet, _ pool: BufferPool
    ) -> Int {
        precondition(number >= start && number + wanted <= end)
        guard wanted > 0 else { return 0 }
        var index = find(number)
        var done = 0
        while done < wanted, index < count, !packet.isFull {
            let entry = entry(index)
            let skip = number + done - SequenceNumber(rawValue: entry.start)
            let here = min(Int(entry.piece.count) - skip, wanted - done)
            pool.retain(entry.piece)
            packet.append(entry.piece.part(skip, here))
            done += here
            index += 1
        }
        return done
    }
    /// The entry that a number lies in, by bisection.
    private func find(_ number: SequenceNumber) -> Int {
        var low = 0
        var high = count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if SequenceNumber(rawValue: entry(middle).start) <= number {
                low = middle
            } else {
                high = middle - 1
            }
        }
        return low
    }
}
