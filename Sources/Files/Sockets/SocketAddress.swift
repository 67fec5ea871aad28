internal import Base
internal import LinuxABI

/// A socket's address as the program gives or gets it: the family's number, then what the family says
/// (struct sockaddr; unix(7), "Address format").
package struct SocketAddress: Sendable {
    /// sizeof(struct sockaddr_storage)
    package static let maximumByteCount = 128
    private var storage = InlineArray<128, UInt8>(repeating: 0)
    package private(set) var byteCount = 0

    /// No address at all.
    package init() {}
    /// Copies the first 128 of `bytes`.
    package init(_ bytes: RawSpan) {
        byteCount = min(bytes.byteCount, Self.maximumByteCount)
        for index in 0..<byteCount { storage[index] = bytes.byte(at: index) }
    }
    /// A family with what belongs to it.
    init(family: UInt16, _ rest: RawSpan) {
        byteCount = min(rest.byteCount + 2, Self.maximumByteCount)
        storage[0] = UInt8(truncatingIfNeeded: family)
        storage[1] = UInt8(truncatingIfNeeded: family >> 8)
        for index in 2..<byteCount { storage[index] = rest.byte(at: index - 2) }
    }
    package var bytes: RawSpan {
        @_lifetime(borrow self) get { storage.span.raw.extracting(first: byteCount) }
    }
    /// The family's number; AF_UNSPEC where there is not even that.
    package var family: UInt16 {
        byteCount < 2 ? SocketFamily.unspecified : UInt16(storage[0]) | UInt16(storage[1]) << 8
    }
}

/// Who a process is to the other side of a socket (struct ucred).
package struct PeerCredentials: Equatable, Sendable {
    package let process: Int32
    package let user: UInt32
    package let group: UInt32
    package init(process: Int32, user: UInt32, group: UInt32) {
        self.process = process
        self.user = user
        self.group = group
    }
    /// What getsockopt(2) tells where there is no other side.
    package static let none = Self(process: 0, user: .max, group: .max)
    /// What a message tells whose sender was not asked (/proc/sys/kernel/overflowuid).
    package static let unknown = Self(process: 0, user: 65534, group: 65534)
}

/// The process that uses a socket.
package protocol SocketUser: AnyObject {
    /// From where and with whose rights paths are resolved.
    var fileContext: FileContext { get }
    /// What the other side of a connection is told of it: whom it acts for.
    var peerCredentials: PeerCredentials { get }
    /// What a message tells of it: who it really is.
    var senderCredentials: PeerCredentials { get }
    /// Files that may be on their way in messages; `nil`: as many as there is room for.
    var inFlightLimit: Int? { get }
}
