/// The sending half of Arm's PL011 serial port (Arm DDI 0183), as firmware left it.
package struct SerialPortPL011 {
    private enum Register {
        static let data: UInt32 = 0x00
        static let flags: UInt32 = 0x18
        static let isFull: UInt32 = 1 << 5
    }
    /// How often a full port is looked at before its byte is given up.
    package static let patience = 100_000

    private let window: any DeviceWindow
    package init(_ window: any DeviceWindow) { self.window = window }

    /// Sends a byte. A port that stays full loses bytes instead of the machine.
    package func write(_ byte: UInt8) {
        for _ in 0..<Self.patience {
            guard window.load32(at: Register.flags) & Register.isFull != 0 else { break }
        }
        window.store32(UInt32(byte), at: Register.data)
    }
}
