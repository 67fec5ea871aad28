internal import Base
package import Hardware
internal import Scheduler
internal import Trace
package import Virtio

/// Four ISA serial ports (16550A) that play the console device where a machine has none.
///
/// The device's half of the console's rings lies here, in the same memory: what the driver sends is
/// written to the ports, what they receive is put into the buffers that the driver lent. So the
/// console's driver, its flow control and its records are the same everywhere. Input and control
/// interrupt when something comes, the others while something waits for room.
package final class SerialConsole: DeviceWindow, InterruptHandler, PollSource {
    private var ports: [SerialPort] = []
    private var transmitters: [Transmitter] = []
    private var receivers: [Receiver] = []
    private let memory = DMAMemory()
    private static let queueSize: UInt16 = 16

    /// What the transport shows of the device.
    package static var features: Features { [.version1, .eventIndex, Console.multiport] }

    private struct Transmitter {
        let port: Int?
        let number: UInt16
        var queue: DeviceQueue
        var chain: Chain?
        var offset: UInt32 = 0
    }
    private struct Receiver {
        let port: Int
        var queue: DeviceQueue
    }

    /// Takes COM1 to COM4 and memory for the rings. `allocate` returns frames that stay ours.
    package init(
        rings: inout PreparedRings, allocate: (_ order: Int) -> Frame?
    ) throws(DriverError) {
        let order = 2
        guard let frame = allocate(order) else { throw .outOfMemory }
        var arena = DMAArena(first: frame, order: order)
        for base in [0x3f8, 0x2f8, 0x3e8, 0x2e8] as [UInt16] { ports.append(SerialPort(base)) }
        func ring(_ number: UInt16) throws(DriverError) -> DeviceQueue {
            let byteCount = RingLayout.packedByteCount(size: Self.queueSize)
            guard let base = arena.takePage(byteCount) else { throw .outOfMemory }
            rings.add(queue: UInt32(number), size: UInt32(Self.queueSize), base: base)
            do throws(RingError) {
                let layout = try RingLayout(size: Self.queueSize, packedAt: base)
                return try DeviceQueue(layout, features: Self.features, in: DMAMemory())
            } catch { throw .badRing }
        }
        // Messages to the device are taken and dropped; it has none of its own.
        _ = try ring(Console.controlReceiveQueue)
        transmitters.append(
            Transmitter(
                port: nil, number: Console.controlTransmitQueue,
                queue: try ring(Console.controlTransmitQueue)))
        for port in 0..<Console.Port.count {
            let kind = Console.Port(rawValue: port)
            if kind == .standardInput || kind == .control {
                receivers.append(
                    Receiver(port: Int(port), queue: try ring(Console.receiveQueue(ofPort: port))))
            }
            if kind != .standardInput {
                let number = Console.transmitQueue(ofPort: port)
                transmitters.append(
                    Transmitter(port: Int(port), number: number, queue: try ring(number)))
            }
        }
        for receiver in receivers { ports[receiver.port].enableReceiveInterrupt() }
    }

    // MARK: The device, as its driver reaches it

    package func load8(at offset: UInt32) -> UInt8 { 0 }
    package func load16(at offset: UInt32) -> UInt16 { 0 }
    package func load32(at offset: UInt32) -> UInt32 { 0 }
    package func store32(_ value: UInt32, at offset: UInt32) {
        if offset == Register<UInt32>.queueNotify.offset { poll() }
    }

    package func interrupt() { poll() }

    /// Moves what can be moved; returns whether anything was.
    @discardableResult
    package func poll() -> Bool {
        var progressed = false
        do throws(RingError) {
            for index in transmitters.indices where try transmit(index) { progressed = true }
            for index in receivers.indices where try receive(index) { progressed = true }
        } catch { Log.error("console: the driver breaks the rules of its ring") }
        return progressed
    }

    private func transmit(_ index: Int) throws(RingError) -> Bool {
        var progressed = false
        repeat {
            while true {
                if transmitters[index].chain == nil {
                    transmitters[index].chain = try transmitters[index].queue.next(in: memory)
                    transmitters[index].offset = 0
                }
                guard let chain = transmitters[index].chain else { break }
                let before = transmitters[index].offset
                let isDone = send(chain, index)
                progressed = progressed || isDone || transmitters[index].offset != before
                guard isDone else { return progressed }
                try transmitters[index].queue.complete(chain, written: 0, in: memory)
                transmitters[index].chain = nil
                _ = try transmitters[index].queue.publish(in: memory)
            }
        } while try transmitters[index].queue.enableNotifications(in: memory)
        return progressed
    }
    /// Sends the chain's bytes as far as the port takes them; whether all are out.
    private func send(_ chain: Chain, _ index: Int) -> Bool {
        guard let number = transmitters[index].port, let segment = chain.readable.first else {
            return true
        }
        let buffer = DMABuffer(address: segment.address, byteCount: Int(segment.byteCount))
        while transmitters[index].offset < segment.byteCount {
            let room = ports[number].transmitRoom
            guard room > 0 else {
                ports[number].awaitRoom()
                return false
            }
            let end = min(transmitters[index].offset + room, segment.byteCount)
            while transmitters[index].offset < end {
                ports[number].send(buffer.byte(at: Int(transmitters[index].offset)))
                transmitters[index].offset += 1
            }
        }
        ports[number].stopAwaitingRoom()
        return true
    }

    private func receive(_ index: Int) throws(RingError) -> Bool {
        let number = receivers[index].port
        var progressed = false
        while ports[number].hasReceived {
            guard let chain = try receivers[index].queue.next(in: memory),
                let segment = chain.writable.first
            else { break }
            let buffer = DMABuffer(address: segment.address, byteCount: Int(segment.byteCount))
            var count = 0
            while count < buffer.byteCount, ports[number].hasReceived {
                buffer.storeByte(ports[number].receive(), at: count)
                count += 1
            }
            try receivers[index].queue.complete(chain, written: UInt32(count), in: memory)
            progressed = true
        }
        if try receivers[index].queue.publish(in: memory) { progressed = true }
        return progressed
    }
}

/// A 16550A with its FIFOs on, at a base port (TL16C550 data sheet).
private struct SerialPort {
    private let data: Port
    private let interruptEnable: Port
    private let lineStatus: Port
    private static let fifoByteCount: UInt32 = 16

    init(_ base: UInt16) {
        data = Port(base)
        interruptEnable = Port(base + 1)
        lineStatus = Port(base + 5)
        // The fastest rate, by which an emulator times how long a few bytes wait for more.
        Port(base + 3).store(0x80)
        data.store(1)
        Port(base + 1).store(0)
        Port(base + 3).store(0x03)  // 8 bits, no parity, the divisor hidden
        // FIFOs on and empty; an interrupt at 14 bytes, or when no more come. QEMU takes no more
        // bytes from its host than reach that.
        Port(base + 2).store(0xc7)
        interruptEnable.store(0)
        Port(base + 4).store(0x0b)  // DTR, RTS, and OUT2, which lets interrupts out
    }
    private var enabled: UInt8 = 0
    private static let received: UInt8 = 1 << 0
    private static let transmitterEmpty: UInt8 = 1 << 1

    private mutating func enable(_ interrupts: UInt8) {
        guard interrupts != enabled else { return }
        enabled = interrupts
        interruptEnable.store(interrupts)
    }
    mutating func enableReceiveInterrupt() { enable(enabled | Self.received) }
    /// Interrupts once there is room to send, at once if there is.
    mutating func awaitRoom() { enable(enabled | Self.transmitterEmpty) }
    mutating func stopAwaitingRoom() { enable(enabled & ~Self.transmitterEmpty) }

    /// Bytes that the port takes now.
    var transmitRoom: UInt32 { lineStatus.load() & 0x20 != 0 ? Self.fifoByteCount : 0 }
    func send(_ byte: UInt8) { data.store(byte) }
    var hasReceived: Bool { lineStatus.load() & 0x01 != 0 }
    func receive() -> UInt8 { data.load() }
}
