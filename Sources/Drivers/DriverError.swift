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
