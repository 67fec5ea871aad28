internal import Base
internal import Hardware
internal import Memory
internal import NucleusLayout
internal import NucleusLayoutARM64
internal import Scheduler
internal import Wire

/// Starts CPUs by PSCI, each with an area of its own and a stack.
final class FirmwareStarter: ProcessorStarter {
    private let kernel: KernelPlace
    private let space: LibrarySpace
    private let redistributors: MachineTree.Redistributors?
    private var affinities = InlineArray<64, UInt64>(repeating: 0)
    let count: Int

    init(_ machine: MachineTree, _ kernel: KernelPlace, root: PhysicalAddress) {
        self.kernel = kernel
        space = LibrarySpace(root: root)
        if case .version3(_, let redistributors) = machine.interruptController {
            self.redistributors = redistributors
        } else {
            redistributors = nil
        }
        let own = CPU.affinity
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

    func start(_ index: Int, argument: UInt64) -> ProcessorStart {
        precondition((1...count).contains(index))
        let processor = FurtherProcessor(index: index, affinity: affinities[index - 1])
        guard let stack = Threads.makeStack(), let data = Frames.allocateZeroed(),
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
            prepareRedistributor(of: processor),
            processor.start(
                data: data.address, stack: stack, root: space.root,
                kernelBase: PhysicalAddress(rawValue: kernel.base), argument: argument)
        else { return .refused }
        return .started(root: nil)
    }
    /// Finds and maps the CPU's part of version 3's interrupt controller; version 2 has none.
    private func prepareRedistributor(of processor: FurtherProcessor) -> Bool {
        guard let redistributors else { return true }
        var start = UInt64(GIC_REDISTRIBUTORS)
        var index = 0
        while let region = redistributors[index] {
            let found = GenericInterruptController.findRedistributor(
                affinity: processor.affinity, byteCount: region.byteCount,
                stride: redistributors.stride
            ) { map(start + $0, to: region.base.rawValue + $0) }
            if let found {
                InterruptController.prepare(processor.index, redistributor: found)
                return true
            }
            start += region.byteCount
            index += 1
        }
        return false
    }
    /// Maps the pages of a redistributor that are used; `nil` without memory for tables.
    private func map(_ address: UInt64, to physical: UInt64) -> RegisterWindow? {
        for offset in [0, UInt64(GenericInterruptController.privateFrameOffset)] {
            let page = VirtualAddress(rawValue: address + offset)
            guard space.entry(at: page).isAbsent else { continue }
            let entry = PageTableEntry(devicePage: PhysicalAddress(rawValue: physical + offset))
            guard space.map(entry, at: page) else { return nil }
        }
        return RegisterWindow(
            at: VirtualAddress(rawValue: address),
            byteCount: Int(GenericInterruptController.frameByteCount))
    }

    func stopCurrent() { CPU.firmware?.stopProcessor() }
}
