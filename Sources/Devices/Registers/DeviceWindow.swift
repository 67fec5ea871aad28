/// A device's registers: the machine's own, or a device model in the same process (tests).
package protocol DeviceWindow: AnyObject {
    func load8(at offset: UInt32) -> UInt8
    func load16(at offset: UInt32) -> UInt16
    func load32(at offset: UInt32) -> UInt32
    func store32(_ value: UInt32, at offset: UInt32)
}
extension RegisterWindow: DeviceWindow {}
