internal import Base

extension RawSpan {
    /// Whether both spans hold the same bytes.
    func isEqual(to other: RawSpan) -> Bool {
        guard byteCount == other.byteCount else { return false }
        for index in 0..<byteCount where byte(at: index) != other.byte(at: index) { return false }
        return true
    }
    /// Whether these are the bytes of `text`.
    package func isEqual(to text: StaticString) -> Bool {
        guard byteCount == text.utf8CodeUnitCount else { return false }
        for index in 0..<byteCount where byte(at: index) != text.byte(at: index) { return false }
        return true
    }
    /// Order by bytes, shorter first where one begins the other: negative, 0 or positive.
    func compare(to other: RawSpan) -> Int {
        for index in 0..<min(byteCount, other.byteCount) {
            let difference = Int(byte(at: index)) - Int(other.byte(at: index))
            if difference != 0 { return difference }
        }
        return byteCount - other.byteCount
    }
    /// FNV-1a, 32 bits.
    var hash: UInt32 {
        var hash: UInt32 = 0x811c_9dc5
        for index in 0..<byteCount { hash = (hash ^ UInt32(byte(at: index))) &* 0x0100_0193 }
        return hash
    }
}
