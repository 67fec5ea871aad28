/// What the identification registers say of the processor, and what programs are told beyond it.
package enum ProcessorFeatures {
    /// AT_HWCAP: floating point and Advanced SIMD.
    package static var capabilities: UInt64 { 3 }
    package static let capabilities2: UInt64 = 0
    /// utsname's machine, and AT_PLATFORM.
    package static let name: StaticString = "aarch64"
}
