internal import CLinux
internal import Glibc
package import LinuxABI

/// Memory from mmap(2), unmapped when its owner goes.
@safe package struct Mapping: ~Copyable, @unchecked Sendable {
    /// First byte; valid while the mapping lives.
    package let address: UnsafeMutableRawPointer
    package let byteCount: Int

    private init(checking address: UnsafeMutableRawPointer, byteCount: Int) throws(Errno) {
        guard unsafe clinux_map_failed(address) == 0 else { throw .last }
        unsafe self.address = address
        self.byteCount = byteCount
    }

    /// Reserves zeroed memory that the host provides page by page, as it is touched.
    package static func reserved(byteCount: Int) throws(Errno) -> Mapping {
        try unsafe Mapping(checking: clinux_reserve(byteCount), byteCount: byteCount)
    }
    /// Takes over a mapping that somebody else made. Precondition: nobody else unmaps it.
    @unsafe package static func adopting(
        _ address: UnsafeMutableRawPointer, byteCount: Int
    ) throws(Errno) -> Mapping {
        try unsafe Mapping(checking: address, byteCount: byteCount)
    }
    /// Maps the first bytes of a file or device, shared with it.
    package static func shared(
        _ descriptor: Descriptor, byteCount: Int
    ) throws(Errno) -> Mapping {
        try unsafe Mapping(
            checking: clinux_map_shared(descriptor.rawValue, byteCount), byteCount: byteCount)
    }
    /// Maps bytes of a file, from a page boundary on, to be read only.
    package static func reading(
        _ descriptor: Descriptor, from offset: Int64 = 0, byteCount: Int
    ) throws(Errno) -> Mapping {
        try unsafe Mapping(
            checking: clinux_map_reading(descriptor.rawValue, offset, byteCount),
            byteCount: byteCount)
    }

    package var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            // SAFETY: the bytes stay mapped as long as this value lives.
            let bytes = unsafe UnsafeRawBufferPointer(start: address, count: byteCount).bytes
            return unsafe _overrideLifetime(bytes, borrowing: self)
        }
    }

    /// Asks for huge pages behind the bytes from `offset` on; a host without them says no.
    package func preferHugePages(from offset: Int) {
        guard offset < byteCount else { return }
        // SAFETY: the range lies within the mapping.
        _ = unsafe madvise(address + offset, byteCount - offset, MADV_HUGEPAGE)
    }

    deinit { _ = unsafe munmap(address, byteCount) }
}
