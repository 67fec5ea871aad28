internal import Base

/// The congestion window: slow start and what follows a loss by RFC 5681, its growth by CUBIC (RFC 9438).
///
/// Windows are in bytes, time in milliseconds, and there are no fractions: C is 4/10, beta 7/10, and alpha, as
/// long as the window was larger once, 9/17 (section 4.3).
struct Cubic {
    private(set) var window: Int
    private(set) var threshold = Int.max
    /// Where the window was before the last loss; 0: there was none.
    private var maximum = 0
    private var epoch: Nanoseconds?
    /// Milliseconds until the window is there again.
    private var climb: Int64 = 0
    private var windowAtEpoch = 0
    /// What Reno's window would be.
    private var estimate = 0

    /// Segments of the first window (RFC 6928).
    static let initialSegments = 10

    init(segment: Int) { window = Self.initialWindow(segment) }
    static func initialWindow(_ segment: Int) -> Int {
        min(initialSegments * segment, max(2 * segment, 14_600))
    }
    var isSlowStart: Bool { window < threshold }

    /// Sets the first window, once the segments' size is known.
    mutating func begin(segment: Int) { window = Self.initialWindow(segment) }

    /// Grows the window after bytes were acknowledged that filled it.
    mutating func acknowledge(
        _ count: Int, segment: Int, _ roundTrip: Nanoseconds, _ now: Nanoseconds
    ) {
        var count = count
        if window < threshold {
            // RFC 5681, section 3.1, by the bytes (RFC 3465, with L of 2 segments for delayed acknowledgements).
            let step = min(count, 2 * segment)
            window = min(window + step, max(threshold, window))
            count -= step
            guard window >= threshold, count > 0 else { return }
        }
        grow(count, segment, roundTrip, now)
    }
    private mutating func grow(
        _ count: Int, _ segment: Int, _ roundTrip: Nanoseconds, _ now: Nanoseconds
    ) {
        let start: Nanoseconds
        if let epoch {
            start = epoch
        } else {
            start = now
            epoch = now
            windowAtEpoch = window
            estimate = window
            if maximum > window {
                // Section 4.2: K = cubic root of (W_max - cwnd_epoch) / C, here in milliseconds.
                let segments = UInt64((maximum - window) / max(segment, 1))
                climb = Int64(Self.cubicRoot(min(segments, 1 << 20) * 2_500_000_000))
            } else {
                maximum = window
                climb = 0
            }
        }
        // The window one round trip from now.
        let time = ((now - start) + roundTrip).rawValue / 1_000_000
        let distance = max(min(time - climb, 1_000_000), -1_000_000)
        let cube = distance * distance * distance
        // C t^3 segments, with t in seconds: 4/10 * 10^-9.
        let segments = cube / 2500
        let target = maximum + Int(segments / 1000 * Int64(segment) / 1000)
        // Section 4.3: never slower than Reno.
        let isPastMaximum = estimate >= maximum
        let gain = Int64(count) * Int64(segment) / Int64(max(window, 1))
        estimate += Int(isPastMaximum ? gain : gain * 9 / 17)
        if target < estimate {
            window = max(window, estimate)
        } else {
            // Section 4.4: at most half of it more in a round trip.
            let bounded = min(max(target, window), window + window / 2)
            window += Int(
                Int64(bounded - window) * Int64(min(count, window)) / Int64(max(window, 1)))
        }
    }

    /// A loss that duplicates tell of: the window is smaller at once (section 4.6).
    mutating func reduce(inFlight: Int, segment: Int) {
        // Section 4.7: who did not get back to the last maximum makes room.
        maximum = window < maximum ? window * 17 / 20 : window
        threshold = max(min(window, max(inFlight, 2 * segment)) * 7 / 10, 2 * segment)
        window = threshold
        epoch = nil
    }
    /// A timeout: one segment (RFC 5681, section 3.1, equation 4; section 4.8 of RFC 9438). Only the first one of
    /// a segment's sets the threshold.
    mutating func timeOut(inFlight: Int, segment: Int, isFirst: IsFirst) {
        if isFirst == .first {
            maximum = window < maximum ? window * 17 / 20 : window
            threshold = max(min(window, max(inFlight, 2 * segment)) * 7 / 10, 2 * segment)
        }
        window = segment
        epoch = nil
    }
    enum IsFirst { case first, again }
    /// Nothing was sent for a while (RFC 5681, section 4.1).
    mutating func restart(segment: Int) {
        window = min(window, Self.initialWindow(segment))
        epoch = nil
    }
    /// Segments became smaller or larger: the window holds as many of them.
    mutating func rescale(from old: Int, to new: Int) {
        guard old != new, old > 0 else { return }
        window = max(window / old * new, new)
    }

    /// The largest integer whose cube is at most `value`.
    static func cubicRoot(_ value: UInt64) -> UInt64 {
        var root: UInt64 = 0
        var bit: UInt64 = 1 << 21
        while bit > 0 {
            let next = root | bit
            let (square, first) = next.multipliedReportingOverflow(by: next)
            let (cube, second) = square.multipliedReportingOverflow(by: next)
            if !first, !second, cube <= value { root = next }
            bit >>= 1
        }
        return root
    }
}
