import Base
import CPUARM64
import CPUX86_64
import PageTables
import Testing

@Suite("Bits of page table entries") struct EntryBitsTests {
    private let page = PhysicalAddress(rawValue: 0x123_4000)
    private let large = PhysicalAddress(rawValue: 0x20_0000)

    /// SDM volume 3, tables 5-15 (2 MiB page), 5-16 (table) and 5-20 (4 KiB page): P 0, R/W 1, U/S 2,
    /// PWT 3, PCD 4, A 5, D 6, PS 7, G 8, XD 63; 9 is ours.
    @Test("x86-64: what the SDM says")
    func x86_64() {
        typealias Entry = CPUX86_64.PageTableEntry
        #expect(Entry(page: page, rights: .read).rawValue == 0x8000_0000_0123_4225)
        #expect(Entry(page: page, rights: [.read, .write]).rawValue == 0x8000_0000_0123_4267)
        #expect(Entry(page: page, rights: [.read, .execute]).rawValue == 0x0123_4225)
        #expect(Entry(page: page, rights: []).rawValue == 0x8000_0000_0123_4224)
        #expect(Entry(largePage: large, rights: [.read, .write]).rawValue == 0x8000_0000_0020_02e7)
        #expect(Entry(libraryPage: page, rights: [.read, .execute]).rawValue == 0x0123_4325)
        #expect(Entry(devicePage: page).rawValue == 0x8000_0000_0123_437f)
        #expect(Entry(table: page).rawValue == 0x0123_4027)
    }

    /// Arm ARM (DDI 0487) D8.3.1: valid 0, table or page 1, AttrIndx 2 to 4, AP[1] 6 (EL0), AP[2] 7
    /// (read-only), SH 8 and 9 (3: inner), AF 10, nG 11, GP 50, PXN 53, UXN 54; 55 is ours.
    @Test("arm64: what the Arm ARM says")
    func arm64() {
        typealias Entry = CPUARM64.PageTableEntry
        #expect(Entry(page: page, rights: .read).rawValue == 0x00e0_0000_0123_4fc3)
        #expect(Entry(page: page, rights: [.read, .write]).rawValue == 0x00e0_0000_0123_4f43)
        #expect(Entry(page: page, rights: [.read, .execute]).rawValue == 0x00a0_0000_0123_4fc3)
        #expect(Entry(page: page, rights: []).rawValue == 0x00e0_0000_0123_4fc2)
        #expect(Entry(largePage: large, rights: [.read, .write]).rawValue == 0x00e0_0000_0020_0f41)
        let code = Entry(libraryPage: page, rights: [.read, .execute])
        #expect(code.rawValue == 0x00a0_0000_0123_47c3)
        #expect(code.guarded.rawValue == 0x00a4_0000_0123_47c3)
        #expect(
            Entry(libraryLargePage: large, rights: [.read, .write]).rawValue
                == 0x00e0_0000_0020_0741)
        #expect(Entry(devicePage: page).rawValue == 0x00e0_0000_0123_4747)
        // EL1's alone: its code is not EL0's to read, its data nobody's to execute.
        #expect(Entry(nucleusPage: page, isCode: true).rawValue == 0x00c0_0000_0123_4783)
        #expect(Entry(nucleusPage: page, isCode: false).rawValue == 0x00e0_0000_0123_4703)
        #expect(Entry(table: page).rawValue == 0x0123_4003)
    }
}
