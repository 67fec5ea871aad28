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
        guard let context = Thread.current?.context else { return }
        // SAFETY: the machine has no other contexts.
        unsafe unsafeDowncast(context, to: MachineContext.self).arrive()
    }
    /// A context that goes on like the running program. `nil` without memory, and on a host.
    package static func makeContext(copying frame: ProgramFrame) -> MachineContext? {
        guard let entry = entry.value, let thread = Thread.current else { return nil }
        // The first thread gets one when there is a second.
        if thread.context == nil { thread.context = MachineContext(running: CPU.area) }
        guard thread.context != nil else { return nil }
        return MachineContext(copying: frame, entry: entry)
    }
}
