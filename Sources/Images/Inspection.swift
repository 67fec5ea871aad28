internal import Base
internal import LinuxABI
internal import LinuxHost
internal import NucleusInterface
internal import Wire

/// What an image or a kernel is made of, as its file says.
package struct Inspection: Sendable {
    /// A way to boot the file.
    package struct Entry: Equatable, Sendable {
        package let name: String
        package let address: UInt64
        /// Who boots so.
        package let meaning: String
    }
    /// Bytes of the file with one purpose; `memoryByteCount` is 0 where they are not loaded as they
    /// are.
    package struct Section: Equatable, Sendable {
        package let name: String
        package let offset: Int
        package let byteCount: Int
        package let memoryByteCount: Int
        /// For instance `r-x`; empty where they are not loaded.
        package let rights: String
    }
    package struct Program: Sendable {
        package let path: [UInt8]
        package let byteCount: Int
        package let isPositionIndependent: Bool
        package let arguments: [[UInt8]]
        package let environment: [[UInt8]]
        package let workingDirectory: [UInt8]?
    }
    package struct File: Sendable {
        package let path: [UInt8]
        /// As `st_mode`.
        package let mode: UInt32
        package let byteCount: Int
        /// Where a symbolic link leads.
        package let target: [UInt8]?
    }

    package let path: [UInt8]
    package let byteCount: Int
    package let kind: Image.Kind
    package let architecture: Architecture
    /// What the kernel is in the file: `ELF` or `Linux Image`.
    package let wrapper: String
    package let entries: [Entry]
    package let sections: [Section]
    /// `nil` where nothing in the file says.
    package let modules: ModuleSizes?
    /// Of an image.
    package private(set) var program: Program?
    package private(set) var files: [File] = []
    /// CRC-32C, which the file's bytes have.
    package private(set) var checksum: UInt32?

    /// What the kernel uses of a CPU that has it, by the kernel's note.
    package let hardening: [String]

    /// Bytes of the kernel in memory.
    package var kernelByteCount: Int { sections.reduce(0) { $0 + $1.memoryByteCount } }

    private init(
        _ executable: borrowing Executable, kind: Image.Kind, notes: [Executable.FileNote],
        furtherSections: [Section] = [], modules: ModuleSizes?
    ) throws(ImageFailure) {
        path = executable.path
        byteCount = Int(executable.status.byteCount)
        self.kind = kind
        architecture = try executable.architecture()
        wrapper =
            switch executable.wrapper {
            case .elf: "ELF"
            case .linuxImage: "Linux Image"
            }
        entries = Self.entries(executable, notes)
        hardening = Self.hardening(notes)
        sections = Self.kernelSections(executable) + furtherSections
        self.modules = modules
    }

    /// Reads and checks a file; a program is none of ours.
    package static func of(_ executable: borrowing Executable) throws(ImageFailure) -> Inspection {
        switch try executable.kind() {
        case .program:
            throw ImageFailure(
                executable.path,
                "is a program, not an image; 'martlet build' makes one of it")
        case .kernel: return try ofKernel(executable)
        case .image: return try ofImage(executable)
        }
    }

    private static func ofKernel(
        _ executable: borrowing Executable
    ) throws(ImageFailure) -> Inspection {
        let byteCount = Int(executable.status.byteCount)
        return try Inspection(
            executable, kind: .kernel, notes: executable.notes(),
            modules: ModuleSizes(symbolsOf: executable.read(0..<byteCount)))
    }

    private static func ofImage(
        _ executable: borrowing Executable
    ) throws(ImageFailure) -> Inspection {
        let image = try executable.checkedImage()
        let notes = try executable.notes()
        let byteCount = Int(executable.status.byteCount)
        let checksumStart = byteCount - ImageNote.checksumByteCount
        let archive = try executable.read(image.archive)
        let checksum = try executable.read(checksumStart..<byteCount)
        var lineEnd = checksumStart
        if case .linuxImage(let header) = executable.wrapper { lineEnd = Int(header.noteOffset) }
        func part(_ name: String, _ range: Range<Int>) -> Section {
            Section(
                name: name, offset: range.lowerBound, byteCount: range.count, memoryByteCount: 0,
                rights: "")
        }
        let parts = [
            part("files", image.archive),
            part("root file system", image.rootImage ?? image.filesEnd..<image.filesEnd),
            part("command line", image.filesEnd..<lineEnd),
            part("notes", lineEnd..<checksumStart), part("checksum", checksumStart..<byteCount),
        ]
        var result = try Inspection(
            executable, kind: .image, notes: notes,
            furtherSections: parts.filter { $0.byteCount > 0 },
            modules: notes.first { $0.type == ModuleSizes.noteType }
                .map { ModuleSizes(text: $0.descriptor) })
        result.checksum = checksum.span.raw.littleEndian(UInt32.self, at: 0)
        result.files = try files(in: archive, executable.path)
        result.program = program(image, archive, of: executable)
        return result
    }

    /// Xen's note of a 32-bit entry (XEN_ELFNOTE_PHYS32_ENTRY), by which PVH loaders boot.
    private static let physicalEntry: UInt32 = 18

    private static func entries(
        _ executable: borrowing Executable, _ notes: [Executable.FileNote]
    ) -> [Entry] {
        var result: [Entry] = []
        if let address = linuxAddress(executable) {
            result.append(
                Entry(
                    name: "Linux Image", address: address,
                    meaning: "QEMU and boot loaders of arm64, at EL1 or EL2 without paging"))
        }
        guard case .elf(let header, _) = executable.wrapper else { return result }
        for note in notes {
            switch (String(decoding: note.owner, as: UTF8.self), note.type) {
            case ("Martlet", NucleusInterface.Note.kernel) where header.machine == .x86_64:
                result.append(
                    Entry(
                        name: "martlet", address: header.entry.rawValue,
                        meaning: "martlet-vmm, in ring 3 with paging"))
            case ("Xen", physicalEntry) where note.descriptor.count >= 4:
                let bytes = note.descriptor.span.raw
                let address =
                    note.descriptor.count >= 8
                    ? bytes.littleEndian(UInt64.self, at: 0)
                    : UInt64(bytes.littleEndian(UInt32.self, at: 0))
                result.append(
                    Entry(
                        name: "pvh", address: address,
                        meaning: "QEMU, Firecracker, Cloud Hypervisor, Xen, in 32-bit ring 0"))
            default: break
            }
        }
        return result
    }

    private static func hardening(_ notes: [Executable.FileNote]) -> [String] {
        let all: [(NucleusInterface.Note.Hardening, String)] = [
            (.privilegedAccessNever, "PAN"), (.branchTargets, "BTI"),
            (.pointerAuthentication, "pointer authentication"),
        ]
        for note in notes
        where String(decoding: note.owner, as: UTF8.self) == "Martlet"
            && note.type == NucleusInterface.Note.kernel
            && note.descriptor.count >= NucleusInterface.Note.kernelDescriptorSize
        {
            let flags = NucleusInterface.Note.Hardening(
                rawValue: note.descriptor.span.raw.littleEndian(UInt32.self, at: 4))
            return all.filter { flags.contains($0.0) }.map(\.1)
        }
        return []
    }

    /// QEMU's `virt` has its RAM from here on, and puts an Image that asks for no other place so.
    private static let linuxBase: UInt64 = 0x4020_0000

    /// Where a kernel that begins as a Linux Image is entered; an ELF file holds one that is taken
    /// out.
    private static func linuxAddress(_ executable: borrowing Executable) -> UInt64? {
        switch executable.wrapper {
        case .linuxImage: return linuxBase
        case .elf(let header, _):
            guard header.machine == .arm64, let flat = try? executable.flat(),
                LinuxImageHeader(checking: flat.bytes.span.raw) != nil
            else { return nil }
            return flat.layout.base.rawValue
        }
    }

    private static func kernelSections(_ executable: borrowing Executable) -> [Section] {
        if case .linuxImage(let header) = executable.wrapper {
            let byteCount = Int(clamping: header.kernelByteCount)
            return [
                Section(
                    name: "kernel", offset: 0, byteCount: byteCount, memoryByteCount: byteCount,
                    rights: "")
            ]
        }
        return executable.segments.filter { $0.kind == .load }.map { segment in
            let isWritable = segment.flags.contains(.write)
            let isExecutable = segment.flags.contains(.execute)
            return Section(
                name: isExecutable
                    ? "kernel code" : isWritable ? "kernel data" : "kernel constants",
                offset: Int(clamping: segment.fileOffset),
                byteCount: Int(clamping: segment.fileByteCount),
                memoryByteCount: Int(clamping: segment.memoryByteCount),
                rights: "r" + (isWritable ? "w" : "-") + (isExecutable ? "x" : "-"))
        }
    }

    private static func files(
        in archive: [UInt8], _ path: [UInt8]
    ) throws(ImageFailure) -> [File] {
        var result: [File] = []
        var reader = CpioReader(archive.span.raw)
        do throws(CpioError) {
            while let entry = try reader.next() {
                let isLink = entry.mode & 0o170000 == 0o120000
                result.append(
                    File(
                        path: absolute(archive[entry.name]), mode: entry.mode,
                        byteCount: isLink ? 0 : entry.data.count,
                        target: isLink ? Array(archive[entry.data]) : nil))
            }
        } catch {
            throw ImageFailure(path, "holds a damaged archive; build it again")
        }
        return result
    }
    private static func absolute(_ name: ArraySlice<UInt8>) -> [UInt8] {
        let slash = UInt8(ascii: "/")
        return name.first == slash ? Array(name) : [slash] + name
    }

    /// The program is in the archive, or in the root file system's image.
    private static func program(
        _ image: Image, _ archive: [UInt8], of executable: borrowing Executable
    ) -> Program {
        let commandLine = image.commandLine
        var reader = CpioReader(archive.span.raw)
        var start: [UInt8] = []
        var byteCount = 0
        while let next = try? reader.next(), let entry = next as CpioEntry? {
            guard absolute(archive[entry.name]) == commandLine.program else { continue }
            start = Array(archive[entry.data].prefix(ELFHeader.byteCount))
            byteCount = entry.data.count
        }
        if start.isEmpty, let file = fileInRoot(image, executable) {
            start = Array(file.start.prefix(ELFHeader.byteCount))
            byteCount = Int(clamping: file.byteCount)
        }
        let header = try? ELFHeader(checking: start.span.raw)
        return Program(
            path: commandLine.program, byteCount: byteCount,
            isPositionIndependent: header?.kind == .positionIndependent,
            arguments: commandLine.arguments, environment: commandLine.environment,
            workingDirectory: commandLine.workingDirectory)
    }
    /// The program in the root file system's image; `nil` where there is none, or it can't be read.
    private static func fileInRoot(
        _ image: Image, _ executable: borrowing Executable
    ) -> RootFiles.File? {
        guard let range = image.rootImage else { return nil }
        do {
            let files = try RootFiles(
                executable.descriptor.borrowed, from: Int64(range.lowerBound),
                byteCount: range.count)
            return try files.file(at: GuestPath(image.commandLine.program))
        } catch { return nil }
    }
}
