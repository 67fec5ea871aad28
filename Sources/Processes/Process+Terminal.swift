internal import Files
package import LinuxABI
internal import Scheduler

// Processes as their controlling terminals know them.
extension Process: TerminalUser {
    package var isAdministrator: Bool { credentials.has(.administration) }
    package func disregards(_ signal: Signal) -> Bool {
        signals[signal].isIgnoring || Signals.current?.blocked.contains(signal) == true
    }
    package func send(_ signal: Signal) {
        Processes.post(signal, to: self, SignalInformation(signal, .kernel))
    }
    /// The number of the controlling terminal and the group in its foreground, 0 and -1 without one (tty_nr and
    /// tpgid of proc_pid_stat(5)).
    package var terminalNumbers: (terminal: Int32, foreground: Int32) {
        guard let jobs = terminal?.jobs else { return (0, -1) }
        return (jobs.encodedNumber, jobs.foreground)
    }
    /// Hangs up the controlling terminal, if there is one (vhangup(2)).
    package func hangUpTerminal() {
        guard let terminal else { return }
        terminal.jobs.hangUp(terminal)
    }
}

/// The machine's processes as terminals know them.
final class ProcessTerminals: TerminalUsers {
    var caller: (any TerminalUser)? { Process.hasCurrent ? Process.current : nil }
    func forEach(ofSession session: Int32, _ body: (any TerminalUser) -> Void) {
        ProcessTable.forEach { if $0.session == session { body($0) } }
    }
    func send(_ signal: Signal, toGroup group: Int32) { Processes.post(signal, toGroup: group) }
    func session(ofGroup group: Int32) -> Int32? {
        let member =
            ProcessTable.first { $0.group == group } ?? ProcessTable.process(ofAny: group)
        if let member { return member.session }
        // A session without members of that group is none that the caller could be of.
        return ProcessTable.contains { $0.session == group } ? 0 : nil
    }
}
