/// Threads that want to run, who goes first at the front.
///
/// Intrusive and sorted: most threads join at the end or near it.
final class RunQueue {
    private var first: Thread?
    private var last: Thread?
    private(set) var count = 0
    /// The time had of whom was taken last, which newcomers do not fall behind.
    private(set) var minimum: Int64 = 0

    var isEmpty: Bool { first == nil }
    var front: Thread? { first }

    init() {}

    /// Puts a thread behind all that precede it. Precondition: it is on no queue.
    func insert(_ thread: Thread) {
        precondition(!thread.isQueued)
        thread.isQueued = true
        count += 1
        guard last != nil else {
            first = thread
            last = thread
            return
        }
        var before = last
        while let here = before, thread.share.precedes(here.share) { before = here.previous }
        let after = before.map { $0.next } ?? first
        thread.previous = before
        thread.next = after
        if let before { before.next = thread } else { first = thread }
        if let after { after.previous = thread } else { last = thread }
    }
    func remove(_ thread: Thread) {
        guard thread.isQueued else { return }
        thread.isQueued = false
        count -= 1
        guard count > 0 else {
            first = nil
            last = nil
            return
        }
        let (before, after) = (thread.previous, thread.next)
        if let before { before.next = after } else { first = after }
        if let after { after.previous = before } else { last = before }
        thread.previous = nil
        thread.next = nil
    }
    /// Puts a thread behind all of its kind. Precondition: it is on no queue.
    func insertLast(_ thread: Thread) {
        if let last, last.share.sharesByTime { thread.share.join(at: last.share.virtualTime) }
        insert(thread)
    }
    /// Takes the first one that may run on another CPU.
    func takeFirst(allowedOn number: Int) -> Thread? {
        var thread = first
        while let current = thread, !current.mayRun(on: number) { thread = current.next }
        if let thread { remove(thread) }
        return thread
    }
    func takeFirst() -> Thread? {
        guard let thread = first else { return nil }
        remove(thread)
        if thread.share.sharesByTime { minimum = max(minimum, thread.share.virtualTime) }
        return thread
    }
}
