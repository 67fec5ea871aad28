internal import Base
internal import Hardware
internal import Memory
internal import NucleusLayoutX86_64

/// Starts the further CPUs of our VMM's machines: the VMM lets one begin in ring 3 with what its area says.
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
        guard let processor = FurtherProcessor(index, argument: argument, machine) else {
            return false
        }
        roots[index] = processor.root
        Port(UInt16(VMM_PROCESSOR_PORT)).store32(processor.data.number)
        return true
    }

    let canRunThreads = true
    func stopCurrent() { while true { CPU.wait() } }
    func currentIdentifier() -> UInt64 { InterruptController.identifier }
    // The VMM numbers them so.
    func identifier(_ index: Int) -> UInt64 { UInt64(index) }
    func root(_ index: Int) -> PhysicalAddress? { roots[index] }
}
