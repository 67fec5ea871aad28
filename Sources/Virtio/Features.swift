/// Feature bits offered by a device and accepted by its driver (virtio 1.2, section 2.2).
///
/// Bits 0 to 23 mean something else in each device; those live in an enum named after it.
package struct Features: OptionSet, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// VIRTIO_F_INDIRECT_DESC
    package static let indirectDescriptors = Self(rawValue: 1 << 28)
    /// VIRTIO_F_EVENT_IDX
    package static let eventIndex = Self(rawValue: 1 << 29)
    /// VIRTIO_F_VERSION_1: not a legacy device; we know no other.
    package static let version1 = Self(rawValue: 1 << 32)
    /// VIRTIO_F_ACCESS_PLATFORM
    package static let accessPlatform = Self(rawValue: 1 << 33)
    /// VIRTIO_F_RING_PACKED
    package static let packedRing = Self(rawValue: 1 << 34)
    /// VIRTIO_F_IN_ORDER
    package static let inOrder = Self(rawValue: 1 << 35)
    /// VIRTIO_F_RING_RESET
    package static let ringReset = Self(rawValue: 1 << 40)

    /// The 32 bits that a feature-select register names; none beyond bit 63.
    package func word(_ index: UInt32) -> UInt32 {
        guard index < 2 else { return 0 }
        return UInt32(truncatingIfNeeded: rawValue >> (UInt64(index) * 32))
    }
    /// These features with the 32 bits of `index` replaced; beyond bit 63 nothing is stored.
    package func replacing(word index: UInt32, with bits: UInt32) -> Self {
        guard index < 2 else { return self }
        let shift = UInt64(index) * 32
        return Self(rawValue: rawValue & ~(0xffff_ffff << shift) | UInt64(bits) << shift)
    }
}
