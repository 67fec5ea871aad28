import Foundation
import LinuxABI

/// The kernel's headers for an architecture's programs, as its C compiler reads them.
struct KernelHeaders {
    private let compiler: String

    /// `nil` where there is no compiler with headers for it.
    init?(_ abi: ABI) {
        let names =
            switch abi {
            case .x86_64: ["x86_64-linux-gnu-gcc"]
            case .arm64: ["aarch64-linux-gnu-gcc"]
            }
        let paths = names.map { "/usr/bin/\($0)" }
        guard let path = paths.first(where: FileManager.default.isExecutableFile) else {
            return nil
        }
        compiler = path
    }
    static func exist(_ abi: ABI) -> Bool { KernelHeaders(abi) != nil }
    static let exist = ABI.allCases.allSatisfy(exist)

    /// Every macro that these headers define, by name.
    func macros(_ headers: String...) throws -> [String: String] {
        let source = headers.map { "#include <\($0)>\n" }.joined()
        let text = try run(["-E", "-dM", "-x", "c", "-"], source).output
        var macros: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 2)
            if words.count == 3 { macros[String(words[1])] = String(words[2]) }
        }
        return macros
    }

    /// What the compiler says against `expression == value` for each pair; nothing where all are so.
    func refused(_ expected: [(String, UInt64)], including headers: [String]) throws -> [String] {
        var source = "#include <stddef.h>\n"
        for header in headers { source += "#include <\(header)>\n" }
        for (expression, value) in expected {
            source +=
                "_Static_assert((unsigned long)(\(expression)) == \(value)UL, \"\(value)\");\n"
        }
        let result = try run(["-fsyntax-only", "-x", "c", "-"], source)
        if result.status == 0 { return [] }
        return result.errors.split(separator: "\n").filter { $0.contains("error:") }.map(
            String.init)
    }

    private func run(
        _ arguments: [String], _ input: String
    ) throws -> (status: Int32, output: String, errors: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: compiler)
        process.arguments = arguments
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "martlet-headers-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        func file(_ name: String, _ text: String = "") throws -> FileHandle {
            let path = folder.appendingPathComponent(name)
            try Data(text.utf8).write(to: path)
            return try FileHandle(forUpdating: path)
        }
        let (output, errors) = (try file("output"), try file("errors"))
        process.standardInput = try file("input", input)
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        process.waitUntilExit()
        func text(_ handle: FileHandle) throws -> String {
            try handle.seek(toOffset: 0)
            return String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
        }
        return (process.terminationStatus, try text(output), try text(errors))
    }
}
