internal import Base
internal import DeviceModels
internal import KVM
internal import LinuxHost
internal import NucleusLayout
internal import NucleusLayoutX86_64
internal import Synchronization
internal import Virtio

/// The machine's devices: registers for the CPU's thread, rings for the event loop.
///
/// Each device has a lock: the CPU's thread takes it for a register, the loop while it serves the
/// rings. Neither waits for the guest under it.
final class MachineDevices: Sendable {
    let console: Mutex<MMIODevice<ConsoleModel<HostConsole>>>
    let entropy: Mutex<MMIODevice<EntropyModel>>
    let memory: GuestMemory
    private let pages: RegisterPages
    let consoleLines: DeviceLines
    let entropyLines: DeviceLines

    /// Windows in the order of the boot record.
    static let consoleIndex = 0
    static let entropyIndex = 1
    static let count = 2

    init(memory: GuestMemory) throws(MachineFailure) {
        self.memory = memory
        console = Mutex(MMIODevice(ConsoleModel(host: HostConsole())))
        entropy = Mutex(MMIODevice(EntropyModel()))
        consoleLines = try DeviceLines()
        entropyLines = try DeviceLines()
        do { pages = try RegisterPages(count: Self.count) } catch {
            throw .host("the host gives no memory for registers", error)
        }
        console.withLock { show($0, Self.consoleIndex) }
        entropy.withLock { show($0, Self.entropyIndex) }
    }

    /// Puts what the registers hold where the guest loads them from.
    private func show<Model>(_ device: MMIODevice<Model>, _ index: Int) {
        device.forEachRegister { offset, value in
            pages.store(value, at: index * Page.size + Int(offset))
        }
    }

    /// Interrupt vectors: two a device, rings and configuration apart.
    static var vectors: [BootFacts.Device] {
        (0..<count).map { index in
            let first = UInt8(FIRST_DEVICE_VECTOR) + UInt8(2 * index)
            return BootFacts.Device(queueVector: first, configurationVector: first + 1)
        }
    }

    /// Bytes of guest memory that the rings of all devices take.
    static var ringByteCount: UInt64 {
        PreparedDevice.byteCount(
            queueSizes: ConsoleModel<HostConsole>.queueSizes + EntropyModel().queueSizes)
    }
    /// Starts every device with rings at `base`; returns what the guest is told of each.
    func prepare(ringsAt base: UInt64) throws(MachineFailure) -> [BootFacts.Device] {
        var devices = Self.vectors
        let memory = memory
        do {
            let console = try console.withLock { (device) throws(GuestFault) in
                try device.prepare([.eventIndex, Console.multiport], ringsAt: base, memory)
            }
            let next = base + PreparedDevice.byteCount(queueSizes: console.queues.map(\.size))
            devices[Self.consoleIndex].prepared = console
            devices[Self.entropyIndex].prepared = try entropy.withLock {
                (device) throws(GuestFault) in
                try device.prepare(.eventIndex, ringsAt: next, memory)
            }
        } catch { throw .host(error.line) }
        return devices
    }

    /// Connects doorbells and interrupts in the kernel, so that neither leaves the guest.
    func connect(to virtual: borrowing KVMachine) throws(KVMError) {
        virtual.attach(pages, at: PhysicalAddress(rawValue: UInt64(VMM_VIRTIO_BASE)))
        try virtual.routeMessages(vectors: Self.vectors.map(\.queueVector))
        try consoleLines.connect(to: virtual, index: Self.consoleIndex)
        try entropyLines.connect(to: virtual, index: Self.entropyIndex)
    }

    // MARK: Registers

    /// Which device's window an address lies in, and where.
    private func window(_ address: PhysicalAddress) -> (index: Int, offset: UInt32)? {
        guard address.rawValue >= UInt64(VMM_VIRTIO_BASE) else { return nil }
        let distance = address.rawValue - UInt64(VMM_VIRTIO_BASE)
        let index = distance / VirtioMMIO.windowSize
        guard index < UInt64(Self.count) else { return nil }
        return (Int(index), UInt32(distance % VirtioMMIO.windowSize))
    }

    func load(_ address: PhysicalAddress, byteCount: Int) throws(GuestFault) -> UInt64 {
        guard let (index, offset) = window(address) else {
            throw GuestFault(
                "the kernel read at \(hexadecimal(address.rawValue)), where nothing is")
        }
        return if index == Self.consoleIndex {
            try console.withLock { (device) throws(GuestFault) in
                try device.load(at: offset, byteCount: byteCount)
            }
        } else {
            try entropy.withLock { (device) throws(GuestFault) in
                try device.load(at: offset, byteCount: byteCount)
            }
        }
    }

    func store(
        _ value: UInt64, at address: PhysicalAddress, byteCount: Int
    ) throws(GuestFault) {
        guard let (index, offset) = window(address) else {
            throw GuestFault(
                "the kernel wrote at \(hexadecimal(address.rawValue)), where nothing is")
        }
        let memory = memory
        if index == Self.consoleIndex {
            let rings = try console.withLock { (device) throws(GuestFault) in
                defer { show(device, Self.consoleIndex) }
                return try device.store(value, at: offset, byteCount: byteCount, memory)
            }
            if rings { consoleLines.doorbell.signal() }
        } else {
            let rings = try entropy.withLock { (device) throws(GuestFault) in
                defer { show(device, Self.entropyIndex) }
                return try device.store(value, at: offset, byteCount: byteCount, memory)
            }
            if rings { entropyLines.doorbell.signal() }
        }
    }
}

/// A device's two wires: the driver's doorbell and the interrupt of its rings.
struct DeviceLines: ~Copyable, Sendable {
    let doorbell: EventCounter
    let interrupt: EventCounter

    init() throws(MachineFailure) {
        let first = try Self.makeCounter()
        let second = try Self.makeCounter()
        doorbell = first
        interrupt = second
    }
    /// Connects both in the kernel, for the device of this number.
    borrowing func connect(to virtual: borrowing KVMachine, index: Int) throws(KVMError) {
        try virtual.connect(interrupt, toRoute: index)
        let base = UInt64(VMM_VIRTIO_BASE) + UInt64(index) * VirtioMMIO.windowSize
        let notify = base + UInt64(Register<UInt32>.queueNotify.offset)
        try virtual.connect(doorbell: PhysicalAddress(rawValue: notify), to: doorbell)
        // Stores that no load of the driver depends on; what it selects, and its status, is not
        // among them, so that the registers show at once what follows from those.
        for (first, last) in Self.deferred {
            virtual.deferStores(to: base + UInt64(first)..<base + UInt64(last) + 4)
        }
    }
    private static let deferred: [(UInt32, UInt32)] = [
        (Register<UInt32>.driverFeatures.offset, Register<UInt32>.driverFeaturesSelect.offset),
        (Register<UInt32>.queueSize.offset, Register<UInt32>.queueReady.offset),
        (Register<UInt32>.queueDescriptorsLow.offset, Register<UInt32>.queueUsedHigh.offset),
    ]
    static func makeCounter() throws(MachineFailure) -> EventCounter {
        do { return try EventCounter() } catch {
            throw .host("the host gives no event counter", error)
        }
    }
}
