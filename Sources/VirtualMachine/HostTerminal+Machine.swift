package import DeviceModels
package import LinuxHost

extension HostTerminal {
    /// What the guest is told of the terminal.
    package func record(shownCount: UInt32) -> HostRecord {
        .terminal(size: windowSize, isAttached: isAttached, shownCount: shownCount)
    }
}

extension Host {
    /// Stops this process by the signal that stopped the program, until it is continued; other
    /// numbers do nothing.
    package static func stop(with terminal: HostTerminal?, by signal: UInt32) {
        let number = Int32(clamping: signal)
        guard StopSignals.numbers.contains(number) else { return }
        guard let terminal else { return stop(process: processIdentity, by: number) }
        terminal.stop(by: number)
        terminal.enterAnew()
    }
}
