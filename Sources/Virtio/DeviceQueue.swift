import Synchronization

/// What a driver handed to the device in one piece; its segments were checked.
package struct Chain: Equatable, Sendable {
    /// The number by which it goes back.
    package let head: UInt16
    /// What the device reads, then what it writes, in order.
    package let segments: [Segment]
    /// How many of `segments` are readable.
    package let readableCount: Int
    package let readableByteCount: UInt32
    package let writableByteCount: UInt32

    package var readable: ArraySlice<Segment> { segments[..<readableCount] }
    package var writable: ArraySlice<Segment> { segments[readableCount...] }
}

/// The device half of a split ring. It believes nothing that the driver wrote.
///
/// Take chains with `next`, give each back with `complete`, then `publish` the batch and interrupt
/// if it says so. When `next` has no more, `enableNotifications` says whether it is safe to sleep. An
/// error means that the driver broke the rules: the device then needs a reset, and takes nothing
/// more. Each field is loaded once, so that what was checked is what is used.
package struct DeviceQueue: Sendable {
    package let layout: RingLayout
    private let features: Features
    private let chainByteLimit: UInt32
    private var nextAvailable: UInt16 = 0
    private var nextUsed: UInt16 = 0
    private var publishedUsed: UInt16 = 0

    /// Checks that the ring lies in `memory`. A chain of more than `chainByteLimit` bytes is an error.
    package init(
        _ layout: RingLayout, features: Features, chainByteLimit: UInt32 = 1 << 28,
        in memory: borrowing some RingMemory & ~Copyable
    ) throws(RingError) {
        try memory.check(layout.descriptors, byteCount: layout.descriptorsByteCount)
        try memory.check(layout.available, byteCount: layout.availableByteCount)
        try memory.check(layout.used, byteCount: layout.usedByteCount)
        self.layout = layout
        self.features = features
        self.chainByteLimit = chainByteLimit
    }

    /// Whether the driver published a chain that was not taken yet.
    package func hasNext(
        in memory: borrowing some RingMemory & ~Copyable
    ) throws(RingError) -> Bool {
        let published = try memory.load(UInt16.self, at: layout.availableIndex)
        guard published &- nextAvailable <= layout.size else {
            throw .indexJumped(from: nextAvailable, to: published)
        }
        return published != nextAvailable
    }

    /// Takes the next chain, if there is one.
    package mutating func next(
        in memory: borrowing some RingMemory & ~Copyable
    ) throws(RingError) -> Chain? {
        guard try hasNext(in: memory) else { return nil }
        // The entry and its descriptors were written before the index that shows them.
        atomicMemoryFence(ordering: .acquiring)
        let head = try memory.load(UInt16.self, at: layout.availableEntry(nextAvailable))
        let chain = try collect(from: head, in: memory)
        nextAvailable &+= 1
        return chain
    }

    private func collect(
        from head: UInt16, in memory: borrowing some RingMemory & ~Copyable
    ) throws(RingError) -> Chain {
        var builder = ChainBuilder(byteLimit: chainByteLimit)
        var table = layout.descriptors
        var tableCount = UInt32(layout.size)
        var index = head
        var isIndirect = false
        // A chain has at most as many descriptors as the queue (section 2.7.5.3.1), the one that
        // leads to an indirect table not counted.
        var left = UInt32(layout.size) + 1
        while true {
            guard UInt32(index) < tableCount else { throw .badDescriptor(UInt32(index)) }
            left -= 1
            guard left > 0 else { throw .chainTooLong }
            let at = table + UInt64(index) * RingLayout.descriptorSize
            let address = try memory.load(UInt64.self, at: at)
            let byteCount = try memory.load(UInt32.self, at: at + 8)
            let flags = DescriptorFlags(rawValue: try memory.load(UInt16.self, at: at + 12))
            if flags.contains(.indirect) {
                // Section 2.7.5.3.1: no indirect descriptor in an indirect table, none with NEXT; and
                // we take none behind other descriptors, which no driver makes.
                guard features.contains(.indirectDescriptors), !isIndirect, index == head,
                    builder.isEmpty, !flags.contains(.next), byteCount > 0,
                    byteCount % UInt32(RingLayout.descriptorSize) == 0,
                    byteCount / UInt32(RingLayout.descriptorSize) <= UInt32(layout.size)
                else { throw .badIndirect }
                try memory.check(address, byteCount: UInt64(byteCount))
                guard address % RingLayout.descriptorSize == 0 else { throw .badIndirect }
                isIndirect = true
                table = address
                tableCount = byteCount / UInt32(RingLayout.descriptorSize)
                index = 0
                left = tableCount + 1
                continue
            }
            try memory.check(address, byteCount: UInt64(byteCount))
            try builder.append(
                Segment(address: address, byteCount: byteCount),
                isWritable: flags.contains(.writable))
            guard flags.contains(.next) else { return builder.finish(head: head) }
            index = try memory.load(UInt16.self, at: at + 14)
        }
    }

    /// Gives a chain back, of which the device wrote the first `byteCount` writable bytes. The driver
    /// sees it at the next `publish`.
    package mutating func complete(
        _ chain: Chain, written byteCount: UInt32,
        in memory: borrowing some RingMemory & ~Copyable
    ) throws(RingError) {
        precondition(byteCount <= chain.writableByteCount)
        let entry = layout.usedEntry(nextUsed)
        try memory.store(UInt32(chain.head), at: entry)
        try memory.store(byteCount, at: entry + 4)
        nextUsed &+= 1
    }

    /// Shows completed chains to the driver; returns whether it wants an interrupt.
    package mutating func publish(
        in memory: borrowing some RingMemory & ~Copyable
    ) throws(RingError) -> Bool {
        guard nextUsed != publishedUsed else { return false }
        // Entries before the index; the index before the look at what the driver asks for.
        atomicMemoryFence(ordering: .releasing)
        try memory.store(nextUsed, at: layout.usedIndex)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        let old = publishedUsed
        publishedUsed = nextUsed
        if features.contains(.eventIndex) {
            let event = try memory.load(UInt16.self, at: layout.usedEvent)
            return RingLayout.passed(event: event, from: old, to: nextUsed)
        }
        return try memory.load(UInt16.self, at: layout.availableFlags) & Suppression.requested == 0
    }

    /// Asks for a doorbell at the next chain; returns whether one came meanwhile, so that the device
    /// takes it before it sleeps.
    package func enableNotifications(
        in memory: borrowing some RingMemory & ~Copyable
    ) throws(RingError) -> Bool {
        if features.contains(.eventIndex) {
            try memory.store(nextAvailable, at: layout.availableEvent)
        } else {
            try memory.store(Suppression.none, at: layout.usedFlags)
        }
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        return try hasNext(in: memory)
    }

    /// Asks for no doorbells while the device polls. With the event index, not asking again is enough.
    package func disableNotifications(
        in memory: borrowing some RingMemory & ~Copyable
    ) throws(RingError) {
        guard !features.contains(.eventIndex) else { return }
        try memory.store(Suppression.requested, at: layout.usedFlags)
    }
}

/// Gathers a chain's segments and counts its bytes.
private struct ChainBuilder {
    private var segments: [Segment] = []
    private var readableCount = 0
    private var readableByteCount: UInt32 = 0
    private var writableByteCount: UInt32 = 0
    private let byteLimit: UInt32

    init(byteLimit: UInt32) { self.byteLimit = byteLimit }
    var isEmpty: Bool { segments.isEmpty }

    mutating func append(_ segment: Segment, isWritable: Bool) throws(RingError) {
        let total = UInt64(readableByteCount) + UInt64(writableByteCount)
        guard total + UInt64(segment.byteCount) <= UInt64(byteLimit) else { throw .chainTooLarge }
        if isWritable {
            writableByteCount += segment.byteCount
        } else {
            guard readableCount == segments.count else { throw .readableAfterWritable }
            readableByteCount += segment.byteCount
            readableCount += 1
        }
        segments.append(segment)
    }
    consuming func finish(head: UInt16) -> Chain {
        Chain(
            head: head, segments: segments, readableCount: readableCount,
            readableByteCount: readableByteCount, writableByteCount: writableByteCount)
    }
}
