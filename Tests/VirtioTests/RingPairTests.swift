import TestSupport
import Testing
import Virtio

/// Both halves on one memory, each taking random steps; the device sleeps and is woken as a thread is.
@Suite("Both halves of a ring") struct RingPairTests {
    static let sizes: [UInt16] = [1, 2, 4, 8, 64, 256]

    struct Machine: ~Copyable {
        let memory: SharedBytes
        var driver: DriverQueue
        var device: DeviceQueue
        var taken: [Chain] = []
        /// Segments of the chains that the driver handed out, by head.
        var lent: [UInt16: (segments: [Segment], readable: Int)] = [:]
        var deviceSleeps = false
        var driverSleeps = false
        var added = 0
        var collected = 0

        init(size: UInt16, features: Features) throws {
            let memory = SharedBytes(byteCount: 32768)
            let layout = try RingLayout(size: size, packedAt: memory.base)
            let driver = try DriverQueue(layout, features: features, in: memory)
            let device = try DeviceQueue(layout, features: features, in: memory)
            self.memory = memory
            self.driver = driver
            self.device = device
        }

        mutating func add(_ random: inout SeededRandom) throws {
            let count = random.pick(1...4)
            let readable = random.pick(0...count)
            let segments = (0..<count).map { _ in
                Segment(
                    address: 0x1_4000 + UInt64(random.pick(0...0x1000)),
                    byteCount: UInt32(random.pick(0...100)))
            }
            let free = driver.freeCount
            guard
                let head = try driver.add(segments.span, readableCount: readable, in: memory)
            else {
                #expect(count > Int(free))
                return
            }
            #expect(lent[head] == nil)
            lent[head] = (segments, readable)
            added += 1
        }
        mutating func publishChains() throws {
            if try driver.publish(in: memory) { deviceSleeps = false }
        }
        mutating func take() throws {
            guard let chain = try device.next(in: memory) else { return }
            let expected = try #require(lent[chain.head])
            #expect(chain.segments == expected.segments)
            #expect(chain.readableCount == expected.readable)
            taken.append(chain)
        }
        mutating func give(_ random: inout SeededRandom) throws {
            guard !taken.isEmpty else { return }
            let chain = taken.remove(at: random.pick(0...taken.count - 1))
            try device.complete(
                chain, written: UInt32(random.pick(0...Int(chain.writableByteCount))), in: memory)
            if random.oneIn(2) { try publishUsed() }
        }
        mutating func publishUsed() throws {
            if try device.publish(in: memory) { driverSleeps = false }
        }
        mutating func collect() throws {
            while let completion = try driver.collect(in: memory) {
                #expect(lent.removeValue(forKey: completion.head) != nil)
                collected += 1
            }
        }
    }

    @Test(
        "random steps: chains arrive whole, each comes back once, and no sleeper is forgotten",
        arguments: sizes, [Features.version1, [.version1, .eventIndex]])
    func random(size: UInt16, features: Features) throws {
        var random = SeededRandom(seed: .random(in: 0...(.max)))
        print("size \(size), seed \(random.seed)")
        var machine = try Machine(size: size, features: features)
        for _ in 0..<20_000 {
            switch random.pick(0...9) {
            case 0...2: try machine.add(&random)
            case 3: try machine.publishChains()
            case 4, 5:
                if !machine.deviceSleeps {
                    try machine.device.disableNotifications(in: machine.memory)
                    try machine.take()
                }
            case 6: if !machine.deviceSleeps { try machine.give(&random) }
            case 7:  // The device ran dry and goes to sleep, having given everything back.
                guard !machine.deviceSleeps else { continue }
                while !machine.taken.isEmpty { try machine.give(&random) }
                try machine.publishUsed()
                machine.deviceSleeps = try !machine.device.enableNotifications(in: machine.memory)
            case 8: if !machine.driverSleeps { try machine.collect() }
            default:  // The driver sleeps until a chain comes back.
                guard !machine.driverSleeps else { continue }
                try machine.collect()
                machine.driverSleeps = try !machine.driver.enableInterrupts(in: machine.memory)
                if random.oneIn(2), !machine.driverSleeps {
                    try machine.driver.disableInterrupts(in: machine.memory)
                }
            }
            // A sleeper with work waiting would sleep for ever.
            let deviceHasWork = try machine.device.hasNext(in: machine.memory)
            #expect(!(machine.deviceSleeps && deviceHasWork))
            let driverHasWork = try machine.driver.hasCompletion(in: machine.memory)
            #expect(!(machine.driverSleeps && driverHasWork))
        }
        // Everything comes back in the end.
        try machine.publishChains()
        while try machine.device.hasNext(in: machine.memory) { try machine.take() }
        while !machine.taken.isEmpty { try machine.give(&random) }
        try machine.publishUsed()
        try machine.collect()
        #expect(machine.lent.isEmpty && machine.driver.freeCount == size)
        #expect(machine.added == machine.collected && machine.added > 100)
    }

    @Test("small rings: every order of six steps keeps both sides' counts")
    func exhaustive() throws {
        // Steps: 0 add one, 1 add two, 2 publish, 3 take, 4 give back, 5 collect.
        for size in [1, 2] as [UInt16] {
            for features in [Features.version1, [.version1, .eventIndex]] {
                for code in 0..<46_656 {  // 6^6
                    try run(code, size: size, features: features)
                }
            }
        }
    }
    private func run(_ code: Int, size: UInt16, features: Features) throws {
        let memory = SharedBytes(byteCount: 512)
        let layout = try RingLayout(size: size, packedAt: memory.base)
        var driver = try DriverQueue(layout, features: features, in: memory)
        var device = try DeviceQueue(layout, features: features, in: memory)
        let two = [Segment](
            repeating: Segment(address: memory.base + 256, byteCount: 8), count: 2)
        var unpublished = 0
        var waiting = 0
        var taken: [Chain] = []
        var done = 0
        var used = 0
        var lengths: [UInt16: Int] = [:]
        var code = code
        for _ in 0..<6 {
            defer { code /= 6 }
            switch code % 6 {
            case 0, 1:
                let count = code % 6 + 1
                let head = try driver.add(
                    two.span.extracting(first: count), readableCount: 0, in: memory)
                guard (head != nil) == (used + count <= Int(size)) else {
                    Issue.record("room for \(count) of \(size), \(used) used")
                    return
                }
                guard let head else { continue }
                lengths[head] = count
                used += count
                unpublished += 1
            case 2:
                _ = try driver.publish(in: memory)
                waiting += unpublished
                unpublished = 0
            case 3:
                let chain = try device.next(in: memory)
                guard (chain != nil) == (waiting > 0) else {
                    Issue.record("\(waiting) chains wait")
                    return
                }
                if let chain {
                    taken.append(chain)
                    waiting -= 1
                }
            case 4:
                guard let chain = taken.popLast() else { continue }
                try device.complete(chain, written: 0, in: memory)
                _ = try device.publish(in: memory)
                done += 1
            default:
                let completion = try driver.collect(in: memory)
                guard (completion != nil) == (done > 0) else {
                    Issue.record("\(done) chains came back")
                    return
                }
                guard let completion else { continue }
                done -= 1
                used -= lengths.removeValue(forKey: completion.head) ?? 1_000
            }
        }
        if Int(driver.freeCount) != Int(size) - used { Issue.record("descriptors were lost") }
    }

    @Test("the index of a ring wraps around without loss")
    func wrap() throws {
        let memory = SharedBytes(byteCount: 4096)
        let layout = try RingLayout(size: 2, packedAt: memory.base)
        let features: Features = [.version1, .eventIndex]
        var driver = try DriverQueue(layout, features: features, in: memory)
        var device = try DeviceQueue(layout, features: features, in: memory)
        let segment = Segment(address: memory.base + 2048, byteCount: 4)
        for _ in 0..<70_000 {
            let head = try driver.add(writable: segment, in: memory)
            // The device slept, so each chain rings; the driver sleeps, so each return interrupts.
            #expect(try device.enableNotifications(in: memory) == false)
            #expect(try driver.publish(in: memory))
            let chain = try #require(try device.next(in: memory))
            try device.complete(chain, written: 4, in: memory)
            #expect(try driver.enableInterrupts(in: memory) == false)
            #expect(try device.publish(in: memory))
            let completion = try driver.collect(in: memory)
            #expect(completion?.head == head && completion?.written == 4)
        }
    }
}
