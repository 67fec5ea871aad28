/// A value that lives for ever, reached by a handle that nobody counts.
///
/// A class's reference is counted at each use, which costs, and needs the library OS's lock. SAFETY: the
/// value is never given back; who uses it sees to it that nobody else does meanwhile, as with `Global`.
@safe
package struct Immortal<Value: ~Copyable>: @unchecked Sendable {
    private let place: UnsafeMutablePointer<Value>

    package init(_ value: consuming Value) {
        unsafe place = .allocate(capacity: 1)
        unsafe place.initialize(to: value)
    }
    package var value: Value {
        unsafeAddress { unsafe UnsafePointer(place) }
        nonmutating unsafeMutableAddress { unsafe place }
    }
}
