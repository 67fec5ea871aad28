import Base
import DeviceModels
import KVM
import Testing
import Virtio

@Suite("virtio-mmio registers (virtio 1.2, section 4.2.2)") struct MMIORegistersTests {
    typealias Device = MMIODevice<EntropyModel>
    var driver: TestDriver
    var device = Device(EntropyModel())
    var memory: GuestMemory { driver.memory }

    init() throws { driver = try TestDriver() }

    @Test("a driver finds the device, its features and its queue")
    mutating func identifies() throws {
        #expect(try device.load(Register<UInt32>.magic) == VirtioMMIO.magic)
        #expect(try device.load(Register<UInt32>.version) == 2)
        #expect(try device.load(Register<DeviceIdentifier>.device) == DeviceIdentifier.entropy.bits)
        try device.store(1, to: Register<UInt32>.deviceFeaturesSelect, memory)
        #expect(try device.load(Register<UInt32>.deviceFeatures) == 1)  // VIRTIO_F_VERSION_1
        #expect(try device.load(Register<UInt32>.queueSizeMaximum) == 64)
        try device.store(1, to: Register<UInt32>.queueSelect, memory)
        #expect(try device.load(Register<UInt32>.queueSizeMaximum) == 0)
    }

    @Test("features that were not offered leave FEATURES_OK clear (section 2.2.2)")
    mutating func refusesFeatures() throws {
        try device.negotiate([.version1, .packedRing], memory)
        let status = DeviceStatus(rawValue: try device.load(Register<DeviceStatus>.status))
        #expect(status == [.acknowledge, .driver])
    }
    @Test("a driver that does not accept VERSION_1 is left without FEATURES_OK")
    mutating func refusesLegacy() throws {
        try device.negotiate([], memory)
        let status = DeviceStatus(rawValue: try device.load(Register<DeviceStatus>.status))
        #expect(!status.contains(.featuresAccepted))
    }

    @Test("writing 0 to Status resets everything")
    mutating func resets() throws {
        try device.negotiate(.version1, memory)
        _ = try device.makeQueue(0, &driver)
        try device.start(memory)
        #expect(device.registers.isStarted)
        try device.storeStatus([], memory)
        #expect(try device.load(Register<DeviceStatus>.status) == 0)
        #expect(try device.load(Register<UInt32>.queueReady) == 0)
        #expect(try device.serve(memory) == false)
    }

    @Test(
        "a queue size that is no power of two, zero or too large ends the machine",
        arguments: [0, 3, 65, 128, 1 << 16, UInt32.max])
    mutating func refusesQueueSize(size: UInt32) throws {
        try device.negotiate(.version1, memory)
        #expect(throws: GuestFault.self) {
            try device.configureQueue(0, size: size, (0x10000, 0x11000, 0x12000), memory)
        }
    }

    @Test(
        "a ring outside RAM, unaligned or wrapping around ends the machine",
        arguments: [
            (0x7fff_ffff_0000, 0x11000, 0x12000), (0x10008, 0x11000, 0x12000),
            (0x10000, 0x11001, 0x12000), (0x10000, 0x11000, 0x12002),
            (0x10000, 0x11000, 0xffff_ffff_ffff_fff0), (0x3ffff0, 0x11000, 0x12000),
            (0x10000, 0x3ffff0, 0x12000), (0x10000, 0x11000, 0x3ffff0),
        ] as [(UInt64, UInt64, UInt64)])
    mutating func refusesRing(place: (UInt64, UInt64, UInt64)) throws {
        try device.negotiate(.version1, memory)
        #expect(throws: GuestFault.self) {
            try device.configureQueue(0, size: 16, place, memory)
        }
    }

    @Test(
        "accesses that are not 4 aligned bytes end the machine (section 4.2.2.2)",
        arguments: [(0x70, 1), (0x70, 2), (0x70, 8), (0x71, 4), (0x72, 2), (0x0, 0)]
            as [(UInt32, Int)])
    mutating func refusesWidths(access: (UInt32, Int)) throws {
        #expect(throws: GuestFault.self) { try device.load(at: access.0, byteCount: access.1) }
        #expect(throws: GuestFault.self) {
            try device.store(0, at: access.0, byteCount: access.1, memory)
        }
    }

    @Test("steps out of turn end the machine")
    mutating func refusesOrder() throws {
        #expect(throws: GuestFault.self) {  // a queue before the features
            try device.configureQueue(0, size: 16, (0x10000, 0x11000, 0x12000), memory)
        }
        var other = Device(EntropyModel())
        #expect(throws: GuestFault.self) {  // DRIVER_OK before the features
            try other.storeStatus([.acknowledge, .driver, .driverReady], memory)
        }
        var third = Device(EntropyModel())
        try third.negotiate(.version1, memory)
        #expect(throws: GuestFault.self) {  // a queue that does not exist
            try third.configureQueue(1, size: 16, (0x10000, 0x11000, 0x12000), memory)
        }
        #expect(throws: GuestFault.self) {  // features after they were agreed
            try third.store(0, to: Register<UInt32>.driverFeatures, memory)
        }
        _ = try third.makeQueue(0, &driver)
        #expect(throws: GuestFault.self) {  // a queue that is in use
            try third.store(8, to: Register<UInt32>.queueSize, memory)
        }
        #expect(throws: GuestFault.self) {  // a step taken back
            try third.storeStatus([.acknowledge], memory)
        }
    }

    @Test("every offset and width either works or is the guest's fault; nothing traps")
    func survivesEveryAccess() throws {
        for offset in stride(from: UInt32(0), to: 0x1000, by: 1) {
            for byteCount in [1, 2, 3, 4, 8] {
                for value in [UInt64.max, 0, 1, 0x8000_0000] {
                    var device = Device(EntropyModel())
                    _ = try? device.load(at: offset, byteCount: byteCount)
                    _ = try? device.store(value, at: offset, byteCount: byteCount, memory)
                    _ = try? device.serve(memory)
                }
            }
        }
    }
}

@Suite("entropy device (virtio 1.2, section 5.4)") struct EntropyModelTests {
    @Test("buffers are filled, at most 4096 bytes of each")
    func fills() throws {
        var driver = try TestDriver()
        var device = MMIODevice(EntropyModel())
        try device.negotiate(.version1, driver.memory)
        var queue = try device.makeQueue(0, &driver)
        try device.start(driver.memory)
        let small = try driver.buffer([UInt8](repeating: 0, count: 64))
        let large = try driver.buffer([UInt8](repeating: 0, count: 8192))
        _ = try queue.add(writable: small, in: driver.memory)
        _ = try queue.add(writable: large, in: driver.memory)
        _ = try queue.publish(in: driver.memory)
        #expect(try device.serve(driver.memory))
        #expect(try queue.collect(in: driver.memory)?.written == 64)
        #expect(try queue.collect(in: driver.memory)?.written == 4096)
        #expect(Set(try driver.bytes(small)).count > 8)
        #expect(try driver.bytes(large).suffix(4096).allSatisfy { $0 == 0 })
    }

    @Test("a buffer to read from ends the machine")
    func refusesReadable() throws {
        var driver = try TestDriver()
        var device = MMIODevice(EntropyModel())
        try device.negotiate(.version1, driver.memory)
        var queue = try device.makeQueue(0, &driver)
        try device.start(driver.memory)
        _ = try queue.add(readable: try driver.buffer([1, 2, 3]), in: driver.memory)
        _ = try queue.publish(in: driver.memory)
        let memory = driver.memory
        #expect(throws: GuestFault.self) { try device.serve(memory) }
    }
}
