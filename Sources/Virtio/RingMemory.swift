/// What a half of a ring refuses: the other side broke the rules, or an address is nowhere.
package enum RingError: Error, Equatable, Sendable {
    /// Not a power of two, zero, or above the maximum.
    case badQueueSize(UInt32)
    /// A part of the ring is not aligned as virtio 1.2, section 2.7 asks, or wraps around.
    case badRingAddress(UInt64)
    /// A range outside of the memory that both sides share.
    case badAddress(UInt64, byteCount: UInt64)
    /// An index moved by more than the ring holds.
    case indexJumped(from: UInt16, to: UInt16)
    /// A descriptor number at or above the queue's size.
    case badDescriptor(UInt32)
    /// A chain with more descriptors than the queue has: a loop.
    case chainTooLong
    /// A chain of more bytes than the device takes.
    case chainTooLarge
    /// A readable descriptor after a writable one (virtio 1.2, section 2.7.4.2).
    case readableAfterWritable
    /// An indirect descriptor that was not negotiated, is nested, chained, or of a wrong length.
    case badIndirect
    /// The device returned a chain that it was not given.
    case unknownChain(UInt32)
    /// The device says that it wrote more than the chain has room for.
    case writtenTooMuch(UInt32)
}

/// Memory that driver and device share, by address on the machine's bus.
///
/// Each access is checked by the memory itself; both halves of a ring trust nothing that they load.
/// Integers are little-endian (as all machines that we run on), aligned, and moved in one access.
package protocol RingMemory: ~Copyable {
    /// Checks that `byteCount` bytes at `address` belong to the memory.
    func check(_ address: UInt64, byteCount: UInt64) throws(RingError)
    func load<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type, at address: UInt64
    ) throws(RingError) -> Value
    func store<Value: FixedWidthInteger & BitwiseCopyable>(
        _ value: Value, at address: UInt64
    ) throws(RingError)
    /// Fills all of `bytes`.
    func read(at address: UInt64, into bytes: inout MutableRawSpan) throws(RingError)
    func write(_ bytes: RawSpan, at address: UInt64) throws(RingError)
}
