internal import Base

/// Runs all of the ELF readers over any bytes: for the fuzzer, which looks for traps.
package func fuzzELF(_ bytes: RawSpan) {
    var notes = ELFNotes(bytes)
    do throws(ELFFailure) {
        while let note = try notes.next() { _ = note.isOwned(by: "Martlet") }
    } catch {}
    if let symbols = ELFSymbols(checking: bytes) {
        let addresses: [4 of UInt64] = [0, 0x1000, 0x40_1234, .max]
        for index in addresses.indices {
            if let match = symbols.function(at: addresses[index]) {
                precondition(match.name.byteCount > 0 && match.offset <= addresses[index])
            }
        }
    }
    do throws(ELFFailure) {
        let header = try ELFHeader(checking: bytes)
        let segments = try ELFSegments(checkingFile: bytes, header: header)
        if let flat = try? FlatLayout(segments) {
            precondition(flat.byteCount <= flat.memoryByteCount)
            precondition(flat.parts.allSatisfy { $0.file.upperBound <= bytes.byteCount })
        }
        try header.require(.x86_64)
        let layout = try segments.checkProgram(of: header)
        precondition(layout.start <= layout.end && layout.end.rawValue < 1 << 47)
        precondition(segments.first(.load) != nil)
    } catch {}
}
