internal import Base
package import LinuxABI

/// Bytes that do not change, of a length that was chosen outside: a file's name, a link's target.
@safe
package final class ByteString {
    private let base: UnsafeMutableRawPointer
    package let byteCount: Int

    /// Copies `bytes`. ENOMEM.
    package init(copying bytes: RawSpan) throws(Errno) {
        byteCount = bytes.byteCount
        // An allocation of no bytes is not worth a special case below.
        guard let base = unsafe Heap.allocate(size: max(byteCount, 1), alignment: 1) else {
            throw .outOfMemory
        }
        unsafe self.base = base
        unsafe bytes.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            unsafe base.copyMemory(from: start, byteCount: source.count)
        }
    }
    deinit { unsafe Heap.free(base) }

    package var bytes: RawSpan {
        // SAFETY: `base` holds `byteCount` bytes as long as this object lives; nobody writes them.
        @_lifetime(borrow self) get {
            let span = unsafe RawSpan(_unsafeStart: base, byteCount: byteCount)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }
}
