import Base
import Drivers
import Files
import LinuxABI
import Scheduler
import TestSupport
import Testing
import Virtio

/// The address of bytes of this process, which play the program's memory.
func withProgram<Result>(
    _ bytes: inout [UInt8], _ body: (VirtualAddress) throws -> Result
) rethrows -> Result {
    try bytes.withUnsafeMutableBytes { buffer in
        try body(VirtualAddress(rawValue: UInt64(UInt(bitPattern: buffer.baseAddress))))
    }
}

/// A console that is up, with the far side of its ports.
struct ConsoleMachine {
    let device: TestDevice
    let records = ControlChannel()
    let driver: ConsoleDriver
    let input: ConsoleInput
    let output: ConsoleOutput
    static let outputQueue = Console.transmitQueue(ofPort: 1)
    static let inputQueue = Console.receiveQueue(ofPort: 0)

    init(_ device: TestDevice = .console(), frameCount: Int = 1024) throws {
        self.device = device
        driver = try ConsoleDriver(
            VirtioTransport(device), records: records, sizes: .init(frameCount: frameCount),
            allocate: frames)
        input = ConsoleInput(driver)
        output = ConsoleOutput(driver, driver.output)
    }
    func write(_ bytes: [UInt8], _ blocking: Blocking = .blocking) throws -> Int {
        var bytes = bytes
        let count = bytes.count
        return try withProgram(&bytes) { try output.write(count: count, from: $0, blocking) }
    }
    func read(_ count: Int, _ blocking: Blocking = .nonblocking) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0xee, count: count)
        let done = try withProgram(&bytes) { try input.read(count: count, to: $0, blocking) }
        return [UInt8](bytes.prefix(done))
    }
}

extension DriversTests {
    @Suite("Console driver") struct ConsoleDriverTests {
        @Test("initialisation takes the steps of section 3.1.1 and sends the handshake at once")
        func handshake() throws {
            let machine = try ConsoleMachine()
            #expect(machine.device.statusTrace == [0, 1, 3, 11, 15])
            #expect(machine.device.accepted == [.version1, .eventIndex, Console.multiport])
            #expect(machine.device.queues.keys.sorted() == [0, 2, 3, 5, 7, 8, 9])
            let bytes = try machine.device.drain(Console.controlTransmitQueue)
            var expected: [Console.ControlMessage] = [.init(port: 0, event: .deviceReady, value: 1)]
            for port in 0..<UInt32(4) {
                expected.append(.init(port: port, event: .portReady, value: 1))
                expected.append(.init(port: port, event: .portOpen, value: 1))
            }
            let messages = stride(from: 0, to: bytes.count, by: 8).map {
                Console.ControlMessage(bytes[$0..<$0 + 8].span.bytes)
            }
            #expect(messages == expected)
        }
        @Test("a device that is none, of another version, or lacks something is refused")
        func refusals() throws {
            func failure(_ change: (TestDevice) -> Void) -> DriverError? {
                let device = TestDevice.console()
                change(device)
                do throws(DriverError) {
                    _ = try ConsoleDriver(
                        VirtioTransport(device), records: ControlChannel(),
                        sizes: .init(frameCount: 1024),
                        allocate: frames)
                    return nil
                } catch { return error }
            }
            #expect(failure { $0.magic = 0 } == .notVirtio)
            #expect(failure { $0.version = 1 } == .otherVersion(1))
            #expect(failure { $0.identifier = 4 } == .notVirtio)
            #expect(failure { $0.identifier = 0 } == .notVirtio)
            #expect(failure { $0.offered = [.version1] } == .missingFeature)
            #expect(failure { $0.offered = [Console.multiport] } == .missingFeature)
            #expect(failure { $0.refusesFeatures = true } == .missingFeature)
            #expect(failure { $0.configuration[4] = 3 } == .missingFeature)
            #expect(failure { $0.queueSizeMaximum = 8 } == .missingQueue(2))
            #expect(
                throws: DriverError.outOfMemory,
                performing: {
                    try ConsoleDriver(
                        VirtioTransport(TestDevice.console()), records: ControlChannel(),
                        sizes: .init(frameCount: 1024), allocate: { _ in nil })
                })
        }

        @Test("bytes go out whole and in order", arguments: [1, 4095, 4096, 4097, 65_536, 300_000])
        func output(count: Int) throws {
            for offered in [Features.version1, [.version1, .eventIndex]] {
                let machine = try ConsoleMachine(.console(offered: offered))
                let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
                var received: [UInt8] = []
                let done = try WhileWaiting.run({
                    guard let more = try? machine.device.drain(ConsoleMachine.outputQueue, limit: 3)
                    else { return false }
                    received += more
                    return !more.isEmpty
                }) { try machine.write(bytes) }
                #expect(done == count)
                received += try machine.device.drain(ConsoleMachine.outputQueue)
                #expect(received == bytes)
            }
        }
        @Test("a write that may not wait gives a short count, then EAGAIN, until there is room")
        func full() throws {
            let machine = try ConsoleMachine()
            let bytes = [UInt8](repeating: 7, count: 100_000)
            #expect(try machine.write(bytes, .nonblocking) == 65_536)
            #expect(!machine.output.isWritable)
            #expect(throws: Errno.tryAgain) { try machine.write(bytes, .nonblocking) }
            _ = try machine.device.drain(ConsoleMachine.outputQueue, limit: 1)
            #expect(machine.output.isWritable)
            #expect(try machine.write(bytes, .nonblocking) == 4096)
        }
        /// Notes what it is told.
        private final class Listener: WakeTarget {
            var heard: [Readiness] = []
            let waiter = Waiter()
            func woken(by events: Readiness) -> Bool {
                heard.append(events)
                return true
            }
        }
        @Test("who waits for a port is told once of room, bytes and the end")
        func waiters() throws {
            let machine = try ConsoleMachine()
            let (room, bytes) = (Listener(), Listener())
            try #require(machine.output.waiters).add(room.waiter, for: room)
            try #require(machine.input.waiters).add(bytes.waiter, for: bytes)
            defer {
                room.waiter.stop()
                bytes.waiter.stop()
            }
            machine.driver.poll()
            #expect(room.heard.isEmpty && bytes.heard.isEmpty)
            _ = try machine.write([UInt8](repeating: 7, count: 100_000), .nonblocking)
            machine.driver.poll()
            #expect(room.heard.isEmpty)
            _ = try machine.device.drain(ConsoleMachine.outputQueue)
            for _ in 0..<2 { machine.driver.interrupt() }
            #expect(room.heard == [.writable])
            for round in 1...2 {
                try machine.device.fill(ConsoleMachine.inputQueue, [1, 2, 3])
                for _ in 0..<2 { machine.driver.interrupt() }
                #expect(bytes.heard == [Readiness](repeating: .readable, count: round))
            }
            for port: UInt32 in 0...1 {
                try machine.device.send(.init(port: port, event: .portOpen, value: 0))
            }
            for _ in 0..<2 { machine.driver.interrupt() }
            #expect(room.heard.count == 2 && room.heard.last?.contains(.hungUp) == true)
            #expect(bytes.heard.count == 3 && bytes.heard.last?.contains(.hungUp) == true)
        }
        @Test("one doorbell wakes the device; none rings while it is awake")
        func doorbells() throws {
            let machine = try ConsoleMachine()
            try machine.device.sleep(ConsoleMachine.outputQueue)
            let before = machine.device.doorbells.count
            for _ in 0..<5 { _ = try machine.write([1, 2, 3]) }
            #expect(
                machine.device.doorbells.dropFirst(before) == [UInt32(ConsoleMachine.outputQueue)])
            _ = try machine.device.drain(ConsoleMachine.outputQueue)
            for _ in 0..<5 { _ = try machine.write([1, 2, 3]) }
            #expect(machine.device.doorbells.count == before + 1)
            _ = try machine.device.drain(ConsoleMachine.outputQueue)
            try machine.device.sleep(ConsoleMachine.outputQueue)
            _ = try machine.write([1])
            #expect(machine.device.doorbells.count == before + 2)
        }
        @Test("a write to a port that the host closed is EPIPE")
        func brokenPipe() throws {
            let machine = try ConsoleMachine()
            try machine.device.send(.init(port: 1, event: .portOpen, value: 0))
            machine.driver.interrupt()
            #expect(throws: Errno.brokenPipe) { try machine.write([1]) }
            #expect(machine.output.isWritable && machine.output.isHungUp)
            // The other port goes on, and flushing does not wait for the closed one.
            #expect(!machine.driver.error.isClosed)
            machine.driver.flush()
        }
        @Test("a write that waits for room ends with EPIPE when the host closes the port")
        func brokenPipeWhileWaiting() throws {
            let machine = try ConsoleMachine()
            _ = try machine.write([UInt8](repeating: 0, count: 65_536))
            var closed = false
            let poll = {
                defer { closed = true }
                if !closed { try? machine.device.send(.init(port: 1, event: .portOpen, value: 0)) }
                return machine.driver.poll()
            }
            _ = WhileWaiting.run(poll) {
                #expect(throws: Errno.brokenPipe) { try machine.write([1]) }
            }
        }
        @Test("memory that is not the program's is EFAULT and sends nothing")
        func badAddress() throws {
            let machine = try ConsoleMachine()
            let address = VirtualAddress(rawValue: 0x4000_0000_0000)
            #expect(throws: Errno.badAddress) {
                try machine.output.write(count: 5, from: address, .blocking)
            }
            #expect(try machine.device.drain(ConsoleMachine.outputQueue) == [])
            try machine.device.fill(0, [1, 2, 3])
            #expect(throws: Errno.badAddress) {
                try machine.input.read(count: 3, to: address, .blocking)
            }
            #expect(try machine.read(3) == [1, 2, 3])
        }
        @Test("flush waits until the device drained all")
        func flush() throws {
            let machine = try ConsoleMachine()
            _ = try machine.write([UInt8](repeating: 1, count: 20_000))
            var drained = 0
            WhileWaiting.run({
                guard let bytes = try? machine.device.drain(ConsoleMachine.outputQueue, limit: 1)
                else { return false }
                drained += bytes.count
                return true
            }) { machine.driver.flush() }
            #expect(drained == 20_000)
        }
        @Test("a device that breaks the ring's rules ends output and input with EIO")
        func hostile() throws {
            let machine = try ConsoleMachine()
            for queue in [0, ConsoleMachine.outputQueue] {
                let layout = try #require(machine.device.queues[queue]?.layout)
                try DMAMemory().store(UInt16(999), at: layout.usedIndex)
            }
            #expect(throws: Errno.inputOutput) { try machine.write([1]) }
            #expect(throws: Errno.inputOutput) { try machine.read(1) }
            machine.driver.flush()
        }

        @Test("input arrives in order, a read takes what is there")
        func input() throws {
            let machine = try ConsoleMachine()
            #expect(throws: Errno.tryAgain) { try machine.read(10) }
            #expect(!machine.input.isReadable)
            try machine.device.fill(0, [1, 2, 3, 4, 5])
            try machine.device.fill(0, [6, 7])
            #expect(machine.input.isReadable)
            #expect(try machine.read(3) == [1, 2, 3])
            #expect(try machine.read(10) == [4, 5, 6, 7])
            #expect(throws: Errno.tryAgain) { try machine.read(1) }
        }
        @Test("a long stream of input keeps its bytes, with reads of any size")
        func longInput() throws {
            let machine = try ConsoleMachine()
            var random = SeededRandom(seed: .random(in: 0...(.max)))
            print("seed \(random.seed)")
            let bytes = (0..<400_000).map { _ in UInt8.random(in: 0...255, using: &random) }
            var sent = 0
            var received: [UInt8] = []
            while received.count < bytes.count {
                let count = min(random.pick(1...9000), bytes.count - sent)
                sent += try machine.device.fill(0, [UInt8](bytes[sent..<sent + count]))
                if machine.input.isReadable { received += try machine.read(random.pick(1...9000)) }
            }
            #expect(received == bytes)
        }
        @Test("a closed input gives its last bytes, then 0 for ever")
        func end() throws {
            let machine = try ConsoleMachine()
            try machine.device.fill(0, [1, 2])
            try machine.device.send(.init(port: 0, event: .portOpen, value: 0))
            #expect(try machine.read(1, .blocking) == [1])
            #expect(try machine.read(5, .blocking) == [2])
            for _ in 0..<3 { #expect(try machine.read(5, .blocking) == []) }
            #expect(machine.input.isReadable)
        }
        @Test("removing the input port is its end")
        func removal() throws {
            let machine = try ConsoleMachine()
            try machine.device.send(.init(port: 0, event: .deviceRemove, value: 0))
            #expect(try machine.read(5, .blocking) == [])
        }
        @Test("a read that waits gets what comes meanwhile")
        func waiting() throws {
            let machine = try ConsoleMachine()
            var rounds = 0
            let bytes = try WhileWaiting.run({
                rounds += 1
                if rounds == 50 { _ = try? machine.device.fill(0, [9]) }
                return false
            }) { try machine.read(4, .blocking) }
            #expect(bytes == [9])
        }
        @Test("FIONREAD counts what is here; any other request is ENOTTY")
        func requests() throws {
            let machine = try ConsoleMachine()
            try machine.device.fill(0, [UInt8](repeating: 1, count: 5000))
            var count = [UInt8](repeating: 0xff, count: 4)
            let result = try withProgram(&count) {
                try machine.input.control(0x541b, argument: $0.rawValue)
            }
            #expect(result == 0)
            #expect(count == [0x88, 0x13, 0, 0])
            #expect(throws: Errno.notTerminal) { try machine.input.control(0x5401, argument: 0) }
            #expect(throws: Errno.notTerminal) { try machine.output.control(0x5413, argument: 0) }
        }
        @Test("messages that are short, unknown or for other ports change nothing")
        func oddMessages() throws {
            let machine = try ConsoleMachine()
            try machine.device.fill(Console.controlReceiveQueue, [1, 2, 3])
            try machine.device.send(.init(port: 77, event: .portOpen, value: 0))
            try machine.device.send(.init(port: 3, event: .portOpen, value: 0))
            try machine.device.send(.init(port: 0x1_0000, event: .portOpen, value: 0))
            try machine.device.send(.init(port: 0, event: .init(rawValue: 99), value: 0))
            machine.driver.poll()
            #expect(!machine.input.isReadable && !machine.output.isHungUp)
        }
    }
}
