internal import CLinux
package import LinuxABI

/// An event counter (eventfd(2)): doorbell of a device, interrupt line, or a call for attention.
package struct EventCounter: ~Copyable, Sendable {
    package let descriptor: OwnedDescriptor

    package init() throws(Errno) {
        descriptor = try OwnedDescriptor(
            checking: clinux_event_counter())
    }
    /// Adds one, so that who waits for the descriptor wakes.
    package func signal() { _ = eventfd_write(descriptor.rawValue, 1) }
    /// Sets it back to zero.
    package func clear() {
        var value: eventfd_t = 0
        _ = unsafe eventfd_read(descriptor.rawValue, &value)
    }
}

/// The signals that end or interrupt a program, as a descriptor (signalfd(2)).
package struct ForwardedSignals: ~Copyable, Sendable {
    package let descriptor: OwnedDescriptor

    /// Blocks SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCONT, SIGPWR and SIGPIPE in this thread and all it starts
    /// later; those that belong to a terminal too where there is one.
    package init(onTerminal: TerminalPresence) throws(Errno) {
        descriptor = try OwnedDescriptor(
            checking: clinux_forwarded_signals(onTerminal == .present ? 1 : 0))
    }
    package enum TerminalPresence: Sendable { case present, absent }
    /// Takes over the descriptor of another instance that was leaked.
    package init(_ descriptor: Descriptor) {
        self.descriptor = OwnedDescriptor(owning: descriptor.rawValue)
    }
    /// Gives the descriptor up, to be taken over on another thread.
    package consuming func leak() -> Descriptor { descriptor.leak() }
    /// The next signal that came, `nil` where there is none.
    package func next() -> UInt32? {
        let number = clinux_next_signal(descriptor.rawValue)
        return number == 0 ? nil : number
    }
}
