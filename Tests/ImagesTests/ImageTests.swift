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
    private func build(
        _ form: ImageWriter.Form = .elf, _ kernel: [UInt8] = ELFBuilder.kernel
    ) throws -> [UInt8] {
        try scratch.write("kernel", kernel)
        try scratch.write("program", ELFBuilder().bytes)
        var files = FileTree()
        try files.add(host: scratch("program"), at: GuestPath(Array("/hello".utf8)))
        try ImageWriter.write(
            to: scratch("image"), form, kernel: Executable(opening: scratch("kernel")),
            files: ImageWriter.Files(files), commandLine: commandLine)
        return scratch("image")
    }
    private func header(_ bytes: [UInt8]) -> LinuxImageHeader? {
        LinuxImageHeader(checking: bytes.span.bytes)
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

    @Test(
        "an image holds program and command line, and is told by its note",
        arguments: [
            (.elf, ELFBuilder.kernel), (.elf, ELFBuilder.arm64Kernel),
            (.image, ELFBuilder.arm64Kernel),
        ] as [(ImageWriter.Form, [UInt8])])
    func roundTrips(form: ImageWriter.Form, kernel: [UInt8]) throws {
        let path = try build(form, kernel)
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

    @Test("a Linux Image is the kernel as it lies in memory, and covers what follows")
    func linuxImage() throws {
        let path = try build(.image, ELFBuilder.arm64Kernel)
        let bytes = try scratch.read(path)
        let found = try #require(header(bytes))
        // The kernel: what objcopy(1) makes of it, zero to the end of its memory's last page.
        #expect(found.kernelByteCount == 0x3000)
        var kernel = bytes[..<0x3000]
        for field in [16, 32, 40] {
            kernel.replaceSubrange(field..<field + 8, with: repeatElement(0, count: 8))
        }
        var expected = Array(ELFBuilder.arm64Kernel[0x1000..<0x2000])
        expected.replaceSubrange(16..<24, with: repeatElement(0, count: 8))
        #expect(Array(kernel) == expected + [UInt8](repeating: 0, count: 0x2000))
        #expect(found.imageByteCount == UInt64(bytes.count))
        let image = try Executable(opening: path).checkedImage()
        #expect(image.archive.lowerBound == 0x3000)
        #expect(try Executable(opening: path).architecture() == .arm64)
    }

    @Test("only an arm64 kernel that begins as one makes a Linux Image")
    func refusesOtherLinuxImages() throws {
        #expect(throws: ImageFailure.self) { try build(.image, ELFBuilder.kernel) }
        var other = ELFBuilder.arm64Kernel
        other[0x1038] = 0
        #expect(
            throws: ImageFailure(scratch("kernel"), "does not begin as a Linux Image")
        ) { try build(.image, other) }
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

    @Test("every changed byte of a Linux Image's header, notes and tail is found")
    func findsDamageOfLinuxImage() throws {
        let good = try scratch.read(build(.image, ELFBuilder.arm64Kernel))
        let found = try #require(header(good))
        for offset in Array(0..<64) + Array(Int(found.noteOffset)..<good.count) {
            var bytes = good
            bytes[offset] ^= 0x41
            try #require(
                try failure(of: scratch.write("damaged", bytes)) != nil, "byte \(offset)")
        }
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
                files: ImageWriter.Files(files), commandLine: commandLine)
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
