/// The ChaCha20 block function (RFC 8439, section 2.3): 64 bytes of a key stream at a time.
package struct ChaCha20: Sendable {
    /// Eight words of the key, little-endian.
    package var key: [8 of UInt32]
    package var nonce: [3 of UInt32]

    package init(key: [8 of UInt32], nonce: [3 of UInt32]) {
        self.key = key
        self.nonce = nonce
    }

    /// Words of the key stream's block `counter`; as bytes they are little-endian.
    package func block(_ counter: UInt32) -> [16 of UInt32] {
        var state = [16 of UInt32](repeating: 0)
        // "expand 32-byte k"
        state[0] = 0x6170_7865
        state[1] = 0x3320_646e
        state[2] = 0x7962_2d32
        state[3] = 0x6b20_6574
        for index in 0..<8 { state[4 + index] = key[index] }
        state[12] = counter
        for index in 0..<3 { state[13 + index] = nonce[index] }
        let initial = state
        for _ in 0..<10 {
            Self.quarterRound(&state, 0, 4, 8, 12)
            Self.quarterRound(&state, 1, 5, 9, 13)
            Self.quarterRound(&state, 2, 6, 10, 14)
            Self.quarterRound(&state, 3, 7, 11, 15)
            Self.quarterRound(&state, 0, 5, 10, 15)
            Self.quarterRound(&state, 1, 6, 11, 12)
            Self.quarterRound(&state, 2, 7, 8, 13)
            Self.quarterRound(&state, 3, 4, 9, 14)
        }
        for index in 0..<16 { state[index] &+= initial[index] }
        return state
    }

    /// RFC 8439, section 2.1.
    @inline(__always)
    private static func quarterRound(
        _ state: inout [16 of UInt32], _ a: Int, _ b: Int, _ c: Int, _ d: Int
    ) {
        state[a] &+= state[b]
        state[d] = rotated(state[d] ^ state[a], 16)
        state[c] &+= state[d]
        state[b] = rotated(state[b] ^ state[c], 12)
        state[a] &+= state[b]
        state[d] = rotated(state[d] ^ state[a], 8)
        state[c] &+= state[d]
        state[b] = rotated(state[b] ^ state[c], 7)
    }
    @inline(__always)
    private static func rotated(_ value: UInt32, _ count: UInt32) -> UInt32 {
        value &<< count | value &>> (32 &- count)
    }
}
