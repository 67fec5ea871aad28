internal import Base
internal import Hardware
internal import Memory
package import NucleusInterface
internal import NucleusLayout
internal import NucleusLayoutX86_64
internal import Scheduler

/// Starts the further CPUs of our VMM's machines: a CPU area and a page-table root are made here, and
/// the VMM lets a CPU begin with them in ring 3.
final class MonitorStarter: ProcessorStarter {
    let count: Int
    private let machine: LibrarySpace
    private var roots = InlineArray<64, PhysicalAddress?>(repeating: nil)

    init(count: Int, root: PhysicalAddress) {
        self.count = min(count, Processors.maximumCount - 1)
        machine = LibrarySpace(root: root)
    }

    func start(_ index: Int, argument: UInt64) -> Bool {
        precondition((1...count).contains(index))
        let areaBase = VirtualAddress(rawValue: UInt64(CPU_AREA_BASE))
        guard let stack = Threads.makeStack(),
            let space = machine.makeRoot(withOwn: areaBase),
            let data = makeArea(in: space)
        else { return false }
        ProcessorArea(index: 0).writeData(stack: stack) { offset, word in
            data.store(word, at: Int(offset - AREA_DATA))
        }
        data.store(UInt32(index), at: Int(DATA_CPU_INDEX))
        data.store(
            UInt32(CPU.area.systemCallEntersRing0 ? 1 : 0), at: Int(DATA_LSTAR_IN_RING_0))
        // As after a call, below the frame of a program.
        let pointer = (stack.upperBound - UInt64(FRAME_BYTES) - 128) & ~15 - 8
        for (offset, value) in [
            (DATA_START_ROOT, space.root.rawValue), (DATA_START_RIP, CPU.processorEntry),
            (DATA_START_RSP, pointer), (DATA_START_ARGUMENT, argument),
        ] { data.store(value, at: Int(offset)) }
        roots[index] = space.root
        Port(UInt16(VMM_PROCESSOR_PORT)).store32(data.number)
        return true
    }

    /// Maps an area like CPU 0's: what is only read is the same, the rest is new. Returns the data page;
    /// `nil` without memory.
    private func makeArea(in space: LibrarySpace) -> Frame? {
        var data: Frame?
        for page in 0..<Int32(CPU_AREA_PAGES) {
            var own: Frame?
            for view in [UInt64(0), UInt64(CPU_AREA_USER_VIEW)] {
                let address = VirtualAddress(
                    rawValue: UInt64(CPU_AREA_BASE) + view + UInt64(page) << UInt64(Page.shift))
                let entry = machine.entry(at: address)
                guard !entry.isAbsent else { continue }
                guard Self.isOwn(page << Int32(Page.shift)) else {
                    guard space.map(entry, at: address) else { return nil }
                    continue
                }
                guard let frame = own ?? Frames.allocateZeroed(),
                    space.map(entry.with(page: frame.address), at: address)
                else { return nil }
                own = frame
            }
            if page == 0 { data = own }
        }
        return data
    }
    /// Whether a CPU writes a page of its area: all but code, descriptor tables and task state.
    private static func isOwn(_ offset: Int32) -> Bool {
        offset == AREA_DATA
            || (AREA_EXCEPTION_STACK..<AREA_ENTRY).contains(offset) || offset >= AREA_SCRATCH
    }

    let canRunThreads = true
    func stopCurrent() { while true { CPU.wait() } }
    func currentIdentifier() -> UInt64 { InterruptController.identifier }
    // The VMM numbers them so.
    func identifier(_ index: Int) -> UInt64 { UInt64(index) }
    func root(_ index: Int) -> PhysicalAddress? { roots[index] }
}

/// What the platform knows beyond the boot record.
package enum Platform {
    /// Finds the machine's further CPUs. To be called when there is a heap.
    package static func findProcessors(_ record: borrowing BootRecordView) {
        let root = PhysicalAddress(rawValue: record[BootRecord.pageTableRoot])
        CPU.setFirstRoot(root)
        guard record[BootRecord.entryProtocol] == BootRecord.EntryProtocol.martlet.rawValue else {
            return
        }
        let count = Int(record[BootRecord.processorCount])
        if count > 1 { Processors.starter = MonitorStarter(count: count - 1, root: root) }
    }
}
