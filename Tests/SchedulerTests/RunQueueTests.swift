import Base
import LinuxABI
import Testing

@testable import Scheduler

/// Threads that only stand in queues.
private func thread(
    _ identifier: Int32, had: Int64 = 0, priority: Int32 = 0, nice: Int32 = 0
) -> Thread {
    let thread = Thread(identifier: identifier)
    thread.share.nice = nice
    thread.share.priority = priority
    if priority > 0 { thread.share.policy = .firstInFirstOut }
    thread.share.join(at: had)
    return thread
}

@Suite("Run queue") struct RunQueueTests {
    @Test("who had least goes first, equals in their order")
    func order() {
        let queue = RunQueue()
        for (identifier, had) in [(1, 30), (2, 10), (3, 20), (4, 10), (5, 30)] {
            queue.insert(thread(Int32(identifier), had: Int64(had)))
        }
        var order: [Int32] = []
        while let next = queue.takeFirst() { order.append(next.identifier) }
        #expect(order == [2, 4, 3, 1, 5])
        #expect(queue.isEmpty && queue.count == 0)
        #expect(queue.minimum == 30)
    }
    @Test("an inherited priority counts as one of its own, where it is the higher one")
    func inherited() {
        let queue = RunQueue()
        let borrower = thread(1, had: 100)
        borrower.share.inheritedPriority = 20
        let richer = thread(2, priority: 30)
        richer.share.inheritedPriority = 20
        for thread in [borrower, thread(3, had: 0), thread(4, priority: 10), richer] {
            queue.insert(thread)
        }
        #expect(borrower.share.turn == nil)
        #expect(borrower.share.inherited.inheritedPriority == 0)
        #expect(richer.share.effectivePriority == 30)
        var order: [Int32] = []
        while let next = queue.takeFirst() { order.append(next.identifier) }
        #expect(order == [2, 1, 4, 3])
        // What it did with the priority of another is not time that others fall behind.
        #expect(queue.minimum == 0)
    }
    @Test("real-time threads go before all others, by priority")
    func realtime() {
        let queue = RunQueue()
        queue.insert(thread(1, had: -100))
        queue.insert(thread(2, priority: 5))
        queue.insert(thread(3, priority: 50))
        queue.insert(thread(4, priority: 5))
        #expect(queue.takeFirst()?.identifier == 3)
        #expect(queue.takeFirst()?.identifier == 2)
        #expect(queue.takeFirst()?.identifier == 4)
        #expect(queue.takeFirst()?.identifier == 1)
    }
    @Test("one that yields goes behind all of its kind")
    func yielding() {
        let queue = RunQueue()
        for identifier in 1...3 { queue.insert(thread(Int32(identifier), had: 10)) }
        queue.insertLast(thread(9, had: 0))
        var order: [Int32] = []
        while let next = queue.takeFirst() { order.append(next.identifier) }
        #expect(order == [1, 2, 3, 9])
    }
    @Test("taken out from anywhere, the others stay in order")
    func removal() {
        for removed in 0..<4 {
            let queue = RunQueue()
            let threads = (0..<4).map { thread(Int32($0), had: Int64($0)) }
            for thread in threads { queue.insert(thread) }
            queue.remove(threads[removed])
            queue.remove(threads[removed])
            var order: [Int32] = []
            while let next = queue.takeFirst() { order.append(next.identifier) }
            #expect(order == (0..<4).filter { $0 != removed }.map { Int32($0) })
        }
    }
}

@Suite("Shares of a processor") struct ProcessorShareTests {
    @Test("a step of nice is about 10 % of a processor")
    func weights() {
        var last: Int64 = 0
        for nice in Int32(-20)...19 {
            var share = ProcessorShare()
            share.nice = nice
            share.charge(Nanoseconds(rawValue: 1_000_000))
            #expect(share.virtualTime > last)
            if last > 0, nice > -20 {
                let ratio = Double(share.virtualTime) / Double(last)
                #expect((1.15...1.35).contains(ratio), "nice \(nice): \(ratio)")
            }
            last = share.virtualTime
        }
    }
    @Test("turns: others 3 ms, round robin 100 ms, first in first out for ever")
    func turns() {
        var share = ProcessorShare()
        #expect(share.turn?.rawValue == 3_000_000)
        share.policy = .roundRobin
        #expect(share.turn?.rawValue == 100_000_000)
        share.policy = .firstInFirstOut
        #expect(share.turn == nil)
    }
    @Test("who slept does not catch up, and takes the CPU only with a lead")
    func sleeping() {
        var runs = ProcessorShare()
        runs.charge(Nanoseconds(rawValue: 10_000_000))
        var woken = ProcessorShare()
        woken.join(at: 9_500_000)
        #expect(woken.precedes(runs) && !woken.preempts(runs))
        woken = ProcessorShare()
        woken.join(at: 7_000_000)
        #expect(woken.preempts(runs))
    }
    @Test("SCHED_RESET_ON_FORK: a new thread has none of the real-time priority")
    func inheritance() {
        var share = ProcessorShare()
        share.policy = .roundRobin
        share.priority = 7
        share.nice = -3
        #expect(share.inherited.priority == 7)
        share.resetsOnFork = true
        let new = share.inherited
        #expect(new.policy == .other && new.priority == 0 && new.nice == 0 && !new.resetsOnFork)
    }
}
