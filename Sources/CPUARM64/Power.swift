internal import CPUARM64Assembly
package import Base
package import Devices
internal import NucleusLayout
internal import NucleusLayoutARM64

extension CPU {
    // Set by boot on one CPU.
    private static let current = Global<PSCI?>(nil)
    /// Firmware that turns CPUs and the machine on and off; `nil` without any.
    package static var firmware: PSCI? { current.value }
    private static let usedConduit = Global<Conduit?>(nil)
    /// How it is called.
    static var conduit: Conduit? { usedConduit.value }
    /// Declares firmware. Function identifiers are those that the device tree names.
    package static func useFirmware(
        _ conduit: Conduit, processorOn: UInt32?, processorOff: UInt32?
    ) {
        usedConduit.value = conduit
        current.value = PSCI(processorOn: processorOn, processorOff: processorOff) {
            callFirmware(conduit, $0, $1, $2, $3)
        }
    }
    /// Ends the machine; returns only where the platform ignored it.
    package static func powerOff() { firmware?.turnOff() }
    /// Resets the machine.
    package static func reset() { firmware?.reset() }
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
        area.prepare(index, stack: stack)
        // Below the frame of a program.
        unsafe area.prepareStart(
            index, root: root, stack: (stack.upperBound - UInt64(FRAME_BYTES)) & ~15,
            entry: CPUArea.address(arm64_entry(ARM64_ENTRY_SECONDARY)), argument: argument)
        let entry = unsafe CPUArea.address(arm64_entry(ARM64_BOOT_SECONDARY))
        CPU.cleanData(at: userData, byteCount: Page.size)
        guard let firmware = CPU.firmware else { return false }
        return firmware.startProcessor(
            affinity: affinity,
            at: PhysicalAddress(rawValue: entry - UInt64(LIBRARY_BASE) + kernelBase.rawValue),
            context: data.rawValue + UInt64(DATA_START))
    }
}
