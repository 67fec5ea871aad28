internal import Base
internal import Hardware
internal import Memory
internal import NucleusInterface
internal import NucleusLayout
internal import NucleusLayoutX86_64
internal import Scheduler

/// What a further CPU begins with: an area of its own behind the addresses of CPU 0's, and a page-table
/// root that has it.
struct FurtherProcessor {
    let root: PhysicalAddress
    /// The area's data page, which says where the CPU begins (DATA_START_*).
    let data: Frame

    /// `machine`: CPU 0's tables. `nil` without memory.
    init?(_ index: Int, argument: UInt64, _ machine: LibrarySpace) {
        let areaBase = VirtualAddress(rawValue: UInt64(CPU_AREA_BASE))
        guard let stack = Threads.makeStack(),
            let space = machine.makeRoot(withOwn: areaBase),
            let data = Self.makeArea(in: space, machine)
        else { return nil }
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
        root = space.root
        self.data = data
    }

    /// Maps an area like CPU 0's: what is only read is the same, the rest is new. Returns the data page;
    /// `nil` without memory.
    private static func makeArea(
        in space: LibrarySpace, _ machine: LibrarySpace
    ) -> Frame? {
        var data: Frame?
        for page in 0..<Int32(CPU_AREA_PAGES) {
            var own: Frame?
            for view in [UInt64(0), UInt64(CPU_AREA_USER_VIEW)] {
                let address = VirtualAddress(
                    rawValue: UInt64(CPU_AREA_BASE) + view + UInt64(page) << UInt64(Page.shift))
                let entry = machine.entry(at: address)
                guard !entry.isAbsent else { continue }
                guard isOwn(page << Int32(Page.shift)) else {
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
}
