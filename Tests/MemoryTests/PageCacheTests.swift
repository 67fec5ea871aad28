import Base
import Hardware
import LinuxABI
import Testing
import TestSupport

@testable import Memory

extension MemoryTests {
    @Suite("page cache") struct PageCacheTests {
        @Test(
            "random reads, writes and truncations equal a byte array",
            arguments: 1...8 as ClosedRange<UInt64>)
        func model(seed: UInt64) throws {
            TestArena.prepare()
            var random = SeededRandom(seed: seed)
            let cache = PageCache()
            var model: [UInt8] = []
            for _ in 0..<400 {
                let offset = Int.random(in: 0..<100_000, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0:
                    let bytes = (0..<Int.random(in: 0..<9000, using: &random)).map { _ in
                        UInt8.random(in: 0...255, using: &random)
                    }
                    #expect(
                        try cache.write(at: Int64(offset), from: bytes.span.bytes) == bytes.count)
                    guard !bytes.isEmpty else { break }
                    if model.count < offset + bytes.count {
                        model += [UInt8](repeating: 0, count: offset + bytes.count - model.count)
                    }
                    model.replaceSubrange(offset..<offset + bytes.count, with: bytes)
                case 1:
                    try cache.truncate(to: Int64(offset))
                    if offset < model.count {
                        model.removeLast(model.count - offset)
                    } else {
                        model += [UInt8](repeating: 0, count: offset - model.count)
                    }
                default:
                    var bytes = [UInt8](repeating: 0xaa, count: 8000)
                    var span = bytes.mutableSpan
                    var raw = span.mutableBytes
                    let count = cache.read(at: Int64(offset), into: &raw)
                    let expected = offset < model.count ? Array(model[offset...].prefix(8000)) : []
                    #expect(count == expected.count)
                    #expect(Array(bytes.prefix(count)) == expected)
                }
                #expect(cache.byteCount == Int64(model.count))
            }
        }

        @Test("a page far out costs nodes, not the pages before it")
        func sparse() throws {
            TestArena.prepare()
            let cache = PageCache()
            let far: Int64 = 1 << 50
            let byte: [UInt8] = [7]
            #expect(try cache.write(at: far, from: byte.span.bytes) == 1)
            #expect(cache.allocatedPages == 1 && cache.byteCount == far + 1)
            #expect(cache.existingFrame(at: 3) == nil)
            try cache.truncate(to: 0)
            #expect(cache.allocatedPages == 0)
        }

        @Test("offsets beyond the largest file are EFBIG, negative ones EINVAL")
        func limits() {
            TestArena.prepare()
            let cache = PageCache()
            let bytes: [UInt8] = [1, 2]
            #expect(throws: Errno.fileTooLarge) {
                try cache.write(at: .max, from: bytes.span.bytes)
            }
            #expect(throws: Errno.invalidArgument) {
                try cache.write(at: -1, from: bytes.span.bytes)
            }
            #expect(throws: Errno.invalidArgument) { try cache.truncate(to: -1) }
        }

        @Test("an adopted frame is the file's page, without a copy")
        func adopts() throws {
            TestArena.prepare()
            guard let frame = Frames.allocateZeroed() else { return }
            frame.store(UInt8(9), at: 5)
            let cache = PageCache()
            try cache.adopt(frame, at: 2)
            cache.byteCount = 2 * 4096 + 6
            var bytes = [UInt8](repeating: 0, count: 10)
            var span = bytes.mutableSpan
            var raw = span.mutableBytes
            #expect(cache.read(at: 8192, into: &raw) == 6)
            #expect(bytes[5] == 9 && cache.existingFrame(at: 2) == frame)
            #expect(Frames.shareCount(frame) == 1)
        }
    }
}
