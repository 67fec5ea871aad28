internal import Base
package import Hardware

/// A buddy allocator of page frames with share counts.
///
/// Blocks of 2^0…2^10 frames are kept in a list per order, linked through 8 bytes of metadata per
/// frame that lie in RAM themselves. Ranges that were never used stay apart as bare ranges and are
/// cut into blocks on demand, so that neither frames nor metadata are touched before their time
/// (the host backs them on first touch). What is freed is reused first.
package struct FrameAllocator: ~Copyable, Sendable {
    package static let maximumOrder = 10
    private static let entrySize = MemoryLayout<UInt64>.size
    private static let entriesPerFrame = UInt32(Page.size / entrySize)
    /// Ranges that are kept uncut; more are cut at once.
    private static let untouchedCapacity = 16

    /// What lies in frames that are added.
    package enum Contents: Sendable {
        case zeroed
        case undefined
    }
    private struct UntouchedRange {
        var start: UInt32 = 0
        var end: UInt32 = 0
        var isZeroed = false
    }

    private let frameCount: UInt32
    private let metadata: UInt32
    /// First free block of each order; 0 is none, as frame 0 is never managed.
    private var heads = InlineArray<11, UInt32>(repeating: 0)
    private var untouched = InlineArray<16, UntouchedRange>(repeating: UntouchedRange())
    /// Frames that can still be allocated.
    package private(set) var freeCount = 0
    /// Frames that were ever added or adopted as the machine's memory.
    package private(set) var totalCount = 0
    /// Frames that were adopted beside it.
    package private(set) var foreignCount = 0
    private var allocationsUntilFailure = 0
    private var allocationsUntilExhaustion = 0
    private var leftByExhaustion = 0

    /// Frames that the metadata of `frameCount` frames takes.
    package static func metadataFrames(for frameCount: UInt32) -> UInt32 {
        (frameCount + entriesPerFrame - 1) / entriesPerFrame
    }

    /// Manages none of the frames 0..<`frameCount` yet. Precondition: `metadataFrames(for:)` frames
    /// from `metadata` on are the allocator's; they are zeroed here where their contents are undefined.
    package init(frameCount: UInt32, metadata: Frame, contents: Contents) {
        precondition(UInt64(frameCount) <= FrameEntry.numberMask)
        self.frameCount = frameCount
        self.metadata = metadata.number
        guard contents == .undefined else { return }
        for index in 0..<Self.metadataFrames(for: frameCount) {
            Frame(number: metadata.number + index).zero()
        }
    }

    // MARK: Boot

    /// Takes free frames under management; frame 0 stays unused.
    package mutating func add(frames range: Range<UInt32>, contents: Contents) {
        precondition(range.upperBound <= frameCount)
        let start = max(range.lowerBound, 1)
        guard start < range.upperBound else { return }
        let count = Int(range.upperBound - start)
        freeCount += count
        totalCount += count
        let added = UntouchedRange(
            start: start, end: range.upperBound, isZeroed: contents == .zeroed)
        for index in 0..<Self.untouchedCapacity
        where untouched[index].start == untouched[index].end {
            untouched[index] = added
            return
        }
        var rest = added
        while cut(from: &rest) {}
    }

    /// Marks frames that already hold something (a module) as allocated, each with share count 1: memory
    /// of the machine, or what is there beside it.
    package mutating func adopt(frames range: Range<UInt32>, isForeign: Bool = false) {
        precondition(range.upperBound <= frameCount)
        for number in range {
            precondition(entry(number).state == .unmanaged, "adopted twice")
            setEntry(number, .allocated(frameCount: 1, use: .general))
        }
        if isForeign { foreignCount += range.count } else { totalCount += range.count }
    }

    // MARK: Allocation

    /// Returns a run of `count` contiguous frames, aligned to the next power of two, and whether it
    /// is known to be zero; `nil` when none is left.
    package mutating func allocate(
        count: Int, use: FrameUse = .general
    ) -> (first: Frame, isZeroed: Bool)? {
        if use == .general, isInjectedFailure() { return nil }
        guard count > 0, count <= 1 << Self.maximumOrder, count <= freeCount else { return nil }
        let order = Int.bitWidth - (count - 1).leadingZeroBitCount
        guard let block = takeBlock(order: order) else { return nil }
        freeCount -= 1 << order
        // The part beyond `count` goes back at once.
        let unused = (1 << order) - count
        if unused > 0 {
            putFrames(
                block.first + UInt32(count)..<block.first + UInt32(1 << order),
                isZeroed: block.isZeroed)
        }
        setEntry(block.first, .allocated(frameCount: UInt32(count), use: use))
        return (Frame(number: block.first), block.isZeroed)
    }

    /// One more owner of a run.
    package mutating func retain(_ frame: Frame) {
        var entry = entry(frame.number)
        precondition(entry.state == .allocated, "retain of a free frame")
        precondition(entry.shareCount < Int(FrameEntry.numberMask), "share count overflows")
        entry.shareCount += 1
        setEntry(frame.number, entry)
    }
    /// One owner less; the last one frees the run.
    package mutating func release(_ frame: Frame) {
        var entry = entry(frame.number)
        precondition(entry.state == .allocated && entry.shareCount > 0, "release of a free frame")
        guard entry.shareCount == 1 else {
            entry.shareCount -= 1
            setEntry(frame.number, entry)
            return
        }
        setEntry(frame.number, .unmanaged)
        putFrames(frame.number..<frame.number + entry.frameCount, isZeroed: false)
    }
    /// Makes single frames of a run, each with the owners that the run has.
    package mutating func splitRun(_ frame: Frame) {
        let run = entry(frame.number)
        precondition(run.state == .allocated, "split of a free run")
        var single = FrameEntry.allocated(frameCount: 1, use: run.use)
        single.shareCount = run.shareCount
        for number in frame.number..<frame.number + run.frameCount { setEntry(number, single) }
    }
    /// Owners of a run; 0 where `frame` does not begin one.
    package func shareCount(_ frame: Frame) -> Int {
        let entry = entry(frame.number)
        return entry.state == .allocated ? entry.shareCount : 0
    }
    /// What the run that begins at `frame` is used for; `nil` where none does.
    package func use(_ frame: Frame) -> FrameUse? {
        let entry = entry(frame.number)
        return entry.state == .allocated ? entry.use : nil
    }
    /// Frames of the run that begins at `frame`; 0 where none does.
    package func runLength(_ frame: Frame) -> Int {
        let entry = entry(frame.number)
        return entry.state == .allocated ? Int(entry.frameCount) : 0
    }
    /// Makes the `n`-th allocation from now on fail (1 is the next), of those that are not the heap's;
    /// 0 takes it back. For tests.
    package mutating func injectFailure(at n: Int) { allocationsUntilFailure = n }
    var isFailureAhead: Bool { allocationsUntilFailure > 0 }
    /// Leaves only so many free frames from the `n`-th allocation on, of those that are not the
    /// heap's; what is freed later can be allocated. For tests.
    package mutating func injectExhaustion(at n: Int, leaving count: Int) {
        allocationsUntilExhaustion = n
        leftByExhaustion = count
    }
    var isExhaustionAhead: Bool { allocationsUntilExhaustion > 0 }
    private mutating func isInjectedFailure() -> Bool {
        if allocationsUntilExhaustion > 0 {
            allocationsUntilExhaustion -= 1
            if allocationsUntilExhaustion == 0 { freeCount = min(freeCount, leftByExhaustion) }
        }
        guard allocationsUntilFailure > 0 else { return false }
        allocationsUntilFailure -= 1
        return allocationsUntilFailure == 0
    }

    // MARK: Blocks

    @inline(never)
    private func entry(_ number: UInt32) -> FrameEntry {
        precondition(number < frameCount)
        let frame = Frame(number: metadata &+ number / Self.entriesPerFrame)
        let offset = Int(number % Self.entriesPerFrame) * Self.entrySize
        return FrameEntry(rawValue: frame.load(UInt64.self, at: offset))
    }
    @inline(never)
    private func setEntry(_ number: UInt32, _ entry: FrameEntry) {
        precondition(number < frameCount)
        let frame = Frame(number: metadata &+ number / Self.entriesPerFrame)
        frame.store(entry.rawValue, at: Int(number % Self.entriesPerFrame) * Self.entrySize)
    }

    private mutating func push(_ first: UInt32, order: Int, isZeroed: Bool) {
        let next = heads[order]
        setEntry(first, .free(order: order, next: next, previous: 0, isZeroed: isZeroed))
        if next != 0 {
            var following = entry(next)
            following.previous = first
            setEntry(next, following)
        }
        heads[order] = first
    }
    private mutating func unlink(_ first: UInt32, _ block: FrameEntry) {
        if block.previous == 0 {
            heads[block.order] = block.next
        } else {
            var preceding = entry(block.previous)
            preceding.next = block.next
            setEntry(block.previous, preceding)
        }
        if block.next != 0 {
            var following = entry(block.next)
            following.previous = block.previous
            setEntry(block.next, following)
        }
        setEntry(first, .unmanaged)
    }

    /// Takes a block of exactly 2^order frames out of the lists, cutting and halving as needed.
    private mutating func takeBlock(order: Int) -> (first: UInt32, isZeroed: Bool)? {
        while true {
            var found = order
            while found <= Self.maximumOrder, heads[found] == 0 { found += 1 }
            if found <= Self.maximumOrder {
                let first = heads[found]
                let block = entry(first)
                unlink(first, block)
                while found > order {
                    found -= 1
                    push(first + 1 << UInt32(found), order: found, isZeroed: block.isZeroed)
                }
                return (first, block.isZeroed)
            }
            guard cutUntouched() else { return nil }
        }
    }

    /// Frees `range` as blocks, each merged with its free buddies.
    private mutating func putFrames(_ range: Range<UInt32>, isZeroed: Bool) {
        freeCount += range.count
        var start = range.lowerBound
        while start < range.upperBound {
            let order = Self.largestOrder(at: start, before: range.upperBound)
            putBlock(start, order: order, isZeroed: isZeroed)
            start += 1 << UInt32(order)
        }
    }
    private mutating func putBlock(_ start: UInt32, order startOrder: Int, isZeroed: Bool) {
        var (first, order, isZeroed) = (start, startOrder, isZeroed)
        while order < Self.maximumOrder {
            let size: UInt32 = 1 << UInt32(order)
            let buddy = first ^ size
            guard buddy < frameCount else { break }
            let other = entry(buddy)
            guard other.state == .free, other.order == order else { break }
            unlink(buddy, other)
            isZeroed = isZeroed && other.isZeroed
            first = min(first, buddy)
            order += 1
        }
        push(first, order: order, isZeroed: isZeroed)
    }

    private mutating func cutUntouched() -> Bool {
        for index in 0..<Self.untouchedCapacity {
            var range = untouched[index]
            if cut(from: &range) {
                untouched[index] = range
                return true
            }
        }
        return false
    }
    /// Moves the largest aligned block at the start of `range` into the lists.
    private mutating func cut(from range: inout UntouchedRange) -> Bool {
        guard range.start < range.end else { return false }
        let order = Self.largestOrder(at: range.start, before: range.end)
        putBlock(range.start, order: order, isZeroed: range.isZeroed)
        range.start += 1 << UInt32(order)
        return true
    }
    private static func largestOrder(at start: UInt32, before end: UInt32) -> Int {
        let length = UInt32.bitWidth - 1 - (end - start).leadingZeroBitCount
        return min(start.trailingZeroBitCount, length, maximumOrder)
    }
}
