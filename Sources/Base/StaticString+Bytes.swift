extension StaticString {
    /// The UTF-8 byte at `index`. Precondition: below `utf8CodeUnitCount`.
    package func byte(at index: Int) -> UInt8 {
        precondition(index >= 0 && index < utf8CodeUnitCount)
        // SAFETY: the bounds were checked the line before; a literal's bytes live for ever.
        return withUTF8Buffer { unsafe $0[index] }
    }
}

extension StaticString {
    /// The literal's UTF-8 bytes. Precondition: it is not a single scalar.
    package var bytes: RawSpan {
        @_lifetime(immortal) get {
            precondition(hasPointerRepresentation)
            // SAFETY: a literal's bytes live for ever.
            let buffer = unsafe UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
            return unsafe _overrideLifetime(RawSpan(_unsafeBytes: buffer), copying: ())
        }
    }
}
