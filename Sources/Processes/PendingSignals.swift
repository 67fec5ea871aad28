package import LinuxABI

/// Who is asked when a signal is taken that was queued for it: a POSIX timer.
protocol SignalSender: AnyObject {
    /// Completes what the signal says.
    func signalTaken(_ information: inout SignalInformation)
}

/// A signal in a queue.
final class QueuedSignal {
    fileprivate(set) var information: SignalInformation
    /// Whose own this is, so that it is there once at most; it counts for no limit.
    var sender: (any SignalSender)?
    fileprivate var next: QueuedSignal?
    fileprivate var isQueued = false
    init(_ information: SignalInformation) { self.information = information }
}

/// Signals that were sent and not yet delivered, of a thread or of a process.
///
/// A standard signal is there once, with what the first sender said, and once more for each timer;
/// real-time signals queue in the order of their sending (signal(7), "Real-time signals").
package final class PendingSignals {
    package private(set) var set: SignalSet = []
    private var standard = InlineArray<31, SignalInformation?>(repeating: nil)
    private var first: QueuedSignal?
    private var last: QueuedSignal?
    /// Real-time signals in the queue.
    package private(set) var queuedCount = 0

    package init() {}

    /// Adds a signal. EAGAIN where `limit` real-time signals wait already, ENOMEM.
    package func add(_ signal: Signal, _ information: SignalInformation, limit: Int) throws(Errno) {
        if signal.isRealtime {
            guard queuedCount < limit else { throw .tryAgain }
            try admitObject()
            append(QueuedSignal(information))
        } else {
            let slot = Int(signal.rawValue) - 1
            guard standard[slot] == nil else { return }
            standard[slot] = information
        }
        set.insert(SignalSet(signal))
    }
    /// Adds a sender's own signal, unless it is here.
    func add(_ signal: Signal, _ queued: QueuedSignal) {
        guard !queued.isQueued else { return }
        append(queued)
        set.insert(SignalSet(signal))
    }
    private func append(_ queued: QueuedSignal) {
        if let last { last.next = queued } else { first = queued }
        last = queued
        queued.isQueued = true
        if queued.sender == nil { queuedCount += 1 }
    }

    /// Takes the next signal out that is not in `blocked`: synchronous ones, then by number.
    package func takeFirst(except blocked: SignalSet) -> SignalInformation? {
        let candidates = set.subtracting(blocked)
        let synchronous = candidates.intersection(.synchronous)
        guard let signal = synchronous.first ?? candidates.first else { return nil }
        return take(signal)
    }
    private func take(_ signal: Signal) -> SignalInformation? {
        if !signal.isRealtime, let information = standard[Int(signal.rawValue) - 1] {
            standard[Int(signal.rawValue) - 1] = nil
            if !isQueued(signal) { set.remove(SignalSet(signal)) }
            return information
        }
        guard let found = takeQueued(signal) else { return nil }
        var information = found.information
        found.sender?.signalTaken(&information)
        return information
    }
    /// Takes the first queued one of a signal out: to be reported, or to be queued elsewhere.
    func takeQueued(_ signal: Signal) -> QueuedSignal? {
        guard let found = unlinkFirst({ $0.information.number == signal.rawValue }) else {
            return nil
        }
        if !isQueued(signal) { set.remove(SignalSet(signal)) }
        return found
    }
    private func isQueued(_ signal: Signal) -> Bool {
        var queued = first
        while let current = queued, current.information.number != signal.rawValue {
            queued = current.next
        }
        return queued != nil
    }
    private func unlinkFirst(_ matches: (QueuedSignal) -> Bool) -> QueuedSignal? {
        var before: QueuedSignal?
        var here = first
        while let queued = here, !matches(queued) {
            before = queued
            here = queued.next
        }
        if let here { unlink(here, after: before) }
        return here
    }
    private func unlink(_ queued: QueuedSignal, after before: QueuedSignal?) {
        if let before { before.next = queued.next } else { first = queued.next }
        if last === queued { last = before }
        queued.next = nil
        queued.isQueued = false
        if queued.sender == nil { queuedCount -= 1 }
    }
    /// Takes a sender's own signal out, if it is here.
    func remove(_ wanted: QueuedSignal) {
        guard unlinkFirst({ $0 === wanted }) != nil else { return }
        guard let signal = Signal(rawValue: wanted.information.number) else { return }
        let isStandard = !signal.isRealtime && standard[Int(signal.rawValue) - 1] != nil
        if !isStandard, !isQueued(signal) { set.remove(SignalSet(signal)) }
    }
    /// Drops the signals of `signals` (when they become ignored, or SIGCONT meets stop signals).
    package func remove(_ signals: SignalSet) {
        guard !set.isDisjoint(with: signals) else { return }
        set.subtract(signals)
        for slot in 0..<31 where signals.rawValue & 1 << UInt64(slot) != 0 { standard[slot] = nil }
        var before: QueuedSignal?
        var here = first
        while let queued = here {
            here = queued.next
            if let signal = Signal(rawValue: queued.information.number), signals.contains(signal) {
                unlink(queued, after: before)
                // A timer goes on as if it had been taken.
                var information = queued.information
                queued.sender?.signalTaken(&information)
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
