import Base
import Drivers
import NucleusInterface
import TestSupport
import Testing
import Virtio

extension DriversTests {
    @Suite("Control channel") struct ControlChannelTests {
        private static let outgoing = Console.transmitQueue(ofPort: 3)
        private static let incoming = Console.receiveQueue(ofPort: 3)

        private func record(_ kind: UInt32, _ payload: [UInt8]) -> [UInt8] {
            [UInt32]([kind, UInt32(payload.count)]).flatMap { value in
                (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32($0 * 8)) }
            } + payload
        }
        private func log(_ records: ControlChannel, _ text: String) {
            let bytes = [UInt8](text.utf8)
            records.write(bytes.span.bytes, level: .info)
        }

        @Test("records have kind, byte count and payload, little-endian")
        func format() throws {
            let machine = try ConsoleMachine()
            machine.records.sendExit(status: 3)
            machine.records.sendKilled(by: 9)
            log(machine.records, "hi")
            let bytes = try machine.device.drain(Self.outgoing)
            #expect(
                bytes == record(1, [3, 0, 0, 0]) + record(2, [9, 0, 0, 0])
                    + record(4, [3] + Array("hi".utf8)))
        }
        @Test("what came before the port is up is sent first, as far as there was room")
        func backlog() throws {
            let records = ControlChannel()
            for _ in 0..<100 { log(records, String(repeating: "x", count: 91)) }
            let device = TestDevice.console()
            var received: [UInt8] = []
            device.onDoorbell = { queue in
                guard queue == Self.outgoing else { return }
                received += (try? device.drain(queue)) ?? []
                try? device.sleep(queue)
            }
            _ = try ConsoleDriver(
                VirtioTransport(device), records: records, sizes: .init(frameCount: 1024),
                allocate: frames)
            records.sendExit(status: 0)
            records.flush()
            let line = record(4, [3] + [UInt8](repeating: 0x78, count: 91))
            let sent = (0..<40).flatMap { _ in line } + record(1, [0, 0, 0, 0])
            #expect(received == sent)
        }
        @Test("a milestone waits for the next record and goes before it")
        func milestone() throws {
            let machine = try ConsoleMachine()
            machine.records.reach(.programEntered)
            #expect(try machine.device.drain(Self.outgoing) == [])
            machine.records.sendExit(status: 0)
            let bytes = try machine.device.drain(Self.outgoing)
            // Kind 5, 16 bytes; milestone 5, zero; then the time stamp.
            #expect(Array(bytes.prefix(16)) == [5, 0, 0, 0, 16, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0])
            #expect(bytes.count == 24 + 12)
            #expect(Array(bytes.suffix(12)) == record(1, [0, 0, 0, 0]))
        }
        @Test("a crash text longer than the port's buffers goes out whole, up to the limit")
        func crash() throws {
            let machine = try ConsoleMachine()
            let text = (0..<70_000).map { UInt8(truncatingIfNeeded: $0) }
            let limit = NucleusInterface.Control.maximumPayload
            var received: [UInt8] = []
            machine.device.onDoorbell = { queue in
                guard queue == Self.outgoing else { return }
                received += (try? machine.device.drain(queue)) ?? []
                try? machine.device.sleep(queue)
            }
            try machine.device.sleep(Self.outgoing)
            machine.records.sendCrash(text.span.bytes)
            machine.records.flush()
            #expect(received == record(3, Array(text.prefix(limit))))
        }
        @Test("signals of the host reach the handler, however their bytes are cut")
        func signals() throws {
            let machine = try ConsoleMachine()
            var signals: [Int32] = []
            machine.records.onSignal = { signals.append($0) }
            let bytes =
                record(0x101, [2, 0, 0, 0]) + record(0x999, [UInt8](repeating: 1, count: 300))
                + record(0x101, [15, 0, 0, 0])
            for piece in [1, 3, 7, 11, 100, bytes.count] {
                signals = []
                var at = 0
                while at < bytes.count {
                    let count = min(piece, bytes.count - at)
                    at += try machine.device.fill(Self.incoming, [UInt8](bytes[at..<at + count]))
                    machine.driver.interrupt()
                }
                #expect(signals == [2, 15], "pieces of \(piece)")
            }
        }
        @Test("the terminal's state reaches the handler; a record that is too short does not")
        func terminal() throws {
            let machine = try ConsoleMachine()
            var seen: [[Int]] = []
            var resumed = 0
            machine.records.onTerminal = { size, isAttached, shownCount in
                seen.append([Int(size.rows), Int(size.columns), isAttached ? 1 : 0, shownCount])
            }
            machine.records.onResume = { resumed += 1 }
            let whole: [UInt8] = [24, 0, 80, 0, 0, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0]
            for payload in [whole, Array(whole.dropLast()), [], whole + [9]] {
                try machine.device.fill(Self.incoming, record(0x104, payload))
                machine.driver.interrupt()
            }
            try machine.device.fill(Self.incoming, record(0x105, []))
            machine.driver.interrupt()
            #expect(seen == [[24, 80, 1, 7], [24, 80, 1, 7]])
            #expect(resumed == 1)
            var typed: [UInt8] = []
            machine.records.onKeyboard = { typed.append($0) }
            for payload in [[1, 2, 3], [], [4]] as [[UInt8]] {
                try machine.device.fill(Self.incoming, record(0x106, payload))
                machine.driver.interrupt()
            }
            #expect(typed == [1, 2, 3, 4])
        }
        @Test("a signal that does not exist, or a record without one, is ignored")
        func badSignals() throws {
            let machine = try ConsoleMachine()
            var count = 0
            machine.records.onSignal = { _ in count += 1 }
            for payload in [[], [1, 0], [0, 0, 0, 0], [65, 0, 0, 0], [2, 0, 0, 1]] as [[UInt8]] {
                try machine.device.fill(Self.incoming, record(0x101, payload))
                machine.driver.interrupt()
            }
            #expect(count == 0)
        }
        @Test("a device that breaks the ring's rules silences the channel and hangs nothing")
        func hostile() throws {
            let machine = try ConsoleMachine()
            let layout = try #require(machine.device.queues[Self.outgoing]?.layout)
            try DMAMemory().store(UInt16(999), at: layout.usedIndex)
            machine.records.sendExit(status: 1)
            machine.records.flush()
        }
    }
}
