internal import Base
internal import Hardware
internal import LinuxABI
internal import Memory

/// The paths that the program looked for in vain, each told once, so that who runs it learns what its
/// image lacks.
package final class MissingFiles {
    private static let current = Global<MissingFiles?>(nil)
    /// Tells `listener` of each path from now on, or nobody; it must not resolve paths.
    package static func tell(_ listener: ((RawSpan) -> Void)?) {
        current.value = listener.map { MissingFiles($0) }
    }

    private let listener: (RawSpan) -> Void
    private var count = 0
    /// Hashes of what was told, by open addressing; 0 is a free place.
    private var told = InlineArray<512, UInt32>(repeating: 0)
    /// Beyond so many the table would fill, and nobody reads on.
    private static let limit = 384

    private init(_ listener: @escaping (RawSpan) -> Void) { self.listener = listener }

    /// The name that begins `rest` is not in `directory`; more may follow it.
    static func note(_ rest: RawSpan, in directory: DirectoryEntry, of context: FileContext) {
        // A path of another root names nothing outside.
        guard let current = current.value, context.root.parent == nil,
            !isOfProcess(rest, directory), let frame = Frames.allocate()
        else { return }
        defer { Frames.release(frame) }
        frame.withMutableBytes { bytes in
            var text = TextBuffer(into: bytes._mutatingExtracting(0..<bytes.byteCount))
            directory.writePath(from: context.root, to: &text)
            if text.byteCount > 1 { text.append(byte: 0x2f) }
            text.append(rest)
            guard !text.isTruncated else { return }
            let count = text.byteCount
            current.tell(bytes.bytes.extracting(first: count))
        }
    }
    /// Processes come and go: no image could bring what tells of one.
    private static func isOfProcess(_ rest: RawSpan, _ directory: DirectoryEntry) -> Bool {
        guard directory.node.fileSystem.kind == .procfs else { return false }
        if directory.node is GeneratedDirectoryNode { return true }
        return directory.directory?.furtherNames != nil && rest.byteCount > 0
            && (0x30...0x39).contains(rest.byte(at: 0))
    }
    private func tell(_ path: RawSpan) {
        guard count < Self.limit else { return }
        let hash = max(path.hash, 1)
        var place = Int(hash & 511)
        while told[place] != 0 {
            if told[place] == hash { return }
            place = (place + 1) & 511
        }
        told[place] = hash
        count += 1
        listener(path)
    }
}
