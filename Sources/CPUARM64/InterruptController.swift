internal import Base
internal import Devices
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
}

/// This machine's interrupt controller, whose windows boot maps at fixed places.
package enum InterruptController {
    package enum Version: Sendable {
        case two
        case three
    }
    // Set once at boot.
    private static let controller = Global<GenericInterruptController?>(nil)

    private static func window(_ address: UInt64, _ byteCount: Int) -> RegisterWindow? {
        RegisterWindow(at: VirtualAddress(rawValue: address), byteCount: byteCount)
    }
    /// Turns the controller on for this CPU. Precondition: its windows are mapped.
    package static func start(_ version: Version) {
        let size = version == .two ? Page.size : 0x10000
        guard let distributor = window(UInt64(GIC_DISTRIBUTOR_WINDOW), size) else { return }
        switch version {
        case .two:
            guard let processor = window(UInt64(GIC_CPU_WINDOW), Page.size) else { return }
            controller.value = GenericInterruptController(
                distributor: distributor, redistributor: nil,
                interface: GenericInterruptWindow(processor))
        case .three:
            controller.value = GenericInterruptController(
                distributor: distributor,
                redistributor: window(UInt64(GIC_REDISTRIBUTOR_WINDOW), 0x20000),
                interface: SystemRegisterInterface())
        }
    }
    /// Interrupts that there are, private ones among them.
    package static var count: Int { controller.value?.count ?? 0 }
    /// Gives an interrupt a vector and lets it through. Precondition: INTID below `count` and 256.
    package static func connect(interrupt: UInt32, vector: Int, isEdge: Bool) {
        controller.value?.connect(interrupt: interrupt, vector: vector, isEdge: isEdge)
    }

    fileprivate static func take() -> UInt32 {
        guard let controller = controller.value else { return 0 }
        return controller.take { vector in
            // The timer holds its line; nobody else would take it back.
            if vector == LocalTimer.vector { LocalTimer.disarm() }
        }
    }
    fileprivate static func finish() { controller.value?.finish() }

    /// Sends a vector to another CPU. None runs threads yet, so nobody calls.
    package static func interrupt(_ identifier: UInt64, vector: Int) {
        fatalError("no other CPU takes part")
    }
    /// Interrupts sent by software that stand for vectors in tests: INTID 0 to 15.
    package static func interruptSelf(vector: Int) {
        let number = UInt32(vector & 15)
        guard let controller = controller.value,
            controller.prepareSoftwareInterrupt(number, vector: vector)
        else { return }
        // Target list 1 at affinity 0.0.0: this CPU.
        CPU.write(UInt64(number) << 24 | 1, to: .softwareInterrupt)
    }
}

extension CPU {
    /// Takes the vectors that are pending on this CPU; bit n is FIRST_DEVICE_VECTOR + n.
    package static func takePendingVectors() -> UInt32 { InterruptController.take() }
    /// To be called when the handlers of what was taken have run.
    package static func finishVectors() { InterruptController.finish() }
}
