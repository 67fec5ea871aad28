import Foundation
import Testing

@testable import Wire

@Suite("ELF symbol tables") struct ELFSymbolsTests {
    /// Builds a program with a known function by the host's compiler and asks it for its own name.
    @Test("the function that holds an address is named, with the offset into it")
    func namesFunction() throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "martlet-symbols-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let source = folder.appending(path: "a.s")
        try """
        .globl _start, later
        .type _start, @function
        _start: nop
                nop
                nop
        .size _start, . - _start
        .type later, @function
        later:  ret
        .size later, . - later
        """.write(to: source, atomically: true, encoding: .utf8)
        let output = folder.appending(path: "a").path
        let compiler = Process()
        compiler.executableURL = URL(filePath: "/usr/bin/gcc")
        compiler.arguments = [
            "-nostdlib", "-static", "-Wl,-Ttext=0x401000", "-o", output, source.path,
        ]
        try compiler.run()
        compiler.waitUntilExit()
        try #require(compiler.terminationStatus == 0)
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: output)))
        func name(_ address: UInt64) -> String? {
            guard let symbols = ELFSymbols(checking: bytes.span.bytes),
                let match = symbols.function(at: address)
            else { return nil }
            let name = match.name.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
            return "\(name)+\(match.offset)"
        }
        #expect(name(0x401000) == "_start+0")
        #expect(name(0x401002) == "_start+2")
        #expect(name(0x401003) == "later+0")
        #expect(name(0x400fff) == nil)
    }
    @Test("a table outside the file is no table")
    func refusesOutside() {
        var bytes = [UInt8](repeating: 0, count: 64)
        bytes.replaceSubrange(0..<4, with: [0x7f, 0x45, 0x4c, 0x46])
        bytes[40] = 0xff
        bytes[58] = 64
        bytes[60] = 2
        var isRefused = false
        if let _ = ELFSymbols(checking: bytes.span.bytes) {} else { isRefused = true }
        #expect(isRefused)
    }
}
