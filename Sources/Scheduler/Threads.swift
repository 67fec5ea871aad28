internal import Base
package import Hardware

/// What the machine's threads are made with.
package enum Threads {
    /// A library-OS stack for a CPU's own use; `nil` without memory.
    package static func makeStack() -> Range<UInt64>? { ThreadStack.take()?.addresses }

    // Set once by boot.
    private static let entry = Global<(@convention(c) () -> Void)?>(nil)
    private static let idleEntry = Global<(@convention(c) () -> Void)?>(nil)

    /// Declares where new threads begin, on stacks of their own, and what CPU 0 runs where it is left
    /// without any (`Scheduler.idleForEver`).
    package static func start(
        entry: @escaping @convention(c) () -> Void,
        idleEntry: @escaping @convention(c) () -> Void
    ) {
        self.entry.value = entry
        self.idleEntry.value = idleEntry
    }
    /// To be called on a new thread's own stack, before anything else.
    package static func arrive() {
        Scheduler.arrive()
        Thread.current?.context?.arrive()
    }
    /// What CPU 0 runs where its last thread has to leave it; `nil` without memory.
    static func makeIdlerOfFirst() -> Thread? {
        guard let entry = idleEntry.value, let lease = StackLease() else { return nil }
        // Its program frame is never returned to.
        let context = ThreadContext(
            copying: CPU.area.programFrame, on: lease.stack.addresses, state: lease.stack.state,
            lease: lease, entry: entry)
        let thread = Thread(identifier: 0, context: context)
        thread.state = .blocked
        return thread
    }
    /// What a further CPU is before it runs a thread; `nil` without memory.
    static func makeIdleThread() -> Thread? {
        guard let lease = StackLease() else { return nil }
        return Thread(
            identifier: 0, context: ThreadContext(runningWith: lease.stack.state, lease: lease))
    }
    /// A context that goes on like the running program. `nil` without memory, and on a host.
    package static func makeContext(copying frame: ProgramFrame) -> ThreadContext? {
        guard let entry = entry.value, let thread = Thread.current else { return nil }
        if thread.context == nil {
            // The first thread gets one when there is a second. Of the stack it needs only the room
            // for the state.
            guard let lease = StackLease() else { return nil }
            thread.context = ThreadContext(runningWith: lease.stack.state, lease: lease)
        }
        guard let lease = StackLease() else { return nil }
        return ThreadContext(
            copying: frame, on: lease.stack.addresses, state: lease.stack.state, lease: lease,
            entry: entry)
    }
}

/// A stack that is given back when nobody refers to this any more.
private final class StackLease {
    let stack: ThreadStack
    init?() {
        guard let stack = ThreadStack.take() else { return nil }
        self.stack = stack
    }
    deinit { stack.giveBack() }
}
