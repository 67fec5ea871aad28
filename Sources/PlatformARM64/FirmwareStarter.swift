internal import Base
internal import Hardware
internal import Memory
internal import NucleusLayout
internal import NucleusLayoutARM64
internal import Wire

/// Starts CPUs by PSCI, each with an area of its own and a stack.
final class FirmwareStarter: ProcessorStarter {
    private let kernel: KernelPlace
    private let root: PhysicalAddress
    private var affinities = InlineArray<64, UInt64>(repeating: 0)
    let count: Int

    init(_ machine: MachineTree, _ kernel: KernelPlace, root: PhysicalAddress) {
        self.kernel = kernel
        self.root = root
        let own = CPU.read(.multiprocessorAffinity) & Self.affinityMask
        var count = 0
        for index in 0..<machine.processors.count {
            guard let processor = machine.processors[index], processor.affinity != own,
                processor.startMethod == .psci
            else { continue }
            affinities[count] = processor.affinity
            count += 1
        }
        self.count = CPU.firmware?.canStartProcessors == true ? count : 0
    }
    /// Aff3 in bits 39-32, Aff2 to Aff0 in 23-0.
    private static let affinityMask: UInt64 = 0xff_00ff_ffff

    func start(_ index: Int, argument: UInt64) -> Bool {
        precondition((1...count).contains(index))
        let processor = FurtherProcessor(index: index, affinity: affinities[index - 1])
        let space = LibrarySpace(root: root)
        let stackSize = UInt64(BOOT_STACK_BYTES)
        // A guard page below each.
        let bottom =
            UInt64(LIBRARY_STACK_BASE) + UInt64(index) * (stackSize + UInt64(Page.size))
            + UInt64(Page.size)
        guard let data = Frames.allocateZeroed(),
            space.map(
                PageTableEntry(nucleusPage: data.address, isCode: false),
                at: processor.supervisorData),
            space.map(
                PageTableEntry(nucleusPage: kernel.nucleus, isCode: true),
                at: processor.nucleusCode),
            space.map(
                PageTableEntry(libraryPage: data.address, rights: [.read, .write]),
                at: processor.userData),
            space.mapPages(
                Int(AREA_CRASH_PAGES),
                at: VirtualAddress(
                    rawValue: processor.userData.rawValue + UInt64(AREA_CRASH_STACK))),
            space.mapPages(
                Int(stackSize) / Page.size, at: VirtualAddress(rawValue: bottom))
        else { return false }
        return processor.start(
            data: data.address, stack: bottom..<bottom + stackSize, root: root,
            kernelBase: PhysicalAddress(rawValue: kernel.base), argument: argument)
    }
    /// CPU 0's area is the library OS's only one so far.
    let canRunThreads = false
    func root(_ index: Int) -> PhysicalAddress? { nil }
    func stopCurrent() { CPU.firmware?.stopProcessor() }
    func currentIdentifier() -> UInt64 { CPU.read(.multiprocessorAffinity) & Self.affinityMask }
    func identifier(_ index: Int) -> UInt64 { affinities[index - 1] }
}
