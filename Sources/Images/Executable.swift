internal import Base
internal import LinuxABI
package import LinuxHost
package import Wire

/// A file that was named to be run, opened, and its headers read: a program or an image.
package struct Executable: ~Copyable {
    package let path: [UInt8]
    package let descriptor: OwnedDescriptor
    package let status: HostFileStatus
    package let wrapper: Wrapper

    /// The form of the file.
    package enum Wrapper: Sendable {
        /// The header, and the program headers as they are in the file.
        case elf(ELFHeader, segmentTable: [UInt8])
        case linuxImage(LinuxImageHeader)
    }

    private init(
        path: [UInt8], descriptor: consuming OwnedDescriptor, status: HostFileStatus,
        wrapper: Wrapper
    ) {
        self.path = path
        self.descriptor = descriptor
        self.status = status
        self.wrapper = wrapper
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
        let wrapper: Wrapper
        if let header = LinuxImageHeader(checking: start.span.raw) {
            wrapper = .linuxImage(header)
        } else {
            let header = try Self.header(path, start)
            let table = try Self.table(path, file, header, start, status.byteCount)
            wrapper = .elf(header, segmentTable: table)
        }
        self.init(path: path, descriptor: descriptor, status: status, wrapper: wrapper)
    }

    /// The CPU that the file is for; throws where Martlet has no kernel for it.
    package func architecture() throws(ImageFailure) -> Architecture {
        guard let architecture = Architecture(machine) else {
            throw Self.failure(path, .otherMachine(machine))
        }
        return architecture
    }
    var machine: ELFMachine {
        switch wrapper {
        case .elf(let header, _): header.machine
        case .linuxImage: .arm64
        }
    }

    /// The program headers as values; what they name is not checked.
    var segments: [ELFSegment] {
        guard case .elf(let header, let segmentTable) = wrapper else { return [] }
        return (0..<header.segmentCount).map { index in
            ELFSegment(
                segmentTable.span.raw.extracting(droppingFirst: index * ELFSegment.byteCount))
        }
    }
    /// The header and the checked program headers, for `body`.
    func withSegments<Result>(
        _ body: (ELFHeader, borrowing ELFSegments) throws(ELFFailure) -> Result
    ) throws(ImageFailure) -> Result {
        guard case .elf(let header, let segmentTable) = wrapper else {
            throw ImageFailure(path, "is the Image of a kernel, not a program")
        }
        do throws(ELFFailure) {
            let segments = try ELFSegments(
                checking: segmentTable.span.raw, of: header,
                fileByteCount: UInt64(status.byteCount))
            return try body(header, segments)
        } catch {
            throw Self.failure(path, error)
        }
    }

    private static func header(
        _ path: [UInt8], _ start: [UInt8]
    ) throws(ImageFailure) -> ELFHeader {
        do throws(ELFFailure) {
            return try ELFHeader(checking: start.span.raw)
        } catch {
            // The CPU says more than the width of its words or their order.
            let machine = ELFMachine(ofHeader: start.span.raw)
            if error == .not64Bit || error == .bigEndian, let machine, Architecture(machine) == nil
            {
                throw failure(path, .otherMachine(machine))
            }
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
        try withSegments { (header, segments) throws(ELFFailure) in
            guard Architecture(header.machine) != nil else { throw .otherMachine(header.machine) }
            _ = try segments.checkProgram(of: header)
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
            ImageFailure(path, "is for another machine (\(machine.name)), not for x86-64 or arm64")
        default: ImageFailure(path, "\(failure.reason)")
        }
    }
}
