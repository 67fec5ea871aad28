import Testing

@testable import Wire

@Suite("The footer of a root file system's image") struct RootImageFooterTests {
    private func read(_ bytes: [UInt8], of total: Int) -> RootImageFooter? {
        let last = Array(bytes.suffix(RootImageFooter.byteCount))
        return RootImageFooter(last.span.raw, of: total)
    }

    @Test("is read as it was written, at the end of whole pages")
    func roundTrip() throws {
        for (archive, image) in [(4096, 4096), (0, 1), (8192, 4065), (1 << 40, 1 << 41)] {
            let footer = RootImageFooter(archiveByteCount: archive, imageByteCount: image)
            let total = archive + image + footer.bytes.count
            #expect(total % 4096 == 0)
            #expect(read(footer.bytes, of: total) == footer)
        }
    }
    @Test("is none where its magic or its numbers are others")
    func refusals() {
        let footer = RootImageFooter(archiveByteCount: 4096, imageByteCount: 8192)
        let total = 4096 + 8192 + footer.bytes.count
        for place in 1...RootImageFooter.byteCount {
            var bytes = footer.bytes
            bytes[bytes.count - place] ^= 0x80
            // The sizes' low bytes may say another size that fits.
            if let other = read(bytes, of: total) {
                #expect(place <= 8 && other.image.upperBound <= total - RootImageFooter.byteCount)
            }
        }
        #expect(read(footer.bytes, of: 8192) == nil)
        #expect(read([UInt8](repeating: 0, count: 32), of: 1 << 20) == nil)
        #expect(read([UInt8](repeating: 0, count: 31), of: 1 << 20) == nil)
        var empty = footer.bytes
        for place in 1...8 { empty[empty.count - place] = 0 }
        #expect(read(empty, of: total) == nil)
    }
}
