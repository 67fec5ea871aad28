package import Base
internal import Hardware
package import LinuxABI
internal import Memory
package import Scheduler

/// A socket, of whatever family (socket(7)): what the calls of SystemCalls/Sockets.swift act on.
///
/// The base has what all families share: options, the pending error, the wait for something with a
/// limit of time. A family is a subclass that says what its sockets do; what it does not say is the
/// errno of a socket that can't.
package class Socket: TransferNode {
    /// SO_DOMAIN
    package let family: UInt16
    package let type: SocketKind
    /// SO_PROTOCOL
    package let protocolNumber: Int32
    package var options = SocketOptions()
    /// What the next call will fail with (SO_ERROR).
    package var pendingError: Errno?
    /// Who waits for the socket.
    let queue = WaitQueue()
    /// The one open file of the socket; refers to it until it is closed.
    private(set) var file: OpenFile?

    init(
        family: UInt16, _ type: SocketKind, protocolNumber: Int32, in fileSystem: FileSystem,
        owner: UInt32, group: UInt32
    ) {
        self.family = family
        self.type = type
        self.protocolNumber = protocolNumber
        super.init(
            .socket, in: fileSystem, mode: FileMode(rawValue: 0o777), owner: owner, group: group)
    }
    package override var isPollable: Bool { true }
    package override var waiters: WaitQueue? { queue }

    // MARK: What a family says

    /// bind(2). EADDRINUSE, EINVAL and the family's.
    package func bind(
        to address: SocketAddress, by user: any SocketUser
    ) throws(Errno) { throw .notSupported }
    /// connect(2), waiting as long as the send time-out says.
    package func connect(
        to address: SocketAddress, _ blocking: Blocking, by user: any SocketUser
    ) throws(Errno) { throw .notSupported }
    /// listen(2): `backlog` connections may wait to be accepted.
    package func listen(backlog: Int, by user: any SocketUser) throws(Errno) {
        throw .notSupported
    }
    /// accept(2): takes the next connection, which has no open file yet.
    package func accept(_ blocking: Blocking) throws(Errno) -> Socket { throw .notSupported }
    /// Connects two new sockets with one another (socketpair(2)).
    package func pair(with other: Socket, by user: any SocketUser) throws(Errno) {
        throw .notSupported
    }
    /// getsockname(2)
    package func name() throws(Errno) -> SocketAddress { throw .notSupported }
    /// getpeername(2)
    package func peerName() throws(Errno) -> SocketAddress { throw .notSupported }
    /// shutdown(2)
    package func shutDown(_ directions: SocketDirections) throws(Errno) { throw .notSupported }
    /// Sends a message whose bytes `source` gives; returns how many were sent.
    package func send(
        _ message: OutgoingMessage, by user: any SocketUser, from source: ByteSource
    ) throws(Errno) -> Int { throw .notSupported }
    /// Receives up to `count` bytes into `sink`.
    package func receive(
        _ count: Int, _ flags: MessageFlags, to sink: ByteSink
    ) throws(Errno) -> IncomingMessage { throw .notSupported }
    /// Whether the socket listens (SO_ACCEPTCONN).
    package var isListening: Bool { false }
    /// SO_PEERCRED
    package var peer: PeerCredentials { .none }
    /// Whether EPIPE comes with SIGPIPE.
    package var signalsBrokenPipe: Bool { type == .stream }
    /// Ends a socket that got no open file.
    package func abandon() {}
    /// Called when a limit of `options` became larger.
    package func roomChanged() {}

    // MARK: As a file

    override func opened(_ file: OpenFile) throws(Errno) { self.file = file }
    override func closed(_ file: OpenFile) { self.file = nil }

    override func receive(
        _ file: OpenFile, _ count: Int, _ blocking: Blocking, to sink: ByteSink
    ) throws(Errno) -> Int {
        file.hold()
        defer { file.letGo() }
        let message = try receive(count, blocking == .blocking ? [] : .doNotWait, to: sink)
        message.files?.close()
        return message.byteCount
    }
    override func send(
        _ file: OpenFile, _ count: Int, _ blocking: Blocking, from source: ByteSource
    ) throws(Errno) -> Int {
        guard let user = Self.user.value?() else { throw .notConnected }
        file.hold()
        defer { file.letGo() }
        var message = OutgoingMessage(byteCount: count)
        if blocking == .nonblocking { message.flags = .doNotWait }
        return try send(message, by: user, from: source)
    }
    /// Who writes by write(2), which is told no process.
    private static let user = Global<(() -> any SocketUser)?>(nil)
    /// Says who makes system calls.
    package static func setUser(_ user: @escaping () -> any SocketUser) { Self.user.value = user }

    // MARK: For the families

    /// Takes the pending error and throws it.
    func throwPendingError() throws(Errno) {
        guard let error = pendingError else { return }
        pendingError = nil
        throw error
    }
    package func takePendingError() -> Errno? {
        defer { pendingError = nil }
        return pendingError
    }
    /// How long a call may wait: SO_RCVTIMEO or SO_SNDTIMEO from now on, or not at all.
    struct Patience {
        fileprivate let deadline: Nanoseconds?
        let isNone: Bool
        init(_ limit: Nanoseconds?, _ blocking: Blocking) {
            isNone = blocking == .nonblocking || limit == .zero
            deadline = isNone ? nil : limit.map { Clock.monotonic() + $0 }
        }
    }
    /// Waits until `condition` holds. EAGAIN when there is no more time; a signal ends the wait with a
    /// restart where there was no limit of time, else EINTR (signal(7), "Interruption of system calls").
    func wait(
        on queue: WaitQueue, _ patience: Patience, _ condition: () -> Bool
    ) throws(Errno) {
        guard !patience.isNone else { throw .tryAgain }
        switch Wait.until(deadline: patience.deadline, on: .queue(queue), condition) {
        case .ready: return
        case .timedOut: throw .tryAgain
        case .interrupted: throw patience.deadline == nil ? .restart : .interrupted
        }
    }
}

/// Fills the bytes that begin at a position of a message.
package typealias ByteSource = (_ position: Int, _ bytes: inout MutableRawSpan) throws(Errno) ->
    Void
/// Takes the bytes that begin at a position of what is received.
package typealias ByteSink = (_ position: Int, _ bytes: RawSpan) throws(Errno) -> Void

/// What send(2) and its like give, but for the bytes themselves.
package struct OutgoingMessage {
    package let byteCount: Int
    package var flags: MessageFlags = []
    /// To whom; nobody named where it is empty.
    package var address = SocketAddress()
    /// SCM_RIGHTS; the socket takes them over where the call succeeds.
    package var files: PassedFiles?
    /// SCM_CREDENTIALS
    package var credentials: PeerCredentials?
    package init(byteCount: Int) { self.byteCount = byteCount }
}

/// What recv(2) and its like tell.
package struct IncomingMessage {
    /// Bytes received; the whole message's with MSG_TRUNC.
    package var byteCount = 0
    /// Whether a part of the message was dropped.
    package var isTruncated = false
    /// By whom; empty where the sender has no name.
    package var sender = SocketAddress()
    /// What SO_PASSCRED asks for.
    package var credentials: PeerCredentials?
    /// For the caller to install or to close.
    package var files: PassedFiles?
    package init() {}
}

/// Directions of shutdown(2).
package struct SocketDirections: OptionSet, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }
    package static let receiving = Self(rawValue: 1)
    package static let sending = Self(rawValue: 2)
    package static let both: Self = [.receiving, .sending]
    /// The same as the other side sees them.
    var ofPeer: Self { Self(rawValue: (rawValue & 1) << 1 | (rawValue & 2) >> 1) }
}

/// What setsockopt(2) keeps for every family (socket(7)).
package struct SocketOptions: Sendable {
    /// net.core.wmem_default and rmem_default; twice what SO_SNDBUF sets counts with overhead.
    package static let standardBuffer = 212_992
    /// net.core.wmem_max and rmem_max of Linux 6.18.
    package static let maximumBuffer = 4 << 20
    /// SOCK_MIN_SNDBUF and SOCK_MIN_RCVBUF
    package static let minimumSendBuffer = 4608
    package static let minimumReceiveBuffer = 2304

    package var sendBuffer = standardBuffer
    package var receiveBuffer = standardBuffer
    /// `nil`: for ever; zero: not at all.
    package var sendTimeout: Nanoseconds?
    package var receiveTimeout: Nanoseconds?
    package var receiveLowWater = 1
    package var passesCredentials = false
    /// SO_PEEK_OFF; `nil`: -1.
    package var peekOffset: Int?
    package var isLingering = false
    package var lingerSeconds: Int32 = 0
    package var priority: Int32 = 0
    /// Options that are only kept: a bit for each number.
    package var flags: UInt64 = 0
    package init() {}

    /// recv(2)'s least number of bytes: SO_RCVLOWAT, or all with MSG_WAITALL.
    func least(of count: Int, _ flags: MessageFlags) -> Int {
        let least = flags.contains(.waitForAll) ? count : min(receiveLowWater, count)
        return max(least, 1)
    }
}

extension OpenFile {
    /// The socket that this file is.
    package var socket: Socket? { node.kind == .socket ? node as? Socket : nil }
}
