internal import Base
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Scheduler

/// A Unix-domain socket (unix(7)): its messages lie in the receiver's queue, whose sender pays for them.
///
/// States, checks and their order are those of Linux's net/unix/af_unix.c. A peer that was closed stays
/// referred to, so that its name can still be told; of two sockets that refer to each other the closed
/// one lets go.
final class UnixSocket: Socket, WakeTarget {
    enum State {
        case closed
        case listening
        case connected
    }
    var state = State.closed
    /// Whose queue this socket's messages go to.
    var peerSocket: UnixSocket?
    var shutdown: SocketDirections = []
    /// Whether the socket was closed.
    var isDead = false
    /// Where the socket is bound.
    var address: UnixAddress?
    /// Who is on the other side, or who listens.
    var ownCredentials: PeerCredentials?

    // What came in.
    private(set) var firstMessage: SocketMessage?
    private(set) var lastMessage: SocketMessage?
    private(set) var messageCount = 0
    /// Connections that wait to be accepted, and the next one on the listener's list.
    private var firstPending: UnixSocket?
    private var lastPending: UnixSocket?
    private var nextPending: UnixSocket?
    private var pendingCount = 0
    /// Messages or connections that may lie here before others wait; one more is let in
    /// (net.unix.max_dgram_qlen, then listen(2)).
    var backlog = 10

    /// What this socket's messages take of its send buffer, wherever they lie.
    private(set) var charged = 0
    /// Who waits for room in this socket's queue.
    let roomQueue = WaitQueue()
    /// Tells this socket of room in the queue of its peer.
    private let peerRoom = Waiter()
    /// Whether somebody was told that the peer has no room.
    var awaitsPeerRoom = false

    /// References to this socket's file from messages, and its place among such sockets
    /// (UnixGarbage).
    var inFlight = 0
    var nextInFlight: UnixSocket?
    var previousInFlight: UnixSocket?
    /// References that the collector has not accounted for; `nil`: the socket is in use.
    var unaccounted: Int?
    var nextToVisit: UnixSocket?

    init(_ type: SocketKind, in fileSystem: FileSystem, owner: UInt32, group: UInt32) {
        super.init(
            family: SocketFamily.unix, type, protocolNumber: 0, in: fileSystem, owner: owner,
            group: group)
    }

    // MARK: As a socket; an extension can't override

    override func bind(to address: SocketAddress, by user: any SocketUser) throws(Errno) {
        try bindName(to: address, by: user)
    }
    override func connect(
        to address: SocketAddress, _ blocking: Blocking, by user: any SocketUser
    ) throws(Errno) { try connectToName(to: address, blocking, by: user) }
    override func listen(backlog: Int, by user: any SocketUser) throws(Errno) {
        try beginListening(backlog: backlog, by: user)
    }
    override func accept(_ blocking: Blocking) throws(Errno) -> Socket {
        try takeConnection(blocking)
    }
    override func pair(with other: Socket, by user: any SocketUser) throws(Errno) {
        guard let other = other as? UnixSocket else { throw .invalidArgument }
        join(with: other, by: user)
    }
    override func name() throws(Errno) -> SocketAddress { nameToTell }
    override func peerName() throws(Errno) -> SocketAddress {
        guard let peerSocket else { throw .notConnected }
        return peerSocket.nameToTell
    }
    override func shutDown(_ directions: SocketDirections) throws(Errno) {
        endDirections(directions)
    }
    override func send(
        _ message: OutgoingMessage, by user: any SocketUser, from source: ByteSource
    ) throws(Errno) -> Int { try sendMessage(message, by: user, from: source) }
    override func receive(
        _ count: Int, _ flags: MessageFlags, to sink: ByteSink
    ) throws(Errno) -> IncomingMessage { try receiveMessage(count, flags, to: sink) }
    override var isListening: Bool { state == .listening }
    override var peer: PeerCredentials { ownCredentials ?? .none }

    // MARK: The queue

    func append(_ message: SocketMessage) {
        if let last = lastMessage { last.next = message } else { firstMessage = message }
        lastMessage = message
        messageCount += 1
        UnixGarbage.took(message.files, by: self)
        queue.wake([.readable, .normalReadable, .bandReadable, .priority])
    }
    /// Takes the first message out; it is still charged. Precondition: there is one.
    func removeFirst() -> SocketMessage? {
        guard let message = firstMessage else { return nil }
        firstMessage = message.next
        if firstMessage == nil { lastMessage = nil }
        message.next = nil
        messageCount -= 1
        return message
    }
    /// Takes the files off a message in the queue: they are no longer on their way.
    func takeFiles(of message: SocketMessage) -> PassedFiles? {
        guard let files = message.files else { return nil }
        message.files = nil
        UnixGarbage.gave(files)
        return files
    }
    /// Drops what is in the queue.
    func dropMessages() {
        while let message = removeFirst() { UnixGarbage.discard(message) }
    }
    /// The same, with what came to connections that wait to be accepted.
    func dropAllMessages() {
        dropMessages()
        var connection = firstPending
        while let current = connection {
            current.dropMessages()
            connection = current.nextPending
        }
    }
    var isQueueFull: Bool { (state == .listening ? pendingCount : messageCount) > backlog }
    var hasPending: Bool { firstPending != nil }

    func appendPending(_ connection: UnixSocket) {
        if let last = lastPending {
            last.nextPending = connection
        } else {
            firstPending = connection
        }
        lastPending = connection
        pendingCount += 1
        queue.wake([.readable, .normalReadable, .bandReadable, .priority])
    }
    func removeFirstPending() -> UnixSocket? {
        guard let connection = firstPending else { return nil }
        firstPending = connection.nextPending
        if firstPending == nil { lastPending = nil }
        connection.nextPending = nil
        pendingCount -= 1
        return connection
    }
    /// Calls `body` for each socket whose file is in a message here, or in one of a connection that
    /// waits to be accepted; for one that is there several times as often.
    func forEachCarried(_ body: (UnixSocket) -> Void) {
        forEachCarriedInMessages(body)
        var connection = firstPending
        while let current = connection {
            current.forEachCarriedInMessages(body)
            connection = current.nextPending
        }
    }
    private func forEachCarriedInMessages(_ body: (UnixSocket) -> Void) {
        var message = firstMessage
        while let current = message {
            current.files?.forEach { file in
                if let socket = file.unixSocket { body(socket) }
            }
            message = current.next
        }
    }

    // MARK: The send buffer

    func charged(_ count: Int) { charged += count }
    /// A message of this socket's went away.
    func uncharged(_ count: Int) {
        charged -= count
        if hasRoom { queue.wake([.writable, .normalWritable, .bandWritable]) }
    }
    /// Whether writers are told of room: a quarter of the buffer at most is in use (unix_writable).
    private var hasRoom: Bool {
        // Linux's count begins at 1 (sk_wmem_alloc).
        state != .listening && (charged + 1) * 4 <= options.sendBuffer
    }
    package override func roomChanged() { queue.wake([.writable, .normalWritable, .bandWritable]) }

    /// Waits until a message may be charged. EPIPE, and the pending error.
    func waitForBuffer(_ patience: Patience) throws(Errno) {
        while true {
            try throwPendingError()
            guard !shutdown.contains(.sending) else { throw .brokenPipe }
            guard charged >= options.sendBuffer else { return }
            try wait(on: queue, patience) {
                self.charged < self.options.sendBuffer || self.pendingError != nil
                    || self.shutdown.contains(.sending)
            }
        }
    }

    // MARK: Peers

    /// Makes `peer` the other side; only what the peer does not answer looks out for its room.
    func setPeer(_ peer: UnixSocket?) {
        peerRoom.stop()
        awaitsPeerRoom = false
        peerSocket = peer
        if let peer, type == .datagram, peer !== self {
            peer.roomQueue.add(peerRoom, for: self)
        }
    }
    /// The peer got room for messages.
    package func woken(by events: Readiness) -> Bool {
        guard awaitsPeerRoom else { return false }
        awaitsPeerRoom = false
        queue.wake([.writable, .normalWritable, .bandWritable])
        return false
    }
    /// Whether the peer's queue is full; what it sends here itself does not count.
    private var isPeerFull: Bool {
        guard let peer = peerSocket, peer.peerSocket !== self, peer.isQueueFull else {
            return false
        }
        awaitsPeerRoom = true
        return true
    }

    override func readiness(_ file: OpenFile) -> Readiness {
        var readiness: Readiness = []
        if pendingError != nil { readiness.insert(.error) }
        if shutdown == .both { readiness.insert(.hungUp) }
        if shutdown.contains(.receiving) {
            readiness.formUnion([.readHungUp, .readable, .normalReadable])
        }
        if firstMessage != nil || firstPending != nil {
            readiness.formUnion([.readable, .normalReadable])
        }
        if type.isConnectionBased, state == .closed { readiness.insert(.hungUp) }
        if hasRoom, type == .stream || !isPeerFull {
            readiness.formUnion([.writable, .normalWritable, .bandWritable])
        }
        return readiness
    }
    override func control(
        _ file: OpenFile, _ request: UInt32, argument: UInt64
    ) throws(Errno) -> Int {
        let count: Int
        switch request {
        case SocketRequest.bytesUnsent: count = charged
        case FileRequest.bytesReadable:
            guard state != .listening else { throw .invalidArgument }
            count = type == .datagram ? firstMessage?.remaining ?? 0 : bytesInQueue
        default: throw .notTerminal
        }
        try ProgramMemory.store(
            Int32(truncatingIfNeeded: count), at: VirtualAddress(rawValue: argument))
        return 0
    }
    private var bytesInQueue: Int {
        var sum = 0
        var message = firstMessage
        while let current = message {
            sum += current.remaining
            message = current.next
        }
        return sum
    }

    // MARK: The end

    override func closed(_ file: OpenFile) {
        super.closed(file)
        abandon()
    }
    override func abandon() {
        die(isAccepted: true)
        UnixGarbage.collect()
    }
    override func referenceDropped(_ file: OpenFile) {
        if inFlight > 0 { UnixGarbage.collect() }
    }
    /// unix_release_sock: tells the peer, and drops what lies here. A connection that nobody accepted
    /// is reset.
    private func die(isAccepted: Bool) {
        let wasListening = state == .listening
        isDead = true
        state = .closed
        shutdown = .both
        if let address, address.owner === self { address.release() }
        let peer = peerSocket
        setPeer(nil)
        roomQueue.wake()
        if let peer, type.isConnectionBased {
            peer.shutdown = .both
            if firstMessage != nil || !isAccepted { peer.pendingError = .connectionReset }
            peer.queue.wake()
        }
        if wasListening {
            while let connection = removeFirstPending() { connection.die(isAccepted: false) }
        }
        dropMessages()
    }
}

extension OpenFile {
    var unixSocket: UnixSocket? { node.kind == .socket ? node as? UnixSocket : nil }
}
