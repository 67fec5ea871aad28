internal import CPUX86_64Assembly

/// What programs are told of the CPU beyond CPUID.
package enum ProcessorFeatures {
    /// AT_HWCAP: CPUID.1:EDX.
    package static var capabilities: UInt64 { UInt64(cpu_identify(1, 0).edx) }
    /// AT_PLATFORM and utsname's machine.
    package static let name: StaticString = "x86_64"
}
