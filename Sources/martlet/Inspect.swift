import ArgumentParser
import Images
import LinuxHost

/// `martlet inspect`: what an image is made of.
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what an image is made of.",
        discussion: """
            Shows by which protocols the file boots, the kernel's sections and how many
            bytes each of its modules takes, the program with its arguments, the files,
            and the checksum, which is compared with the bytes. Martlet's kernel can be
            inspected too.

            Examples:
              martlet inspect hello.image
              martlet inspect --format json hello.image
            """)

    @Option(help: ArgumentHelp("How it is shown.", valueName: "format"))
    var format = OutputFormat.table

    @Argument(help: "An image, or Martlet's kernel.", completion: .file())
    var image: String

    func run() throws {
        do throws(ImageFailure) {
            let inspection = try Inspection.of(try Executable(opening: Array(image.utf8)))
            format.write(inspection.json, table: inspection.table)
        } catch {
            throw ExitCode(Martlet.fail(error.line, .badInput))
        }
    }
}

extension Inspection {
    private var kindName: String { kind == .image ? "image" : "kernel" }

    /// What lies elsewhere at each start, and what does not.
    fileprivate var randomization: [(name: String, isRandom: Bool)] {
        var result = [("kernel", false)]
        if let program {
            result += [
                ("program", program.isPositionIndependent), ("heap", true), ("mmap", true),
                ("stack", true),
            ]
        }
        return result
    }
    /// Bytes of the kernel that no symbol names: constants without a name, padding.
    private var unnamedByteCount: Int {
        max(0, kernelByteCount - (modules?.modules.reduce(0) { $0 + $1.byteCount } ?? 0))
    }

    // MARK: JSON

    var json: JSONValue {
        .object([
            ("path", .bytes(path)), ("kind", .string(kindName)), ("bytes", .number(byteCount)),
            ("architecture", .string(architecture.rawValue)), ("wrapper", .string(wrapper)),
            ("entryProtocols", .array(entries.map(Self.json))),
            ("hardening", .array(hardening.map { .string($0) })),
            ("sections", .array(sections.map(Self.json))),
            ("modules", modules.map { .array($0.modules.map(Self.json)) } ?? .null),
            ("unnamedBytes", modules == nil ? .null : .number(unnamedByteCount)),
            ("program", program.map(Self.json) ?? .null),
            ("files", .array(files.map(Self.json))),
            ("checksum", checksum.map { .string("crc32c:" + Self.hexadecimal($0)) } ?? .null),
            (
                "randomized",
                .object(randomization.map { ($0.name, .bool($0.isRandom)) })
            ),
        ])
    }
    private static func json(_ entry: Entry) -> JSONValue {
        .object([
            ("name", .string(entry.name)),
            ("address", .string("0x" + String(entry.address, radix: 16))),
            ("bootedBy", .string(entry.meaning)),
        ])
    }
    private static func json(_ section: Section) -> JSONValue {
        .object([
            ("name", .string(section.name)), ("offset", .number(section.offset)),
            ("bytes", .number(section.byteCount)),
            ("memoryBytes", .number(section.memoryByteCount)),
            ("rights", .optional(section.rights.isEmpty ? nil : section.rights)),
        ])
    }
    private static func json(_ module: ModuleSizes.Module) -> JSONValue {
        .object([
            ("name", .string(module.name)), ("codeBytes", .number(module.codeByteCount)),
            ("dataBytes", .number(module.dataByteCount)),
        ])
    }
    private static func json(_ program: Program) -> JSONValue {
        .object([
            ("path", .bytes(program.path)), ("bytes", .number(program.byteCount)),
            ("positionIndependent", .bool(program.isPositionIndependent)),
            ("arguments", .array(program.arguments.map { .bytes($0) })),
            ("environment", .array(program.environment.map { .bytes($0) })),
            ("workingDirectory", program.workingDirectory.map { .bytes($0) } ?? .null),
        ])
    }
    private static func json(_ file: File) -> JSONValue {
        .object([
            ("path", .bytes(file.path)), ("mode", .string(String(file.mode & 0o7777, radix: 8))),
            ("type", .string(file.kindName)), ("bytes", .number(file.byteCount)),
            ("target", file.target.map { .bytes($0) } ?? .null),
        ])
    }
    private static func hexadecimal(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    // MARK: Table

    var table: String {
        var text =
            "\(ImageFailure.text(path)): \(kindName) for \(architecture.title), \(wrapper),"
            + " \(byteCount) bytes\n"
        text += "\nEntry protocols\n"
        var rows = TextTable()
        for entry in entries {
            rows.add(entry.name, "0x" + String(entry.address, radix: 16), entry.meaning)
        }
        text += rows.text
        text += "\nSections\n"
        rows = TextTable(right: [2, 3, 4])
        rows.add("", "", "offset", "bytes", "in memory")
        for section in sections {
            rows.add(
                section.name, section.rights, "\(section.offset)", "\(section.byteCount)",
                section.memoryByteCount == 0 ? "" : "\(section.memoryByteCount)")
        }
        text += rows.text + modulesTable + programTable
        if !files.isEmpty {
            text += "\nFiles\n"
            rows = TextTable(right: [1])
            for file in files {
                let target = file.target.map { " -> " + ImageFailure.text($0) } ?? ""
                rows.add(file.modeText, "\(file.byteCount)", ImageFailure.text(file.path) + target)
            }
            text += rows.text
        }
        if let checksum { text += "\nChecksum  crc32c \(Self.hexadecimal(checksum)), right\n" }
        let random = randomization.filter(\.isRandom).map(\.name).joined(separator: ", ")
        let fixed = randomization.filter { !$0.isRandom }.map(\.name).joined(separator: ", ")
        text +=
            "Hardening \(hardening.isEmpty ? "none" : hardening.joined(separator: ", ") + ", where the CPU has it")\n"
            + "ASLR      at random places: \(random.isEmpty ? "nothing" : random); fixed: \(fixed)\n"
        return text
    }
    private var modulesTable: String {
        guard let modules else { return "\nModules: the file has no symbols, and no sizes\n" }
        var rows = TextTable(right: [1, 2, 3])
        rows.add("", "code", "data", "bytes")
        for module in modules.modules {
            rows.add(
                module.name, "\(module.codeByteCount)", "\(module.dataByteCount)",
                "\(module.byteCount)")
        }
        rows.add("without a name", "", "", "\(unnamedByteCount)")
        rows.add("kernel", "", "", "\(kernelByteCount)")
        return "\nModules of the kernel\n" + rows.text
    }
    private var programTable: String {
        guard let program else { return "" }
        func list(_ words: [[UInt8]]) -> String {
            words.map { ImageFailure.text($0) }.joined(separator: " ")
        }
        var rows = TextTable()
        rows.add(
            "path",
            "\(ImageFailure.text(program.path)) (\(program.byteCount) bytes,"
                + " \(program.isPositionIndependent ? "position-independent" : "at a fixed address"))"
        )
        rows.add("arguments", list(program.arguments))
        rows.add("environment", list(program.environment))
        if let directory = program.workingDirectory {
            rows.add("directory", ImageFailure.text(directory))
        }
        return "\nProgram\n" + rows.text
    }
}

extension Inspection.File {
    fileprivate var kindName: String {
        switch mode & 0o170000 {
        case 0o040000: "directory"
        case 0o120000: "link"
        case 0o100000: "file"
        default: "other"
        }
    }
    /// As ls(1) has it, for instance `-rwxr-xr-x`.
    fileprivate var modeText: String {
        let kind =
            switch kindName {
            case "directory": "d"
            case "link": "l"
            case "file": "-"
            default: "?"
            }
        var text = ""
        for (index, letter) in "rwxrwxrwx".enumerated() {
            text += mode & (0o400 >> UInt32(index)) != 0 ? String(letter) : "-"
        }
        return kind + text
    }
}
