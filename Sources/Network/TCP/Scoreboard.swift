internal import Base
internal import Memory
internal import Scheduler
internal import Wire

/// Which bytes the other side has although it could not acknowledge them (RFC 2018; RFC 6675, section 3).
struct Scoreboard: ~Copyable {
    private struct Range: BitwiseCopyable {
        var start: UInt32 = 0
        var end: UInt32 = 0
    }
    // None until there is a block; sorted, apart from each other.
    private var ranges: BufferBox<Range>?
    private(set) var count = 0
    /// Bytes of all ranges.
    private(set) var byteCount = 0
    /// Blocks beyond this many ranges are not noted: what they hold is sent again.
    private static let capacity = 128

    init() {}

    var isEmpty: Bool { count == 0 }
    func range(_ index: Int) -> SequenceRange {
        let range = ranges?[index] ?? Range()
        return SequenceRange(
            SequenceNumber(rawValue: range.start), SequenceNumber(rawValue: range.end))
    }
    private mutating func set(_ index: Int, _ range: SequenceRange) {
        ranges?[index] = Range(start: range.start.rawValue, end: range.end.rawValue)
    }
    /// The end of the last range.
    var highest: SequenceNumber? { count == 0 ? nil : range(count - 1).end }

    /// Notes a block; returns how many bytes of it are news. Precondition: it is not empty.
    mutating func add(_ block: SequenceRange) -> Int {
        if ranges == nil { ranges = BufferBox(count: Self.capacity, repeating: Range()) }
        guard ranges != nil else { return 0 }
        var first = 0
        while first < count, range(first).end < block.start { first += 1 }
        var last = first
        var merged = block
        var known = 0
        while last < count, range(last).start <= block.end {
            let present = range(last)
            known += present.count
            merged.start = .earlier(merged.start, present.start)
            merged.end = .later(merged.end, present.end)
            last += 1
        }
        if first == last {
            guard count < Self.capacity else { return 0 }
            var index = count
            while index > first {
                set(index, range(index - 1))
                index -= 1
            }
            count += 1
        } else {
            let gone = last - first - 1
            if gone > 0 {
                for index in last..<count { set(index - gone, range(index)) }
                count -= gone
            }
        }
        set(first, merged)
        let news = merged.count - known
        byteCount += news
        return news
    }
    /// Forgets what lies before a number, which was acknowledged.
    mutating func remove(before number: SequenceNumber) {
        var gone = 0
        while gone < count, range(gone).end <= number {
            byteCount -= range(gone).count
            gone += 1
        }
        if gone > 0 {
            for index in gone..<count { set(index - gone, range(index)) }
            count -= gone
        }
        if count > 0, range(0).start < number {
            var first = range(0)
            byteCount -= number - first.start
            first.start = number
            set(0, first)
        }
    }
    mutating func removeAll() {
        count = 0
        byteCount = 0
        ranges = nil
    }
}

/// The estimate of the round trip and what follows for the retransmission timer (RFC 6298).
struct RoundTrip {
    /// Linux's bounds of the timer (TCP_RTO_MIN, TCP_RTO_MAX), and its first value.
    static let minimumTimeout = Nanoseconds.milliseconds(200)
    static let maximumTimeout = Nanoseconds.seconds(120)
    static let firstTimeout = Nanoseconds.seconds(1)

    private(set) var smoothed = Nanoseconds.zero
    private(set) var variation = Nanoseconds.zero
    private(set) var least = Nanoseconds(rawValue: .max)
    private(set) var hasSample = false

    /// Takes a measurement in (sections 2.2 and 2.3).
    mutating func add(_ sample: Nanoseconds) {
        let sample = max(sample.rawValue, 1000)
        least = Nanoseconds(rawValue: min(least.rawValue, sample))
        guard hasSample else {
            hasSample = true
            smoothed = Nanoseconds(rawValue: sample)
            variation = Nanoseconds(rawValue: sample / 2)
            return
        }
        let error = abs(smoothed.rawValue - sample)
        variation = Nanoseconds(rawValue: (3 * variation.rawValue + error) / 4)
        smoothed = Nanoseconds(rawValue: (7 * smoothed.rawValue + sample) / 8)
    }
    /// The timeout before it is backed off.
    var timeout: Nanoseconds {
        guard hasSample else { return Self.firstTimeout }
        let spread = max(4 * variation.rawValue, Self.minimumTimeout.rawValue)
        return Nanoseconds(
            rawValue: min(smoothed.rawValue + spread, Self.maximumTimeout.rawValue))
    }
    /// The same after so many timeouts (section 5.5).
    func timeout(backedOff count: Int) -> Nanoseconds {
        let factor: Int64 = 1 << Int64(min(count, 16))
        return Nanoseconds(
            rawValue: min(timeout.multiplied(by: factor).rawValue, Self.maximumTimeout.rawValue))
    }
}
