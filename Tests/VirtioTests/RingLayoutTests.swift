import Testing
import Virtio

@Suite("Split ring layout (virtio 1.2, section 2.7)") struct RingLayoutTests {
    @Test("a size that is no power of two, zero or above the maximum is refused")
    func sizes() throws {
        for size in 0...UInt32(300) {
            let isGood = size > 0 && size.nonzeroBitCount == 1 && size <= 256
            let layout = try? RingLayout(
                size: size, maximum: 256, descriptors: 0x1000, available: 0x4000, used: 0x8000)
            #expect((layout != nil) == isGood, "size \(size)")
        }
        #expect(throws: RingError.badQueueSize(1 << 16)) {
            try RingLayout(
                size: 1 << 16, maximum: .max, descriptors: 0, available: 0, used: 0)
        }
    }
    @Test("descriptors are aligned to 16, the available ring to 2, the used ring to 4")
    func alignment() {
        for offset in 0...UInt64(16) {
            func layout(_ a: UInt64, _ b: UInt64, _ c: UInt64) -> RingLayout? {
                try? RingLayout(
                    size: 8, maximum: 8, descriptors: 0x1000 + a, available: 0x2000 + b,
                    used: 0x3000 + c)
            }
            #expect((layout(offset, 0, 0) != nil) == (offset % 16 == 0))
            #expect((layout(0, offset, 0) != nil) == (offset % 2 == 0))
            #expect((layout(0, 0, offset) != nil) == (offset % 4 == 0))
        }
    }
    @Test("a part that reaches beyond the top of the address space is refused")
    func overflow() {
        let top = UInt64.max & ~15
        #expect(throws: RingError.badRingAddress(top)) {
            try RingLayout(size: 8, maximum: 8, descriptors: top, available: 0, used: 0)
        }
        #expect(throws: RingError.badRingAddress(top)) {
            try RingLayout(size: 8, maximum: 8, descriptors: 0, available: top, used: 0)
        }
        #expect(throws: RingError.badRingAddress(top)) {
            try RingLayout(size: 8, maximum: 8, descriptors: 0, available: 0, used: top)
        }
    }
    @Test("the parts have the sizes of section 2.7 and their fields where it says")
    func fields() throws {
        let ring = try RingLayout(
            size: 8, maximum: 8, descriptors: 0x1000, available: 0x2000, used: 0x3000)
        #expect(ring.descriptorsByteCount == 16 * 8)
        #expect(ring.availableByteCount == 6 + 2 * 8)
        #expect(ring.usedByteCount == 6 + 8 * 8)
        #expect(ring.descriptor(3) == 0x1030)
        #expect(ring.availableEntry(9) == 0x2000 + 4 + 2)
        #expect(ring.usedEvent == 0x2000 + 4 + 16)
        #expect(ring.usedEntry(10) == 0x3000 + 4 + 16)
        #expect(ring.availableEvent == 0x3000 + 4 + 64)
    }
    @Test("packed parts do not overlap and fit the stated bytes")
    func packed() throws {
        for shift in 0...8 {
            let size = UInt16(1) << UInt16(shift)
            let ring = try RingLayout(size: size, packedAt: 0x10)
            #expect(ring.descriptors + ring.descriptorsByteCount <= ring.available)
            #expect(ring.available + ring.availableByteCount <= ring.used)
            let byteCount = RingLayout.packedByteCount(size: size)
            #expect(ring.used + ring.usedByteCount <= 0x10 + UInt64(byteCount))
            #expect(byteCount % 16 == 0)
        }
    }
    @Test("an event is passed exactly when the index moved over it (section 2.7.7.1)")
    func events() {
        // By definition: entries old..<new became visible; the event is one of them.
        for start in [0, 5, 0xfff8, 0xffff] as [UInt16] {
            for count in 0...UInt16(12) {
                for distance in 0...UInt16(20) {
                    let event = start &- 4 &+ distance
                    let visible = (0..<count).contains { start &+ $0 == event }
                    #expect(
                        RingLayout.passed(event: event, from: start, to: start &+ count)
                            == visible)
                }
            }
        }
    }
    @Test("feature words are the halves of the 64 bits")
    func features() {
        let features: Features = [.eventIndex, .version1]
        #expect(features.word(0) == 1 << 29)
        #expect(features.word(1) == 1)
        #expect(features.word(2) == 0)
        #expect(Features().replacing(word: 1, with: 1) == .version1)
        #expect(features.replacing(word: 0, with: 0) == .version1)
        #expect(features.replacing(word: 7, with: 3) == features)
    }
    @Test("a control message is port, event, value (section 5.3.6.2)")
    func controlMessage() {
        let message = Console.ControlMessage(port: 3, event: .portOpen, value: 1)
        #expect(message.encoded == 0x0001_0006_0000_0003)
        #expect(Console.ControlMessage(encoded: message.encoded) == message)
        #expect(Console.receiveQueue(ofPort: 0) == 0 && Console.transmitQueue(ofPort: 0) == 1)
        #expect(Console.receiveQueue(ofPort: 1) == 4 && Console.transmitQueue(ofPort: 3) == 9)
    }
}
