internal import Base

/// How the machine's other CPUs are started, where its platform knows.
package protocol ProcessorStarter: AnyObject {
    /// CPUs beside the one that boots.
    var count: Int { get }
    /// Starts CPU `index`, from 1: `library_processor_started` is called there with `argument`, masked,
    /// on a stack of its own. False where there is no memory or firmware refused.
    func start(_ index: Int, argument: UInt64) -> Bool
    /// Stops the CPU that calls; returns only where firmware refused.
    func stopCurrent()
    /// What tells the CPU that calls from others, as the platform names it.
    func currentIdentifier() -> UInt64
    /// The same of CPU `index`, as the platform's description has it.
    func identifier(_ index: Int) -> UInt64
}

/// The machine's CPUs.
package enum Processors {
    // Set by the platform at boot; nobody does where our VMM made the machine, which has one.
    private static let current = Global<(any ProcessorStarter)?>(nil)
    package static var starter: (any ProcessorStarter)? {
        get { current.value }
        set { current.value = newValue }
    }
}
