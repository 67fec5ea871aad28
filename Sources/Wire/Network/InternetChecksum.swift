internal import Base

/// The Internet checksum (RFC 1071): the ones' complement of the ones' complement sum of 16-bit words.
///
/// Bytes are added in pieces of any length; a piece that begins at an odd position of the whole is swapped
/// in the sum (RFC 1071, section 2(B)).
package struct InternetChecksum: Equatable, Sendable {
    /// Words in the machine's order: sums of swapped words are swapped sums.
    private var sum: UInt64 = 0
    private var isOdd = false

    package init() {}

    /// Adds bytes behind those that were added before.
    package mutating func add(_ bytes: RawSpan) {
        let part = Self.sum(bytes)
        sum &+= isOdd ? UInt64(part.byteSwapped) : UInt64(part)
        if bytes.byteCount & 1 != 0 { isOdd.toggle() }
    }
    /// Adds a word. Precondition: an even number of bytes was added before.
    package mutating func add(word: UInt16) { sum &+= UInt64(word.bigEndian) }
    /// Adds two words. Precondition: as above.
    package mutating func add(long: UInt32) {
        sum &+= UInt64(UInt16(truncatingIfNeeded: long >> 16).bigEndian)
        sum &+= UInt64(UInt16(truncatingIfNeeded: long).bigEndian)
    }

    /// The sum so far, not complemented.
    package var folded: UInt16 { Self.fold(sum).bigEndian }
    /// What belongs in the header's field; over bytes with a right field in them: zero.
    package var value: UInt16 { ~folded }

    private static func fold(_ sum: UInt64) -> UInt16 {
        var sum = (sum & 0xffff_ffff) + (sum >> 32)
        sum = (sum & 0xffff) + (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16)
        return UInt16(sum)
    }
    /// The folded sum of a piece, eight bytes at a time, with the carries added back.
    private static func sum(_ bytes: RawSpan) -> UInt16 {
        var sum: UInt64 = 0
        var at = 0
        let count = bytes.byteCount
        while at &+ 8 <= count {
            let (next, carry) = sum.addingReportingOverflow(bytes.littleEndian(UInt64.self, at: at))
            sum = next &+ (carry ? 1 : 0)
            at &+= 8
        }
        var rest = (sum & 0xffff_ffff) &+ (sum >> 32)
        while at &+ 2 <= count {
            rest &+= UInt64(bytes.littleEndian(UInt16.self, at: at))
            at &+= 2
        }
        if at < count { rest &+= UInt64(bytes.byte(at: at)) }
        return UInt16(littleEndian: fold(rest))
    }

    /// A header's checksum after one word of it changed (RFC 1624, equation 3).
    package static func updated(_ checksum: UInt16, replacing old: UInt16, with new: UInt16)
        -> UInt16
    {
        let sum = UInt32(~checksum) + UInt32(~old) + UInt32(new)
        let once = (sum & 0xffff) + (sum >> 16)
        return ~UInt16((once & 0xffff) + (once >> 16))
    }
}

extension InternetChecksum {
    /// The pseudo-header of TCP, UDP and ICMPv6 (RFC 9293, section 3.1; RFC 8200, section 8.1).
    package init(
        pseudoHeaderFrom source: IPAddress, to destination: IPAddress, _ number: IPProtocol,
        byteCount: Int
    ) {
        self.init()
        if let source = source.v4, let destination = destination.v4 {
            add(long: source.rawValue)
            add(long: destination.rawValue)
        } else {
            let addresses: [2 of IPAddress] = [source, destination]
            for index in 0..<2 {
                let address = addresses[index]
                add(long: UInt32(truncatingIfNeeded: address.high >> 32))
                add(long: UInt32(truncatingIfNeeded: address.high))
                add(long: UInt32(truncatingIfNeeded: address.low >> 32))
                add(long: UInt32(truncatingIfNeeded: address.low))
            }
        }
        add(long: UInt32(truncatingIfNeeded: byteCount))
        add(word: UInt16(number.rawValue))
    }
}
