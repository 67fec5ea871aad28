internal import Base
internal import Hardware

/// The library OS's heap: objects up to 2032 bytes in slab pages, larger ones in runs of frames.
///
/// A slab page holds objects of one size from its start, so that power-of-two sizes are aligned to
/// themselves, and its header in the last 32 bytes. Pages with room are linked per size class; an
/// empty page goes back to the frames unless it is the last of its class. Nothing here allocates
/// Swift objects, and all of it is reachable from `posix_memalign` and `free` (Runtime).
enum Heap {
    // Set once by boot.
    private nonisolated(unsafe) static var state: UnsafeMutablePointer<SpinLock<HeapState>>?

    static var isReady: Bool { unsafe state != nil }
    /// Puts the heap's state at `place`. Precondition: half a page there is the heap's.
    static func initialize(at place: UnsafeMutableRawPointer) {
        precondition(MemoryLayout<SpinLock<HeapState>>.size <= Page.size / 2)
        let typed = unsafe place.bindMemory(to: SpinLock<HeapState>.self, capacity: 1)
        unsafe typed.initialize(to: SpinLock(HeapState(), rank: .heap))
        unsafe state = typed
    }

    /// Makes the `n`-th allocation from now on fail (1 is the next); 0 takes it back. For tests.
    static func injectFailure(at n: Int) {
        guard let state = unsafe state else { return }
        unsafe state.pointee.withLock { $0.allocationsUntilFailure = n }
    }

    static var isFailureAhead: Bool {
        guard let state = unsafe state else { return false }
        return unsafe state.pointee.withLock { $0.allocationsUntilFailure > 0 }
    }

    /// Returns `size` bytes at a multiple of `alignment` (a power of two up to a page), or nil: for who
    /// can do without.
    static func allocate(size: Int, alignment: Int) -> UnsafeMutableRawPointer? {
        guard let state = unsafe state, unsafe state.pointee.withLock({ $0.mayAllocate() }) else {
            return nil
        }
        return unsafe allocateObject(size: size, alignment: alignment)
    }
    /// The same for Swift's objects, without which nothing goes on: tests let none of them fail.
    static func allocateObject(size: Int, alignment: Int) -> UnsafeMutableRawPointer? {
        guard let state = unsafe state, size >= 0, alignment <= Page.size else { return nil }
        guard let sizeClass = SizeClass(size: size, alignment: alignment) else {
            guard size <= Page.size << FrameAllocator.maximumOrder,
                let count = Page.count(holding: UInt64(size)),
                let first = Frames.allocate(count: Int(count), use: .heapRun)
            else { return nil }
            return unsafe pointer(first, offset: 0)
        }
        let slot = unsafe state.pointee.withLock { $0.allocate(sizeClass) }
        guard let slot else { return nil }
        return unsafe pointer(slot.frame, offset: slot.offset)
    }

    /// Frees what `allocate` returned; traps on anything else.
    static func free(_ pointer: UnsafeMutableRawPointer) {
        guard let state = unsafe state else { fatalError("free before the heap exists") }
        let address = UInt64(UInt(bitPattern: pointer))
        let base = DirectMap.address(of: Frame(number: 0)).rawValue
        precondition(address >= base, "free outside the direct map")
        let frame = Frame(containing: PhysicalAddress(rawValue: address - base))
        let offset = Int(address & Page.offsetMask)
        switch Frames.use(frame) {
        case .heapRun:
            precondition(offset == 0, "free inside a run")
            Frames.release(frame)
        case .heapSlab:
            unsafe state.pointee.withLock { $0.free(frame, offset: offset) }
        case .general, nil:
            fatalError("free of memory that the heap does not own")
        }
    }

    /// Bytes of usable room behind a pointer that `allocate` returned.
    private static func pointer(_ frame: Frame, offset: Int) -> UnsafeMutableRawPointer? {
        unsafe UnsafeMutableRawPointer(
            bitPattern: UInt(DirectMap.address(of: frame).rawValue) + UInt(offset))
    }
}

/// One of the sizes that slab pages are divided into.
struct SizeClass {
    let index: Int
    static let count = 22

    /// Bytes of an object: multiples of 16; above 512 what divides the page best.
    static func size(_ index: Int) -> Int {
        switch index {
        case 0...7: (index + 1) * 16
        case 8...11: 128 + (index - 7) * 32
        case 12...15: 256 + (index - 11) * 64
        default: largeSize(index)
        }
    }
    /// The sizes above 512, from class 16 on: a table, where the compiler sees a switch of its own.
    private static func largeSize(_ index: Int) -> Int {
        switch index {
        case 16: 672
        case 17: 800
        case 18: 1008
        case 19: 1024
        case 20: 1344
        default: 2032
        }
    }
    var size: Int { Self.size(index) }
    var objectsPerPage: Int { (Page.size - SlabHeader.size) / size }

    /// The class for a request, `nil` where it takes frames of its own.
    init?(size: Int, alignment: Int) {
        var wanted = max(size, 1)
        if alignment > 16 {
            // Only powers of two up to 1024 lie at multiples of themselves.
            wanted = max(wanted, alignment)
            guard wanted <= 1024 else { return nil }
            wanted = 1 << (Int.bitWidth - (wanted - 1).leadingZeroBitCount)
        }
        guard wanted <= Self.largeSize(Self.count - 1) else { return nil }
        if wanted <= 128 {
            index = (wanted + 15) / 16 - 1
        } else if wanted <= 256 {
            index = 7 + (wanted - 128 + 31) / 32
        } else if wanted <= 512 {
            index = 11 + (wanted - 256 + 63) / 64
        } else {
            var found = 16
            while Self.largeSize(found) < wanted { found += 1 }
            index = found
        }
    }
    init(index: Int) { self.index = index }
}

/// Where a slab page keeps its book: its last 32 bytes, by offset.
enum SlabHeader {
    static let size = 32
    static let next = Page.size - 32  // u32: frame of the next page with room, 0 none
    static let previous = Page.size - 28  // u32
    static let firstFree = Page.size - 24  // u16: offset / 16 + 1 of a freed object, 0 none
    static let used = Page.size - 22  // u16: objects in use
    static let fresh = Page.size - 20  // u16: objects ever handed out
    static let sizeClass = Page.size - 18  // u16
}

/// The slab pages with room, by size class.
struct HeapState: ~Copyable, Sendable {
    /// For tests: which allocation from now on fails; 0 for none.
    var allocationsUntilFailure = 0
    mutating func mayAllocate() -> Bool {
        guard allocationsUntilFailure > 0 else { return true }
        allocationsUntilFailure -= 1
        return allocationsUntilFailure > 0
    }

    private var partial = InlineArray<22, UInt32>(repeating: 0)

    mutating func allocate(_ sizeClass: SizeClass) -> (frame: Frame, offset: Int)? {
        let number = partial[sizeClass.index]
        let frame: Frame
        if number != 0 {
            frame = Frame(number: number)
        } else {
            guard let fresh = Frames.allocate(count: 1, use: .heapSlab) else { return nil }
            frame = fresh
            frame.zero(from: Page.size - SlabHeader.size, to: Page.size)
            frame.store(UInt16(sizeClass.index), at: SlabHeader.sizeClass)
            link(frame, sizeClass)
        }
        let used = frame.load(UInt16.self, at: SlabHeader.used) + 1
        frame.store(used, at: SlabHeader.used)
        if Int(used) == sizeClass.objectsPerPage { unlink(frame, sizeClass) }
        let free = frame.load(UInt16.self, at: SlabHeader.firstFree)
        guard free == 0 else {
            let offset = Int(free - 1) * 16
            frame.store(frame.load(UInt16.self, at: offset), at: SlabHeader.firstFree)
            return (frame, offset)
        }
        let fresh = frame.load(UInt16.self, at: SlabHeader.fresh)
        frame.store(fresh + 1, at: SlabHeader.fresh)
        return (frame, Int(fresh) * sizeClass.size)
    }

    mutating func free(_ frame: Frame, offset: Int) {
        let sizeClass = SizeClass(index: Int(frame.load(UInt16.self, at: SlabHeader.sizeClass)))
        let used = frame.load(UInt16.self, at: SlabHeader.used)
        precondition(used > 0 && offset % sizeClass.size == 0, "free of no object")
        precondition(
            offset / sizeClass.size < Int(frame.load(UInt16.self, at: SlabHeader.fresh)),
            "free of an object never allocated")
        frame.store(frame.load(UInt16.self, at: SlabHeader.firstFree), at: offset)
        frame.store(UInt16(offset / 16 + 1), at: SlabHeader.firstFree)
        frame.store(used - 1, at: SlabHeader.used)
        if Int(used) == sizeClass.objectsPerPage { link(frame, sizeClass) }
        let isAlone =
            partial[sizeClass.index] == frame.number
            && frame.load(UInt32.self, at: SlabHeader.next) == 0
        if used == 1, !isAlone {
            unlink(frame, sizeClass)
            Frames.release(frame)
        }
    }

    private mutating func link(_ frame: Frame, _ sizeClass: SizeClass) {
        let next = partial[sizeClass.index]
        frame.store(next, at: SlabHeader.next)
        frame.store(UInt32(0), at: SlabHeader.previous)
        if next != 0 { Frame(number: next).store(frame.number, at: SlabHeader.previous) }
        partial[sizeClass.index] = frame.number
    }
    private mutating func unlink(_ frame: Frame, _ sizeClass: SizeClass) {
        let next = frame.load(UInt32.self, at: SlabHeader.next)
        let previous = frame.load(UInt32.self, at: SlabHeader.previous)
        if previous == 0 {
            partial[sizeClass.index] = next
        } else {
            Frame(number: previous).store(next, at: SlabHeader.next)
        }
        if next != 0 { Frame(number: next).store(previous, at: SlabHeader.previous) }
    }
}

/// What Runtime's `posix_memalign` and `aligned_alloc` call.
@c(mart_alloc)
package func runtimeAllocate(_ size: Int, _ alignment: Int) -> UnsafeMutableRawPointer? {
    unsafe Heap.allocateObject(size: size, alignment: alignment)
}
/// What Runtime's `free` calls.
@c(mart_free)
package func runtimeFree(_ pointer: UnsafeMutableRawPointer) { unsafe Heap.free(pointer) }
/// Whether Runtime may call `mart_alloc`; before that it serves boot from a few static bytes.
@c(mart_heap_is_ready)
package func runtimeHeapIsReady() -> CInt { Heap.isReady ? 1 : 0 }
