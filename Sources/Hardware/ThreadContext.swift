package import Base

/// A thread of the machine while another one runs: its library-OS stack, and what of its program stays
/// in the CPU.
package final class ThreadContext {
    private let stack: Range<UInt64>
    /// Where the extended state is meanwhile.
    private let state: VirtualAddress
    /// What gives the stack and the place back when it goes away.
    private let lease: AnyObject
    /// A cell, as a write of it is not over before the thread runs again.
    private let stackPointer = Cell<UInt64>(0)
    private var pointers = ProgramPointers()

    /// The context that runs, on the stack that this CPU uses now. `state` has
    /// `ExtendedState.wholeByteCount` zeroed bytes, at a page's start.
    package init(runningWith state: VirtualAddress, lease: AnyObject) {
        let area = CPU.area
        stack = area.libraryStackLimit..<area.libraryStackTop
        self.state = state
        self.lease = lease
    }
    /// A context that begins at `entry` on a stack topped by a copy of `frame`; the program's other
    /// registers are those of the CPU now. `state` as above.
    package init(
        copying frame: ProgramFrame, on stack: Range<UInt64>, state: VirtualAddress,
        lease: AnyObject, entry: @escaping @convention(c) () -> Void
    ) {
        self.stack = stack
        self.state = state
        self.lease = lease
        self.frame.copy(frame)
        // The words between are the entry code's, as below every frame.
        unsafe stackPointer.address.pointee = LibraryStack.prepare(
            below: UInt64(self.frame.address) - 64, entry: entry)
        _ = ExtendedState.saveWhole(to: state)
        pointers = .current
    }

    /// The program's registers while another thread runs.
    package var frame: ProgramFrame { LibraryStack.frame(belowTop: stack.upperBound) }
    /// The program's thread pointer while another thread runs.
    package var threadPointer: UInt64 {
        get { pointers.thread }
        set { pointers.thread = newValue }
    }

    /// What the CPU keeps of the program, and its extended state, while another thread runs.
    package var savedPointers: ProgramPointers { pointers }
    package var savedState: VirtualAddress { state }

    /// A change from one context to another.
    ///
    /// It holds no reference, nor may the caller: a thread that ends never comes back to let go of one.
    @safe
    package struct Change {
        fileprivate let saved: UnsafeMutablePointer<UInt64>
        fileprivate let target: UInt64
    }
    /// Prepares to leave this context, which runs, for another one. `change` has to follow.
    package func leave(for other: ThreadContext) -> Change {
        // The library OS's own memory takes and gives all of it.
        _ = ExtendedState.saveWhole(to: state)
        pointers = .current
        CPU.area.libraryStackTop = other.stack.upperBound
        CPU.area.libraryStackLimit = other.stack.lowerBound
        return unsafe Change(
            saved: stackPointer.address, target: other.stackPointer.address.pointee)
    }
    /// Goes to the other context; returns when somebody comes back to this one, which has to `arrive` then.
    package static func change(_ change: Change) {
        // SAFETY: nobody runs on the other stack, as it was left or made by this class; the thread that is
        // left has its context until another one arrived.
        unsafe LibraryStack.change(saving: change.saved, to: change.target)
    }
    /// Loads what the CPU keeps of the program. To be called on the context's own stack.
    package func arrive() {
        _ = ExtendedState.restoreWhole(from: state)
        pointers.load()
    }
}
