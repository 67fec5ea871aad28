import Foundation
import Testing

/// The Swift toolchain's clang as a cross compiler for arm64: what says which encodings and layouts
/// are right.
enum Assembler {
    enum Failure: Error {
        case noToolchain
        case refused(String)
    }
    /// Where Debian has the kernel's headers for arm64 (linux-libc-dev-arm64-cross).
    static let headers = "/usr/aarch64-linux-gnu/include"
    static var hasHeaders: Bool {
        FileManager.default.fileExists(atPath: headers + "/asm/sigcontext.h")
    }

    private static func tool(_ name: String) throws -> URL {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        for folder in path.split(separator: ":") {
            let swift = URL(fileURLWithPath: String(folder) + "/swift")
            let tool = swift.resolvingSymlinksInPath().deletingLastPathComponent()
                .appendingPathComponent(name)
            if FileManager.default.isExecutableFile(atPath: tool.path) { return tool }
        }
        throw Failure.noToolchain
    }
    private static func run(_ name: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = try tool(name)
        process.arguments = arguments
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let text = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure.refused(String(decoding: text, as: UTF8.self))
        }
    }
    private static func compile<Result>(
        _ text: String, _ suffix: String, _ options: [String], _ body: (URL) throws -> Result
    ) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let source = folder.appendingPathComponent("source" + suffix)
        try text.write(to: source, atomically: true, encoding: .utf8)
        let object = folder.appendingPathComponent("object.o")
        try run("clang", options + ["-c", source.path, "-o", object.path])
        return try body(object)
    }

    /// The words of instructions, a line each.
    static func words(_ lines: [String]) throws -> [UInt32] {
        let text = lines.joined(separator: "\n") + "\n"
        return try compile(text, ".s", ["--target=aarch64-none-elf"]) { object in
            let binary = object.deletingPathExtension().appendingPathExtension("bin")
            try run(
                "llvm-objcopy", ["-O", "binary", "--only-section=.text", object.path, binary.path])
            let bytes = [UInt8](try Data(contentsOf: binary))
            return stride(from: 0, to: bytes.count, by: 4).map { at in
                (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << UInt32($1 * 8) }
            }
        }
    }
    /// Fails where an equation of C constants does not hold for arm64 Linux.
    static func check(_ declarations: String, _ equations: [(String, UInt64)]) throws {
        let lines = equations.map { "_Static_assert((\($0.0)) == \($0.1)ull, \"\($0.0)\");" }
        try compile(
            declarations + "\n" + lines.joined(separator: "\n") + "\n", ".c",
            ["--target=aarch64-linux-gnu", "-nostdlibinc", "-isystem", headers]
        ) { _ in }
    }
}
