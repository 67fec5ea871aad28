extension StaticString {
    /// The UTF-8 byte at `index`. Precondition: below `utf8CodeUnitCount`.
    package func byte(at index: Int) -> UInt8 {
        precondition(index >= 0 && index < utf8CodeUnitCount)
        // SAFETY: the bounds were checked the line before; a literal's bytes live for ever.
        return withUTF8Buffer { unsafe $0[index] }
    }
}
