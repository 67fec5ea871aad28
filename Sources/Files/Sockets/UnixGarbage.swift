internal import Base

/// Sockets that only messages keep open.
///
/// A socket whose file is in a message of a queue is in flight. Sockets may hold each other so in a
/// circle, or one itself, which nobody could ever receive: where a reference to a socket in flight
/// goes away and others remain, or a socket is closed, the collector looks for such (net/unix/garbage.c):
///
/// 1. A candidate is a socket in flight to whose file only messages refer.
/// 2. Of each candidate's references those are taken off that lie in queues of candidates. What is
///    left comes from elsewhere: such a candidate is in use, and so is each that its queue holds.
/// 3. The queues of the others are dropped, which closes them.
///
/// The last message that closes a circle goes to a socket that is in flight already: without such a
/// message there is nothing to look for.
///
/// A message's files are let go from a list, not where the message goes away: closing one may drop the
/// next queue, as deep as a program cares to nest them.
enum UnixGarbage {
    private static let first = Global<UnixSocket?>(nil)
    private static let discarded = Global<SocketMessage?>(nil)
    private static let isBusy = Global(false)
    private static let mustLookAgain = Global(false)
    /// Whether the sockets in flight may hold each other in a circle.
    private static let mayBeCircular = Global(false)
    /// Files in messages, for the limit of a user's (ETOOMANYREFS).
    private static let fileCount = Global(0)
    static var filesInFlight: Int { fileCount.value }

    /// Counts the files of a message that was queued at `receiver`.
    static func took(_ files: PassedFiles?, by receiver: UnixSocket) {
        guard let files else { return }
        fileCount.value += files.count
        // What comes to a connection that waits to be accepted, which has no file, counts as its listener's.
        let isReceiverInFlight = receiver.inFlight > 0 || receiver.file == nil
        files.forEach { file in
            guard let socket = file.unixSocket else { return }
            if isReceiverInFlight || socket === receiver { mayBeCircular.value = true }
            socket.inFlight += 1
            guard socket.inFlight == 1 else { return }
            socket.nextInFlight = first.value
            first.value?.previousInFlight = socket
            first.value = socket
        }
    }
    /// Counts the files of a message that are no longer in a queue.
    static func gave(_ files: PassedFiles) {
        fileCount.value -= files.count
        files.forEach { file in
            guard let socket = file.unixSocket else { return }
            socket.inFlight -= 1
            guard socket.inFlight == 0 else { return }
            if let previous = socket.previousInFlight {
                previous.nextInFlight = socket.nextInFlight
            } else {
                first.value = socket.nextInFlight
                if first.value == nil { mayBeCircular.value = false }
            }
            socket.nextInFlight?.previousInFlight = socket.previousInFlight
            socket.nextInFlight = nil
            socket.previousInFlight = nil
        }
    }

    /// Ends a message that was taken out of its queue: its sender gets the room, its files are let go
    /// of, at the latest by `collect()`.
    static func discard(_ message: SocketMessage) {
        message.sender.uncharged(message.charge)
        guard let files = message.files else { return }
        gave(files)
        message.next = discarded.value
        discarded.value = message
    }

    /// Lets go of what was discarded.
    static func settle() {
        if discarded.value != nil { collect() }
    }
    /// The same, and closes what only messages refer to.
    static func collect() {
        guard !isBusy.value else {
            mustLookAgain.value = true
            return
        }
        isBusy.value = true
        repeat {
            mustLookAgain.value = false
            closeDiscarded()
            dropUnreachable()
        } while mustLookAgain.value || discarded.value != nil
        isBusy.value = false
    }
    private static func closeDiscarded() {
        while let message = discarded.value {
            discarded.value = message.next
            message.next = nil
            message.files?.close()
            message.files = nil
        }
    }

    private static func dropUnreachable() {
        guard mayBeCircular.value else { return }
        var candidates = 0
        forEachInFlight { socket in
            let references = socket.file?.referenceCount ?? 0
            socket.unaccounted = references == socket.inFlight ? references : nil
            if socket.unaccounted != nil { candidates += 1 }
        }
        guard candidates > 0 else { return }
        forEachInFlight { socket in
            guard socket.unaccounted != nil else { return }
            socket.forEachCarried { carried in
                if let count = carried.unaccounted { carried.unaccounted = count - 1 }
            }
        }
        var toVisit: UnixSocket?
        forEachInFlight { socket in
            if let count = socket.unaccounted, count > 0 { use(socket, &toVisit) }
        }
        while let socket = toVisit {
            toVisit = socket.nextToVisit
            socket.nextToVisit = nil
            socket.forEachCarried { carried in
                if carried.unaccounted != nil { use(carried, &toVisit) }
            }
        }
        // Dropping changes the list of sockets in flight.
        var garbage: UnixSocket?
        forEachInFlight { socket in
            guard socket.unaccounted != nil else { return }
            socket.unaccounted = nil
            socket.nextToVisit = garbage
            garbage = socket
        }
        while let socket = garbage {
            garbage = socket.nextToVisit
            socket.nextToVisit = nil
            socket.dropAllMessages()
        }
    }
    private static func use(_ socket: UnixSocket, _ toVisit: inout UnixSocket?) {
        socket.unaccounted = nil
        socket.nextToVisit = toVisit
        toVisit = socket
    }
    private static func forEachInFlight(_ body: (UnixSocket) -> Void) {
        var socket = first.value
        while let current = socket {
            socket = current.nextInFlight
            body(current)
        }
    }
}
