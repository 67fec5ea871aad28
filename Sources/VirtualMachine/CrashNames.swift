internal import Base
internal import LinuxHost
internal import NucleusLayout
internal import Synchronization
internal import Wire

/// Puts names to the code addresses of a crash report, from the symbol tables of kernel and program.
///
/// The guest writes a backtrace's lines as `  #N 0xADDRESS`; it has no symbol table in memory.
///
/// The files are read once, when the first such line comes.
package final class CrashNames: Sendable {
    private struct Files: Sendable {
        let kernel: [UInt8]
        let program: [UInt8]

        /// By how much the program lies higher than it was linked, as its first instruction does.
        func programBias(entry: UInt64?) -> UInt64 {
            guard let entry, let header = try? ELFHeader(checking: program.span.raw) else {
                return 0
            }
            let bias = entry &- header.entry.rawValue
            return bias & Page.offsetMask == 0 ? bias : 0
        }
    }
    private let configuration: MachineConfiguration
    private let files = Mutex<Files?>(nil)
    /// A symbol table of more than this is not read.
    private static let fileLimit = 64 << 20

    /// Names from the kernel's file and, out of the archive, the program's.
    package init(_ configuration: MachineConfiguration) { self.configuration = configuration }

    private func readFiles() -> Files {
        files.withLock { files in
            if let files { return files }
            let read = Files(
                kernel: Self.kernel(of: configuration),
                program: Self.program(of: configuration) ?? [])
            files = read
            return read
        }
    }

    private static func program(of configuration: MachineConfiguration) -> [UInt8]? {
        guard let range = configuration.files,
            let archive = try? range.file.contents(
                from: range.offset, atMost: Int(clamping: min(range.byteCount, UInt64(fileLimit)))),
            let path = programPath(configuration.commandLine)
        else { return nil }
        let wanted = path.drop { $0 == UInt8(ascii: "/") }
        var reader = CpioReader(archive.span.raw)
        while let entry = try? reader.next() {
            let name = archive[entry.name].drop {
                $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ".")
            }
            if name.elementsEqual(wanted) { return Array(archive[entry.data]) }
        }
        return nil
    }

    private static func programPath(_ commandLine: [UInt8]) -> [UInt8]? {
        guard let line = try? CommandLineView(checking: commandLine.span.raw),
            let word = line.program
        else { return nil }
        var path: [UInt8] = []
        word.forEachByte { path.append($0) }
        return path
    }

    /// The report with ` NAME + OFFSET` behind each address that a symbol covers.
    package func annotate(_ report: String) -> String {
        var entry: UInt64?
        var lines: [String] = []
        for line in report.split(separator: "\n", omittingEmptySubsequences: false) {
            if let address = Self.entry(in: line) { entry = address }
            lines.append(annotate(line: line, programEntry: entry))
        }
        return lines.joined(separator: "\n")
    }

    /// The number in `program (entered at 0xADDRESS):`.
    private static func entry(in line: Substring) -> UInt64? {
        let prefix = "program (entered at 0x"
        guard line.hasPrefix(prefix), line.hasSuffix("):") else { return nil }
        return UInt64(line.dropFirst(prefix.count).dropLast(2), radix: 16)
    }

    private func annotate(line: Substring, programEntry: UInt64?) -> String {
        let parts = line.split(separator: " ")
        guard parts.count == 2, parts[0].hasPrefix("#"), parts[1].hasPrefix("0x"),
            let address = UInt64(parts[1].dropFirst(2), radix: 16)
        else { return String(line) }
        let isLibrary = (UInt64(LIBRARY_BASE)..<UInt64(LIBRARY_END)).contains(address)
        // A return address may lie behind its function's end, where the call never returns.
        let called = parts[0] == "#0" ? address : address &- 1
        let files = readFiles()
        let name =
            isLibrary
            ? Self.name(of: called, in: files.kernel)
            : Self.name(of: called &- files.programBias(entry: programEntry), in: files.program)
        guard let name else { return String(line) }
        return "\(line) \(name)"
    }
    private static func name(of address: UInt64, in file: [UInt8]) -> String? {
        guard let symbols = ELFSymbols(checking: file.span.raw),
            let match = symbols.function(at: address)
        else { return nil }
        var bytes: [UInt8] = []
        for index in 0..<match.name.byteCount { bytes.append(match.name.byte(at: index)) }
        let name = String(decoding: bytes, as: UTF8.self)
        return "\(Host.demangled(name)) + \(match.offset)"
    }
}

// MARK: The kernel's names

extension CrashNames {
    /// The kernel's file, or, for the kernel of an image, which has no symbols, the installed one
    /// where that is the same build: where the code is the same, byte for byte.
    private static func kernel(of configuration: MachineConfiguration) -> [UInt8] {
        let kernel = contents(configuration.kernel)
        guard ELFSymbols(checking: kernel.span.raw) == nil, let other = configuration.symbols else {
            return kernel
        }
        guard let own = code(of: configuration.kernel), let installed = code(of: other),
            own == installed
        else { return kernel }
        return contents(other)
    }
    private static func contents(_ file: Descriptor) -> [UInt8] {
        (try? file.contents(from: 0, atMost: fileLimit)) ?? []
    }
    private static func code(of file: Descriptor) -> [UInt8]? {
        guard let image = try? KernelImage(reading: file, for: nil),
            let segment = image.segments.first(where: \.isExecutable),
            let byteCount = Int(exactly: segment.fileByteCount), byteCount <= fileLimit
        else { return nil }
        return try? file.contents(from: segment.fileOffset, atMost: byteCount)
    }
}
