internal import Base
package import Hardware

/// What the machine's threads are made with.
package enum Threads {
    // Set once by boot.
    private static let entry = Global<(@convention(c) () -> Void)?>(nil)

    /// Declares where new threads begin, on stacks of their own.
    package static func start(entry: @escaping @convention(c) () -> Void) {
        self.entry.value = entry
    }
    /// To be called on a new thread's own stack, before anything else.
    package static func arrive() {
        Scheduler.arrive()
        Thread.current?.context?.arrive()
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
