import LinuxHost
import Testing
import Wire

@testable import Images

@Suite("Images") struct ImageTests {
    let scratch: Scratch
    let commandLine = CommandLine(
        program: Array("/hello".utf8), arguments: [Array("./hello".utf8), [0xff]],
        environment: [Array("A=b".utf8)])

    init() throws { scratch = try Scratch() }

    /// Builds an image of a small program.
    private func build() throws -> [UInt8] {
        try scratch.write("kernel", ELFBuilder.kernel)
        try scratch.write("program", ELFBuilder().bytes)
        var files = FileTree()
        try files.add(host: scratch("program"), at: GuestPath(Array("/hello".utf8)))
        try ImageWriter.write(
            to: scratch("image"), kernel: Executable(opening: scratch("kernel")), files: files,
            commandLine: commandLine)
        return scratch("image")
    }
    private func failure(of path: [UInt8]) throws -> String? {
        do throws(ImageFailure) {
            let executable = try Executable(opening: path)
            guard try executable.kind() == .image else { return "no image" }
            _ = try executable.checkedImage()
            return nil
        } catch {
            try #require(!error.line.contains("\n"))
            return error.line
        }
    }

    @Test("an image holds program and command line, and is told by its note")
    func roundTrips() throws {
        let path = try build()
        let executable = try Executable(opening: path)
        #expect(try executable.kind() == .image)
        let image = try executable.checkedImage()
        #expect(image.commandLine == commandLine)
        #expect(image.archive.lowerBound % 4096 == 0 && image.archive.count % 4096 == 0)
        let archive = Array(try scratch.read(path)[image.archive])
        var reader = CpioReader(archive.span.raw)
        let entry = try #require(try reader.next())
        #expect(archive[entry.name].elementsEqual("hello".utf8))
        #expect(entry.data.lowerBound % 4096 == 0)
        #expect(Array(archive[entry.data]) == ELFBuilder().bytes)
        #expect(try reader.next() == nil)
    }

    @Test("programs and kernels are no images")
    func tellsThemApart() throws {
        let kernel = try scratch.write("kernel", ELFBuilder.kernel)
        #expect(try Executable(opening: kernel).kind() == .kernel)
        let program = try scratch.write("program", ELFBuilder().bytes)
        #expect(try Executable(opening: program).kind() == .program)
    }

    @Test("a changed byte is found, wherever it is")
    func findsDamage() throws {
        let path = try build()
        let good = try scratch.read(path)
        #expect(try failure(of: path) == nil)
        // Each byte of the headers, note and tail, and some of the rest.
        let offsets =
            Array(0..<320) + Array(stride(from: 320, to: good.count, by: 97))
            + Array(good.count - 8..<good.count)
        for offset in offsets {
            var bytes = good
            bytes[offset] ^= 0x41
            try #require(
                try failure(of: scratch.write("damaged", bytes)) != nil, "byte \(offset)")
        }
    }

    @Test("a shortened or lengthened image is refused")
    func findsOtherLengths() throws {
        let good = try scratch.read(build())
        for byteCount in [0, 63, 4096, 8192, good.count - 4097, good.count - 1] {
            #expect(
                try failure(of: scratch.write("short", Array(good.prefix(byteCount)))) != nil)
        }
        #expect(try failure(of: scratch.write("long", good + [0]))?.contains("damaged") == true)
    }

    @Test("an image of another version says so")
    func refusesOtherVersions() throws {
        let path = try build()
        var bytes = try scratch.read(path)
        let owner = Array("Martlet\0".utf8)
        let note = try #require((0..<4096).first { bytes[$0..<$0 + 8].elementsEqual(owner) })
        for field in [8, 12] {
            var other = bytes
            other[note + field] = 99
            #expect(
                try failure(of: scratch.write("other", other))?.hasSuffix(
                    "was built by another version of martlet; build it again") == true)
        }
        bytes[note + 8 + 16 + 5] = 1
        #expect(try failure(of: scratch.write("other", bytes))?.contains("damaged") == true)
    }

    @Test("a failed build leaves an older image as it was, and nothing else")
    func keepsOlderImage() throws {
        let good = try scratch.read(build())
        var files = FileTree()
        try files.add(host: scratch("program"), at: GuestPath(Array("/a".utf8)))
        try scratch.write("program", [])
        #expect(throws: ImageFailure.self) {
            try ImageWriter.write(
                to: scratch("image"), kernel: Executable(opening: scratch("kernel")),
                files: files, commandLine: commandLine)
        }
        #expect(try scratch.read(scratch("image")) == good)
        #expect(throws: (any Error).self) { try scratch.read(scratch("image.new")) }
    }

    @Test("CRC-32C of RFC 3720's examples")
    func computesChecksum() {
        for (bytes, expected) in [
            ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
            ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
            (Array(0..<32), 0x46dd_794e), (Array((0..<32).reversed()), 0x113f_db5c),
        ] as [([UInt8], UInt32)] {
            var whole = Checksum()
            whole.add(bytes)
            #expect(whole.value == expected)
            var parts = Checksum()
            for byte in bytes { parts.add([byte]) }
            #expect(parts == whole)
        }
    }
}
