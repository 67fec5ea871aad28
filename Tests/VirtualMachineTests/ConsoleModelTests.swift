import Base
import DeviceModels
import KVM
import NucleusInterface
import Testing
import Virtio

/// A console with a driver that did the handshake, on all queues.
struct ConsoleBench: ~Copyable {
    var driver: TestDriver
    var device: MMIODevice<ConsoleModel<TestConsoleHost>>
    var messagesIn: DriverQueue
    var messagesOut: DriverQueue
    var input: DriverQueue
    var output: DriverQueue
    var controlIn: DriverQueue
    var controlOut: DriverQueue
    var memory: GuestMemory { driver.memory }

    init() throws {
        var driver = try TestDriver()
        var device = MMIODevice(ConsoleModel(host: TestConsoleHost()))
        try device.negotiate([.version1, Console.multiport], driver.memory)
        let messagesIn = try device.makeQueue(Console.controlReceiveQueue, &driver)
        let messagesOut = try device.makeQueue(Console.controlTransmitQueue, &driver)
        let input = try device.makeQueue(Console.receiveQueue(ofPort: 0), &driver)
        let output = try device.makeQueue(Console.transmitQueue(ofPort: 1), &driver)
        let controlIn = try device.makeQueue(Console.receiveQueue(ofPort: 3), &driver)
        let controlOut = try device.makeQueue(Console.transmitQueue(ofPort: 3), &driver)
        try device.start(driver.memory)
        self.messagesIn = messagesIn
        self.messagesOut = messagesOut
        self.input = input
        self.output = output
        self.controlIn = controlIn
        self.controlOut = controlOut
        self.driver = driver
        self.device = device
    }

    mutating func say(_ port: UInt32, _ event: Console.Event, _ value: UInt16) throws {
        let message = Console.ControlMessage(port: port, event: event, value: value).encoded
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: message >> UInt64(8 * $0)) }
        _ = try messagesOut.add(readable: try driver.buffer(bytes), in: memory)
        _ = try messagesOut.publish(in: memory)
    }
    mutating func openAll() throws {
        try say(0, .deviceReady, 1)
        for port in 0..<UInt32(4) {
            try say(port, .portReady, 1)
            try say(port, .portOpen, 1)
        }
        try serve()
        while try messagesOut.collect(in: memory) != nil {}
    }
    @discardableResult
    mutating func serve() throws -> Bool { try device.serve(driver.memory) }
    mutating func write(_ bytes: [UInt8]) throws {
        _ = try output.add(readable: try driver.buffer(bytes), in: memory)
        _ = try output.publish(in: memory)
    }
    /// The output queue's ring, to be filled by hand.
    func rawOutput() -> RawRing { RawRing(layout: output.layout, memory: memory) }
}

@Suite("console (virtio 1.2, section 5.3)") struct ConsoleModelTests {
    @Test("bytes of a port come out in order, whatever the chain's shape")
    func sends() throws {
        var bench = try ConsoleBench()
        try bench.write([1, 2, 3])
        let ring = bench.rawOutput()
        try bench.write([4])
        #expect(try bench.serve())
        #expect(bench.device.model.host.sent[1] == [1, 2, 3, 4])
        // Three descriptors, one of them empty.
        let parts = [try bench.driver.buffer([5, 6]), try bench.driver.buffer([7])]
        try ring.descriptor(8, parts[0].address, 2, .next, next: 9)
        try ring.descriptor(9, parts[0].address, 0, .next, next: 10)
        try ring.descriptor(10, parts[1].address, 1)
        try ring.publish(8, index: 3)
        try bench.serve()
        #expect(bench.device.model.host.sent[1] == [1, 2, 3, 4, 5, 6, 7])
    }

    @Test("a host that takes a part gets the rest later, and nothing twice")
    func sendsPartially() throws {
        var bench = try ConsoleBench()
        bench.device.model.host.room = 2
        try bench.write([1, 2, 3])
        try bench.write([4, 5])
        try bench.serve()
        #expect(bench.device.model.host.sent[1] == [1, 2])
        #expect(bench.device.model.isBlocked(.standardOutput))
        #expect(try bench.output.collect(in: bench.memory) == nil)
        bench.device.model.host.room = nil
        try bench.serve()
        #expect(bench.device.model.host.sent[1] == [1, 2, 3, 4, 5])
        #expect(!bench.device.model.isBlocked(.standardOutput))
        #expect(try bench.output.collect(in: bench.memory) != nil)
    }

    @Test("input is asked for only when the driver is ready and has room, and its end is told")
    func receives() throws {
        var bench = try ConsoleBench()
        bench.device.model.host.input = [[1, 2, 3]]
        bench.device.model.host.inputEnds = true
        try bench.serve()
        #expect(!bench.device.model.wantsInput)
        try bench.openAll()
        #expect(!bench.device.model.wantsInput)
        let buffer = try bench.driver.buffer([UInt8](repeating: 0, count: 8))
        _ = try bench.input.add(writable: buffer, in: bench.memory)
        _ = try bench.input.publish(in: bench.memory)
        try bench.serve()
        #expect(bench.device.model.wantsInput)
        #expect(try bench.device.model.serveInput(bench.memory))
        #expect(try bench.input.collect(in: bench.memory)?.written == 3)
        #expect(try bench.driver.bytes(buffer, 3) == [1, 2, 3])
        // The end: one message, and no more interest.
        let message = try bench.driver.buffer([UInt8](repeating: 0, count: 16))
        _ = try bench.messagesIn.add(writable: message, in: bench.memory)
        _ = try bench.messagesIn.publish(in: bench.memory)
        _ = try bench.input.add(writable: buffer, in: bench.memory)
        _ = try bench.input.publish(in: bench.memory)
        try bench.serve()
        _ = try bench.device.model.serveInput(bench.memory)
        #expect(try bench.messagesIn.collect(in: bench.memory)?.written == 8)
        #expect(try bench.driver.bytes(message, 8) == [0, 0, 0, 0, 6, 0, 0, 0])
        #expect(!bench.device.model.wantsInput)
    }

    @Test("a signal goes to the control port once the driver has room")
    func raises() throws {
        var bench = try ConsoleBench()
        bench.device.model.send(.signal(2))
        try bench.serve()
        #expect(bench.device.model.ignoresRecords(bench.memory))
        try bench.openAll()
        let record = try bench.driver.buffer([UInt8](repeating: 0, count: 64))
        _ = try bench.controlIn.add(writable: record, in: bench.memory)
        _ = try bench.controlIn.publish(in: bench.memory)
        #expect(try bench.serve())
        #expect(try bench.controlIn.collect(in: bench.memory)?.written == 12)
        #expect(try bench.driver.bytes(record, 12) == [1, 1, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0])
        // Ignored until the driver lends a buffer again.
        #expect(bench.device.model.ignoresRecords(bench.memory))
        _ = try bench.controlIn.add(writable: record, in: bench.memory)
        _ = try bench.controlIn.publish(in: bench.memory)
        #expect(!bench.device.model.ignoresRecords(bench.memory))
    }

    @Test("records arrive over any number of buffers")
    func takesRecords() throws {
        var bench = try ConsoleBench()
        for part: [UInt8] in [[1, 0, 0], [0, 4, 0, 0, 0, 7], [0, 0, 0]] {
            _ = try bench.controlOut.add(readable: try bench.driver.buffer(part), in: bench.memory)
        }
        _ = try bench.controlOut.publish(in: bench.memory)
        try bench.serve()
        #expect(bench.device.model.host.records == [.exit(status: 7)])
    }
}

@Suite("a hostile guest's rings end the machine with one line") struct HostileRingTests {
    /// What a hostile guest writes into the output queue, and what the line must name.
    struct Attack: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let reason: String
        let write: @Sendable (RawRing) throws -> Void
    }
    static let attacks = [
        Attack(testDescription: "a descriptor that leads to itself", reason: "loops") {
            try $0.descriptor(0, 0x10000, 1, .next, next: 0)
            try $0.publish(0)
        },
        Attack(testDescription: "two descriptors in a loop", reason: "loops") {
            try $0.descriptor(0, 0x10000, 1, .next, next: 1)
            try $0.descriptor(1, 0x10000, 1, .next, next: 0)
            try $0.publish(0)
        },
        Attack(testDescription: "a head beyond the ring", reason: "descriptor 16") {
            try $0.publish(16)
        },
        Attack(testDescription: "a next beyond the ring", reason: "descriptor 65535") {
            try $0.descriptor(0, 0x10000, 1, .next, next: 65535)
            try $0.publish(0)
        },
        Attack(testDescription: "an address beyond RAM", reason: "outside its memory") {
            try $0.descriptor(0, 4 << 20, 1)
            try $0.publish(0)
        },
        Attack(testDescription: "bytes across the end of RAM", reason: "outside its memory") {
            try $0.descriptor(0, (4 << 20) - 1, 2)
            try $0.publish(0)
        },
        Attack(testDescription: "an address that wraps around", reason: "outside its memory") {
            try $0.descriptor(0, .max, 2)
            try $0.publish(0)
        },
        Attack(testDescription: "4 GiB in one descriptor", reason: "outside its memory") {
            try $0.descriptor(0, 0x10000, .max)
            try $0.publish(0)
        },
        Attack(testDescription: "the same megabytes many times", reason: "more bytes") {
            for index in 0..<UInt16(16) {
                try $0.descriptor(index, 0, 3 << 20, index < 15 ? .next : [], next: index + 1)
            }
            try $0.publish(0)
        },
        Attack(testDescription: "an index that jumps", reason: "jumps from 0 to 17") {
            try $0.publish(0, index: 17)
        },
        Attack(testDescription: "an index that went back", reason: "jumps from 0 to 65535") {
            try $0.publish(0, index: .max)
        },
        Attack(testDescription: "readable behind writable", reason: "readable") {
            try $0.descriptor(0, 0x10000, 1, [.writable, .next], next: 1)
            try $0.descriptor(1, 0x10000, 1)
            try $0.publish(0)
        },
        Attack(testDescription: "indirect without the feature", reason: "indirect") {
            try $0.descriptor(0, 0x10000, 16, .indirect)
            try $0.publish(0)
        },
    ]

    @Test("of the output queue", arguments: attacks)
    func ends(attack: Attack) throws {
        var bench = try ConsoleBench()
        try attack.write(bench.rawOutput())
        do {
            try bench.serve()
            Issue.record("nothing was thrown")
        } catch let fault as GuestFault {
            #expect(fault.line.contains(attack.reason), "\(fault.line)")
            #expect(!fault.line.contains("\n"))
        }
    }

    @Test("messages that are too short, or name a port that is not there")
    func refusesMessages() throws {
        var short = try ConsoleBench()
        _ = try short.messagesOut.add(readable: try short.driver.buffer([1, 2]), in: short.memory)
        _ = try short.messagesOut.publish(in: short.memory)
        #expect(throws: GuestFault.self) { try short.serve() }
        var unknown = try ConsoleBench()
        try unknown.say(4, .portOpen, 1)
        #expect(throws: GuestFault.self) { try unknown.serve() }
        var tiny = try ConsoleBench()
        try tiny.openAll()
        _ = try tiny.controlIn.add(writable: try tiny.driver.buffer([0]), in: tiny.memory)
        _ = try tiny.controlIn.publish(in: tiny.memory)
        tiny.device.model.send(.signal(15))
        #expect(throws: GuestFault.self) { try tiny.serve() }
    }

    @Test("random rings never trap: 20,000 of them", arguments: [1, 2, 3] as [UInt64])
    func survivesNoise(seed: UInt64) throws {
        var state = seed &* 0x9e37_79b9_7f4a_7c15
        func random() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
        var faults = 0
        for _ in 0..<400 {
            var bench = try ConsoleBench()
            let ring = bench.rawOutput()
            for round in 0..<50 {
                let address = random() % 8 == 0 ? random() : random() % (5 << 20)
                let byteCount = UInt32(
                    truncatingIfNeeded: random() % 4 == 0 ? random() : random() % 64)
                try ring.descriptor(
                    UInt16(random() % 16), address, byteCount,
                    DescriptorFlags(rawValue: UInt16(random() % 8)), next: UInt16(random() % 20))
                try ring.publish(UInt16(random() % 18), index: UInt16(round + 1))
                do { try bench.serve() } catch {
                    faults += 1
                    break
                }
            }
        }
        #expect(faults > 100, "seed \(seed)")
    }
}

@Suite("control records") struct ControlParserTests {
    /// A record as the guest sends it.
    func record(_ kind: UInt32, _ payload: [UInt8], byteCount: UInt32? = nil) -> [UInt8] {
        let words = [kind, byteCount ?? UInt32(payload.count)]
        return words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
            + payload
    }
    @Test("are the same however the bytes are cut")
    func anyCut() throws {
        let bytes =
            record(4, [3] + Array("hello".utf8))
            + record(
                5,
                [2, 0, 0, 0] + [UInt8](repeating: 0, count: 4)
                    + [9, 0, 0, 0, 0, 0, 0, 0]) + record(3, []) + record(6, Array("no".utf8))
            + record(2, [11, 0, 0, 0]) + record(1, [255, 1, 0, 0])
        let expected: [ControlRecord] = [
            .log(level: 3, Array("hello".utf8)), .milestone(2, timeStamp: 9), .crash([]),
            .refused(Array("no".utf8)), .killed(signal: 11), .exit(status: 511),
        ]
        for size in 1...bytes.count {
            var parser = ControlParser()
            var records: [ControlRecord] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                try parser.append(
                    Array(bytes[start..<min(start + size, bytes.count)]), to: &records)
            }
            #expect(records == expected)
        }
    }
    @Test("of unknown kind, too long or too short end the machine")
    func refuses() {
        let bad: [[UInt8]] = [
            record(0, []), record(9, []), record(8, []), record(0x101, [2, 0, 0, 0]),
            record(3, [], byteCount: UInt32(NucleusInterface.Control.maximumPayload) + 1),
            record(3, [], byteCount: .max), record(1, [1, 2, 3]), record(2, []), record(4, []),
            record(5, [UInt8](repeating: 0, count: 15)),
        ]
        for bytes in bad {
            var parser = ControlParser()
            var records: [ControlRecord] = []
            #expect(throws: GuestFault.self) { try parser.append(bytes, to: &records) }
        }
    }
}
