import Testing

@testable import Images

@Suite("Checks of a program before it starts") struct ExecutableTests {
    let scratch: Scratch
    init() throws { scratch = try Scratch() }

    /// The line that refuses the file, without its path; `nil` where it is accepted.
    private func refusal(_ path: [UInt8]) throws -> String? {
        do throws(ImageFailure) {
            let executable = try Executable(opening: path)
            try executable.checkProgram()
            return nil
        } catch {
            let prefix = "\(ImageFailure.text(path)): "
            try #require(error.line.hasPrefix(prefix))
            try #require(!error.line.contains("\n"))
            return String(error.line.dropFirst(prefix.count))
        }
    }
    private func refusal(
        _ change: (inout ELFBuilder) -> Void, permissions: Int = 0o755
    ) throws -> String? {
        var builder = ELFBuilder()
        change(&builder)
        return try refusal(scratch.write("file", builder.bytes, permissions: permissions))
    }

    @Test("a static program passes") func accepts() throws {
        #expect(try refusal { _ in } == nil)
        #expect(try refusal { $0.type = 3 } == nil)
    }

    @Test("what is no program file says so") func refusesOtherFiles() throws {
        #expect(try refusal(scratch("nothing"))?.hasSuffix("no such file or directory") == true)
        #expect(try refusal(Array(scratch.path.utf8)) == "is a directory, not a program")
        #expect(try refusal(Array("/dev/null".utf8)) == "is not a regular file")
        #expect(try refusal(scratch.write("empty", [])) == "is not an ELF file")
        #expect(try refusal(scratch.write("text", Array("text".utf8))) == "is not an ELF file")
        #expect(
            try refusal(scratch.write("script", Array("#!/bin/sh\n".utf8)))?
                .hasPrefix("is a script; run its interpreter") == true)
    }

    @Test("every shorter file is refused as truncated") func refusesTruncated() throws {
        for byteCount in [4, 63, 64, 119, 0xfff] {
            #expect(try refusal { $0.byteCount = byteCount } == "is truncated")
        }
    }

    @Test("a program for another machine names it, whatever its words are")
    func refusesOtherMachines() throws {
        for (machine, fileClass, encoding, name) in [
            (243, 2, 1, "RISC-V"), (3, 1, 1, "32-bit x86"), (40, 1, 1, "32-bit Arm"),
            (0x1600, 2, 2, "IBM Z"), (0x0800, 1, 2, "MIPS"), (22, 2, 1, "IBM Z"),
        ] as [(UInt16, UInt8, UInt8, String)] {
            let line = try refusal {
                $0.machine = machine
                $0.fileClass = fileClass
                $0.encoding = encoding
            }
            #expect(line == "is for another machine (\(name)), not for x86-64 or arm64")
        }
        // Of our machines, but not as we know them: x32, big-endian arm64.
        #expect(try refusal { $0.fileClass = 1 }?.contains("32-bit") == true)
        #expect(
            try refusal {
                $0.machine = 0xb700
                $0.encoding = 2
            }?.contains("big-endian") == true)
    }

    @Test("a program's machine decides what it runs on")
    func tellsArchitecture() throws {
        for (machine, architecture) in [(62, .x86_64), (183, .arm64)] as [(UInt16, Architecture)] {
            var builder = ELFBuilder()
            builder.machine = machine
            let executable = try Executable(opening: scratch.write("file", builder.bytes))
            try executable.checkProgram()
            #expect(try executable.architecture() == architecture)
        }
        #expect(Architecture(named: "amd64") == .x86_64)
        #expect(Architecture(named: "aarch64") == .arm64)
        #expect(Architecture(named: "riscv64") == nil)
    }

    @Test("the Image of a kernel is no program")
    func refusesLinuxKernel() throws {
        var bytes = [UInt8](repeating: 0, count: 4096)
        bytes.replaceSubrange(56..<60, with: Array("ARM\u{64}".utf8))
        let executable = try Executable(opening: scratch.write("Image", bytes))
        #expect(throws: ImageFailure(scratch("Image"), "is the Image of a kernel, not a program")) {
            _ = try executable.kind()
        }
    }

    @Test("segments that overlap, or are too large, are refused") func refusesSegments() throws {
        #expect(
            try refusal { $0.segments.append($0.segments[0]) } == "has overlapping segments")
        #expect(
            try refusal { $0.segments[0].memorySize = 1 << 47 }?.contains("address space") == true)
        #expect(
            try refusal { $0.segments[0].memorySize = .max }?.contains("address space") == true)
        #expect(try refusal { $0.segments[0].fileSize = 1 << 40 } == "is truncated")
    }

    @Test("a dynamic program may name its linker, by a path that can be one")
    func checksInterpreter() throws {
        #expect(
            try refusal {
                $0.segments.append(ELFBuilder.Segment(kind: 3, offset: 0x200, fileSize: 16))
            } == nil)
        #expect(
            try refusal {
                $0.segments.append(ELFBuilder.Segment(kind: 3, offset: 0x200, fileSize: 1))
            } == "has no proper name for its dynamic linker")
    }

    @Test("a file without execute permission is refused") func refusesPermission() throws {
        #expect(
            try refusal({ _ in }, permissions: 0o644)
                == "has no execute permission (chmod +x grants it)")
    }
}
