import Base
import Testing

@Suite("Order of locks") struct LockOrderTests {
    @Test("a lock is taken behind those of earlier ranks alone", arguments: LockRank.allCases)
    func order(held: LockRank) {
        for taken in LockRank.allCases {
            var locks = HeldLocks()
            #expect(locks.fault(taking: taken) == nil)
            locks.take(held, at: 1)
            let expected: LockFault? =
                taken.rawValue > held.rawValue ? nil : .order(taken: taken, held: held)
            #expect(locks.fault(taking: taken) == expected)
        }
    }
    @Test("of several that are held the first one behind it is named")
    func several() {
        var locks = HeldLocks()
        locks.take(.kernel, at: 1)
        locks.take(.frames, at: 2)
        #expect(locks.fault(taking: .heap) == .order(taken: .heap, held: .frames))
        #expect(locks.fault(taking: .leaf) == nil)
        #expect(locks.giveUp(.frames, at: 3, limit: 0) == nil)
        #expect(locks.fault(taking: .heap) == nil)
    }
    @Test("the limit is the longest time that is allowed; 0 is none")
    func time() {
        for (end, limit, fault) in [
            (110, 10, nil), (111, 10, .heldTooLong(.kernel)), (UInt64.max, 0, nil),
            (99, 10, .heldTooLong(.kernel)),
        ] as [(UInt64, UInt64, LockFault?)] {
            var locks = HeldLocks()
            locks.take(.kernel, at: 100)
            #expect(locks.giveUp(.kernel, at: end, limit: limit) == fault)
        }
    }
    @Test("each lock has its own time, also where they are given up in another order")
    func times() {
        var locks = HeldLocks()
        locks.take(.heap, at: 100)
        locks.take(.leaf, at: 200)
        #expect(locks.giveUp(.heap, at: 205, limit: 50) == .heldTooLong(.heap))
        #expect(locks.giveUp(.leaf, at: 205, limit: 50) == nil)
    }
    @Test("what is not held can't be given up")
    func notHeld() {
        var locks = HeldLocks()
        #expect(locks.giveUp(.heap, at: 1, limit: 0) == .notHeld(.heap))
        locks.take(.heap, at: 1)
        #expect(locks.giveUp(.heap, at: 1, limit: 0) == nil)
        #expect(locks.giveUp(.heap, at: 1, limit: 0) == .notHeld(.heap))
    }
}
