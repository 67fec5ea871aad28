internal import Base
internal import Hardware

/// Storage for a number of elements that was chosen outside (by the program, an image, the host).
///
/// Where an Array would trap when memory runs out, this is `nil`. The size does not change;
/// `grown(to:)` makes a larger copy.
///
/// Public, because Embedded Swift sees the deinit of no package type from other modules.
@safe
public struct FixedBuffer<Element: BitwiseCopyable>: ~Copyable {
    private let base: UnsafeMutablePointer<Element>
    package let count: Int

    /// Allocates `count` copies of `repeating`; `nil` when memory runs out or the size overflows.
    @inline(never)
    package init?(count: Int, repeating value: Element) {
        guard let base = unsafe Self.allocate(count) else { return nil }
        unsafe base.initialize(repeating: value, count: count)
        unsafe self.base = base
        self.count = count
    }
    @unsafe private init(base: UnsafeMutablePointer<Element>, count: Int) {
        unsafe self.base = base
        self.count = count
    }
    deinit { unsafe Heap.free(UnsafeMutableRawPointer(base)) }

    // SAFETY (below): `base` holds `count` initialised elements as long as `self` lives.

    /// Element `index`. Precondition: below `count`.
    package subscript(_ index: Int) -> Element {
        get {
            precondition(index >= 0 && index < count)
            return unsafe base[index]
        }
        set {
            precondition(index >= 0 && index < count)
            unsafe base[index] = newValue
        }
    }
    package var span: Span<Element> {
        @_lifetime(borrow self) get {
            let span = unsafe Span(_unsafeStart: base, count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }
    package var mutableSpan: MutableSpan<Element> {
        @_lifetime(&self) mutating get {
            let span = unsafe MutableSpan(_unsafeStart: base, count: count)
            return unsafe _overrideLifetime(span, mutating: &self)
        }
    }
    package var bytes: RawSpan {
        @_lifetime(borrow self) get {
            let span = unsafe RawSpan(
                _unsafeBytes: UnsafeRawBufferPointer(
                    start: base, count: count * MemoryLayout<Element>.stride))
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }
    package var mutableBytes: MutableRawSpan {
        @_lifetime(&self) mutating get {
            let span = unsafe MutableRawSpan(
                _unsafeBytes: UnsafeMutableRawBufferPointer(
                    start: base, count: count * MemoryLayout<Element>.stride))
            return unsafe _overrideLifetime(span, mutating: &self)
        }
    }
    /// Lends the bytes, also where the buffer is an object's and a span of it would outlive the access.
    package func withBytes<Result, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result { try body(bytes) }
    /// The same for writing.
    package mutating func withMutableBytes<Result, Failure: Error>(
        _ body: (inout MutableRawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var bytes = mutableBytes
        return try body(&bytes)
    }
    /// A copy with room for `newCount` elements, the new ones as `filling`; `nil` when memory runs out.
    package func grown(to newCount: Int, filling value: Element) -> FixedBuffer? {
        guard newCount >= count, let larger = unsafe Self.allocate(newCount) else { return nil }
        unsafe larger.initialize(from: base, count: count)
        unsafe larger.advanced(by: count).initialize(repeating: value, count: newCount - count)
        return unsafe FixedBuffer(base: larger, count: newCount)
    }

    private static func allocate(_ count: Int) -> UnsafeMutablePointer<Element>? {
        let (size, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        guard count >= 0, !overflow,
            let memory = unsafe Heap.allocate(
                size: size, alignment: MemoryLayout<Element>.alignment)
        else { return nil }
        return unsafe memory.bindMemory(to: Element.self, capacity: count)
    }
}
