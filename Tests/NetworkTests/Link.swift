import Base
import TestSupport
import Wire

@testable import Network

/// What a middle box does to frames: a chance in a thousand for each.
struct Faults {
    var drop = 0
    var duplicate = 0
    var reorder = 0
    var truncate = 0
    var corrupt = 0
    /// Time on the way, and up to how much more.
    var delay = Nanoseconds.milliseconds(1)
    var jitter = Nanoseconds.zero
    /// Bytes a second, 0: no limit; frames that wait for the line beyond this many are dropped.
    var rate = 0
    var queueLimit = 1000

    static let none = Faults()
    static func loss(_ perThousand: Int) -> Faults {
        var faults = Faults()
        faults.drop = perThousand
        return faults
    }
    /// A bit of everything.
    static func all(_ perThousand: Int) -> Faults {
        var faults = Faults()
        faults.drop = perThousand
        faults.duplicate = perThousand
        faults.reorder = perThousand
        faults.truncate = perThousand
        faults.corrupt = perThousand
        faults.jitter = .milliseconds(1)
        return faults
    }
}

/// A device whose frames go to a link.
final class LinkDevice: FrameDevice {
    private unowned let link: Link
    private let side: Int
    init(_ link: Link, side: Int) {
        self.link = link
        self.side = side
    }
    func transmit(_ packet: Packet, of interface: NetworkInterface) {
        link.take(packet, from: side)
    }
}

/// Two stacks joined by a link that treats frames as `faults` says, all from one seed.
final class Link {
    private(set) var stacks: [NetworkStack] = []
    private(set) var interfaces: [NetworkInterface] = []
    var faults: Faults
    private var random: SeededRandom
    private(set) var now = Nanoseconds.seconds(1)
    private var lineFree = [Nanoseconds.zero, .zero]
    private var onTheWay: [(time: Nanoseconds, order: Int, side: Int, bytes: [UInt8])] = []
    private var order = 0
    /// Bytes that each of a device's buffers takes.
    var split = BufferPool.bufferByteCount
    private(set) var frameCount = 0
    private(set) var byteCount = 0
    /// Sees every frame as it is sent: its sender's side and its bytes; false drops it.
    var watch: ((Int, [UInt8]) -> Bool)?

    init(
        seed: UInt64, _ faults: Faults = .none, mtu: Int = 1500,
        offloads: InterfaceOffloads = [],
        _ configuration: NetworkConfiguration = NetworkConfiguration()
    ) {
        TestArena.prepare()
        random = SeededRandom(seed: seed)
        self.faults = faults
        for side in 0..<2 {
            let key: [8 of UInt32] = [
                UInt32(truncatingIfNeeded: seed), UInt32(side), 3, 4, 5, 6, 7, 8,
            ]
            guard let stack = NetworkStack(configuration, seed: key, now: now) else {
                fatalError("no memory for a stack")
            }
            stacks.append(stack)
            interfaces.append(
                NetworkInterface(
                    .ethernet, name: "eth0",
                    mac: MACAddress(rawValue: 0x0200_0000_0000 + UInt64(side + 1)), mtu: mtu,
                    offloads: offloads, device: LinkDevice(self, side: side)))
            stack.attach(interfaces[side])
            do {
                try stack.addAddress(
                    InterfaceAddress(Self.address(side), bitCount: 24), to: interfaces[side])
            } catch { fatalError("no address") }
        }
    }
    deinit { for stack in stacks { stack.shutDown() } }

    static func address(_ side: Int) -> IPv4Address { IPv4Address(10, 0, 0, UInt8(side + 1)) }
    static func ip(_ side: Int) -> IPAddress { IPAddress(address(side)) }

    private func isOneOf(_ perThousand: Int) -> Bool {
        perThousand > 0 && random.pick(0...999) < perThousand
    }
    func take(_ packet: Packet, from side: Int) {
        precondition(packet.partialChecksum == nil || !interfaces[side].offloads.isEmpty)
        for bytes in Self.frames(of: packet) { put(bytes, from: side) }
        packet.release()
    }
    /// What a device makes of a packet: checksums, and segments where it is to cut them.
    private static func frames(of packet: Packet) -> [[UInt8]] {
        let payload = packet.segmentByteCount
        if payload == 0 { packet.completeChecksum() }
        var whole = [UInt8](repeating: 0, count: packet.byteCount)
        do {
            var span = whole.mutableSpan
            var raw = span.mutableBytes
            packet.copy(0, into: &raw)
        }
        return payload == 0 ? [whole] : Segmentation.cut(whole, payload)
    }
    func put(_ frame: [UInt8], from side: Int) {
        frameCount += 1
        byteCount += frame.count
        if let watch, !watch(side, frame) { return }
        if isOneOf(faults.drop) { return }
        var start = now
        if faults.rate > 0 {
            let time = Nanoseconds(
                rawValue: Int64(frame.count) * 1_000_000_000 / Int64(faults.rate))
            start = max(lineFree[side], now)
            if (start - now).rawValue > time.rawValue * Int64(faults.queueLimit) { return }
            lineFree[side] = start + time
            start = start + time
        }
        for _ in 0..<(isOneOf(faults.duplicate) ? 2 : 1) {
            var bytes = frame
            if isOneOf(faults.truncate) { bytes.removeLast(random.pick(1...bytes.count - 1)) }
            if isOneOf(faults.corrupt) {
                bytes[random.pick(0...bytes.count - 1)] ^= UInt8(1 << random.pick(0...7))
            }
            var time = start + faults.delay
            if faults.jitter > .zero {
                time =
                    time
                    + Nanoseconds(rawValue: Int64(random.pick(0...Int(faults.jitter.rawValue))))
            }
            if isOneOf(faults.reorder) { time = time + .milliseconds(3) }
            insert(time, 1 - side, bytes)
        }
    }
    private func insert(_ time: Nanoseconds, _ side: Int, _ bytes: [UInt8]) {
        order += 1
        onTheWay.append((time, order, side, bytes))
        var index = onTheWay.count - 1
        while index > 0, isBefore(index, (index - 1) / 2) {
            onTheWay.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }
    private func isBefore(_ a: Int, _ b: Int) -> Bool {
        (onTheWay[a].time, onTheWay[a].order) < (onTheWay[b].time, onTheWay[b].order)
    }
    private func removeFirst() -> (time: Nanoseconds, order: Int, side: Int, bytes: [UInt8]) {
        let first = onTheWay[0]
        let last = onTheWay.removeLast()
        guard !onTheWay.isEmpty else { return first }
        onTheWay[0] = last
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < onTheWay.count {
                if isBefore(child, least) { least = child }
            }
            guard least != index else { return first }
            onTheWay.swapAt(index, least)
            index = least
        }
    }

    /// Hands a frame to a stack as its device would.
    func deliver(_ bytes: [UInt8], to side: Int) {
        guard let packet = stacks[side].pool.packet(of: bytes, split: split) else { return }
        stacks[side].receive(packet, on: interfaces[side])
    }
    /// Goes on to the next thing that happens, at `limit` at the latest; false where nothing is left.
    @discardableResult
    func step(until limit: Nanoseconds = Nanoseconds(rawValue: .max)) -> Bool {
        var next = onTheWay.first?.time
        for stack in stacks {
            if let deadline = stack.nextDeadline, next.map({ deadline < $0 }) ?? true {
                next = deadline
            }
        }
        guard let next, next <= limit else {
            if limit.rawValue < .max { now = max(now, limit) }
            for stack in stacks { stack.advance(to: now) }
            return false
        }
        now = max(now, next)
        for stack in stacks { stack.advance(to: now) }
        while let first = onTheWay.first, first.time <= now {
            let frame = removeFirst()
            deliver(frame.bytes, to: frame.side)
        }
        return true
    }
    func run(for time: Nanoseconds) {
        let end = now + time
        while step(until: end) {}
    }
    /// Runs until a condition holds, for a time at most; returns whether it does.
    func run(atMost time: Nanoseconds, until condition: () -> Bool) -> Bool {
        let end = now + time
        // Two sides that answer each other for ever are a failure, not a long run.
        var stepsLeft = 1_000_000
        while !condition() {
            stepsLeft -= 1
            guard stepsLeft > 0 else { return false }
            guard step(until: end) else { return condition() }
        }
        return true
    }
    /// Counters of both stacks that are not zero, for a failure's message.
    var counters: String {
        var text = ""
        for (side, stack) in stacks.enumerated() {
            text += "\nstack \(side):"
            for counter in NetworkCounter.allCases where stack.counters[counter] > 0 {
                text += " \(counter)=\(stack.counters[counter])"
            }
        }
        return text
    }
    /// Buffers and packets that are still in use once everything was given back.
    var leaks: String {
        var text = ""
        for (side, stack) in stacks.enumerated() {
            stack.pool.closeOpen()
            if stack.pool.heldCount > 0 {
                text += "\(stack.pool.heldCount) buffers of stack \(side) "
            }
            if stack.pool.livePacketCount > 0 {
                text += "\(stack.pool.livePacketCount) packets of stack \(side) "
            }
        }
        return text
    }
}

extension BufferPool {
    /// A packet as a device with buffers of a page makes it.
    func packet(of bytes: [UInt8], split: Int = bufferByteCount) -> Packet? {
        guard let packet = takePacket() else { return nil }
        var done = 0
        while done < bytes.count {
            guard !packet.isFull, let buffer = take() else {
                packet.release()
                return nil
            }
            let count = min(split, bytes.count - done)
            let piece = Piece(buffer, offset: 0, count: count)
            let from = done
            bytes.withUnsafeBytes { source in
                withMutableBytes(of: piece) {
                    $0.write(source.bytes.extracting(from..<from + count), at: 0)
                }
            }
            packet.append(piece)
            done += count
        }
        return packet
    }
}

/// TSO as a device does it (IPv4 over Ethernet).
enum Segmentation {
    static func cut(_ frame: [UInt8], _ payload: Int) -> [[UInt8]] {
        let ip = 14
        let tcp = ip + Int(frame[ip] & 15) * 4
        let start = tcp + Int(frame[tcp + 12] >> 4) * 4
        var frames: [[UInt8]] = []
        var done = start
        while done < frame.count {
            let end = min(done + payload, frame.count)
            var part = Array(frame[..<start]) + frame[done..<end]
            func put(_ value: UInt32, _ count: Int, at offset: Int) {
                for index in 0..<count {
                    part[offset + index] = UInt8(
                        truncatingIfNeeded: value >> UInt32(8 * (count - 1 - index)))
                }
            }
            func get(_ count: Int, at offset: Int) -> UInt32 {
                (0..<count).reduce(0) { $0 << 8 | UInt32(frame[offset + $1]) }
            }
            put(UInt32(part.count - ip), 2, at: ip + 2)
            put(0, 2, at: ip + 10)
            var checksum = InternetChecksum()
            checksum.add(part.span.bytes.extracting(ip..<tcp))
            put(UInt32(checksum.value), 2, at: ip + 10)
            put(get(4, at: tcp + 4) &+ UInt32(done - start), 4, at: tcp + 4)
            // FIN and PSH belong to the last one.
            if end < frame.count { part[tcp + 13] &= ~0x09 }
            put(0, 2, at: tcp + 16)
            var sum = InternetChecksum(
                pseudoHeaderFrom: IPAddress(IPv4Address(rawValue: get(4, at: ip + 12))),
                to: IPAddress(IPv4Address(rawValue: get(4, at: ip + 16))), .tcp,
                byteCount: part.count - tcp)
            sum.add(part.span.bytes.extracting(droppingFirst: tcp))
            put(UInt32(sum.value), 2, at: tcp + 16)
            frames.append(part)
            done = end
        }
        return frames
    }
}
