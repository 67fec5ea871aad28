package import Virtio

/// Memory that both halves of a ring share in one process, from `base` on; every access is checked.
package final class SharedBytes: RingMemory {
    package let base: UInt64
    package var bytes: [UInt8]
    /// Stores so far.
    package private(set) var storeCount = 0

    package init(base: UInt64 = 0x1_0000, byteCount: Int) {
        self.base = base
        bytes = [UInt8](repeating: 0, count: byteCount)
    }
    private func offset(_ address: UInt64, _ byteCount: Int) throws(RingError) -> Int {
        try check(address, byteCount: UInt64(byteCount))
        return Int(address - base)
    }
    package func check(_ address: UInt64, byteCount: UInt64) throws(RingError) {
        guard address >= base, address - base <= UInt64(bytes.count),
            byteCount <= UInt64(bytes.count) - (address - base)
        else { throw .badAddress(address, byteCount: byteCount) }
    }
    package func load<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type, at address: UInt64
    ) throws(RingError) -> Value {
        let at = try offset(address, MemoryLayout<Value>.size)
        return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: at, as: Value.self) }
    }
    package func store<Value: FixedWidthInteger & BitwiseCopyable>(
        _ value: Value, at address: UInt64
    ) throws(RingError) {
        let at = try offset(address, MemoryLayout<Value>.size)
        storeCount += 1
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: at, as: Value.self) }
    }
    package func read(at address: UInt64, into target: inout MutableRawSpan) throws(RingError) {
        let at = try offset(address, target.byteCount)
        for index in 0..<target.byteCount {
            target.storeBytes(of: bytes[at + index], toByteOffset: index, as: UInt8.self)
        }
    }
    package func write(_ source: RawSpan, at address: UInt64) throws(RingError) {
        let at = try offset(address, source.byteCount)
        for index in 0..<source.byteCount {
            bytes[at + index] = source.unsafeLoad(fromByteOffset: index, as: UInt8.self)
        }
    }
}
