internal import Drivers
internal import LinuxABI
internal import Processes

/// The terminal's owner: the one process, which leads its session and is in the foreground.
final class ProcessTerminal: TerminalOwner {
    private let process: Process
    init(_ process: Process) { self.process = process }

    var processGroup: Int32 { process.group }
    var session: Int32 { process.session }
    func raise(_ signal: Signal) {
        Processes.post(signal, to: process, SignalInformation(signal, .kernel))
    }
}
