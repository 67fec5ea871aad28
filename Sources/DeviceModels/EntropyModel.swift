internal import Base
package import KVM
internal import LinuxABI
package import Virtio

/// virtio-rng: fills the driver's buffers from the host's generator (virtio 1.2, section 5.4).
package struct EntropyModel: DeviceModel {
    package static let name = "entropy device"
    package static let identifier = DeviceIdentifier.entropy
    package static let features: Features = []
    package let queueSizes: [UInt16] = [64]
    package let configuration: [UInt8] = []
    /// A request gets at most this much, so that no guest keeps the host's generator busy.
    package static let byteLimit: UInt32 = 4096

    private var queue: DeviceQueue?

    package init() {}
    package mutating func start(_ queues: [DeviceQueue?]) { queue = queues[0] }
    package mutating func reset() { queue = nil }

    package mutating func serve(_ memory: GuestMemory) throws(GuestFault) -> Bool {
        guard var queue else { return false }
        var budget = Int(queue.layout.size)
        repeat {
            while budget > 0,
                let chain = try onRing(
                    Self.name, 0,
                    { () throws(RingError) in
                        try queue.next(in: memory)
                    })
            {
                budget -= 1
                let written = try fill(chain, memory)
                try onRing(Self.name, 0) { () throws(RingError) in
                    try queue.complete(chain, written: written, in: memory)
                }
            }
        } while try onRing(Self.name, 0) { () throws(RingError) in
            try queue.enableNotifications(in: memory)
        } && budget > 0
        self.queue = queue
        defer { self.queue = queue }
        return try onRing(Self.name, 0) { () throws(RingError) in try queue.publish(in: memory) }
    }

    private func fill(_ chain: Chain, _ memory: GuestMemory) throws(GuestFault) -> UInt32 {
        guard chain.readableCount == 0 else {
            throw GuestFault("the kernel gave the \(Self.name) something to read")
        }
        var written: UInt32 = 0
        for segment in chain.writable {
            let count = min(segment.byteCount, Self.byteLimit - written)
            guard count > 0 else { continue }
            do {
                let place = PhysicalAddress(rawValue: segment.address)
                guard case .success = try memory.fillRandom(at: place, byteCount: Int(count)) else {
                    break
                }
            } catch { throw GuestFault(error) }
            written += count
        }
        return written
    }
}
