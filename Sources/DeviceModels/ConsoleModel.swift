internal import Base
package import KVM
internal import NucleusInterface
package import Virtio

/// What is on the host's side of the console's ports.
package protocol ConsoleHost: Sendable {
    /// Takes bytes of guest memory that the program or the kernel wrote, or a part of them.
    mutating func send(
        _ port: Console.Port, _ segment: Segment, _ memory: GuestMemory
    ) throws(GuestFault) -> SendOutcome
    /// Puts what there is of standard input into guest memory.
    mutating func receive(
        _ segment: Segment, _ memory: GuestMemory
    ) throws(GuestFault) -> ReceiveOutcome
}
/// What became of bytes on their way out.
package enum SendOutcome: Equatable, Sendable {
    case sent(Int)
    /// None went, and `serve` is to be called when some will.
    case blocked
}
/// What came in.
package enum ReceiveOutcome: Equatable, Sendable {
    case received(Int)
    case nothing
    case end
}

/// virtio-console with the machine's four ports (virtio 1.2, section 5.3).
///
/// The driver does not wait for the handshake of section 5.3.6, as both sides know the ports; the
/// device sends messages only for ports that close. Input is read from the host only when the driver
/// has room for it.
package struct ConsoleModel<Host: ConsoleHost>: DeviceModel {
    package static var name: String { "console" }
    package static var identifier: DeviceIdentifier { .console }
    package static var features: Features { Console.multiport }
    private static var queueSize: UInt16 { 64 }
    /// Chains handled in one go, so that no port keeps the others waiting.
    private static var budget: Int { 64 }
    /// Records that wait for a driver; more of them say nothing new.
    private static var recordLimit: Int { 16 }

    package static var queueSizes: [UInt16] {
        [UInt16](
            repeating: queueSize, count: Int(Console.queueCount(portCount: Console.Port.count)))
    }
    package let queueSizes: [UInt16]
    package let configuration: [UInt8]
    package var host: Host

    private var queues: [DeviceQueue?] = []
    private var ports: [Port]
    private var isReady = false
    /// Messages for the driver that had no buffer yet.
    private var messages: [Console.ControlMessage] = []
    private var records: [HostRecord] = []
    /// The control port's available index when a record was delivered last.
    private var indexAtRecord: UInt16?
    /// The same of standard input and its bytes.
    private var indexAtInput: UInt16?
    private var inputChain: Chain?
    private var inputHasEnded = false
    private var wantsInterrupt = false

    /// A port as the driver left it.
    private struct Port {
        var isReady = false
        var isOpen = false
        /// A chain that is only partly out: its next segment, and how much of that is out.
        var chain: Chain?
        var segment = 0
        var offset: UInt32 = 0
        var isBlocked = false
        var hasMore = false
    }

    package init(host: Host) {
        self.host = host
        let portCount = Console.Port.count
        queueSizes = Self.queueSizes
        var bytes = [UInt8](repeating: 0, count: Console.configurationSize)
        bytes[Int(Console.portMaximum.offset)] = UInt8(portCount)
        configuration = bytes
        ports = [Port](repeating: Port(), count: Int(portCount))
    }

    package mutating func start(_ queues: [DeviceQueue?]) { self.queues = queues }
    package mutating func reset() { self = Self(host: host) }

    // MARK: What the event loop asks

    /// Whether standard input is to be read when it has something.
    package var wantsInput: Bool {
        ports[0].isReady && ports[0].isOpen && !inputHasEnded && inputChain != nil
    }
    /// Whether a port waits until the host takes more.
    package func isBlocked(_ port: Console.Port) -> Bool { ports[Int(port.rawValue)].isBlocked }
    /// Whether the budget ran out before the work did: `serve` is to be called again.
    package var hasMore: Bool {
        for port in ports where port.hasMore { return true }
        return false
    }
    /// Whether the guest neither took the last record nor anything since.
    package func ignoresRecords(_ memory: GuestMemory) -> Bool {
        guard records.isEmpty else { return true }
        guard let indexAtRecord else { return false }
        return availableIndex(ofPort: .control, memory) == indexAtRecord
    }
    /// Whether the guest took nothing of standard input since bytes were delivered.
    package func ignoresInput(_ memory: GuestMemory) -> Bool {
        guard let indexAtInput else { return false }
        return availableIndex(ofPort: .standardInput, memory) == indexAtInput
    }
    private func availableIndex(ofPort port: Console.Port, _ memory: GuestMemory) -> UInt16? {
        let index = Int(Console.receiveQueue(ofPort: port.rawValue))
        guard index < queues.count, let queue = queues[index] else { return nil }
        return try? memory.load(UInt16.self, at: queue.layout.availableIndex)
    }

    /// Whether records wait for the guest.
    package var hasRecords: Bool { !records.isEmpty }

    /// Queues a record for the guest; `serve` delivers it.
    package mutating func send(_ record: HostRecord) {
        records.removeAll { $0.isReplaced(by: record) }
        guard records.count < Self.recordLimit else { return }
        records.append(record)
    }

    // MARK: Work

    package mutating func serve(_ memory: GuestMemory) throws(GuestFault) -> Bool {
        wantsInterrupt = false
        try takeMessages(memory)
        for port in [Console.Port.standardOutput, .standardError, .control] {
            try drain(port, memory)
        }
        try fillInput(memory)
        try deliverRecords(memory)
        try sendMessages(memory)
        return wantsInterrupt
    }

    /// Runs `body` with a queue that the driver set up.
    private mutating func with(
        _ number: UInt16, _ body: (inout DeviceQueue) throws(RingError) -> Void
    ) throws(GuestFault) {
        let index = Int(number)
        guard index < queues.count, var queue = queues[index] else { return }
        try onRing(Self.name, index) { () throws(RingError) in try body(&queue) }
        queues[index] = queue
    }
    private mutating func take(
        _ number: UInt16, _ memory: GuestMemory
    ) throws(GuestFault) -> Chain? {
        var chain: Chain?
        try with(number) { (queue) throws(RingError) in chain = try queue.next(in: memory) }
        return chain
    }
    private mutating func complete(
        _ chain: Chain, _ number: UInt16, written: UInt32, _ memory: GuestMemory
    ) throws(GuestFault) {
        try with(number) { (queue) throws(RingError) in
            try queue.complete(chain, written: written, in: memory)
        }
    }
    private mutating func publish(_ number: UInt16, _ memory: GuestMemory) throws(GuestFault) {
        var wanted = false
        try with(number) { (queue) throws(RingError) in wanted = try queue.publish(in: memory) }
        wantsInterrupt = wantsInterrupt || wanted
    }
    /// Asks for a doorbell; returns whether something came meanwhile.
    private mutating func listen(_ number: UInt16, _ memory: GuestMemory) throws(GuestFault) -> Bool
    {
        var hasMore = false
        try with(number) { (queue) throws(RingError) in
            hasMore = try queue.enableNotifications(in: memory)
        }
        return hasMore
    }

    // MARK: Messages of the driver

    private mutating func takeMessages(_ memory: GuestMemory) throws(GuestFault) {
        let number = Console.controlTransmitQueue
        var budget = Self.budget
        repeat {
            while budget > 0, let chain = try take(number, memory) {
                budget -= 1
                guard let segment = chain.readable.first,
                    segment.byteCount >= Console.ControlMessage.byteCount
                else { throw GuestFault("the kernel sent the console a message that is too short") }
                let bytes = try Self.bytes(
                    segment, atMost: Console.ControlMessage.byteCount, memory)
                if let message = Console.ControlMessage(bytes.span.raw) { try handle(message) }
                try complete(chain, number, written: 0, memory)
            }
        } while try listen(number, memory) && budget > 0
        try publish(number, memory)
    }

    private mutating func handle(_ message: Console.ControlMessage) throws(GuestFault) {
        if message.event == .deviceReady {
            isReady = message.value == 1
            return
        }
        guard let port = Int(exactly: message.port), ports.indices.contains(port) else {
            throw GuestFault("the kernel named port \(message.port) of the console")
        }
        switch message.event {
        case .portReady: ports[port].isReady = message.value == 1
        case .portOpen: ports[port].isOpen = message.value == 1
        default: break  // a later version's message means nothing to this one
        }
    }

    /// Tells the driver what it must know, as far as it has room.
    private mutating func sendMessages(_ memory: GuestMemory) throws(GuestFault) {
        guard isReady else { return }
        let number = Console.controlReceiveQueue
        while let message = messages.first, let chain = try take(number, memory) {
            var word = [UInt8](repeating: 0, count: Console.ControlMessage.byteCount)
            for index in word.indices {
                word[index] = UInt8(truncatingIfNeeded: message.encoded >> UInt64(8 * index))
            }
            let written = try Self.store(word, to: chain, memory)
            try complete(chain, number, written: written, memory)
            messages.removeFirst()
        }
        if !messages.isEmpty { _ = try listen(number, memory) }
        try publish(number, memory)
    }

    // MARK: Records for the guest

    private mutating func deliverRecords(_ memory: GuestMemory) throws(GuestFault) {
        let control = Console.Port.control.rawValue
        guard !records.isEmpty, ports[Int(control)].isReady else { return }
        let number = Console.receiveQueue(ofPort: control)
        while let record = records.first, let chain = try take(number, memory) {
            let written = try Self.store(record.bytes, to: chain, memory)
            try complete(chain, number, written: written, memory)
            records.removeFirst()
            indexAtRecord = availableIndex(ofPort: .control, memory)
        }
        if !records.isEmpty { _ = try listen(number, memory) }
        try publish(number, memory)
    }

    // MARK: Bytes

    /// Moves what the driver wrote to a port's host side, until that takes no more.
    private mutating func drain(_ port: Console.Port, _ memory: GuestMemory) throws(GuestFault) {
        let number = Console.transmitQueue(ofPort: port.rawValue)
        let index = Int(port.rawValue)
        var budget = Self.budget
        ports[index].isBlocked = false
        repeat {
            while budget > 0 {
                if ports[index].chain == nil {
                    ports[index].chain = try take(number, memory)
                    ports[index].segment = 0
                    ports[index].offset = 0
                }
                guard let chain = ports[index].chain else { break }
                budget -= 1
                guard try send(chain, port, memory) else {
                    ports[index].isBlocked = true
                    ports[index].hasMore = false
                    return try publish(number, memory)
                }
                ports[index].chain = nil
                try complete(chain, number, written: 0, memory)
            }
            ports[index].hasMore = try listen(number, memory)
        } while ports[index].hasMore && budget > 0
        try publish(number, memory)
    }

    /// Sends what is left of a chain; returns whether all of it is out.
    private mutating func send(
        _ chain: Chain, _ port: Console.Port, _ memory: GuestMemory
    ) throws(GuestFault) -> Bool {
        let index = Int(port.rawValue)
        while ports[index].segment < chain.readableCount {
            let segment = chain.segments[ports[index].segment]
            let offset = ports[index].offset
            guard offset < segment.byteCount else {
                ports[index].segment += 1
                ports[index].offset = 0
                continue
            }
            let rest = Segment(
                address: segment.address + UInt64(offset), byteCount: segment.byteCount - offset)
            guard case .sent(let count) = try host.send(port, rest, memory), count > 0 else {
                return false
            }
            ports[index].offset += UInt32(min(count, Int(rest.byteCount)))
        }
        return true
    }

    /// Reads standard input into the driver's buffers; one is kept at hand, so that it is known
    /// whether there is room before the host is asked.
    private mutating func fillInput(_ memory: GuestMemory) throws(GuestFault) {
        guard ports[0].isReady, ports[0].isOpen, !inputHasEnded else { return }
        let number = Console.receiveQueue(ofPort: 0)
        if inputChain == nil { inputChain = try takeInput(number, memory) }
    }
    private mutating func takeInput(
        _ number: UInt16, _ memory: GuestMemory
    ) throws(GuestFault) -> Chain? {
        if let chain = try take(number, memory) { return chain }
        return try listen(number, memory) ? take(number, memory) : nil
    }

    /// Standard input has something: moves it in. Returns whether the driver wants an interrupt.
    package mutating func serveInput(_ memory: GuestMemory) throws(GuestFault) -> Bool {
        wantsInterrupt = false
        let number = Console.receiveQueue(ofPort: 0)
        var budget = Self.budget
        reading: while budget > 0, wantsInput, let chain = inputChain {
            budget -= 1
            var written: UInt32 = 0
            var goesOn = true
            for segment in chain.writable where goesOn && segment.byteCount > 0 {
                switch try host.receive(segment, memory) {
                case .received(let count):
                    written += UInt32(min(count, Int(segment.byteCount)))
                    goesOn = count == Int(segment.byteCount)
                case .nothing: goesOn = false
                case .end:
                    goesOn = false
                    endInput()
                }
            }
            // An empty chain stays at hand; at the end nobody needs it.
            guard written > 0 || chain.writableByteCount == 0 else { break reading }
            inputChain = nil
            try complete(chain, number, written: written, memory)
            indexAtInput = availableIndex(ofPort: .standardInput, memory)
            inputChain = inputHasEnded ? nil : try takeInput(number, memory)
            if !goesOn { break reading }
        }
        try publish(number, memory)
        try sendMessages(memory)
        return wantsInterrupt
    }

    private mutating func endInput() {
        inputHasEnded = true
        messages.append(Console.ControlMessage(port: 0, event: .portOpen, value: 0))
    }

    // MARK: Copies

    private static func bytes(
        _ segment: Segment, atMost limit: Int, _ memory: GuestMemory
    ) throws(GuestFault) -> [UInt8] {
        do throws(GuestMemoryError) {
            return try memory.bytes(
                at: PhysicalAddress(rawValue: segment.address),
                byteCount: min(Int(segment.byteCount), limit))
        } catch { throw GuestFault(error) }
    }

    /// Stores bytes into a chain; throws where it has no room for all of them.
    private static func store(
        _ bytes: [UInt8], to chain: Chain, _ memory: GuestMemory
    ) throws(GuestFault) -> UInt32 {
        guard Int(chain.writableByteCount) >= bytes.count else {
            throw GuestFault("the kernel gave the console a buffer of too few bytes")
        }
        var rest = bytes[...]
        for segment in chain.writable where !rest.isEmpty {
            let part = Array(rest.prefix(Int(segment.byteCount)))
            do throws(GuestMemoryError) {
                try memory.store(part, at: PhysicalAddress(rawValue: segment.address))
            } catch { throw GuestFault(error) }
            rest = rest.dropFirst(part.count)
        }
        return UInt32(bytes.count)
    }
}
