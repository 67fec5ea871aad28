internal import NucleusLayoutX86_64

extension CPU {
    /// Ends the machine; returns only where the platform ignored it.
    package static func powerOff() { _ = gate(GATE_POWER_OFF) }
    /// Resets the machine.
    package static func reset() { _ = gate(GATE_RESET) }
}
