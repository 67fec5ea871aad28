internal import Base
internal import LinuxABI
internal import LinuxHost
internal import NucleusInterface
package import Wire

/// A file with a Martlet note, whose bytes are as they were written: ready to start.
package struct Image: Sendable {
    package let path: [UInt8]
    /// Where the archive lies in the file, in bytes.
    package let archive: Range<Int>
    /// Where the image of the root file system lies behind it, if there is one.
    package let rootImage: Range<Int>?
    /// Where both end.
    package let filesEnd: Int
    /// The stored program, arguments and environment.
    package let commandLine: CommandLine

    /// What the Martlet notes of a file say that it is.
    package enum Kind: Sendable { case program, kernel, image }
}

extension Executable {
    /// What the file is, by its Martlet notes.
    package func kind() throws(ImageFailure) -> Image.Kind {
        let types = try martletNotes().map(\.type)
        if types.contains(ImageNote.type) { return .image }
        if case .linuxImage = wrapper {
            throw ImageFailure(path, "is the Image of a kernel, not a program")
        }
        return types.contains(NucleusInterface.Note.kernel) ? .kernel : .program
    }

    /// Checks the note and every byte of an image. Cost: one pass over the file, 0.14 ms a MiB.
    package func checkedImage() throws(ImageFailure) -> Image {
        guard let found = try martletNotes().first(where: { $0.type == ImageNote.type }) else {
            throw ImageFailure(path, "is not a Martlet image")
        }
        let note = try checkedNote(found.descriptor)
        let bytes = try contentsChecked(note)
        let footer = try rootImageFooter(in: note.archive)
        let start = note.archive.lowerBound
        return Image(
            path: path,
            archive: footer.map { start..<start + $0.image.lowerBound } ?? note.archive,
            rootImage: footer.map { start + $0.image.lowerBound..<start + $0.image.upperBound },
            filesEnd: note.archive.upperBound, commandLine: try commandLine(in: bytes))
    }
    private func rootImageFooter(
        in files: Range<Int>
    ) throws(ImageFailure) -> RootImageFooter? {
        guard files.count >= RootImageFooter.byteCount else { return nil }
        let last = try read(files.upperBound - RootImageFooter.byteCount..<files.upperBound)
        return RootImageFooter(last.span.raw, of: files.count)
    }

    private func commandLine(in bytes: [UInt8]) throws(ImageFailure) -> CommandLine {
        do throws(CommandLineError) {
            let view = try CommandLineView(checking: bytes.span.raw)
            return CommandLine(view)
        } catch {
            throw Self.damaged(path)
        }
    }

    private func checkedNote(_ descriptor: [UInt8]) throws(ImageFailure) -> ImageNote {
        do throws(ImageNote.Failure) {
            return try ImageNote(
                checking: descriptor.span.raw, fileByteCount: Int(status.byteCount))
        } catch {
            switch error {
            case .otherVersion:
                throw ImageFailure(path, "was built by another version of martlet; build it again")
            case .damaged: throw Self.damaged(path)
            }
        }
    }

    private static func damaged(_ path: [UInt8]) -> ImageFailure {
        ImageFailure(path, "is a damaged image; build it again")
    }

    /// Compares the checksum with the bytes, and returns the command line's.
    private func contentsChecked(_ note: ImageNote) throws(ImageFailure) -> [UInt8] {
        let chunkByteCount = 1 << 18
        let end = note.imageByteCount - ImageNote.checksumByteCount
        guard note.commandLine.upperBound <= end else { throw Self.damaged(path) }
        var checksum = Checksum()
        var offset = 0
        while offset < end {
            let chunk = try read(offset..<min(offset + chunkByteCount, end))
            checksum.add(chunk)
            offset += chunk.count
        }
        let stored = try read(end..<note.imageByteCount)
        guard stored.span.raw.littleEndian(UInt32.self, at: 0) == checksum.value else {
            throw Self.damaged(path)
        }
        return try read(note.commandLine)
    }

    /// Reads a range of the file; a shorter file has changed since it was opened.
    func read(_ range: Range<Int>) throws(ImageFailure) -> [UInt8] {
        let file = descriptor.borrowed
        let bytes = try attempt(path, "cannot be read") { () throws(Errno) in
            try file.contents(from: Int64(range.lowerBound), atMost: range.count)
        }
        guard bytes.count == range.count else { throw ImageFailure(path, "is truncated") }
        return bytes
    }

    /// A note of the file.
    struct FileNote {
        let owner: [UInt8]
        let type: UInt32
        let descriptor: [UInt8]
    }

    private func martletNotes() throws(ImageFailure) -> [FileNote] {
        let owner = (0..<ImageNote.owner.utf8CodeUnitCount).map { ImageNote.owner.byte(at: $0) }
        return try notes().filter { $0.owner == owner }
    }

    /// The notes that program headers name. Those that others wrote may be long and many; ours are
    /// short, and only such are read.
    func notes() throws(ImageFailure) -> [FileNote] {
        if case .linuxImage(let header) = wrapper { return try notes(of: header) }
        var result: [FileNote] = []
        for segment in segments {
            guard segment.kind == .note, segment.fileByteCount <= UInt64(Page.size),
                segment.fileOffset <= UInt64(status.byteCount),
                segment.fileByteCount <= UInt64(status.byteCount) - segment.fileOffset
            else { continue }
            let start = Int(segment.fileOffset)
            result += Self.notes(in: try read(start..<start + Int(segment.fileByteCount)))
        }
        return result
    }

    /// Those at the end of an Image, before the checksum.
    private func notes(of header: LinuxImageHeader) throws(ImageFailure) -> [FileNote] {
        let end = UInt64(max(0, status.byteCount - Int64(ImageNote.checksumByteCount)))
        guard header.noteOffset > 0, header.noteOffset < end,
            end - header.noteOffset <= UInt64(Page.size)
        else { return [] }
        return Self.notes(in: try read(Int(header.noteOffset)..<Int(end)))
    }

    private static func notes(in bytes: [UInt8]) -> [FileNote] {
        var result: [FileNote] = []
        var notes = ELFNotes(bytes.span.raw)
        do throws(ELFFailure) {
            while let note = try notes.next() {
                result.append(
                    FileNote(
                        owner: array(note.owner), type: note.type,
                        descriptor: array(note.descriptor)))
            }
        } catch {
            // What follows damaged notes is not ours; a program is checked for itself.
        }
        return result
    }
    private static func array(_ bytes: RawSpan) -> [UInt8] {
        (0..<bytes.byteCount).map { bytes.byte(at: $0) }
    }
}
