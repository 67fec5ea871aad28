package import KVM
package import Virtio

/// What a virtio device is behind its registers.
package protocol DeviceModel: Sendable {
    /// Its name in messages.
    static var name: String { get }
    static var identifier: DeviceIdentifier { get }
    /// Features beyond those that every device here has.
    static var features: Features { get }
    /// How many entries each queue has at most.
    var queueSizes: [UInt16] { get }
    /// Bytes of the configuration space.
    var configuration: [UInt8] { get }

    /// The driver set the queues up and is ready; a queue it left out is `nil`.
    mutating func start(_ queues: [DeviceQueue?])
    /// The driver reset the device, which touches no guest memory from now on.
    mutating func reset()
    /// Does what there is to do in the rings; returns whether the driver wants an interrupt.
    mutating func serve(_ memory: GuestMemory) throws(GuestFault) -> Bool
}

/// A virtio device at its place: registers and what is behind them.
package struct MMIODevice<Model: DeviceModel>: Sendable {
    package private(set) var registers: MMIORegisters
    package var model: Model

    package init(_ model: Model) {
        self.model = model
        registers = MMIORegisters(
            name: Model.name, identifier: Model.identifier,
            offered: Model.features.union([.version1, .eventIndex, .indirectDescriptors]),
            queueSizes: model.queueSizes, configuration: model.configuration)
    }

    /// Answers a load of `byteCount` bytes at `offset` in the window.
    package func load(at offset: UInt32, byteCount: Int) throws(GuestFault) -> UInt64 {
        try registers.load(at: offset, byteCount: byteCount)
    }

    /// Offsets of the registers and configuration words that loads may look at, each with what it
    /// shows now; the others are 0.
    package func forEachRegister(_ body: (_ offset: UInt32, _ value: UInt32) -> Void) {
        registers.forEachRegister(body)
    }

    /// Takes a store; returns whether it was a doorbell.
    package mutating func store(
        _ value: UInt64, at offset: UInt32, byteCount: Int, _ memory: GuestMemory
    ) throws(GuestFault) -> Bool {
        switch try registers.store(value, at: offset, byteCount: byteCount, memory) {
        case .nothing: return false
        case .doorbell: return true
        case .reset: model.reset()
        case .start: model.start(registers.queues)
        }
        return false
    }

    /// Serves the rings, if the driver is ready; returns whether it wants an interrupt.
    package mutating func serve(_ memory: GuestMemory) throws(GuestFault) -> Bool {
        guard registers.isStarted else { return false }
        return try model.serve(memory)
    }
}
