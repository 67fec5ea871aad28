internal import Base
internal import CPUARM64Assembly
package import Devices
internal import NucleusLayout
internal import NucleusLayoutARM64

/// Version 3's CPU interface: system registers, which only the nucleus can touch.
private final class SystemRegisterInterface: GenericInterruptInterface {
    func start() {
        CPU.write(UInt64(GenericInterruptController.lowestPriorityMask), to: .priorityMask)
        CPU.write(0, to: .controllerControl)
        CPU.write(1, to: .groupEnable)
    }
    func acknowledge() -> UInt32 { UInt32(truncatingIfNeeded: CPU.read(.interruptAcknowledge)) }
    func end(_ acknowledged: UInt32) { CPU.write(UInt64(acknowledged), to: .endOfInterrupt) }
    var identifier: UInt64 { CPU.affinity }
    func send(_ number: UInt32, to identifier: UInt64) {
        CPU.write(
            GenericInterruptController.command(number, to: identifier), to: .softwareInterrupt)
    }
}

/// This machine's interrupt controller, whose windows boot maps at fixed places.
package enum InterruptController {
    package enum Version: Sendable {
        case two
        case three
    }
    // Each CPU's own, set as it starts.
    private static let controllers = Global(
        InlineArray<64, GenericInterruptController?>(repeating: nil))
    private static var controller: GenericInterruptController? { controllers.value[CPU.number] }
    /// Redistributors of CPUs that are to start; version 2 has none.
    private static let redistributors = Global(InlineArray<64, RegisterWindow?>(repeating: nil))

    private static func window(_ address: UInt64, _ byteCount: Int) -> RegisterWindow? {
        RegisterWindow(at: VirtualAddress(rawValue: address), byteCount: byteCount)
    }
    /// Turns the controller on for the CPU that boots. Precondition: its windows are mapped.
    package static func start(_ version: Version) {
        let size = version == .two ? Page.size : 0x10000
        guard let distributor = window(UInt64(GIC_DISTRIBUTOR_WINDOW), size) else { return }
        switch version {
        case .two:
            guard let processor = window(UInt64(GIC_CPU_WINDOW), Page.size) else { return }
            controllers.value[0] = GenericInterruptController(
                distributor: distributor, redistributor: nil,
                interface: GenericInterruptWindow(processor, distributor: distributor))
        case .three:
            controllers.value[0] = GenericInterruptController(
                distributor: distributor,
                redistributor: window(UInt64(GIC_REDISTRIBUTOR_WINDOW), 0x20000),
                interface: SystemRegisterInterface())
        }
    }
    /// Notes the redistributor of a CPU that is to start.
    package static func prepare(_ processor: Int, redistributor: RegisterWindow) {
        redistributors.value[processor] = redistributor
    }
    /// Turns the controller on for this CPU, a further one.
    static func startFurther() {
        guard let first = controllers.value[0] else { return }
        controllers.value[CPU.number] = GenericInterruptController(
            like: first, redistributor: redistributors.value[CPU.number])
    }
    /// Interrupts that there are, private ones among them.
    package static var count: Int { controller?.count ?? 0 }
    /// Gives an interrupt a vector and lets it through. Precondition: INTID below `count` and 256.
    package static func connect(interrupt: UInt32, vector: Int, isEdge: Bool) {
        controller?.connect(interrupt: interrupt, vector: vector, isEdge: isEdge)
    }
    /// Lets a vector through that CPUs send each other: as one of the interrupts 0 to 15.
    package static func connect(sent vector: Int) {
        connect(interrupt: number(of: vector), vector: vector, isEdge: true)
    }
    private static func number(of vector: Int) -> UInt32 { UInt32(vector & 15) }

    fileprivate static func take() -> UInt32 {
        guard let controller else { return 0 }
        let pending = controller.take { vector in
            // The timer holds its line; nobody else would take it back.
            if vector == LocalTimer.vector { LocalTimer.disarm() }
        }
        // What their senders stored before is loaded behind here.
        arm64_order_loads()
        return pending
    }
    fileprivate static func finish() { controller?.finish() }

    /// This CPU's identifier: its affinity, or version 2's bit in lists of targets.
    package static var identifier: UInt64 { controller?.identifier ?? CPU.affinity }
    /// Sends a vector to the CPU with an identifier. Precondition: it was connected there.
    package static func interrupt(_ identifier: UInt64, vector: Int) {
        // What was stored before is seen by who is interrupted.
        arm64_order_interrupt()
        controller?.send(number(of: vector), to: identifier)
    }
    /// Sends a vector to this CPU, for tests.
    package static func interruptSelf(vector: Int) {
        connect(sent: vector)
        interrupt(identifier, vector: vector)
    }
}

extension CPU {
    /// Takes the vectors that are pending on this CPU; bit n is FIRST_DEVICE_VECTOR + n.
    package static func takePendingVectors() -> UInt32 { InterruptController.take() }
    /// To be called when the handlers of what was taken have run.
    package static func finishVectors() { InterruptController.finish() }
}
