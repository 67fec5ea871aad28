internal import Base
internal import Files
internal import LinuxABI
internal import Memory

/// The first line of a script, which names what runs it (execve(2), "Interpreter scripts").
struct ScriptLine {
    private let storage: InlineArray<256, UInt8>
    private let name: Range<Int>
    private let argumentRange: Range<Int>

    var interpreter: RawSpan {
        @_lifetime(borrow self) get { storage.span.raw.extracting(name) }
    }
    /// What is behind the interpreter, to the end of the line but for blanks; may be empty.
    var argument: RawSpan {
        @_lifetime(borrow self) get { storage.span.raw.extracting(argumentRange) }
    }

    /// "#!" as a big-endian integer.
    private static let magic: UInt16 = 0x2321
    private static let lineFeed = UInt8(ascii: "\n")

    /// Reads the line as Linux does (fs/binfmt_script.c); `nil` where the file is no script.
    init?(of file: RegularNode) throws(StartFailure) {
        var storage = InlineArray<256, UInt8>(repeating: 0)
        let count: Int
        do {
            var span = storage.mutableSpan
            var bytes = span.mutableRaw
            count = file.pages.read(at: 0, into: &bytes)
        }
        let bytes = storage.span.raw
        guard count >= 2, bytes.bigEndian(UInt16.self, at: 0) == Self.magic else { return nil }
        func isBlank(_ index: Int) -> Bool {
            bytes.byte(at: index) == 0x20 || bytes.byte(at: index) == 0x09
        }
        func isEnd(_ index: Int) -> Bool { isBlank(index) || bytes.byte(at: index) == 0 }
        let last = 255
        var end = 2
        while end <= last, bytes.byte(at: end) != Self.lineFeed { end += 1 }
        if end > last {
            // A name that goes on beyond would be another one.
            var index = 2
            while index <= last, isBlank(index) { index += 1 }
            while index <= last, !isEnd(index) { index += 1 }
            guard index <= last else { throw .script }
            end = last
        }
        while end > 2, isBlank(end - 1) { end -= 1 }
        var start = 2
        while start < end, isBlank(start) { start += 1 }
        var nameEnd = start
        while nameEnd < end, !isEnd(nameEnd) { nameEnd += 1 }
        guard start < end else { throw .script }
        // An empty name leads nowhere that could be executed.
        guard nameEnd > start else { throw .interpreter(.permissionDenied) }
        var argumentStart = nameEnd
        while argumentStart < end, isBlank(argumentStart) { argumentStart += 1 }
        if argumentStart < end, bytes.byte(at: argumentStart) == 0 { argumentStart = end }
        name = start..<nameEnd
        argumentRange = argumentStart..<end
        self.storage = storage
    }
}
