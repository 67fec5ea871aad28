package import Base
package import Hardware
package import LinuxABI
package import Virtio

/// RAM as devices see it, by physical address, through the direct map.
package struct DMAMemory: RingMemory, Sendable {
    package init() {}

    package func check(_ address: UInt64, byteCount: UInt64) throws(RingError) {
        let (end, overflow) = address.addingReportingOverflow(byteCount)
        guard !overflow, end <= UInt64(DirectMap.size) << UInt64(Page.shift) else {
            throw .badAddress(address, byteCount: byteCount)
        }
    }
    @inline(never)
    package func load<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type, at address: UInt64
    ) throws(RingError) -> Value {
        let frame = try locate(address, byteCount: MemoryLayout<Value>.size)
        return frame.load(type, at: Self.offset(of: address, MemoryLayout<Value>.size))
    }
    @inline(never)
    package func store<Value: FixedWidthInteger & BitwiseCopyable>(
        _ value: Value, at address: UInt64
    ) throws(RingError) {
        let frame = try locate(address, byteCount: MemoryLayout<Value>.size)
        frame.store(value, at: Self.offset(of: address, MemoryLayout<Value>.size))
    }
    /// An integer that is aligned lies within one page.
    private func locate(_ address: UInt64, byteCount: Int) throws(RingError) -> Frame {
        guard address & UInt64(byteCount - 1) == 0,
            address >> UInt64(Page.shift) < UInt64(DirectMap.size)
        else { throw .badAddress(address, byteCount: UInt64(byteCount)) }
        return Frame(containing: PhysicalAddress(rawValue: address))
    }
    /// Of an aligned address; the mask says once more that it is, which saves the check.
    private static func offset(of address: UInt64, _ byteCount: Int) -> Int {
        Int(address & Page.offsetMask & ~UInt64(byteCount - 1))
    }
    package func read(at address: UInt64, into bytes: inout MutableRawSpan) throws(RingError) {
        try check(address, byteCount: UInt64(bytes.byteCount))
        DMABuffer(address: address, byteCount: bytes.byteCount).read(into: &bytes)
    }
    package func write(_ bytes: RawSpan, at address: UInt64) throws(RingError) {
        try check(address, byteCount: UInt64(bytes.byteCount))
        DMABuffer(address: address, byteCount: bytes.byteCount).write(bytes, at: 0)
    }
}

/// Physically contiguous bytes that a driver lends to its device.
///
/// SAFETY of the idea: who made it owns the frames, and frames beyond RAM trap.
package struct DMABuffer: Sendable {
    package let address: UInt64
    package let byteCount: Int

    package init(address: UInt64, byteCount: Int) {
        self.address = address
        self.byteCount = byteCount
    }
    /// The first `count` bytes as a ring's descriptor names them. Precondition: there are as many.
    package func segment(first count: Int) -> Segment {
        precondition((0...byteCount).contains(count))
        return Segment(address: address, byteCount: UInt32(count))
    }
    /// Slot `index` of a buffer cut into slots of `slotByteCount`. Precondition: it has that many.
    package func slot(_ index: Int, of slotByteCount: Int) -> DMABuffer {
        precondition(index >= 0 && (index + 1) * slotByteCount <= byteCount)
        return DMABuffer(address: address + UInt64(index * slotByteCount), byteCount: slotByteCount)
    }

    /// Copies the program's bytes to `offset`. EFAULT.
    package func copyIn(
        from source: VirtualAddress, count: Int, at offset: Int
    ) throws(Errno) {
        var done = 0
        while done < count {
            let piece = piece(at: offset + done, atMost: count - done)
            guard let from = source.advanced(by: UInt64(done)) else { throw .badAddress }
            try ProgramMemory.copyIn(
                from: from, count: piece.count, into: piece.frame, at: piece.offset)
            done += piece.count
        }
    }
    /// Copies bytes at `offset` to the program. EFAULT.
    package func copyOut(
        to target: VirtualAddress, count: Int, at offset: Int
    ) throws(Errno) {
        var done = 0
        while done < count {
            let piece = piece(at: offset + done, atMost: count - done)
            guard let to = target.advanced(by: UInt64(done)) else { throw .badAddress }
            try ProgramMemory.copyOut(piece.frame, at: piece.offset, count: piece.count, to: to)
            done += piece.count
        }
    }
    /// Stores all of `bytes` at `offset`.
    package func write(_ bytes: RawSpan, at offset: Int) {
        var done = 0
        while done < bytes.byteCount {
            let piece = piece(at: offset + done, atMost: bytes.byteCount - done)
            piece.frame.write(bytes.extracting(done..<done + piece.count), at: piece.offset)
            done += piece.count
        }
    }
    /// Fills `bytes` from the buffer's start.
    package func read(into bytes: inout MutableRawSpan) {
        var done = 0
        while done < bytes.byteCount {
            let piece = piece(at: done, atMost: bytes.byteCount - done)
            piece.frame.read(at: piece.offset, into: &bytes, done..<done + piece.count)
            done += piece.count
        }
    }
    /// The byte at `offset`. Precondition: it lies within the buffer.
    package func byte(at offset: Int) -> UInt8 {
        let piece = piece(at: offset, atMost: 1)
        return piece.frame.withBytes { $0.byte(at: piece.offset) }
    }
    /// Stores the byte at `offset`. Precondition: it lies within the buffer.
    package func storeByte(_ byte: UInt8, at offset: Int) {
        let piece = piece(at: offset, atMost: 1)
        piece.frame.store(byte, at: piece.offset)
    }
    /// Loads a little-endian 64-bit integer at an offset that is a multiple of 8.
    package func word(at offset: Int) -> UInt64 {
        let piece = piece(at: offset, atMost: 8)
        precondition(piece.count == 8)
        return piece.frame.load(UInt64.self, at: piece.offset)
    }
    /// Stores a little-endian 64-bit integer at an offset that is a multiple of 8.
    package func storeWord(_ value: UInt64, at offset: Int) {
        let piece = piece(at: offset, atMost: 8)
        precondition(piece.count == 8)
        piece.frame.store(value, at: piece.offset)
    }

    /// The part of `offset ..< offset + count` that lies in one page.
    private func piece(at offset: Int, atMost count: Int) -> (frame: Frame, offset: Int, count: Int)
    {
        let room = byteCount &- count
        // One branch for all of 0 <= offset, 0 <= count, count <= byteCount, offset <= room.
        precondition((offset | count | room | (room &- offset)) >= 0)
        let at = address &+ UInt64(truncatingIfNeeded: offset)
        let inPage = Int(at & Page.offsetMask)
        return (
            Frame(containing: PhysicalAddress(rawValue: at)), inPage, min(count, Page.size - inPage)
        )
    }
}

/// Frames handed to a driver, cut up for rings and buffers; a driver keeps them for ever.
package struct DMAArena {
    private var next: UInt64
    private let end: UInt64

    /// Takes `1 << order` frames from `first` on.
    package init(first: Frame, order: Int) {
        next = first.address.rawValue
        end = next + UInt64(Page.size) << UInt64(order)
    }
    /// The next `byteCount` bytes, aligned to 16; `nil` where too few are left.
    package mutating func take(_ byteCount: Int) -> UInt64? {
        let rounded = (UInt64(byteCount) + 15) & ~15
        guard rounded <= end - next else { return nil }
        defer { next += rounded }
        return next
    }
    /// The next `byteCount` bytes within one page, aligned to 64.
    package mutating func takePage(_ byteCount: Int) -> UInt64? {
        next = (next + 63) & ~63
        let room = UInt64(Page.size) - next & Page.offsetMask
        if UInt64(byteCount) > room { next += room }
        return take(byteCount)
    }
    package mutating func takeBuffer(_ byteCount: Int) throws(DriverError) -> DMABuffer {
        guard let address = take(byteCount) else { throw .outOfMemory }
        return DMABuffer(address: address, byteCount: byteCount)
    }
}
