import Testing

@testable import Wire

@Suite("Kernel command line") struct CommandLineTests {
    /// Parses a line and returns its values.
    private func parse(_ line: [UInt8]) throws(CommandLineError) -> CommandLine {
        try CommandLine(CommandLineView(checking: line.span.bytes))
    }
    private func parse(_ line: String) throws(CommandLineError) -> CommandLine {
        try parse(Array(line.utf8))
    }

    @Test("parameters come before the double dash, arguments after it")
    func splits() throws {
        let line = try parse(
            #"program=/bin/cat vfs.cwd=/tmp log.level=3 env.vars=[ "A=b c" D=e ] -- cat -- "x y" log.level=9"#
        )
        #expect(line.program == Array("/bin/cat".utf8))
        #expect(line.workingDirectory == Array("/tmp".utf8))
        #expect(line.logLevel == 3)
        #expect(line.environment == [Array("A=b c".utf8), Array("D=e".utf8)])
        #expect(line.arguments == ["cat", "--", "x y", "log.level=9"].map { Array($0.utf8) })
    }

    @Test("any bytes but NUL survive writer and reader")
    func roundTripsEveryByte() throws {
        let every = (1...255).map { UInt8($0) }
        let line = CommandLine(
            program: every, arguments: [[], every, every.reversed(), Array("--".utf8), [34], [92]],
            environment: [Array("]".utf8), [], every], workingDirectory: every, logLevel: 255)
        #expect(try parse(line.encoded()) == line)
    }

    @Test(
        "every pair of difficult bytes survives", arguments: Array(#""\ ][=-"#.utf8) + [9, 10, 255])
    func roundTripsPairs(first: UInt8) throws {
        for second in Array(#""\ ][=-a"#.utf8) + [9, 10, 255] {
            let line = CommandLine(
                program: [first, second], arguments: [[first, second], [second]],
                environment: [[first], [second, first]])
            #expect(try parse(line.encoded()) == line)
        }
    }

    @Test("a line that ends within a quote, an escape or a list is refused")
    func refusesUnfinished() {
        #expect(throws: CommandLineError.unterminatedQuote) { try parse(#"program="a"#) }
        #expect(throws: CommandLineError.unterminatedQuote) { try parse(#"-- "a\"#) }
        #expect(throws: CommandLineError.badEscape) { try parse(#"-- "a\n""#) }
        #expect(throws: CommandLineError.unterminatedList) { try parse("env.vars=[ A=1 -- x") }
        #expect(throws: CommandLineError.nulByte) { try parse([0x2d, 0x2d, 0x20, 0x00]) }
    }

    @Test("a value that is no number, or no list, is refused")
    func refusesValues() {
        for text in ["log.level=", "log.level=256", "log.level=-1", "log.level=x", "env.vars=A=1"] {
            #expect(throws: CommandLineError.badValue) { try parse(text) }
        }
    }

    @Test("unknown parameters are counted, and the last value of a known one counts")
    func toleratesOthers() throws {
        let bytes = Array(
            "console=hvc0 program=/a quiet program=/b env.vars=[ X=1 ] env.vars=[ ]".utf8)
        let view = try CommandLineView(checking: bytes.span.bytes)
        #expect(view.unknownCount == 2)
        #expect(view.environmentCount == 0)
        #expect(CommandLine(view).program == Array("/b".utf8))
    }

    @Test("an empty line, spaces and line ends hold nothing")
    func acceptsNothing() throws {
        for text in ["", " ", " \n\t ", "--", " -- \n"] {
            #expect(try parse(text) == CommandLine(program: [], arguments: []))
        }
    }

    @Test("a word stores the bytes it stands for, and no more")
    func copiesWords() throws {
        let bytes = Array(#"-- a"b c"\d"e\"\\f""#.utf8)
        let view = try CommandLineView(checking: bytes.span.bytes)
        var words = view.arguments
        let expected = Array(#"ab c\de"\f"#.utf8)
        var stored = [UInt8](repeating: 0xee, count: 16)
        var count = 0
        if let word = words.next() {
            #expect(word.byteCount == expected.count)
            var span = stored.mutableSpan
            var raw = span.mutableBytes
            count = word.copy(into: &raw, at: 2)
        }
        #expect(count == expected.count)
        #expect(stored[2..<2 + count].elementsEqual(expected))
        #expect(stored[0] == 0xee && stored[2 + count] == 0xee)
    }
}
