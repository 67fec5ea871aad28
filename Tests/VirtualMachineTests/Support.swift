import Base
import DeviceModels
import KVM
import Virtio

/// A driver of our own in the test's process: rings and buffers in real guest memory.
struct TestDriver {
    let memory: GuestMemory
    /// First byte that nothing uses yet.
    var next: UInt64 = 0x10000
    var registers: [String] = []

    init(byteCount: UInt64 = 4 << 20) throws { memory = try GuestMemory(byteCount: byteCount) }

    mutating func place(_ byteCount: Int) -> UInt64 {
        let address = next
        next = (next + UInt64(byteCount) + 15) & ~15
        return address
    }
    mutating func buffer(_ bytes: [UInt8]) throws -> Segment {
        let address = place(bytes.count)
        try memory.store(bytes, at: PhysicalAddress(rawValue: address))
        return Segment(address: address, byteCount: UInt32(bytes.count))
    }
    func bytes(_ segment: Segment, _ count: Int? = nil) throws -> [UInt8] {
        try memory.bytes(
            at: PhysicalAddress(rawValue: segment.address),
            byteCount: count ?? Int(segment.byteCount))
    }
}

/// The steps of virtio 1.2, section 3.1.1, on any device model.
extension MMIODevice {
    mutating func store<Value: RegisterValue>(
        _ value: UInt32, to register: Register<Value>, _ memory: GuestMemory
    ) throws {
        _ = try store(UInt64(value), at: register.offset, byteCount: 4, memory)
    }
    func load<Value: RegisterValue>(_ register: Register<Value>) throws -> UInt32 {
        UInt32(try load(at: register.offset, byteCount: 4))
    }
    mutating func storeStatus(_ status: DeviceStatus, _ memory: GuestMemory) throws {
        try store(status.rawValue, to: Register<DeviceStatus>.status, memory)
    }

    /// Agrees on `features` and stops before the queues.
    mutating func negotiate(_ features: Features, _ memory: GuestMemory) throws {
        try storeStatus([.acknowledge], memory)
        try storeStatus([.acknowledge, .driver], memory)
        for word in 0..<UInt32(2) {
            try store(word, to: Register<UInt32>.driverFeaturesSelect, memory)
            try store(features.word(word), to: Register<UInt32>.driverFeatures, memory)
        }
        try storeStatus([.acknowledge, .driver, .featuresAccepted], memory)
    }
    mutating func configureQueue(
        _ index: UInt32, size: UInt32, _ layout: (UInt64, UInt64, UInt64), _ memory: GuestMemory
    ) throws {
        try store(index, to: Register<UInt32>.queueSelect, memory)
        try store(size, to: Register<UInt32>.queueSize, memory)
        func store64(_ value: UInt64, _ low: Register<UInt32>, _ high: Register<UInt32>) throws {
            try store(UInt32(truncatingIfNeeded: value), to: low, memory)
            try store(UInt32(value >> 32), to: high, memory)
        }
        try store64(layout.0, .queueDescriptorsLow, .queueDescriptorsHigh)
        try store64(layout.1, .queueAvailableLow, .queueAvailableHigh)
        try store64(layout.2, .queueUsedLow, .queueUsedHigh)
        try store(1, to: Register<UInt32>.queueReady, memory)
    }
    mutating func start(_ memory: GuestMemory) throws {
        try storeStatus([.acknowledge, .driver, .featuresAccepted, .driverReady], memory)
    }
    /// Sets up a queue of 16 entries; returns the driver's half.
    mutating func makeQueue(
        _ index: UInt16, _ driver: inout TestDriver, features: Features = .version1
    ) throws -> DriverQueue {
        let base = driver.place(RingLayout.packedByteCount(size: 16))
        let layout = try RingLayout(size: 16, packedAt: base)
        let queue = try DriverQueue(layout, features: features, in: driver.memory)
        try configureQueue(
            UInt32(index), size: 16, (layout.descriptors, layout.available, layout.used),
            driver.memory)
        return queue
    }
}

/// Raw rings, written as a hostile driver would.
struct RawRing {
    let layout: RingLayout
    let memory: GuestMemory

    func descriptor(
        _ index: UInt16, _ address: UInt64, _ byteCount: UInt32, _ flags: DescriptorFlags = [],
        next: UInt16 = 0
    ) throws {
        let at = layout.descriptor(index)
        try memory.store(address, at: at)
        try memory.store(byteCount, at: at + 8)
        try memory.store(flags.rawValue, at: at + 12)
        try memory.store(next, at: at + 14)
    }
    /// Shows the chain that begins at `head` to the device.
    func publish(_ head: UInt16, index: UInt16 = 1) throws {
        try memory.store(head, at: layout.availableEntry(index &- 1))
        try memory.store(index, at: layout.availableIndex)
    }
}

/// The host's side of a console as a test wants it.
struct TestConsoleHost: ConsoleHost {
    var sent: [UInt16: [UInt8]] = [:]
    /// Bytes that go before the host blocks; `nil`: any number.
    var room: Int?
    var input: [[UInt8]] = []
    var inputEnds = false
    var parser = ControlParser()
    var records: [ControlRecord] = []

    mutating func send(
        _ port: Console.Port, _ segment: Segment, _ memory: GuestMemory
    ) throws(GuestFault) -> SendOutcome {
        let count = min(Int(segment.byteCount), room ?? .max)
        guard count > 0 else { return .blocked }
        if let room { self.room = room - count }
        let bytes: [UInt8]
        do throws(GuestMemoryError) {
            bytes = try memory.bytes(
                at: PhysicalAddress(rawValue: segment.address), byteCount: count)
        } catch { throw GuestFault(error) }
        if port == .control {
            try parser.append(bytes, to: &records)
        } else {
            sent[port.rawValue, default: []] += bytes
        }
        return .sent(count)
    }
    mutating func receive(
        _ segment: Segment, _ memory: GuestMemory
    ) throws(GuestFault) -> ReceiveOutcome {
        guard !input.isEmpty else { return inputEnds ? .end : .nothing }
        let bytes = Array(input[0].prefix(Int(segment.byteCount)))
        input[0].removeFirst(bytes.count)
        if input[0].isEmpty { input.removeFirst() }
        do throws(GuestMemoryError) {
            try memory.store(bytes, at: PhysicalAddress(rawValue: segment.address))
        } catch { throw GuestFault(error) }
        return .received(bytes.count)
    }
}
