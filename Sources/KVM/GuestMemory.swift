// The checked view of guest memory.
//
// Every address that a guest names is checked here against the machine's RAM before a byte is
// touched; nothing else in the VMM holds a pointer into it. The guest writes the same memory at the
// same time: integers are loaded and stored in one access, and what was loaded is checked, never
// loaded again. Bytes that are only passed on (console output) may change under way, which harms
// nobody but the guest.
internal import CLinux
internal import Glibc
package import Base
package import LinuxABI
package import LinuxHost

/// An access outside the machine's RAM; the guest's fault.
package struct GuestMemoryError: Error, Equatable, Sendable {
    package let address: PhysicalAddress
    package let byteCount: Int
}

/// The RAM of a machine: one range from address 0, and one from 4 GiB where it is large.
@safe package final class GuestMemory: Sendable {
    /// RAM at one place of the guest's physical address space.
    package struct Region: Equatable, Sendable {
        package let base: UInt64
        package let byteCount: UInt64
        package var end: UInt64 { base + byteCount }
    }

    /// RAM below the hole that devices use.
    package static let lowLimit: UInt64 = 3 << 30
    package static let highBase: UInt64 = 4 << 30

    package let regions: [Region]
    package let byteCount: UInt64
    private let mapping: Mapping

    /// Reserves memory without touching it. `byteCount` is a multiple of the page size.
    package init(byteCount: UInt64) throws(Errno) {
        precondition(byteCount & Page.offsetMask == 0)
        guard let size = Int(exactly: byteCount), byteCount > 0 else { throw .outOfMemory }
        mapping = try Mapping.reserved(byteCount: size)
        self.byteCount = byteCount
        regions = Self.regions(byteCount: byteCount)
    }

    /// Takes over memory that plays a machine's RAM (a driver and its device in one process).
    package init(adopting mapping: consuming Mapping) {
        byteCount = UInt64(mapping.byteCount)
        precondition(byteCount & Page.offsetMask == 0 && byteCount <= Self.lowLimit)
        regions = Self.regions(byteCount: byteCount)
        self.mapping = mapping
    }

    /// Where RAM of this size lies.
    package static func regions(byteCount: UInt64) -> [Region] {
        let low = min(byteCount, lowLimit)
        return [Region(base: 0, byteCount: low)]
            + (byteCount > low ? [Region(base: highBase, byteCount: byteCount - low)] : [])
    }
    /// End of the highest RAM of a machine with this much.
    package static func end(byteCount: UInt64) -> UInt64 {
        byteCount <= lowLimit ? byteCount : highBase + (byteCount - lowLimit)
    }

    /// End of the highest RAM.
    package var end: UInt64 { regions.last?.end ?? 0 }

    /// Where bytes lie in the mapping. Throws unless all of them are RAM of one region.
    private func offset(of address: PhysicalAddress, byteCount: Int) throws(GuestMemoryError) -> Int
    {
        var start: UInt64 = 0
        for region in regions {
            if address.rawValue >= region.base, address.rawValue <= region.end, byteCount >= 0,
                UInt64(byteCount) <= region.end - address.rawValue
            {
                return Int(start + address.rawValue - region.base)
            }
            start += region.byteCount
        }
        throw GuestMemoryError(address: address, byteCount: byteCount)
    }

    /// The host's view of bytes that were checked. The pointer is valid while this object lives.
    func pointer(
        to address: PhysicalAddress, byteCount: Int
    ) throws(GuestMemoryError) -> UnsafeMutableRawPointer {
        // SAFETY: `offset` gives a place with `byteCount` bytes of the mapping behind it.
        try unsafe mapping.address + offset(of: address, byteCount: byteCount)
    }

    /// Host address of a region, for the memory slot.
    func hostAddress(of index: Int) -> UnsafeMutableRawPointer {
        precondition(regions.indices.contains(index))
        // SAFETY: the regions fill the mapping in order.
        return unsafe mapping.address + Int(index == 0 ? 0 : regions[0].byteCount)
    }

    /// Asks the host for huge pages behind the RAM from `address` on.
    package func preferHugePages(from address: PhysicalAddress) {
        guard let start = try? offset(of: address, byteCount: 0) else { return }
        mapping.preferHugePages(from: start)
    }
}

// MARK: Integers

extension GuestMemory {
    /// Whether all these bytes are RAM.
    package func contains(_ address: PhysicalAddress, byteCount: Int) -> Bool {
        (try? offset(of: address, byteCount: byteCount)) != nil
    }

    package func load8(_ address: PhysicalAddress) throws(GuestMemoryError) -> UInt8 {
        try unsafe pointer(to: address, byteCount: 1).load(as: UInt8.self)
    }
    /// Loads in one access; an address that is not a multiple of the size is out of bounds.
    package func load16(_ address: PhysicalAddress) throws(GuestMemoryError) -> UInt16 {
        try unsafe clinux_load16(aligned(address, 2))
    }
    package func load32(_ address: PhysicalAddress) throws(GuestMemoryError) -> UInt32 {
        try unsafe clinux_load32(aligned(address, 4))
    }
    package func load64(_ address: PhysicalAddress) throws(GuestMemoryError) -> UInt64 {
        try unsafe clinux_load64(aligned(address, 8))
    }
    package func store8(_ value: UInt8, at address: PhysicalAddress) throws(GuestMemoryError) {
        try unsafe pointer(to: address, byteCount: 1).storeBytes(of: value, as: UInt8.self)
    }
    package func store16(_ value: UInt16, at address: PhysicalAddress) throws(GuestMemoryError) {
        try unsafe clinux_store16(aligned(address, 2), value)
    }
    package func store32(_ value: UInt32, at address: PhysicalAddress) throws(GuestMemoryError) {
        try unsafe clinux_store32(aligned(address, 4), value)
    }
    package func store64(_ value: UInt64, at address: PhysicalAddress) throws(GuestMemoryError) {
        try unsafe clinux_store64(aligned(address, 8), value)
    }
    /// Orders what was stored before against what is loaded after, as seen by the guest.
    package func fullBarrier() { clinux_full_barrier() }

    private func aligned(
        _ address: PhysicalAddress, _ size: Int
    ) throws(GuestMemoryError) -> UnsafeMutableRawPointer {
        guard address.rawValue & UInt64(size - 1) == 0 else {
            throw GuestMemoryError(address: address, byteCount: size)
        }
        return try unsafe pointer(to: address, byteCount: size)
    }
}

// MARK: Bytes

extension GuestMemory {
    /// Copies bytes into the guest.
    package func store(_ bytes: [UInt8], at address: PhysicalAddress) throws(GuestMemoryError) {
        let target = try unsafe pointer(to: address, byteCount: bytes.count)
        unsafe bytes.withUnsafeBytes { source in
            if let base = source.baseAddress {
                // SAFETY: both sides hold `bytes.count` bytes; the guest's RAM is no Swift object.
                unsafe target.copyMemory(from: base, byteCount: source.count)
            }
        }
    }

    /// Copies bytes out of the guest. The caller bounds `byteCount` before.
    package func bytes(
        at address: PhysicalAddress, byteCount: Int
    ) throws(GuestMemoryError) -> [UInt8] {
        let source = try unsafe pointer(to: address, byteCount: byteCount)
        return unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { target, count in
            if let base = target.baseAddress {
                // SAFETY: both sides hold `byteCount` bytes.
                unsafe UnsafeMutableRawPointer(base).copyMemory(from: source, byteCount: byteCount)
            }
            count = byteCount
        }
    }

    /// Reads a file's bytes into the guest; says how many there were (pread(2)).
    package func load(
        _ file: Descriptor, offset: Int64, byteCount: Int, at address: PhysicalAddress
    ) throws(GuestLoadError) -> Int {
        let target: UnsafeMutableRawPointer
        do {
            unsafe target = try pointer(to: address, byteCount: byteCount)
        } catch {
            throw .memory(error)
        }
        let result = unsafe clinux_read_at(file.rawValue, target, byteCount, Int(offset))
        guard result >= 0 else { throw .host(.last) }
        return result
    }

    /// Maps a file over whole pages of the guest: read as they are touched, and what the guest writes
    /// never reaches the file (mmap(2), MAP_PRIVATE). EINVAL where `offset` is within a page. Precondition:
    /// the address is a page's.
    package func map(
        _ file: Descriptor, from offset: Int64, byteCount: Int, at address: PhysicalAddress
    ) throws(GuestLoadError) {
        precondition(address.rawValue & Page.offsetMask == 0)
        let target: UnsafeMutableRawPointer
        let pages = (byteCount + Page.size - 1) & ~(Page.size - 1)
        do {
            unsafe target = try pointer(to: address, byteCount: pages)
        } catch {
            throw .memory(error)
        }
        // SAFETY: `pages` bytes from there on are this object's mapping, and no Swift object.
        guard unsafe clinux_map_over(file.rawValue, offset, target, pages) == 0 else {
            throw .host(.last)
        }
    }

    /// Reads what a descriptor has into the guest (read(2)); 0 at the end.
    package func receive(
        from descriptor: Descriptor, byteCount: Int, at address: PhysicalAddress
    ) throws(GuestMemoryError) -> Result<Int, Errno> {
        let target = try unsafe pointer(to: address, byteCount: byteCount)
        let result = unsafe read(descriptor.rawValue, target, byteCount)
        return result < 0 ? .failure(.last) : .success(result)
    }

    /// Writes the guest's bytes to a stream (write(2)); says how many went.
    package func send(
        to stream: OutputStream, byteCount: Int, at address: PhysicalAddress
    ) throws(GuestMemoryError) -> Result<Int, Errno> {
        unsafe stream.write(try pointer(to: address, byteCount: byteCount), byteCount: byteCount)
    }

    /// Fills guest memory with random bytes of the host.
    package func fillRandom(
        at address: PhysicalAddress, byteCount: Int
    ) throws(GuestMemoryError) -> Result<Void, Errno> {
        let target = try unsafe pointer(to: address, byteCount: byteCount)
        return unsafe clinux_random(target, byteCount) == 0 ? .success(()) : .failure(.last)
    }
}

/// Why a file could not be read into the guest.
package enum GuestLoadError: Error, Equatable, Sendable {
    case memory(GuestMemoryError)
    case host(Errno)
}

// MARK: Spans

extension GuestMemory {
    /// Copies bytes into the guest.
    package func store(_ bytes: RawSpan, at address: PhysicalAddress) throws(GuestMemoryError) {
        let target = try unsafe pointer(to: address, byteCount: bytes.byteCount)
        unsafe bytes.withUnsafeBytes { source in
            if let base = source.baseAddress {
                // SAFETY: both sides hold the bytes; the guest's RAM is no Swift object.
                unsafe target.copyMemory(from: base, byteCount: source.count)
            }
        }
    }
    /// Fills all of `bytes` from the guest.
    package func load(
        _ address: PhysicalAddress, into bytes: inout MutableRawSpan
    ) throws(GuestMemoryError) {
        let source = try unsafe pointer(to: address, byteCount: bytes.byteCount)
        unsafe bytes.withUnsafeMutableBytes { target in
            // SAFETY: both sides hold the bytes.
            unsafe target.copyMemory(
                from: UnsafeRawBufferPointer(start: source, count: target.count))
        }
    }
}
