internal import Base
internal import Hardware
internal import Memory
internal import NucleusLayoutX86_64

/// Starts the further CPUs of our VMM's machines: the VMM lets one begin in ring 3 with what its area says.
final class MonitorStarter: ProcessorStarter {
    let count: Int
    private let machine: LibrarySpace

    init(count: Int, root: PhysicalAddress) {
        self.count = min(count, Processors.maximumCount - 1)
        machine = LibrarySpace(root: root)
    }

    func start(_ index: Int, argument: UInt64) -> ProcessorStart {
        precondition((1...count).contains(index))
        guard let processor = FurtherProcessor(index, argument: argument, machine) else {
            return .refused
        }
        Port(UInt16(VMM_PROCESSOR_PORT)).store32(processor.data.number)
        return .started(root: processor.root)
    }
}
