import Base
import Testing

@testable import Wire

/// Headers of the network: vectors of the RFCs and of captured frames, and what is refused.
@Suite("Network headers") struct NetworkHeaderTests {
    private func checksum(_ bytes: [UInt8]) -> UInt16 {
        var checksum = InternetChecksum()
        checksum.add(bytes.span.bytes)
        return checksum.value
    }

    @Test("the sum of RFC 1071, section 3")
    func example() {
        var checksum = InternetChecksum()
        checksum.add(([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7] as [UInt8]).span.bytes)
        #expect(checksum.folded == 0xddf2)
    }
    @Test("a captured IPv4 header sums to zero")
    func capturedHeader() throws {
        let bytes: [UInt8] = [
            0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11, 0xb8, 0x61, 0xc0, 0xa8,
            0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7,
        ]
        #expect(checksum(bytes) == 0)
        let header = try IPv4Header(checking: bytes.span.bytes, available: 0x73)
        #expect(header.number == .udp && header.mayNotBeFragmented && header.timeToLive == 64)
        #expect(header.source == IPv4Address(192, 168, 0, 1))
        #expect(throws: WireFailure.truncated) {
            try IPv4Header(checking: bytes.span.bytes, available: 0x72)
        }
        var bad = bytes
        bad[8] = 63
        #expect(throws: WireFailure.badChecksum) {
            try IPv4Header(checking: bad.span.bytes, available: 0x73)
        }
    }
    @Test("pieces of any length give the whole's sum", arguments: 0..<70)
    func pieces(cut: Int) {
        let bytes = (0..<70).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
        var sum: UInt32 = 0
        for index in stride(from: 0, to: 70, by: 2) {
            sum += UInt32(bytes[index]) << 8 | UInt32(bytes[index + 1])
        }
        while sum >> 16 != 0 { sum = (sum & 0xffff) + (sum >> 16) }
        var checksum = InternetChecksum()
        let span = bytes.span.bytes
        checksum.add(span.extracting(first: cut))
        checksum.add(span.extracting(cut..<max(cut, 41)))
        checksum.add(span.extracting(max(cut, 41)..<70))
        #expect(checksum.folded == UInt16(sum))
    }
    @Test("an update is what a new sum gives (RFC 1624)", arguments: 0..<200)
    func update(seed: Int) {
        var bytes = (0..<20).map {
            UInt8(truncatingIfNeeded: ($0 + 1) &* (seed &* 7919 &+ 13) >> 3)
        }
        let before = checksum(bytes)
        let old = UInt16(bytes[6]) << 8 | UInt16(bytes[7])
        let new = UInt16(truncatingIfNeeded: seed &* 40_503)
        bytes[6] = UInt8(new >> 8)
        bytes[7] = UInt8(new & 0xff)
        #expect(InternetChecksum.updated(before, replacing: old, with: new) == checksum(bytes))
    }
    @Test("sequence numbers compare on their circle (RFC 9293, section 3.4)")
    func circle() {
        let top = SequenceNumber(rawValue: .max)
        #expect(top < top + 1 && top + 1 > top && top + 10 - top == 10)
        #expect(top + 1 == SequenceNumber(rawValue: 0))
        #expect(SequenceNumber.later(top, top + 5) == top + 5)
    }
    @Test("TCP options: what is known is read, what leads out of the header is refused")
    func options() throws {
        func read(_ bytes: [UInt8]) throws(WireFailure) -> TCPOptions {
            try TCPOptions(checking: bytes.span.bytes)
        }
        // As Linux sends them with a SYN.
        let syn = try read([
            2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 3, 7,
        ])
        #expect(syn.maximumSegmentSize == 1460 && syn.windowScale == 7 && syn.permitsSelective)
        #expect(syn.timestamps == TCPTimestamps(value: 9, echo: 0))
        #expect(try read([3, 3, 200]).windowScale == 14)
        #expect(try read([0, 2, 4, 5, 0xb4]).maximumSegmentSize == nil)
        #expect(try read([2, 3, 5, 30, 2]).maximumSegmentSize == nil, "a wrong length is skipped")
        #expect(throws: WireFailure.badOption) { try read([2, 0]) }
        #expect(throws: WireFailure.badOption) { try read([2, 1]) }
        #expect(throws: WireFailure.badOption) { try read([1, 1, 2]) }
        #expect(throws: WireFailure.badOption) { try read([2, 5, 0, 0]) }
        #expect(try read([5, 11] + [UInt8](repeating: 0, count: 9)).blockCount == 0)
        #expect(try read([5, 18] + [UInt8](repeating: 0, count: 16)).blockCount == 2)
    }
    @Test("fragments that end beyond 64 KiB, or in the middle of 8 bytes, are refused")
    func fragments() {
        func header(_ offset: Int, _ count: Int, more: Bool) throws(WireFailure) {
            var header = IPv4Header(
                .udp, from: IPv4Address(1, 2, 3, 4), to: IPv4Address(1, 2, 3, 5),
                payloadByteCount: count)
            header.fragmentOffset = offset
            header.hasMoreFragments = more
            var bytes = [UInt8](repeating: 0, count: 20)
            do {
                var span = bytes.mutableSpan
                var raw = span.mutableBytes
                header.store(into: &raw)
            }
            _ = try IPv4Header(checking: bytes.span.bytes, available: 20 + count)
        }
        #expect(throws: Never.self) { try header(65_504, 11, more: false) }
        #expect(throws: WireFailure.badLength) { try header(65_504, 12, more: false) }
        #expect(throws: WireFailure.badLength) { try header(0, 12, more: true) }
        #expect(throws: WireFailure.badLength) { try header(8, 0, more: true) }
    }
    @Test("IPv6's extension headers are walked, in their order and number")
    func extensions() throws {
        func walk(_ bytes: [UInt8], _ first: IPProtocol) throws(WireFailure) -> IPv6Extensions {
            try IPv6Extensions(checking: bytes.span.bytes, first: first)
        }
        let pad: [UInt8] = [1, 4, 0, 0, 0, 0]
        let two = try walk([60, 0] + pad + [17, 0] + pad, .hopByHop)
        #expect(two.next == .udp && two.byteCount == 16)
        #expect(throws: WireFailure.badOption) {
            try walk([0, 0] + pad + [17, 0] + pad, .destinationOptions)
        }
        #expect(throws: WireFailure.notUnderstood) {
            try walk([17, 0, 0xc2, 4, 0, 0, 0, 0], .destinationOptions)
        }
        #expect(throws: WireFailure.badOption) {
            try walk([17, 0, 0, 1] + [0, 0, 0, 0], .routing)
        }
        let many = [UInt8](repeating: 0, count: 0) + (0..<20).flatMap { _ in [60, 0] + pad }
        #expect(throws: WireFailure.badOption) { try walk(many, .destinationOptions) }
        let fragment = try walk([17, 0, 0x05, 0xa9, 0, 0, 0, 7], .fragment)
        #expect(fragment.fragment?.offset == 1448 && fragment.fragment?.hasMore == true)
    }
    @Test("an ARP message goes there and back; others' hardware is not understood")
    func arp() throws {
        let message = ARPMessage(
            .request, from: MACAddress(rawValue: 0x0200_0000_0001), IPv4Address(10, 0, 0, 1),
            to: .zero, IPv4Address(10, 0, 0, 2))
        var bytes = [UInt8](repeating: 0, count: 28)
        do {
            var span = bytes.mutableSpan
            var raw = span.mutableBytes
            message.store(into: &raw)
        }
        #expect(bytes.prefix(8) == [0, 1, 8, 0, 6, 4, 0, 1])
        #expect(try ARPMessage(checking: bytes.span.bytes) == message)
        bytes[1] = 6
        #expect(throws: WireFailure.notUnderstood) { try ARPMessage(checking: bytes.span.bytes) }
    }
    @Test("DHCP: a message goes there and back, options may lie in the file and name fields")
    func dhcp() throws {
        var message = DHCPMessage(
            .offer, transaction: 77, hardware: MACAddress(rawValue: 0x0200_0000_0001))
        message.isReply = true
        message.yourAddress = IPv4Address(10, 0, 2, 15)
        message.mask = IPv4Address(255, 255, 255, 0)
        message.router = IPv4Address(10, 0, 2, 2)
        message.servers.append(IPv4Address(10, 0, 2, 3))
        message.leaseSeconds = 86_400
        message.server = IPv4Address(10, 0, 2, 2)
        var bytes = [UInt8](repeating: 0, count: DHCPMessage.maximumByteCount)
        let count = {
            var span = bytes.mutableSpan
            var raw = span.mutableBytes
            return message.store(into: &raw)
        }()
        #expect(try DHCPMessage(checking: bytes.span.bytes.extracting(first: count)) == message)
        // The mask in the file field (RFC 2132, section 9.3).
        var overloaded = Array(bytes[..<240]) + [53, 1, 2, 52, 1, 1, 255]
        overloaded.replaceSubrange(108..<115, with: [1, 4, 255, 255, 0, 0, 255])
        let read = try DHCPMessage(checking: overloaded.span.bytes)
        #expect(read.mask == IPv4Address(255, 255, 0, 0) && read.router == nil)
        #expect(throws: WireFailure.notUnderstood) {
            try DHCPMessage(checking: bytes.span.bytes.extracting(first: 240))
        }
    }
}
