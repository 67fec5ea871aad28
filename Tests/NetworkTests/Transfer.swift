import Base
import LinuxABI
import TestSupport
import Wire

@testable import Network

/// The byte at a position of a stream, so that a wrong one is noticed wherever it comes from.
func streamByte(_ stream: Int, _ position: Int) -> UInt8 {
    let mixed =
        UInt64(truncatingIfNeeded: position / 8 &+ stream &* 0x51_7cc1)
        &* 0x9e37_79b9_7f4a_7c15
    return UInt8(truncatingIfNeeded: mixed >> UInt64((position % 8) * 8))
}

/// One end of a transfer both ways: sends its stream and checks the other's.
final class Peer {
    let endpoint: TCPEndpoint
    let stream: Int
    let toSend: Int
    let toReceive: Int
    private(set) var sent = 0
    private(set) var received = 0
    private(set) var isAtEnd = false
    private(set) var error: Errno?
    private(set) var wrongAt: Int?
    private var isShut = false
    /// Bytes of one call.
    var portion = 65_536
    /// Whether it reads at all.
    var reads = true

    init(_ endpoint: TCPEndpoint, stream: Int, sends toSend: Int, receives toReceive: Int) {
        self.endpoint = endpoint
        self.stream = stream
        self.toSend = toSend
        self.toReceive = toReceive
    }
    var isDone: Bool { error != nil || sent == toSend && isAtEnd }

    /// Sends and receives what goes without waiting.
    func work() {
        guard error == nil else { return }
        do throws(Errno) {
            try send()
        } catch {
            if error != .tryAgain { self.error = error }
        }
        guard reads else { return }
        do throws(Errno) {
            try receive()
        } catch {
            if error != .tryAgain { self.error = error }
        }
    }
    private func send() throws(Errno) {
        while sent < toSend {
            let start = sent
            sent += try endpoint.send(min(portion, toSend - sent)) { position, bytes in
                for index in 0..<bytes.byteCount {
                    bytes.storeLittleEndian(
                        streamByte(self.stream, start + position + index), at: index)
                }
            }
        }
        if !isShut {
            isShut = true
            try endpoint.shutDown(receiving: .kept, sending: .shut)
        }
    }
    private func receive() throws(Errno) {
        while !isAtEnd {
            let start = received
            let count = try endpoint.receive(portion) { position, bytes in
                for index in 0..<bytes.byteCount
                where bytes.byte(at: index) != streamByte(1 - self.stream, start + position + index)
                {
                    if self.wrongAt == nil { self.wrongAt = start + position + index }
                }
            }
            received += count
            if count == 0 { isAtEnd = true }
        }
    }
}

extension Link {
    /// A listener on the second stack.
    func listen(_ port: UInt16 = 80, backlog: Int = 16) throws -> TCPEndpoint {
        let listener = TCPEndpoint(of: stacks[1], .v4)
        listener.options.reusesAddress = true
        try listener.bind(to: EndpointAddress(.anyV4, port))
        try listener.listen(backlog: backlog)
        return listener
    }
    /// Begins a connection from the first stack.
    func connect(_ port: UInt16 = 80, _ options: ConnectionOptions = ConnectionOptions()) throws
        -> TCPEndpoint
    {
        let client = TCPEndpoint(of: stacks[0], .v4)
        client.connectionOptions = options
        do throws(Errno) {
            try client.connect(to: EndpointAddress(Self.ip(1), port))
        } catch {
            if error != .inProgress { throw error }
        }
        return client
    }
    /// Connects and accepts.
    func pair(_ port: UInt16 = 80, on listener: TCPEndpoint) throws -> (TCPEndpoint, TCPEndpoint) {
        let client = try connect(port)
        var server: TCPEndpoint?
        _ = run(atMost: .seconds(100)) {
            server = try? listener.accept()
            return server != nil
        }
        guard let server else { throw Errno.timedOut }
        return (client, server)
    }
}
