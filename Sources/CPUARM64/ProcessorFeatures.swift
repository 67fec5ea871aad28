internal import LinuxABI

/// What the identification registers say of the processor, and what programs are told of it.
package enum ProcessorFeatures {
    /// The registers, read once.
    static let identification = IdentificationRegisters.ofThisCPU()
    /// AT_HWCAP
    package static var capabilities: UInt64 { identification.capabilities }
    /// AT_HWCAP2
    package static var capabilities2: UInt64 { identification.capabilities2 }
    /// utsname's machine, and AT_PLATFORM.
    package static let name: StaticString = "aarch64"
    /// Whether programs have SVE.
    static var hasScalableVectors: Bool { identification.enabled.contains(.scalableVectors) }
    /// Whether pages of programs can be guarded (PROT_BTI).
    static var hasBranchTargets: Bool { identification.hasBranchTargets }
}
