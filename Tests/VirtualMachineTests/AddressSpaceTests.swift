import Base
import KVM
import NucleusInterface
import NucleusLayout
import NucleusLayoutX86_64
import Testing

@testable import VirtualMachine

/// A kernel of three segments, as Scripts/linker/x86_64.ld lays one out.
let sampleKernel = KernelImage(
    entry: KernelImage.base,
    segments: [
        .init(
            address: KernelImage.base, memoryByteCount: 0x5000, fileOffset: 0x1000,
            fileByteCount: 0x5000, isWritable: false, isExecutable: true),
        .init(
            address: KernelImage.base + 0x5000, memoryByteCount: 0x3010, fileOffset: 0x6000,
            fileByteCount: 0x3010, isWritable: false, isExecutable: false),
        .init(
            address: KernelImage.base + 0x9000, memoryByteCount: 0x4000, fileOffset: 0xa000,
            fileByteCount: 0x100, isWritable: true, isExecutable: false),
    ], nucleusTemplate: KernelImage.base + 0x5000, entryTemplate: KernelImage.base + 0x6000,
    end: KernelImage.base + 0xd000)

func sampleLayout(memory: UInt64, files: UInt64 = 0x12345) -> GuestLayout {
    GuestLayout(
        kernelByteCount: sampleKernel.byteCount, commandLineByteCount: 100,
        pageTablePages: AddressSpaceBuilder.maximumPages(
            kernelByteCount: sampleKernel.byteCount,
            memoryEnd: GuestMemory.end(byteCount: memory)), filesByteCount: files)
}

/// What a walk of the tables says of a page.
struct PageRights: Equatable, CustomStringConvertible {
    let physical: UInt64
    let isWritable: Bool
    let isUser: Bool
    let isExecutable: Bool
    var description: String {
        "\(String(physical, radix: 16)) \(isWritable ? "w" : "-")\(isExecutable ? "x" : "-")"
            + (isUser ? "u" : "s")
    }
}

/// Walks the tables as the CPU does (SDM 3A, 4.5): a right counts only if every level grants it.
func walk(_ tables: PageTables, _ address: UInt64) -> PageRights? {
    var table = tables.tables[0]
    var (writable, user, executable) = (true, true, true)
    for level in [3, 2, 1, 0] {
        let entry = table[Int(address >> UInt64(12 + 9 * level)) & 511]
        guard entry & 1 != 0 else { return nil }
        writable = writable && entry & 2 != 0
        user = user && entry & 4 != 0
        executable = executable && entry >> 63 == 0
        let frame = entry & 0x000f_ffff_ffff_f000
        if level == 0 || (level == 1 && entry & 0x80 != 0) {
            let mask: UInt64 = level == 0 ? 0xfff : 0x1f_ffff
            return PageRights(
                physical: frame & ~mask | address & mask & ~0xfff, isWritable: writable,
                isUser: user, isExecutable: executable)
        }
        table = tables.tables[Int((frame - tables.base.rawValue) / 4096)]
    }
    return nil
}

@Suite("address space at entry") struct AddressSpaceTests {
    static let sizes: [UInt64] = [
        4 << 20, 16 << 20, (64 << 20) + 0x5000, 1 << 30, (3 << 30) + (1 << 20), 5 << 30,
    ]

    @Test("each page is where, and what, the model says", arguments: sizes)
    func matchesModel(memory: UInt64) {
        let layout = sampleLayout(memory: memory)
        let regions = GuestMemory.regions(byteCount: memory)
        let tables = AddressSpaceBuilder.build(layout, sampleKernel, regions: regions, devices: 2)
        #expect(UInt64(tables.tables.count * 4096) <= layout.pageTables.byteCount)
        var model: [UInt64: PageRights] = [:]
        func expect(_ address: UInt64, _ physical: UInt64, _ rights: String) {
            model[address] = PageRights(
                physical: physical, isWritable: rights.contains("w"), isUser: rights.contains("u"),
                isExecutable: rights.contains("x"))
        }
        for (first, count, rights) in [(0, 5, "ux"), (5, 4, "u"), (9, 4, "uw")]
            as [(UInt64, UInt64, String)]
        {
            for page in first..<first + count {
                expect(KernelImage.base + page << 12, layout.kernel.base + page << 12, rights)
            }
        }
        // NucleusLayout.h, "page offset, supervisor, user".
        let area: [(UInt64, String?, String?)] = [
            (0x0, "w", "uw"), (0x1, "x", nil), (0x2, "", nil), (0x3, "", nil), (0x4, "", nil),
            (0x5, "", nil), (0x6, "", nil), (0x7, "w", "u"), (0x8, "w", nil), (0x9, "w", "u"),
            (0xa, "w", "u"), (0xb, "w", "u"), (0xc, nil, "ux"), (0xd, nil, "uw"), (0xe, nil, "uw"),
            (0x10, nil, "uw"), (0x11, nil, "uw"), (0x12, nil, "uw"), (0x13, nil, "uw"),
        ]
        for (page, supervisor, user) in area {
            let physical = layout.processorArea.base + page << 12
            if let supervisor { expect(UInt64(CPU_AREA_BASE) + page << 12, physical, supervisor) }
            if let user { expect(UInt64(CPU_AREA_BASE) + 0x20000 + page << 12, physical, user) }
        }
        for page in 0..<UInt64(16) {
            expect(
                UInt64(LIBRARY_STACK_BASE) + 0x1000 + page << 12,
                layout.bootStack.base + page << 12, "uw")
        }
        expect(UInt64(DEVICE_WINDOW_BASE), 0xfee0_0000, "uw")
        expect(UInt64(DEVICE_WINDOW_BASE) + 0x1000, 0xd000_0000, "uw")
        expect(UInt64(DEVICE_WINDOW_BASE) + 0x2000, 0xd000_1000, "uw")
        // Everything in reach of these areas, mapped or not.
        for base in [LIBRARY_BASE, CPU_AREA_BASE, DEVICE_WINDOW_BASE, LIBRARY_STACK_BASE] as [Int] {
            for page in 0..<UInt64(128) {
                let address = UInt64(base) + page << 12
                #expect(walk(tables, address) == model[address], "\(String(address, radix: 16))")
            }
            #expect(walk(tables, UInt64(base) - 0x1000) == nil)
        }
        // The direct map: all RAM, never executable, read-only where ring 0 or text lies.
        let readOnly = [
            layout.kernel.base..<layout.kernel.base + 0x9000,
            layout.processorArea.base + 0x1000..<layout.processorArea.base + 0x7000,
            layout.processorArea.base + 0xc000..<layout.processorArea.base + 0xd000,
        ]
        for region in regions {
            let near = stride(
                from: region.base, to: min(region.base + (8 << 20), region.end), by: 4096)
            let far = stride(
                from: max(region.base, region.end - (4 << 20)), to: region.end, by: 4096)
            for page in Array(near) + Array(far) {
                let expected = PageRights(
                    physical: page, isWritable: !readOnly.contains { $0.contains(page) },
                    isUser: true, isExecutable: false)
                #expect(walk(tables, UInt64(DIRECT_MAP_BASE) + page) == expected)
            }
            #expect(walk(tables, UInt64(DIRECT_MAP_BASE) + region.end) == nil)
        }
    }

    @Test("no frame is writable by one mapping and executable by another", arguments: sizes)
    func writeXorExecute(memory: UInt64) {
        let layout = sampleLayout(memory: memory)
        let tables = AddressSpaceBuilder.build(
            layout, sampleKernel, regions: GuestMemory.regions(byteCount: memory), devices: 2)
        var writable: Set<UInt64> = []
        var executable: Set<UInt64> = []
        func visit(_ number: Int, _ level: Int) {
            for entry in tables.tables[number] where entry & 1 != 0 {
                let frame = entry & 0x000f_ffff_ffff_f000
                if level == 0 || (level == 1 && entry & 0x80 != 0) {
                    // The loaded range lies below 4 MiB; large pages above hold nothing executable.
                    let pages = level == 0 ? 1 : (frame < 4 << 20 ? 512 : 1)
                    for page in 0..<UInt64(pages) {
                        if entry & 2 != 0 { writable.insert(frame + page << 12) }
                        if entry >> 63 == 0 { executable.insert(frame + page << 12) }
                    }
                } else {
                    visit(Int((frame - tables.base.rawValue) / 4096), level - 1)
                }
            }
        }
        visit(0, 3)
        #expect(!executable.isEmpty)
        #expect(writable.isDisjoint(with: executable))
    }

    @Test("guard pages: below the boot stack, around the crash stack, between the views")
    func guards() {
        let tables = AddressSpaceBuilder.build(
            sampleLayout(memory: 64 << 20), sampleKernel,
            regions: GuestMemory.regions(byteCount: 64 << 20), devices: 2)
        let user = UInt64(CPU_AREA_BASE) + UInt64(CPU_AREA_USER_VIEW)
        for address in [
            UInt64(LIBRARY_STACK_BASE), GuestLayout.bootStackTop,
            user + UInt64(AREA_CRASH_STACK) - 0x1000, user + UInt64(AREA_CRASH_STACK_TOP),
            UInt64(CPU_AREA_BASE) + UInt64(AREA_ENTRY), user - 0x1000, 0,
        ] {
            #expect(walk(tables, address) == nil, "\(String(address, radix: 16))")
        }
    }
}

@Suite("guest memory") struct GuestMemoryTests {
    @Test("accesses end at each region's end, and the hole below 4 GiB is no RAM")
    func bounds() throws {
        let memory = try GuestMemory(byteCount: 5 << 30)
        #expect(memory.end == 6 << 30)
        func at(_ address: UInt64) -> PhysicalAddress { PhysicalAddress(rawValue: address) }
        #expect(memory.contains(at(0), byteCount: 3 << 30))
        #expect(!memory.contains(at(0), byteCount: (3 << 30) + 1))
        #expect(!memory.contains(at((3 << 30) - 1), byteCount: 2))
        #expect(!memory.contains(at(0xfee0_0000), byteCount: 1))
        #expect(memory.contains(at(4 << 30), byteCount: 2 << 30))
        #expect(!memory.contains(at(4 << 30), byteCount: (2 << 30) + 1))
        #expect(!memory.contains(at(.max), byteCount: 1))
        #expect(!memory.contains(at(.max), byteCount: .max))
        #expect(!memory.contains(at(0), byteCount: -1))
        #expect(throws: GuestMemoryError.self) { try memory.load32(at(2)) }
        #expect(throws: GuestMemoryError.self) { try memory.store64(1, at: at((6 << 30) - 4)) }
        try memory.store64(0x1122_3344_5566_7788, at: at((6 << 30) - 8))
        #expect(try memory.load16(at((6 << 30) - 2)) == 0x1122)
    }
}

@Suite("boot record") struct BootRecordTests {
    @Test("describes all RAM once, in order, and reads back", arguments: AddressSpaceTests.sizes)
    func describes(memory: UInt64) throws {
        let layout = sampleLayout(memory: memory)
        let regions = GuestMemory.regions(byteCount: memory)
        var facts = BootFacts()
        facts.seed = [UInt8](0..<32)
        facts.devices = MachineDevices.vectors
        facts.timeStampFrequency = 2_400_000_000
        let bytes = BootRecordWriter.record(
            layout, regions: regions, commandLineByteCount: 100, facts)
        let record = try BootRecordView(checking: bytes.span.raw)
        var covered: UInt64 = 0
        var previousEnd: UInt64 = 0
        for index in 0..<record.count(BootRecord.memoryMap) {
            let range = record.range(BootRecord.memoryMap, at: index)
            #expect(range.base.rawValue >= previousEnd)
            #expect((range.base.rawValue | range.byteCount) & 0xfff == 0)
            previousEnd = range.base.rawValue + range.byteCount
            covered += range.byteCount
        }
        #expect(covered == memory)
        #expect(record.count(BootRecord.modules) == 1)
        #expect(record.range(BootRecord.modules, at: 0).byteCount == 0x12345)
        #expect(record.range(BootRecord.modules, at: 0).base.rawValue & 0xfff == 0)
        #expect(record.count(BootRecord.devices) == 2)
        #expect(record.device(at: 1).base.rawValue == 0xd000_1000)
        #expect(record.device(at: 1).queueVector == 0x42)
        #expect(record.seedByte(at: 31) == 31)
        #expect(record[BootRecord.tscFrequency] == 2_400_000_000)
        #expect(record[BootRecord.directMapSize] == GuestMemory.end(byteCount: memory))
    }
}

@Suite("descriptor tables") struct ProcessorAreaTests {
    func word(_ page: [UInt8], _ offset: Int) -> UInt64 {
        page.span.raw.littleEndian(UInt64.self, at: offset)
    }

    @Test("gates lead to the stubs, by the stacks and rings that the nucleus expects")
    func gates() {
        let page = ProcessorArea.interruptTable(index: 0)
        for vector in 0..<256 {
            let low = word(page, vector * 16)
            let high = word(page, vector * 16 + 8)
            let target = low & 0xffff | low >> 32 & 0xffff_0000 | high << 32
            let (stack, kind, ring) = (low >> 32 & 7, low >> 40 & 0x9f, low >> 45 & 3)
            let stub = target &- UInt64(CPU_AREA_BASE) &- 0x1000
            switch vector {
            case 2: #expect((stub, stack, ring) == (UInt64(NUCLEUS_NMI), 2, 0))
            case 4: #expect((stub, stack, ring) == (UInt64(NUCLEUS_GATE), 0, 3))
            case 0..<32:
                let expected: UInt64 = vector == 8 ? 3 : vector == 18 ? 4 : 1
                #expect((stub, stack) == (UInt64(vector * 32), expected))
                #expect(ring == (vector == 3 ? 3 : 0))
            case 0x40..<0x60:
                #expect((stub, stack, ring) == (0x400 + UInt64((vector - 0x40) * 48), 0, 0))
            case 0xff: #expect((stub, stack, ring) == (UInt64(NUCLEUS_SPURIOUS), 0, 0))
            default:
                #expect(low == 0 && high == 0)
                continue
            }
            #expect(kind == 0x8e && low >> 16 & 0xffff == 0x10)
        }
    }

    @Test("ring 3 may use the ports of the early console and of CPUs' start, and no other")
    func ports() {
        let pages = ProcessorArea.taskState(index: 0)
        #expect(pages.count == 3 * 4096)
        for port in 0..<65536 {
            let isDenied = pages[0x68 + port / 8] >> UInt8(port & 7) & 1 == 1
            #expect(isDenied == !(port == 0x3f8 || (0x3f4...0x3f7).contains(port)))
        }
        #expect(pages[0x2068] == 0xff)
        #expect(pages[0x66] == 0x68 && pages[0x67] == 0)
        let area = UInt64(CPU_AREA_BASE)
        #expect(word(pages, 4) == area + 0x9000)
        #expect(
            (0..<4).map { word(pages, 0x24 + 8 * $0) }
                == [0x8000, 0xa000, 0xb000, 0xc000].map { area + $0 })
    }

    @Test("selectors name the segments that ring 3 sees on every host")
    func segments() {
        let page = ProcessorArea.tables(index: 0)
        #expect(word(page, 0x10) == 0x00af_9b00_0000_ffff)
        #expect(word(page, 0x30) == 0x00af_fb00_0000_ffff)
        #expect(word(page, 0x28) == 0x00cf_f300_0000_ffff)
        #expect(word(page, 0x48) == UInt64(CPU_AREA_BASE) >> 32)
        for vector in 0..<32 {
            let frame = 0x100 + vector * 40
            #expect(word(page, frame) == UInt64(CPU_AREA_BASE) + 0x2c000 + UInt64(32 * vector))
            #expect(word(page, frame + 24) == UInt64(CPU_AREA_BASE) + 0x2f000)
        }
    }
}
