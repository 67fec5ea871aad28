internal import Base
internal import Hardware

/// A thread of a program, as far as waiting is concerned; Processes keeps the rest beside it.
package final class Thread {
    /// Thread id as gettid(2) gives it.
    package let identifier: Int32
    /// Whether a signal waits that this thread does not block: it ends an interruptible wait.
    package var hasDeliverableSignal = false {
        didSet { if hasDeliverableSignal { CPU.hasReturnWork = true } }
    }

    package init(identifier: Int32) { self.identifier = identifier }

    // One thread for now: set at program start. With more it is this CPU's running thread.
    private static let running = Global<Thread?>(nil)
    package static var current: Thread? {
        get { running.value }
        set { running.value = newValue }
    }
}
