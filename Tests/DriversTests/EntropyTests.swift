import Drivers
import Hardware
import LinuxABI
import TestSupport
import Testing
import Virtio

extension DriversTests {
    @Suite("Entropy") struct EntropyTests {
        @Test("a request fills exactly its bytes")
        func fill() throws {
            for count in 0...200 {
                var bytes = [UInt8](repeating: 0, count: count + 8)
                try withProgram(&bytes) { try Entropy.fill($0, count: count) }
                #expect(bytes.suffix(8) == [0, 0, 0, 0, 0, 0, 0, 0])
                // 2^-128 by chance.
                if count >= 16 { #expect(bytes.prefix(count).contains { $0 != 0 }) }
            }
        }
        @Test("no two requests give the same, and about half of all bits are set")
        func differ() throws {
            var seen = Set<UInt64>()
            var ones = 0
            for _ in 0..<10_000 {
                let word = Entropy.word()
                ones += word.nonzeroBitCount
                seen.insert(word)
            }
            #expect(seen.count == 10_000)
            // 640,000 fair bits: within ten standard deviations (400) of half.
            #expect(abs(ones - 320_000) < 4_000)
        }
        @Test("a long request is not one block again and again")
        func long() throws {
            var bytes = [UInt8](repeating: 0, count: 100_000)
            try withProgram(&bytes) { try Entropy.fill($0, count: 100_000) }
            let blocks = stride(from: 0, to: 99_968, by: 32).map { Array(bytes[$0..<$0 + 32]) }
            #expect(Set(blocks).count == blocks.count)
        }
        @Test("memory that is not the program's is EFAULT")
        func badAddress() {
            #expect(throws: Errno.badAddress) {
                try Entropy.fill(.init(rawValue: 0x4000_0000_0000), count: 1)
            }
        }
        @Test("the device is asked once at a time and its bytes change the generator's")
        func device() throws {
            let device = TestDevice(4)
            let driver = try EntropyDriver(VirtioTransport(device), allocate: frames)
            #expect(device.statusTrace == [0, 1, 3, 11, 15])
            try device.sleep(0)
            driver.request()
            driver.request()
            #expect(device.doorbells == [0])
            #expect(try device.fill(0, [UInt8](repeating: 5, count: 64)) == 64)
            driver.interrupt()
            #expect(Entropy.isSeeded)
            driver.request()
            #expect(try device.fill(0, [UInt8](repeating: 5, count: 3)) == 3)
            driver.interrupt()
        }
        @Test("the device is asked again after a number of requests")
        func reseed() {
            final class Source: EntropySource {
                var count = 0
                func request() { count += 1 }
            }
            let source = Source()
            Entropy.register(source)
            for _ in 0..<3 * Entropy.reseedInterval + 2 { _ = Entropy.word() }
            // Where the count stood before, and what other tests take, may add some.
            #expect(source.count >= 3)
        }
        @Test("a device that breaks the ring's rules is left alone")
        func hostile() throws {
            let device = TestDevice(4)
            let driver = try EntropyDriver(VirtioTransport(device), allocate: frames)
            driver.request()
            let layout = try #require(device.queues[0]?.layout)
            try DMAMemory().store(UInt16(7), at: layout.usedIndex)
            driver.interrupt()
            let doorbells = device.doorbells.count
            driver.request()
            #expect(device.doorbells.count == doorbells)
        }
    }
}
