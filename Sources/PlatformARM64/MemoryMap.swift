internal import Base
internal import Hardware
internal import NucleusInterface
internal import Wire

/// RAM without what is taken: kernel, device tree, archive, what the tree reserves.
struct MemoryMap {
    private struct Taken: Sendable {
        var base: UInt64
        var end: UInt64
        var kind: BootRecord.MemoryKind
    }
    // Taken ranges in whole pages, by their base.
    private var taken = InlineArray<32, Taken>(repeating: Taken(base: 0, end: 0, kind: .reserved))
    private var count = 0
    private let machine: MachineTree
    private let archive: MachineTree.Region?

    init(_ machine: MachineTree, _ kernel: KernelPlace, tree: Range<UInt64>) {
        self.machine = machine
        archive = machine.chosen.archive
        take(kernel.base, kernel.physicalEnd, .kernel)
        take(tree.lowerBound, tree.upperBound, .bootOnly)
        if let archive { take(archive.base.rawValue, archive.end.rawValue, .module) }
        for index in 0..<machine.reserved.count {
            guard let region = machine.reserved[index] else { continue }
            take(region.base.rawValue, region.end.rawValue, .reserved)
        }
    }
    private mutating func take(_ base: UInt64, _ end: UInt64, _ kind: BootRecord.MemoryKind) {
        let (rounded, overflow) = end.addingReportingOverflow(Page.offsetMask)
        guard count < taken.count, base < end else { return }
        var index = count
        while index > 0, taken[index - 1].base > base {
            taken[index] = taken[index - 1]
            index -= 1
        }
        taken[index] = Taken(
            base: base & ~Page.offsetMask, end: (overflow ? .max : rounded) & ~Page.offsetMask,
            kind: kind)
        count += 1
    }

    /// Writes the map, and the archive as a module.
    mutating func write(to record: inout BootRecordBuilder) {
        for index in 0..<machine.memory.count {
            guard let region = machine.memory[index] else { continue }
            var base = (region.base.rawValue + Page.offsetMask) & ~Page.offsetMask
            let end = region.end.rawValue & ~Page.offsetMask
            for index in 0..<count where taken[index].end > base && taken[index].base < end {
                let part = taken[index]
                add(base, part.base, .usable, &record)
                add(max(base, part.base), min(part.end, end), part.kind, &record)
                base = max(base, part.end)
            }
            add(base, end, .usable, &record)
        }
        guard let archive, archive.byteCount > 0, archive.base.rawValue & Page.offsetMask == 0,
            isMemory(archive)
        else { return }
        record.append(
            BootRecord.modules, archive.base.rawValue, archive.byteCount,
            UInt64(BootRecord.ModuleKind.files.rawValue))
    }
    private func isMemory(_ region: MachineTree.Region) -> Bool {
        for index in 0..<machine.memory.count {
            guard let memory = machine.memory[index] else { continue }
            if memory.base <= region.base, region.end <= memory.end { return true }
        }
        return false
    }
    private func add(
        _ base: UInt64, _ end: UInt64, _ kind: BootRecord.MemoryKind,
        _ record: inout BootRecordBuilder
    ) {
        guard base < end else { return }
        record.append(BootRecord.memoryMap, base, end - base, UInt64(kind.rawValue))
    }
}
