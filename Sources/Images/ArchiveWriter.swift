internal import Base
internal import LinuxABI
package import LinuxHost
package import Wire

/// Writes a file tree as the archive that a unikernel starts with: cpio (newc), each file's bytes on
/// a page boundary, so that the library OS uses them where they lie.
///
/// The archive begins at a page boundary of `destination` and ends at one. Everything in it belongs
/// to root, as in a container image; modes and times are the host's.
package struct ArchiveWriter: ~Copyable {
    private let destination: Descriptor
    private var writer: CpioWriter
    /// Headers and padding not written yet; a file's bytes go from file to file.
    private var pending: [UInt8] = []
    private var number: UInt32 = 0

    /// How `st_mode` says what a file is.
    private static let permissionBits: UInt32 = 0o7777

    package init(to destination: Descriptor, continuing writer: CpioWriter = CpioWriter()) {
        self.destination = destination
        self.writer = writer
    }

    /// Begins with the entries of an image's archive; what is written later replaces them.
    package init(
        to destination: Descriptor, copying image: Image, of executable: borrowing Executable
    ) throws(ImageFailure) {
        let archive = try executable.read(image.archive)
        let end = try Self.end(ofEntries: archive, image)
        self.init(to: destination, continuing: CpioWriter(continuingAt: end))
        number = UInt32(1 << 31)  // The entries of the image have lower ones.
        pending = Array(archive[..<end])
    }

    /// Where the end mark of an archive begins.
    private static func end(
        ofEntries archive: [UInt8], _ image: Image
    ) throws(ImageFailure) -> Int {
        var end = 0
        var reader = CpioReader(archive.span.raw)
        do throws(CpioError) {
            while let entry = try reader.next() {
                end = (entry.data.upperBound + Cpio.alignment - 1) & ~(Cpio.alignment - 1)
            }
        } catch {
            throw ImageFailure(image.path, "is a damaged image; build it again")
        }
        return end
    }

    /// Writes all entries and the end mark; returns the archive's size in bytes.
    package consuming func write(_ tree: FileTree) throws(ImageFailure) -> Int {
        for entry in tree.entries { try add(entry) }
        pending += writer.trailer()
        try flush()
        return writer.byteCount
    }

    private mutating func add(_ entry: FileTree.Entry) throws(ImageFailure) {
        switch entry.content {
        case .folder:
            try addHeader(entry, byteCount: 0, .packed)
        case .link(let target):
            try addHeader(entry, byteCount: target.count, .packed)
            pending += target
        case .file(let host):
            let placement: CpioWriter.Placement =
                entry.status.byteCount > 0 ? .pageAligned : .packed
            try addHeader(entry, byteCount: Int(entry.status.byteCount), placement)
            if entry.status.byteCount > 0 { try addBytes(of: host, entry.status) }
        }
        pending += writer.padding()
    }

    private mutating func addHeader(
        _ entry: FileTree.Entry, byteCount: Int, _ placement: CpioWriter.Placement
    ) throws(ImageFailure) {
        number += 1
        var record = CpioEntry()
        record.number = number
        record.mode = entry.status.mode
        record.modificationTime = UInt32(clamping: entry.status.modificationTime)
        do throws(CpioError) {
            pending += try writer.header(
                record, name: entry.path.archiveName, dataByteCount: UInt32(byteCount), placement)
        } catch {
            throw ImageFailure(entry.path.bytes, "is too long a path for an image")
        }
    }

    private mutating func addBytes(
        of host: [UInt8], _ status: HostFileStatus
    ) throws(ImageFailure) {
        try flush()
        let destination = destination
        let copied = try attempt(host, "cannot be copied") { () throws(Errno) in
            let source = try Host.open(host)
            return try destination.append(
                from: source.borrowed, at: 0, byteCount: status.byteCount)
        }
        guard copied == status.byteCount else {
            throw ImageFailure(host, "changed while it was read")
        }
    }

    private mutating func flush() throws(ImageFailure) {
        guard !pending.isEmpty else { return }
        do throws(Errno) {
            try destination.write(all: pending)
        } catch {
            throw ImageFailure("the archive cannot be written: \(Host.description(of: error))")
        }
        pending.removeAll(keepingCapacity: true)
    }
}
