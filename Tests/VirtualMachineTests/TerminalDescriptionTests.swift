import LinuxABI
import LinuxHost
import NucleusInterface
import Testing

@Suite("terminal description") struct TerminalDescriptionTests {
    @Test("what is written is read")
    func roundTrip() throws {
        var modes = InlineArray<36, UInt8>(repeating: 0)
        for index in 0..<36 { modes[index] = UInt8(7 * index & 0xff) }
        let description = TerminalDescription(
            streams: [.input, .error],
            windowSize: WindowSize(rows: 50, columns: 132, width: 3, height: 4).encoded,
            modes: modes)
        let digits = (0..<TerminalDescription.digitCount).map { description.digit($0) }
        let found = TerminalDescription(checking: digits.span.bytes)
        let read = try #require(found)
        #expect(read == description)
        #expect(WindowSize(encoded: read.windowSize).columns == 132)
    }
    private func isAccepted(_ digits: [UInt8]) -> Bool {
        TerminalDescription(checking: digits.span.bytes) != nil
    }
    @Test("other digits, or another number of them, are refused")
    func refusals() {
        let digits = [UInt8](repeating: UInt8(ascii: "0"), count: TerminalDescription.digitCount)
        #expect(isAccepted(digits))
        for count in [0, 1, digits.count - 1] {
            let short = Array(digits.prefix(count))
            #expect(!isAccepted(short))
        }
        for index in digits.indices {
            var bad = digits
            bad[index] = UInt8(ascii: "g")
            #expect(!isAccepted(bad))
        }
    }
    @Test("modes survive their bytes, and raw ones change nothing that comes or goes")
    func modes() {
        let standard = TerminalModes.standard
        let again = TerminalModes(standard.bytes.span.bytes)
        #expect(again.bytes == standard.bytes)
        let raw = standard.raw
        #expect(!raw.local.contains(.canonical) && !raw.output.contains(.process))
        #expect(raw[.minimum] == 1)
    }
}
