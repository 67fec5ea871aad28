import Base
import LinuxABI
import TestSupport
import Wire

@testable import Network

/// A segment as a test sends or sees it; its numbers count from the sides' first ones.
struct ScriptSegment: Equatable, CustomStringConvertible {
    var flags: TCPFlags = .acknowledge
    var sequence = 0
    var acknowledgment = 0
    var window = 65_535
    var payload: [UInt8] = []
    var options = TCPOptions()
    var sourcePort: UInt16 = 40_000
    var destinationPort: UInt16 = 80
    var time = Nanoseconds.zero

    var description: String {
        "[\(flags.rawValue)] \(sequence)+\(payload.count) ack \(acknowledgment) win \(window) at \(time.rawValue / 1_000_000) ms"
    }
}

/// A stack whose other side is the test itself: it sends segment by segment and sees each answer.
final class Script {
    let link: Link
    var stack: NetworkStack { link.stacks[1] }
    /// What the stack sent, in order.
    var seen: [ScriptSegment] = []
    /// Frames that are no TCP.
    var otherFrames: [[UInt8]] = []
    /// The first number of each side.
    var ours: UInt32 = 1000
    var theirs: UInt32 = 0
    var knowsTheirs = false
    var stamp: UInt32?
    var localPort: UInt16 = 40_000
    var remotePort: UInt16 = 80
    var source = Link.address(0)

    init(
        _ configuration: NetworkConfiguration = NetworkConfiguration(),
        offloads: InterfaceOffloads = []
    ) {
        link = Link(seed: 7, .none, offloads: offloads, configuration)
        link.watch = { [unowned self] side, frame in
            if side == 1 { self.see(frame) }
            return false
        }
        _ = stack.neighbors.pin(
            Link.ip(0), link.interfaces[0].mac, on: link.interfaces[1])
    }

    private func see(_ frame: [UInt8]) {
        let bytes = frame.span.bytes
        guard bytes.bigEndian(UInt16.self, at: 12) == EtherType.ipV4.rawValue,
            bytes.byte(at: 23) == 6,
            let ip = try? IPv4Header(
                checking: bytes.extracting(droppingFirst: 14), available: frame.count - 14),
            let header = try? TCPHeader(checking: bytes.extracting(droppingFirst: 34)),
            let options = try? TCPOptions(
                checking: bytes.extracting(54..<34 + header.headerByteCount))
        else {
            otherFrames.append(frame)
            return
        }
        var sum = InternetChecksum(
            pseudoHeaderFrom: IPAddress(ip.source), to: IPAddress(ip.destination), .tcp,
            byteCount: ip.payloadByteCount)
        sum.add(bytes.extracting(34..<14 + ip.totalByteCount))
        precondition(sum.value == 0, "a wrong checksum was sent")
        if header.flags.contains(.synchronize) {
            theirs = header.sequence.rawValue
            knowsTheirs = true
        }
        var segment = ScriptSegment()
        segment.flags = header.flags
        segment.sequence = Int(Int32(bitPattern: header.sequence.rawValue &- theirs))
        segment.acknowledgment =
            header.flags.contains(.acknowledge)
            ? Int(Int32(bitPattern: header.acknowledgment.rawValue &- ours)) : 0
        segment.window = Int(header.window)
        segment.payload = Array(frame[(34 + header.headerByteCount)..<(14 + ip.totalByteCount)])
        segment.options = options
        segment.sourcePort = header.sourcePort
        segment.destinationPort = header.destinationPort
        segment.time = link.now
        seen.append(segment)
    }

    /// Sends a segment to the stack.
    func send(
        _ flags: TCPFlags = .acknowledge, sequence: Int, acknowledgment: Int = 1,
        window: Int = 65_535, _ payload: [UInt8] = [], _ options: TCPOptions = TCPOptions()
    ) {
        var options = options
        if let stamp, options.timestamps == nil {
            options.timestamps = TCPTimestamps(value: stamp, echo: 0)
        }
        var header = TCPHeader(
            from: localPort, to: remotePort, flags,
            sequence: SequenceNumber(rawValue: ours) + sequence,
            acknowledgment: flags.contains(.acknowledge)
                ? SequenceNumber(rawValue: theirs) + acknowledgment : SequenceNumber(rawValue: 0),
            window: UInt16(window))
        header.headerByteCount = 20 + options.byteCount
        var segment = [UInt8](repeating: 0, count: header.headerByteCount)
        do {
            var span = segment.mutableSpan
            var raw = span.mutableBytes
            header.store(into: &raw)
            var rest = raw._mutatingExtracting(20..<header.headerByteCount)
            options.store(into: &rest)
        }
        segment += payload
        var sum = InternetChecksum(
            pseudoHeaderFrom: IPAddress(source), to: Link.ip(1), .tcp, byteCount: segment.count)
        sum.add(segment.span.bytes)
        segment[16] = UInt8(sum.value >> 8)
        segment[17] = UInt8(sum.value & 0xff)
        link.deliver(Self.frame(.tcp, segment, link, from: source), to: 1)
    }
    /// A frame from the test's side to the stack's with any payload.
    static func frame(
        _ number: IPProtocol, _ payload: [UInt8], _ link: Link,
        from source: IPv4Address = Link.address(0)
    ) -> [UInt8] {
        var frame = [UInt8](repeating: 0, count: 34)
        do {
            var span = frame.mutableSpan
            var raw = span.mutableBytes
            EthernetHeader(
                destination: link.interfaces[1].mac, source: link.interfaces[0].mac, type: .ipV4
            ).store(into: &raw)
            var ip = raw._mutatingExtracting(14..<34)
            IPv4Header(
                number, from: source, to: Link.address(1), payloadByteCount: payload.count
            ).store(into: &ip)
        }
        return frame + payload
    }
    func takeSeen() -> [ScriptSegment] {
        defer { seen.removeAll() }
        return seen
    }
    func run(_ milliseconds: Int) { link.run(for: .milliseconds(milliseconds)) }

    static func options(
        size: UInt16? = 1460, scale: UInt8? = nil, selective: Bool = false, stamp: UInt32? = nil
    ) -> TCPOptions {
        var options = TCPOptions()
        options.maximumSegmentSize = size
        options.windowScale = scale
        options.permitsSelective = selective
        options.timestamps = stamp.map { TCPTimestamps(value: $0, echo: 0) }
        return options
    }
    func listen(backlog: Int = 4, _ change: (TCPEndpoint) -> Void = { _ in }) throws -> TCPEndpoint
    {
        let listener = TCPEndpoint(of: stack, .v4)
        change(listener)
        try listener.bind(to: EndpointAddress(.anyV4, 80))
        try listener.listen(backlog: backlog)
        return listener
    }
    /// Opens a connection from the test's side and accepts it; nothing is left in `seen`.
    func open(
        _ listener: TCPEndpoint, _ options: TCPOptions = Script.options(), window: Int = 65_535
    ) throws -> TCPEndpoint {
        stamp = options.timestamps?.value
        send(.synchronize, sequence: 0, window: window, [], options)
        send(sequence: 1, acknowledgment: 1, window: window)
        let endpoint = try listener.accept()
        seen.removeAll()
        return endpoint
    }
}

extension TCPEndpoint {
    func write(_ count: Int) throws(Errno) -> Int {
        try send(count) { position, bytes in
            for index in 0..<bytes.byteCount {
                bytes.storeLittleEndian(UInt8(truncatingIfNeeded: position + index), at: index)
            }
        }
    }
    func read(_ count: Int = 1 << 20) throws(Errno) -> [UInt8] {
        var all: [UInt8] = []
        _ = try receive(count) { _, bytes in
            for index in 0..<bytes.byteCount { all.append(bytes.byte(at: index)) }
        }
        return all
    }
}
