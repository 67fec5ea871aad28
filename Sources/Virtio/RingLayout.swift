/// Where the three parts of a split ring are (virtio 1.2, section 2.7), and what is where in them.
package struct RingLayout: Equatable, Sendable {
    /// Entries: a power of two from 1 to 32768.
    package let size: UInt16
    package let descriptors: UInt64
    package let available: UInt64
    package let used: UInt64

    package static let descriptorSize: UInt64 = 16
    package static let usedEntrySize: UInt64 = 8
    /// Largest size that section 2.7 allows.
    package static let sizeLimit: UInt32 = 1 << 15

    /// Takes what a driver wrote into the registers; checks size, alignment, and that each part ends
    /// before the top of the address space.
    package init(
        size: UInt32, maximum: UInt16, descriptors: UInt64, available: UInt64, used: UInt64
    ) throws(RingError) {
        guard size > 0, size & (size - 1) == 0, size <= UInt32(maximum), size <= Self.sizeLimit
        else { throw .badQueueSize(size) }
        self.size = UInt16(size)
        self.descriptors = descriptors
        self.available = available
        self.used = used
        try Self.check(descriptors, alignment: 16, byteCount: descriptorsByteCount)
        try Self.check(available, alignment: 2, byteCount: availableByteCount)
        try Self.check(used, alignment: 4, byteCount: usedByteCount)
    }
    /// Lays a ring's parts out one after the other from `base`, which is aligned to 16.
    package init(size: UInt16, packedAt base: UInt64) throws(RingError) {
        let available = base &+ UInt64(size) * Self.descriptorSize
        try self.init(
            size: UInt32(size), maximum: size, descriptors: base, available: available,
            used: (available &+ Self.availableByteCount(size) &+ 3) & ~3)
    }
    /// Bytes of a ring that `init(size:packedAt:)` laid out, rounded up to 16 for the next one.
    package static func packedByteCount(size: UInt16) -> Int {
        let descriptors = UInt64(size) * descriptorSize
        let used = (descriptors + availableByteCount(size) + 3) & ~3
        return Int((used + usedByteCount(size) + 15) & ~15)
    }

    private static func check(
        _ address: UInt64, alignment: UInt64, byteCount: UInt64
    ) throws(RingError) {
        guard address & (alignment - 1) == 0, !address.addingReportingOverflow(byteCount).overflow
        else { throw .badRingAddress(address) }
    }
    private static func availableByteCount(_ size: UInt16) -> UInt64 { 6 + 2 * UInt64(size) }
    private static func usedByteCount(_ size: UInt16) -> UInt64 {
        6 + usedEntrySize * UInt64(size)
    }

    package var descriptorsByteCount: UInt64 { UInt64(size) * Self.descriptorSize }
    /// With the event index, which is there whether it is negotiated or not.
    package var availableByteCount: UInt64 { Self.availableByteCount(size) }
    package var usedByteCount: UInt64 { Self.usedByteCount(size) }

    // What lies within the parts needs no check of its sums: the initialiser saw their ends.

    /// Descriptor: address (u64), byte count (u32), flags (u16), next (u16).
    package func descriptor(_ index: UInt16) -> UInt64 {
        descriptors &+ UInt64(index) &* Self.descriptorSize
    }
    /// Available ring: flags (u16), index (u16), entries (u16 each), used event (u16).
    package var availableFlags: UInt64 { available }
    package var availableIndex: UInt64 { available &+ 2 }
    package func availableEntry(_ index: UInt16) -> UInt64 {
        available &+ 4 &+ 2 &* UInt64(index & (size &- 1))
    }
    /// Where the driver says at which used index it wants an interrupt (section 2.7.7).
    package var usedEvent: UInt64 { available &+ 4 &+ 2 &* UInt64(size) }
    /// Used ring: flags (u16), index (u16), entries (id u32, byte count u32), available event (u16).
    package var usedFlags: UInt64 { used }
    package var usedIndex: UInt64 { used &+ 2 }
    package func usedEntry(_ index: UInt16) -> UInt64 {
        used &+ 4 &+ Self.usedEntrySize &* UInt64(index & (size &- 1))
    }
    /// Where the device says at which available index it wants a doorbell (section 2.7.10).
    package var availableEvent: UInt64 { used &+ 4 &+ Self.usedEntrySize &* UInt64(size) }

    /// Whether moving an index from `old` to `new` passed `event` (section 2.7.7.1).
    package static func passed(event: UInt16, from old: UInt16, to new: UInt16) -> Bool {
        new &- event &- 1 < new &- old
    }
}

/// Flags of a descriptor (virtio 1.2, section 2.7.5).
package struct DescriptorFlags: OptionSet, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }
    /// VIRTQ_DESC_F_NEXT
    package static let next = Self(rawValue: 1 << 0)
    /// VIRTQ_DESC_F_WRITE: the device writes it.
    package static let writable = Self(rawValue: 1 << 1)
    /// VIRTQ_DESC_F_INDIRECT
    package static let indirect = Self(rawValue: 1 << 2)
}

/// The flag by which a side asks not to be notified, without event index: VIRTQ_AVAIL_F_NO_INTERRUPT
/// in the available ring, VIRTQ_USED_F_NO_NOTIFY in the used ring.
package enum Suppression {
    package static let none: UInt16 = 0
    package static let requested: UInt16 = 1
}

/// A range of shared memory that one descriptor names.
package struct Segment: Equatable, Sendable {
    package let address: UInt64
    package let byteCount: UInt32
    package init(address: UInt64, byteCount: UInt32) {
        self.address = address
        self.byteCount = byteCount
    }
}
