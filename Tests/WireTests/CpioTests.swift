import Foundation
import Testing

@testable import Wire

@Suite("cpio newc archives") struct CpioTests {
    struct File: Equatable {
        var name: String
        var mode: UInt32
        var data: [UInt8]
        var linkCount: UInt32 = 1
        var dataOffset = 0
    }

    private func read(_ archive: [UInt8]) throws(CpioError) -> [File] {
        var files: [File] = []
        var reader = CpioReader(archive.span.bytes)
        while let entry = try reader.next() {
            files.append(
                File(
                    name: String(decoding: archive[entry.name], as: UTF8.self), mode: entry.mode,
                    data: Array(archive[entry.data]), linkCount: entry.linkCount,
                    dataOffset: entry.data.lowerBound))
        }
        return files
    }

    private func write(
        _ files: [(String, [UInt8])], _ placement: CpioWriter.Placement
    ) throws -> [UInt8] {
        var writer = CpioWriter()
        var archive: [UInt8] = []
        for (name, data) in files {
            var entry = CpioEntry()
            entry.mode = 0o100644
            archive += try writer.header(
                entry, name: Array(name.utf8), dataByteCount: UInt32(data.count), placement)
            archive += data
            archive += writer.padding()
        }
        archive += writer.trailer()
        #expect(archive.count == writer.byteCount)
        return archive
    }

    @Test("an archive of the cpio tool reads as the tree it was made from")
    func readsRealArchive() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("cpio-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.currentDirectoryURL = folder
        process.arguments = [
            "-c",
            """
            umask 022; mkdir d; printf abc > d/f; ln d/f hard; ln -s d/f soft; : > empty
            { echo .; echo d; echo d/f; echo hard; echo soft; echo empty; } |
            cpio -o -H newc 2>/dev/null > archive
            """,
        ]
        try process.run()
        process.waitUntilExit()
        let archive = Array(try Data(contentsOf: folder.appendingPathComponent("archive")))
        guard !archive.isEmpty else { return }  // no cpio tool here
        let files = try read(archive)
        #expect(Set(files.map(\.name)) == [".", "d", "d/f", "hard", "soft", "empty"])
        let linked = files.filter { $0.linkCount == 2 && $0.mode & 0o170000 == 0o100000 }
        #expect(linked.count == 2)
        #expect(linked.map(\.data.count).sorted() == [0, 3])
        #expect(files.first { $0.name == "soft" }?.mode == 0o120777)
        #expect(files.first { $0.name == "soft" }?.data == Array("d/f".utf8))
        #expect(files.first { $0.name == "empty" }?.data == [])
    }

    @Test("the writer puts data on page boundaries, whatever lies before it")
    func alignsPages() throws {
        let files = (0..<40).map { index in
            (
                String(repeating: "n", count: 1 + index * 97),
                [UInt8](repeating: 7, count: index * 331)
            )
        }
        let archive = try write(files, .pageAligned)
        let found = try read(archive)
        #expect(found.map(\.name) == files.map(\.0))
        #expect(found.map(\.data) == files.map(\.1))
        #expect(found.allSatisfy { $0.dataOffset % 4096 == 0 })
        #expect(archive.count % 4096 == 0)
    }

    @Test("the cpio tool lists what the writer wrote", arguments: [true, false])
    func toolReadsWriter(pageAligned: Bool) throws {
        let archive = try write(
            [("a", [1, 2, 3]), ("b/c", []), ("d", Array(repeating: 9, count: 5000))],
            pageAligned ? .pageAligned : .packed)
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("cpio-\(UInt64.random(in: 0 ... .max))")
        try Data(archive).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [
            "-c",
            """
            command -v cpio >/dev/null || { printf 'a\\nb/c\\nd\\n'; exit; }
            cpio -t < \(file.path)
            """,
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(String(decoding: text, as: UTF8.self) == "a\nb/c\nd\n")
    }

    @Test("every shorter archive is an error, never a trap or a different tree")
    func truncation() throws {
        let archive = try write([("name", [1, 2, 3, 4, 5]), ("x", [])], .packed)
        let whole = try read(archive)
        for count in 0..<archive.count {
            let part = Array(archive.prefix(count))
            if let files = try? read(part) { #expect(files == whole) }
        }
    }

    @Test("a changed header byte is an error or another value, never a trap")
    func corruption() throws {
        let archive = try write([("name", [1, 2, 3, 4, 5]), ("x", [])], .packed)
        for index in 0..<archive.count {
            for value in [0x00, 0x2f, 0x30, 0x39, 0x46, 0x66, 0xff] as [UInt8] {
                var changed = archive
                changed[index] = value
                fuzzCpio(changed.span.bytes)
            }
        }
    }

    @Test("bad records name their offset")
    func errors() throws {
        let archive = try write([("name", [1])], .packed)
        var changed = archive
        changed[3] = 0x38
        #expect(throws: CpioError.badMagic(offset: 0)) { try read(changed) }
        changed = archive
        changed[54] = 0x67
        #expect(throws: CpioError.badNumber(offset: 0)) { try read(changed) }
        changed = archive
        changed.replaceSubrange(94..<102, with: Array("FFFFFFFF".utf8))
        #expect(throws: CpioError.badName(offset: 0)) { try read(changed) }
        changed = archive
        changed.replaceSubrange(54..<62, with: Array("FFFFFFFF".utf8))
        #expect(throws: CpioError.truncated(offset: 0)) { try read(changed) }
        #expect(throws: CpioError.noTrailer) { try read([]) }
        #expect(throws: CpioError.truncated(offset: 0)) { try read(Array("0707".utf8)) }
    }
}
