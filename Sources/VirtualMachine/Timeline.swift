internal import LinuxHost
internal import NucleusInterface

/// The stages of the start, in milliseconds since the VMM's process began.
package struct Timeline: Sendable {
    private let start: UInt64
    private let frequency: UInt64
    private let guestOffset: UInt64
    /// Of the guest's counter, in ticks per second; 0 where it is as fast as the host's.
    private var guestFrequency: UInt64 = 0
    /// When the two counters were compared, by the host's.
    private var alignment: UInt64 = 0
    /// Whether `guestOffset` is known.
    package let isAligned: Bool

    /// `start` and all other times are values of the host's time-stamp counter, or of the guest's,
    /// which is `guestOffset` ahead.
    package init(start: UInt64, frequency: UInt64, guestOffset: UInt64 = 0) {
        self.start = start
        self.frequency = frequency
        self.guestOffset = guestOffset
        isAligned = true
    }

    /// A timeline of a guest whose counter is not known yet; the host's frequency is found by then.
    package init(start: UInt64) {
        self.start = start
        frequency = 0
        guestOffset = 0
        isAligned = false
        startTime = HostClock.monotonic
    }
    /// Takes the guest's counter as known: it was `guest` when the host's was `host`, now, and is as
    /// fast as that where `kilohertz` is 0.
    package func aligned(guest: UInt64, kilohertz: UInt32 = 0, host: UInt64) -> Timeline {
        let elapsed = UInt64(max(HostClock.monotonic - startTime, 1))
        let (product, overflow) = (host &- start).multipliedReportingOverflow(by: 1_000_000_000)
        return aligned(
            guest: guest, kilohertz: kilohertz, frequency: overflow ? 0 : product / elapsed,
            host: host)
    }
    /// The same where the frequency of the host's counter is known.
    func aligned(guest: UInt64, kilohertz: UInt32, frequency: UInt64, host: UInt64) -> Timeline {
        var result = Timeline(start: start, frequency: frequency, guestOffset: guest &- host)
        result.guestFrequency = UInt64(kilohertz) * 1000
        result.alignment = host
        return result
    }
    private var startTime: Int64 = 0

    /// A line for a stage that the guest came to.
    package func line(_ stage: String, atGuest timeStamp: UInt64) -> String {
        let same = timeStamp &- guestOffset
        guard guestFrequency > 0 else { return line(stage, at: same) }
        // The guest's ticks since the alignment, or until it, as the host's.
        let isLater = same >= alignment
        let ticks = isLater ? same - alignment : alignment - same
        let (high, low) = ticks.multipliedFullWidth(by: frequency)
        guard high < guestFrequency else { return line(stage, at: 0) }
        let converted = guestFrequency.dividingFullWidth((high, low)).quotient
        return line(
            stage, at: isLater ? alignment &+ converted : alignment &- min(converted, alignment))
    }

    /// A line for a stage, for instance `   2.041 ms  program entered`.
    package func line(_ stage: String, at timeStamp: UInt64) -> String {
        // A guest may say anything: a time before the start is none.
        let ticks = timeStamp > start ? timeStamp - start : 0
        let (product, overflow) = ticks.multipliedReportingOverflow(by: 1_000_000)
        guard frequency > 0, !overflow else { return "       ? ms  \(stage)" }
        let microseconds = product / frequency
        let fraction = String(microseconds % 1000 + 1000).dropFirst()
        let whole = String(microseconds / 1000)
        let padding = String(repeating: " ", count: max(0, 4 - whole.count))
        return "\(padding)\(whole).\(fraction) ms  \(stage)"
    }

    package static func name(ofMilestone number: UInt32) -> String {
        switch NucleusInterface.Milestone(rawValue: number) {
        case .kernelEntered: "kernel entered"
        case .memoryReady: "memory ready"
        case .devicesReady: "devices ready"
        case .programLoaded: "program loaded"
        case .programEntered: "program entered"
        case .handedOver: "loader done, kernel entered"
        case .consoleReady: "console ready"
        case nil: "milestone \(number)"
        }
    }
}
