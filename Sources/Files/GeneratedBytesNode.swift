internal import Base
package import LinuxABI
internal import Hardware

/// A file of bytes that are had and changed where they are, each by its offset: /proc/[pid]/mem.
package final class GeneratedBytesNode: GeneratedFileNode {
    /// Fills `bytes` from `offset` on; returns how many, 0 where there is nothing any more. EIO.
    package typealias Provider = (
        _ offset: UInt64, _ bytes: inout MutableRawSpan
    ) throws(Errno) -> Int
    /// Stores bytes from `offset` on; returns how many. EIO.
    package typealias Receiver = (_ offset: UInt64, _ bytes: RawSpan) throws(Errno) -> Int
    private let provider: Provider
    private let receiver: Receiver
    /// What goes through the library OS at a time.
    private static let chunk = 512

    package init(
        in fileSystem: FileSystem, mode: FileMode, _ subject: any NodeSubject,
        receiver: @escaping Receiver, _ provider: @escaping Provider
    ) {
        self.provider = provider
        self.receiver = receiver
        super.init(in: fileSystem, mode: mode, of: subject)
    }
    override var allowsWritePositions: Bool { true }

    override func read(
        _ file: OpenFile, at offset: Int64, count: Int, to address: VirtualAddress,
        _ blocking: Blocking
    ) throws(Errno) -> Int {
        try transfer(at: offset, count, address) { offset, part, address throws(Errno) in
            let done = try provider(offset, &part)
            try ProgramMemory.copyOut(part.bytes.extracting(first: done), to: address)
            return done
        }
    }
    override func write(
        _ file: OpenFile, at offset: Int64, count: Int, from address: VirtualAddress,
        _ blocking: Blocking
    ) throws(Errno) -> Int {
        try transfer(at: offset, count, address) { offset, part, address throws(Errno) in
            try ProgramMemory.copyIn(from: address, into: &part)
            return try receiver(offset, part.bytes)
        }
    }
    override func read(
        _ file: OpenFile, at offset: Int64, into bytes: inout MutableRawSpan
    ) throws(Errno) -> Int { try provider(UInt64(max(0, offset)), &bytes) }
    override func write(
        _ file: OpenFile, at offset: Int64, _ bytes: RawSpan, _ blocking: Blocking
    ) throws(Errno) -> Int { try receiver(UInt64(max(0, offset)), bytes) }

    /// Calls `body` with a chunk after the other; what went well before an error counts.
    private func transfer(
        at offset: Int64, _ count: Int, _ address: VirtualAddress,
        _ body: (UInt64, inout MutableRawSpan, VirtualAddress) throws(Errno) -> Int
    ) throws(Errno) -> Int {
        var storage = InlineArray<512, UInt8>(repeating: 0)
        var done = 0
        while done < count {
            let size = min(Self.chunk, count - done)
            let moved: Int
            do throws(Errno) {
                guard let place = address.advanced(by: UInt64(done)) else { throw .badAddress }
                var span = storage.mutableSpan
                var bytes = span.mutableRaw
                var part = bytes._mutatingExtracting(first: size)
                moved = try body(UInt64(max(0, offset)) &+ UInt64(done), &part, place)
            } catch {
                guard done > 0 else { throw error }
                break
            }
            done += moved
            if moved < size { break }
        }
        return done
    }
}
