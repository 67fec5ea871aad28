import Base
import LinuxHost
import Testing
import Wire

@testable import Images

@Suite("Inspection") struct InspectionTests {
    let scratch: Scratch
    init() throws { scratch = try Scratch() }

    private func module(_ symbol: String) -> String {
        let bytes = Array(symbol.utf8)
        return ModuleSizes.module(of: bytes.span.bytes)
    }
    @Test("a symbol's module is the first name in it")
    func modules() {
        #expect(module("$s6Kernel4bootyyF") == "Kernel")
        #expect(module("$e9CPUX86_644GateO") == "CPUX86_64")
        #expect(module("$es17swift_allocObject") == "Swift")
        #expect(module("$e") == "C-and-assembly")
        #expect(module("$e99Short") == "Swift")
        #expect(module("$e99999999999999999999Short") == "Swift")
        #expect(module("memcpy") == "C-and-assembly")
        #expect(module("swift_retain") == "Swift")
        #expect(module("") == "C-and-assembly")
    }
    @Test("sizes survive the note's text; what is none is left out")
    func text() {
        let sizes = ModuleSizes(text: Array("Files 10 2\nbad\nX -1 2\nKernel 3 0\nY 1 2 3\n".utf8))
        #expect(
            sizes.modules == [
                .init(name: "Files", codeByteCount: 10, dataByteCount: 2),
                .init(name: "Kernel", codeByteCount: 3, dataByteCount: 0),
            ])
        #expect(ModuleSizes(text: sizes.text) == sizes)
    }
    @Test("a file without symbols has no sizes")
    func noSymbols() {
        #expect(ModuleSizes(symbolsOf: ELFBuilder().bytes) == nil)
        #expect(ModuleSizes(symbolsOf: []) == nil)
    }
    @Test("an image shows its parts; all of the file is in one of them or in the header's page")
    func image() throws {
        try scratch.write("kernel", ELFBuilder.kernel)
        try scratch.write("program", ELFBuilder().bytes)
        var files = FileTree()
        try files.add(host: scratch("program"), at: GuestPath(Array("/hello".utf8)))
        try ImageWriter.write(
            to: scratch("image"), kernel: Executable(opening: scratch("kernel")),
            files: ImageWriter.Files(files),
            commandLine: CommandLine(
                program: Array("/hello".utf8), arguments: [Array("hello".utf8), Array("x".utf8)]))
        let found = try Inspection.of(Executable(opening: scratch("image")))
        #expect(found.kind == .image)
        #expect(found.entries.map(\.name) == ["martlet"])
        #expect(found.files.map { String(decoding: $0.path, as: UTF8.self) } == ["/hello"])
        #expect(found.program?.byteCount == 0x2000)
        #expect(found.program?.isPositionIndependent == false)
        #expect(found.program?.arguments.count == 2)
        #expect(found.checksum != nil)
        let names = found.sections.map(\.name)
        #expect(names.suffix(3) == ["files", "command line", "checksum"])
        #expect(found.sections.last.map { $0.offset + $0.byteCount } == found.byteCount)
    }
    @Test("an image for arm64 says so, and in what form its kernel is")
    func arm64() throws {
        try scratch.write("kernel", ELFBuilder.arm64Kernel)
        try scratch.write("program", ELFBuilder().bytes)
        var files = FileTree()
        try files.add(host: scratch("program"), at: GuestPath(Array("/hello".utf8)))
        for (form, wrapper) in [(.elf, "ELF"), (.image, "Linux Image")]
            as [(ImageWriter.Form, String)]
        {
            try ImageWriter.write(
                to: scratch("image"), form, kernel: Executable(opening: scratch("kernel")),
                files: ImageWriter.Files(files),
                commandLine: CommandLine(program: Array("/hello".utf8), arguments: [])
            )
            let found = try Inspection.of(Executable(opening: scratch("image")))
            #expect(found.architecture == .arm64 && found.wrapper == wrapper)
            #expect(found.entries.map(\.name) == ["Linux Image"])
            #expect(found.files.count == 1)
            #expect(found.sections.last.map { $0.offset + $0.byteCount } == found.byteCount)
            // Nothing between the parts but padding.
            #expect(
                found.sections.map(\.name).suffix(2)
                    == (form == .elf ? ["command line", "checksum"] : ["notes", "checksum"]))
        }
    }
    @Test("a program is refused, with what to do")
    func program() throws {
        try scratch.write("program", ELFBuilder().bytes)
        do throws(ImageFailure) {
            _ = try Inspection.of(try Executable(opening: scratch("program")))
            Issue.record("was accepted")
        } catch {
            #expect(error.line.contains("martlet build"))
        }
    }
}
