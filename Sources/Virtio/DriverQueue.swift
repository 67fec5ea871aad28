import Synchronization

/// The driver half of a split ring. It believes nothing that the device wrote.
///
/// `add` chains, `publish` the batch and ring the doorbell if it says so, `collect` what the device
/// gave back. What a chain is made of is kept here, not read back from the ring. An error means that
/// the device broke the rules; the driver then stops using it.
package struct DriverQueue: ~Copyable {
    package let layout: RingLayout
    private let usesEventIndex: Bool
    private var states: [DescriptorState]
    private var firstFree: UInt16 = 0
    /// Descriptors that no chain uses.
    package private(set) var freeCount: UInt16
    private var nextAvailable: UInt16 = 0
    private var publishedAvailable: UInt16 = 0
    private var nextUsed: UInt16 = 0
    /// The number that the next chain will have, `nil` where the ring is full.
    package var nextHead: UInt16? { freeCount > 0 ? firstFree : nil }
    /// Chains published and not collected.
    package private(set) var inFlightCount: UInt16 = 0

    private struct DescriptorState {
        /// The next free descriptor, or the next of the chain.
        var next: UInt16
        /// Descriptors of the chain in flight that begins here; 0: none does.
        var chainCount: UInt16 = 0
        var writableByteCount: UInt32 = 0
    }

    /// A chain that came back.
    package struct Completion: Equatable, Sendable {
        /// What `add` returned.
        package let head: UInt16
        /// Bytes that the device says it wrote; at most what the chain has room for.
        package let written: UInt32
    }

    /// Empties the ring in `memory`. The device must not use the queue yet.
    package init(
        _ layout: RingLayout, features: Features, in memory: borrowing some RingMemory & ~Copyable
    ) throws(RingError) {
        self.layout = layout
        usesEventIndex = features.contains(.eventIndex)
        freeCount = layout.size
        states = Array(repeating: DescriptorState(next: 0), count: Int(layout.size))
        for index in 0..<layout.size { states[Int(index)].next = index &+ 1 }
        try memory.store(UInt16(0), at: layout.availableFlags)
        try memory.store(UInt16(0), at: layout.availableIndex)
        try memory.store(UInt16(0), at: layout.usedEvent)
        try memory.store(UInt16(0), at: layout.usedFlags)
        try memory.store(UInt16(0), at: layout.usedIndex)
        try memory.store(UInt16(0), at: layout.availableEvent)
    }

    /// Adds one segment that the device reads; returns its number, `nil` where the ring is full.
    package mutating func add(
        readable segment: Segment, in memory: borrowing some RingMemory & ~Copyable
    ) throws(RingError) -> UInt16? {
        let segments: [1 of Segment] = [segment]
        return try add(segments.span, readableCount: 1, in: memory)
    }
    /// Adds one segment that the device writes; returns its number, `nil` where the ring is full.
    package mutating func add(
        writable segment: Segment, in memory: borrowing some RingMemory & ~Copyable
    ) throws(RingError) -> UInt16? {
        let segments: [1 of Segment] = [segment]
        return try add(segments.span, readableCount: 0, in: memory)
    }
    /// Adds a chain, of whose segments the device reads the first `readableCount` and writes the rest;
    /// returns its number, `nil` where the ring has too few descriptors left.
    package mutating func add(
        _ segments: Span<Segment>, readableCount: Int,
        in memory: borrowing some RingMemory & ~Copyable
    ) throws(RingError) -> UInt16? {
        precondition(segments.count > 0 && (0...segments.count).contains(readableCount))
        guard segments.count <= Int(freeCount) else { return nil }
        let head = firstFree
        var index = head
        var writable: UInt32 = 0
        for position in 0..<segments.count {
            let segment = segments[position]
            var flags: DescriptorFlags = []
            if position >= readableCount {
                flags.insert(.writable)
                writable += segment.byteCount
            }
            let next = states[Int(index)].next
            if position < segments.count - 1 { flags.insert(.next) }
            let descriptor = layout.descriptor(index)
            try memory.store(segment.address, at: descriptor)
            try memory.store(segment.byteCount, at: descriptor + 8)
            try memory.store(flags.rawValue, at: descriptor + 12)
            try memory.store(flags.contains(.next) ? next : 0, at: descriptor + 14)
            if position < segments.count - 1 { index = next } else { firstFree = next }
        }
        states[Int(head)].chainCount = UInt16(segments.count)
        states[Int(head)].writableByteCount = writable
        freeCount -= UInt16(segments.count)
        try memory.store(head, at: layout.availableEntry(nextAvailable))
        nextAvailable &+= 1
        return head
    }

    /// Shows added chains to the device; returns whether it wants the doorbell.
    package mutating func publish(
        in memory: borrowing some RingMemory & ~Copyable
    ) throws(RingError) -> Bool {
        guard nextAvailable != publishedAvailable else { return false }
        // Descriptors before the index; the index before the look at what the device asks for.
        atomicMemoryFence(ordering: .releasing)
        try memory.store(nextAvailable, at: layout.availableIndex)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        let old = publishedAvailable
        inFlightCount += nextAvailable &- old
        publishedAvailable = nextAvailable
        if usesEventIndex {
            let event = try memory.load(UInt16.self, at: layout.availableEvent)
            return RingLayout.passed(event: event, from: old, to: nextAvailable)
        }
        return try memory.load(UInt16.self, at: layout.usedFlags) & Suppression.requested == 0
    }

    /// Whether the device gave back a chain that was not collected yet.
    package func hasCompletion(
        in memory: borrowing some RingMemory & ~Copyable
    ) throws(RingError) -> Bool {
        let published = try memory.load(UInt16.self, at: layout.usedIndex)
        guard published &- nextUsed <= inFlightCount else {
            throw .indexJumped(from: nextUsed, to: published)
        }
        return published != nextUsed
    }

    /// Takes a chain that the device gave back, if there is one; its descriptors are free then.
    @inline(never)
    package mutating func collect(
        in memory: borrowing some RingMemory & ~Copyable
    ) throws(RingError) -> Completion? {
        guard try hasCompletion(in: memory) else { return nil }
        // The entry, and what the device wrote into the chain, came before the index.
        atomicMemoryFence(ordering: .acquiring)
        let entry = layout.usedEntry(nextUsed)
        let identifier = try memory.load(UInt32.self, at: entry)
        let written = try memory.load(UInt32.self, at: entry + 4)
        guard identifier < UInt32(layout.size), states[Int(identifier)].chainCount > 0 else {
            throw .unknownChain(identifier)
        }
        let head = UInt16(identifier)
        guard written <= states[Int(head)].writableByteCount else { throw .writtenTooMuch(written) }
        release(head)
        nextUsed &+= 1
        inFlightCount -= 1
        return Completion(head: head, written: written)
    }

    private mutating func release(_ head: UInt16) {
        let count = states[Int(head)].chainCount
        var last = head
        for _ in 1..<count { last = states[Int(last)].next }
        states[Int(last)].next = firstFree
        states[Int(head)].chainCount = 0
        firstFree = head
        freeCount += count
    }

    /// Asks for an interrupt at the next chain that comes back; returns whether one is there already,
    /// so that the driver collects it before it sleeps.
    @inline(never)
    package func enableInterrupts(
        in memory: borrowing some RingMemory & ~Copyable
    ) throws(RingError) -> Bool {
        if usesEventIndex {
            try memory.store(nextUsed, at: layout.usedEvent)
        } else {
            try memory.store(Suppression.none, at: layout.availableFlags)
        }
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        return try hasCompletion(in: memory)
    }

    /// Asks for no interrupts while the driver polls.
    package func disableInterrupts(
        in memory: borrowing some RingMemory & ~Copyable
    ) throws(RingError) {
        if usesEventIndex {
            // As far behind as can be: passed again only after a whole turn of the index.
            try memory.store(nextUsed &- 1, at: layout.usedEvent)
        } else {
            try memory.store(Suppression.requested, at: layout.availableFlags)
        }
    }
}
