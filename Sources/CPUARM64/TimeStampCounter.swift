internal import CPUARM64Assembly

/// The virtual counter (CNTVCT_EL0), in ticks of `BootRecord.tscFrequency`; the same on all CPUs.
package enum TimeStampCounter {
    package static func read() -> UInt64 { arm64_read_counter() }
    /// Ticks per second, as firmware said in CNTFRQ_EL0.
    package static var frequency: UInt64 { arm64_read_counter_frequency() & 0xffff_ffff }
}
