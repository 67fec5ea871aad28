internal import Base
package import LinuxABI
internal import Hardware

/// A file of 64-bit words that are made when they are read, each by its index: /proc/[pid]/pagemap.
///
/// Reads begin and end at words, as Linux's do (EINVAL).
package final class GeneratedWordsNode: GeneratedFileNode {
    /// The word of an index; `nil` where there are no more.
    package typealias Provider = (_ index: Int64) -> UInt64?
    private static let wordBytes = 8
    private let provider: Provider
    private let count: Int64

    /// A file of `count` words.
    package init(
        in fileSystem: FileSystem, mode: FileMode, _ subject: any NodeSubject, count: Int64,
        _ provider: @escaping Provider
    ) {
        self.provider = provider
        self.count = count
        super.init(in: fileSystem, mode: mode, of: subject)
    }
    package override var canWrite: Bool { false }

    /// The words that a read of `byteCount` bytes at `offset` gets. EINVAL.
    private func words(at offset: Int64, _ byteCount: Int) throws(Errno) -> Range<Int64> {
        let size = Int64(Self.wordBytes)
        guard offset >= 0, offset % size == 0, byteCount % Self.wordBytes == 0 else {
            throw .invalidArgument
        }
        let first = min(offset / size, count)
        return first..<min(count, first + Int64(byteCount) / size)
    }
    override func read(
        _ file: OpenFile, at offset: Int64, count: Int, to address: VirtualAddress,
        _ blocking: Blocking
    ) throws(Errno) -> Int {
        let words = try words(at: offset, count)
        var done = 0
        for index in words {
            guard let word = provider(index) else { break }
            do throws(Errno) {
                guard let target = address.advanced(by: UInt64(done)) else { throw .badAddress }
                try ProgramMemory.store(word, at: target)
            } catch {
                if done > 0 { return done }
                throw error
            }
            done += Self.wordBytes
        }
        return done
    }
    override func read(
        _ file: OpenFile, at offset: Int64, into bytes: inout MutableRawSpan
    ) throws(Errno) -> Int {
        let words = try words(at: offset, bytes.byteCount & ~(Self.wordBytes - 1))
        var done = 0
        for index in words {
            guard let word = provider(index) else { break }
            bytes.storeLittleEndian(word, at: done)
            done += Self.wordBytes
        }
        return done
    }
}
