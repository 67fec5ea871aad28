// The registers of a virtio device over MMIO (virtio 1.2, section 4.2.2), version 2.
//
// The driver must follow section 3.1.1: reset, ACKNOWLEDGE, DRIVER, features, FEATURES_OK, queues,
// DRIVER_OK. What section 2 or 4 forbids a driver ends the machine; what a later version of the
// specification may add (unknown offsets) reads as zero and is ignored when written.
internal import Base
package import KVM
package import Virtio

package struct MMIORegisters: Sendable {
    private let name: String
    private let identifier: DeviceIdentifier
    private let offered: Features
    private let configuration: [UInt8]
    private var status: DeviceStatus = []
    private var accepted: Features = []
    private var deviceFeaturesSelect: UInt32 = 0
    private var driverFeaturesSelect: UInt32 = 0
    private var queueSelect: UInt32 = 0
    private var settings: [QueueSettings]

    /// What the driver wrote about one queue.
    private struct QueueSettings {
        let maximum: UInt16
        var size: UInt32 = 0
        var descriptors: UInt64 = 0
        var available: UInt64 = 0
        var used: UInt64 = 0
        /// The queue, once the driver said that it is ready.
        var queue: DeviceQueue?
        init(maximum: UInt16) { self.maximum = maximum }
    }

    /// "MART", as section 4.2.2 leaves it to the device.
    private static let vendor: UInt32 = 0x5452_414d
    /// More bytes than this in one chain are refused: no driver of ours has as many.
    package static let chainByteLimit: UInt32 = 16 << 20

    package init(
        name: String, identifier: DeviceIdentifier, offered: Features, queueSizes: [UInt16],
        configuration: [UInt8]
    ) {
        self.name = name
        self.identifier = identifier
        self.offered = offered
        self.configuration = configuration
        settings = queueSizes.map(QueueSettings.init(maximum:))
    }

    package var isStarted: Bool { status.contains(.driverReady) && !status.contains(.failed) }
    package var queues: [DeviceQueue?] { settings.map(\.queue) }

    // MARK: Loads

    package func load(at offset: UInt32, byteCount: Int) throws(GuestFault) -> UInt64 {
        if offset >= VirtioMMIO.configurationOffset {
            return try loadConfiguration(
                at: Int(offset - VirtioMMIO.configurationOffset), byteCount: byteCount)
        }
        try checkAccess(offset, byteCount)
        return UInt64(loadRegister(offset))
    }

    private func loadRegister(_ offset: UInt32) -> UInt32 {
        switch offset {
        case Register<UInt32>.magic.offset: VirtioMMIO.magic
        case Register<UInt32>.version.offset: VirtioMMIO.version
        case Register<DeviceIdentifier>.device.offset: identifier.bits
        case Register<UInt32>.vendor.offset: Self.vendor
        case Register<UInt32>.deviceFeatures.offset: offered.word(deviceFeaturesSelect)
        case Register<UInt32>.queueSizeMaximum.offset: UInt32(selected?.maximum ?? 0)
        case Register<UInt32>.queueReady.offset: selected?.queue == nil ? 0 : 1
        case Register<DeviceStatus>.status.offset: status.rawValue
        case Register<UInt32>.sharedMemoryLengthLow.offset,
            Register<UInt32>.sharedMemoryLengthHigh.offset,
            Register<UInt32>.sharedMemoryBaseLow.offset,
            Register<UInt32>.sharedMemoryBaseHigh.offset:
            .max  // section 4.2.2: there is no such region
        default: 0
        }
    }

    /// Shows what each register holds, the configuration last; the others are 0.
    func forEachRegister(_ body: (UInt32, UInt32) -> Void) {
        for offset in Self.readableRegisters { body(offset, loadRegister(offset)) }
        for word in stride(from: 0, to: configuration.count, by: 4) {
            var value: UInt32 = 0
            for index in 0..<4 where word + index < configuration.count {
                value |= UInt32(configuration[word + index]) << UInt32(8 * index)
            }
            body(VirtioMMIO.configurationOffset + UInt32(word), value)
        }
    }
    private static let readableRegisters: [UInt32] = [
        Register<UInt32>.magic.offset, Register<UInt32>.version.offset,
        Register<DeviceIdentifier>.device.offset, Register<UInt32>.vendor.offset,
        Register<UInt32>.deviceFeatures.offset, Register<UInt32>.queueSizeMaximum.offset,
        Register<UInt32>.queueReady.offset, Register<DeviceStatus>.status.offset,
        Register<UInt32>.sharedMemoryLengthLow.offset,
        Register<UInt32>.sharedMemoryLengthHigh.offset,
        Register<UInt32>.sharedMemoryBaseLow.offset, Register<UInt32>.sharedMemoryBaseHigh.offset,
    ]

    private func loadConfiguration(at offset: Int, byteCount: Int) throws(GuestFault) -> UInt64 {
        guard [1, 2, 4, 8].contains(byteCount), offset % byteCount == 0 else {
            throw GuestFault("the kernel read \(byteCount) bytes of the \(name)'s configuration")
        }
        var value: UInt64 = 0
        for index in 0..<byteCount where offset + index < configuration.count {
            value |= UInt64(configuration[offset + index]) << UInt64(8 * index)
        }
        return value
    }

    // MARK: Stores

    /// What a store asks the device to do.
    package enum Effect: Equatable, Sendable {
        case nothing
        case doorbell
        case reset
        case start
    }

    package mutating func store(
        _ value: UInt64, at offset: UInt32, byteCount: Int, _ memory: GuestMemory
    ) throws(GuestFault) -> Effect {
        // Nothing in a configuration space of ours can be written.
        guard offset < VirtioMMIO.configurationOffset else { return .nothing }
        try checkAccess(offset, byteCount)
        let value = UInt32(truncatingIfNeeded: value)
        switch offset {
        case Register<DeviceStatus>.status.offset:
            return try storeStatus(DeviceStatus(rawValue: value))
        case Register<UInt32>.queueNotify.offset: return .doorbell
        case Register<UInt32>.deviceFeaturesSelect.offset: deviceFeaturesSelect = value
        case Register<UInt32>.driverFeaturesSelect.offset: driverFeaturesSelect = value
        case Register<UInt32>.driverFeatures.offset:
            guard !status.contains(.featuresAccepted) else {
                throw fault("changed the features after it had accepted them")
            }
            accepted = accepted.replacing(word: driverFeaturesSelect, with: value)
        case Register<UInt32>.queueSelect.offset: queueSelect = value
        case Register<UInt32>.queueReady.offset: try storeReady(value, memory)
        default: try storeQueueSetting(value, offset)
        }
        return .nothing
    }

    private mutating func storeStatus(_ new: DeviceStatus) throws(GuestFault) -> Effect {
        guard !new.isEmpty else {
            self = Self(
                name: name, identifier: identifier, offered: offered,
                queueSizes: settings.map(\.maximum), configuration: configuration)
            return .reset
        }
        guard new.isSuperset(of: status.subtracting(.needsReset)) else {
            throw fault("took a step of its initialisation back")
        }
        let old = status
        status = new
        if new.contains(.featuresAccepted), !old.contains(.featuresAccepted) {
            // Section 2.2.2: what it can't work with, it answers by leaving the bit clear.
            if !offered.isSuperset(of: accepted) || !accepted.contains(.version1) {
                status.remove(.featuresAccepted)
            }
        }
        if new.contains(.driverReady), !old.contains(.driverReady) {
            guard status.contains(.featuresAccepted) else {
                throw fault("started it before it had agreed on features")
            }
            return .start
        }
        return .nothing
    }

    private mutating func storeReady(_ value: UInt32, _ memory: GuestMemory) throws(GuestFault) {
        guard let index = selectedIndex, value == 1, settings[index].queue == nil,
            status.contains(.featuresAccepted), !status.contains(.driverReady)
        else { throw fault("set up queue \(queueSelect) out of turn") }
        let setting = settings[index]
        let (name, accepted) = (name, accepted)
        settings[index].queue = try onRing(name, index) { () throws(RingError) in
            let layout = try RingLayout(
                size: setting.size, maximum: setting.maximum, descriptors: setting.descriptors,
                available: setting.available, used: setting.used)
            return try DeviceQueue(
                layout, features: accepted, chainByteLimit: Self.chainByteLimit, in: memory)
        }
    }

    private mutating func storeQueueSetting(_ value: UInt32, _ offset: UInt32) throws(GuestFault) {
        func low(_ old: UInt64) -> UInt64 { old & ~0xffff_ffff | UInt64(value) }
        func high(_ old: UInt64) -> UInt64 { old & 0xffff_ffff | UInt64(value) << 32 }
        // Any other offset is no register that we know.
        guard Self.queueSettings.contains(offset) else { return }
        guard let index = selectedIndex, settings[index].queue == nil else {
            throw fault("changed queue \(queueSelect) out of turn")
        }
        switch offset {
        case Register<UInt32>.queueSize.offset: settings[index].size = value
        case Register<UInt32>.queueDescriptorsLow.offset:
            settings[index].descriptors = low(settings[index].descriptors)
        case Register<UInt32>.queueDescriptorsHigh.offset:
            settings[index].descriptors = high(settings[index].descriptors)
        case Register<UInt32>.queueAvailableLow.offset:
            settings[index].available = low(settings[index].available)
        case Register<UInt32>.queueAvailableHigh.offset:
            settings[index].available = high(settings[index].available)
        case Register<UInt32>.queueUsedLow.offset:
            settings[index].used = low(settings[index].used)
        case Register<UInt32>.queueUsedHigh.offset:
            settings[index].used = high(settings[index].used)
        default: break
        }
    }
    private static let queueSettings: [UInt32] = [
        Register<UInt32>.queueSize.offset, Register<UInt32>.queueDescriptorsLow.offset,
        Register<UInt32>.queueDescriptorsHigh.offset, Register<UInt32>.queueAvailableLow.offset,
        Register<UInt32>.queueAvailableHigh.offset, Register<UInt32>.queueUsedLow.offset,
        Register<UInt32>.queueUsedHigh.offset,
    ]

    // MARK: Shared

    private var selectedIndex: Int? {
        queueSelect < UInt32(settings.count) ? Int(queueSelect) : nil
    }
    private var selected: QueueSettings? { selectedIndex.map { settings[$0] } }

    /// Section 4.2.2.2: registers are read and written by aligned accesses of 32 bits.
    private func checkAccess(_ offset: UInt32, _ byteCount: Int) throws(GuestFault) {
        guard byteCount == 4, offset % 4 == 0 else {
            throw fault("accessed \(byteCount) bytes of its registers at \(offset)")
        }
    }
    private func fault(_ what: String) -> GuestFault {
        GuestFault("the kernel broke the rules of the \(name): it \(what)")
    }
}
