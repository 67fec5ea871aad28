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

    @Test("a program for another machine names it") func refusesOtherMachines() throws {
        #expect(
            try refusal { $0.machine = 183 } == "is for another machine (arm64), not for x86-64")
        #expect(try refusal { $0.fileClass = 1 }?.contains("32-bit") == true)
        #expect(try refusal { $0.encoding = 2 }?.contains("big-endian") == true)
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

    @Test("a dynamic program is told what to do") func refusesDynamic() throws {
        let line = try refusal {
            $0.segments.append(ELFBuilder.Segment(kind: 3, offset: 0x200, fileSize: 16))
        }
        #expect(
            line == "is dynamically linked; dynamic programs are coming, until then link it with"
                + " -static")
    }

    @Test("a file without execute permission is refused") func refusesPermission() throws {
        #expect(
            try refusal({ _ in }, permissions: 0o644)
                == "has no execute permission (chmod +x grants it)")
    }
}
