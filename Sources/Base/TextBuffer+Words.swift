extension TextBuffer {
    /// Appends a line: a label, a number, and its unit behind it.
    @inline(never)
    @_lifetime(self: copy self)
    package mutating func append(
        line label: StaticString, _ value: UInt64, _ unit: StaticString = ""
    ) {
        append(label)
        append(value)
        append(unit)
        append(byte: 0x0a)
    }
    /// Appends a fraction in decimals, cut behind `digits` of them: `value` of `unit`.
    @inline(never)
    @_lifetime(self: copy self)
    package mutating func append(_ value: UInt64, of unit: UInt64, digits: Int) {
        append(value / unit)
        append(byte: 0x2e)
        var scale: UInt64 = 1
        for _ in 0..<digits { scale *= 10 }
        append(value % unit * scale / unit, width: digits, padding: 0x30)
    }
    /// Appends the words of bits that are set, the lowest bit's first, each after a blank; "-" is no word.
    @inline(never)
    @_lifetime(self: copy self)
    package mutating func append(words: StaticString, of bits: UInt64) {
        guard bits != 0 else { return }
        let bytes = words.bytes
        var bit: UInt64 = 0
        var start = 0
        for index in 0...bytes.byteCount {
            guard index == bytes.byteCount || bytes.byte(at: index) == 0x20 else { continue }
            if bits >> bit & 1 != 0, bytes.byte(at: start) != 0x2d {
                append(byte: 0x20)
                append(bytes.extracting(start..<index))
            }
            bit += 1
            start = index + 1
        }
    }
    /// Appends bytes up to a NUL, at most `count`, without blanks around them and with one between words;
    /// returns whether there were any.
    @_lifetime(self: copy self)
    package mutating func append(trimming count: Int, _ byte: (Int) -> UInt8) -> Bool {
        var isBlank = false
        var isFirst = true
        for index in 0..<count {
            let byte = byte(index)
            guard byte != 0 else { break }
            guard byte != 0x20 else {
                isBlank = true
                continue
            }
            if isBlank, !isFirst { append(byte: 0x20) }
            append(byte: byte)
            isBlank = false
            isFirst = false
        }
        return !isFirst
    }
}
