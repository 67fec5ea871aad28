import Base
import Drivers
import LinuxABI
import Testing

// Expected bytes are what Linux's n_tty echoes and returns (Tests/Boot: terminal-* compares whole
// sessions with a terminal of the host).
@Suite("line discipline (termios(3))") struct LineDisciplineTests {
    /// A terminal's two ends.
    private struct Line {
        let discipline: LineDiscipline
        init(_ change: (inout TerminalModes) -> Void = { _ in }) {
            var modes = TerminalModes.standard
            change(&modes)
            discipline = LineDiscipline(modes)
        }
        /// Types text and returns what that shows.
        func type(_ text: String) -> String {
            for byte in text.utf8 { discipline.receive(byte) }
            return echoes()
        }
        func echoes() -> String {
            var shown: [UInt8] = []
            discipline.sendEchoes { bytes in
                for index in 0..<bytes.byteCount { shown.append(bytes.byte(at: index)) }
                return bytes.byteCount
            }
            return String(decoding: shown, as: UTF8.self)
        }
        /// What one read gets; `nil` where it would wait.
        func read(_ limit: Int = 4096) -> String? {
            guard discipline.hasInput else { return nil }
            var bytes = [UInt8](repeating: 0, count: limit)
            var span = bytes.mutableSpan
            var raw = span.mutableBytes
            let portion = discipline.peek(into: &raw, limit: limit)
            discipline.take(portion)
            return String(decoding: bytes.prefix(portion.byteCount), as: UTF8.self)
        }
        func write(_ text: String) -> String {
            var shown: [UInt8] = []
            for byte in text.utf8 {
                let expansion = discipline.expand(byte)
                for index in 0..<expansion.count { shown.append(expansion[index]) }
            }
            return String(decoding: shown, as: UTF8.self)
        }
    }

    @Test("where lines are unread the next bytes wait; a line without end loses its own (n_tty)")
    func fullBuffer() {
        let line = Line()
        _ = line.type(String(repeating: "x", count: 10_000))
        #expect(line.discipline.takesByte)
        _ = line.type("\n")
        #expect(!line.discipline.takesByte)
        #expect(line.read()?.count == LineDiscipline.capacity)
        #expect(line.discipline.takesByte)
        var typed = 0
        while line.discipline.takesByte, typed < 10_000 {
            _ = line.type("y\n")
            typed += 2
        }
        #expect((LineDiscipline.capacity - 2...LineDiscipline.capacity).contains(typed))
        #expect(line.read() == "y\n")
        #expect(line.discipline.takesByte)
    }

    @Test("a line is readable when it ends, and is echoed as it is typed")
    func lines() {
        let line = Line()
        #expect(line.type("ab") == "ab")
        #expect(line.read() == nil)
        #expect(line.type("c\r") == "c\r\n")
        #expect(line.type("d\n") == "d\r\n")
        #expect(line.discipline.readableCount == 6)
        #expect(line.read(2) == "ab")
        #expect(line.read() == "c\n")
        #expect(line.read() == "d\n")
        #expect(line.read() == nil)
    }
    @Test("the end-of-file character ends a read, and is not in it")
    func endOfFile() {
        let line = Line()
        #expect(line.type("part\u{4}") == "part")
        #expect(line.discipline.readableCount == 4)
        #expect(line.read(4) == "part")
        // It went with what it ended.
        #expect(line.read() == nil)
        _ = line.type("\u{4}")
        #expect(line.read() == "")
        #expect(line.read() == nil)
    }
    @Test("erasing takes back characters, words and lines, with what they show")
    func erasing() {
        let line = Line()
        #expect(line.type("abc\u{7f}\u{7f}X") == "abc\u{8} \u{8}\u{8} \u{8}X")
        #expect(line.type("\u{15}") == "\u{8} \u{8}\u{8} \u{8}")
        #expect(line.type("\u{7f}") == "")
        #expect(
            line.type("one two.\u{17}")
                == "one two." + String(repeating: "\u{8} \u{8}", count: 4))
        #expect(line.type("\r") == "\r\n")
        #expect(line.read() == "one \n")
        // A control character takes two cells, a tab up to eight.
        #expect(line.type("\u{1}\u{7f}") == "^A\u{8} \u{8}\u{8} \u{8}")
        #expect(line.type("ab\t\u{7f}") == "ab\t" + String(repeating: "\u{8}", count: 6))
    }
    @Test("with IUTF8 a character is erased whole")
    func utf8() {
        let line = Line { $0.input.insert(.utf8) }
        #expect(line.type("é\u{7f}") == "é\u{8} \u{8}")
        _ = line.type("x\r")
        #expect(line.read() == "x\n")
    }
    @Test("what is taken literally has no meaning")
    func literal() {
        let line = Line()
        #expect(line.type("\u{16}\u{3}\u{16}\r") == "^\u{8}^C^\u{8}^M")
        #expect(line.discipline.takeRaised() == [])
        _ = line.type("\r")
        #expect(line.read() == "\u{3}\r\n")
    }
    @Test("signal characters drop the line, unless NOFLSH keeps it")
    func signals() {
        let line = Line()
        #expect(line.type("abc\u{3}") == "^C")
        #expect(line.discipline.takeRaised() == SignalSet(.interrupt))
        #expect(line.type("\u{1c}\u{1a}") == "^Z")
        #expect(line.discipline.takeRaised() == [.init(.quit), .init(.terminalStop)])
        _ = line.type("x\r")
        #expect(line.read() == "x\n")
        let keeping = Line { $0.local.insert(.noFlush) }
        #expect(keeping.type("abc\u{3}\r") == "abc^C\r\n")
        #expect(keeping.read() == "abc\n")
        let plain = Line { $0.local.remove(.signals) }
        #expect(plain.type("\u{3}\r") == "^C\r\n")
        #expect(plain.discipline.takeRaised() == [])
    }
    @Test("without lines every byte is readable at once, as it is")
    func raw() {
        let line = Line { $0 = $0.raw }
        #expect(line.type("a\r\u{3}\u{4}") == "")
        #expect(line.discipline.readableCount == 4)
        #expect(line.read(3) == "a\r\u{3}")
        #expect(line.read() == "\u{4}")
        #expect(line.write("a\n\tb") == "a\n\tb")
    }
    @Test("what was typed stays readable when lines begin or end to count")
    func change() {
        let line = Line()
        _ = line.type("ab")
        line.discipline.setModes(TerminalModes.standard.raw)
        #expect(line.read() == "ab")
        _ = line.type("cd")
        line.discipline.setModes(.standard)
        #expect(line.read() == "cd")
        #expect(line.read() == nil)
    }
    @Test("a line has at most 4095 bytes with its end; more rings the bell")
    func fullLine() {
        let line = Line { $0.input.insert(.bellWhenFull) }
        let shown = line.type(String(repeating: "x", count: 5000))
        #expect(shown.hasPrefix("xxx") && shown.contains("\u{7}"))
        _ = line.type("\r")
        #expect(line.discipline.readableCount <= 4096)
        #expect(line.read()?.last == "\n")
        #expect(line.read() == nil)
    }
    @Test("output: ONLCR, OCRNL, ONOCR, XTABS")
    func output() {
        let line = Line()
        #expect(line.write("a\nb\r\n\tc") == "a\r\nb\r\r\n\tc")
        let tabs = Line { $0.output.insert(.expandTabs) }
        #expect(tabs.write("ab\tc\t\n\t") == "ab      c       \r\n        ")
        let returns = Line { $0.output.insert([.returnToNewline, .noReturnAtStart]) }
        #expect(returns.write("\ra\r") == "a\n")
    }
    @Test("STOP holds output until START, or anything with IXANY")
    func flow() {
        let line = Line()
        #expect(line.type("\u{13}") == "")
        #expect(line.discipline.isStopped)
        _ = line.type("x")
        #expect(line.discipline.isStopped)
        _ = line.type("\u{11}")
        #expect(!line.discipline.isStopped)
        let any = Line { $0.input.insert(.anyStarts) }
        _ = any.type("\u{13}x")
        #expect(!any.discipline.isStopped)
    }
    @Test("bytes that the host showed are not shown again")
    func shown() {
        let line = Line()
        line.discipline.skipEchoes(of: 3)
        #expect(line.type("ab\ncd") == "cd")
        #expect(line.read() == "ab\n")
    }
    @Test("any bytes under any modes keep every promise")
    func noise() {
        var state: UInt64 = 0x5eed
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        for _ in 0..<20 {
            let line = Line()
            for _ in 0..<400 {
                switch next() % 12 {
                case 0:
                    var bytes = (0..<36).map { _ in UInt8(truncatingIfNeeded: next()) }
                    if next() % 2 == 0 { bytes[12] |= 2 }
                    line.discipline.setModes(TerminalModes(bytes.span.bytes))
                case 1: while let text = line.read(Int(next() % 50) + 1), !text.isEmpty {}
                case 2: line.discipline.flushInput()
                case 3: _ = line.write(String(repeating: "\t\u{8}\n", count: 5))
                default:
                    for _ in 0..<next() % 100 {
                        guard line.discipline.takesByte else { break }
                        line.discipline.receive(UInt8(truncatingIfNeeded: next()))
                    }
                }
                _ = line.echoes()
                #expect(line.discipline.readableCount <= LineDiscipline.capacity)
            }
        }
    }
}
