internal import Base
internal import Hardware
internal import Insight
internal import NucleusInterface
internal import NucleusLayout
internal import NucleusLayoutX86_64
internal import Wire

/// Called once where a PVH loader entered the kernel: makes what our VMM makes before the first
/// instruction, and returns the address of the boot record that it wrote, for `library_boot`.
@c func library_prepare_pvh(
    _ startInfo: UInt, _ constants: UInt, _ data: UInt, _ end: UInt
) -> UInt {
    let kernel = BootTables.Kernel(
        constants: UInt64(constants), data: UInt64(data), end: UInt64(end))
    PVHBoot.startProcessor()
    guard let record = PVHBoot.record(startInfo: UInt64(startInfo), kernel) else {
        Crash.end(because: "the loader's start info can't be used")
    }
    return record
}

/// The way from a PVH loader's start info to a boot record.
private enum PVHBoot {
    /// Fills CPU 0's area, so that exceptions and the gate work, and declares what is mapped.
    static func startProcessor() {
        BootMemory.startDirectMap(frameCount: UInt32(PVH_MAPPED >> 12))
        let area = ProcessorArea(index: 0)
        for page in 0..<UInt32(AREA_NUCLEUS >> 12) { areaFrame(page).zero() }
        for page in UInt32(AREA_IDT >> 12)..<UInt32(AREA_EXCEPTION_STACK >> 12)
        where page != UInt32(AREA_TABLES >> 12) { areaFrame(page).zero() }
        let store: ProcessorArea.Store = { offset, word in storeInArea(offset, word) }
        let stack = UInt64(LIBRARY_STACK_BASE) + UInt64(Page.size)
        area.writeData(stack: stack..<stack + UInt64(PVH_STACK_BYTES), store)
        area.writeTables(store)
        area.writeInterruptTable(store)
        for (page, start, end) in [
            (0, Int(TSS_IO_MAP_OFFSET), Page.size), (1, 0, Page.size),
            (2, 0, Int(TSS_LIMIT) + 1 - 2 * Page.size),
        ] { areaFrame(UInt32(AREA_TSS >> 12) + UInt32(page)).fill(from: start, to: end) }
        area.writeTaskState(ports: ports, store)
        CPU.start()
        Power.method = .reset
    }
    /// Out of line, for its many callers: under an emulator distinct code is what a start costs.
    @inline(never)
    private static func storeInArea(_ offset: Int32, _ word: UInt32) {
        areaFrame(UInt32(offset) >> 12).store(word, at: Int(offset) & Int(Page.offsetMask))
    }
    private static func areaFrame(_ page: UInt32) -> Frame {
        Frame(number: UInt32(PVH_AREA >> 12) + page)
    }
    /// Serial ports and the real-time clock.
    private static var ports: [ClosedRange<UInt16>] {
        [0x3f8...0x3ff, 0x2f8...0x2ff, 0x3e8...0x3ef, 0x2e8...0x2ef, 0x70...0x71]
    }

    /// Completes the page tables and writes the record; `nil` where the start info is of no use.
    static func record(
        startInfo address: UInt64, _ kernel: BootTables.Kernel
    ) -> UInt? {
        let entered = BootMemory.load64(at: PhysicalAddress(rawValue: UInt64(PVH_ENTRY_TSC)))
        guard let info = startInfo(at: address) else { return nil }
        let tables = BootTables()
        guard tables.mapDevice(UInt64(DEVICE_WINDOW_BASE), to: UInt64(LOCAL_APIC_PHYSICAL)) else {
            return nil
        }
        LocalTimer.startCounting()
        guard let end = mapMemory(info, tables), tables.protect(kernel) else { return nil }
        tables.finish()
        BootMemory.startDirectMap(frameCount: UInt32(clamping: end >> UInt64(Page.shift)))
        var record = BootRecordBuilder(
            at: PhysicalAddress(rawValue: UInt64(PVH_RECORD)), byteCount: Int(PVH_RECORD_BYTES))
        record.set(BootRecord.entryProtocol, BootRecord.EntryProtocol.pvh.rawValue)
        record.set(BootRecord.processorCount, 1)
        record.set(BootRecord.pageTableRoot, tables.root.rawValue)
        record.set(BootRecord.directMapSize, end)
        record.set(BootRecord.kernelBase, UInt64(PVH_KERNEL))
        record.set(BootRecord.kernelSize, kernel.physicalEnd - UInt64(PVH_KERNEL))
        record.set(BootRecord.startTSC, entered)
        record.set(BootRecord.enterTSC, entered)
        record.set(BootRecord.rootPointer, info.rootPointer?.rawValue ?? 0)
        setCommandLine(info, &record)
        addMemory(info, kernel, &record)
        PlatformDevices.find(tables, info, &record)
        PlatformClocks.measure(&record)
        return record.finish()
    }

    private static func startInfo(at address: UInt64) -> PVHStartInfo? {
        guard isMapped(address, PVHStartInfo.byteCount) else { return nil }
        return BootMemory.withBytes(
            at: PhysicalAddress(rawValue: address), byteCount: PVHStartInfo.byteCount
        ) { bytes in
            do throws(PVHStartInfo.Failure) { return try PVHStartInfo(checking: bytes) } catch {
                return nil
            }
        }
    }
    /// Whether bytes lie in what the direct map covers now.
    private static func isMapped(_ address: UInt64, _ byteCount: Int) -> Bool {
        let limit = BootMemory.directMapByteCount
        return address <= limit && UInt64(byteCount) <= limit - address
    }
    private static func range(_ info: PVHStartInfo, _ index: Int) -> PVHStartInfo.Extent? {
        let address = info.memoryRange(index)
        guard isMapped(address.rawValue, PVHStartInfo.rangeByteCount) else { return nil }
        return BootMemory.withBytes(at: address, byteCount: PVHStartInfo.rangeByteCount) {
            PVHStartInfo.Extent(range: $0)
        }
    }
    private static func module(_ info: PVHStartInfo, _ index: Int) -> PVHStartInfo.Extent? {
        let address = info.module(index)
        guard isMapped(address.rawValue, PVHStartInfo.moduleByteCount) else { return nil }
        return BootMemory.withBytes(at: address, byteCount: PVHStartInfo.moduleByteCount) {
            PVHStartInfo.Extent(module: $0)
        }
    }

    /// Maps all RAM; returns where it ends, `nil` without RAM or room for the tables.
    private static func mapMemory(_ info: PVHStartInfo, _ tables: BootTables) -> UInt64? {
        var end: UInt64 = 0
        for index in 0..<info.memoryRangeCount {
            guard let range = range(info, index), range.isMemory, range.end <= maximumMemory else {
                continue
            }
            let last = range.end & ~Page.offsetMask
            let first = (range.base + Page.offsetMask) & ~Page.offsetMask
            guard first < last else { continue }
            guard tables.mapDirectly(first, last) else { return nil }
            end = max(end, last)
        }
        return end > UInt64(PVH_KERNEL) ? end : nil
    }
    /// What frame numbers of 32 bits reach.
    private static let maximumMemory: UInt64 = 1 << 44

    private static func setCommandLine(_ info: PVHStartInfo, _ record: inout BootRecordBuilder) {
        guard let address = info.commandLine, isMapped(address.rawValue, 1) else { return }
        let limit = Int(min(BootMemory.directMapByteCount - address.rawValue, 1 << 16))
        let count = BootMemory.withBytes(at: address, byteCount: limit) { bytes in
            var count = 0
            while count < bytes.byteCount, bytes.byte(at: count) != 0 { count += 1 }
            return count
        }
        record.set(BootRecord.commandLine, address.rawValue)
        record.set(BootRecord.commandLineSize, UInt64(count))
    }

    /// The memory map and the first module, the archive. What lies below 1 MiB is left to the
    /// loader: start info, command line and ACPI tables are there.
    private static func addMemory(
        _ info: PVHStartInfo, _ kernel: BootTables.Kernel, _ record: inout BootRecordBuilder
    ) {
        let archive = info.moduleCount > 0 ? module(info, 0) : nil
        var map = BootMemoryMap()
        if let archive { map.take(archive.base, archive.end, .module) }
        record.append(UInt64(PVH_AREA), kernel.physicalEnd, .kernel)
        for index in 0..<info.memoryRangeCount {
            guard let range = range(info, index), range.isMemory, range.end <= maximumMemory else {
                continue
            }
            record.append(max(range.base, kernel.physicalEnd), range.end, map)
        }
        guard let archive, isMapped(archive.base, Int(clamping: archive.byteCount)) else { return }
        record.appendArchive(at: archive.base, byteCount: archive.byteCount)
    }
}
