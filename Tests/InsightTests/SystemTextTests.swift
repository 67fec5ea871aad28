import Base
import Testing

@testable import Insight

/// Writes a text and returns it.
private func text(_ write: (inout TextBuffer) -> Void) -> String {
    var bytes = [UInt8](repeating: 0, count: 4096)
    var span = bytes.mutableSpan
    var text = TextBuffer(into: span.mutableBytes)
    write(&text)
    let count = text.writtenCount
    return String(decoding: bytes[..<count], as: UTF8.self)
}

@Suite("Texts of /proc and /sys") struct SystemTextTests {
    @Test("CPUs as ranges, and as bits with a comma each 32")
    func sets() {
        func list(_ bits: UInt64) -> String { text { ProcessorText.list(bits, &$0) } }
        #expect(list(0) == "")
        #expect(list(1) == "0")
        #expect(list(0b11) == "0-1")
        #expect(list(0b1011_0110) == "1-2,4-5,7")
        #expect(list(.max) == "0-63")
        #expect(list(1 << 63) == "63")
        func mask(_ bits: UInt64, _ count: Int) -> String {
            text { ProcessorText.mask(bits, count: count, &$0) }
        }
        #expect(mask(3, 2) == "3")
        #expect(mask(1, 8) == "01")
        #expect(mask(0xffff_ffff, 32) == "ffffffff")
        #expect(mask(1, 33) == "0,00000001")
        #expect(mask(.max, 64) == "ffffffff,ffffffff")
    }
    @Test("load averages go towards the load, and away from it, as Linux's table has it")
    func load() {
        let seconds: (Int64) -> Nanoseconds = { Nanoseconds(rawValue: $0 * 1_000_000_000) }
        var load = LoadAverage()
        func shown() -> String { text { load.write(to: &$0) } }
        #expect(shown() == "0.00 0.00 0.00")
        load.advance(to: seconds(4), busy: seconds(4))
        #expect(shown() == "0.00 0.00 0.00")
        load.advance(to: seconds(5), busy: seconds(5))
        #expect(shown() == "0.08 0.02 0.01")
        // After a minute 1 - 1/e of it.
        for step in 2...12 {
            load.advance(to: seconds(Int64(step) * 5), busy: seconds(Int64(step) * 5))
        }
        #expect(shown().hasPrefix("0.6"))
        // A single look after a minute says the same as twelve.
        var other = LoadAverage()
        other.advance(to: seconds(60), busy: seconds(60))
        #expect(text { other.write(to: &$0) }.hasPrefix("0.6"))
        load.advance(to: seconds(86_400), busy: seconds(60))
        #expect(shown() == "0.00 0.00 0.00")
        // 64 CPUs for a year.
        load.advance(to: seconds(31_536_000), busy: seconds(64 * 31_536_000))
        #expect(shown().hasPrefix("64.") || shown().hasPrefix("63."))
        // Clocks that went back say nothing.
        load.advance(to: .zero, busy: .zero)
        #expect(shown().hasPrefix("6"))
    }
    @Test("every mount has a parent, and says the same in mounts and in mountinfo")
    func mounts() {
        let mounts = text { MountText.mounts(&$0) }.split(separator: "\n")
        let details = text { MountText.information(&$0) }.split(separator: "\n")
        #expect(mounts.count == details.count && mounts.count == 9)
        var numbers: Set<String> = ["0"]
        for (mount, detail) in zip(mounts, details) {
            let words = detail.split(separator: " ").map(String.init)
            let short = mount.split(separator: " ").map(String.init)
            #expect(words.count == 10 && words[6] == "-" && short.count == 6)
            #expect(numbers.contains(words[1]))
            numbers.insert(words[0])
            // The mount's options, then the file system's own behind its "rw".
            let options = words[5] + words[9].dropFirst(2)
            #expect(short == [words[8], words[4], words[7], options, "0", "0"])
        }
        let group = details.first { $0.contains(" - cgroup2 ") }
        #expect(group?.contains(" / /sys/fs/cgroup ro") == true)
    }
    @Test("numbers that programs write, as Linux reads them")
    func numbers() {
        func number(_ text: String) -> Int64? {
            let bytes = Array(text.utf8)
            return ProcessText.decimal(bytes.span.bytes)
        }
        #expect(number("100\n") == 100)
        #expect(number(" -17 ") == -17)
        #expect(number("0") == 0)
        for bad in ["", "\n", "-", "1 2", "ten", "0x10", "99999999999", "--1"] {
            #expect(number(bad) == nil, "\(bad)")
        }
    }
    @Test("a random identifier is one of version 4")
    func identifier() {
        let value = text { SystemText.identifier((.max, .max), &$0) }
        #expect(value == "ffffffff-ffff-4fff-bfff-ffffffffffff\n")
    }
}
