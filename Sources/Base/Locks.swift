import Builtin
public import Synchronization

/// Inline storage whose address is stable while its owner is not moved; the floor of locks and globals.
@frozen @_rawLayout(like: Value, movesAsLike)
public struct Cell<Value: ~Copyable>: ~Copyable {
    @_alwaysEmitIntoClient @_transparent
    public var address: UnsafeMutablePointer<Value> {
        unsafe UnsafeMutablePointer<Value>(Builtin.addressOfRawLayout(self))
    }
    @_alwaysEmitIntoClient @_transparent
    public init(_ value: consuming Value) { unsafe address.initialize(to: value) }
    @inlinable deinit { unsafe address.deinitialize(count: 1) }
}

/// A lock that spins; a holder never waits, and interrupts are not handled inside the library OS. Kernels with
/// checks see that it is taken in the order of ranks, and not for long.
@frozen @safe
public struct SpinLock<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    @usableFromInline let flag = Atomic<Bool>(false)
    @usableFromInline let cell: Cell<Value>
    #if LOCK_CHECKS
        @usableFromInline let rank: LockRank
        @inlinable public init(_ value: consuming sending Value, rank: LockRank = .leaf) {
            cell = Cell(value)
            self.rank = rank
        }
    #else
        @inlinable public init(_ value: consuming sending Value, rank: LockRank = .leaf) {
            cell = Cell(value)
        }
    #endif

    /// Runs `body` with the value while no other CPU can.
    @inlinable
    public borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        #if LOCK_CHECKS
            LockChecks.willTake(rank)
        #endif
        while flag.exchange(true, ordering: .acquiring) {
            while flag.load(ordering: .relaxed) {}
        }
        #if LOCK_CHECKS
            LockChecks.took(rank)
        #endif
        defer {
            #if LOCK_CHECKS
                LockChecks.givesUp(rank)
            #endif
            flag.store(false, ordering: .releasing)
        }
        // SAFETY: the flag admits one holder; the cell is initialised for the lock's whole life.
        return try unsafe body(&cell.address.pointee)
    }
}
