internal import Memory

/// A `FixedBuffer` that may not be there yet: an optional one can't be read in place.
final class BufferBox<Element: BitwiseCopyable> {
    private var buffer: FixedBuffer<Element>

    /// `nil` where there is no memory.
    init?(count: Int, repeating value: Element) {
        guard let buffer = FixedBuffer(count: count, repeating: value) else { return nil }
        self.buffer = buffer
    }
    var count: Int { buffer.count }
    subscript(index: Int) -> Element {
        get { buffer[index] }
        set { buffer[index] = newValue }
    }
}
