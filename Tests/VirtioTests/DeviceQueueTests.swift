import TestSupport
import Testing
import Virtio

@Suite("Device half against a hostile driver") struct DeviceQueueTests {
    /// A ring of 8 at the start of 8 KiB, and ways to write what a driver should not.
    struct Ring {
        let memory = SharedBytes(byteCount: 8192)
        let layout: RingLayout
        init() throws { layout = try RingLayout(size: 8, packedAt: 0x1_0000) }

        func descriptor(
            _ index: UInt16, _ address: UInt64 = 0x1_1000, _ byteCount: UInt32 = 16,
            _ flags: DescriptorFlags = [], next: UInt16 = 0
        ) throws {
            try write(at: layout.descriptor(index), address, byteCount, flags, next: next)
        }
        func write(
            at: UInt64, _ address: UInt64, _ byteCount: UInt32, _ flags: DescriptorFlags,
            next: UInt16
        ) throws {
            try memory.store(address, at: at)
            try memory.store(byteCount, at: at + 8)
            try memory.store(flags.rawValue, at: at + 12)
            try memory.store(next, at: at + 14)
        }
        func offer(_ head: UInt16, index: UInt16 = 1) throws {
            try memory.store(head, at: layout.availableEntry(index &- 1))
            try memory.store(index, at: layout.availableIndex)
        }
        func next(_ features: Features = .version1, limit: UInt32 = 1 << 28) throws -> Chain? {
            var queue = try DeviceQueue(
                layout, features: features, chainByteLimit: limit, in: memory)
            return try queue.next(in: memory)
        }
    }

    @Test("an empty ring has no chain")
    func empty() throws { #expect(try Ring().next() == nil) }

    @Test("a ring outside of the memory is refused")
    func outside() throws {
        let memory = SharedBytes(byteCount: 4096)
        for shift in 0..<3 {
            var at: [UInt64] = [0x1_0000, 0x1_0400, 0x1_0800]
            at[shift] = 0x1_0ff0
            let layout = try RingLayout(
                size: 64, maximum: 64, descriptors: at[0], available: at[1], used: at[2])
            #expect(throws: RingError.self) {
                try DeviceQueue(layout, features: .version1, in: memory)
            }
        }
    }
    @Test("a chain's segments come readable first, with their sums")
    func chain() throws {
        let ring = try Ring()
        try ring.descriptor(2, 0x1_1000, 10, .next, next: 5)
        try ring.descriptor(5, 0x1_1100, 20, [.next, .writable], next: 1)
        try ring.descriptor(1, 0x1_1200, 30, .writable)
        try ring.offer(2)
        let chain = try #require(try ring.next())
        #expect(chain.head == 2)
        #expect(chain.readable.map(\.byteCount) == [10])
        #expect(chain.writable.map(\.address) == [0x1_1100, 0x1_1200])
        #expect(chain.readableByteCount == 10 && chain.writableByteCount == 50)
    }
    @Test("an index that moved by more than the ring holds is an error", arguments: [9, 0x8000])
    func jump(index: Int) throws {
        let ring = try Ring()
        try ring.offer(0, index: UInt16(index))
        #expect(throws: RingError.indexJumped(from: 0, to: UInt16(index))) { try ring.next() }
    }
    @Test("a head or a link at or above the size is an error", arguments: [8, 9, 0xffff])
    func badIndex(index: Int) throws {
        let head = try Ring()
        try head.offer(UInt16(index))
        #expect(throws: RingError.badDescriptor(UInt32(index))) { try head.next() }
        let link = try Ring()
        try link.descriptor(0, 0x1_1000, 16, .next, next: UInt16(index))
        try link.offer(0)
        #expect(throws: RingError.badDescriptor(UInt32(index))) { try link.next() }
    }
    @Test("a loop ends after as many descriptors as the ring has", arguments: 1...8)
    func loop(length: Int) throws {
        let ring = try Ring()
        for index in 0..<length {
            try ring.descriptor(
                UInt16(index), 0x1_1000, 1, .next, next: UInt16((index + 1) % length))
        }
        try ring.offer(0)
        #expect(throws: RingError.chainTooLong) { try ring.next() }
    }
    @Test("a chain of all descriptors is taken")
    func longest() throws {
        let ring = try Ring()
        for index in 0..<UInt16(8) {
            try ring.descriptor(index, 0x1_1000, 1, index < 7 ? .next : [], next: index + 1)
        }
        try ring.offer(0)
        #expect(try ring.next()?.segments.count == 8)
    }
    @Test("a segment outside of the memory is an error")
    func badAddress() throws {
        let cases: [(UInt64, UInt32)] = [
            (0, 16), (0x1_1fff, 2), (0x1_2001, 0), (.max, 16), (.max - 8, 16), (0xffff, 2),
            (0x1_0000, .max),
        ]
        for (address, byteCount) in cases {
            let ring = try Ring()
            try ring.descriptor(0, address, byteCount)
            try ring.offer(0)
            #expect(throws: RingError.badAddress(address, byteCount: UInt64(byteCount))) {
                try ring.next()
            }
        }
    }
    @Test("a readable segment behind a writable one is an error (section 2.7.4.2)")
    func order() throws {
        let ring = try Ring()
        try ring.descriptor(0, 0x1_1000, 1, [.next, .writable], next: 1)
        try ring.descriptor(1)
        try ring.offer(0)
        #expect(throws: RingError.readableAfterWritable) { try ring.next() }
    }
    @Test("a chain of more bytes than the device takes is an error")
    func limit() throws {
        let ring = try Ring()
        try ring.descriptor(0, 0x1_1000, 60, .next, next: 1)
        try ring.descriptor(1, 0x1_1000, 41)
        try ring.offer(0)
        #expect(throws: RingError.chainTooLarge) { try ring.next(limit: 100) }
        #expect(try ring.next(limit: 101) != nil)
    }
    @Test("an indirect table is taken only when negotiated")
    func indirect() throws {
        let ring = try Ring()
        try ring.descriptor(0, 0x1_1000, 32, .indirect)
        try ring.write(at: 0x1_1000, 0x1_1800, 5, .next, next: 1)
        try ring.write(at: 0x1_1010, 0x1_1900, 7, .writable, next: 0)
        try ring.offer(0)
        #expect(throws: RingError.badIndirect) { try ring.next() }
        let chain = try #require(try ring.next([.version1, .indirectDescriptors]))
        #expect(chain.readableByteCount == 5 && chain.writableByteCount == 7 && chain.head == 0)
    }
    @Test("an indirect table that is nested, chained, empty, uneven, too long or loops is an error")
    func badIndirect() throws {
        let features: Features = [.version1, .indirectDescriptors]
        for (byteCount, flags) in [
            (0, .indirect), (15, .indirect), (17, .indirect), (16 * 9, .indirect),
            (16, [.indirect, .next]),
        ] as [(UInt32, DescriptorFlags)] {
            let ring = try Ring()
            try ring.descriptor(0, 0x1_1000, byteCount, flags, next: 1)
            try ring.offer(0)
            #expect(throws: RingError.badIndirect) { try ring.next(features) }
        }
        let nested = try Ring()
        try nested.descriptor(0, 0x1_1000, 16, .indirect)
        try nested.write(at: 0x1_1000, 0x1_1000, 16, .indirect, next: 0)
        try nested.offer(0)
        #expect(throws: RingError.badIndirect) { try nested.next(features) }
        let loop = try Ring()
        try loop.descriptor(0, 0x1_1000, 32, .indirect)
        try loop.write(at: 0x1_1000, 0x1_1000, 1, .next, next: 1)
        try loop.write(at: 0x1_1010, 0x1_1000, 1, .next, next: 0)
        try loop.offer(0)
        #expect(throws: RingError.chainTooLong) { try loop.next(features) }
        let misaligned = try Ring()
        try misaligned.descriptor(0, 0x1_1008, 16, .indirect)
        try misaligned.offer(0)
        #expect(throws: RingError.badIndirect) { try misaligned.next(features) }
    }
    @Test("random memory never gives a chain outside of it")
    func random() {
        var random = SeededRandom(seed: .random(in: 0...(.max)))
        print("seed \(random.seed)")
        for _ in 0..<3_000 {
            var bytes = (0..<random.pick(9...1500)).map { _ in
                // Mostly small numbers, or nearly every chain ends at its first descriptor.
                random.oneIn(4)
                    ? UInt8.random(in: 0...255, using: &random) : UInt8(random.pick(0...3))
            }
            bytes[0] &= 7
            fuzzDeviceQueue(bytes.span.bytes)
        }
    }
}
