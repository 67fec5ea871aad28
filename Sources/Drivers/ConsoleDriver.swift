internal import Base
package import Hardware
internal import NucleusInterface
internal import Scheduler
internal import Virtio

/// The console device with the machine's four ports (virtio 1.2, section 5.3).
///
/// Standard input, output and error are binary channels of their own; the fourth port carries
/// records (`ControlChannel`). The handshake of section 5.3.6 is sent without waiting for answers.
/// One instance belongs to a machine; its devices, interrupt vector and poll source refer to it.
package final class ConsoleDriver: PollSource, InterruptHandler {
    package let input: ReceivePort
    package let output: TransmitPort
    package let error: TransmitPort
    private let controlInput: ReceivePort
    private let controlOutput: TransmitPort
    private let records: ControlChannel
    /// The terminal that standard input is, where it is one.
    var terminal: Terminal?

    /// Memory for buffers; the queues have 16 entries each.
    package struct Sizes: Sendable {
        /// Frames of standard output, standard input, standard error, as powers of two.
        let outputOrder: Int
        let inputOrder: Int
        let errorOrder: Int

        /// Sizes for a machine with `frameCount` frames of RAM: 64 KiB for output on small ones.
        package init(frameCount: Int) {
            outputOrder = frameCount >= 16384 ? 6 : 4
            inputOrder = frameCount >= 4096 ? 4 : 2
            errorOrder = 2
        }
    }
    private static let queueSize: UInt16 = 16
    private static let recordSlotByteCount = 512
    private static let controlSlotByteCount = 64

    /// Takes the device over and starts it. `allocate` returns `1 << order` frames that stay ours.
    package init(
        _ transport: consuming VirtioTransport, records: ControlChannel, sizes: Sizes,
        allocate: (_ order: Int) -> Frame?
    ) throws(DriverError) {
        var transport = transport
        guard transport.device == .console else { throw .notVirtio }
        try transport.negotiate(.eventIndex, required: Console.multiport)
        // A prepared device shows by its rings which ports it has, without an access.
        guard
            transport.isPrepared
                || transport.configuration(Console.portMaximum) >= UInt32(Console.Port.count)
        else { throw .missingFeature }
        func arena(_ order: Int) throws(DriverError) -> DMAArena {
            guard let first = allocate(order) else { throw .outOfMemory }
            return DMAArena(first: first, order: order)
        }
        func buffer(_ order: Int) throws(DriverError) -> DMABuffer {
            var arena = try arena(order)
            return try arena.takeBuffer(Page.size << order)
        }
        // Rings and the control messages' slots; 5 KiB.
        var small = try arena(1)
        let size = Self.queueSize
        controlInput = try ReceivePort(
            transport, queue: Console.controlReceiveQueue, size: size,
            slots: small.takeBuffer(Int(size) * Self.controlSlotByteCount), in: &small)
        controlOutput = try TransmitPort(
            transport, queue: Console.controlTransmitQueue, size: size,
            slots: small.takeBuffer(Int(size) * 16), in: &small)
        input = try ReceivePort(
            transport, queue: Console.receiveQueue(ofPort: Console.Port.standardInput.rawValue),
            size: size, slots: buffer(sizes.inputOrder), in: &small)
        output = try TransmitPort(
            transport, queue: Console.transmitQueue(ofPort: Console.Port.standardOutput.rawValue),
            size: size, slots: buffer(sizes.outputOrder), in: &small)
        error = try TransmitPort(
            transport, queue: Console.transmitQueue(ofPort: Console.Port.standardError.rawValue),
            size: size, slots: buffer(sizes.errorOrder), in: &small)
        let control = Console.Port.control.rawValue
        let recordInput = try ReceivePort(
            transport, queue: Console.receiveQueue(ofPort: control), size: 4,
            slots: small.takeBuffer(4 * Self.recordSlotByteCount / 4), in: &small)
        let recordOutput = try TransmitPort(
            transport, queue: Console.transmitQueue(ofPort: control), size: 8,
            slots: buffer(0), in: &small)
        self.records = records
        transport.start()
        controlInput.start()
        sendHandshake()
        // Behind the handshake: QEMU looks for a host's bytes again when it is told of new buffers, not
        // when a port opens.
        input.start()
        recordInput.start()
        let input = input
        records.onInputEnd = { input.endByteCount = $0 }
        if records.wantsClock { records.requestClock() }
        records.attach(output: recordOutput, input: recordInput)
    }

    private func sendHandshake() {
        add(.init(port: 0, event: .deviceReady, value: 1))
        for port in 0..<UInt32(Console.Port.count) {
            add(.init(port: port, event: .portReady, value: 1))
            add(.init(port: port, event: .portOpen, value: 1))
        }
        controlOutput.publish()
    }
    private func add(_ message: Console.ControlMessage) {
        // 9 messages meet 16 slots; a device that drains none gets no more.
        guard let slot = controlOutput.freeSlot() else { return }
        slot.storeWord(message.encoded, at: 0)
        controlOutput.add(slot, count: Console.ControlMessage.byteCount)
    }

    /// Handles the device's messages and the host's records; returns whether there were any.
    @discardableResult
    package func poll() -> Bool {
        controlInput.collect()
        var any = false
        while let first = controlInput.first {
            any = true
            if first.byteCount >= Console.ControlMessage.byteCount {
                handle(Console.ControlMessage(encoded: first.word(at: 0)))
            }
            controlInput.drop(first.byteCount)
        }
        any = records.poll() || any
        terminal?.collect()
        tellWaiters()
        return any
    }
    /// Wakes who waits for what happened to the ports.
    private func tellWaiters() {
        // Only what is collected is known, and only then an interrupt tells of more.
        if !input.waiters.isEmpty { input.collect() }
        input.tellWaiters()
        output.tellWaiters()
        error.tellWaiters()
        terminal?.tellWaiters()
    }
    package func interrupt() { poll() }

    private func handle(_ message: Console.ControlMessage) {
        let isClosed: Bool
        switch message.event {
        case .portOpen: isClosed = message.value == 0
        case .deviceRemove: isClosed = true
        default: return
        }
        guard let number = UInt16(exactly: message.port) else { return }
        switch Console.Port(rawValue: number) {
        case .standardInput: input.isClosed = isClosed
        case .standardOutput: output.isClosed = isClosed
        case .standardError: error.isClosed = isClosed
        case .control, nil: break
        }
    }

    /// Waits until the device drained what the program wrote.
    package func flush() {
        output.flush()
        error.flush()
    }
}
