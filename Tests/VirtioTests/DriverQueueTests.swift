import TestSupport
import Testing
import Virtio

@Suite("Driver half against a hostile device") struct DriverQueueTests {
    let memory = SharedBytes(byteCount: 8192)
    let layout: RingLayout
    init() throws { layout = try RingLayout(size: 4, packedAt: 0x1_0000) }

    private func makeQueue() throws -> DriverQueue {
        try DriverQueue(layout, features: .version1, in: memory)
    }
    private func giveBack(_ identifier: UInt32, _ written: UInt32, index: UInt16 = 1) throws {
        try memory.store(identifier, at: layout.usedEntry(index &- 1))
        try memory.store(written, at: layout.usedEntry(index &- 1) + 4)
        try memory.store(index, at: layout.usedIndex)
    }
    private let buffer = Segment(address: 0x1_1000, byteCount: 64)

    @Test("a chain that was never handed out is an error", arguments: [1, 3, 4, 0xffff_ffff])
    func unknown(identifier: Int) throws {
        var queue = try makeQueue()
        _ = try queue.add(writable: buffer, in: memory)
        _ = try queue.publish(in: memory)
        try giveBack(UInt32(identifier), 0)
        #expect(collectError(&queue) == .unknownChain(UInt32(identifier)))
    }
    @Test("a chain that comes back twice is an error")
    func twice() throws {
        var queue = try makeQueue()
        for _ in 0..<2 { _ = try queue.add(writable: buffer, in: memory) }
        _ = try queue.publish(in: memory)
        try giveBack(0, 0, index: 1)
        try giveBack(0, 0, index: 2)
        #expect(try queue.collect(in: memory)?.head == 0)
        #expect(collectError(&queue) == .unknownChain(0))
    }
    @Test("more chains back than were shown is an error", arguments: [2, 5, 0xffff])
    func jump(index: Int) throws {
        var queue = try makeQueue()
        _ = try queue.add(writable: buffer, in: memory)
        _ = try queue.publish(in: memory)
        try giveBack(0, 0, index: UInt16(index))
        #expect(collectError(&queue) == .indexJumped(from: 0, to: UInt16(index)))
    }
    @Test("more bytes written than there is room for is an error")
    func tooMuch() throws {
        var queue = try makeQueue()
        _ = try queue.add(readable: buffer, in: memory)
        _ = try queue.publish(in: memory)
        try giveBack(0, 1)
        #expect(collectError(&queue) == .writtenTooMuch(1))
    }
    @Test("a chain whose links the device changed comes back whole")
    func changedLinks() throws {
        var queue = try makeQueue()
        let segments = [Segment](repeating: buffer, count: 3)
        let head = try queue.add(segments.span, readableCount: 0, in: memory)
        _ = try queue.publish(in: memory)
        for index in 0..<UInt16(4) {
            try memory.store(UInt16(0xffff), at: layout.descriptor(index) + 14)
        }
        try giveBack(0, 64 * 3)
        #expect(try queue.collect(in: memory)?.head == head)
        #expect(queue.freeCount == 4)
        #expect(try queue.add(segments.span, readableCount: 3, in: memory) != nil)
    }
    @Test("a full ring takes no more, and says so before")
    func full() throws {
        var queue = try makeQueue()
        for _ in 0..<4 {
            let announced = queue.nextHead
            #expect(try queue.add(readable: buffer, in: memory) == announced)
        }
        #expect(queue.nextHead == nil)
        #expect(try queue.add(readable: buffer, in: memory) == nil)
    }
    @Test("random steps of both sides lose no descriptor")
    func random() {
        var random = SeededRandom(seed: .random(in: 0...(.max)))
        print("seed \(random.seed)")
        for _ in 0..<3_000 {
            let bytes = (0..<random.pick(3...400)).map { _ in UInt8(random.pick(0...7)) }
            fuzzDriverQueue(bytes.span.bytes)
        }
    }
    private func collectError(_ queue: inout DriverQueue) -> RingError? {
        do throws(RingError) {
            _ = try queue.collect(in: memory)
            return nil
        } catch { return error }
    }
}
