package import Base

/// Firmware's power state coordination interface (Arm DEN0022, PSCI 1.1).
package struct PSCI: Sendable {
    private enum Function {
        static let version: UInt32 = 0x8400_0000
        static let processorOff: UInt32 = 0x8400_0002
        static let processorOn: UInt32 = 0xc400_0003
        static let systemOff: UInt32 = 0x8400_0008
        static let systemReset: UInt32 = 0x8400_0009
        static let features: UInt32 = 0x8400_000a
    }
    /// Calls firmware with a function's identifier and three arguments; returns its X0.
    package typealias Call = @Sendable (UInt32, UInt64, UInt64, UInt64) -> Int64

    private let callFirmware: Call
    /// Function identifiers of versions before 0.2, where the device tree names them.
    private let namedOn: UInt32?
    private let namedOff: UInt32?
    package init(processorOn: UInt32?, processorOff: UInt32?, call: @escaping Call) {
        namedOn = processorOn
        namedOff = processorOff
        callFirmware = call
    }

    /// What firmware answered: negative is an error of table 5-5.
    private func call(
        _ function: UInt32, _ first: UInt64 = 0, _ second: UInt64 = 0, _ third: UInt64 = 0
    ) -> Int64 {
        // Results are of 32 bits, but for calls with 64-bit ones, whose errors extend their sign.
        Int64(Int32(truncatingIfNeeded: callFirmware(function, first, second, third)))
    }
    /// Major and minor version, `nil` without firmware of 0.2 or later.
    package var version: (major: Int, minor: Int)? {
        let answer = call(Function.version)
        return answer > 0 ? (Int(answer >> 16 & 0x7fff), Int(answer & 0xffff)) : nil
    }
    /// Whether there is the function that starts CPUs.
    package var canStartProcessors: Bool {
        guard let version else { return namedOn != nil }
        // PSCI_FEATURES came with 1.0; 0.2 has all of its own.
        return version.major < 1 || call(Function.features, UInt64(Function.processorOn)) >= 0
    }
    /// Starts a CPU at a physical address, at the caller's exception level with the MMU off and
    /// `context` in X0; whether firmware took it.
    package func startProcessor(
        affinity: UInt64, at entry: PhysicalAddress, context: UInt64
    ) -> Bool {
        call(namedOn ?? Function.processorOn, affinity, entry.rawValue, context) == 0
    }
    /// Stops the CPU that calls; returns only where firmware refused.
    package func stopProcessor() { _ = call(namedOff ?? Function.processorOff) }
    /// Turns the machine off; returns only where firmware refused.
    package func turnOff() { _ = call(Function.systemOff) }
    /// Resets the machine; returns only where firmware refused.
    package func reset() { _ = call(Function.systemReset) }
}
