import Base
import LinuxABI
import Memory
import Network
import TestSupport
import Wire

/// Frames of any bytes, each behind its length (u8), to a stack with a listener and a UDP socket. Whatever comes,
/// nothing is kept once the sockets are closed.
func fuzzFrames(_ bytes: RawSpan, _ isPlanted: Bool) {
    let bench = FuzzBench()
    let listener = bench.listen()
    let socket = UDPEndpoint(of: bench.stack, .v4)
    try? socket.bind(to: EndpointAddress(.anyV4, 53))
    bench.stack.startIPv6(on: bench.interface)
    var at = 0
    while at < bytes.byteCount {
        let count = min(Int(bytes.byte(at: at)), bytes.byteCount - at - 1)
        bench.receive(bytes.extracting(at + 1..<at + 1 + count))
        bench.advance(milliseconds: 10)
        at += 1 + count
    }
    precondition(
        !isPlanted || bench.stack.counters[.echoesAnswered] == 0
            || bench.stack.counters[.arpReceived] == 0, "the planted bug")
    socket.close()
    listener.close()
    bench.finish()
}

/// Steps of a hostile peer, a program and time, against one listener: each is an opcode (u8) and its operands.
///
/// Payload is made of its sequence numbers, so that whatever a program reads can be checked; and so is what the
/// stack sends. Traps where a byte is wrong, an acknowledgement or a window's edge goes back, more is sent than
/// there is a window for, or something is left over in the end.
func fuzzSegments(_ bytes: RawSpan, _ isPlanted: Bool) {
    let bench = FuzzBench()
    let listener = bench.listen()
    var at = 1
    let options = bytes.byteCount > 0 ? bytes.byte(at: 0) : 0
    func operand() -> Int {
        guard at < bytes.byteCount else { return 0 }
        defer { at += 1 }
        return Int(bytes.byte(at: at))
    }
    func signed() -> Int { Int(Int8(truncatingIfNeeded: operand())) }
    let peer = FuzzPeer(bench, options: options)
    while at < bytes.byteCount {
        switch operand() & 15 {
        case 0: peer.send(.synchronize, signed() / 64, 0, 0)
        case 1: peer.send(.acknowledge, 0, 0, 0)
        case 2, 3: peer.send([.acknowledge, .push], 0, 0, operand() * 8)
        case 4: peer.send(.acknowledge, signed() * 100, signed() * 100, operand() * 8)
        case 5: peer.send([.acknowledge, .finish], signed() / 16, 0, operand() / 8)
        case 6: peer.send(.reset, signed() / 16, 0, 0)
        case 7:
            peer.send(
                TCPFlags(rawValue: UInt8(operand())), signed(), signed(), operand())
        case 8: bench.advance(milliseconds: operand())
        case 9: bench.advance(milliseconds: operand() * 1000)
        case 10: peer.accept(listener)
        case 11: peer.write(operand() * 64)
        case 12: peer.read(operand() * 64)
        case 13: peer.finish(operand())
        case 14: peer.window = operand() * 256
        default: peer.acknowledgeInPart(operand(), selective: operand())
        }
    }
    precondition(!isPlanted || peer.readCount < 3000, "the planted bug")
    peer.close()
    listener.close()
    bench.finish()
}

/// A stack whose link is the fuzzer.
final class FuzzBench {
    let stack: NetworkStack
    let interface: NetworkInterface
    let device = FuzzDevice()
    private(set) var now = Nanoseconds.seconds(1)

    init() {
        TestArena.prepare()
        var configuration = NetworkConfiguration()
        configuration.bufferLimit = 256
        configuration.connectionLimit = 64
        configuration.requestLimit = 16
        let made = NetworkStack(configuration, seed: [1, 2, 3, 4, 5, 6, 7, 8], now: now)
        guard let made else { fatalError("no memory for a stack") }
        stack = made
        interface = NetworkInterface(
            .ethernet, name: "eth0", mac: MACAddress(rawValue: 0x0200_0000_0002), mtu: 1500,
            device: device)
        stack.attach(interface)
        let own = InterfaceAddress(IPv4Address(10, 0, 0, 2), bitCount: 24)
        guard (try? stack.addAddress(own, to: interface)) != nil else { fatalError("no address") }
        stack.pinNeighbor(IPAddress(IPv4Address(10, 0, 0, 1)), FuzzDevice.peer, on: interface)
    }
    func listen() -> TCPEndpoint {
        let listener = TCPEndpoint(of: stack, .v4)
        listener.options.reusesAddress = true
        try? listener.bind(to: EndpointAddress(.anyV4, 80))
        try? listener.listen(backlog: 3)
        return listener
    }
    func receive(_ frame: RawSpan) {
        guard frame.byteCount > 0, let packet = stack.pool.takePacket() else { return }
        guard let buffer = stack.pool.take() else { return packet.release() }
        let piece = Piece(buffer, offset: 0, count: frame.byteCount)
        stack.pool.withMutableBytes(of: piece) { $0.write(frame, at: 0) }
        packet.append(piece)
        stack.receive(packet, on: interface)
    }
    func advance(milliseconds: Int) {
        now = now + .milliseconds(milliseconds)
        stack.advance(to: now)
    }
    /// Lets everything time out; nothing may be left.
    func finish() {
        for _ in 0..<40 { advance(milliseconds: 60_000) }
        precondition(stack.connectionCount == 0, "a connection is left")
        stack.shutDown()
        precondition(stack.pool.heldCount == 0, "a buffer is left")
        precondition(stack.pool.livePacketCount == 0, "a packet is left")
    }
}

final class FuzzDevice: FrameDevice {
    static let peer = MACAddress(rawValue: 0x0200_0000_0001)
    var sees: ((RawSpan) -> Void)?

    func transmit(_ packet: Packet, of interface: NetworkInterface) {
        var frame = [UInt8](repeating: 0, count: packet.byteCount)
        do {
            var span = frame.mutableSpan
            var raw = span.mutableBytes
            packet.copy(0, into: &raw)
        }
        sees?(frame.span.bytes)
        packet.release()
    }
}

/// The fuzzer's end of one connection after the other.
private final class FuzzPeer {
    private let bench: FuzzBench
    private let options: UInt8
    private var endpoint: TCPEndpoint?
    // Of the fuzzer's side: first number, next one; of the stack's: the same, and what was acknowledged.
    private var ours = SequenceNumber(rawValue: 0xffff_f000)
    private var next = SequenceNumber(rawValue: 0xffff_f000)
    private var theirs: SequenceNumber?
    private var theirNext = SequenceNumber(rawValue: 0)
    private var acknowledged = SequenceNumber(rawValue: 0)
    /// The furthest number that the stack was ever allowed to send.
    private var edge = SequenceNumber(rawValue: 0)
    private var lastAcknowledgment: SequenceNumber?
    private var lastEdge: SequenceNumber?
    private var port: UInt16 = 1000
    private var scale: UInt8 { options & 1 != 0 ? 2 : 0 }
    private var theirScale: UInt8 = 0
    private var written = 0
    /// Of the other side's SYN that was answered last, and of the accepted connection.
    private var synNumber = SequenceNumber(rawValue: 0)
    private var synWindow = 0
    private var first = SequenceNumber(rawValue: 0)
    private(set) var readCount = 0
    var window = 8192

    init(_ bench: FuzzBench, options: UInt8) {
        self.bench = bench
        self.options = options
        bench.device.sees = { [unowned self] in self.see($0) }
    }
    /// Of the fuzzer's stream, by the distance from its first number.
    private static func byte(_ position: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: position &* 31 &+ position >> 8)
    }

    func send(_ flags: TCPFlags, _ offset: Int, _ acknowledgmentOffset: Int, _ count: Int) {
        var flags = flags
        if flags.contains(.synchronize) {
            // Another time, another number.
            bench.advance(milliseconds: 1)
            if theirs == nil { begin() }
        }
        var options = TCPOptions()
        if flags.contains(.synchronize) {
            options.maximumSegmentSize = self.options & 8 != 0 ? 100 : 1460
            if self.options & 1 != 0 { options.windowScale = scale }
            options.permitsSelective = self.options & 2 != 0
        }
        if self.options & 4 != 0 {
            options.timestamps = TCPTimestamps(
                value: UInt32(truncatingIfNeeded: bench.now.rawValue / 1_000_000), echo: 0)
        }
        if !flags.contains(.synchronize), !flags.contains(.reset) { flags.insert(.acknowledge) }
        let start = flags.contains(.synchronize) && theirs == nil ? ours : next + offset
        let number = acknowledged + acknowledgmentOffset
        put(flags, start, number, options, count)
        if offset == 0, acknowledgmentOffset == 0 {
            if theirs != nil || flags.contains(.synchronize) {
                next = start + count + (flags.contains(.synchronize) ? 1 : 0)
            }
        }
    }
    private func begin() {
        port &+= 1
        ours = ours + 100_003
        next = ours
        lastAcknowledgment = nil
        lastEdge = nil
        written = 0
        endpoint?.close()
        endpoint = nil
    }
    private func put(
        _ flags: TCPFlags, _ start: SequenceNumber, _ number: SequenceNumber,
        _ options: TCPOptions, _ count: Int
    ) {
        let count = min(count, 1400)
        var header = TCPHeader(
            from: port, to: 80, flags, sequence: start, acknowledgment: number,
            window: UInt16(min(window >> (flags.contains(.synchronize) ? 0 : Int(scale)), 65_535)))
        header.headerByteCount = TCPHeader.byteCount + options.byteCount
        let tcp = 34
        let body = tcp + header.headerByteCount
        var frame = [UInt8](repeating: 0, count: body + count)
        for index in 0..<count { frame[body + index] = Self.byte(Int((start + index).rawValue)) }
        var span = frame.mutableSpan
        var raw = span.mutableBytes
        EthernetHeader(
            destination: bench.interface.mac, source: FuzzDevice.peer, type: .ipV4
        ).store(into: &raw)
        var ip = raw._mutatingExtracting(14..<tcp)
        IPv4Header(
            .tcp, from: IPv4Address(10, 0, 0, 1), to: IPv4Address(10, 0, 0, 2),
            payloadByteCount: header.headerByteCount + count
        ).store(into: &ip)
        var segment = raw._mutatingExtracting(tcp..<body)
        header.store(into: &segment)
        var rest = segment._mutatingExtracting(TCPHeader.byteCount..<header.headerByteCount)
        options.store(into: &rest)
        var sum = InternetChecksum(
            pseudoHeaderFrom: IPAddress(IPv4Address(10, 0, 0, 1)),
            to: IPAddress(IPv4Address(10, 0, 0, 2)), .tcp,
            byteCount: header.headerByteCount + count)
        sum.add(raw.bytes.extracting(tcp..<body + count))
        raw.storeBigEndian(sum.value, at: tcp + TCPHeader.checksumOffset)
        if flags.contains(.synchronize) { synWindow = max(synWindow, min(window, 65_535)) }
        if !flags.contains(.synchronize), number <= theirNext, theirs != nil {
            // What it may send from now on, if it takes this one.
            let field = (window >> Int(scale)) << Int(scale)
            edge = .later(edge, number + min(field, 65_535 << Int(scale)))
        }
        bench.receive(raw.bytes)
    }
    /// Acknowledges a part of what came, and tells of a block behind it.
    func acknowledgeInPart(_ part: Int, selective: Int) {
        guard theirs != nil else { return }
        let outstanding = max(theirNext - acknowledged, 0)
        acknowledged = acknowledged + outstanding * min(part, 128) / 128
        var options = TCPOptions()
        let left = theirNext - acknowledged
        if selective > 0, left > 2 {
            let start = acknowledged + 1 + left * (selective & 15) / 16
            options.append(SequenceRange(start, start + max(1, selective)))
        }
        if self.options & 4 != 0 {
            options.timestamps = TCPTimestamps(
                value: UInt32(truncatingIfNeeded: bench.now.rawValue / 1_000_000), echo: 0)
        }
        put(.acknowledge, next, acknowledged, options, 0)
    }

    /// Checks what the stack sent.
    private func see(_ frame: RawSpan) {
        guard frame.byteCount >= 54, frame.byte(at: 23) == IPProtocol.tcp.rawValue,
            frame.bigEndian(UInt16.self, at: 12) == EtherType.ipV4.rawValue
        else { return }
        guard
            let ip = try? IPv4Header(
                checking: frame.extracting(droppingFirst: 14), available: frame.byteCount - 14),
            let header = try? TCPHeader(checking: frame.extracting(droppingFirst: 34))
        else { fatalError("a bad header was sent") }
        guard header.destinationPort == port, !header.flags.contains(.reset) else { return }
        let count = ip.payloadByteCount - header.headerByteCount
        if header.flags.contains(.synchronize) {
            // Sent again: nothing new.
            guard theirs != header.sequence || synNumber + 1 != header.acknowledgment else {
                return
            }
            theirs = header.sequence
            synNumber = header.acknowledgment + -1
            next = header.acknowledgment
            theirNext = header.sequence + 1
            acknowledged = theirNext
            edge = theirNext + synWindow
            lastAcknowledgment = nil
            lastEdge = nil
            let range = 34 + TCPHeader.byteCount..<34 + header.headerByteCount
            theirScale = (try? TCPOptions(checking: frame.extracting(range)))?.windowScale ?? 0
            return
        }
        guard let theirs else { return }
        if let last = lastAcknowledgment {
            precondition(header.acknowledgment >= last, "an acknowledgement goes back")
        }
        lastAcknowledgment = header.acknowledgment
        let newEdge = header.acknowledgment + (Int(header.window) << Int(theirScale))
        if let last = lastEdge { precondition(newEdge >= last, "a window shrinks") }
        lastEdge = newEdge
        guard count > 0 else { return }
        let end = header.sequence + count
        precondition(end <= edge, "more than the window was sent")
        let first = header.sequence - (theirs + 1)
        let body = 34 + header.headerByteCount
        for index in 0..<count {
            precondition(
                frame.byte(at: body + index) == Self.byte(first + index), "a wrong byte was sent")
        }
        theirNext = .later(theirNext, end)
    }

    // MARK: The program

    func accept(_ listener: TCPEndpoint) {
        guard let new = try? listener.accept() else { return }
        // Those of earlier ports are done with.
        guard (try? new.remote().port) == port, endpoint == nil else { return new.close() }
        endpoint = new
        readCount = 0
        written = 0
        first = synNumber + 1
    }
    func write(_ count: Int) {
        guard let endpoint else { return }
        let start = written
        let sent = try? endpoint.send(count) { position, bytes in
            for index in 0..<bytes.byteCount {
                bytes.storeLittleEndian(Self.byte(start + position + index), at: index)
            }
        }
        written += sent ?? 0
    }
    func read(_ count: Int) {
        guard let endpoint else { return }
        let start = readCount
        let done = try? endpoint.receive(count) { position, bytes in
            for index in 0..<bytes.byteCount {
                let number = self.first + start + position + index
                let expected = Self.byte(Int(number.rawValue))
                precondition(bytes.byte(at: index) == expected, "a wrong byte was read")
            }
        }
        readCount += done ?? 0
    }
    func finish(_ how: Int) {
        switch how & 3 {
        case 0: try? endpoint?.shutDown(receiving: .kept, sending: .shut)
        case 1: try? endpoint?.shutDown(receiving: .shut, sending: .kept)
        case 2: endpoint?.connectionOptions.sendsAtOnce.toggle()
        default: close()
        }
    }
    func close() {
        endpoint?.close()
        endpoint = nil
    }
}
