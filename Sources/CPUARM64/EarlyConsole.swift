internal import Base
internal import Devices
internal import NucleusLayoutARM64

/// The machine's serial port, for the kernel's words before, and without, a console device.
package enum EarlyConsole {
    // Set by boot where it mapped the port's page.
    fileprivate static let port = Global<SerialPortPL011?>(nil)
    package static func found() {
        port.value = RegisterWindow(
            at: VirtualAddress(rawValue: UInt64(SERIAL_WINDOW)), byteCount: Page.size
        ).map(SerialPortPL011.init)
    }
}

extension CPU {
    /// Writes bytes to the early console, where boot found one.
    package static func writeEarlyConsole(_ bytes: RawSpan) {
        guard let port = EarlyConsole.port.value else { return }
        for index in 0..<bytes.byteCount { port.write(bytes.byte(at: index)) }
    }
}
