/// Address families of socket(2) (linux/socket.h).
package enum SocketFamily {
    /// AF_UNSPEC: in connect(2), no peer any more.
    package static let unspecified: UInt16 = 0
    /// AF_UNIX
    package static let unix: UInt16 = 1
}

/// What a socket's messages are like (socket(2)).
package enum SocketKind: Int32, Sendable {
    /// SOCK_STREAM: bytes without borders.
    case stream = 1
    /// SOCK_DGRAM: messages, each of which may go elsewhere.
    case datagram = 2
    /// SOCK_SEQPACKET: messages on a connection.
    case sequencedPacket = 5

    /// Whether the socket accepts and is connected.
    package var isConnectionBased: Bool { self != .datagram }
    /// SOCK_TYPE_MASK: the bits of socket(2)'s type that are a number, not flags.
    package static let mask: Int32 = 0xf
}

/// Flags of send(2) and recv(2) (linux/socket.h: MSG_*).
package struct MessageFlags: OptionSet, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }
    /// MSG_OOB
    package static let outOfBand = Self(rawValue: 0x1)
    /// MSG_PEEK
    package static let peek = Self(rawValue: 0x2)
    /// MSG_CTRUNC
    package static let controlTruncated = Self(rawValue: 0x8)
    /// MSG_TRUNC
    package static let truncated = Self(rawValue: 0x20)
    /// MSG_DONTWAIT
    package static let doNotWait = Self(rawValue: 0x40)
    /// MSG_WAITALL
    package static let waitForAll = Self(rawValue: 0x100)
    /// MSG_NOSIGNAL
    package static let noSignal = Self(rawValue: 0x4000)
    /// MSG_WAITFORONE: of recvmmsg(2).
    package static let waitForOne = Self(rawValue: 0x10000)
    /// MSG_CMSG_CLOEXEC
    package static let closeOnExec = Self(rawValue: 0x4000_0000)
    /// MSG_CMSG_COMPAT: for 32-bit programs; others may not set it.
    package static let compatible = Self(rawValue: Int32(bitPattern: 0x8000_0000))
}

/// Levels and names of getsockopt(2) (asm-generic/socket.h).
package enum SocketOptionNumber: Int32, Sendable {
    /// SO_DEBUG and so on, in the order of their numbers.
    case debug = 1
    case reuseAddress = 2
    case type = 3
    case error = 4
    case doNotRoute = 5
    case broadcast = 6
    case sendBuffer = 7
    case receiveBuffer = 8
    case keepAlive = 9
    case outOfBandInline = 10
    case noCheck = 11
    case priority = 12
    case linger = 13
    case reusePort = 15
    case passCredentials = 16
    case peerCredentials = 17
    case receiveLowWater = 18
    case sendLowWater = 19
    case receiveTimeout = 20
    case sendTimeout = 21
    case acceptsConnections = 30
    case sendBufferForce = 32
    case receiveBufferForce = 33
    case protocolNumber = 38
    case domain = 39
    case peekOffset = 42
    case peerGroups = 59
    case receiveTimeoutNew = 66
    case sendTimeoutNew = 67

    /// SOL_SOCKET
    package static let level: Int32 = 1
}

/// Types of control messages at SOL_SOCKET (unix(7), "Ancillary messages").
package enum ControlMessageType {
    /// SCM_RIGHTS
    package static let rights: Int32 = 1
    /// SCM_CREDENTIALS
    package static let credentials: Int32 = 2
    /// SCM_MAX_FD: descriptors of one message.
    package static let maximumRights = 253
}

/// Requests of ioctl(2) on sockets (linux/sockios.h).
package enum SocketRequest {
    /// SIOCOUTQ
    package static let bytesUnsent: UInt32 = 0x5411
}
