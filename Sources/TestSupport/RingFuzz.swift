internal import Base
internal import Virtio

/// A mistake that a fuzz target makes on purpose, to show that it would be found.
package enum PlantedBug: Sendable {
    case none
    /// The run ends in a trap once the input led to a chain of three segments or a collected chain.
    case trap
}

/// Runs the device half of a ring on memory that a hostile guest wrote: `bytes` after a header of 8.
///
/// Header: log2 of the size (u8), features (u8), offsets of the three parts in units of 16 (u8 each).
/// Traps where a chain names memory beyond what is shared, or is longer than the ring.
package func fuzzDeviceQueue(_ bytes: RawSpan, planted: PlantedBug = .none) {
    let headerSize = 8
    guard bytes.byteCount > headerSize else { return }
    let memory = SharedBytes(base: 0x1_0000, byteCount: 4096)
    for index in 0..<min(4096, bytes.byteCount - headerSize) {
        memory.bytes[index] = bytes.byte(at: headerSize + index)
    }
    var features: Features = .version1
    if bytes.byte(at: 1) & 1 != 0 { features.insert(.eventIndex) }
    if bytes.byte(at: 1) & 2 != 0 { features.insert(.indirectDescriptors) }
    func address(_ at: Int) -> UInt64 { memory.base + UInt64(bytes.byte(at: at)) * 16 }
    do {
        let layout = try RingLayout(
            size: 1 << UInt32(bytes.byte(at: 0) & 15), maximum: 256, descriptors: address(2),
            available: address(3), used: address(4))
        var queue = try DeviceQueue(layout, features: features, in: memory)
        // The used ring may lie over the rest, so that each round changes what comes next.
        for _ in 0..<64 {
            guard let chain = try queue.next(in: memory) else {
                guard try queue.enableNotifications(in: memory) else { return }
                continue
            }
            var readable: UInt64 = 0
            var writable: UInt64 = 0
            for (index, segment) in chain.segments.enumerated() {
                try memory.check(segment.address, byteCount: UInt64(segment.byteCount))
                if index < chain.readableCount {
                    readable += UInt64(segment.byteCount)
                } else {
                    writable += UInt64(segment.byteCount)
                }
            }
            precondition(readable == UInt64(chain.readableByteCount))
            precondition(writable == UInt64(chain.writableByteCount))
            precondition(chain.segments.count <= Int(layout.size) && chain.head < layout.size)
            precondition(planted == .none || chain.segments.count < 3, "the planted bug")
            try queue.complete(chain, written: chain.writableByteCount, in: memory)
            _ = try queue.publish(in: memory)
        }
    } catch {}
}

/// Runs the driver half of a ring against a hostile device: `bytes` are steps of both.
///
/// A step is an opcode (u8) and operands. Traps where the driver half takes back a chain that it did
/// not hand out, or loses a descriptor.
package func fuzzDriverQueue(_ bytes: RawSpan, planted: PlantedBug = .none) {
    guard bytes.byteCount > 2 else { return }
    let memory = SharedBytes(base: 0x1_0000, byteCount: 4096)
    let size: UInt16 = 1 << UInt16(bytes.byte(at: 0) & 3)
    let features: Features =
        bytes.byte(at: 1) & 1 != 0 ? [.version1, .eventIndex] : .version1
    var at = 2
    func operand() -> UInt16 {
        guard at < bytes.byteCount else { return 0 }
        defer { at += 1 }
        return UInt16(bytes.byte(at: at))
    }
    do {
        let layout = try RingLayout(size: size, packedAt: memory.base)
        var queue = try DriverQueue(layout, features: features, in: memory)
        var lent: [UInt16: (count: Int, writable: UInt32)] = [:]
        while at < bytes.byteCount {
            switch operand() & 7 {
            case 0, 1:
                let count = Int(operand() % 4) + 1
                let readable = Int(operand()) % (count + 1)
                let segments = [Segment](
                    repeating: Segment(address: memory.base + 2048, byteCount: 16), count: count)
                let head = try queue.add(segments.span, readableCount: readable, in: memory)
                guard let head else { continue }
                precondition(lent[head] == nil, "a descriptor in use was handed out")
                lent[head] = (count, UInt32(16 * (count - readable)))
            case 2: _ = try queue.publish(in: memory)
            case 3:
                guard let completion = try queue.collect(in: memory) else { continue }
                guard let chain = lent.removeValue(forKey: completion.head) else {
                    fatalError("an unknown chain came back")
                }
                precondition(completion.written <= chain.writable)
                precondition(planted == .none, "the planted bug")
            case 4: _ = try queue.enableInterrupts(in: memory)
            case 5:  // The device moves its index by a little or by much.
                let index = try memory.load(UInt16.self, at: layout.usedIndex)
                try memory.store(index &+ operand(), at: layout.usedIndex)
            case 6:  // The device writes an entry.
                let entry = layout.usedEntry(operand())
                try memory.store(UInt32(operand()), at: entry)
                try memory.store(UInt32(operand()), at: entry + 4)
            default:  // The device writes anywhere in the ring.
                let offset = UInt64(operand() | operand() << 8) % 2048
                try memory.store(UInt8(truncatingIfNeeded: operand()), at: memory.base + offset)
            }
            let used = lent.values.reduce(0) { $0 + $1.count }
            precondition(used + Int(queue.freeCount) == Int(size), "a descriptor was lost")
        }
    } catch {}
}
