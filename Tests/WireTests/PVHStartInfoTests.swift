import Base
import Testing
import Wire

@Suite("PVH start info") struct PVHStartInfoTests {
    /// A structure with two modules and three ranges.
    private func bytes(
        magic: UInt32 = 0x336e_c578, version: UInt32 = 1, modules: UInt32 = 2, ranges: UInt32 = 3
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        func append(_ value: UInt64, _ count: Int) {
            for index in 0..<count { bytes.append(UInt8(value >> UInt64(index * 8) & 0xff)) }
        }
        for value in [magic, version, 0, modules] { append(UInt64(value), 4) }
        for value in [0x5000, 0x6000, 0, 0x7000] as [UInt64] { append(value, 8) }
        for value in [ranges, 0] { append(UInt64(value), 4) }
        return bytes
    }
    private func failure(_ bytes: [UInt8]) -> PVHStartInfo.Failure? {
        do throws(PVHStartInfo.Failure) {
            _ = try PVHStartInfo(checking: bytes.span.raw)
            return nil
        } catch { return error }
    }

    @Test("fields are where the interface has them")
    func reads() throws {
        let bytes = bytes()
        let info = try PVHStartInfo(checking: bytes.span.raw)
        #expect(info.moduleCount == 2 && info.memoryRangeCount == 3)
        #expect(info.commandLine == PhysicalAddress(rawValue: 0x6000) && info.rootPointer == nil)
        #expect(info.module(1).rawValue == 0x5020)
        #expect(info.memoryRange(2).rawValue == 0x7030)
    }

    @Test("what is damaged is refused")
    func refuses() {
        #expect(failure(bytes()) == nil)
        #expect(failure(Array(bytes().dropLast())) == .truncated)
        #expect(failure(bytes(magic: 1)) == .badMagic)
        #expect(failure(bytes(version: 0)) == .oldVersion)
        #expect(failure(bytes(modules: 129)) == .tooMany)
        #expect(failure(bytes(ranges: .max)) == .tooMany)
    }

    @Test("a range that wraps around is none")
    func wraps() {
        var entry = [UInt8](repeating: 0xff, count: 16) + [1, 0, 0, 0, 0, 0, 0, 0]
        #expect(PVHStartInfo.Extent(range: entry.span.raw) == nil)
        entry.replaceSubrange(8..<16, with: [0, 1, 0, 0, 0, 0, 0, 0])
        entry.replaceSubrange(0..<8, with: [0, 0, 0x10, 0, 0, 0, 0, 0])
        let extent = PVHStartInfo.Extent(range: entry.span.raw)
        #expect(extent?.base == 0x10_0000 && extent?.end == 0x10_0100 && extent?.isMemory == true)
        let short = Array(entry.prefix(23))
        #expect(PVHStartInfo.Extent(range: short.span.raw) == nil)
    }
}
