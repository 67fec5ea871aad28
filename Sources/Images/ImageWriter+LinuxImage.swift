internal import Base
internal import LinuxABI
internal import LinuxHost
internal import Wire

extension Executable {
    /// A kernel's bytes as they lie in memory, and their layout.
    func flat() throws(ImageFailure) -> (bytes: [UInt8], layout: FlatLayout) {
        let layout = try withSegments { (_, segments) throws(ELFFailure) in
            try FlatLayout(segments)
        }
        let bytes = try layout.bytes { (range) throws(ImageFailure) in try read(range) }
        return (bytes, layout)
    }
}

extension ImageWriter {
    /// Writes an image whose kernel is a Linux `Image`: the kernel as it lies in memory, the archive
    /// and the command line behind its last page, then the notes.
    ///
    /// The header's size covers all of it, so that a boot loader that puts the file into memory keeps
    /// archive and command line there; its reserved words lead to the notes and to the kernel's end.
    static func writeLinuxImage(
        to file: Descriptor, _ path: [UInt8], _ kernel: borrowing Executable, _ files: Files,
        _ line: [UInt8]
    ) throws(ImageFailure) {
        let architecture = try kernel.architecture()
        guard architecture == .arm64 else {
            throw ImageFailure(
                "a Linux Image is a form of arm64 kernels, and this program is for"
                    + " \(architecture.title); build it as ELF")
        }
        let (bytes, layout) = try kernel.flat()
        guard let header = LinuxImageHeader(checking: bytes.span.raw), header.noteOffset == 0,
            header.imageByteCount <= UInt64(Int32.max)
        else {
            throw ImageFailure(kernel.path, "does not begin as a Linux Image")
        }
        let kernelEnd = max(layout.memoryByteCount, Int(header.imageByteCount))
        let archiveStart = (kernelEnd + Page.size - 1) / Page.size * Page.size
        try append(bytes + zeroes(archiveStart - bytes.count), to: file, path)
        let archiveEnd = try archiveStart + files.write(to: file)
        let lineEnd = archiveEnd + line.count
        // Notes begin at a multiple of 4.
        let noteStart = (lineEnd + 3) & ~3
        try append(line + zeroes(noteStart - lineEnd), to: file, path)
        let sizes = ImageNote.note(ModuleSizes.noteType, try moduleSizes(of: kernel))
        let imageByteCount =
            noteStart + ImageNote.byteCount + sizes.count + ImageNote.checksumByteCount
        let note = ImageNote(
            archive: archiveStart..<archiveEnd, commandLine: archiveEnd..<lineEnd,
            imageByteCount: imageByteCount)
        try append(note.bytes + sizes, to: file, path)
        try attempt(path, "cannot be written") { () throws(Errno) in
            for (offset, value) in [
                (LinuxImageHeader.Offset.imageByteCount, imageByteCount),
                (LinuxImageHeader.Offset.noteOffset, noteStart),
                (LinuxImageHeader.Offset.kernelByteCount, archiveStart),
            ] { try file.replace(at: Int64(offset), with: littleEndian(UInt64(value))) }
        }
    }
}
