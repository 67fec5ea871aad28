/// Integers out of and into raw bytes, at any alignment; a parser checks lengths before it loads.
extension RawSpan {
    /// Loads a little-endian integer. Precondition: it lies within the span.
    package func littleEndian<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type, at offset: Int
    ) -> Value {
        precondition(offset >= 0 && offset <= byteCount &- MemoryLayout<Value>.size)
        // SAFETY: the bounds were checked the line before; every bit pattern is an integer.
        return Value(
            littleEndian: unsafe unsafeLoadUnaligned(
                fromUncheckedByteOffset: offset, as: Value.self))
    }
    /// Loads a big-endian integer. Precondition: it lies within the span.
    package func bigEndian<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type, at offset: Int
    ) -> Value {
        littleEndian(type, at: offset).byteSwapped
    }
    /// The byte at `offset`. Precondition: it lies within the span.
    package func byte(at offset: Int) -> UInt8 { littleEndian(UInt8.self, at: offset) }
}

extension MutableRawSpan {
    /// Stores a little-endian integer. Precondition: it lies within the span.
    @_lifetime(self: copy self)
    public mutating func storeLittleEndian<Value: FixedWidthInteger & BitwiseCopyable>(
        _ value: Value, at offset: Int
    ) {
        precondition(offset >= 0 && offset <= byteCount &- MemoryLayout<Value>.size)
        // SAFETY: the bounds were checked the line before.
        unsafe withUnsafeMutableBytes { bytes in
            unsafe bytes.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
        }
    }
    /// Stores a big-endian integer. Precondition: it lies within the span.
    @_lifetime(self: copy self)
    package mutating func storeBigEndian<Value: FixedWidthInteger & BitwiseCopyable>(
        _ value: Value, at offset: Int
    ) {
        storeLittleEndian(value.byteSwapped, at: offset)
    }
    /// Copies all of `bytes` to `offset`. Precondition: they lie within the span and don't overlap it.
    @_lifetime(self: copy self)
    package mutating func write(_ bytes: RawSpan, at offset: Int) {
        let count = bytes.byteCount
        precondition(offset >= 0 && offset <= byteCount &- count)
        guard count > 0 else { return }
        // SAFETY: the bounds were checked the line before; neither buffer is empty.
        unsafe withUnsafeMutableBytes { target in
            unsafe bytes.withUnsafeBytes { source in
                guard let from = source.baseAddress, let to = target.baseAddress else { return }
                unsafe (to + offset).copyMemory(from: from, byteCount: count)
            }
        }
    }
}
