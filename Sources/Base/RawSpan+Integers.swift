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
}
