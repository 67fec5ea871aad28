import Base
import DeviceModels
import Drivers
import Hardware
import LinuxABI
import NucleusInterface
import TestSupport
import Testing
import Virtio

extension DriversTests {
    /// The driver of the guest and the model of the VMM, each on its thread, over the same memory.
    @Suite("Console driver against the VMM's model") struct DeviceModelTests {
        enum Start: CaseIterable, Sendable {
            case byRegisters
            case prepared
        }
        struct Pair {
            let model: ModelThread
            let records = ControlChannel()
            let driver: ConsoleDriver
            let input: ConsoleInput
            let output: ConsoleOutput

            init(_ start: Start) throws {
                let memory = try #require(SharedRAM.memory)
                model = try ModelThread(memory: memory)
                let transport: VirtioTransport
                switch start {
                case .byRegisters: transport = try VirtioTransport(model)
                case .prepared:
                    let rings = try #require(frames(order: 1))
                    let base = rings.address.rawValue
                    let told = try model.device.withLock { device in
                        try device.prepare(
                            [.eventIndex, Console.multiport], ringsAt: base, memory)
                    }
                    var queues = PreparedRings()
                    for queue in told.queues {
                        queues.add(
                            queue: UInt32(queue.index), size: UInt32(queue.size),
                            base: queue.base)
                    }
                    transport = VirtioTransport(
                        model, prepared: queues,
                        device: DeviceIdentifier(bits: UInt32(told.identifier)),
                        features: Features(rawValue: told.features))
                }
                driver = try ConsoleDriver(
                    transport, records: records, sizes: .init(frameCount: 1024),
                    allocate: frames)
                input = ConsoleInput(driver)
                output = ConsoleOutput(driver, driver.output)
            }
            func finish() {
                model.stop()
                #expect(model.fault.withLock { $0 } == nil)
            }
        }

        @Test("4 MB go out byte by byte the same", arguments: Start.allCases)
        func output(start: Start) throws {
            let pair = try Pair(start)
            var random = SeededRandom(seed: .random(in: 0...(.max)))
            var bytes = (0..<1 << 19).flatMap { _ in
                withUnsafeBytes(of: random.next()) { [UInt8]($0) }
            }
            let expected = bytes
            let error = ConsoleOutput(pair.driver, pair.driver.error)
            var errors = 0
            try withProgram(&bytes) { start in
                var done = 0
                while done < expected.count {
                    let count = min(random.pick(1...100_000), expected.count - done)
                    let address = try #require(start.advanced(by: UInt64(done)))
                    done += try pair.output.write(count: count, from: address, .blocking)
                    if random.oneIn(3) {
                        errors += try error.write(count: 1, from: start, .blocking)
                    }
                }
            }
            pair.driver.flush()
            pair.finish()
            #expect(pair.model.far.state.withLock { $0.output } == expected)
            #expect(pair.model.far.state.withLock { $0.error.count } == errors)
        }
        @Test("4 MB come in byte by byte the same, then the end", arguments: Start.allCases)
        func input(start: Start) throws {
            let pair = try Pair(start)
            var random = SeededRandom(seed: .random(in: 0...(.max)))
            let bytes = (0..<1 << 19).flatMap { _ in
                withUnsafeBytes(of: random.next()) { [UInt8]($0) }
            }
            pair.model.far.state.withLock {
                $0.input = bytes[...]
                $0.inputEnds = true
            }
            pair.model.ring()
            var received: [UInt8] = []
            while true {
                var piece = [UInt8](repeating: 0, count: random.pick(1...20_000))
                let count = piece.count
                let done = try withProgram(&piece) {
                    try pair.input.read(count: count, to: $0, .blocking)
                }
                guard done > 0 else { break }
                received += piece.prefix(done)
            }
            pair.finish()
            #expect(received == bytes)
        }
        @Test("records arrive as they were sent", arguments: Start.allCases)
        func records(start: Start) throws {
            let pair = try Pair(start)
            pair.records.reach(.programLoaded)
            for index in 0..<200 {
                let line = [UInt8]("line \(index)".utf8)
                pair.records.write(line.span.bytes, level: .debug)
            }
            pair.records.sendExit(status: 42)
            pair.records.flush()
            pair.finish()
            var records: [ControlRecord] = []
            var parser = ControlParser()
            try parser.append(pair.model.far.state.withLock { $0.control }, to: &records)
            #expect(records.count == 202)
            guard case .milestone(4, _, _) = records.first else {
                Issue.record("no milestone")
                return
            }
            #expect(records[7] == .log(level: 4, Array("line 6".utf8)))
            #expect(records.last == .exit(status: 42))
        }
        @Test("signals of the host reach the program", arguments: Start.allCases)
        func signals(start: Start) throws {
            let pair = try Pair(start)
            var signals: [Int32] = []
            pair.records.onSignal = { signals.append($0) }
            for signal in [2, 15, 1] as [UInt32] {
                pair.model.device.withLock { $0.model.send(.signal(signal)) }
                pair.model.ring()
                var attempts = 10_000_000
                while signals.last != Int32(signal), attempts > 0 {
                    pair.driver.interrupt()
                    attempts -= 1
                }
            }
            pair.finish()
            #expect(signals == [2, 15, 1])
        }
    }
}
