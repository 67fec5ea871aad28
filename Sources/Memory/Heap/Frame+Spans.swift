internal import Base
internal import Hardware

/// Copies between a frame and spans at offsets.
extension Frame {
    /// Copies `count` bytes at `offset` of this page to `position` of `bytes`. Precondition: both
    /// ranges lie within.
    @export(interface)
    package func copyOut(
        at offset: Int, count: Int, into bytes: inout MutableRawSpan, at position: Int
    ) {
        precondition(count >= 0 && position >= 0 && position <= bytes.byteCount - count)
        precondition(offset >= 0 && offset <= Page.size - count)
        // SAFETY: both ranges were checked.
        withBytes { source in
            unsafe source.withUnsafeBytes { source in
                unsafe bytes.withUnsafeMutableBytes { target in
                    guard let from = source.baseAddress, let to = target.baseAddress else { return }
                    unsafe (to + position).copyMemory(from: from + offset, byteCount: count)
                }
            }
        }
    }
    /// Copies `count` bytes at `position` of `bytes` to `offset` of this page. Precondition: both
    /// ranges lie within.
    func copyIn(_ bytes: RawSpan, at position: Int, count: Int, to offset: Int) {
        precondition(count >= 0 && position >= 0 && position <= bytes.byteCount - count)
        precondition(offset >= 0 && offset <= Page.size - count)
        withMutableBytes { target in
            unsafe bytes.withUnsafeBytes { source in
                unsafe target.withUnsafeMutableBytes { target in
                    guard let from = source.baseAddress, let to = target.baseAddress else { return }
                    unsafe (to + offset).copyMemory(from: from + position, byteCount: count)
                }
            }
        }
    }
}

extension MutableRawSpan {
    /// Zeroes `count` bytes at `position`. Precondition: they lie within.
    @_lifetime(self: copy self)
    mutating func zero(from position: Int, count: Int) {
        precondition(count >= 0 && position >= 0 && position <= byteCount - count)
        unsafe withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            unsafe (base + position).initializeMemory(as: UInt8.self, repeating: 0, count: count)
        }
    }
}
