package import Base
internal import Hardware
package import LinuxABI
internal import Memory

/// A program's memory for who looks into it from outside, whether or not it is loaded.
extension ProcessMemory {
    /// Whether a process has it still.
    package var isInUse: Bool { userCount > 0 }

    /// Copies bytes as the program sees them; returns how many, fewer where memory ends. EFAULT where not
    /// even the first is mapped, ENOMEM.
    package func read(
        at address: VirtualAddress, into bytes: inout MutableRawSpan
    ) throws(Errno) -> Int {
        var done = 0
        while done < bytes.byteCount {
            do throws(Errno) {
                guard let source = address.advanced(by: UInt64(done)) else { throw .badAddress }
                let count = min(bytes.byteCount - done, Page.size - source.pageOffset)
                var part = bytes._mutatingExtracting(done..<done + count)
                try readPage(at: source, into: &part)
                done += count
            } catch {
                guard done > 0 else { throw error }
                break
            }
        }
        return done
    }
    /// Copies bytes of one page.
    private func readPage(
        at address: VirtualAddress, into bytes: inout MutableRawSpan
    ) throws(Errno) {
        let count = bytes.byteCount
        let offset = address.pageOffset
        guard let frame = try space.inspectedFrame(at: address) else {
            for index in 0..<count { bytes.storeLittleEndian(UInt8(0), at: index) }
            return
        }
        guard callSites.hasSites(in: address.pageDown) else {
            frame.withBytes { Self.copy($0, from: offset, to: &bytes) }
            return
        }
        try KernelReserve.admit()
        guard let copy = Frames.allocate() else { throw .outOfMemory }
        defer { Frames.release(copy) }
        copy.copy(from: frame)
        copy.withMutableBytes { callSites.showOriginal(&$0, of: address.pageDown) }
        copy.withBytes { Self.copy($0, from: offset, to: &bytes) }
    }
    private static func copy(
        _ page: RawSpan, from offset: Int, to bytes: inout MutableRawSpan
    ) {
        for index in 0..<bytes.byteCount {
            bytes.storeLittleEndian(page.byte(at: offset + index), at: index)
        }
    }

    /// Writes bytes, to read-only private memory too; returns how many, fewer where memory ends. EFAULT
    /// where not even the first can be written, ENOMEM.
    package func write(_ bytes: RawSpan, at address: VirtualAddress) throws(Errno) -> Int {
        var done = 0
        while done < bytes.byteCount {
            do throws(Errno) {
                guard let target = address.advanced(by: UInt64(done)) else { throw .badAddress }
                let count = min(bytes.byteCount - done, Page.size - target.pageOffset)
                let frame = try space.inspectedFrameForWriting(at: target)
                frame.withMutableBytes { page in
                    for index in 0..<count {
                        page.storeLittleEndian(
                            bytes.byte(at: done + index), at: target.pageOffset + index)
                    }
                }
                let place = DirectMap.address(of: frame).rawValue + UInt64(target.pageOffset)
                CPU.cleanCode(at: VirtualAddress(rawValue: place), byteCount: count)
                done += count
            } catch {
                guard done > 0 else { throw error }
                break
            }
        }
        CPU.serialize()
        return done
    }

    /// A word, `nil` where none is mapped.
    package func word(at address: VirtualAddress) -> UInt64? {
        var storage = InlineArray<8, UInt8>(repeating: 0)
        let count: Int?
        do {
            var span = storage.mutableSpan
            var bytes = span.mutableRaw
            count = try? read(at: address, into: &bytes)
        }
        return count == 8 ? storage.span.raw.littleEndian(UInt64.self, at: 0) : nil
    }
}
