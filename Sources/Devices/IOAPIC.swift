/// An I/O APIC, whose pins turn interrupt lines into vectors (Intel 82093AA).
///
/// Every pin is programmed as edge-triggered, also where a device holds its line: a driver that
/// acknowledges its device before it looks at its rings makes an edge of each later reason, and no
/// end of interrupt has to find its way back to the pin (which it does not where a host's local APIC
/// keeps no in-service bits).
package struct IOAPIC {
    private enum Register {
        static let select: UInt32 = 0x00
        static let window: UInt32 = 0x10
        static let version: UInt32 = 1
        static func pin(_ number: Int) -> UInt32 { 0x10 + 2 * UInt32(number) }
    }
    private let window: any DeviceWindow
    package let pinCount: Int

    /// The one with these registers; `nil` where there is none.
    package init?(_ window: any DeviceWindow) {
        window.store32(Register.version, at: Register.select)
        let version = window.load32(at: Register.window)
        // Version 0x1x or 0x2x; where nothing answers all bits read alike.
        guard (0x10...0x2f).contains(version & 0xff), (15...239).contains(version >> 16 & 0xff)
        else { return nil }
        self.window = window
        pinCount = Int(version >> 16 & 0xff) + 1
    }

    /// Sends a pin's edges to one CPU as a vector. Precondition: the pin exists.
    package func connect(pin: Int, vector: UInt8, to controller: UInt8) {
        precondition((0..<pinCount).contains(pin))
        store(UInt32(controller) << 24, Register.pin(pin) + 1)
        store(UInt32(vector), Register.pin(pin))
    }
    private func store(_ value: UInt32, _ register: UInt32) {
        window.store32(register, at: Register.select)
        window.store32(value, at: Register.window)
    }
}
