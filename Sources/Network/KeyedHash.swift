internal import Base
package import Wire

/// SipHash-2-4 over 64-bit words (Aumasson and Bernstein, 2012): nobody without the key can choose collisions,
/// or tell what a number made of it will be.
package struct KeyedHash: Sendable {
    private let first: UInt64
    private let second: UInt64

    package init(_ first: UInt64, _ second: UInt64) {
        self.first = first
        self.second = second
    }

    /// The hash of a flow's addresses and ports, and of whatever else belongs to it.
    func hash(_ flow: Flow, _ more: UInt64 = 0) -> UInt64 {
        var state = State(first, second)
        state.add(flow.local.high)
        state.add(flow.local.low)
        state.add(flow.remote.high)
        state.add(flow.remote.low)
        state.add(UInt64(flow.localPort) << 16 | UInt64(flow.remotePort))
        state.add(more)
        return state.finish(byteCount: 48)
    }
    func hash(_ address: IPAddress, _ more: UInt64) -> UInt64 {
        var state = State(first, second)
        state.add(address.high)
        state.add(address.low)
        state.add(more)
        return state.finish(byteCount: 24)
    }
    /// The hash of words, for the reference's vectors.
    package func hash(words: Span<UInt64>) -> UInt64 {
        var state = State(first, second)
        for index in words.indices { state.add(words[index]) }
        return state.finish(byteCount: words.count * 8)
    }

    private struct State {
        private var v0: UInt64
        private var v1: UInt64
        private var v2: UInt64
        private var v3: UInt64

        init(_ first: UInt64, _ second: UInt64) {
            v0 = first ^ 0x736f_6d65_7073_6575
            v1 = second ^ 0x646f_7261_6e64_6f6d
            v2 = first ^ 0x6c79_6765_6e65_7261
            v3 = second ^ 0x7465_6462_7974_6573
        }
        mutating func add(_ word: UInt64) {
            v3 ^= word
            round()
            round()
            v0 ^= word
        }
        mutating func finish(byteCount: Int) -> UInt64 {
            add(UInt64(byteCount & 0xff) << 56)
            v2 ^= 0xff
            for _ in 0..<4 { round() }
            return v0 ^ v1 ^ v2 ^ v3
        }
        private mutating func round() {
            v0 &+= v1
            v1 = Self.rotated(v1, 13) ^ v0
            v0 = Self.rotated(v0, 32)
            v2 &+= v3
            v3 = Self.rotated(v3, 16) ^ v2
            v0 &+= v3
            v3 = Self.rotated(v3, 21) ^ v0
            v2 &+= v1
            v1 = Self.rotated(v1, 17) ^ v2
            v2 = Self.rotated(v2, 32)
        }
        private static func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 {
            value &<< count | value &>> (64 &- count)
        }
    }
}

/// Random numbers of a stack, from ChaCha20 with a key of its own: ports, identifications, initial numbers.
struct RandomSource {
    private let cipher: ChaCha20
    private var block = InlineArray<16, UInt32>(repeating: 0)
    private var counter: UInt32 = 0
    private var position = 16

    init(key: [8 of UInt32]) { cipher = ChaCha20(key: key, nonce: [0x6e65_7477, 0, 0]) }

    mutating func next() -> UInt32 {
        if position == 16 {
            block = cipher.block(counter)
            counter &+= 1
            position = 0
        }
        defer { position += 1 }
        return block[position]
    }
    mutating func next64() -> UInt64 { UInt64(next()) << 32 | UInt64(next()) }
    /// A number below `bound`, which is positive and small beside 2^32.
    mutating func next(below bound: Int) -> Int {
        Int(UInt64(next()) * UInt64(truncatingIfNeeded: bound) >> 32)
    }
}

/// The two ends of a conversation, as this machine sees them.
package struct Flow: Equatable, Sendable {
    package var local: IPAddress
    package var localPort: UInt16
    package var remote: IPAddress
    package var remotePort: UInt16
    package init(_ local: IPAddress, _ localPort: UInt16, _ remote: IPAddress, _ remotePort: UInt16)
    {
        self.local = local
        self.localPort = localPort
        self.remote = remote
        self.remotePort = remotePort
    }
}
