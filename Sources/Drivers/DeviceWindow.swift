package import Hardware

/// A device's registers: the machine's own, or a device model in the same process (tests).
package protocol DeviceWindow: AnyObject {
    func load8(at offset: UInt32) -> UInt8
    func load16(at offset: UInt32) -> UInt16
    func load32(at offset: UInt32) -> UInt32
    func store32(_ value: UInt32, at offset: UInt32)
}
extension RegisterWindow: DeviceWindow {}

/// Why a device can't be used.
package enum DriverError: Error, Equatable, Sendable {
    case notVirtio
    case otherVersion(UInt32)
    /// It stays in use after a reset was asked for.
    case notReset
    /// It lacks a feature without which the driver can't work, or refuses what the driver accepted.
    case missingFeature
    /// It lacks a queue, or the queue is too small.
    case missingQueue(UInt16)
    case outOfMemory
    /// The driver's own ring is wrong: a fault of ours.
    case badRing
}
