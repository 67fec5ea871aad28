import Hardware
import Testing
import TestSupport

@testable import Memory

/// A small generator whose seed a failing test names.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }
    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

extension MemoryTests {
    @Suite("frame allocator") struct FrameAllocatorTests {
        @Test("every frame of every small count can be had once", arguments: 1...70)
        func exhausts(count: Int) {
            TestArena.withAllocator(frames: count) { allocator, range in
                var seen = Set<UInt32>()
                while let (frame, _) = allocator.allocate(count: 1) {
                    #expect(range.contains(frame.number))
                    #expect(seen.insert(frame.number).inserted)
                }
                #expect(seen.count == count && allocator.freeCount == 0)
                for number in seen.shuffled() { allocator.release(Frame(number: number)) }
                #expect(allocator.freeCount == count)
                // Merged again: the largest power of two within is one run.
                let largest = 1 << (Int.bitWidth - 1 - count.leadingZeroBitCount)
                #expect(allocator.allocate(count: largest) != nil)
            }
        }

        @Test(
            "random runs never overlap and all come back", arguments: 1...20 as ClosedRange<UInt64>)
        func model(seed: UInt64) {
            var random = SeededRandom(seed: seed)
            TestArena.withAllocator(frames: 500) { allocator, range in
                var owned: [(first: UInt32, count: Int, shares: Int)] = []
                var used = Set<UInt32>()
                for _ in 0..<3000 {
                    switch Int.random(in: 0..<5, using: &random) {
                    case 0, 1:
                        let count = Int.random(in: 1...9, using: &random)
                        guard let (frame, _) = allocator.allocate(count: count) else { break }
                        for number in frame.number..<frame.number + UInt32(count) {
                            #expect(range.contains(number) && used.insert(number).inserted)
                        }
                        #expect(allocator.runLength(frame) == count)
                        owned.append((frame.number, count, 1))
                    case 2:
                        guard let index = owned.indices.randomElement(using: &random) else { break }
                        allocator.retain(Frame(number: owned[index].first))
                        owned[index].shares += 1
                    default:
                        guard let index = owned.indices.randomElement(using: &random) else { break }
                        let frame = Frame(number: owned[index].first)
                        #expect(allocator.shareCount(frame) == owned[index].shares)
                        allocator.release(frame)
                        owned[index].shares -= 1
                        if owned[index].shares == 0 {
                            let gone = owned.remove(at: index)
                            for number in gone.first..<gone.first + UInt32(gone.count) {
                                used.remove(number)
                            }
                        }
                    }
                    #expect(allocator.freeCount == 500 - used.count)
                }
                for run in owned {
                    for _ in 0..<run.shares { allocator.release(Frame(number: run.first)) }
                }
                #expect(allocator.freeCount == 500)
                #expect(allocator.allocate(count: 256) != nil)
            }
        }

        @Test("the n-th allocation fails when asked to")
        func injectedFailure() {
            TestArena.withAllocator(frames: 8) { allocator, _ in
                allocator.injectFailure(at: 3)
                #expect(allocator.allocate(count: 1) != nil)
                #expect(allocator.allocate(count: 1) != nil)
                #expect(allocator.allocate(count: 1) == nil)
                #expect(allocator.allocate(count: 1) != nil)
            }
        }

        @Test("fresh zeroed frames are known to be zero, freed ones are not")
        func zeroed() throws {
            TestArena.withAllocator(frames: 4, contents: .zeroed) { allocator, _ in
                guard let first = allocator.allocate(count: 1) else { return }
                #expect(first.isZeroed)
                allocator.release(first.first)
                #expect(allocator.allocate(count: 1)?.isZeroed == false)
            }
        }

        @Test("adopted frames are allocated once, and free when released")
        func adopts() {
            TestArena.withAllocator(frames: 8) { allocator, range in
                guard let (frame, _) = allocator.allocate(count: 8) else { return }
                _ = frame
                let other = range.upperBound..<range.upperBound + 3
                allocator.adopt(frames: other)
                #expect(allocator.totalCount == 11 && allocator.freeCount == 0)
                #expect(allocator.shareCount(Frame(number: other.lowerBound)) == 1)
                allocator.release(Frame(number: other.lowerBound + 1))
                #expect(allocator.freeCount == 1)
            }
        }
    }

}
extension MemoryTests {
    @Suite("heap") struct HeapTests {
        @Test("objects of every size are aligned, apart and come back")
        func sizes() {
            TestArena.prepare()
            var live: [(UnsafeMutableRawPointer, Int, UInt8)] = []
            var random = SeededRandom(seed: 7)
            for step in 0..<20000 {
                if live.count < 400, Bool.random(using: &random) {
                    let size = Int.random(in: 0...2600, using: &random)
                    let alignment = [1, 8, 16, 16, 32, 64, 256].randomElement(using: &random) ?? 16
                    guard let memory = Heap.allocate(size: size, alignment: alignment) else {
                        Issue.record("out of memory at \(step)")
                        return
                    }
                    #expect(UInt(bitPattern: memory) % UInt(alignment) == 0)
                    let mark = UInt8(truncatingIfNeeded: step)
                    memory.initializeMemory(as: UInt8.self, repeating: mark, count: size)
                    live.append((memory, size, mark))
                } else if let index = live.indices.randomElement(using: &random) {
                    let (memory, size, mark) = live.remove(at: index)
                    let bytes = UnsafeRawBufferPointer(start: memory, count: size)
                    #expect(bytes.allSatisfy { $0 == mark })
                    Heap.free(memory)
                }
            }
            for (memory, _, _) in live { Heap.free(memory) }
        }

        @Test("a size class holds what it was asked for", arguments: 0...2100)
        func classes(size: Int) {
            if let found = SizeClass(size: size, alignment: 16) {
                #expect(found.size >= size)
                #expect(found.index == 0 || SizeClass.size(found.index - 1) < max(size, 1))
            } else {
                #expect(size > 2032)
            }
        }

        @Test("a fixed buffer of an absurd size is nil")
        func absurd() {
            TestArena.prepare()
            for count in [Int.max, 1 << 40, -1] {
                let buffer = FixedBuffer<UInt64>(count: count, repeating: 0)
                let isNil = buffer == nil
                #expect(isNil)
            }
        }
    }
}
