internal import Base
internal import Hardware
package import LinuxABI
internal import Memory
internal import Scheduler

// Between a pipe and another file without the program's memory (splice(2), tee(2), vmsplice(2)). As in Linux
// only the first bytes, or the first room, are waited for.
extension PipeNode {
    /// Waits until there are bytes; `false` where nobody can write any. EAGAIN.
    func waitForBytes(_ blocking: Blocking) throws(Errno) -> Bool {
        while usedCount == 0 {
            guard writers > 0 else { return false }
            guard blocking == .blocking else { throw .tryAgain }
            let outcome = Wait.until(on: .queue(queue)) {
                self.usedCount > 0 || self.writers == 0
            }
            guard outcome != .interrupted else { throw .restart }
        }
        return true
    }
    /// Waits until there is a free slot. EAGAIN, EPIPE.
    func waitForRoom(_ blocking: Blocking) throws(Errno) {
        while true {
            guard readers > 0 else { throw .brokenPipe }
            guard isFull else { return }
            guard blocking == .blocking else { throw .tryAgain }
            let outcome = Wait.until(on: .queue(queue)) { !self.isFull || self.readers == 0 }
            guard outcome != .interrupted else { throw .restart }
        }
    }

    /// Fills free slots from a source, which says how much it had; a slot has bytes of one page of the
    /// source. Returns how many bytes; an error only where there were none.
    func fill(
        _ count: Int, from offset: Int64,
        _ source: (_ offset: Int64, _ bytes: inout MutableRawSpan) throws(Errno) -> Int
    ) throws(Errno) -> Int {
        var done = 0
        defer { if done > 0 { queue.wake([.readable]) } }
        while done < count, !isFull {
            let place = offset + Int64(done)
            let wanted = min(Page.size - Int(place & Int64(Page.size - 1)), count - done)
            do throws(Errno) {
                let got = try add(wanted) { bytes throws(Errno) in try source(place, &bytes) }
                done += got
                if got < wanted { break }
            } catch {
                guard done > 0 else { throw error }
                break
            }
        }
        return done
    }
    /// Adds a slot with what a source has, at most a page.
    private func add(
        _ wanted: Int, _ source: (inout MutableRawSpan) throws(Errno) -> Int
    ) throws(Errno) -> Int {
        let frame = try takeFrame()
        var got = 0
        defer { if got == 0 { Frames.release(frame) } }
        got = try frame.withMutableBytes { bytes throws(Errno) in
            var part = bytes._mutatingExtracting(0..<wanted)
            return try source(&part)
        }
        if got > 0 { addLast(Slot(frame: frame.number, count: UInt16(got))) }
        return got
    }

    /// Gives a sink bytes of the first slot, at most `count`; it says how many it took. Precondition: there
    /// are some, and the sink does not wait.
    func give(
        _ count: Int, to sink: (RawSpan) throws(Errno) -> Int
    ) throws(Errno) -> Int {
        let slot = slot(0)
        let count = min(Int(slot.count), count)
        let taken = try Frame(number: slot.frame).withBytes { bytes throws(Errno) in
            try sink(bytes.extracting(Int(slot.offset)..<Int(slot.offset) + count))
        }
        let wasFull = isFull
        consume(taken)
        queue.wake(wasFull && !isFull ? .writable : .progress)
        return taken
    }

    /// Moves up to `count` bytes to another pipe, as far as there are some and it has room: whole slots, and a
    /// part of the last.
    func move(_ count: Int, to target: PipeNode) throws(Errno) -> Int {
        var done = 0
        let wasFull = isFull
        defer {
            if done > 0 {
                queue.wake(wasFull && !isFull ? .writable : .progress)
                target.queue.wake([.readable])
            }
        }
        while done < count, usedCount > 0, !target.isFull {
            if Int(slot(0).count) <= count - done {
                let slot = takeFirst()
                target.addLast(slot)
                done += Int(slot.count)
                continue
            }
            do throws(Errno) {
                try target.addCopy(of: slot(0), count - done)
            } catch {
                guard done > 0 else { throw error }
                break
            }
            consume(count - done)
            done = count
        }
        return done
    }
    /// Copies up to `count` bytes to another pipe, which stay here.
    func copy(_ count: Int, to target: PipeNode) throws(Errno) -> Int {
        var done = 0
        var index = 0
        defer { if done > 0 { target.queue.wake([.readable]) } }
        while done < count, index < usedCount, !target.isFull {
            let part = min(Int(slot(index).count), count - done)
            do throws(Errno) {
                try target.addCopy(of: slot(index), part)
            } catch {
                guard done > 0 else { throw error }
                break
            }
            done += part
            index += 1
        }
        return done
    }
    private func addCopy(of slot: Slot, _ count: Int) throws(Errno) {
        let frame = try takeFrame()
        Frame(number: slot.frame).withBytes { from in
            frame.write(from.extracting(Int(slot.offset)..<Int(slot.offset) + count), at: 0)
        }
        addLast(Slot(frame: frame.number, count: UInt16(count), isPacket: slot.isPacket))
    }
}

extension OpenFile {
    /// Moves bytes of this pipe to another. EAGAIN, EPIPE, ENOMEM. Precondition: both are pipes.
    package func splice(
        _ count: Int, toPipe target: OpenFile, _ blocking: Blocking
    ) throws(Errno) -> Int {
        try betweenPipes(target, blocking) { source, target throws(Errno) in
            try source.move(count, to: target)
        }
    }
    /// Copies bytes of this pipe to another, and leaves them here. EAGAIN, EPIPE, ENOMEM. Precondition: both
    /// are pipes.
    package func tee(
        _ count: Int, toPipe target: OpenFile, _ blocking: Blocking
    ) throws(Errno) -> Int {
        try betweenPipes(target, blocking) { source, target throws(Errno) in
            try source.copy(count, to: target)
        }
    }
    private func betweenPipes(
        _ target: OpenFile, _ blocking: Blocking,
        _ body: (PipeNode, PipeNode) throws(Errno) -> Int
    ) throws(Errno) -> Int {
        guard let source = node as? PipeNode, let target = target.node as? PipeNode else {
            throw .badDescriptor
        }
        while true {
            guard try source.waitForBytes(blocking) else { return 0 }
            try target.waitForRoom(blocking)
            // Another thread may have come first while this one waited for room.
            let done = try body(source, target)
            if done > 0 { return done }
        }
    }

    /// Moves bytes of this pipe to a file that is none, at `offset`, which goes on; waits for the first bytes
    /// as `blocking` says, and for the file as it was opened. Precondition: this is a pipe.
    package func splice(
        _ count: Int, to target: OpenFile, at offset: inout Int64, _ blocking: Blocking
    ) throws(Errno) -> Int {
        guard let pipe = node as? PipeNode else { throw .badDescriptor }
        var done = 0
        do throws(Errno) {
            while done < count {
                if done > 0, pipe.usedCount == 0 { break }
                guard try pipe.waitForBytes(blocking) else { break }
                do throws(Errno) {
                    let place = offset
                    let taken = try pipe.give(count - done) { bytes throws(Errno) in
                        try target.node.write(target, at: place, bytes, .nonblocking)
                    }
                    guard taken > 0 else { break }
                    done += taken
                    offset += Int64(taken)
                } catch {
                    guard error == .tryAgain, target.blocking == .blocking else { throw error }
                    try target.wait { target.isWritable }
                }
            }
        } catch {
            guard done > 0 else { throw error }
        }
        return done
    }
    /// Moves bytes of a file that is no pipe, from `offset`, which goes on, to this pipe, until it is full.
    /// Precondition: this is a pipe.
    package func splice(
        _ count: Int, from source: OpenFile, at offset: inout Int64, _ blocking: Blocking
    ) throws(Errno) -> Int {
        guard let pipe = node as? PipeNode else { throw .badDescriptor }
        while true {
            try pipe.waitForRoom(blocking)
            do throws(Errno) {
                let done = try pipe.fill(count, from: offset) { place, bytes throws(Errno) in
                    try source.takePart(at: place, &bytes)
                }
                offset += Int64(done)
                return done
            } catch {
                guard error == .tryAgain, blocking == .blocking, source.blocking == .blocking
                else { throw error }
                try source.wait { source.isReadable }
            }
        }
    }
    /// Reads at most a page, without waiting. EAGAIN; EINVAL for what has neither pages nor a stream.
    private func takePart(
        at offset: Int64, _ bytes: inout MutableRawSpan
    ) throws(Errno) -> Int {
        guard transfersWhole else { return try read(at: offset, into: &bytes) }
        guard let frame = Frames.allocate() else { throw .outOfMemory }
        defer { Frames.release(frame) }
        let count = try receive(bytes.byteCount, .nonblocking) { position, part throws(Errno) in
            frame.write(part, at: position)
        }
        frame.read(at: 0, into: &bytes, 0..<count)
        return count
    }
    /// Waits until the file is ready. ERESTARTSYS.
    private func wait(_ isReady: () -> Bool) throws(Errno) {
        let source = node.waiters.map { Wait.Source.queue($0) } ?? .anything
        guard Wait.until(on: source, isReady) != .interrupted else { throw .restart }
    }

    package var isPipe: Bool { node is PipeNode }

    /// Puts bytes of a source into this pipe, until it is full: vmsplice(2). EAGAIN, EPIPE, ENOMEM.
    package func fillPipe(
        _ count: Int, _ blocking: Blocking,
        _ source: (inout MutableRawSpan) throws(Errno) -> Int
    ) throws(Errno) -> Int {
        guard let pipe = node as? PipeNode else { throw .badDescriptor }
        try pipe.waitForRoom(blocking)
        return try pipe.fill(count, from: 0) { _, bytes throws(Errno) in try source(&bytes) }
    }
}
