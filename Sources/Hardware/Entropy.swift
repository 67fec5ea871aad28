package import Base
package import LinuxABI

/// A device that gives random bytes when asked; they come later, by `Entropy.mix`.
package protocol EntropySource: AnyObject {
    /// Asks for bytes; does nothing while an answer is due.
    func request()
}

/// The machine's random numbers: a ChaCha20 generator with fast key erasure, fed by all sources.
///
/// Each request takes a stream key from the generator and replaces the generator's own in the same
/// step, so that what was handed out can't be computed from what is in memory later. Sources are
/// mixed in by exclusive or and a block of the cipher: a bad one adds nothing and spoils nothing.
package enum Entropy {
    private struct Generator {
        var key = [8 of UInt32](repeating: 0)
        var requests: UInt64 = 0
        var mixedByteCount = 0
        var requestsSinceReseed = 0

        /// Replaces the key; returns one that is independent of it.
        mutating func step() -> [8 of UInt32] {
            requests &+= 1
            requestsSinceReseed += 1
            let nonce: [3 of UInt32] = [
                UInt32(truncatingIfNeeded: requests), UInt32(truncatingIfNeeded: requests >> 32), 0,
            ]
            let block = ChaCha20(key: key, nonce: nonce).block(0)
            var other = key
            for index in 0..<8 {
                key[index] = block[index]
                other[index] = block[8 + index]
            }
            return other
        }
    }
    private static let generator = SpinLock(Generator())
    // Set by boot, once its driver is up.
    private static let source = Global<(any EntropySource)?>(nil)
    /// Requests until the sources are asked again.
    package static let reseedInterval = 4096

    /// Registers the device that is asked at each reseed.
    package static func register(_ device: any EntropySource) { source.value = device }

    /// Whether at least 32 bytes of any source were mixed in.
    package static var isSeeded: Bool {
        generator.withLock { $0.mixedByteCount >= 32 }
    }

    /// Adds what a source gave. Costs one block for 32 bytes.
    package static func mix(_ bytes: RawSpan) {
        var offset = 0
        while offset < bytes.byteCount {
            let count = min(32, bytes.byteCount - offset)
            var words = [8 of UInt32](repeating: 0)
            for index in 0..<count {
                words[index / 4] |= UInt32(bytes.byte(at: offset + index)) << UInt32(index % 4 * 8)
            }
            absorb(words, byteCount: count)
            offset += count
        }
    }
    /// Adds `count` times 64 bits of the CPU's own source, as far as it has them; returns how many.
    package static func mixHardware(_ count: Int) -> Int {
        HardwareRandom.gather(count) { word in mix(word) }
    }
    /// Adds 64 bits.
    package static func mix(_ word: UInt64) {
        var words = [8 of UInt32](repeating: 0)
        words[0] = UInt32(truncatingIfNeeded: word)
        words[1] = UInt32(truncatingIfNeeded: word >> 32)
        absorb(words, byteCount: 8)
    }
    private static func absorb(_ words: [8 of UInt32], byteCount: Int) {
        generator.withLock { generator in
            for index in 0..<8 { generator.key[index] ^= words[index] }
            generator.mixedByteCount = min(32, generator.mixedByteCount + byteCount)
            _ = generator.step()
        }
    }

    /// A key for one request; asks the sources for more from time to time.
    private static func takeKey() -> [8 of UInt32] {
        let isDue = generator.withLock { generator in
            guard generator.requestsSinceReseed >= reseedInterval else { return false }
            generator.requestsSinceReseed = 0
            return true
        }
        if isDue {
            _ = mixHardware(4)
            source.value?.request()
        }
        return generator.withLock { $0.step() }
    }

    /// Fills `bytes` with random ones.
    package static func fill(_ bytes: inout MutableRawSpan) {
        var stream = EntropyStream(key: takeKey())
        stream.fill(&bytes)
    }
    /// A random 64-bit number.
    package static func word() -> UInt64 {
        let key = takeKey()
        return UInt64(key[0]) | UInt64(key[1]) << 32
    }
    /// Fills `count` bytes of program memory; EFAULT (bytes before the fault may be written).
    package static func fill(_ address: VirtualAddress, count: Int) throws(Errno) {
        guard ProgramMemory.contains(address, count: count) else { throw .badAddress }
        var stream = EntropyStream(key: takeKey())
        var chunk = [256 of UInt8](repeating: 0)
        var done = 0
        while done < count {
            let size = min(chunk.count, count - done)
            var span = chunk.mutableSpan
            // SAFETY: bytes have no padding; every bit pattern is a byte.
            var bytes = unsafe span.mutableBytes
            stream.fill(&bytes)
            guard let target = address.advanced(by: UInt64(done)) else { throw .badAddress }
            try ProgramMemory.copyOut(unsafe chunk.span.bytes.extracting(first: size), to: target)
            done += size
        }
    }
}

/// The bytes of one request.
private struct EntropyStream {
    private let cipher: ChaCha20
    private var counter: UInt32 = 0

    init(key: [8 of UInt32]) { cipher = ChaCha20(key: key, nonce: [0, 0, 0]) }

    // A request of 256 GiB would wrap the counter; no address space has that much.
    mutating func fill(_ bytes: inout MutableRawSpan) {
        var offset = 0
        while offset < bytes.byteCount {
            let block = cipher.block(counter)
            counter &+= 1
            var index = 0
            while index < 16, offset + 4 <= bytes.byteCount {
                bytes.storeLittleEndian(block[index], at: offset)
                offset += 4
                index += 1
            }
            var rest = index < 16 ? block[index] : 0
            while index < 16, offset < bytes.byteCount {
                bytes.storeLittleEndian(UInt8(truncatingIfNeeded: rest), at: offset)
                rest >>= 8
                offset += 1
            }
        }
    }
}
