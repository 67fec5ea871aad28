internal import Base
package import LinuxABI
internal import Hardware

// ioctl(2) of the terminal (ioctl_tty(2)).
extension Terminal {
    package func control(_ request: UInt32, argument: UInt64) throws(Errno) -> Int {
        guard let request = TerminalRequest(rawValue: request) else { throw .notTerminal }
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
        case .exclusive, .notExclusive: break
        case .makeControlling: break  // it is
        case .getGroup: try store(owner?.processGroup ?? 0, at: address)
        case .getSession: try store(owner?.session ?? 0, at: address)
        case .setGroup: try setGroup(address)
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
        case .getDiscipline: try store(Int32(0), at: address)  // N_TTY
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
    /// The foreground group is the one there is (tiocspgrp).
    private func setGroup(_ address: VirtualAddress) throws(Errno) {
        let group = try ProgramMemory.load(Int32.self, at: address)
        guard group >= 0 else { throw .invalidArgument }
        guard group == owner?.processGroup else { throw .noSuchProcess }
    }
}
