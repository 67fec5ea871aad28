/// Program memory as a CPU module reaches it, which knows neither page tables nor errors by number:
/// its signal frames lie there. Each access may fail.
package protocol ProgramAccess {
    /// Whether bytes lie where a program's memory can be.
    func contains(_ address: VirtualAddress, count: Int) -> Bool
    func copyOut(_ bytes: RawSpan, to address: VirtualAddress) throws(BadFrame)
    func copyIn(from address: VirtualAddress, into bytes: inout MutableRawSpan) throws(BadFrame)
    func zero(_ address: VirtualAddress, count: Int) throws(BadFrame)
}

/// A signal frame does not fit where it should lie, or can't be gone back to.
package struct BadFrame: Error {
    package init() {}
}

extension ProgramAccess {
    /// Loads an integer at any alignment, `offset` bytes above an address.
    package func load<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type, at address: VirtualAddress, _ offset: Int
    ) throws(BadFrame) -> Value {
        var word = InlineArray<8, UInt8>(repeating: 0)
        do {
            var span = word.mutableSpan
            var bytes = span.mutableRaw
            var part = bytes._mutatingExtracting(0..<MemoryLayout<Value>.size)
            try copyIn(from: try address.advanced(in: offset), into: &part)
        }
        return word.span.raw.littleEndian(type, at: 0)
    }
    /// Stores an integer at any alignment, `offset` bytes above an address.
    package func store<Value: FixedWidthInteger & BitwiseCopyable>(
        _ value: Value, at address: VirtualAddress, _ offset: Int
    ) throws(BadFrame) {
        var word = InlineArray<8, UInt8>(repeating: 0)
        do {
            var span = word.mutableSpan
            var bytes = span.mutableRaw
            bytes.storeLittleEndian(value, at: 0)
        }
        try copyOut(
            word.span.raw.extracting(first: MemoryLayout<Value>.size),
            to: try address.advanced(in: offset))
    }
}

extension VirtualAddress {
    /// An address within a frame: one that there is.
    package func advanced(in offset: Int) throws(BadFrame) -> Self {
        guard let address = advanced(by: UInt64(offset)) else { throw BadFrame() }
        return address
    }
}
