internal import Base
internal import Hardware
internal import LinuxABI
internal import Scheduler

/// What a master in packet mode is told of the slave, in a byte of its own (ioctl_tty(2), TIOCPKT).
struct PacketEvents: OptionSet {
    let rawValue: UInt8
    /// TIOCPKT_FLUSHREAD, TIOCPKT_FLUSHWRITE: what was on its way in or out was dropped.
    static let inputFlushed = Self(rawValue: 1)
    static let outputFlushed = Self(rawValue: 2)
    /// TIOCPKT_STOP, TIOCPKT_START: output was stopped, goes on.
    static let stopped = Self(rawValue: 4)
    static let started = Self(rawValue: 8)
    /// TIOCPKT_NOSTOP, TIOCPKT_DOSTOP: whether Ctrl-S and Ctrl-Q control the flow from now on.
    static let noFlowControl = Self(rawValue: 16)
    static let flowControl = Self(rawValue: 32)
}

extension PseudoTerminal {
    /// TIOCPKT: begins or ends packet mode.
    func setPacketMode(_ isOn: Bool) {
        if isOn, !isPacketMode { packetEvents = [] }
        isPacketMode = isOn
    }
    /// Notes what a master in packet mode is to know; of two opposites the last one counts.
    func tell(_ events: PacketEvents) {
        guard isPacketMode else { return }
        for pair: PacketEvents in [[.stopped, .started], [.noFlowControl, .flowControl]]
        where !events.isDisjoint(with: pair) {
            packetEvents.subtract(pair)
        }
        packetEvents.formUnion(events)
        masterQueue.wake([.readable, .priority])
    }
    func tellFlow(_ wasStopped: Bool) {
        guard wasStopped != discipline.isStopped else { return }
        tell(discipline.isStopped ? .stopped : .started)
    }
    func tellModes(_ old: TerminalModes) {
        let isControlled = discipline.modes.hasUsualFlowControl
        guard isControlled != old.hasUsualFlowControl else { return }
        tell(isControlled ? .flowControl : .noFlowControl)
    }
    /// Reads what is there as a packet: the events, or a zero and bytes. EFAULT.
    func takePacket(_ count: Int, to address: VirtualAddress) throws(Errno) -> Int {
        try ProgramMemory.store(packetEvents.rawValue, at: address)
        guard packetEvents.isEmpty else {
            packetEvents = []
            return 1
        }
        guard count > 1 else { return 1 }
        guard let data = address.advanced(by: 1) else { throw .badAddress }
        return try takeOutput(count - 1, to: data) + 1
    }
}

extension TerminalModes {
    /// Whether Ctrl-S stops output and Ctrl-Q lets it go on.
    fileprivate var hasUsualFlowControl: Bool {
        input.contains(.flowControl) && self[.stop] == 0x13 && self[.start] == 0x11
    }
}
