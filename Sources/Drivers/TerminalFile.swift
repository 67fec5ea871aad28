internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Scheduler

/// A terminal that a program reads from, writes to and controls.
protocol JobTerminal: ControllingTerminal, TerminalReading {
    /// Whether an open without O_NOCTTY makes it a session's.
    var isGivenByOpen: Bool { get }
    func control(_ request: TerminalRequest, argument: UInt64) throws(Errno) -> Int
}

/// An open file of a terminal: dead once the terminal was hung up, and subject to job control
/// (drivers/tty/tty_io.c, tty_jobctrl.c).
final class TerminalFile<Device: JobTerminal>: CharacterDevice {
    private let device: Device
    private let flags: OpenFlags
    /// How often the terminal had been hung up when it was opened.
    private let hangUpCount: Int

    /// `flags` are those of open(2).
    init(_ device: Device, _ flags: OpenFlags) {
        self.device = device
        self.flags = flags
        hangUpCount = device.jobs.hangUpCount
    }
    private var jobs: JobControl { device.jobs }
    private var wasHungUp: Bool { hangUpCount != jobs.hangUpCount }

    func open(_ flags: OpenFlags) throws(Errno) {
        if jobs.isExclusive, JobControl.caller?.isAdministrator == false { throw .busy }
        try device.open(flags)
        guard device.isGivenByOpen, !self.flags.contains(.noControllingTerminal) else { return }
        jobs.opened(device, flags)
    }
    func closed() { device.closed() }

    func read(
        count: Int, to address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int {
        guard !wasHungUp else { return 0 }
        try jobs.check(.terminalInput)
        return try device.read(count: count, to: address, blocking)
    }
    func write(
        count: Int, from address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int {
        try checkWrite()
        return try device.write(count: count, from: address, blocking)
    }
    func write(_ bytes: RawSpan, _ blocking: Blocking) throws(Errno) -> Int {
        try checkWrite()
        return try device.write(bytes, blocking)
    }
    private func checkWrite() throws(Errno) {
        guard !wasHungUp else { throw .inputOutput }
        if device.discipline.modes.local.contains(.stopsBackground) {
            try jobs.check(.terminalOutput)
        }
    }

    var isReadable: Bool { wasHungUp || device.isReadable }
    var isWritable: Bool { wasHungUp || device.isWritable }
    var isHungUp: Bool { wasHungUp || device.isHungUp }
    var hasFailed: Bool { wasHungUp || device.hasFailed }
    var waiters: WaitQueue? { device.waiters }

    func control(_ request: UInt32, argument: UInt64) throws(Errno) -> Int {
        guard !wasHungUp else {
            throw request == TerminalRequest.setGroup.rawValue ? .notTerminal : .inputOutput
        }
        guard let request = TerminalRequest(rawValue: request) else { throw .notTerminal }
        if request.changesTerminal { try jobs.check(.terminalOutput) }
        let address = VirtualAddress(rawValue: argument)
        if try jobs.answer(request, of: device, flags, at: address) { return 0 }
        switch request {
        case .insertByte:
            // TIOCSTI types into one's own terminal alone.
            guard let user = JobControl.caller, jobs.belongs(to: user) || user.isAdministrator
            else { throw .operationNotPermitted }
        case .getGroup, .getSession:
            guard let user = JobControl.caller, jobs.belongs(to: user) else { throw .notTerminal }
            let isGroup = request == .getGroup
            guard isGroup || jobs.session != 0 else { throw .notTerminal }
            try ProgramMemory.store(isGroup ? jobs.foreground : jobs.session, at: address)
            return 0
        case .giveUp:
            try jobs.giveUp()
            return 0
        case .hangUp:
            guard JobControl.caller?.isAdministrator == true else { throw .operationNotPermitted }
            jobs.hangUp(device)
            return 0
        default: break
        }
        return try device.control(request, argument: argument)
    }
}

extension TerminalRequest {
    /// Whether only the foreground may make it at once (tty_check_change).
    var changesTerminal: Bool {
        switch self {
        case .setModes, .setLongModes, .setModesAfterOutput, .setLongModesAfterOutput,
            .setModesAndFlush, .setLongModesAndFlush, .sendBreak, .sendLongBreak, .flow, .flush,
            .setDiscipline:
            true
        default: false
        }
    }
    /// Those of them that change a pseudo-terminal's modes, by the master too.
    var changesModes: Bool {
        switch self {
        case .setModes, .setLongModes, .setModesAfterOutput, .setLongModesAfterOutput,
            .setModesAndFlush, .setLongModesAndFlush:
            true
        default: false
        }
    }
}

extension JobControl {
    /// Answers the requests that are of a terminal by whatever of a pseudo-terminal's sides; whether it was
    /// one.
    func answer(
        _ request: TerminalRequest, of terminal: any ControllingTerminal, _ flags: OpenFlags,
        at address: VirtualAddress
    ) throws(Errno) -> Bool {
        switch request {
        case .makeControlling:
            try take(terminal, flags, address.rawValue == 1 ? .byForce : .ifFree)
        case .setGroup:
            do throws(Errno) { try check(.terminalOutput) } catch {
                throw error == .inputOutput ? .notTerminal : error
            }
            try setForeground(try ProgramMemory.load(Int32.self, at: address))
        case .exclusive: isExclusive = true
        case .notExclusive: isExclusive = false
        case .getExclusive: try ProgramMemory.store(Int32(isExclusive ? 1 : 0), at: address)
        case .getDevice: try ProgramMemory.store(encodedNumber, at: address)
        case .getDiscipline: try ProgramMemory.store(Int32(0), at: address)  // N_TTY
        case .setDiscipline:
            // There is no other than N_TTY.
            guard try ProgramMemory.load(Int32.self, at: address) == 0 else {
                throw .invalidArgument
            }
        default: return false
        }
        return true
    }
}
