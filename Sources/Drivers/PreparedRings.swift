internal import Virtio

/// The rings of a prepared device, by queue index.
package struct PreparedRings {
    private static let capacity: UInt32 = 16
    private var bases = InlineArray<16, UInt64>(repeating: 0)
    private var sizes = InlineArray<16, UInt16>(repeating: 0)

    package init() {}

    /// Notes a ring; one that no driver of ours can have is left out.
    package mutating func add(queue index: UInt32, size: UInt32, base: UInt64) {
        guard index < Self.capacity, let size = UInt16(exactly: size) else { return }
        bases[Int(index)] = base
        sizes[Int(index)] = size
    }
    /// The driver's half of queue `index`, with room for `size` entries at least.
    func takeQueue(
        _ index: UInt16, size: UInt16, features: Features
    ) throws(DriverError) -> DriverQueue {
        guard index < Self.capacity, sizes[Int(index)] >= size, size > 0 else {
            throw .missingQueue(index)
        }
        do throws(RingError) {
            let layout = try RingLayout(size: sizes[Int(index)], packedAt: bases[Int(index)])
            return try DriverQueue(layout, features: features, in: DMAMemory())
        } catch { throw .badRing }
    }
}
