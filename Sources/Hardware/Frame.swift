package import Base

/// A 4 KiB page of RAM by number, reached through the direct map.
///
/// A plain handle: who may touch the frame is the frame allocator's matter (Memory). Every access
/// checks its bounds within the page.
package struct Frame: Hashable, Sendable {
    package let number: UInt32
    package init(number: UInt32) { self.number = number }
    package init(containing address: PhysicalAddress) {
        number = UInt32(truncatingIfNeeded: address.rawValue >> UInt64(Page.shift))
    }
    package var address: PhysicalAddress {
        PhysicalAddress(rawValue: UInt64(number) << UInt64(Page.shift))
    }

    // SAFETY (all below): DirectMap.pointer traps on frames beyond RAM; offsets are checked.

    /// Loads an integer. Precondition: `offset` is aligned to it and lies within the page.
    package func load<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type, at offset: Int
    ) -> Value {
        precondition(UInt(bitPattern: offset) <= UInt(Page.size - MemoryLayout<Value>.size))
        return unsafe DirectMap.pointer(self).load(fromByteOffset: offset, as: Value.self)
    }
    /// Stores an integer in one store. Precondition: as for `load`.
    package func store<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at offset: Int) {
        precondition(UInt(bitPattern: offset) <= UInt(Page.size - MemoryLayout<Value>.size))
        unsafe DirectMap.pointer(self).storeBytes(of: value, toByteOffset: offset, as: Value.self)
    }
    @inline(never)
    package func zero() { zero(from: 0, to: Page.size) }
    /// Zeroes bytes `start..<end`.
    package func zero(from start: Int, to end: Int) {
        precondition(start >= 0 && start <= end && end <= Page.size)
        unsafe DirectMap.pointer(self).advanced(by: start)
            .initializeMemory(as: UInt8.self, repeating: 0, count: end - start)
    }
    /// Sets every bit of bytes `start..<end`.
    package func fill(from start: Int, to end: Int) {
        precondition(start >= 0 && start <= end && end <= Page.size)
        unsafe DirectMap.pointer(self).advanced(by: start)
            .initializeMemory(as: UInt8.self, repeating: .max, count: end - start)
    }
    /// Copies the whole of another frame into this one.
    package func copy(from other: Frame) {
        unsafe DirectMap.pointer(self)
            .copyMemory(from: DirectMap.pointer(other), byteCount: Page.size)
    }
    /// Copies `count` bytes of another frame into this one; the ranges lie within their pages.
    package func copy(from other: Frame, at source: Int, to offset: Int, count: Int) {
        precondition(count >= 0 && source >= 0 && source <= Page.size - count)
        precondition(offset >= 0 && offset <= Page.size - count)
        unsafe DirectMap.pointer(self).advanced(by: offset)
            .copyMemory(from: DirectMap.pointer(other).advanced(by: source), byteCount: count)
    }
    /// Lends the page's bytes.
    package func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let bytes = unsafe UnsafeRawBufferPointer(start: DirectMap.pointer(self), count: Page.size)
        return try body(unsafe RawSpan(_unsafeBytes: bytes))
    }
    /// Lends the page's bytes for writing.
    package func withMutableBytes<Result: ~Copyable, Failure: Error>(
        _ body: (inout MutableRawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let bytes = unsafe UnsafeMutableRawBufferPointer(
            start: DirectMap.pointer(self), count: Page.size)
        var span = unsafe MutableRawSpan(_unsafeBytes: bytes)
        return try body(&span)
    }
}

/// All RAM, mapped at one base: the machine's direct map, or a test's arena on a host.
package enum DirectMap {
    // Set once before any frame is touched, by boot or by a test's arena.
    private nonisolated(unsafe) static var base: UnsafeMutableRawPointer?
    private nonisolated(unsafe) static var frameCount: UInt32 = 0

    /// Declares where RAM is mapped and how many frames it has.
    package static func initialize(base address: VirtualAddress, frameCount count: UInt32) {
        unsafe base = UnsafeMutableRawPointer(bitPattern: UInt(address.rawValue))
        unsafe frameCount = count
    }
    /// Frames that the direct map covers, holes included.
    package static var size: UInt32 { unsafe frameCount }

    /// The virtual address of a frame in the direct map.
    package static func address(of frame: Frame) -> VirtualAddress {
        VirtualAddress(rawValue: UInt64(UInt(bitPattern: unsafe pointer(frame))))
    }

    @unsafe static func pointer(_ frame: Frame) -> UnsafeMutableRawPointer {
        // SAFETY: before there is a base there are no frames, so that one check serves for both.
        precondition(unsafe frame.number < frameCount, "a frame beyond the direct map")
        return unsafe base.unsafelyUnwrapped.advanced(by: Int(frame.number) << Page.shift)
    }
}
