import Drivers
import Hardware
import Memory
import Scheduler
import TestSupport
import Testing
import Virtio

/// One after another: waits and the generator belong to the process.
@Suite(.serialized) enum DriversTests {}

/// A device in the driver's process: registers as section 4.2.2 has them, and queues that a test serves.
final class TestDevice: DeviceWindow {
    var magic: UInt32 = 0x7472_6976
    var version: UInt32 = 2
    var identifier: UInt32
    var offered: Features
    var refusesFeatures = false
    var queueSizeMaximum: UInt32 = 64
    var configuration = [UInt8](repeating: 0, count: 256)

    private(set) var status: UInt32 = 0
    private(set) var statusTrace: [UInt32] = []
    private(set) var accepted: Features = []
    private(set) var doorbells: [UInt32] = []
    var queues: [UInt16: DeviceQueue] = [:]
    /// Called at each doorbell, as a device's thread would wake.
    var onDoorbell: (UInt16) -> Void = { _ in }

    private var featureWord: UInt32 = 0
    private var queue: UInt32 = 0
    private var written: [UInt32: UInt32] = [:]

    init(_ identifier: UInt32, offered: Features = [.version1, .eventIndex]) {
        self.identifier = identifier
        self.offered = offered
    }
    /// A console with the machine's four ports.
    static func console(offered: Features = [.version1, .eventIndex]) -> TestDevice {
        let device = TestDevice(3, offered: offered.union(Console.multiport))
        device.configuration[4] = 4
        return device
    }

    func load8(at offset: UInt32) -> UInt8 { configuration[Int(offset) - 0x100] }
    func load16(at offset: UInt32) -> UInt16 {
        UInt16(load8(at: offset)) | UInt16(load8(at: offset + 1)) << 8
    }
    func load32(at offset: UInt32) -> UInt32 {
        switch offset {
        case 0x000: magic
        case 0x004: version
        case 0x008: identifier
        case 0x010: offered.word(featureWord)
        case 0x034: queueSizeMaximum
        case 0x044: queues[UInt16(queue)] == nil ? 0 : 1
        case 0x070: status
        case 0x100...: UInt32(load16(at: offset)) | UInt32(load16(at: offset + 2)) << 16
        default: 0
        }
    }
    func store32(_ value: UInt32, at offset: UInt32) {
        written[offset] = value
        switch offset {
        case 0x014: featureWord = value
        case 0x020: accepted = accepted.replacing(word: written[0x024] ?? 0, with: value)
        case 0x030: queue = value
        case 0x044:
            func address(_ low: UInt32) -> UInt64 {
                UInt64(written[low] ?? 0) | UInt64(written[low + 4] ?? 0) << 32
            }
            do {
                let layout = try RingLayout(
                    size: written[0x038] ?? 0, maximum: UInt16(queueSizeMaximum),
                    descriptors: address(0x080), available: address(0x090), used: address(0x0a0))
                queues[UInt16(queue)] = try DeviceQueue(
                    layout, features: accepted, in: DMAMemory())
            } catch { Issue.record("the driver set up a bad queue: \(error)") }
        case 0x050:
            doorbells.append(value)
            onDoorbell(UInt16(value))
        case 0x070:
            status = refusesFeatures ? value & ~8 : value
            statusTrace.append(value)
            if value == 0 { queues = [:] }
        default: break
        }
    }

    // MARK: Serving queues

    /// Takes what the driver sent on a queue, at most `limit` chains, and gives the chains back.
    func drain(_ number: UInt16, limit: Int = .max) throws -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<limit {
            guard let chain = try queues[number]?.next(in: DMAMemory()) else { break }
            for segment in chain.readable { bytes += Self.bytes(segment) }
            try queues[number]?.complete(chain, written: 0, in: DMAMemory())
        }
        _ = try queues[number]?.publish(in: DMAMemory())
        return bytes
    }
    /// Puts bytes into the driver's buffers of a queue; returns how many there was room for.
    @discardableResult
    func fill(_ number: UInt16, _ bytes: [UInt8]) throws -> Int {
        var done = 0
        while done < bytes.count, let chain = try queues[number]?.next(in: DMAMemory()) {
            let segment = try #require(chain.writable.first)
            let count = min(Int(segment.byteCount), bytes.count - done)
            try DMAMemory().write(
                bytes[done..<done + count].span.bytes, at: segment.address)
            try queues[number]?.complete(chain, written: UInt32(count), in: DMAMemory())
            done += count
        }
        _ = try queues[number]?.publish(in: DMAMemory())
        return done
    }
    /// Goes to sleep: the next chain on this queue rings the doorbell.
    func sleep(_ number: UInt16) throws {
        #expect(try queues[number]?.enableNotifications(in: DMAMemory()) == false)
    }
    func send(_ message: Console.ControlMessage) throws {
        let bytes = withUnsafeBytes(of: message.encoded.littleEndian) { [UInt8]($0) }
        try #require(try fill(Console.controlReceiveQueue, bytes) == 8)
    }
    static func bytes(_ segment: Segment) -> [UInt8] {
        let buffer = DMABuffer(address: segment.address, byteCount: Int(segment.byteCount))
        return (0..<Int(segment.byteCount)).map { buffer.byte(at: $0) }
    }
}

/// Frames of the test arena, kept for ever as a driver does.
func frames(order: Int) -> Frame? {
    TestArena.prepare()
    guard let run = Frames.allocateRun(order: order) else { return nil }
    return run.leak()
}

/// Lets a test act while the driver waits: one poll source for the whole process.
final class WhileWaiting: PollSource {
    nonisolated(unsafe) private static var instance: WhileWaiting?
    private var action: () -> Bool = { false }

    func poll() -> Bool { action() }

    static func run<Result>(
        _ action: @escaping () -> Bool, _ body: () throws -> Result
    ) rethrows -> Result {
        if instance == nil {
            let source = WhileWaiting()
            instance = source
            Wait.register(source)
        }
        instance?.action = action
        defer { instance?.action = { false } }
        return try body()
    }
}
