/// The window of a virtio device over MMIO (virtio 1.2, section 4.2.2), version 2.
package enum VirtioMMIO {
    /// "virt"; any other value: no virtio device.
    package static let magic: UInt32 = 0x7472_6976
    package static let version: UInt32 = 2
    /// Bytes of registers before the configuration space.
    package static let configurationOffset: UInt32 = 0x100
    /// Bytes of a window on our VMM: one page.
    package static let windowSize: UInt64 = 0x1000
}

extension Register<UInt32> {
    /// MagicValue
    package static var magic: Self { Self(0x000, .readOnly) }
    /// Version
    package static var version: Self { Self(0x004, .readOnly) }
    /// VendorID
    package static var vendor: Self { Self(0x00c, .readOnly) }
    /// DeviceFeatures: 32 bits of the device's features, chosen by `deviceFeaturesSelect`.
    package static var deviceFeatures: Self { Self(0x010, .readOnly) }
    /// DeviceFeaturesSel
    package static var deviceFeaturesSelect: Self { Self(0x014, .writeOnly) }
    /// DriverFeatures
    package static var driverFeatures: Self { Self(0x020, .writeOnly) }
    /// DriverFeaturesSel
    package static var driverFeaturesSelect: Self { Self(0x024, .writeOnly) }
    /// QueueSel
    package static var queueSelect: Self { Self(0x030, .writeOnly) }
    /// QueueNumMax; 0: there is no such queue.
    package static var queueSizeMaximum: Self { Self(0x034, .readOnly) }
    /// QueueNum
    package static var queueSize: Self { Self(0x038, .writeOnly) }
    /// QueueReady
    package static var queueReady: Self { Self(0x044, .readWrite) }
    /// QueueNotify: the doorbell; the value is the queue's number.
    package static var queueNotify: Self { Self(0x050, .writeOnly) }
    /// QueueDescLow
    package static var queueDescriptorsLow: Self { Self(0x080, .writeOnly) }
    /// QueueDescHigh
    package static var queueDescriptorsHigh: Self { Self(0x084, .writeOnly) }
    /// QueueDriverLow
    package static var queueAvailableLow: Self { Self(0x090, .writeOnly) }
    /// QueueDriverHigh
    package static var queueAvailableHigh: Self { Self(0x094, .writeOnly) }
    /// QueueDeviceLow
    package static var queueUsedLow: Self { Self(0x0a0, .writeOnly) }
    /// QueueDeviceHigh
    package static var queueUsedHigh: Self { Self(0x0a4, .writeOnly) }
    /// SHMSel
    package static var sharedMemorySelect: Self { Self(0x0ac, .writeOnly) }
    /// SHMLenLow; all ones: there is no such region.
    package static var sharedMemoryLengthLow: Self { Self(0x0b0, .readOnly) }
    /// SHMLenHigh
    package static var sharedMemoryLengthHigh: Self { Self(0x0b4, .readOnly) }
    /// SHMBaseLow
    package static var sharedMemoryBaseLow: Self { Self(0x0b8, .readOnly) }
    /// SHMBaseHigh
    package static var sharedMemoryBaseHigh: Self { Self(0x0bc, .readOnly) }
    /// QueueReset
    package static var queueReset: Self { Self(0x0c0, .readWrite) }
    /// ConfigGeneration
    package static var configurationGeneration: Self { Self(0x0fc, .readOnly) }
}
extension Register<DeviceIdentifier> {
    /// DeviceID
    package static var device: Self { Self(0x008, .readOnly) }
}
extension Register<InterruptStatus> {
    /// InterruptStatus (never read on our VMM: rings and configuration have vectors of their own).
    package static var interruptStatus: Self { Self(0x060, .readOnly) }
    /// InterruptACK
    package static var interruptAcknowledge: Self { Self(0x064, .writeOnly) }
}
extension Register<DeviceStatus> {
    /// Status; writing 0 resets the device.
    package static var status: Self { Self(0x070, .readWrite) }
}

/// Progress of a device's initialisation (virtio 1.2, section 2.1); empty after a reset.
package struct DeviceStatus: OptionSet, RegisterValue {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    /// ACKNOWLEDGE
    package static let acknowledge = Self(rawValue: 1 << 0)
    /// DRIVER
    package static let driver = Self(rawValue: 1 << 1)
    /// DRIVER_OK
    package static let driverReady = Self(rawValue: 1 << 2)
    /// FEATURES_OK
    package static let featuresAccepted = Self(rawValue: 1 << 3)
    /// DEVICE_NEEDS_RESET
    package static let needsReset = Self(rawValue: 1 << 6)
    /// FAILED
    package static let failed = Self(rawValue: 1 << 7)
}

/// Why a device without message interrupts raised its line (virtio 1.2, section 4.2.2).
package struct InterruptStatus: OptionSet, RegisterValue {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let usedBuffer = Self(rawValue: 1 << 0)
    package static let configurationChanged = Self(rawValue: 1 << 1)
}

/// What a device is (virtio 1.2, section 5).
package struct DeviceIdentifier: RegisterValue, Equatable {
    package let bits: UInt32
    package init(bits: UInt32) { self.bits = bits }
    /// An unused slot: drivers leave it alone.
    package static let none = Self(bits: 0)
    package static let network = Self(bits: 1)
    package static let block = Self(bits: 2)
    package static let console = Self(bits: 3)
    package static let entropy = Self(bits: 4)
}
