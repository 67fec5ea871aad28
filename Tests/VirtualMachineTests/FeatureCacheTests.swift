import Base
import DeviceModels
import KVM
import Testing
import Virtio

@testable import VirtualMachine

@Suite("CPUID cache") struct FeatureCacheTests {
    let key = Array("martlet-cpuid 1 boot\n1\n".utf8)
    let features = ProcessorFeatures(entries: [
        .init(function: 1, index: 0, flags: 0, eax: 0xa20f11, ebx: 2, ecx: 3, edx: 0xffff_ffff),
        .init(function: 0xd, index: 1, flags: 1, eax: 1, ebx: 0, ecx: 0, edx: 0),
    ])

    @Test("what was written reads back")
    func roundTrip() {
        let bytes = FeatureCache.encode(features, key: key)
        #expect(FeatureCache.decode(bytes, key: key) == features)
    }
    @Test("another boot, a cut file or an empty one is not believed")
    func refuses() {
        let bytes = FeatureCache.encode(features, key: key)
        #expect(FeatureCache.decode(bytes, key: Array("martlet-cpuid 1 toob\n1\n".utf8)) == nil)
        for count in 0..<bytes.count where (count - key.count) % 28 != 0 || count <= key.count {
            #expect(FeatureCache.decode(Array(bytes.prefix(count)), key: key) == nil)
        }
    }
    @Test("a guest gets no feature whose state XCR0 leaves out")
    func restricts() {
        var all = ProcessorFeatures(
            entries: [(1, 0), (7, 0), (0xd, 0), (0xb, 0)].map { function, index in
                .init(
                    function: function, index: index, flags: 0, eax: .max, ebx: .max, ecx: .max,
                    edx: .max)
            })
        all.restrict(toProcessor: 0)
        #expect(all.extendedControl == 0xe7)
        #expect(all.entries[0].ebx >> 24 == 0)
        #expect(all.entries[1].ecx & 1 << 3 == 0)  // PKU
        #expect(all.entries[1].edx & (1 << 22 | 1 << 24 | 1 << 25) == 0)  // AMX
        #expect(all.entries[3].edx == 0)
    }
}

@Suite("register pages") struct RegisterPagesTests {
    @Test("show what a load of each register would answer, at every step of a driver")
    func agree() throws {
        var driver = try TestDriver()
        var device = MMIODevice(ConsoleModel(host: TestConsoleHost()))
        func check() throws {
            var shown = [UInt32](repeating: 0, count: 0x400)
            device.forEachRegister { offset, value in shown[Int(offset) / 4] = value }
            for offset in stride(from: UInt32(0), to: 0x1000, by: 4) {
                #expect(try device.load(at: offset, byteCount: 4) == UInt64(shown[Int(offset) / 4]))
            }
        }
        try check()
        try device.negotiate([.version1, Console.multiport], driver.memory)
        try check()
        for queue in 0..<UInt16(4) {
            _ = try device.makeQueue(queue, &driver)
            try check()
        }
        try device.store(11, to: Register<UInt32>.queueSelect, driver.memory)
        try check()
        try device.start(driver.memory)
        try check()
        try device.storeStatus([], driver.memory)
        try check()
    }
}
