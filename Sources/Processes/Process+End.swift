internal import Base
package import LinuxABI

/// How a process ended.
package enum ProcessEnd: Equatable, Sendable {
    /// exit(2) with the status that wait(2) would see, 0...255.
    case exited(status: UInt8)
    /// Killed by a signal.
    case killed(Signal)
}

extension Process {
    // Set once by boot.
    private static let onEnd = Global<((ProcessEnd) -> Never)?>(nil)

    /// Declares what ends the machine when its process ends.
    package static func setEnd(_ end: @escaping (ProcessEnd) -> Never) { onEnd.value = end }

    /// Ends the process, and with it the machine.
    package static func terminate(_ end: ProcessEnd) -> Never {
        guard let onEnd = onEnd.value else { fatalError("the process ended too early") }
        onEnd(end)
    }
}

/// What became of a stop.
package enum StopAnswer: Sendable {
    /// The host knows and says when to go on.
    case told
    /// Nobody could let the program go on.
    case impossible
}

extension Process {
    // Set once by boot.
    private static let onStop = Global<((Signal) -> StopAnswer)?>(nil)

    /// Declares who is told when a signal stops the process.
    package static func setStop(_ stop: @escaping (Signal) -> StopAnswer) { onStop.value = stop }

    static func tellStop(_ signal: Signal) -> StopAnswer { onStop.value?(signal) ?? .impossible }
}
