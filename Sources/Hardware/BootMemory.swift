package import Base
internal import NucleusLayout

/// What boot reaches before there is an allocator: the record it was handed, ranges of RAM.
package enum BootMemory {

    /// Lends bytes at a virtual address: the boot record's, as the entry code was handed it. Precondition:
    /// they are mapped, and nothing writes them meanwhile.
    package static func withMapped<Result>(
        at address: UInt, byteCount: Int, _ body: (RawSpan) -> Result
    ) -> Result {
        // SAFETY: the precondition.
        let bytes = unsafe UnsafeRawBufferPointer(
            start: UnsafeRawPointer(bitPattern: address), count: byteCount)
        return body(unsafe RawSpan(_unsafeBytes: bytes))
    }
    /// Declares the machine's direct map. Called once, first of all that touches a frame.
    package static func startDirectMap(frameCount: UInt32) {
        DirectMap.initialize(
            base: VirtualAddress(rawValue: UInt64(DIRECT_MAP_BASE)), frameCount: frameCount)
    }
    /// Bytes from address 0 that the direct map covers.
    package static var directMapByteCount: UInt64 {
        UInt64(DirectMap.size) << UInt64(Page.shift)
    }
    /// Loads an aligned 64-bit integer. Precondition: it lies in the direct map.
    package static func load64(at address: PhysicalAddress) -> UInt64 {
        Frame(containing: address).load(
            UInt64.self, at: Int(address.rawValue & Page.offsetMask))
    }
    /// Lends `byteCount` bytes of RAM at a physical address, at any alignment. Precondition: the
    /// range lies in the direct map, and nothing writes it meanwhile.
    package static func withBytes<Result: ~Copyable, Failure: Error>(
        at address: PhysicalAddress, byteCount: Int, _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let bytes = unsafe UnsafeRawBufferPointer(
            start: pointer(address, byteCount), count: byteCount)
        return try body(unsafe RawSpan(_unsafeBytes: bytes))
    }
    /// Where the direct map has a range; `nil` for an empty one. Precondition: it lies in it.
    @inline(never)
    @unsafe private static func pointer(
        _ address: PhysicalAddress, _ byteCount: Int
    ) -> UnsafeRawPointer? {
        let limit = UInt64(DirectMap.size) << UInt64(Page.shift)
        precondition(byteCount >= 0 && address.rawValue <= limit)
        precondition(UInt64(byteCount) <= limit - address.rawValue)
        guard byteCount > 0 else { return nil }
        return unsafe UnsafeRawPointer(
            DirectMap.pointer(Frame(containing: address))
                .advanced(by: Int(address.rawValue & Page.offsetMask)))
    }
}
