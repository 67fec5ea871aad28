internal import Base
internal import LinuxABI
internal import LinuxHost

/// How fast a guest's ring 0 runs: some hosts, nested ones above all, emulate it.
package enum RingZeroSpeed {
    /// Turns of a loop of two instructions: 28 ms where each is emulated in 0.7 us.
    private static let turns: UInt32 = 20_000

    private enum Place {
        static let pageTables: UInt64 = 0x1000
        static let descriptors: UInt64 = 0x4000
        static let taskState: UInt64 = 0x5000
        static let code: UInt64 = 0x8000
    }
    private static let codeSelector: UInt16 = 0x10
    private static let dataSelector: UInt16 = 0x18
    private static let taskSelector: UInt16 = 0x40
    /// A port that nothing answers: writing to it leaves the guest.
    private static let port: UInt8 = 0xf0

    /// Picoseconds an instruction of ring 0 takes, measured in a machine of its own of 2 MiB.
    package static func measure(_ device: borrowing KVMDevice) throws(KVMError) -> Int64 {
        let machine = try device.makeMachine()
        try machine.enableSplitInterruptController()
        let memory = try makeMemory()
        try machine.attach(memory)
        let features = try ProcessorFeatures(supportedBy: device)
        let processor = try machine.makeProcessor(index: 0)
        try processor.load(features)
        try processor.load(state(features))
        // The first write shows that the guest runs, and warms up what it takes.
        try run(processor)
        let start = HostClock.monotonic
        try run(processor)
        let time = HostClock.monotonic - start
        return max(time, 1) * 1000 / Int64(2 * turns)
    }

    private static func run(_ processor: borrowing KVMProcessor) throws(KVMError) {
        while true {
            switch try processor.runUntilExit() {
            case .interrupted: continue
            case .portWrite: return
            default: throw KVMError(request: "KVM_RUN of ring 0", errno: .inputOutput)
            }
        }
    }

    private static func state(_ features: ProcessorFeatures) -> ProcessorState {
        var state = ProcessorState()
        state.privilege = 0
        state.instructionPointer = Place.code
        state.stackPointer = Place.code
        state.pageTableRoot = Place.pageTables
        state.descriptorTable = (Place.descriptors, 0x4f)
        state.taskState = (taskSelector, Place.taskState, 0x67)
        state.codeSelector = codeSelector
        state.dataSelector = dataSelector
        state.extendedControl = features.extendedControl
        state.spuriousVector = 0xff
        return state
    }

    private static func makeMemory() throws(KVMError) -> GuestMemory {
        let memory: GuestMemory
        do { memory = try GuestMemory(byteCount: 2 << 20) } catch {
            throw KVMError(request: "memory", errno: error)
        }
        // mov $turns, %ecx after the first write; then dec %ecx, jnz; the second write; hlt.
        let count = (0..<4).map { UInt8(truncatingIfNeeded: turns >> (8 * UInt32($0))) }
        let code: [UInt8] =
            [0xe6, port, 0xb9] + count + [0xff, 0xc9, 0x75, 0xfc, 0xe6, port, 0xf4]
        // Present, writable, accessed, dirty; the last one maps 2 MiB.
        let tables: [(UInt64, UInt64)] = [
            (Place.pageTables, Place.pageTables + 0x1000 | 0x23),
            (Place.pageTables + 0x1000, Place.pageTables + 0x2000 | 0x23),
            (Place.pageTables + 0x2000, 0xe3),
            (Place.descriptors + UInt64(codeSelector), 0x00af_9b00_0000_ffff),
            (Place.descriptors + UInt64(dataSelector), 0x00cf_9300_0000_ffff),
            (Place.descriptors + UInt64(taskSelector), 0x0000_8b00_5000_0067),
        ]
        do throws(GuestMemoryError) {
            try memory.store(code, at: PhysicalAddress(rawValue: Place.code))
            for (address, value) in tables {
                try memory.store64(value, at: PhysicalAddress(rawValue: address))
            }
        } catch {
            throw KVMError(request: "memory", errno: .badAddress)
        }
        return memory
    }
}
