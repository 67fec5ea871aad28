package import Base
package import LinuxABI
internal import Hardware
internal import Memory

/// A file whose text is made when it is read, as those of /proc (proc(5)).
package final class GeneratedNode: GeneratedFileNode {
    /// Writes the file's text; called again with more room when it did not fit, so it must not
    /// change anything. ESRCH where what it tells of is gone.
    package typealias Provider = (_ text: inout TextBuffer) throws(Errno) -> Void
    /// Takes the bytes of one write.
    package typealias Receiver = (_ bytes: RawSpan) throws(Errno) -> Void
    /// What `Receiver` gets of a longer write.
    private static let receivedCapacity = 64
    private let provider: Provider
    private let receiver: Receiver?

    /// A file that can be written too where there is a receiver, which gets at most the first 64 bytes
    /// of each write; all of them count as written.
    package init(
        in fileSystem: FileSystem, mode: FileMode = FileMode(rawValue: 0o444),
        of subject: (any NodeSubject)? = nil, receiver: Receiver? = nil,
        _ provider: @escaping Provider
    ) {
        self.provider = provider
        self.receiver = receiver
        super.init(in: fileSystem, mode: mode, of: subject)
    }
    /// What does not know its length has a page's in /sys, none elsewhere, as on Linux.
    package override var byteCount: Int64 { fileSystem.kind == .sysfs ? Int64(Page.size) : 0 }
    package override var canWrite: Bool { receiver != nil }
    override func write(
        _ file: OpenFile, at offset: Int64, count: Int, from address: VirtualAddress,
        _ blocking: Blocking
    ) throws(Errno) -> Int {
        guard let receiver else { throw .invalidArgument }
        var storage = InlineArray<64, UInt8>(repeating: 0)
        let kept = min(count, Self.receivedCapacity)
        do {
            var span = storage.mutableSpan
            var bytes = span.mutableRaw
            var part = bytes._mutatingExtracting(first: kept)
            try ProgramMemory.copyIn(from: address, into: &part)
        }
        try receiver(storage.span.raw.extracting(first: kept))
        return count
    }
    override func write(
        _ file: OpenFile, at offset: Int64, _ bytes: RawSpan, _ blocking: Blocking
    ) throws(Errno) -> Int {
        guard let receiver else { throw .invalidArgument }
        try receiver(bytes.extracting(first: min(bytes.byteCount, Self.receivedCapacity)))
        return bytes.byteCount
    }

    /// The text as the first read made it; a later read of the same open file goes on in it.
    private func text(of file: OpenFile, at offset: Int64) throws(Errno) -> GeneratedText {
        if offset != 0, let text = file.generatedText { return text }
        try KernelReserve.admit()
        let text = try GeneratedText(provider)
        file.generatedText = text
        return text
    }
    override func read(
        _ file: OpenFile, at offset: Int64, count: Int, to address: VirtualAddress,
        _ blocking: Blocking
    ) throws(Errno) -> Int {
        let text = try text(of: file, at: offset)
        let part = text.part(at: offset, count: count)
        guard !part.isEmpty else { return 0 }
        return try text.copyOut(part, to: address)
    }
    override func read(
        _ file: OpenFile, at offset: Int64, into bytes: inout MutableRawSpan
    ) throws(Errno) -> Int {
        let text = try text(of: file, at: offset)
        let part = text.part(at: offset, count: bytes.byteCount)
        text.copy(part, into: &bytes)
        return part.count
    }
}

/// The text of a generated file as one open file sees it.
final class GeneratedText {
    private let text: ByteString

    /// Makes the text, in a buffer that is large enough. ENOMEM, and what the provider says.
    init(_ provider: GeneratedNode.Provider) throws(Errno) {
        var buffer = try Self.buffer(Page.size)
        var written = 0
        while true {
            var text = TextBuffer(into: buffer.mutableBytes)
            try provider(&text)
            written = text.writtenCount
            guard text.isTruncated else { break }
            let needed = text.byteCount
            buffer = try Self.buffer(needed + needed / 4)
        }
        text = try ByteString(copying: buffer.bytes.extracting(first: written))
    }
    private static func buffer(_ byteCount: Int) throws(Errno) -> FixedBuffer<UInt8> {
        guard let buffer = FixedBuffer<UInt8>(count: byteCount, repeating: 0) else {
            throw .outOfMemory
        }
        return buffer
    }
    /// Copies to the program; returns how many bytes. EFAULT where it is none.
    func copyOut(_ part: Range<Int>, to address: VirtualAddress) throws(Errno) -> Int {
        let text = text
        // Page by page: what comes before an address that is none counts.
        var done = 0
        while done < part.count {
            guard let target = address.advanced(by: UInt64(done)) else { throw .badAddress }
            let count = min(part.count - done, Page.size - target.pageOffset)
            let start = part.lowerBound + done
            do throws(Errno) {
                try ProgramMemory.copyOut(text.bytes.extracting(start..<start + count), to: target)
            } catch {
                guard done > 0 else { throw error }
                break
            }
            done += count
        }
        return done
    }
    func copy(_ part: Range<Int>, into bytes: inout MutableRawSpan) {
        let text = text
        for (index, source) in part.enumerated() {
            bytes.storeLittleEndian(text.bytes.byte(at: source), at: index)
        }
    }
    /// The bytes that a read of `count` at `offset` gets.
    func part(at offset: Int64, count: Int) -> Range<Int> {
        guard offset >= 0, offset < Int64(text.byteCount) else { return 0..<0 }
        let start = Int(offset)
        return start..<(start + min(count, text.byteCount - start))
    }
}
