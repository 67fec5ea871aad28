internal import Base
internal import Hardware
internal import Insight
internal import Memory
internal import NucleusInterface
internal import Scheduler

/// The steps of boot that turn the boot record into a running machine.
enum Machine {
    /// Starts direct map, frames and heap; whether there was room.
    static func startMemory(_ record: borrowing BootRecordView) -> Bool {
        let frames = record[BootRecord.directMapSize] >> UInt64(Page.shift)
        guard let frameCount = UInt32(exactly: frames) else { return false }
        BootMemory.startDirectMap(frameCount: frameCount)
        return Frames.initialize(
            frameCount: frameCount,
            contents: record.flags.contains(.memoryIsZero) ? .zeroed : .undefined,
            usable: { usableFrames(record, index: $0) })
    }
    /// The `index`-th range of whole usable frames, `nil` past the last.
    private static func usableFrames(
        _ record: borrowing BootRecordView, index: Int
    ) -> Range<UInt32>? {
        var left = index
        for entry in 0..<record.count(BootRecord.memoryMap) {
            let range = record.range(BootRecord.memoryMap, at: entry)
            guard range.kind == BootRecord.MemoryKind.usable.rawValue else { continue }
            let start = (range.base.rawValue + Page.offsetMask) >> UInt64(Page.shift)
            let end = (range.base.rawValue + range.byteCount) >> UInt64(Page.shift)
            guard start < end, let first = UInt32(exactly: start), let last = UInt32(exactly: end)
            else { continue }
            if left == 0 { return first..<last }
            left -= 1
        }
        return nil
    }
    static func startClocks(_ record: borrowing BootRecordView) {
        Clock.start(
            frequency: record[BootRecord.tscFrequency],
            realtime: Nanoseconds(rawValue: Int64(clamping: record[BootRecord.wallClock])),
            at: record[BootRecord.wallClockTSC])
        LocalTimer.initialize(ticksPerSecond: record[BootRecord.timerFrequency])
        Wait.start(MachineIdle())
        #if LOCK_CHECKS
            LockChecks.start(
                .init(
                    processor: { CPU.number }, ticks: { TimeStampCounter.read() },
                    report: { Crash.end(because: LockChecks.fault?.line ?? "locks") },
                    limit: record[BootRecord.tscFrequency] / 2))
        #endif
    }
}

/// Calls of one CPU to another: that one looks on its way out what there is to do.
final class ProcessorCalls: InterruptHandler {
    func interrupt() { Processors.serve() }
}

/// The local timer while the program runs: it interrupts at the nearest deadline of a timer.
enum ProgramTimer {
    /// What the CPUs' local timers are armed for, 0 for nothing; each touches its own.
    private static let deadlines = Global(InlineArray<64, Int64>(repeating: 0))
    private static var armed: Nanoseconds? {
        get {
            let armed = deadlines.value[CPU.number]
            return armed == 0 ? nil : Nanoseconds(rawValue: armed)
        }
        set { deadlines.value[CPU.number] = newValue?.rawValue ?? 0 }
    }

    /// Arms the local timer for the nearest deadline, and for the end of the thread's turn where others
    /// wait. One that fires too early stays until it is about to, as it may well be needed by then: arming
    /// costs 4 us, an interrupt 25.
    static func arm() {
        var nearest = Timers.nextInterrupt
        if let end = Scheduler.turnEnd { nearest = min(nearest ?? end, end) }
        guard let nearest else { return }
        // A timer of a few microseconds would leave the program no time between interrupts.
        let now = Clock.monotonic()
        let due = max(nearest, now + shortestDelay)
        if let armed, armed <= due,
            due - armed < shortestDelay || armed - now > shortestDelay + shortestDelay
        {
            return
        }
        LocalTimer.arm(after: due - now)
        armed = due
    }
    /// What an interrupt costs.
    private static let shortestDelay = Nanoseconds(rawValue: 25_000)
    /// To be called when the local timer fired or was armed for something else.
    static func forget() { armed = nil }
}

/// Waits in the nucleus's gate, with the local timer armed for the next deadline.
private final class MachineIdle: IdleStrategy {
    func wait(atMost delay: Nanoseconds?) {
        if let delay { LocalTimer.arm(after: delay) }
        // The timer is not the program's any more: its return arms it anew.
        ProgramTimer.forget()
        CPU.hasReturnWork = true
        CPU.wait()
    }
    func handleInterrupts() {
        // The timer may have been among them.
        if Interrupts.handlePending() { ProgramTimer.forget() }
    }
}
