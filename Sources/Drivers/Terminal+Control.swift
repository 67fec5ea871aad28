internal import Base
internal import LinuxABI
internal import Hardware

// ioctl(2) of the terminal (ioctl_tty(2)).
extension Terminal {
    func control(_ request: TerminalRequest, argument: UInt64) throws(Errno) -> Int {
        let address = VirtualAddress(rawValue: argument)
        switch request {
        case .getModes: try discipline.storeModes(at: address, TerminalModes.byteCount)
        case .getLongModes: try discipline.storeModes(at: address, TerminalModes.longByteCount)
        case .setModes, .setLongModes: try setModes(from: address)
        case .setModesAfterOutput, .setLongModesAfterOutput:
            flush()
            try setModes(from: address)
        case .setModesAndFlush, .setLongModesAndFlush:
            flush()
            console.poll()
            discipline.flushInput()
            try setModes(from: address)
        // A break means nothing to a window; with an argument both wait for output (tcdrain(3)).
        case .sendBreak, .sendLongBreak: flush()
        case .flow: try flow(argument)
        case .flush: try flushQueues(argument)
        case .bytesUnsent: try store(Int32(0), at: address)
        case .insertByte:
            attach()
            discipline.receive(try ProgramMemory.load(UInt8.self, at: address))
            collectAndTell()
        case .getWindowSize:
            console.poll()
            try ProgramMemory.store(size.encoded, at: address)
        case .setWindowSize:
            resize(to: WindowSize(encoded: try ProgramMemory.load(UInt64.self, at: address)))
        case .bytesReadable:
            attach()
            console.poll()
            try store(Int32(clamping: discipline.readableCount), at: address)
        // What every open file of a terminal answers (`TerminalFile`).
        case .exclusive, .notExclusive, .getExclusive, .makeControlling, .getGroup, .getSession,
            .setGroup, .giveUp, .hangUp, .getDevice, .getDiscipline, .setDiscipline:
            throw .notTerminal
        }
        return 0
    }

    private func store(_ value: Int32, at address: VirtualAddress) throws(Errno) {
        try ProgramMemory.store(value, at: address)
    }
    private func setModes(from address: VirtualAddress) throws(Errno) {
        let modes = try TerminalModes(at: address)
        attach()
        discipline.setModes(modes)
        collectAndTell()
    }
    /// tcflow(3): TCOOFF, TCOON; TCIOFF and TCION send a character to whoever types.
    private func flow(_ action: UInt64) throws(Errno) {
        switch action {
        case 0:
            discipline.setStopped(true)
            tellWaiters()
        case 1:
            discipline.setStopped(false)
            tellWaiters()
        case 2, 3: break
        default: throw .invalidArgument
        }
    }
    /// tcflush(3): TCIFLUSH, TCOFLUSH, TCIOFLUSH; what was shown is shown.
    private func flushQueues(_ which: UInt64) throws(Errno) {
        guard which <= 2 else { throw .invalidArgument }
        if which != 1 {
            attach()
            console.poll()
            discipline.flushInput()
        }
    }
}
