package import Base
package import Files
package import LinuxABI
internal import Hardware
package import Scheduler

/// Standard input of the machine as a character device; not a terminal.
package final class ConsoleInput: CharacterDevice {
    private let console: ConsoleDriver
    package init(_ console: ConsoleDriver) { self.console = console }

    package func read(
        count: Int, to address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int {
        while true {
            let port = console.input
            if isReadable {
                guard port.byteCount > 0 else {
                    guard !port.isBroken else { throw .inputOutput }
                    return 0
                }
                return try port.read(count: count, to: address)
            }
            guard blocking == .blocking else { throw .tryAgain }
            let outcome = Wait.until(on: .queue(port.waiters)) { self.isReadable }
            guard outcome != .interrupted else { throw .interrupted }
        }
    }
    package func write(
        count: Int, from address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int { throw .badDescriptor }
    package func write(_ bytes: RawSpan, _ blocking: Blocking) throws(Errno) -> Int {
        throw .badDescriptor
    }

    /// True at the end too, as poll(2) has it.
    package var isReadable: Bool {
        // A close is sent after the last bytes, so whoever sees it first must look at those again.
        console.poll()
        console.input.collect()
        console.input.tellWaiters()
        return console.input.byteCount > 0 || console.input.hasEnded
    }
    package var isWritable: Bool { false }
    package var isHungUp: Bool { console.input.isClosed }
    package var waiters: WaitQueue? { console.input.waiters }

    package func control(_ request: UInt32, argument: UInt64) throws(Errno) -> Int {
        guard request == DeviceRequest.bytesReadable else { throw .notTerminal }
        _ = isReadable
        let count = Int32(clamping: console.input.byteCount)
        try ProgramMemory.store(count, at: VirtualAddress(rawValue: argument))
        return 0
    }
}

/// Standard output or error of the machine as a character device; not a terminal.
package final class ConsoleOutput: CharacterDevice {
    private let console: ConsoleDriver
    private let port: TransmitPort

    package init(_ console: ConsoleDriver, _ port: TransmitPort) {
        self.console = console
        self.port = port
    }

    package func read(
        count: Int, to address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int { throw .badDescriptor }
    package func write(
        count: Int, from address: VirtualAddress, _ blocking: Blocking
    ) throws(Errno) -> Int {
        try port.write(
            count: count, from: address, blocking == .blocking ? .untilSignal : .never)
    }
    package func write(_ bytes: RawSpan, _ blocking: Blocking) throws(Errno) -> Int {
        try port.write(bytes, blocking == .blocking ? .untilSignal : .never)
    }
    package var isReadable: Bool { false }
    package var isWritable: Bool {
        console.poll()
        return port.isWritable
    }
    package var isHungUp: Bool { port.isClosed }
    package var waiters: WaitQueue? { port.waiters }
}

/// Requests of ioctl(2) that a console channel knows (ioctl_tty(2)); all others are ENOTTY.
private enum DeviceRequest {
    /// FIONREAD
    static let bytesReadable: UInt32 = 0x541b
}
