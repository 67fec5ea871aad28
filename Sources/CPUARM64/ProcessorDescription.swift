package import Devices
internal import LinuxABI

/// What the identification registers tell of the processor to people: /proc/cpuinfo.
package struct ProcessorDescription: Sendable {
    package static let own = ProcessorDescription(
        main: ProcessorFeatures.identification.main, ProcessorFeatures.capabilities,
        ProcessorFeatures.capabilities2)

    let main: UInt64
    let capabilities: UInt64
    let capabilities2: UInt64

    /// Of MIDR_EL1, AT_HWCAP and AT_HWCAP2.
    init(main: UInt64, _ capabilities: UInt64, _ capabilities2: UInt64) {
        self.main = main
        self.capabilities = capabilities
        self.capabilities2 = capabilities2
    }

    // Of caches and cores the registers that programs may be shown tell nothing: one package, a core a CPU.
    package func cache(_ index: Int) -> ProcessorCache? { nil }
    package func packageGroup(of number: Int, _ places: ProcessorPlaces) -> UInt64 {
        places.count >= 64 ? .max : 1 << UInt64(places.count) - 1
    }
    package func coreGroup(of number: Int, _ places: ProcessorPlaces) -> UInt64 {
        1 << UInt64(number)
    }
    package func packageNumber(of number: Int, _ places: ProcessorPlaces) -> UInt64 { 0 }
    package func coreNumber(of number: Int, _ places: ProcessorPlaces) -> UInt64 { UInt64(number) }
}
