internal import Base
internal import Hardware
internal import Memory
internal import NucleusInterface
internal import NucleusLayoutX86_64
internal import Scheduler
internal import Trace
internal import Wire

/// Starts the further CPUs that ACPI's tables tell of, by INIT and SIPI (SDM volume 3, section 9.4.4).
final class FirmwareStarter: ProcessorStarter {
    private let rootPointer: PhysicalAddress
    private let machine: LibrarySpace
    private var identifiers = InlineArray<64, UInt64>(repeating: 0)
    private var foundCount: Int?

    init(rootPointer: PhysicalAddress, root: PhysicalAddress) {
        self.rootPointer = rootPointer
        machine = LibrarySpace(root: root)
    }

    /// Looked for when somebody asks: most programs that are started on one CPU never do.
    var count: Int {
        if let foundCount { return foundCount }
        let count = find()
        foundCount = count
        return count
    }
    /// CPUs beside this one that a vector reaches: an identifier of 8 bits, 255 being all.
    private func find() -> Int {
        var firmware = FirmwareMemory(machine)
        guard let table = firmware.processorTable(rootPointer) else {
            Log.debug("one CPU: ACPI has no table of CPUs, or a damaged one")
            return 0
        }
        let own = InterruptController.identifier
        var processors = FirmwareTables.Processors()
        var count = 0
        while count < Processors.maximumCount - 1,
            let next = table.withBytes({ processors.next(in: $0) })
        {
            guard next < 255, UInt64(next) != own else { continue }
            identifiers[count + 1] = UInt64(next)
            count += 1
        }
        return count
    }

    func start(_ index: Int, argument: UInt64) -> ProcessorStart {
        precondition((1...count).contains(index))
        guard let processor = FurtherProcessor(index, argument: argument, machine) else {
            return .refused
        }
        prepareTrampoline(processor.root)
        InterruptController.reset(identifiers[index])
        Clock.poll(atMost: Self.resetDelay) { false }
        // Twice, where the first is not enough, as the manual has it.
        for limit in [Self.firstLimit, Self.lastLimit] {
            InterruptController.begin(
                identifiers[index], page: UInt8(PVH_TRAMPOLINE >> Page.shift))
            if Clock.poll(atMost: limit, until: { Self.hasCome(processor.data) }) {
                return .started(root: processor.root)
            }
        }
        Log.line(.error) {
            $0.append("CPU ")
            $0.append(UInt64(index))
            $0.append(" does not start")
        }
        return .refused
    }
    /// What CPUs of our time need between INIT and SIPI, which is less than the manual's 10 ms.
    private static let resetDelay = Nanoseconds(rawValue: 10_000)
    private static let firstLimit = Nanoseconds(rawValue: 1_000_000)
    /// An emulator's thread may be kept waiting by its host.
    private static let lastLimit = Nanoseconds(rawValue: 2_000_000_000)

    private static func hasCome(_ data: Frame) -> Bool {
        data.load(UInt64.self, at: Int(DATA_START_ROOT)) == 0
    }

    /// Copies the first code to where a CPU can begin, and makes a root that maps it there too.
    private func prepareTrampoline(_ root: PhysicalAddress) {
        let code = machine.entry(at: CPU.processorTrampoline)
        let start = Int(CPU.processorTrampoline.rawValue & Page.offsetMask)
        let target = Frame(number: UInt32(PVH_TRAMPOLINE >> Page.shift))
        target.copy(
            from: Frame(containing: code.page), at: start, to: 0, count: Int(PVH_TRAMPOLINE_BYTES))
        let first = Frame(number: UInt32(PVH_TRAMPOLINE_ROOT >> Page.shift))
        first.copy(from: Frame(containing: root))
        first.store(PageTableEntry.supervisorLink(to: UInt64(PVH_IDENTITY)), at: 0)
    }
}
