/// A process: what its threads share.
package final class Process {
    /// The process's number; the program is process 1, as in a container.
    package let identifier: Int32 = 1
    /// The number of the process that started this one: 0, as for any first process.
    package var parentIdentifier: Int32 { 0 }
    /// File mode bits that new files do not get (umask(2)).
    package var fileModeMask: UInt32 = 0o022

    package init() {}
}

extension Process {
    /// The process of the running thread. Precondition: boot has set it.
    package static var current: Process {
        guard let process = slot.process else { fatalError("no process yet") }
        return process
    }
    /// Declares the process that the machine runs.
    package static func setCurrent(_ process: Process) { slot.process = process }

    /// Written by boot, before the program runs.
    private final class Slot: @unchecked Sendable { var process: Process? }
    private static let slot = Slot()
}
