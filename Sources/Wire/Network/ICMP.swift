internal import Base

/// The first eight bytes of an ICMP message (RFC 792) or of one of ICMPv6 (RFC 4443, section 2.1).
package struct ICMPHeader: Equatable, Sendable {
    package static let byteCount = 8
    package var type: UInt8
    package var code: UInt8
    /// Identifier and sequence number of an echo; the MTU of "too big"; else mostly unused.
    package var rest: UInt32

    package init(type: UInt8, code: UInt8, rest: UInt32 = 0) {
        self.type = type
        self.code = code
        self.rest = rest
    }
    /// Reads the header; the checksum goes over the whole message and is the caller's.
    package init(checking bytes: RawSpan) throws(WireFailure) {
        guard bytes.byteCount >= Self.byteCount else { throw .truncated }
        type = bytes.byte(at: 0)
        code = bytes.byte(at: 1)
        rest = bytes.bigEndian(UInt32.self, at: 4)
    }
    /// Stores the header with a checksum of zero, whose field is at `checksumOffset`.
    package func store(into bytes: inout MutableRawSpan) {
        bytes.storeLittleEndian(type, at: 0)
        bytes.storeLittleEndian(code, at: 1)
        bytes.storeBigEndian(UInt16(0), at: 2)
        bytes.storeBigEndian(rest, at: 4)
    }
    package static let checksumOffset = 2
}

/// Types and codes of ICMP (RFC 792; RFC 1122, section 3.2.2).
package enum ICMPType {
    package static let echoReply: UInt8 = 0
    package static let unreachable: UInt8 = 3
    package static let sourceQuench: UInt8 = 4
    package static let redirect: UInt8 = 5
    package static let echoRequest: UInt8 = 8
    package static let timeExceeded: UInt8 = 11
    package static let parameterProblem: UInt8 = 12

    package static let protocolUnreachable: UInt8 = 2
    package static let portUnreachable: UInt8 = 3
    package static let fragmentationNeeded: UInt8 = 4
    package static let reassemblyTimeExceeded: UInt8 = 1
}

/// Types and codes of ICMPv6 (RFC 4443, RFC 4861, RFC 2710, RFC 3810).
package enum ICMPv6Type {
    package static let unreachable: UInt8 = 1
    package static let tooBig: UInt8 = 2
    package static let timeExceeded: UInt8 = 3
    package static let parameterProblem: UInt8 = 4
    package static let echoRequest: UInt8 = 128
    package static let echoReply: UInt8 = 129
    package static let listenerQuery: UInt8 = 130
    package static let routerSolicitation: UInt8 = 133
    package static let routerAdvertisement: UInt8 = 134
    package static let neighborSolicitation: UInt8 = 135
    package static let neighborAdvertisement: UInt8 = 136
    package static let redirect: UInt8 = 137
    package static let listenerReport: UInt8 = 143

    package static let portUnreachable: UInt8 = 4
    package static let reassemblyTimeExceeded: UInt8 = 1
    package static let unknownNextHeader: UInt8 = 1
}
