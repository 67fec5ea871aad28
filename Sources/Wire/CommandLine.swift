internal import Base

// The kernel command line: how the host tells the library OS what to run.
//
//     line      = { parameter } [ "--" { argument } ]
//     parameter = key "=" value | "env.vars=[" { word } "]"
//     word      = { byte | quote { byte | "\" quote | "\\" } quote }
//
// Words are separated by spaces, tabs or line ends. Outside quotes every other byte stands for
// itself, a backslash too; within quotes so does every byte but the quote and the backslash.
// A program, argument or variable may hold any byte but NUL. A parameter given twice counts with
// its last value; unknown parameters are counted and otherwise ignored, because other monitors add
// words of their own.

/// Why a command line was refused.
package enum CommandLineError: Error, Equatable, Sendable {
    case nulByte
    case unterminatedQuote
    case badEscape
    case unterminatedList
    /// A value that is not a decimal number from 0 to 255 where one is due, or not a list.
    case badValue
}

/// A command line whose words, quotes and parameters were checked.
package struct CommandLineView: ~Escapable {
    private let bytes: RawSpan
    private var programRange: Range<Int>?
    private var directoryRange: Range<Int>?
    private var selfTestRange: Range<Int>?
    private var shortageRange: Range<Int>?
    private var terminalRange: Range<Int>?
    private var environmentStart: Int?
    private var argumentStart: Int
    /// `log.level`: the most talkative level to keep (`NucleusInterface.LogLevel`).
    package private(set) var logLevel: UInt8?
    /// `calls.rewrite`: whether system-call sites may become jumps; 0 says no.
    package private(set) var changesCallSites = true
    /// `core`: whether the host takes a core file; 1 says yes.
    package private(set) var takesCore = false
    /// How many words `env.vars` lists.
    package private(set) var environmentCount = 0
    /// How many words follow `--`; the first is the program's argv[0].
    package private(set) var argumentCount = 0
    /// How many parameters this version does not know.
    package private(set) var unknownCount = 0

    /// Checks the whole line. Cost: one pass; nothing is allocated.
    @_lifetime(copy bytes)
    package init(checking bytes: RawSpan) throws(CommandLineError) {
        self.bytes = bytes
        argumentStart = bytes.byteCount
        var position = 0
        while let word = try CommandLineScanner.nextWord(in: bytes, from: &position) {
            if CommandLineScanner.isExactly("--", bytes, word) {
                argumentStart = position
                break
            }
            try readParameter(word, next: &position)
        }
        while try CommandLineScanner.nextWord(in: bytes, from: &position) != nil {
            argumentCount += 1
        }
    }

    private mutating func readParameter(
        _ word: Range<Int>, next position: inout Int
    ) throws(CommandLineError) {
        if let value = CommandLineScanner.value(of: "program=", bytes, word) {
            programRange = value
        } else if let value = CommandLineScanner.value(of: "vfs.cwd=", bytes, word) {
            directoryRange = value
        } else if let value = CommandLineScanner.value(of: "selftest=", bytes, word) {
            selfTestRange = value
        } else if let value = CommandLineScanner.value(of: "shortage=", bytes, word) {
            shortageRange = value
        } else if let value = CommandLineScanner.value(of: "tty=", bytes, word) {
            terminalRange = value
        } else if let value = CommandLineScanner.value(of: "log.level=", bytes, word) {
            logLevel = try CommandLineScanner.number(bytes, value)
        } else if let value = CommandLineScanner.value(of: "calls.rewrite=", bytes, word) {
            changesCallSites = try CommandLineScanner.number(bytes, value) != 0
        } else if let value = CommandLineScanner.value(of: "core=", bytes, word) {
            takesCore = try CommandLineScanner.number(bytes, value) != 0
        } else if let value = CommandLineScanner.value(of: "env.vars=", bytes, word) {
            guard CommandLineScanner.isExactly("[", bytes, value) else { throw .badValue }
            try readList(from: &position)
        } else {
            unknownCount += 1
        }
    }

    private mutating func readList(from position: inout Int) throws(CommandLineError) {
        environmentStart = position
        environmentCount = 0
        while let word = try CommandLineScanner.nextWord(in: bytes, from: &position) {
            if CommandLineScanner.isExactly("]", bytes, word) { return }
            environmentCount += 1
        }
        throw .unterminatedList
    }

    /// `program`: path of the executable in the archive; `nil` where none is named.
    package var program: CommandLineWord? {
        @_lifetime(copy self) get { word(at: programRange) }
    }
    /// `vfs.cwd`: the program's first working directory; `nil` where none is named.
    package var workingDirectory: CommandLineWord? {
        @_lifetime(copy self) get { word(at: directoryRange) }
    }
    /// `selftest`: a check of the kernel itself to run in place of the program.
    package var selfTest: CommandLineWord? {
        @_lifetime(copy self) get { word(at: selfTestRange) }
    }
    /// `shortage`: which allocation of the program's run is to fail, for tests of what then happens.
    package var shortage: CommandLineWord? {
        @_lifetime(copy self) get { word(at: shortageRange) }
    }
    /// `tty`: the host's terminal (`TerminalDescription`); `nil` where there is none.
    package var terminal: CommandLineWord? {
        @_lifetime(copy self) get { word(at: terminalRange) }
    }
    /// The words after `--`, in order: `argumentCount` calls of `next()` give one each.
    package var arguments: CommandLineWords {
        @_lifetime(copy self) get {
            CommandLineWords(bytes, from: argumentStart, count: argumentCount)
        }
    }
    /// The words of `env.vars`, in order.
    package var environment: CommandLineWords {
        @_lifetime(copy self) get {
            CommandLineWords(bytes, from: environmentStart ?? 0, count: environmentCount)
        }
    }

    @_lifetime(copy self)
    private func word(at range: Range<Int>?) -> CommandLineWord? {
        guard let range else { return nil }
        return CommandLineWord(checked: bytes.extracting(range))
    }
}

/// The words of a checked list, one after the other.
package struct CommandLineWords: ~Escapable {
    private let bytes: RawSpan
    private var position: Int
    private var remaining: Int

    @_lifetime(copy bytes)
    fileprivate init(_ bytes: RawSpan, from position: Int, count: Int) {
        self.bytes = bytes
        self.position = position
        remaining = count
    }

    /// Returns the next word, `nil` after the last.
    @_lifetime(copy self)
    package mutating func next() -> CommandLineWord? {
        guard remaining > 0,
            // The line was checked as a whole, so that no word of it can fail.
            let range = try? CommandLineScanner.nextWord(in: bytes, from: &position)
        else { return nil }
        remaining -= 1
        return CommandLineWord(checked: bytes.extracting(range))
    }
}

/// One checked word, still in its quotes.
package struct CommandLineWord: ~Escapable {
    private let raw: RawSpan

    @_lifetime(copy raw)
    fileprivate init(checked raw: RawSpan) { self.raw = raw }

    /// Calls `body` with each byte that the word stands for, in order.
    package func forEachByte<Failure: Error>(
        _ body: (UInt8) throws(Failure) -> Void
    ) throws(Failure) {
        var isQuoted = false
        var index = 0
        while index < raw.byteCount {
            var byte = raw.byte(at: index)
            index += 1
            if byte == CommandLineScanner.quote {
                isQuoted.toggle()
                continue
            }
            if isQuoted, byte == CommandLineScanner.backslash, index < raw.byteCount {
                byte = raw.byte(at: index)
                index += 1
            }
            try body(byte)
        }
    }
    /// How many bytes the word stands for.
    package var byteCount: Int {
        var count = 0
        forEachByte { _ in count += 1 }
        return count
    }
    /// Whether the word stands for exactly these bytes.
    package func equals(_ text: StaticString) -> Bool {
        var index = 0
        var isEqual = true
        forEachByte { byte in
            if index >= text.utf8CodeUnitCount || text.byte(at: index) != byte { isEqual = false }
            index += 1
        }
        return isEqual && index == text.utf8CodeUnitCount
    }
    /// Stores the word's bytes from `offset` on and returns how many they are.
    ///
    /// Precondition: `byteCount` bytes fit.
    @inline(never)
    @_lifetime(destination: copy destination)
    package func copy(into destination: inout MutableRawSpan, at offset: Int) -> Int {
        // A loop of its own: a closure can't capture a span that it changes.
        var isQuoted = false
        var index = 0
        var count = 0
        while index < raw.byteCount {
            var byte = raw.byte(at: index)
            index += 1
            if byte == CommandLineScanner.quote {
                isQuoted.toggle()
                continue
            }
            if isQuoted, byte == CommandLineScanner.backslash, index < raw.byteCount {
                byte = raw.byte(at: index)
                index += 1
            }
            destination.storeLittleEndian(byte, at: offset + count)
            count += 1
        }
        return count
    }
}

/// The lexical level: where a word ends, what its raw bytes are.
enum CommandLineScanner {
    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")

    static func isSeparator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (byte >= 9 && byte <= 13)
    }

    /// Returns where the next word lies, quotes included, and moves `position` behind it.
    @inline(never)
    static func nextWord(
        in bytes: RawSpan, from position: inout Int
    ) throws(CommandLineError) -> Range<Int>? {
        while position < bytes.byteCount, isSeparator(bytes.byte(at: position)) { position += 1 }
        let start = position
        var isQuoted = false
        while position < bytes.byteCount {
            let byte = bytes.byte(at: position)
            if byte == 0 { throw .nulByte }
            if !isQuoted, isSeparator(byte) { break }
            position += 1
            if byte == quote {
                isQuoted.toggle()
            } else if isQuoted, byte == backslash {
                guard position < bytes.byteCount else { throw .unterminatedQuote }
                let escaped = bytes.byte(at: position)
                guard escaped == quote || escaped == backslash else { throw .badEscape }
                position += 1
            }
        }
        if isQuoted { throw .unterminatedQuote }
        return start == position ? nil : start..<position
    }

    /// Whether the raw word is exactly `text`.
    static func isExactly(_ text: StaticString, _ bytes: RawSpan, _ word: Range<Int>) -> Bool {
        word.count == text.utf8CodeUnitCount && hasPrefix(text, bytes, word)
    }

    /// The raw part behind `key` (which ends in `=`), `nil` where the word is another parameter.
    @inline(never)
    static func value(of key: StaticString, _ bytes: RawSpan, _ word: Range<Int>) -> Range<Int>? {
        guard hasPrefix(key, bytes, word) else { return nil }
        return word.lowerBound + key.utf8CodeUnitCount..<word.upperBound
    }

    /// Out of line, as the parameters ask for one name after the other.
    @inline(never)
    private static func hasPrefix(
        _ text: StaticString, _ bytes: RawSpan, _ word: Range<Int>
    ) -> Bool {
        let count = text.utf8CodeUnitCount
        guard word.count >= count else { return false }
        for index in 0..<count
        where text.byte(at: index) != bytes.byte(at: word.lowerBound + index) {
            return false
        }
        return true
    }

    /// The decimal number from 0 to 255 that the raw part spells.
    static func number(
        _ bytes: RawSpan, _ value: Range<Int>
    ) throws(CommandLineError) -> UInt8 {
        guard !value.isEmpty else { throw .badValue }
        var result: UInt8 = 0
        for index in value {
            let digit = bytes.byte(at: index) &- UInt8(ascii: "0")
            guard digit <= 9 else { throw .badValue }
            let (product, overflowed) = result.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(digit)
            guard !overflowed, !carried else { throw .badValue }
            result = sum
        }
        return result
    }
}
