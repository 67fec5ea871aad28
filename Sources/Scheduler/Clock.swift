package import Base
package import Hardware

/// The machine's clocks, made from the time stamp counter and the boot record's readings.
package enum Clock {
    // Written at boot and by `setRealtime`; read everywhere.
    private static let scale = Global(ClockScale(frequency: 1_000_000_000))
    private static let ticksPerSecond = Global<UInt64>(0)
    private static let bootTicks = Global<UInt64>(0)
    private static let realtimeAtBoot = Global(Nanoseconds.zero)
    // What programs read the clocks from without a call.
    private static let sharedNumbers = Global<Frame?>(nil)

    /// Starts the clocks: the counter's frequency, and the real time at one of its values.
    package static func start(frequency: UInt64, realtime: Nanoseconds, at ticks: UInt64) {
        scale.value = ClockScale(frequency: frequency)
        ticksPerSecond.value = frequency
        bootTicks.value = ticks
        realtimeAtBoot.value = realtime
        writeNumbers()
    }
    /// Keeps the numbers of the vDSO up to date in a page from now on.
    @export(interface)
    package static func share(in page: Frame) {
        sharedNumbers.value = page
        writeNumbers()
    }
    /// Tells programs that there are several CPUs.
    static func showProcessors() {
        sharedNumbers.value?.withMutableBytes { VDSO.showProcessors(in: &$0) }
    }
    /// Of the counter, in ticks per second; 0 before the clocks' start, and where nothing said.
    package static var frequency: UInt64 { ticksPerSecond.value }
    private static func writeNumbers() {
        sharedNumbers.value?.withMutableBytes { page in
            VDSO.write(
                base: bootTicks.value, multiplier: scale.value.multiplier,
                realtime: UInt64(bitPattern: realtimeAtBoot.value.rawValue), to: &page)
        }
    }
    /// Time since the clocks' start (CLOCK_MONOTONIC); never goes back.
    package static func monotonic() -> Nanoseconds {
        let ticks = TimeStampCounter.read()
        let start = bootTicks.value
        guard ticks > start else { return .zero }
        return scale.value.nanoseconds(ticks - start)
    }
    /// Polls until `isDone`, or for as long as `limit`; returns whether it is.
    @discardableResult
    package static func poll(atMost limit: Nanoseconds, until isDone: () -> Bool) -> Bool {
        let end = monotonic() + limit
        while !isDone() {
            guard monotonic() < end else { return false }
            CPU.pause()
        }
        return true
    }
    /// Time since 1970 (CLOCK_REALTIME).
    package static func realtime() -> Nanoseconds { realtimeAtBoot.value + monotonic() }
    /// Who is told when CLOCK_REALTIME is set.
    package static let realtimeChanges = Global(WaitQueue())
    /// Programs set CLOCK_REALTIME to earlier times only: 30 years are left to a machine's run before
    /// the clock ends (TIME_SETTOD_SEC_MAX).
    package static var realtimeLimit: Nanoseconds {
        let run: Int64 = 30 * 365 * 24 * 3600
        return Nanoseconds(
            rawValue: (.max / Nanoseconds.perSecond - run) * Nanoseconds.perSecond)
    }
    /// Sets CLOCK_REALTIME; CLOCK_MONOTONIC goes on.
    package static func setRealtime(_ time: Nanoseconds) {
        realtimeAtBoot.value = time - monotonic()
        writeNumbers()
        Timers.realtimeWasSet()
        realtimeChanges.value.wake()
    }
}

/// Who uses processors: a thread or a process.
package protocol ProcessorClock: AnyObject {
    var processorTime: Nanoseconds { get }
}

/// What a timer goes by.
package enum TimerClock {
    case monotonic
    /// CLOCK_REALTIME: a timer moves when the clock is set.
    case realtime
    /// What somebody used of processors: stands still while that waits.
    case processor(any ProcessorClock)

    package var isRealtime: Bool {
        if case .realtime = self { true } else { false }
    }
    package func now() -> Nanoseconds {
        switch self {
        case .monotonic: Clock.monotonic()
        case .realtime: Clock.realtime()
        case .processor(let user): user.processorTime
        }
    }
    /// The point of the monotonic clock where this clock shows `time`, at the earliest.
    func monotonic(of time: Nanoseconds) -> Nanoseconds {
        switch self {
        case .monotonic: return time
        case .realtime: return Clock.monotonic() + (time - now())
        case .processor:
            // As many CPUs use it up.
            let left = time - now()
            let count = Int64(Processor.count)
            return Clock.monotonic() + Nanoseconds(rawValue: left.rawValue / count)
        }
    }
}

/// Turns counter ticks into nanoseconds by one multiplication.
package struct ClockScale: Sendable {
    let multiplier: UInt64  // nanoseconds per tick, scaled by 2^32

    /// Precondition: `frequency` is in ticks per second; 0 counts as 1 GHz.
    package init(frequency: UInt64) {
        let ticksPerSecond = frequency == 0 ? 1_000_000_000 : max(frequency, 1)
        let (quotient, remainder) = UInt64(1_000_000_000).quotientAndRemainder(
            dividingBy: ticksPerSecond)
        multiplier = quotient << 32 | (remainder << 32) / ticksPerSecond  // remainder < 2^30
    }
    package func nanoseconds(_ ticks: UInt64) -> Nanoseconds {
        let product = ticks.multipliedFullWidth(by: multiplier)
        guard product.high >> 31 == 0 else { return Nanoseconds(rawValue: .max) }
        return Nanoseconds(rawValue: Int64(product.high << 32 | product.low >> 32))
    }
}
