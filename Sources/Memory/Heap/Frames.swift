internal import Base
package import Hardware
package import LinuxABI

/// The machine's page frames: the one frame allocator, behind a lock.
///
/// A frame is owned by reference: `allocate` gives one, `retain` adds one, `release` gives one
/// back and frees the frame with the last. The state lies in the first frame of the storage that
/// `initialize` sets aside, so that no global needs lazy initialisation.
package enum Frames {
    // Set once by boot (or a test's arena), before anything allocates.
    private nonisolated(unsafe) static var state: UnsafeMutablePointer<SpinLock<FrameAllocator>>?

    /// Sets up allocation for a direct map of `frameCount` frames: the state and metadata are taken
    /// from the first usable range that holds them, the rest is free.
    ///
    /// `usable` returns the range of free frames at an index, `nil` past the last. Returns false
    /// where no range is large enough. Frames outside the ranges may be adopted later.
    package static func initialize(
        frameCount: UInt32, contents: FrameAllocator.Contents,
        usable: (Int) -> Range<UInt32>?
    ) -> Bool {
        let needed = 1 + FrameAllocator.metadataFrames(for: frameCount)
        var chosen = 0
        while let range = usable(chosen),
            range.count < Int(needed) + (range.lowerBound == 0 ? 1 : 0)
        {
            chosen += 1
        }
        guard let home = usable(chosen) else { return false }
        let control = Frame(number: max(home.lowerBound, 1))
        let metadata = Frame(number: control.number + 1)
        var allocator = FrameAllocator(
            frameCount: frameCount, metadata: metadata, contents: contents)
        var index = 0
        while let range = usable(index) {
            let start = index == chosen ? control.number + needed : range.lowerBound
            if start < range.upperBound {
                allocator.add(frames: start..<range.upperBound, contents: contents)
            }
            index += 1
        }
        // SAFETY: the control frame was just set aside for this; both states fit into a page.
        let base = unsafe UnsafeMutableRawPointer(
            bitPattern: UInt(DirectMap.address(of: control).rawValue))
        guard let base = unsafe base else { return false }
        precondition(MemoryLayout<SpinLock<FrameAllocator>>.size <= Page.size / 2)
        let place = unsafe base.bindMemory(to: SpinLock<FrameAllocator>.self, capacity: 1)
        unsafe place.initialize(to: SpinLock(allocator, rank: .frames))
        unsafe state = place
        unsafe Heap.initialize(at: base.advanced(by: Page.size / 2))
        return true
    }

    private static func withAllocator<Result>(
        _ body: (inout FrameAllocator) -> Result
    ) -> Result {
        guard let state = unsafe state else { fatalError("frames used before boot set them up") }
        return unsafe state.pointee.withLock { allocator in
            nonisolated(unsafe) let result = body(&allocator)
            return unsafe result
        }
    }

    /// Whether `initialize` has run.
    package static var isInitialized: Bool { unsafe state != nil }
    /// Adds free frames that boot did not name (its own record, once read).
    @export(interface)
    package static func add(frames: Range<UInt32>) {
        withAllocator { $0.add(frames: frames, contents: .undefined) }
    }
    /// Marks frames that boot reserved as allocated, each with share count 1.
    @export(interface)
    package static func adopt(frames: Range<UInt32>) {
        withAllocator { $0.adopt(frames: frames) }
    }
    /// The same for frames that are no memory of the machine's, as those of a root file system's image: they
    /// are never given back.
    @export(interface)
    package static func adopt(foreignFrames frames: Range<UInt32>) {
        withAllocator { $0.adopt(frames: frames, isForeign: true) }
    }
    @export(interface)
    package static var foreignCount: Int {
        @inline(never) get { withAllocator { $0.foreignCount } }
    }
    @export(interface)
    package static var freeCount: Int {
        @inline(never) get { withAllocator { $0.freeCount } }
    }
    @export(interface)
    package static var totalCount: Int {
        @inline(never) get { withAllocator { $0.totalCount } }
    }

    /// A frame with undefined contents, share count 1.
    @export(interface)
    package static func allocate() -> Frame? { withAllocator { $0.allocate(count: 1)?.first } }
    /// A frame of zeroes, share count 1.
    @export(interface)
    @inline(never)
    package static func allocateZeroed() -> Frame? {
        guard let frame = withAllocator({ $0.allocate(count: 1) }) else { return nil }
        if !frame.isZeroed { frame.first.zero() }
        return frame.first
    }
    /// A frame of zeroes for the program. ENOMEM when only the kernel's reserve is left.
    @export(interface)
    package static func allocateForProgram() throws(Errno) -> Frame {
        guard freeCount > KernelReserve.frames, let frame = allocateZeroed() else {
            throw .outOfMemory
        }
        return frame
    }
    /// The 512 zeroed frames of a large page, one run; `nil` where no such block is left.
    @export(interface)
    package static func allocateLargePage() -> Frame? {
        let count = 1 << 9
        guard let run = withAllocator({ $0.allocate(count: count) }) else { return nil }
        if !run.isZeroed {
            for index in 0..<UInt32(count) { Frame(number: run.first.number + index).zero() }
        }
        return run.first
    }
    /// Makes single frames of a run, each with the owners that the run has.
    @export(interface)
    package static func splitRun(_ frame: Frame) { withAllocator { $0.splitRun(frame) } }
    /// 2^order contiguous frames with undefined contents, aligned to their size.
    @export(interface)
    package static func allocateRun(order: Int) -> FrameRun? {
        guard order >= 0, order <= FrameAllocator.maximumOrder,
            let first = withAllocator({ $0.allocate(count: 1 << order)?.first })
        else { return nil }
        return FrameRun(first: first, count: 1 << order)
    }

    @export(interface)
    @inline(never)
    package static func retain(_ frame: Frame) { withAllocator { $0.retain(frame) } }
    /// Gives a reference back; the last one frees the frame (a leaked run: all its frames).
    @export(interface)
    package static func release(_ frame: Frame) { withAllocator { $0.release(frame) } }
    @export(interface)
    package static func shareCount(_ frame: Frame) -> Int {
        withAllocator { $0.shareCount(frame) }
    }
    /// Makes the `n`-th allocation from now on fail (1 is the next); 0 takes it back. For tests.
    @export(interface)
    package static func injectFailure(at n: Int) { withAllocator { $0.injectFailure(at: n) } }
    package static var isFailureAhead: Bool { withAllocator { $0.isFailureAhead } }
    /// Leaves only the kernel's reserve from the `n`-th allocation on. For tests.
    @export(interface)
    package static func injectExhaustion(at n: Int) {
        let reserve = KernelReserve.frames
        withAllocator { $0.injectExhaustion(at: n, leaving: reserve) }
    }
    @export(interface)
    package static var isExhaustionAhead: Bool {
        @inline(never) get { withAllocator { $0.isExhaustionAhead } }
    }

    // The heap's side.
    static func allocate(count: Int, use: FrameUse) -> Frame? {
        withAllocator { $0.allocate(count: count, use: use)?.first }
    }
    static func use(_ frame: Frame) -> FrameUse? { withAllocator { $0.use(frame) } }
    static func runLength(_ frame: Frame) -> Int { withAllocator { $0.runLength(frame) } }
}

/// Contiguous frames with one owner, freed together.
///
/// Public, because Embedded Swift sees the deinit of no package type from other modules.
public struct FrameRun: ~Copyable {
    package let first: Frame
    package let count: Int
    fileprivate init(first: Frame, count: Int) {
        self.first = first
        self.count = count
    }
    /// Gives up ownership; whoever gets the first frame frees the whole run by releasing it.
    @export(interface)
    package consuming func leak() -> Frame {
        let first = first
        discard self
        return first
    }
    deinit { Frames.release(first) }
}

/// Frames that only the library OS may take, so that an operation once begun can finish.
///
/// Embedded Swift traps when an object cannot be allocated. Whatever creates objects on behalf of
/// the program asks `admit` first, and program pages stop short of the reserve.
package enum KernelReserve {
    /// Frames set aside: a sixty-fourth of the memory, 16 to 64.
    package static var frames: Int {
        @inline(never) get { max(16, min(64, Frames.totalCount / 64)) }
    }

    /// Lets an operation begin that creates objects. ENOMEM below the reserve.
    @export(interface)
    package static func admit() throws(Errno) {
        guard Frames.freeCount >= frames, mayAdmit() else { throw .outOfMemory }
    }

    private static let untilRefusal = Global(0)
    /// Makes the `n`-th admission from now on fail (1 is the next); 0 takes it back. For tests.
    package static func injectFailure(at n: Int) { untilRefusal.value = n }
    fileprivate static var isFailureAhead: Bool { untilRefusal.value > 0 }
    private static func mayAdmit() -> Bool {
        guard untilRefusal.value > 0 else { return true }
        untilRefusal.value -= 1
        return untilRefusal.value > 0
    }
}

/// What can be made to run out, for tests of what happens then.
package enum InjectedShortage: CaseIterable, Sendable {
    case frames
    /// Room whose size was chosen outside; objects come out of the reserve.
    case heap
    case admissions

    /// Makes the `n`-th allocation from now on fail (1 is the next); 0 takes it back.
    package func inject(at n: Int) {
        switch self {
        case .frames: Frames.injectFailure(at: n)
        case .heap: Heap.injectFailure(at: n)
        case .admissions: KernelReserve.injectFailure(at: n)
        }
    }
    /// Whether that failure is still to come.
    package var isAhead: Bool {
        switch self {
        case .frames: Frames.isFailureAhead
        case .heap: Heap.isFailureAhead
        case .admissions: KernelReserve.isFailureAhead
        }
    }
}
