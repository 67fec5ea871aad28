import Base
import Testing
import Wire

/// Tables at their addresses.
private struct Reader: FirmwareReader {
    struct Place: FirmwarePlace {
        let bytes: [UInt8]
        func withBytes<Result>(_ body: (RawSpan) -> Result) -> Result { body(bytes.span.raw) }
    }
    let tables: [UInt64: [UInt8]]
    func map(_ address: PhysicalAddress, byteCount: Int) -> Place? {
        guard let table = tables[address.rawValue], table.count >= byteCount else { return nil }
        return Place(bytes: Array(table.prefix(byteCount)))
    }
}

@Suite("Firmware's tables") struct FirmwareTablesTests {
    private typealias Tables = FirmwareTables

    private func integer(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(value >> UInt64($0 * 8) & 0xff) }
    }
    /// With the byte at `place` so that the first `count` add up to 0.
    private func summed(_ bytes: [UInt8], at place: Int, count: Int? = nil) -> [UInt8] {
        var bytes = bytes
        bytes[place] = 0
        bytes[place] = 0 &- bytes.prefix(count ?? bytes.count).reduce(0, &+)
        return bytes
    }
    private func rootPointer(revision: UInt8, old: UInt64, extended: UInt64) -> [UInt8] {
        let bytes =
            Array("RSD PTR ".utf8) + [0] + Array("MARTLT".utf8) + [revision] + integer(old, 4)
            + integer(36, 4) + integer(extended, 8) + [0, 0, 0, 0]
        return summed(summed(bytes, at: 8, count: 20), at: 32)
    }
    private func table(_ signature: String, _ body: [UInt8]) -> [UInt8] {
        let bytes =
            Array(signature.utf8) + integer(UInt64(36 + body.count), 4)
            + [UInt8](repeating: 0, count: 28) + body
        return summed(bytes, at: 9)
    }
    private func processors(_ entries: [[UInt8]]) -> [UInt8] {
        table("APIC", integer(0xfee0_0000, 4) + integer(1, 4) + entries.flatMap { $0 })
    }
    private func found(in table: [UInt8]) -> [UInt32] {
        var processors = Tables.Processors()
        var found: [UInt32] = []
        while let next = processors.next(in: table.span.raw) { found.append(next) }
        return found
    }

    @Test("the root pointer leads to the newer table where there is one")
    func roots() {
        let new = rootPointer(revision: 2, old: 0x1000, extended: 0x1_0000_2000)
        let root = Tables.RootPointer(checking: new.span.raw)
        #expect(root?.table.rawValue == 0x1_0000_2000 && root?.entryByteCount == 8)
        let old = rootPointer(revision: 0, old: 0x1000, extended: 0)
        let oldRoot = Tables.RootPointer(checking: old.span.raw)
        #expect(oldRoot?.table.rawValue == 0x1000 && oldRoot?.entryByteCount == 4)
    }
    @Test("a damaged root pointer is none")
    func damagedRoots() {
        let good = rootPointer(revision: 2, old: 0x1000, extended: 0x2000)
        for index in [0, 7, 16, 25, 33] {
            var bad = good
            bad[index] ^= 0x10
            let root = Tables.RootPointer(checking: bad.span.raw)
            #expect(root == nil, "byte \(index)")
        }
        let short = Array(good.dropLast())
        let shortRoot = Tables.RootPointer(checking: short.span.raw)
        #expect(shortRoot == nil)
    }
    @Test("tables' lengths, sums and entries")
    func tables() throws {
        let bytes = table("XSDT", integer(0x3000, 8) + integer(0x1_0000_4000, 8))
        let header = Tables.Header(checking: bytes.span.raw)
        let isIntact = Tables.isIntact(bytes.span.raw)
        #expect(header?.tableByteCount == 52 && isIntact)
        let pointer = rootPointer(revision: 2, old: 0, extended: 0x2000)
        let found = Tables.RootPointer(checking: pointer.span.raw)
        let root = try #require(found)
        let entries = (0..<3).map { Tables.entry($0, of: bytes.span.raw, root)?.rawValue }
        #expect(entries == [0x3000, 0x1_0000_4000, nil])
        var damaged = bytes
        damaged[40] ^= 1
        let isDamagedIntact = Tables.isIntact(damaged.span.raw)
        #expect(!isDamagedIntact)
        for length in [0, 35, 65537, UInt64(UInt32.max)] {
            let bad = Array("APIC".utf8) + integer(length, 4) + [UInt8](repeating: 0, count: 28)
            let header = Tables.Header(checking: bad.span.raw)
            #expect(header == nil, "\(length) bytes")
        }
    }
    @Test("CPUs that are enabled, of both kinds")
    func findsProcessors() {
        let bytes = processors([
            [0, 8, 0, 0, 1, 0, 0, 0], [1, 12] + [UInt8](repeating: 0, count: 10),
            [0, 8, 1, 4, 1, 0, 0, 0], [0, 8, 2, 5, 0, 0, 0, 0], [0, 8, 2, 6, 2, 0, 0, 0],
            [9, 16, 0, 0] + integer(300, 4) + integer(1, 4) + integer(7, 4),
        ])
        #expect(found(in: bytes) == [0, 4, 300])
        let header = Tables.Header(checking: bytes.span.raw)
        #expect(header?.signature == Tables.Header.processors)
    }
    @Test("entries without a length, or longer than their table, end the list")
    func damagedProcessors() {
        let first: [UInt8] = [0, 8, 0, 0, 1, 0, 0, 0]
        for bad: [UInt8] in [[0, 0], [0, 1], [0, 8, 1, 1, 1], [0]] {
            #expect(found(in: processors([first, bad])) == [0])
        }
        #expect(found(in: processors([first, [0, 4, 1, 1], first])) == [0, 0])
        #expect(found(in: Array(processors([]).dropLast(4))) == [])
    }

    @Test("the table of CPUs is the first one of its signature that is intact")
    func searches() {
        let list = table("XSDT", integer(0x3000, 8) + integer(0x4000, 8) + integer(0x5000, 8))
        let wanted = processors([[0, 8, 0, 3, 1, 0, 0, 0]])
        var damaged = wanted
        damaged[40] ^= 1
        var tables = [
            0x1000: rootPointer(revision: 2, old: 0, extended: 0x2000), 0x2000: list,
            0x3000: table("FACP", [1, 2, 3]), 0x4000: damaged, 0x5000: wanted,
        ]
        func search() -> [UInt8]? {
            var reader = Reader(tables: tables.reduce(into: [:]) { $0[UInt64($1.key)] = $1.value })
            return reader.processorTable(PhysicalAddress(rawValue: 0x1000))?.bytes
        }
        #expect(search() == wanted)
        tables[0x5000] = nil
        #expect(search() == nil)
        tables[0x4000] = wanted
        #expect(search() == wanted)
        tables[0x2000]?[20] ^= 1
        #expect(search() == nil)
        tables[0x1000] = nil
        #expect(search() == nil)
    }
}
