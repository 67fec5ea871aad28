internal import CPUX86_64Assembly

/// This CPU's time stamp counter, in ticks of `BootRecord.tscFrequency`.
package enum TimeStampCounter {
    package static func read() -> UInt64 { cpu_read_tsc() }
}
