package import Base
internal import Hardware
package import LinuxABI
internal import Memory

extension SymbolicLinkNode {
    /// Writes where the link leads to the program, as readlink(2): cut to `limit`, without a NUL.
    /// EFAULT, ENOENT, ENAMETOOLONG, ENOMEM.
    package func readTarget(
        byteCount limit: Int, to address: VirtualAddress
    ) throws(Errno) -> Int {
        guard let frame = Frames.allocate() else { throw .outOfMemory }
        defer { Frames.release(frame) }
        return try frame.withMutableBytes { bytes throws(Errno) in
            var text = TextBuffer(into: bytes._mutatingExtracting(0..<bytes.byteCount))
            try writeTarget(to: &text)
            guard !text.isTruncated else { throw .nameTooLong }
            let count = min(text.byteCount, limit)
            try ProgramMemory.copyOut(bytes.bytes.extracting(first: count), to: address)
            return count
        }
    }
}
