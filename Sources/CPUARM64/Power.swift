internal import CPUARM64Assembly
package import Base
internal import NucleusLayout
internal import NucleusLayoutARM64

/// Firmware's power state coordination interface (Arm DEN0022, PSCI 1.1).
package enum PSCI {
    private enum Function {
        static let version: UInt32 = 0x8400_0000
        static let processorOff: UInt32 = 0x8400_0002
        static let processorOn: UInt32 = 0xc400_0003
        static let systemOff: UInt32 = 0x8400_0008
        static let systemReset: UInt32 = 0x8400_0009
        static let features: UInt32 = 0x8400_000a
    }
    /// How the device tree says firmware is called, `nil` without any.
    package struct Interface: Sendable {
        package let conduit: CPU.Conduit
        /// Function identifiers of versions before 0.2, where the tree names them.
        package let processorOn: UInt32?
        package let processorOff: UInt32?
        package init(conduit: CPU.Conduit, processorOn: UInt32?, processorOff: UInt32?) {
            self.conduit = conduit
            self.processorOn = processorOn
            self.processorOff = processorOff
        }
    }
    // Set by boot on one CPU.
    private static let current = Global<Interface?>(nil)
    package static var interface: Interface? {
        get { current.value }
        set { current.value = newValue }
    }

    /// What firmware answered: negative is an error of table 5-5.
    private static func call(
        _ function: UInt32, _ first: UInt64 = 0, _ second: UInt64 = 0, _ third: UInt64 = 0
    ) -> Int64 {
        let notSupported: Int64 = -1
        guard let interface else { return notSupported }
        let answer = CPU.callFirmware(interface.conduit, function, first, second, third)
        // Results are of 32 bits, but for calls with 64-bit ones, whose errors extend their sign.
        return Int64(Int32(truncatingIfNeeded: answer))
    }
    /// Major and minor version, `nil` without firmware of 0.2 or later.
    package static var version: (major: Int, minor: Int)? {
        let answer = call(Function.version)
        return answer > 0 ? (Int(answer >> 16 & 0x7fff), Int(answer & 0xffff)) : nil
    }
    /// Whether there is the function that starts CPUs.
    package static var canStartProcessors: Bool {
        guard let version else { return interface?.processorOn != nil }
        // PSCI_FEATURES came with 1.0; 0.2 has all of its own.
        return version.major < 1 || call(Function.features, UInt64(Function.processorOn)) >= 0
    }
    /// Starts a CPU at a physical address, at the caller's exception level with the MMU off and
    /// `context` in X0; whether firmware took it.
    package static func startProcessor(
        affinity: UInt64, at entry: PhysicalAddress, context: UInt64
    ) -> Bool {
        call(interface?.processorOn ?? Function.processorOn, affinity, entry.rawValue, context) == 0
    }
    /// Stops the CPU that calls; returns only where firmware refused.
    package static func stopProcessor() {
        _ = call(interface?.processorOff ?? Function.processorOff)
    }
    fileprivate static func turnOff() { _ = call(Function.systemOff) }
    fileprivate static func reset() { _ = call(Function.systemReset) }
}

extension CPU {
    /// Ends the machine; returns only where the platform ignored it.
    package static func powerOff() { PSCI.turnOff() }
    /// Resets the machine.
    package static func reset() { PSCI.reset() }
}

/// A CPU beside the one that boots, as its start needs it.
package struct FurtherProcessor: Sendable {
    package let index: Int
    /// Of MPIDR_EL1.
    package let affinity: UInt64
    package init(index: Int, affinity: UInt64) {
        self.index = index
        self.affinity = affinity
    }

    private var area: CPUArea { CPUArea(index: index) }
    package var supervisorData: VirtualAddress { VirtualAddress(rawValue: area.nucleusData) }
    package var nucleusCode: VirtualAddress { VirtualAddress(rawValue: area.nucleusCode) }
    package var userData: VirtualAddress { VirtualAddress(rawValue: area.base) }

    /// Starts it: `library_processor_started` is called there, masked, with `argument`. Whether
    /// firmware took it. Precondition: its pages are mapped, `data` is the data page's.
    package func start(
        data: PhysicalAddress, stack: Range<UInt64>, root: PhysicalAddress,
        kernelBase: PhysicalAddress, argument: UInt64
    ) -> Bool {
        area.prepare(stack: stack)
        unsafe area.prepareStart(
            root: root, stackTop: stack.upperBound,
            entry: CPUArea.address(arm64_entry(ARM64_ENTRY_SECONDARY)), argument: argument)
        let entry = unsafe CPUArea.address(arm64_entry(ARM64_BOOT_SECONDARY))
        CPU.cleanData(at: userData, byteCount: Page.size)
        return PSCI.startProcessor(
            affinity: affinity,
            at: PhysicalAddress(rawValue: entry - UInt64(LIBRARY_BASE) + kernelBase.rawValue),
            context: data.rawValue + UInt64(DATA_START))
    }
}
