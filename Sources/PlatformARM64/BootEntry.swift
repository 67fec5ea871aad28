internal import Base
internal import Hardware
internal import Insight
internal import NucleusInterface
internal import NucleusLayout
internal import NucleusLayoutARM64
internal import Wire

/// Called once, from the boot code: makes the machine that a device tree describes into one that a boot
/// record describes, and returns the record's address, for `library_boot`.
///
/// All addresses but the last four are physical; `level` is the exception level of the entry.
@c func library_prepare_tree(
    _ tree: UInt, _ base: UInt, _ counter: UInt, _ level: UInt, _ bootPages: UInt,
    _ constants: UInt, _ data: UInt, _ end: UInt
) -> UInt {
    let kernel = KernelPlace(
        base: UInt64(base), bootPages: UInt64(bootPages), constants: UInt64(constants),
        data: UInt64(data), end: UInt64(end))
    TreeBoot.startProcessor(kernel)
    guard let record = TreeBoot.record(tree: UInt64(tree), counter: UInt64(counter), kernel) else {
        Crash.end(because: "the device tree can't be used")
    }
    return record
}

/// The way from a device tree to a boot record.
private enum TreeBoot {
    /// The boot code maps a gigabyte around the kernel directly.
    private static let bootMapSize: UInt64 = 1 << 30

    /// Fills CPU 0's area, so that exceptions and the gate work, and declares what is mapped.
    static func startProcessor(_ kernel: KernelPlace) {
        let mapEnd = (kernel.base & ~(bootMapSize - 1)) + bootMapSize
        BootMemory.startDirectMap(frameCount: UInt32(mapEnd >> UInt64(Page.shift)))
        let stack = UInt64(LIBRARY_STACK_BASE) + UInt64(Page.size)
        CPUArea(index: 0).prepare(0, stack: stack..<stack + UInt64(BOOT_STACK_BYTES))
        CPU.start()
    }

    /// Completes the page tables and writes the record; `nil` where the tree is of no use.
    static func record(tree address: UInt64, counter: UInt64, _ kernel: KernelPlace) -> UInt? {
        let mapStart = kernel.base & ~(bootMapSize - 1)
        guard (mapStart..<mapStart + bootMapSize - 64).contains(address), address % 8 == 0 else {
            return nil
        }
        let place = PhysicalAddress(rawValue: address)
        let size = BootMemory.withBytes(at: place, byteCount: DeviceTree.headerByteCount) {
            DeviceTree.byteCount(header: $0)
        }
        guard let size, UInt64(size) <= mapStart + bootMapSize - address else { return nil }
        return BootMemory.withBytes(at: place, byteCount: size) { bytes in
            do throws(DeviceTree.Failure) {
                let tree = try DeviceTree(checking: bytes)
                return record(tree, bytes, at: address, counter: counter, kernel)
            } catch { return nil }
        }
    }

    private static func record(
        _ tree: borrowing DeviceTree, _ bytes: RawSpan, at address: UInt64, counter: UInt64,
        _ kernel: KernelPlace
    ) -> UInt? {
        let machine = MachineTree(tree)
        guard let tables = BootTables(kernel), let end = mapMemory(machine, tables) else {
            return nil
        }
        var record = BootRecordBuilder(
            at: PhysicalAddress(rawValue: kernel.bootPage(BOOT_RECORD)),
            byteCount: Int(BOOT_RECORD_BYTES))
        record.set(BootRecord.entryProtocol, BootRecord.EntryProtocol.deviceTree.rawValue)
        record.set(BootRecord.processorCount, 1)
        record.set(BootRecord.pageTableRoot, tables.root.rawValue)
        record.set(BootRecord.directMapSize, end)
        record.set(BootRecord.kernelBase, kernel.base)
        record.set(BootRecord.kernelSize, kernel.physicalEnd - kernel.base)
        record.set(BootRecord.startTSC, counter)
        record.set(BootRecord.enterTSC, counter)
        record.set(BootRecord.deviceTree, address)
        if let arguments = machine.chosen.arguments {
            record.set(BootRecord.commandLine, address + UInt64(arguments.lowerBound))
            record.set(BootRecord.commandLineSize, UInt64(arguments.count))
        }
        if let seed = machine.chosen.seed { setSeed(bytes.extracting(seed), &record) }
        addMemory(
            machine, kernel, tree: address..<address + UInt64(bytes.byteCount), &record)
        tables.finish()
        BootMemory.startDirectMap(frameCount: UInt32(clamping: end >> UInt64(Page.shift)))
        PlatformDevices.find(machine, tables, &record)
        PlatformClocks.measure(machine, &record)
        Processors.starter = FirmwareStarter(machine, kernel, root: tables.root)
        return record.finish()
    }

    /// Maps all RAM; returns where it ends, `nil` without RAM or room for the tables.
    private static func mapMemory(_ machine: MachineTree, _ tables: BootTables) -> UInt64? {
        var end: UInt64 = 0
        for index in 0..<machine.memory.count {
            guard let region = machine.memory[index], region.end.rawValue <= maximumMemory else {
                continue
            }
            let first = (region.base.rawValue + Page.offsetMask) & ~Page.offsetMask
            let last = region.end.rawValue & ~Page.offsetMask
            guard first < last else { continue }
            guard tables.mapDirectly(first, last) else { return nil }
            end = max(end, last)
        }
        return end > 0 ? end : nil
    }
    /// What frame numbers of 32 bits reach.
    private static let maximumMemory: UInt64 = 1 << 44

    /// Writes the memory map, and the archive as a module.
    private static func addMemory(
        _ machine: MachineTree, _ kernel: KernelPlace, tree: Range<UInt64>,
        _ record: inout BootRecordBuilder
    ) {
        var map = BootMemoryMap()
        map.take(kernel.base, kernel.physicalEnd, .kernel)
        map.take(tree.lowerBound, tree.upperBound, .bootOnly)
        let archive = machine.chosen.archive
        if let archive { map.take(archive.base.rawValue, archive.end.rawValue, .module) }
        for index in 0..<machine.reserved.count {
            guard let region = machine.reserved[index] else { continue }
            map.take(region.base.rawValue, region.end.rawValue, .reserved)
        }
        var holdsArchive = false
        for index in 0..<machine.memory.count {
            guard let region = machine.memory[index] else { continue }
            record.append(region.base.rawValue, region.end.rawValue, map)
            guard let archive else { continue }
            if region.base <= archive.base, archive.end <= region.end { holdsArchive = true }
        }
        guard let archive, holdsArchive else { return }
        record.appendArchive(at: archive.base.rawValue, byteCount: archive.byteCount)
    }
    private static func setSeed(_ bytes: RawSpan, _ record: inout BootRecordBuilder) {
        guard bytes.byteCount >= BootRecord.seedSize else { return }
        record.setSeed(bytes.extracting(first: BootRecord.seedSize))
        record.set(BootRecord.flags, BootRecord.Flags.seeded.rawValue)
    }
}
