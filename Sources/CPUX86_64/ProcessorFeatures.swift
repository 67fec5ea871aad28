internal import Base

/// What CPUID says of the processor, and what programs are told beyond it.
package enum ProcessorFeatures {
    /// CPUID.1, asked once: each CPUID leaves the machine, for 33 µs on some hosts.
    static let basic = Global(CPU.identify(leaf: 1))
    /// Whether the operating system's state is saved by XSAVE (CPUID.1:ECX.OSXSAVE).
    static var hasXSAVE: Bool { basic.value.ecx >> 27 & 1 != 0 }
    /// CPUID.7:EBX; 0 where there is no such leaf. Those of XSAVE come behind it.
    static var extended: UInt32 {
        hasXSAVE || CPU.identify(leaf: 0).eax >= 7 ? CPU.identify(leaf: 7).ebx : 0
    }
    /// AT_HWCAP: CPUID.1:EDX.
    package static var capabilities: UInt64 { UInt64(basic.value.edx) }
    /// AT_HWCAP2. FSGSBASE (bit 1) is hidden: GS belongs to the library OS's entry.
    package static let capabilities2: UInt64 = 0
    /// utsname's machine, and AT_PLATFORM.
    package static let name: StaticString = "x86_64"
}

extension CPU {
    /// Ticks of the time stamp counter per second, where CPUID tells: from a hypervisor's timing leaf
    /// or the CPU's own (SDM volume 2, CPUID leaf 15H). 16H is a nominal figure only.
    package static var timeStampFrequency: UInt64? {
        let hypervisorBase: UInt32 = 0x4000_0000
        let hasHypervisor = ProcessorFeatures.basic.value.ecx >> 31 != 0
        if hasHypervisor, identify(leaf: hypervisorBase).eax >= hypervisorBase + 0x10 {
            let kilohertz = identify(leaf: hypervisorBase + 0x10).eax
            if kilohertz > 0 { return UInt64(kilohertz) * 1000 }
        }
        guard identify(leaf: 0).eax >= 0x15 else { return nil }
        let ratio = identify(leaf: 0x15)
        guard ratio.eax > 0, ratio.ebx > 0, ratio.ecx > 0 else { return nil }
        return UInt64(ratio.ecx) * UInt64(ratio.ebx) / UInt64(ratio.eax)
    }
}
