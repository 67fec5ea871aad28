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
    /// A number in decimal of at most seven digits, without leading zeroes, as Linux takes names of /proc for;
    /// `nil` for anything else.
    package var decimalName: Int32? {
        guard (1...7).contains(byteCount), byteCount == 1 || byte(at: 0) != 0x30 else {
            return nil
        }
        var number: Int32 = 0
        for index in 0..<byteCount {
            let digit = byte(at: index)
            guard (0x30...0x39).contains(digit) else { return nil }
            number = number * 10 + Int32(digit - 0x30)
        }
        return number
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
