internal import Base
internal import Hardware
internal import LinuxABI
internal import Memory

/// Bytes between two ends, in order, up to a capacity.
struct ByteRing: ~Copyable {
    private var bytes: FixedBuffer<UInt8>
    private var first = 0
    private(set) var count = 0

    /// ENOMEM.
    init(capacity: Int) throws(Errno) {
        guard let bytes = FixedBuffer(count: capacity, repeating: UInt8(0)) else {
            throw .outOfMemory
        }
        self.bytes = bytes
    }
    var room: Int { bytes.count - count }

    /// Adds a byte. Precondition: there is room.
    mutating func append(_ byte: UInt8) {
        let place = first + count
        bytes[place < bytes.count ? place : place - bytes.count] = byte
        count += 1
    }
    /// Takes the first byte, `nil` where there is none.
    mutating func takeFirst() -> UInt8? {
        guard count > 0 else { return nil }
        let byte = bytes[first]
        drop(1)
        return byte
    }
    /// Copies bytes to the program and takes them away; returns how many. EFAULT.
    mutating func take(_ wanted: Int, to address: VirtualAddress) throws(Errno) -> Int {
        var done = 0
        while done < wanted, count > 0 {
            let piece = min(wanted - done, count, bytes.count - first)
            do throws(Errno) {
                guard let target = address.advanced(by: UInt64(done)) else { throw .badAddress }
                try ProgramMemory.copyOut(
                    bytes.span.raw.extracting(first..<first + piece), to: target)
            } catch {
                guard done > 0 else { throw error }
                break
            }
            drop(piece)
            done += piece
        }
        return done
    }
    mutating func removeAll() { drop(count) }
    private mutating func drop(_ number: Int) {
        first += number
        if first >= bytes.count { first -= bytes.count }
        count -= number
    }
}
