internal import Base
internal import LinuxABI
package import LinuxHost
package import Wire

/// A file that was named to be run, opened, and its ELF headers read: a program or an image.
package struct Executable: ~Copyable {
    package let path: [UInt8]
    package let descriptor: OwnedDescriptor
    package let status: HostFileStatus
    package let header: ELFHeader
    /// The program headers as they are in the file.
    let segmentTable: [UInt8]

    private init(
        path: [UInt8], descriptor: consuming OwnedDescriptor, status: HostFileStatus,
        header: ELFHeader, segmentTable: [UInt8]
    ) {
        self.path = path
        self.descriptor = descriptor
        self.status = status
        self.header = header
        self.segmentTable = segmentTable
    }
    /// Opens the file at `path` and reads its headers.
    package init(opening path: [UInt8]) throws(ImageFailure) {
        let status = try attempt(path, "cannot be run") { () throws(Errno) in
            try Host.status(of: path, .follow)
        }
        switch status.kind {
        case .regular: break
        case .directory: throw ImageFailure(path, "is a directory, not a program")
        case .symbolicLink, .other: throw ImageFailure(path, "is not a regular file")
        }
        let descriptor = try attempt(path, "cannot be read") { () throws(Errno) in
            try Host.open(path)
        }
        let file = descriptor.borrowed
        let start = try attempt(path, "cannot be read") { () throws(Errno) in
            try file.contents(from: 0, atMost: 4096)
        }
        if start.starts(with: "#!".utf8) {
            throw ImageFailure(path, "is a script; run its interpreter, and the script with --file")
        }
        let header = try Self.header(path, start)
        let segmentTable = try Self.table(path, file, header, start, status.byteCount)
        self.init(
            path: path, descriptor: descriptor, status: status, header: header,
            segmentTable: segmentTable)
    }

    /// The program headers as values; what they name is not checked.
    var segments: [ELFSegment] {
        (0..<header.segmentCount).map { index in
            ELFSegment(
                segmentTable.span.raw.extracting(droppingFirst: index * ELFSegment.byteCount))
        }
    }

    private static func header(
        _ path: [UInt8], _ start: [UInt8]
    ) throws(ImageFailure) -> ELFHeader {
        do throws(ELFFailure) {
            return try ELFHeader(checking: start.span.raw)
        } catch {
            throw failure(path, error)
        }
    }
    private static func table(
        _ path: [UInt8], _ descriptor: Descriptor, _ header: ELFHeader, _ start: [UInt8],
        _ fileByteCount: Int64
    ) throws(ImageFailure) -> [UInt8] {
        let byteCount = header.segmentTableByteCount
        guard header.segmentTableOffset <= UInt64(fileByteCount),
            Int64(byteCount) <= fileByteCount - Int64(header.segmentTableOffset)
        else { throw failure(path, .truncated) }
        let offset = Int(header.segmentTableOffset)
        if offset + byteCount <= start.count { return Array(start[offset..<offset + byteCount]) }
        return try attempt(path, "cannot be read") { () throws(Errno) in
            try descriptor.contents(from: Int64(offset), atMost: byteCount)
        }
    }

    /// Checks what the library OS will demand of a program, so that the user reads it at once.
    package func checkProgram() throws(ImageFailure) {
        do throws(ELFFailure) {
            try header.require(.x86_64)
            let segments = try ELFSegments(
                checking: segmentTable.span.raw, of: header,
                fileByteCount: UInt64(status.byteCount))
            _ = try segments.checkProgram(of: header)
        } catch {
            throw Self.failure(path, error)
        }
        if let problem = Host.problem(with: path, for: .execution) {
            throw problem == .permissionDenied
                ? ImageFailure(path, "has no execute permission (chmod +x grants it)")
                : ImageFailure(path, "cannot be executed", problem)
        }
    }

    private static func failure(_ path: [UInt8], _ failure: ELFFailure) -> ImageFailure {
        switch failure {
        case .otherMachine(let machine):
            ImageFailure(path, "is for another machine (\(machine.name)), not for x86-64")
        case .dynamic:
            ImageFailure(
                path,
                "is dynamically linked; dynamic programs are coming, until then link it with -static"
            )
        default: ImageFailure(path, "\(failure.reason)")
        }
    }
}
