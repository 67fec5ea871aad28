internal import Base
internal import LinuxABI
internal import Wire

/// States of a connection (RFC 9293, section 3.3.2), with Linux's numbers (TCP_INFO, /proc/net/tcp).
package enum TCPState: UInt8, Sendable {
    case established = 1
    case synSent
    case synReceived
    case finWait1
    case finWait2
    case timeWait
    case closed
    case closeWait
    case lastAck
    case listen
    case closing
}

/// The two bits of a traffic class that routers mark (RFC 3168, section 5).
enum ECN {
    static let mask: UInt8 = 3
    /// ECT(0)
    static let capable: UInt8 = 2
    /// CE
    static let marked: UInt8 = 3
}

/// A segment: its header, options and how it came. Its payload is a packet.
struct TCPSegment {
    let header: TCPHeader
    let options: TCPOptions
    let payloadByteCount: Int
    let arrival: Arrival

    var flow: Flow { arrival.flow(header.sourcePort, header.destinationPort) }
    /// Numbers that it takes.
    var sequenceCount: Int {
        payloadByteCount + (header.flags.contains(.synchronize) ? 1 : 0)
            + (header.flags.contains(.finish) ? 1 : 0)
    }
    var end: SequenceNumber { header.sequence + sequenceCount }
}

/// Who takes the segments of a flow: a connection, or what may become one.
package class FlowEntry: TimedObject {
    let flow: Flow
    let stack: NetworkStack
    fileprivate var nextInBucket: FlowEntry?
    fileprivate(set) var isInTable = false

    init(_ flow: Flow, of stack: NetworkStack) {
        self.flow = flow
        self.stack = stack
    }
    /// Takes a segment; its packet is the entry's.
    func receive(_ packet: Packet, _ segment: TCPSegment) { packet.release() }
    /// Hears what became of a segment that was sent.
    func wasUndeliverable(_ sequence: SequenceNumber, _ failure: DeliveryFailure) {}
    /// Goes away without a word.
    func discard() {}
}

/// Entries by flow: a hash table with chains that grows by doubling.
struct FlowTable {
    private static let firstBucketCount = 256
    private static let maximumBucketCount = 1 << 16
    private var buckets: [FlowEntry?] = Array(repeating: nil, count: firstBucketCount)
    private(set) var count = 0

    private func bucket(_ flow: Flow, _ hash: KeyedHash) -> Int {
        Int(truncatingIfNeeded: hash.hash(flow)) & (buckets.count - 1)
    }
    func find(_ flow: Flow, _ hash: KeyedHash) -> FlowEntry? {
        var entry = buckets[bucket(flow, hash)]
        while let current = entry {
            if current.flow == flow { return current }
            entry = current.nextInBucket
        }
        return nil
    }
    /// Precondition: nobody has the flow.
    mutating func insert(_ entry: FlowEntry, _ hash: KeyedHash) {
        if count > buckets.count, buckets.count < Self.maximumBucketCount { grow(hash) }
        let bucket = bucket(entry.flow, hash)
        entry.nextInBucket = buckets[bucket]
        buckets[bucket] = entry
        entry.isInTable = true
        count += 1
    }
    mutating func remove(_ entry: FlowEntry, _ hash: KeyedHash) {
        guard entry.isInTable else { return }
        let bucket = bucket(entry.flow, hash)
        if buckets[bucket] === entry {
            buckets[bucket] = entry.nextInBucket
        } else {
            var before = buckets[bucket]
            while let current = before, current.nextInBucket !== entry {
                before = current.nextInBucket
            }
            before?.nextInBucket = entry.nextInBucket
        }
        entry.nextInBucket = nil
        entry.isInTable = false
        count -= 1
    }
    private mutating func grow(_ hash: KeyedHash) {
        let old = buckets
        buckets = Array(repeating: nil, count: old.count * 2)
        for first in old {
            var entry = first
            while let current = entry {
                entry = current.nextInBucket
                let bucket = bucket(current.flow, hash)
                current.nextInBucket = buckets[bucket]
                buckets[bucket] = current
            }
        }
    }
    /// Calls `body` with each entry, which it may remove.
    func forEach(_ body: (FlowEntry) -> Void) {
        for first in buckets {
            var entry = first
            while let current = entry {
                entry = current.nextInBucket
                body(current)
            }
        }
    }
}
