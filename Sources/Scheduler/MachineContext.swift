package import Base
package import Hardware

/// A thread of the machine: its library-OS stack, and what of its program stays in the CPU.
package final class MachineContext: ExecutionContext {
    private let stack: ThreadStack?
    private let addresses: Range<UInt64>
    /// Where the extended state is while another thread runs.
    private let state: VirtualAddress
    /// Its stack pointer while another thread runs. A cell, as the write is not over before it runs again.
    private let stackPointer = Cell<UInt64>(0)
    private var pointers = ProgramPointers()

    /// The context that runs: the first thread's, on the stack that boot began on. `nil` without memory.
    package init?(running area: CPUArea) {
        // Of its stack only the room for the state is used.
        guard let stack = ThreadStack.take() else { return nil }
        self.stack = stack
        state = stack.state
        addresses = area.libraryStackLimit..<area.libraryStackTop
    }
    /// A context that begins at `entry`, on a stack of its own, topped by a copy of `frame`; the
    /// program's other registers are those of the CPU now. `nil` without memory.
    package init?(copying frame: ProgramFrame, entry: @escaping @convention(c) () -> Void) {
        guard let stack = ThreadStack.take() else { return nil }
        self.stack = stack
        state = stack.state
        addresses = stack.addresses
        self.frame.copy(frame)
        // The words between are the entry code's, as below every frame.
        unsafe stackPointer.address.pointee = LibraryStack.prepare(below: UInt64(self.frame.address) - 64, entry: entry)
        guard ExtendedState.saveWhole(to: state) else { return nil }
        pointers = .current
    }
    deinit { stack?.giveBack() }

    /// The program's registers while another thread runs.
    package var frame: ProgramFrame { LibraryStack.frame(belowTop: addresses.upperBound) }
    /// The program's thread pointer while another thread runs.
    package var threadPointer: UInt64 {
        get { pointers.thread }
        set { pointers.thread = newValue }
    }

    package func leave(for other: any ExecutionContext) {
        // SAFETY: the machine has no other contexts.
        let other = unsafe unsafeDowncast(other, to: MachineContext.self)
        // Whole areas of the library OS take and give all of it.
        _ = ExtendedState.saveWhole(to: state)
        pointers = .current
        CPU.area.libraryStackTop = other.addresses.upperBound
        CPU.area.libraryStackLimit = other.addresses.lowerBound
        unsafe LibraryStack.change(
            saving: stackPointer.address, to: other.stackPointer.address.pointee)
        // Somebody came back to this context.
        arrive()
    }
    /// Loads what the CPU keeps of the program. To be called on a new context's own stack.
    package func arrive() {
        _ = ExtendedState.restoreWhole(from: state)
        pointers.load()
    }
}
