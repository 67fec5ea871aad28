internal import Base
internal import LinuxABI
internal import LinuxHost
package import Wire

/// Builds images: one file that holds the kernel, the program, its files and its command line.
package enum ImageWriter {
    /// What the kernel is in an image, and so the image to whoever boots it.
    package enum Form: String, CaseIterable, Sendable {
        /// An ELF file, for any CPU.
        case elf
        /// A Linux `Image`, for arm64.
        case image
    }

    /// Byte offsets in an ELF64 header (System V ABI, "ELF Header").
    private enum HeaderOffset {
        static let sectionTable = 40
        static let segmentCount = 56
        /// e_shnum, and e_shstrndx behind it.
        static let sectionCount = 60
    }

    /// What an image has beside its kernel.
    package struct Files {
        let tree: FileTree
        /// The file of a root file system's image.
        let rootImage: [UInt8]?
        package init(_ tree: FileTree, rootImage: [UInt8]? = nil) {
            self.tree = tree
            self.rootImage = rootImage
        }

        /// Writes all from a page boundary on; returns how many bytes that are, a multiple of a page's.
        func write(to file: Descriptor) throws(ImageFailure) -> Int {
            let archive = try ArchiveWriter(to: file).write(tree)
            guard let rootImage else { return archive }
            let (copied, wanted) = try attempt(rootImage, "cannot be copied") { () throws(Errno) in
                let source = try Host.open(rootImage)
                let byteCount = try source.borrowed.status().byteCount
                return (
                    try file.append(from: source.borrowed, at: 0, byteCount: byteCount), byteCount
                )
            }
            guard copied == wanted else {
                throw ImageFailure(rootImage, "changed while it was read")
            }
            let footer = RootImageFooter(archiveByteCount: archive, imageByteCount: Int(copied))
            do throws(Errno) { try file.write(all: footer.bytes) } catch {
                throw ImageFailure("the image cannot be written: \(Host.description(of: error))")
            }
            return footer.image.upperBound + footer.bytes.count
        }
    }

    /// Writes an image at `path`; an older file there is replaced at the end, all at once.
    package static func write(
        to path: [UInt8], _ form: Form = .elf, kernel: borrowing Executable, files: Files,
        commandLine: CommandLine
    ) throws(ImageFailure) {
        guard try kernel.kind() == .kernel else {
            throw ImageFailure(kernel.path, "is not Martlet's kernel")
        }
        let line: [UInt8]
        do throws(CommandLineError) {
            line = try commandLine.encoded()
        } catch {
            throw ImageFailure("an argument holds a NUL")
        }
        let temporary = path + Array(".new".utf8)
        Host.remove(temporary)
        let file = try attempt(path, "cannot be written") { () throws(Errno) in
            try Host.create(temporary, permissions: 0o755)
        }
        do throws(ImageFailure) {
            switch form {
            case .elf: try writeELF(to: file.borrowed, path, kernel, files, line)
            case .image: try writeLinuxImage(to: file.borrowed, path, kernel, files, line)
            }
            try append(
                littleEndian(checksum(of: file.borrowed, path).value), to: file.borrowed, path)
            try attempt(path, "cannot be written") { () throws(Errno) in
                try Host.rename(temporary, to: path)
            }
        } catch {
            Host.remove(temporary)
            throw error
        }
    }

    private static func writeELF(
        to file: Descriptor, _ path: [UInt8], _ kernel: borrowing Executable, _ files: Files,
        _ line: [UInt8]
    ) throws(ImageFailure) {
        let kernelEnd = try loadedEnd(of: kernel)
        let archiveStart = (kernelEnd + Page.size - 1) / Page.size * Page.size
        var head = try kernel.read(0..<kernelEnd)
        // The symbols, and the sections that name them, stay behind: a quarter of the kernel's file.
        head.replaceSubrange(
            HeaderOffset.sectionTable..<HeaderOffset.sectionTable + 8, with: zeroes(8))
        head.replaceSubrange(
            HeaderOffset.sectionCount..<HeaderOffset.sectionCount + 4, with: zeroes(4))
        head += zeroes(archiveStart - kernelEnd)
        try append(head, to: file, path)
        let archiveEnd = try archiveStart + files.write(to: file)
        let lineEnd = archiveEnd + line.count
        try append(line, to: file, path)
        try addNote(
            ImageNote(
                archive: archiveStart..<archiveEnd, commandLine: archiveEnd..<lineEnd,
                imageByteCount: lineEnd + ImageNote.checksumByteCount),
            to: file, path, kernel)
    }

    /// Where the last byte ends that a program header of the kernel names.
    private static func loadedEnd(of kernel: borrowing Executable) throws(ImageFailure) -> Int {
        var end: UInt64 = 0
        for segment in kernel.segments where segment.fileByteCount > 0 {
            let (segmentEnd, overflows) = segment.fileOffset.addingReportingOverflow(
                segment.fileByteCount)
            end = overflows ? .max : max(end, segmentEnd)
        }
        guard end <= UInt64(kernel.status.byteCount), end >= UInt64(Page.size) else {
            throw ImageFailure(kernel.path, "is truncated")
        }
        return Int(end)
    }

    /// Puts one more program header behind the kernel's, and the note that it names behind that:
    /// the kernel's first segment begins at the second page, so that there is room.
    private static func addNote(
        _ note: ImageNote, to file: Descriptor, _ path: [UInt8], _ kernel: borrowing Executable
    ) throws(ImageFailure) {
        guard case .elf(let header, _) = kernel.wrapper else {
            throw ImageFailure(kernel.path, "is not Martlet's kernel")
        }
        let tableEnd = Int(header.segmentTableOffset) + header.segmentTableByteCount
        let noteStart = tableEnd + ELFSegment.byteCount
        var notes = note.bytes
        let sizes = ImageNote.note(ModuleSizes.noteType, try moduleSizes(of: kernel))
        if noteStart + notes.count + sizes.count + 12 <= Page.size { notes += sizes }
        // Behind the notes, outside of their segment: a header that no reader can step over. QEMU
        // looks for the PVH note in every segment of notes, and on beyond the end of one without it.
        let stop = [UInt8](repeating: 0xff, count: 12)
        let addition = noteSegment(at: noteStart, byteCount: notes.count) + notes + stop
        let room = try kernel.read(tableEnd..<tableEnd + addition.count)
        guard tableEnd + addition.count <= Page.size, room.allSatisfy({ $0 == 0 }) else {
            throw ImageFailure(kernel.path, "has no room for the note of an image")
        }
        let count = littleEndian(UInt16(header.segmentCount + 1))
        try attempt(path, "cannot be written") { () throws(Errno) in
            try file.replace(at: Int64(tableEnd), with: addition)
            try file.replace(at: Int64(HeaderOffset.segmentCount), with: count)
        }
    }

    /// What of the kernel's symbols, which stay behind, goes into the image.
    static func moduleSizes(
        of kernel: borrowing Executable
    ) throws(ImageFailure) -> [UInt8] {
        let file = try kernel.read(0..<Int(kernel.status.byteCount))
        return ModuleSizes(symbolsOf: file)?.text ?? []
    }

    /// The program header of the Martlet note: PT_NOTE, readable.
    private static func noteSegment(at offset: Int, byteCount: Int) -> [UInt8] {
        let size = UInt64(byteCount)
        return littleEndian(ELFSegment.Kind.note.rawValue)
            + littleEndian(ELFSegment.Flags.read.rawValue) + littleEndian(UInt64(offset))
            + littleEndian(UInt64(0)) + littleEndian(UInt64(0)) + littleEndian(size)
            + littleEndian(size) + littleEndian(UInt64(4))
    }

    private static func checksum(
        of file: Descriptor, _ path: [UInt8]
    ) throws(ImageFailure) -> Checksum {
        var checksum = Checksum()
        var offset: Int64 = 0
        while true {
            let chunk = try attempt(path, "cannot be read back") { () throws(Errno) in
                try file.contents(from: offset, atMost: 1 << 20)
            }
            guard !chunk.isEmpty else { return checksum }
            checksum.add(chunk)
            offset += Int64(chunk.count)
        }
    }

    static func append(
        _ bytes: [UInt8], to file: Descriptor, _ path: [UInt8]
    ) throws(ImageFailure) {
        try attempt(path, "cannot be written") { () throws(Errno) in try file.write(all: bytes) }
    }

    static func zeroes(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
    static func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}
