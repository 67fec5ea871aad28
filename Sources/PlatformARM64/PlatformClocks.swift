internal import Base
internal import Hardware
internal import NucleusInterface
internal import Wire

/// Clocks of a machine that a device tree describes.
enum PlatformClocks {
    /// Fills in frequencies and the time of day.
    static func measure(_ machine: MachineTree, _ record: inout BootRecordBuilder) {
        // Firmware says in the tree what it did not write into CNTFRQ_EL0.
        let frequency = machine.timer?.frequency.map(UInt64.init) ?? TimeStampCounter.frequency
        record.set(BootRecord.timerFrequency, frequency)
        record.set(BootRecord.tscFrequency, frequency)
        let seconds = RealTimeClock.read()
        record.set(BootRecord.wallClock, UInt64(max(seconds, 0)) * 1_000_000_000)
        record.set(BootRecord.wallClockTSC, TimeStampCounter.read())
    }
}
