package import Base
package import LinuxABI
internal import Hardware
internal import Memory

/// A file whose text is made when it is read, as those of /proc (proc(5)).
package final class GeneratedNode: Node {
    /// Writes the file's text; called again with more room when it did not fit, so it must not
    /// change anything.
    package typealias Provider = (_ text: inout TextBuffer) -> Void
    private let provider: Provider

    package init(
        in fileSystem: FileSystem, mode: FileMode = FileMode(rawValue: 0o444),
        _ provider: @escaping Provider
    ) {
        self.provider = provider
        super.init(.regular, in: fileSystem, mode: mode)
    }
    package override var isSeekable: Bool { true }

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
        try text.copyOut(part, to: address)
        return part.count
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

    /// Makes the text, in a buffer that is large enough. ENOMEM.
    init(_ provider: GeneratedNode.Provider) throws(Errno) {
        var buffer = try Self.buffer(Page.size)
        var written = 0
        while true {
            var text = TextBuffer(into: buffer.mutableBytes)
            provider(&text)
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
    func copyOut(_ part: Range<Int>, to address: VirtualAddress) throws(Errno) {
        let text = text
        try ProgramMemory.copyOut(text.bytes.extracting(part), to: address)
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
