internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Processes

/// The mappings of a program, as Linux's fs/proc/task_mmu.c tells them: maps, smaps, smaps_rollup,
/// pagemap.
enum MappingText {
    private static let space: UInt8 = 0x20
    private static let newline: UInt8 = 0x0a

    /// maps: a line a mapping.
    static func maps(_ memory: ProcessMemory, _ text: inout TextBuffer) {
        let addressSpace = memory.space
        var next = addressSpace.firstRegion
        while let region = next {
            line(of: region, memory, &text)
            next = addressSpace.region(after: region)
        }
        if hasFixedPage { fixedPage(&text) }
    }
    /// smaps: the lines of maps, each with what is present of the mapping.
    static func details(_ memory: ProcessMemory, _ text: inout TextBuffer) {
        let addressSpace = memory.space
        var next = addressSpace.firstRegion
        while let region = next {
            line(of: region, memory, &text)
            amount("Size:           ", region.byteCount, &text)
            text.append("KernelPageSize:        4 kB\nMMUPageSize:           4 kB\n")
            present(Present(of: region, memory), .region, &text)
            text.append("THPeligible:    ")
            text.append(addressSpace.mayHaveLargePages(region) ? UInt64(1) : 0, width: 8)
            text.append("\n")
            flags(of: region, memory, &text)
            next = addressSpace.region(after: region)
        }
        guard hasFixedPage else { return }
        fixedPage(&text)
        amount("Size:           ", UInt64(Page.size), &text)
        text.append("KernelPageSize:        4 kB\nMMUPageSize:           4 kB\n")
        present(Present(), .region, &text)
        text.append("THPeligible:           0\nVmFlags: ex \n")
    }
    /// smaps_rollup: the sum of all.
    static func sum(_ memory: ProcessMemory, _ text: inout TextBuffer) {
        let addressSpace = memory.space
        var sum = Present()
        var last: Region?
        var next = addressSpace.firstRegion
        while let region = next {
            sum.add(Present(of: region, memory))
            last = region
            next = addressSpace.region(after: region)
        }
        let start = text.byteCount
        text.append(
            hexadecimal: addressSpace.firstRegion?.start.rawValue ?? 0, minimumDigits: 8)
        text.append("-")
        text.append(hexadecimal: last?.end.rawValue ?? 0, minimumDigits: 8)
        text.append(" ---p 00000000 00:00 0 ")
        pad(from: start, &text)
        text.append("[rollup]\n")
        present(sum, .rollup, &text)
    }

    // MARK: Lines

    private static func line(
        of region: Region, _ memory: ProcessMemory, _ text: inout TextBuffer
    ) {
        let start = text.byteCount
        text.append(hexadecimal: region.start.rawValue, minimumDigits: 8)
        text.append(byte: 0x2d)
        text.append(hexadecimal: region.end.rawValue, minimumDigits: 8)
        text.append(byte: space)
        let protection = region.protection
        text.append(byte: protection.contains(.read) ? 0x72 : 0x2d)
        text.append(byte: protection.contains(.write) ? 0x77 : 0x2d)
        text.append(byte: protection.contains(.execute) ? 0x78 : 0x2d)
        text.append(byte: region.sharing == .shared ? 0x73 : 0x70)
        text.append(byte: space)
        let entry = entry(of: region, memory)
        let segment = (region.owner as? SharedAttachment)?.segment
        text.append(
            hexadecimal: entry == nil && segment == nil ? 0 : UInt64(max(0, region.offset)),
            minimumDigits: 8)
        text.append(byte: space)
        let device = segment == nil ? entry?.node.fileSystem.device : Self.segmentDevice
        text.append(hexadecimal: UInt64(device?.major ?? 0), minimumDigits: 2)
        text.append(byte: 0x3a)
        text.append(hexadecimal: UInt64(device?.minor ?? 0), minimumDigits: 2)
        text.append(byte: space)
        text.append(entry?.node.number ?? UInt64(segment?.identifier ?? 0))
        text.append(byte: space)
        if let segment {
            pad(from: start, &text)
            text.append("/SYSV")
            text.append(
                hexadecimal: UInt64(UInt32(bitPattern: segment.firstKey)), minimumDigits: 8)
            text.append(" (deleted)")
        } else if let entry {
            pad(from: start, &text)
            entry.writePath(from: Process.current.root, to: &text)
            if entry.parent != nil, !entry.isLinked { text.append(" (deleted)") }
        } else if let label = label(of: region, memory) {
            pad(from: start, &text)
            text.append(label)
        }
        text.append(byte: newline)
    }
    /// The file system of segments, which is mounted nowhere.
    private static let segmentDevice = DeviceNumber(major: 0, minor: 1)
    /// What a region without a file is called; `nil` for what has no name.
    private static func label(of region: Region, _ memory: ProcessMemory) -> StaticString? {
        switch memory.space.name(of: region) {
        case .heap: "[heap]"
        case .stack: "[stack]"
        case .sharedClocks: "[vvar]"
        case .sharedObject: "[vdso]"
        case .none: nil
        }
    }
    /// Names begin in column 74.
    private static func pad(from start: Int, _ text: inout TextBuffer) {
        text.append(repeating: space, count: 73 - (text.byteCount - start))
    }
    /// The file that a region maps: the one it was mapped from, or the program's own.
    private static func entry(of region: Region, _ memory: ProcessMemory) -> DirectoryEntry? {
        guard region.cache != nil else { return nil }
        if let file = region.owner as? OpenFile { return file.entry }
        return memory.isProgram(region) ? memory.executable : nil
    }

    /// Whether there is a page of calls at a fixed address, which only executes (vsyscall=xonly).
    private static var hasFixedPage: Bool { ABI.current == .x86_64 }
    private static func fixedPage(_ text: inout TextBuffer) {
        let start = text.byteCount
        text.append("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 ")
        pad(from: start, &text)
        text.append("[vsyscall]\n")
    }

    // MARK: What is present

    /// A region's pages, sorted as smaps sorts them.
    private struct Present {
        private(set) var usage = AddressSpace.Usage()
        private(set) var cleanPages = (shared: 0, private: 0)
        private(set) var sharedMemoryBytes = 0
        private(set) var lockedBytes = 0

        init() {}
        init(of region: Region, _ memory: ProcessMemory) {
            // The pages of the vDSO belong to no file and are written by nobody; Linux counts no
            // page of numbers at all.
            let name = memory.space.name(of: region)
            if name == .sharedClocks { return }
            usage = memory.space.usage(of: region)
            if name == .sharedObject {
                cleanPages = (usage.sharedPages, usage.privatePages)
            } else if region.cache != nil, MappingText.entry(of: region, memory) == nil {
                sharedMemoryBytes = usage.proportionalBytes - usage.proportionalAnonymousBytes
            }
            if region.isLocked { lockedBytes = usage.proportionalBytes }
        }
        mutating func add(_ other: Present) {
            usage += other.usage
            cleanPages.shared += other.cleanPages.shared
            cleanPages.private += other.cleanPages.private
            sharedMemoryBytes += other.sharedMemoryBytes
            lockedBytes += other.lockedBytes
        }
        var dirtyBytes: Int {
            let clean = (cleanPages.shared + cleanPages.private) * Page.size
            return max(0, usage.proportionalBytes - clean)
        }
    }
    private enum Form {
        case region
        case rollup
    }
    private static func present(_ present: Present, _ form: Form, _ text: inout TextBuffer) {
        let usage = present.usage
        pages("Rss:            ", usage.pages, &text)
        amount("Pss:            ", UInt64(usage.proportionalBytes), &text)
        amount("Pss_Dirty:      ", UInt64(present.dirtyBytes), &text)
        if form == .rollup {
            let anonymous = usage.proportionalAnonymousBytes
            amount("Pss_Anon:       ", UInt64(anonymous), &text)
            amount(
                "Pss_File:       ",
                UInt64(usage.proportionalBytes - anonymous - present.sharedMemoryBytes), &text)
            amount("Pss_Shmem:      ", UInt64(present.sharedMemoryBytes), &text)
        }
        pages("Shared_Clean:   ", present.cleanPages.shared, &text)
        pages("Shared_Dirty:   ", usage.sharedPages - present.cleanPages.shared, &text)
        pages("Private_Clean:  ", present.cleanPages.private, &text)
        pages("Private_Dirty:  ", usage.privatePages - present.cleanPages.private, &text)
        pages("Referenced:     ", usage.pages, &text)
        pages("Anonymous:      ", usage.anonymousPages, &text)
        pages("KSM:            ", 0, &text)
        pages("LazyFree:       ", 0, &text)
        pages("AnonHugePages:  ", usage.largePages, &text)
        for label: StaticString in [
            "ShmemPmdMapped: ", "FilePmdMapped:  ", "Shared_Hugetlb: ", "Private_Hugetlb:",
            "Swap:           ", "SwapPss:        ",
        ] { pages(label, 0, &text) }
        amount("Locked:         ", UInt64(present.lockedBytes), &text)
    }
    private static func pages(_ label: StaticString, _ count: Int, _ text: inout TextBuffer) {
        amount(label, UInt64(max(0, count)) << UInt64(Page.shift), &text)
    }
    private static func amount(
        _ label: StaticString, _ byteCount: UInt64, _ text: inout TextBuffer
    ) {
        text.append(label)
        text.append(byteCount >> 10, width: 8)
        text.append(" kB\n")
    }

    /// VmFlags, in the order of Linux's bits (proc_pid_smaps(5)).
    private static func flags(
        of region: Region, _ memory: ProcessMemory, _ text: inout TextBuffer
    ) {
        func flag(_ name: StaticString, _ isSet: Bool) {
            guard isSet else { return }
            text.append(name)
            text.append(byte: space)
        }
        let isNumbers = memory.space.name(of: region) == .sharedClocks
        let isShared = region.sharing == .shared && !isNumbers
        text.append("VmFlags: ")
        flag("rd", region.protection.contains(.read))
        flag("wr", region.protection.contains(.write))
        flag("ex", region.protection.contains(.execute))
        // A shared mapping that can never be written is shared in name alone.
        flag("sh", isShared && region.maximum.contains(.write))
        flag("mr", region.maximum.contains(.read))
        flag("mw", region.maximum.contains(.write))
        flag("me", region.maximum.contains(.execute))
        flag("ms", isShared)
        flag("gd", region.growsDown)
        flag("pf", isNumbers)
        flag("lo", region.isLocked)
        flag("io", isNumbers)
        flag("dc", region.flags.contains(.excludedFromFork))
        flag("de", isNumbers)
        flag("lf", region.flags.contains(.lockedOnFault))
        flag("ac", region.isCharged && !region.flags.contains(.unreserved))
        flag("nr", region.flags.contains(.unreserved))
        flag("wf", region.flags.contains(.wipedOnFork))
        flag("dd", region.flags.contains(.excludedFromDump) || isNumbers)
        flag("hg", region.flags.contains(.largePages))
        flag("nh", region.flags.contains(.smallPages))
        text.append(byte: newline)
    }

    // MARK: pagemap

    /// Pages that there are entries for: up to the program's last address.
    static var pageMapCount: Int64 { Int64(ProgramSpace.end.rawValue >> UInt64(Page.shift)) }
    /// Present (63), of a file or shared (61), mapped once (56), frame number
    /// (Documentation/admin-guide/mm/pagemap.rst).
    static func pageMapEntry(_ index: Int64, of memory: ProcessMemory) -> UInt64 {
        let page = VirtualAddress(rawValue: UInt64(index) << UInt64(Page.shift))
        guard let found = memory.space.presence(of: page) else { return 0 }
        // The frame's number is for who may administrate (Linux 4.2).
        let number = Process.current.credentials.has(.administration) ? found.frame.number : 0
        return 1 << 63 | (found.isObject ? 1 << 61 : 0) | (found.isAlone ? 1 << 56 : 0)
            | UInt64(number)
    }
}
