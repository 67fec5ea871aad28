package import KVM
package import Virtio

/// A device whose rings exist before the guest runs, as the boot record tells it.
package struct PreparedDevice: Equatable, Sendable {
    package struct Queue: Equatable, Sendable {
        package let index: UInt16
        package let size: UInt16
        package let base: UInt64
    }
    package var identifier: UInt16
    package var features: UInt64
    package var queues: [Queue]

    /// Rings have this many entries, or as many as the device takes.
    package static let queueSize: UInt16 = 16
    /// Bytes that the rings of queues with these maximum sizes take.
    package static func byteCount(queueSizes: [UInt16]) -> UInt64 {
        queueSizes.reduce(0) { sum, maximum in
            sum + UInt64(RingLayout.packedByteCount(size: min(maximum, queueSize)))
        }
    }
}

extension MMIODevice {
    /// Starts the device as a driver would (virtio 1.2, section 3.1.1), with empty rings from `base`
    /// on; accepts what it offers of `wanted`.
    package mutating func prepare(
        _ wanted: Features, ringsAt base: UInt64, _ memory: GuestMemory
    ) throws(GuestFault) -> PreparedDevice {
        let features = Model.features.union([.version1, .eventIndex]).intersection(
            wanted.union(.version1))
        func store(_ value: UInt32, _ register: Register<UInt32>) throws(GuestFault) {
            _ = try self.store(UInt64(value), at: register.offset, byteCount: 4, memory)
        }
        func raise(_ status: DeviceStatus) throws(GuestFault) {
            let offset = Register<DeviceStatus>.status.offset
            _ = try self.store(UInt64(status.rawValue), at: offset, byteCount: 4, memory)
        }
        try raise([.acknowledge])
        try raise([.acknowledge, .driver])
        for word in 0..<UInt32(2) {
            try store(word, .driverFeaturesSelect)
            try store(features.word(word), .driverFeatures)
        }
        try raise([.acknowledge, .driver, .featuresAccepted])
        var prepared = PreparedDevice(
            identifier: UInt16(Model.identifier.bits), features: features.rawValue, queues: [])
        var next = base
        for (index, maximum) in model.queueSizes.enumerated() {
            let size = min(maximum, PreparedDevice.queueSize)
            let ring: RingLayout
            do { ring = try RingLayout(size: size, packedAt: next) } catch {
                throw GuestFault("the rings that the machine was built with are misplaced")
            }
            try store(UInt32(index), .queueSelect)
            try store(UInt32(size), .queueSize)
            for (address, low, high) in [
                (ring.descriptors, Register<UInt32>.queueDescriptorsLow, .queueDescriptorsHigh),
                (ring.available, Register<UInt32>.queueAvailableLow, .queueAvailableHigh),
                (ring.used, Register<UInt32>.queueUsedLow, .queueUsedHigh),
            ] as [(UInt64, Register<UInt32>, Register<UInt32>)] {
                try store(UInt32(truncatingIfNeeded: address), low)
                try store(UInt32(truncatingIfNeeded: address >> 32), high)
            }
            try store(1, .queueReady)
            prepared.queues.append(.init(index: UInt16(index), size: size, base: next))
            next += UInt64(RingLayout.packedByteCount(size: size))
        }
        try raise([.acknowledge, .driver, .featuresAccepted, .driverReady])
        return prepared
    }
}
