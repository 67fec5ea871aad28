package import LinuxABI

/// Signals that were sent and not yet delivered, of a thread or of a process.
///
/// A standard signal is there once, with what the first sender said; real-time signals queue in the
/// order of their sending (signal(7), "Real-time signals").
package final class PendingSignals {
    package private(set) var set: SignalSet = []
    private var standard = InlineArray<31, SignalInformation?>(repeating: nil)
    private var first: Queued?
    private var last: Queued?
    /// Real-time signals in the queue.
    package private(set) var queuedCount = 0

    package init() {}

    private final class Queued {
        let information: SignalInformation
        var next: Queued?
        init(_ information: SignalInformation) { self.information = information }
    }

    /// Adds a signal. EAGAIN where `limit` real-time signals wait already, ENOMEM.
    package func add(_ signal: Signal, _ information: SignalInformation, limit: Int) throws(Errno) {
        if signal.isRealtime {
            guard queuedCount < limit else { throw .tryAgain }
            try admitObject()
            let queued = Queued(information)
            if let last { last.next = queued } else { first = queued }
            last = queued
            queuedCount += 1
        } else {
            guard !set.contains(signal) else { return }
            standard[Int(signal.rawValue) - 1] = information
        }
        set.insert(SignalSet(signal))
    }
    /// Takes the next signal out that is not in `blocked`: synchronous ones, then by number.
    package func takeFirst(except blocked: SignalSet) -> SignalInformation? {
        let candidates = set.subtracting(blocked)
        let synchronous = candidates.intersection(.synchronous)
        guard let signal = synchronous.first ?? candidates.first else { return nil }
        return take(signal)
    }
    private func take(_ signal: Signal) -> SignalInformation? {
        guard signal.isRealtime else {
            let slot = Int(signal.rawValue) - 1
            defer {
                standard[slot] = nil
                set.remove(SignalSet(signal))
            }
            return standard[slot]
        }
        var before: Queued?
        var here = first
        while let queued = here, queued.information.number != signal.rawValue {
            before = queued
            here = queued.next
        }
        guard let found = here else { return nil }
        unlink(found, after: before)
        var rest = found.next
        while let queued = rest, queued.information.number != signal.rawValue { rest = queued.next }
        if rest == nil { set.remove(SignalSet(signal)) }
        return found.information
    }
    private func unlink(_ queued: Queued, after before: Queued?) {
        if let before { before.next = queued.next } else { first = queued.next }
        if last === queued { last = before }
        queuedCount -= 1
    }
    /// Drops the signals of `signals` (when they become ignored, or SIGCONT meets stop signals).
    package func remove(_ signals: SignalSet) {
        guard !set.isDisjoint(with: signals) else { return }
        set.subtract(signals)
        for slot in 0..<31 where signals.rawValue & 1 << UInt64(slot) != 0 { standard[slot] = nil }
        var before: Queued?
        var here = first
        while let queued = here {
            here = queued.next
            if let signal = Signal(rawValue: queued.information.number), signals.contains(signal) {
                unlink(queued, after: before)
            } else {
                before = queued
            }
        }
    }
    deinit {
        // One after the other: the chain's own release would recurse.
        while let queued = first { first = queued.next }
    }
}
