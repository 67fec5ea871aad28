internal import Base
internal import KVM
internal import LinuxHost
internal import NucleusLayoutX86_64
internal import Synchronization

/// A machine's CPUs beside CPU 0. Each has a thread that waits until the guest starts it.
final class FurtherProcessors: Sendable {
    private let processors: [FurtherProcessor]
    private let memory: GuestMemory

    init(_ processors: [FurtherProcessor], memory: GuestMemory) {
        self.processors = processors
        self.memory = memory
    }

    func forEach(_ body: (borrowing KVMProcessor) -> Void) {
        for processor in processors { body(processor.processor) }
    }
    /// Starts the CPU whose AREA_DATA the guest prepared in a frame.
    func start(dataFrame frame: UInt64) throws(MachineFailure) {
        let base = frame << UInt64(Page.shift)
        func field(_ offset: Int32) throws(MachineFailure) -> UInt64 {
            var value: UInt64 = 0
            try inGuest { () throws(GuestMemoryError) in
                value = try memory.load64(PhysicalAddress(rawValue: base + UInt64(offset)))
            }
            return value
        }
        let index = Int(try field(DATA_CPU_INDEX) & 0xffff_ffff)
        guard (1...processors.count).contains(index), processors.count > 0 else {
            throw .guest("the kernel started CPU \(index), which the machine does not have")
        }
        let start = FurtherProcessor.Start(
            root: try field(DATA_START_ROOT), instruction: try field(DATA_START_RIP),
            stack: try field(DATA_START_RSP), argument: try field(DATA_START_ARGUMENT))
        guard processors[index - 1].start(start) else {
            throw .guest("the kernel started CPU \(index) twice")
        }
    }

    /// Starts the CPUs' threads. `body` runs a CPU to the machine's end; it never returns.
    func startThreads(
        _ body: @escaping @Sendable (FurtherProcessor) -> Never
    ) throws(MachineFailure) {
        for processor in processors {
            do { _ = try HostThread { body(processor) } } catch {
                throw .host("the host gives no thread", error)
            }
        }
    }
}

/// One of them.
final class FurtherProcessor: Sendable {
    /// Where it begins, as the guest says.
    struct Start: Sendable {
        let root: UInt64
        let instruction: UInt64
        let stack: UInt64
        let argument: UInt64
    }
    let processor: KVMProcessor
    /// The registers that the guest does not choose.
    private let state: Mutex<ProcessorState>
    private let wanted = Mutex<Start?>(nil)
    private let hasStarted = Atomic<Bool>(false)
    private let called: EventCounter

    init(_ processor: consuming KVMProcessor, _ state: ProcessorState) throws(MachineFailure) {
        self.processor = processor
        self.state = Mutex(state)
        do { called = try EventCounter() } catch {
            throw .host("the host gives no event counter", error)
        }
    }

    /// Lets the CPU begin; false where it did before.
    func start(_ start: Start) -> Bool {
        guard !hasStarted.exchange(true, ordering: .sequentiallyConsistent) else { return false }
        wanted.withLock { $0 = start }
        called.signal()
        return true
    }
    /// Waits for that, and loads the registers.
    func waitForStart() throws(MachineFailure) {
        var poll = Poll()
        while true {
            if let start = wanted.withLock({ $0 }) { return try load(start) }
            poll.removeAll()
            poll.add(called.descriptor.borrowed, .readable)
            poll.wait(milliseconds: nil)
        }
    }
    private func load(_ start: Start) throws(MachineFailure) {
        var state = state.withLock { $0 }
        state.pageTableRoot = start.root
        state.instructionPointer = start.instruction
        state.stackPointer = start.stack
        state.arguments = (start.argument, 0)
        do {
            try processor.load(state)
            try processor.makeRunnable()
        } catch { throw MachineFailure(error) }
    }
}
