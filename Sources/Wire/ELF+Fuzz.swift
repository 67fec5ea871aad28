internal import Base

/// Runs all of the ELF readers over any bytes: for the fuzzer, which looks for traps.
package func fuzzELF(_ bytes: RawSpan) {
    var notes = ELFNotes(bytes)
    do throws(ELFFailure) {
        while let note = try notes.next() { _ = note.isOwned(by: "Martlet") }
    } catch {}
    do throws(ELFFailure) {
        let header = try ELFHeader(checking: bytes)
        try header.require(.x86_64)
        let segments = try ELFSegments(checkingFile: bytes, header: header)
        let layout = try segments.checkProgram(of: header)
        precondition(layout.start <= layout.end && layout.end.rawValue < 1 << 47)
        precondition(segments.first(.load) != nil)
    } catch {}
}
