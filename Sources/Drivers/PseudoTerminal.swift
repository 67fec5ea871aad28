internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Scheduler

/// A pseudo-terminal (pty(7)): a line discipline between what the master writes and what the slave reads, and
/// the way back.
final class PseudoTerminal {
    /// Bytes each way that the other side has not taken.
    private static let capacity = 4096
    /// The slaves' major number (Documentation/admin-guide/devices.txt).
    static let slaveMajor: UInt32 = 136
    /// Free bytes that any one byte's expansion fits into.
    private static let expansionLimit = 8

    let number: UInt32
    let discipline: LineDiscipline
    let jobs: JobControl
    private let initialModes: TerminalModes
    private(set) var size = WindowSize(rows: 0, columns: 0)
    /// What the slave wrote, and echoes.
    private var output: ByteRing
    /// What the master wrote and the discipline has no room for yet.
    private var input: ByteRing
    /// TIOCSPTLCK: the slave can't be opened.
    var isLocked = true
    private(set) var isMasterOpen = true
    private var slaves = 0
    /// Whether the slave was opened, and is not any more: the master reads the end.
    private var isSlaveGone = false
    /// TIOCPKT, and what the master was not told yet.
    var isPacketMode = false
    var packetEvents: PacketEvents = []
    let slaveQueue = WaitQueue()
    let masterQueue = WaitQueue()

    /// ENOMEM.
    init(_ number: UInt32) throws(Errno) {
        self.number = number
        output = try ByteRing(capacity: Self.capacity)
        input = try ByteRing(capacity: Self.capacity)
        var modes = TerminalModes.standard
        modes.control = Self.control(modes.control & ~Self.hangUpOnClose)
        initialModes = modes
        discipline = LineDiscipline(modes)
        jobs = JobControl(DeviceNumber(major: Self.slaveMajor, minor: number))
    }
    /// HUPCL, which a pseudo-terminal begins without.
    private static let hangUpOnClose: UInt32 = 0o2000
    /// c_cflag as pty_set_termios leaves it: CS8 and CREAD, without PARENB.
    private static func control(_ flags: UInt32) -> UInt32 { flags & ~0o460 | 0o260 }

    func setModes(_ modes: TerminalModes) {
        var modes = modes
        modes.control = Self.control(modes.control)
        let old = discipline.modes
        discipline.setModes(modes)
        tellModes(old)
        pump()
    }

    // MARK: Opening and closing

    /// EIO.
    func openSlave() throws(Errno) {
        guard isMasterOpen, !isLocked else { throw .inputOutput }
        slaves += 1
        isSlaveGone = false
    }
    func closeSlave() {
        slaves -= 1
        guard slaves == 0 else { return }
        isSlaveGone = true
        masterQueue.wake([.readable, .hungUp])
    }
    /// Hangs the slave up (tty_vhangup).
    func closeMaster(_ slave: PseudoTerminalSlave) {
        isMasterOpen = false
        jobs.hangUp(slave)
    }
    func wasHungUp() {
        discipline.setModes(initialModes)
        discipline.flushInput()
        slaveQueue.wake([.readable, .writable, .hungUp, .error])
    }

    // MARK: The way in

    /// Brings the master's bytes to the discipline as far as it has room, and echoes to the master.
    func pump() {
        let before = (end: discipline.readableEnd, input: input.room, output: output.count)
        let wasStopped = discipline.isStopped
        while discipline.takesByte, let byte = input.takeFirst() {
            discipline.receive(byte)
            sendSignals()
        }
        sendEchoes()
        if discipline.readableEnd > before.end { slaveQueue.wake([.readable]) }
        if wasStopped, !discipline.isStopped { slaveQueue.wake([.writable]) }
        tellFlow(wasStopped)
        if input.room > before.input { masterQueue.wake([.writable]) }
        if output.count > before.output { masterQueue.wake([.readable]) }
    }
    private func sendSignals() {
        var raised = discipline.takeRaised()
        if !raised.isEmpty, !discipline.modes.local.contains(.noFlush) {
            tell([.inputFlushed, .outputFlushed])
        }
        while let signal = raised.first {
            raised.remove(SignalSet(signal))
            jobs.raise(signal)
        }
    }
    /// Another size, by either side; a change is SIGWINCH to who is in the foreground (pty_resize).
    func resize(to new: WindowSize) {
        guard new != size else { return }
        jobs.raise(.windowChange)
        size = new
    }
    private func sendEchoes() {
        discipline.sendEchoes { bytes in
            let count = min(bytes.byteCount, output.room)
            for index in 0..<count { output.append(bytes.byte(at: index)) }
            return count
        }
    }
    /// Writes as the master. EAGAIN, EINTR as `restart`, and what `source` says.
    func receive(
        _ count: Int, _ blocking: Blocking,
        _ source: (_ position: Int, _ bytes: inout MutableRawSpan) throws(Errno) -> Void
    ) throws(Errno) -> Int {
        try transfer(count, blocking, source) { () throws(Errno) in
            self.input.room
        } wait: {
            Wait.until(on: .queue(self.masterQueue)) { self.input.room > 0 }
        } put: { byte in
            self.input.append(byte)
        } after: {
            self.pump()
        }
    }

    // MARK: The way out

    /// How many of the slave's bytes may go out now. EIO where nobody would get them.
    private func outputRoom() throws(Errno) -> Int {
        guard isMasterOpen else { throw .inputOutput }
        sendEchoes()
        guard !discipline.isStopped, discipline.echoCount == 0 else { return 0 }
        return output.room / Self.expansionLimit
    }
    /// Writes as the slave. EAGAIN, EIO, EINTR as `restart`, and what `source` says.
    func send(
        _ count: Int, _ blocking: Blocking,
        _ source: (_ position: Int, _ bytes: inout MutableRawSpan) throws(Errno) -> Void
    ) throws(Errno) -> Int {
        let before = jobs.hangUpCount
        return try transfer(count, blocking, source) { () throws(Errno) in
            guard before == self.jobs.hangUpCount else { throw .inputOutput }
            return try self.outputRoom()
        } wait: {
            Wait.until(on: .queue(self.slaveQueue)) {
                self.isSlaveWritable || before != self.jobs.hangUpCount
            }
        } put: { byte in
            let expansion = self.discipline.expand(byte)
            for index in 0..<expansion.count { self.output.append(expansion[index]) }
        } after: {
            self.masterQueue.wake([.readable])
        }
    }
    /// Moves bytes in pieces as there is room; waits where there is none.
    private func transfer(
        _ count: Int, _ blocking: Blocking,
        _ source: (_ position: Int, _ bytes: inout MutableRawSpan) throws(Errno) -> Void,
        room: () throws(Errno) -> Int, wait: () -> Wait.Outcome, put: (UInt8) -> Void,
        after: () -> Void
    ) throws(Errno) -> Int {
        var done = 0
        while done < count {
            do throws(Errno) {
                let room = try room()
                guard room > 0 else {
                    guard blocking == .blocking else { throw .tryAgain }
                    guard wait() != .interrupted else { throw .restart }
                    continue
                }
                let size = min(256, count - done, room)
                var piece = InlineArray<256, UInt8>(repeating: 0)
                do {
                    var span = piece.mutableSpan
                    var bytes = span.mutableRaw
                    var part = bytes._mutatingExtracting(first: size)
                    try source(done, &part)
                }
                for index in 0..<size { put(piece[index]) }
                done += size
                after()
            } catch {
                guard done > 0 else { throw error }
                return done
            }
        }
        return done
    }
    /// Reads as the master. EAGAIN, EFAULT, EIO where the slave is gone, EINTR as `restart`.
    func take(
        _ count: Int, to address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int {
        while !isMasterReadable {
            guard !isSlaveGone else { throw .inputOutput }
            guard blocking == .blocking else { throw .tryAgain }
            let outcome = Wait.until(on: .queue(masterQueue)) {
                self.isMasterReadable || self.isSlaveGone
            }
            guard outcome != .interrupted else { throw .restart }
        }
        return isPacketMode
            ? try takePacket(count, to: address) : try takeOutput(count, to: address)
    }
    /// Copies what the slave wrote, as far as it is there. EFAULT.
    func takeOutput(_ count: Int, to address: VirtualAddress) throws(Errno) -> Int {
        let done = try output.take(count, to: address)
        pump()
        slaveQueue.wake([.writable])
        return done
    }

    // MARK: Readiness

    var isSlaveWritable: Bool {
        guard isMasterOpen else { return true }
        sendEchoes()
        return !discipline.isStopped && discipline.echoCount == 0
            && output.room >= Self.expansionLimit
    }
    var isMasterReadable: Bool { output.count > 0 || hasPacketEvents }
    var hasPacketEvents: Bool { isPacketMode && !packetEvents.isEmpty }
    var isMasterWritable: Bool { input.room > 0 }
    var isMasterHungUp: Bool { isSlaveGone }
    /// Bytes that the master may read.
    var outputCount: Int { output.count }
    /// tcflush(3) of what the master may read.
    func dropOutput() {
        output.removeAll()
        pump()
        slaveQueue.wake([.writable])
    }
}

/// The program's side: a terminal.
final class PseudoTerminalSlave: JobTerminal {
    private let pair: PseudoTerminal
    init(_ pair: PseudoTerminal) { self.pair = pair }

    func instance(
        _ flags: OpenFlags, for credentials: Credentials
    ) throws(Errno) -> (any CharacterDevice)? { TerminalFile(self, flags) }
    var isGivenByOpen: Bool { true }
    var jobs: JobControl { pair.jobs }
    func wasHungUp() { pair.wasHungUp() }

    func open(_ flags: OpenFlags) throws(Errno) { try pair.openSlave() }
    func closed() { pair.closeSlave() }

    var discipline: LineDiscipline { pair.discipline }
    var hasEnded: Bool { !pair.isMasterOpen }
    func lookForInput() {}
    func inputTaken() { pair.pump() }
    var inputSource: Wait.Source { .queue(pair.slaveQueue) }

    func read(
        count: Int, to address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int {
        try readInput(count, to: address, blocking)
    }
    func write(
        count: Int, from address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int {
        try pair.send(count, blocking) { position, bytes throws(Errno) in
            guard let source = address.advanced(by: UInt64(position)) else { throw .badAddress }
            try ProgramMemory.copyIn(from: source, into: &bytes)
        }
    }
    func write(_ bytes: RawSpan, _ blocking: Blocking) throws(Errno) -> Int {
        try pair.send(bytes.byteCount, blocking) { position, target in
            for index in 0..<target.byteCount {
                target.storeLittleEndian(bytes.byte(at: position + index), at: index)
            }
        }
    }
    var isReadable: Bool { hasEnded || discipline.isReadable }
    var isWritable: Bool { pair.isSlaveWritable }
    var isHungUp: Bool { hasEnded }
    var hasFailed: Bool { hasEnded }
    var waiters: WaitQueue? { pair.slaveQueue }

    func control(_ request: TerminalRequest, argument: UInt64) throws(Errno) -> Int {
        try pair.control(request, from: .slave, VirtualAddress(rawValue: argument))
    }
}

/// The other side, which shows the terminal and types into it.
final class PseudoTerminalMaster: CharacterDevice {
    private let pair: PseudoTerminal
    private let slave: PseudoTerminalSlave
    private let flags: OpenFlags
    /// Takes the slave's name away.
    private let removeName: () -> Void
    init(
        _ pair: PseudoTerminal, _ slave: PseudoTerminalSlave, _ flags: OpenFlags,
        removeName: @escaping () -> Void
    ) {
        self.pair = pair
        self.slave = slave
        self.flags = flags
        self.removeName = removeName
    }

    func closed() {
        removeName()
        pair.closeMaster(slave)
    }
    func read(
        count: Int, to address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int { try pair.take(count, to: address, blocking) }
    func write(
        count: Int, from address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int {
        try pair.receive(count, blocking) { position, bytes throws(Errno) in
            guard let source = address.advanced(by: UInt64(position)) else { throw .badAddress }
            try ProgramMemory.copyIn(from: source, into: &bytes)
        }
    }
    func write(_ bytes: RawSpan, _ blocking: Blocking) throws(Errno) -> Int {
        try pair.receive(bytes.byteCount, blocking) { position, target in
            for index in 0..<target.byteCount {
                target.storeLittleEndian(bytes.byte(at: position + index), at: index)
            }
        }
    }
    var isReadable: Bool { pair.isMasterReadable }
    var isWritable: Bool { pair.isMasterWritable }
    var isHungUp: Bool { pair.isMasterHungUp }
    var hasPriority: Bool { pair.hasPacketEvents }
    var waiters: WaitQueue? { pair.masterQueue }

    func control(_ request: UInt32, argument: UInt64) throws(Errno) -> Int {
        let address = VirtualAddress(rawValue: argument)
        switch PseudoTerminalRequest(rawValue: request) {
        case .getNumber: try ProgramMemory.store(pair.number, at: address)
        case .setLock: pair.isLocked = try ProgramMemory.load(Int32.self, at: address) != 0
        case .getLock: try ProgramMemory.store(Int32(pair.isLocked ? 1 : 0), at: address)
        case .setPacketMode:
            pair.setPacketMode(try ProgramMemory.load(Int32.self, at: address) != 0)
        case .getPacketMode:
            try ProgramMemory.store(Int32(pair.isPacketMode ? 1 : 0), at: address)
        case .signal:
            guard let signal = Signal(rawValue: Int32(truncatingIfNeeded: argument)),
                [.interrupt, .quit, .terminalStop].contains(signal)
            else { throw .invalidArgument }
            pair.jobs.raise(signal)
        case nil:
            guard let request = TerminalRequest(rawValue: request) else { throw .notTerminal }
            if request.changesModes { try pair.jobs.check(.terminalOutput) }
            if try pair.jobs.answer(request, of: slave, flags, at: address) { return 0 }
            return try pair.control(request, from: .master, address)
        }
        return 0
    }
}
