/// A global variable of the library OS.
///
/// SAFETY: inside the library OS a CPU is masked, so an access is never interrupted by another on
/// the same CPU. What several CPUs change belongs into a `SpinLock` instead. Tests that use a global
/// run one after another.
///
/// A value with an `InlineArray` in it has to begin with nothing but zeros: bare-metal builds lose any other
/// (Swift 6.3.1; the stores that initialise the cell go away). An optional of what is no pointer is not zeros
/// where it is `nil`.
@safe
package struct Global<Value>: ~Copyable, @unchecked Sendable {
    private let cell: Cell<Value>
    package init(_ value: consuming Value) { cell = Cell(value) }

    /// By address, so that using a part copies no more than that.
    package var value: Value {
        unsafeAddress { unsafe UnsafePointer(cell.address) }
        nonmutating unsafeMutableAddress { unsafe cell.address }
    }
}
