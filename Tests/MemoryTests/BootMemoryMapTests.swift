import Base
import Hardware
import NucleusInterface
import Testing

@Suite("Memory map of a boot") struct BootMemoryMapTests {
    private struct Part: Equatable {
        let base: UInt64
        let end: UInt64
        let kind: BootRecord.MemoryKind
        init(_ base: UInt64, _ end: UInt64, _ kind: BootRecord.MemoryKind) {
            self.base = base
            self.end = end
            self.kind = kind
        }
    }
    private func parts(_ map: BootMemoryMap, _ base: UInt64, _ end: UInt64) -> [Part] {
        var parts: [Part] = []
        map.forEachPart(of: base, end) { parts.append(Part($0, $1, $2)) }
        return parts
    }

    @Test("RAM that nobody took is free, in whole pages inside of it")
    func free() {
        let map = BootMemoryMap()
        #expect(parts(map, 0x1001, 0x4fff) == [Part(0x2000, 0x4000, .usable)])
        #expect(parts(map, 0x1001, 0x2fff).isEmpty)
        #expect(parts(map, .max - 5, .max).isEmpty)
    }
    @Test("what is taken has whole pages around it, in the order of addresses")
    func taken() {
        var map = BootMemoryMap()
        map.take(0x8fff, 0x9001, .module)
        map.take(0x3000, 0x5000, .kernel)
        map.take(0x7000, 0x7000, .reserved)
        #expect(
            parts(map, 0x1000, 0xc000) == [
                Part(0x1000, 0x3000, .usable), Part(0x3000, 0x5000, .kernel),
                Part(0x5000, 0x8000, .usable), Part(0x8000, 0xa000, .module),
                Part(0xa000, 0xc000, .usable),
            ])
    }
    @Test("a range over both ends of RAM is cut; the end of the address space is no overflow")
    func cuts() {
        var map = BootMemoryMap()
        map.take(0, 0x2000, .reserved)
        map.take(0x5000, .max, .bootOnly)
        #expect(
            parts(map, 0x1000, 0x8000) == [
                Part(0x1000, 0x2000, .reserved), Part(0x2000, 0x5000, .usable),
                Part(0x5000, 0x8000, .bootOnly),
            ])
    }
    @Test("overlapping ranges: no page is told twice, none of them is free")
    func overlaps() {
        // Every two ranges of few pages, against a model page by page.
        let kinds: [BootRecord.MemoryKind] = [.kernel, .module]
        for code in 0..<(6 * 6 * 6 * 6) {
            let ends = [code % 6, code / 6 % 6, code / 36 % 6, code / 216].map { UInt64($0) }
            var map = BootMemoryMap()
            for index in 0..<2 {
                map.take(ends[index * 2] << 12, ends[index * 2 + 1] << 12, kinds[index])
            }
            let parts = parts(map, 0x1000, 0x5000)
            #expect(parts.first?.base == 0x1000 && parts.last?.end == 0x5000)
            for (part, next) in zip(parts, parts.dropFirst()) { #expect(part.end == next.base) }
            for page in UInt64(1)..<5 {
                let isTaken = (0..<2).contains {
                    ends[$0 * 2] <= page && page < ends[$0 * 2 + 1]
                }
                let part = parts.first { $0.base <= page << 12 && page << 12 < $0.end }
                #expect((part?.kind != .usable) == isTaken, "page \(page) of \(ends)")
            }
        }
    }
    @Test("the 33rd range finds no room")
    func bounded() {
        var map = BootMemoryMap()
        for index in UInt64(0)..<33 { map.take(index * 0x2000, index * 0x2000 + 1, .reserved) }
        #expect(parts(map, 0, 0x100000).filter { $0.kind == .reserved }.count == 32)
    }
}
