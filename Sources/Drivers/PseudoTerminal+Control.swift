internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Scheduler

// ioctl(2) of pseudo-terminals (ioctl_tty(2)). Modes and size are the slave's, whichever side asks.
extension PseudoTerminal {
    enum Side {
        case master
        case slave
    }

    func control(
        _ request: TerminalRequest, from side: Side, _ address: VirtualAddress
    ) throws(Errno) -> Int {
        switch request {
        case .getModes: try discipline.storeModes(at: address, TerminalModes.byteCount)
        case .getLongModes: try discipline.storeModes(at: address, TerminalModes.longByteCount)
        case .setModes, .setLongModes, .setModesAfterOutput, .setLongModesAfterOutput:
            setModes(try TerminalModes(at: address))
        case .setModesAndFlush, .setLongModesAndFlush:
            let modes = try TerminalModes(at: address)
            flushInput(of: side)
            setModes(modes)
        // Output is at the other side at once; there is no line to break.
        case .sendBreak, .sendLongBreak: break
        case .flow: try flow(address.rawValue, side)
        case .flush:
            guard address.rawValue <= 2 else { throw .invalidArgument }
            if address.rawValue != 1 { flushInput(of: side) }
            if address.rawValue != 0, side == .slave { tell(.outputFlushed) }
        case .getGroup: try ProgramMemory.store(jobs.foreground, at: address)
        case .getSession:
            guard jobs.session != 0 else { throw .notTerminal }
            try ProgramMemory.store(jobs.session, at: address)
        case .bytesUnsent: try ProgramMemory.store(Int32(0), at: address)
        case .insertByte:
            guard side == .slave else { throw .inputOutput }
            discipline.receive(try ProgramMemory.load(UInt8.self, at: address))
            pump()
        case .getWindowSize: try ProgramMemory.store(size.encoded, at: address)
        case .setWindowSize:
            resize(to: WindowSize(encoded: try ProgramMemory.load(UInt64.self, at: address)))
        case .bytesReadable:
            let count = side == .slave ? discipline.readableCount : outputCount
            try ProgramMemory.store(Int32(clamping: count), at: address)
        // What every open file of a terminal answers (`TerminalFile`), but of a master.
        case .giveUp, .hangUp: throw .notTerminal
        case .makeControlling, .setGroup, .exclusive, .notExclusive, .getExclusive, .getDevice,
            .getDiscipline, .setDiscipline:
            throw .notTerminal
        }
        return 0
    }
    private func flushInput(of side: Side) {
        guard side == .slave else { return dropOutput() }
        discipline.flushInput()
        tell(.inputFlushed)
        pump()
    }
    /// tcflow(3) of the slave; TCIOFF and TCION send a character to the master.
    private func flow(_ action: UInt64, _ side: Side) throws(Errno) {
        guard action <= 3 else { throw .invalidArgument }
        guard side == .slave else { return }
        let wasStopped = discipline.isStopped
        defer { tellFlow(wasStopped) }
        switch action {
        case 0: discipline.setStopped(true)
        case 1:
            discipline.setStopped(false)
            slaveQueue.wake([.writable])
        default: break
        }
    }
}

extension LineDiscipline {
    /// Tells the program the modes. EFAULT.
    func storeModes(at address: VirtualAddress, _ byteCount: Int) throws(Errno) {
        var storage = InlineArray<44, UInt8>(repeating: 0)
        do {
            var span = storage.mutableSpan
            var bytes = span.mutableRaw
            modes.write(to: &bytes)
            // The speeds of the long form: 38400 both ways, as the modes say.
            bytes.storeLittleEndian(UInt32(38400), at: TerminalModes.byteCount)
            bytes.storeLittleEndian(UInt32(38400), at: TerminalModes.byteCount + 4)
        }
        try ProgramMemory.copyOut(storage.span.raw.extracting(first: byteCount), to: address)
    }
}
extension TerminalModes {
    /// Modes that the program gives. EFAULT.
    init(at address: VirtualAddress) throws(Errno) {
        var storage = InlineArray<36, UInt8>(repeating: 0)
        do {
            var span = storage.mutableSpan
            var bytes = span.mutableRaw
            try ProgramMemory.copyIn(from: address, into: &bytes)
        }
        self.init(storage.span.raw)
    }
}
