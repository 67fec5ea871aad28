/// Threads that want to run, who goes first at the front.
final class RunQueue {
    private var threads = PairingHeap<Thread>()
    /// The time had of whom was taken last, which newcomers do not fall behind.
    private(set) var minimum: Int64 = 0
    /// The most time had of whom came since there was nobody.
    private var maximum: Int64 = .min

    var count: Int { threads.count }
    var isEmpty: Bool { threads.first == nil }
    var front: Thread? { threads.first }

    /// The first one that shares the CPU by the time it had.
    var firstSharing: Thread? {
        var best: Thread?
        threads.visit { thread in
            guard thread.share.sharesByTime else { return .deeper }
            if best.map({ thread.precedes($0) }) ?? true { best = thread }
            return .skip
        }
        return best
    }

    init() {}

    /// Puts a thread behind all that precede it, and its equals. Precondition: it is on no queue.
    func insert(_ thread: Thread) {
        if isEmpty { maximum = .min }
        if thread.share.sharesByTime { maximum = max(maximum, thread.share.virtualTime) }
        threads.insert(thread)
    }
    func remove(_ thread: Thread) {
        guard thread.isQueued else { return }
        threads.remove(thread)
    }
    /// Puts a thread behind all of its kind. Precondition: it is on no queue.
    func insertLast(_ thread: Thread) {
        if !isEmpty, thread.share.sharesByTime { thread.share.join(at: maximum) }
        insert(thread)
    }
    /// Takes the first one that may run on another CPU.
    func takeFirst(allowedOn number: Int) -> Thread? {
        var best: Thread?
        threads.visit { thread in
            if let best, !thread.precedes(best) { return .skip }
            guard thread.mayRun(on: number) else { return .deeper }
            best = thread
            return .skip
        }
        if let best { threads.remove(best) }
        return best
    }
    func takeFirst() -> Thread? {
        guard let thread = threads.first else { return nil }
        take(thread)
        return thread
    }
    /// Takes the one that runs next. Precondition: it is here.
    func take(_ thread: Thread) {
        threads.remove(thread)
        if thread.share.sharesByTime { minimum = max(minimum, thread.share.virtualTime) }
    }
}
