package import Hardware
package import Virtio

/// A virtio device over MMIO, as its driver handles it (virtio 1.2, section 4.2).
///
/// The steps of section 3.1.1 in order: `init`, `negotiate`, `makeQueue` for each queue, `start`.
/// Interrupts are messages with vectors of their own, so that the interrupt status is never read.
package struct VirtioTransport {
    private let window: any DeviceWindow
    /// What the device is; `none` for an empty slot.
    package let device: DeviceIdentifier
    package private(set) var features: Features = []
    /// Rings that exist, where the device was started in the driver's place.
    private var prepared: PreparedRings?
    var isPrepared: Bool { prepared != nil }
    /// Whether the device moves on only while its driver rings: one that code of ours plays.
    package var isPolled = false

    /// Takes over a device that was prepared (`BootRecord.DeviceKind`).
    package init(
        _ window: any DeviceWindow, prepared: PreparedRings, device: DeviceIdentifier,
        features: Features
    ) {
        self.window = window
        self.device = device
        self.features = features
        self.prepared = prepared
    }

    /// Finds the device in `window` and resets it (steps 1 to 3).
    package init(_ window: any DeviceWindow) throws(DriverError) {
        self.window = window
        guard window.load32(at: Register<UInt32>.magic.offset) == VirtioMMIO.magic else {
            throw .notVirtio
        }
        let version = window.load32(at: Register<UInt32>.version.offset)
        guard version == VirtioMMIO.version else { throw .otherVersion(version) }
        device = DeviceIdentifier(bits: window.load32(at: Register<DeviceIdentifier>.device.offset))
        guard device != .none else { return }
        reset()
        // Section 4.2.3.1 has the driver wait for 0; ours answers at once, a broken one never.
        var attempts = 1_000
        while !load(.status).isEmpty {
            attempts -= 1
            guard attempts > 0 else { throw .notReset }
        }
        raise(.acknowledge)
        raise(.driver)
    }

    /// Accepts what the device offers of `wanted`, which must include `required` (steps 4 to 6).
    @inline(never)
    package mutating func negotiate(
        _ wanted: Features, required: Features = []
    ) throws(DriverError) {
        guard prepared == nil else {
            guard features.isSuperset(of: required.union(.version1)) else { throw .missingFeature }
            return
        }
        var offered: Features = []
        for word in 0..<UInt32(2) {
            store(word, to: .deviceFeaturesSelect)
            offered = offered.replacing(word: word, with: load(.deviceFeatures))
        }
        let accepted = offered.intersection(wanted.union(required).union(.version1))
        guard accepted.isSuperset(of: required.union(.version1)) else { throw fail() }
        for word in 0..<UInt32(2) {
            store(word, to: .driverFeaturesSelect)
            store(accepted.word(word), to: .driverFeatures)
        }
        raise(.featuresAccepted)
        guard load(.status).contains(.featuresAccepted) else { throw fail() }
        features = accepted
    }

    /// Sets queue `index` up with `size` entries, its ring in `arena` (step 7; section 4.2.3.2).
    package func makeQueue(
        _ index: UInt16, size: UInt16, in arena: inout DMAArena
    ) throws(DriverError) -> DriverQueue {
        if let prepared { return try prepared.takeQueue(index, size: size, features: features) }
        store(UInt32(index), to: .queueSelect)
        guard load(.queueReady) == 0, load(.queueSizeMaximum) >= UInt32(size) else {
            throw .missingQueue(index)
        }
        guard let base = arena.take(RingLayout.packedByteCount(size: size)) else {
            throw .outOfMemory
        }
        let queue: DriverQueue
        do {
            let layout = try RingLayout(size: size, packedAt: base)
            queue = try DriverQueue(layout, features: features, in: DMAMemory())
        } catch { throw .badRing }
        store(UInt32(size), to: .queueSize)
        store(queue.layout.descriptors, .queueDescriptorsLow, .queueDescriptorsHigh)
        store(queue.layout.available, .queueAvailableLow, .queueAvailableHigh)
        store(queue.layout.used, .queueUsedLow, .queueUsedHigh)
        store(1, to: .queueReady)
        return queue
    }

    /// Lets the device work (step 8).
    package func start() {
        if prepared == nil { raise(.driverReady) }
    }

    /// Rings the doorbell of a queue.
    package func notify(_ queue: UInt16) { store(UInt32(queue), to: .queueNotify) }

    /// Stops the device; it touches no memory of ours afterwards.
    package func reset() { window.store32(0, at: Register<DeviceStatus>.status.offset) }

    /// Tells the device that the driver gave up.
    private func fail() -> DriverError {
        raise(.failed)
        return .missingFeature
    }
    @inline(never)
    private func raise(_ bits: DeviceStatus) {
        let status = load(.status).union(bits)
        window.store32(status.rawValue, at: Register<DeviceStatus>.status.offset)
    }
    private func load<Value: RegisterValue>(_ register: Register<Value>) -> Value
    where Value.Bits == UInt32 {
        Value(bits: window.load32(at: register.offset))
    }
    private func store(_ value: UInt32, to register: Register<UInt32>) {
        window.store32(value, at: register.offset)
    }
    private func store(_ value: UInt64, _ low: Register<UInt32>, _ high: Register<UInt32>) {
        store(UInt32(truncatingIfNeeded: value), to: low)
        // A reset left zero there, and a store costs 10 to 30 µs on nested hosts.
        guard value >> 32 != 0 else { return }
        store(UInt32(truncatingIfNeeded: value >> 32), to: high)
    }

    /// Reads a field of the configuration space.
    package func configuration(_ field: ConfigurationField<UInt32>) -> UInt32 {
        window.load32(at: VirtioMMIO.configurationOffset + field.offset)
    }
    package func configuration(_ field: ConfigurationField<UInt16>) -> UInt16 {
        window.load16(at: VirtioMMIO.configurationOffset + field.offset)
    }
}
