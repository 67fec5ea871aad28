internal import Base
internal import Hardware
internal import NucleusInterface

/// Clocks of a machine that no boot record describes.
enum PlatformClocks {
    /// Local APIC timers of QEMU and KVM count nanoseconds (divide configuration 1).
    private static let timerFrequency: UInt64 = 1_000_000_000

    /// Fills in frequencies and the time of day.
    static func measure(_ record: inout BootRecordBuilder) {
        record.set(BootRecord.timerFrequency, timerFrequency)
        record.set(BootRecord.tscFrequency, frequency())
        let seconds = RealTimeClock.read()
        record.set(BootRecord.wallClock, UInt64(max(seconds, 0)) * 1_000_000_000)
        record.set(BootRecord.wallClockTSC, TimeStampCounter.read())
    }

    /// Ticks of the time stamp counter per second: what CPUID says, else what the local timer shows
    /// since the machine's first steps, a tenth of a millisecond at least: the counter and the readings
    /// around it are exact to 20 ns, so that is 0.02 %. Emulated machines take longer to come here.
    private static func frequency() -> UInt64 {
        if let frequency = CPU.timeStampFrequency { return frequency }
        let shortest: UInt32 = 100_000
        var last = LocalTimer.readCounter()
        while UInt32.max - last.remaining < shortest { last = LocalTimer.readCounter() }
        guard let first = LocalTimer.firstReading, last.remaining < first.remaining else {
            return 0
        }
        let elapsed = UInt64(first.remaining - last.remaining)
        return (last.timeStamp &- first.timeStamp) * timerFrequency / elapsed
    }
}
