internal import Base
internal import DeviceModels
internal import KVM
internal import NucleusInterface
internal import NucleusLayoutX86_64
internal import Synchronization

/// What each CPU's thread does: runs the guest and answers what leaves it.
final class ProcessorLoop: Sendable {
    private let devices: MachineDevices
    private let further: FurtherProcessors
    private let console: Mutex<EarlyConsole>
    /// Stores that did not leave the guest are the machine's, not a CPU's; who takes one carries it out
    /// before another takes the next.
    private let deferredStores = Mutex(())
    private let exits = Atomic<UInt64>(0)
    /// How often CPUs came out to the VMM.
    var exitCount: UInt64 { exits.load(ordering: .relaxed) }

    init(
        _ devices: MachineDevices, _ further: FurtherProcessors,
        annotate: @escaping @Sendable (String) -> String
    ) {
        self.devices = devices
        self.further = further
        var console = EarlyConsole()
        console.annotate = annotate
        self.console = Mutex(console)
    }

    /// Runs a CPU until the machine is turned off there.
    func run(_ processor: borrowing KVMProcessor) throws(MachineFailure) {
        while true {
            let exit: KVMProcessor.Exit
            do { exit = try processor.runUntilExit() } catch { throw MachineFailure(error) }
            exits.wrappingAdd(1, ordering: .relaxed)
            try carryOutStores(processor)
            if try handle(exit, processor) == .poweredOff { return }
        }
    }
    func flushConsole() { console.withLock { $0.flush() } }

    private func carryOutStores(_ processor: borrowing KVMProcessor) throws(MachineFailure) {
        try deferredStores.withLock { (_: inout ()) throws(MachineFailure) in
            while let store = processor.nextDeferredStore() {
                try onDevice { () throws(GuestFault) in
                    try devices.store(store.value, at: store.address, byteCount: store.byteCount)
                }
            }
        }
    }

    private enum Next {
        case goOn
        case poweredOff
    }

    private func handle(
        _ exit: KVMProcessor.Exit, _ processor: borrowing KVMProcessor
    ) throws(MachineFailure) -> Next {
        switch exit {
        case .memoryRead(let address, let byteCount):
            var value: UInt64 = 0
            try onDevice { () throws(GuestFault) in
                value = try devices.load(address, byteCount: byteCount)
            }
            processor.answer(value)
        case .memoryWrite(let address, let byteCount, let value):
            try onDevice { () throws(GuestFault) in
                try devices.store(value, at: address, byteCount: byteCount)
            }
        case .portWrite(let port, _, let bytes) where port == UInt16(VMM_EARLY_CONSOLE_PORT):
            console.withLock { $0.append(bytes) }
        case .portWrite(let port, _, _) where port == UInt16(VMM_POWER_OFF_PORT):
            return .poweredOff
        case .portWrite(let port, let width, let bytes)
        where port == UInt16(VMM_PROCESSOR_PORT) && width == 4 && bytes.count == 4:
            var frame: UInt64 = 0
            for (index, byte) in bytes.enumerated() { frame |= UInt64(byte) << UInt64(index * 8) }
            try further.start(dataFrame: frame)
        case .portWrite(let port, _, _):
            throw .guest(
                "the kernel wrote to port \(hexadecimal(UInt64(port))), which nothing uses")
        case .portRead: processor.answerAbsentPort()
        case .interrupted: break
        case .shutdown: throw .guest("the kernel failed while it handled a failure (triple fault)")
        case .halted: throw .guest("the kernel stopped the CPU")
        case .systemEvent(let event): throw .guest("the kernel raised system event \(event)")
        case .internalError(let code):
            throw .host("the host's KVM could not go on (internal error \(code))")
        case .entryFailure(let reason):
            throw .host("the host's KVM could not enter the machine (\(hexadecimal(reason)))")
        case .other(let reason): throw .host("the host's KVM stopped for reason \(reason)")
        }
        return .goOn
    }

    private func onDevice(_ access: () throws(GuestFault) -> Void) throws(MachineFailure) {
        do { try access() } catch { throw .guest(error.line) }
    }
}
