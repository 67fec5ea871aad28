internal import Base

extension Frame {
    /// Copies all of `bytes` into the page at `offset`. Precondition: they lie within the page.
    package func write(_ bytes: RawSpan, at offset: Int) {
        precondition(offset >= 0 && offset <= Page.size - bytes.byteCount)
        unsafe bytes.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            // SAFETY: the bounds were checked; DirectMap.pointer traps on frames beyond RAM.
            unsafe DirectMap.pointer(self).advanced(by: offset)
                .copyMemory(from: start, byteCount: source.count)
        }
    }
    /// Fills part `range` of `bytes` from the page at `offset`. Precondition: both ranges fit.
    package func read(
        at offset: Int, into bytes: inout MutableRawSpan, _ range: Range<Int>
    ) {
        precondition(offset >= 0 && offset <= Page.size - range.count)
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.byteCount)
        unsafe bytes.withUnsafeMutableBytes { target in
            guard let start = target.baseAddress else { return }
            // SAFETY: as above.
            unsafe start.advanced(by: range.lowerBound).copyMemory(
                from: DirectMap.pointer(self).advanced(by: offset), byteCount: range.count)
        }
    }
}
