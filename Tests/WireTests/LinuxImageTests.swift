import Base
import Testing

@testable import Wire

@Suite("Linux's Image") struct LinuxImageTests {
    private func flat(
        _ segments: [(physical: UInt64, offset: UInt64, file: UInt64, memory: UInt64)]
    ) throws(ELFFailure) -> FlatLayout {
        var elf = HandMadeELF()
        elf.segments = segments.map {
            .init(
                flags: 5, offset: $0.offset, address: $0.physical, file: $0.file, memory: $0.memory)
        }
        let bytes = elf.bytes
        let header = try ELFHeader(checking: bytes.span.bytes)
        let segments = try ELFSegments(checkingFile: bytes.span.bytes, header: header)
        return try FlatLayout(segments)
    }

    @Test("parts lie by physical address from the first one on, and bytes between them are zero")
    func layout() throws {
        let layout = try flat([
            (0x4020_0000, 0x400, 0x10, 0x20), (0x4020_1000, 0x600, 8, 0x3000),
            (0x4020_5000, 0, 0, 0x10),
        ])
        #expect(layout.base == PhysicalAddress(rawValue: 0x4020_0000))
        #expect(layout.byteCount == 0x1008)
        #expect(layout.memoryByteCount == 0x5010)
        #expect(layout.parts.map(\.offset) == [0, 0x1000])
        let bytes = layout.bytes { range in range.map { UInt8(truncatingIfNeeded: $0 >> 8) } }
        #expect(bytes.count == 0x1008)
        #expect(bytes[..<0x10].allSatisfy { $0 == 4 })
        #expect(bytes[0x10..<0x1000].allSatisfy { $0 == 0 })
        #expect(bytes[0x1000...].allSatisfy { $0 == 6 })
    }

    @Test("what overlaps, is out of order, or is spread too wide has no layout")
    func refuses() {
        #expect(throws: ELFFailure.overlappingSegments) {
            try flat([(0x1000, 0, 16, 16), (0x1008, 0, 16, 16)])
        }
        #expect(throws: ELFFailure.segmentsOutOfOrder) {
            try flat([(0x2000, 0, 16, 16), (0x1000, 0, 16, 16)])
        }
        #expect(throws: ELFFailure.hugeSegment) {
            try flat([(0x1000, 0, 16, 16), (0x1000_0000, 0, 16, 16)])
        }
        #expect(throws: ELFFailure.hugeSegment) { try flat([(0x1000, 0, 16, 1 << 40)]) }
        #expect(throws: ELFFailure.noLoadableSegments) { try flat([(0x1000, 0, 0, 0)]) }
    }

    private func header(_ bytes: [UInt8]) -> LinuxImageHeader? {
        LinuxImageHeader(checking: bytes.span.bytes)
    }
    @Test("the header is known by its magic; a shorter file or a big-endian kernel has none")
    func knowsHeader() throws {
        var bytes = [UInt8](repeating: 0, count: 64)
        bytes.replaceSubrange(56..<60, with: Array("ARM\u{64}".utf8))
        bytes[10] = 0x20
        bytes[17] = 0x12
        let found = try #require(header(bytes))
        #expect(found.textOffset == 0x20_0000 && found.imageByteCount == 0x1200)
        #expect(found.noteOffset == 0 && found.kernelByteCount == 0)
        #expect(header(Array(bytes.prefix(63))) == nil)
        bytes[24] = 1
        #expect(header(bytes) == nil)
        bytes[24] = 0
        bytes[59] = 0
        #expect(header(bytes) == nil)
    }
}
