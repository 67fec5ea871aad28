internal import Base
internal import Glibc
internal import Hardware
package import Memory
import Synchronization

/// RAM for host tests: the direct map of this process, set up once with the global `Frames`.
package enum TestArena {
    package static let frameCount: UInt32 = 16384
    /// Frames that stand for what boot reserved, as modules: `takeReserved` hands them out once.
    private static let reserved: Range<UInt32> = 12288..<16384
    private static let nextReserved = Atomic<UInt32>(12288)

    private static let isReady: Bool = {
        let size = Int(frameCount) << Page.shift
        guard
            let memory = mmap(
                nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                0),
            memory != MAP_FAILED
        else { fatalError("no memory for the test arena") }
        DirectMap.initialize(
            base: VirtualAddress(rawValue: UInt64(UInt(bitPattern: memory))), frameCount: frameCount
        )
        return Frames.initialize(frameCount: frameCount, contents: .zeroed) { index in
            index == 0 ? 1..<reserved.lowerBound : nil
        }
    }()

    /// Makes `Frames`, heap and page caches usable in this process; cheap to call again.
    package static func prepare() { precondition(isReady) }

    /// `count` frames that `Frames` never had, for `Frames.adopt`.
    package static func takeReserved(_ count: Int) -> Range<UInt32> {
        prepare()
        let end = nextReserved.wrappingAdd(UInt32(count), ordering: .relaxed).newValue
        precondition(end <= reserved.upperBound, "no reserved frames are left")
        return (end - UInt32(count))..<end
    }

    /// Runs `body` with an allocator of its own over `count` frames that nobody else uses.
    ///
    /// The frames' numbers are `range`; `count` is at most 512.
    package static func withAllocator<Result>(
        frames count: Int, contents: FrameAllocator.Contents = .undefined,
        _ body: (inout FrameAllocator, Range<UInt32>) throws -> Result
    ) rethrows -> Result {
        prepare()
        guard let run = Frames.allocateRun(order: 9),
            let metadata = Frames.allocateRun(order: 5)
        else { fatalError("the test arena is full") }
        precondition(count <= run.count)
        precondition(FrameAllocator.metadataFrames(for: frameCount) <= UInt32(metadata.count))
        var allocator = FrameAllocator(
            frameCount: frameCount, metadata: metadata.first, contents: .undefined)
        let range = run.first.number..<run.first.number + UInt32(count)
        allocator.add(frames: range, contents: contents)
        let result = try body(&allocator, range)
        _ = consume run
        _ = consume metadata
        return result
    }
}
