/// Text being written into borrowed bytes; what does not fit is counted and dropped.
///
/// Nothing here allocates. A caller that must have all of it looks at `isTruncated` afterwards and
/// renders again into `byteCount` bytes or more.
package struct TextBuffer: ~Copyable, ~Escapable {
    private var bytes: MutableRawSpan
    /// Bytes of the whole text, those that did not fit included.
    package private(set) var byteCount = 0

    @_lifetime(copy bytes)
    package init(into bytes: consuming MutableRawSpan) { self.bytes = bytes }

    /// Bytes of the text that are in the borrowed storage, from its start.
    package var writtenCount: Int { min(byteCount, bytes.byteCount) }
    package var isTruncated: Bool { byteCount > bytes.byteCount }

    @_lifetime(self: copy self)
    package mutating func append(byte: UInt8) {
        if byteCount < bytes.byteCount { bytes.storeLittleEndian(byte, at: byteCount) }
        byteCount += 1
    }
    @_lifetime(self: copy self)
    package mutating func append(_ text: StaticString) {
        precondition(text.hasPointerRepresentation)
        // SAFETY: a static string's bytes live for ever.
        let buffer = unsafe UnsafeRawBufferPointer(
            start: text.utf8Start, count: text.utf8CodeUnitCount)
        append(unsafe RawSpan(_unsafeBytes: buffer))
    }
    @_lifetime(self: copy self)
    package mutating func append(_ text: borrowing RawSpan) {
        for index in 0..<text.byteCount { append(byte: text.byte(at: index)) }
    }
    /// Appends `byte` `count` times; nothing where `count` is not positive.
    @_lifetime(self: copy self)
    package mutating func append(repeating byte: UInt8, count: Int) {
        var left = count
        while left > 0 {
            append(byte: byte)
            left -= 1
        }
    }
    /// Appends a number in `radix` (2...16, lower case), padded on the left to `width` bytes.
    @_lifetime(self: copy self)
    package mutating func append(
        _ value: UInt64, radix: UInt64 = 10, width: Int = 0, padding: UInt8 = 0x20
    ) {
        precondition(radix >= 2 && radix <= 16)
        var digits = 1
        var scale: UInt64 = 1
        while value / scale >= radix {
            scale *= radix
            digits += 1
        }
        append(repeating: padding, count: width - digits)
        var rest = value
        while digits > 0 {
            let digit = UInt8(truncatingIfNeeded: rest / scale)
            append(byte: digit < 10 ? 0x30 + digit : 0x57 + digit)
            rest %= scale
            scale /= radix
            digits -= 1
        }
    }
    /// Appends a number in decimal with its sign.
    @_lifetime(self: copy self)
    package mutating func append(decimal value: Int64) {
        if value < 0 { append(byte: 0x2d) }
        append(value.magnitude)
    }
    @_lifetime(self: copy self)
    package mutating func append(decimal value: Int) { append(decimal: Int64(value)) }
    /// Appends lower-case hexadecimal digits without a prefix, at least `minimumDigits` of them.
    @_lifetime(self: copy self)
    package mutating func append(hexadecimal value: UInt64, minimumDigits: Int = 1) {
        append(value, radix: 16, width: minimumDigits, padding: 0x30)
    }
}
