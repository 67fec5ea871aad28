import Foundation
import LinuxHost
import Testing
import Wire

@testable import Images

@Suite("Files that go in") struct FileTreeTests {
    let scratch: Scratch
    init() throws { scratch = try Scratch() }

    private func path(_ text: String) -> GuestPath { GuestPath(Array(text.utf8)) }

    /// What an archive holds: name, mode and data of each record.
    private func contents(of tree: FileTree) throws -> [(name: String, mode: UInt32, data: [UInt8])]
    {
        let file = try Host.create(scratch("archive"), permissions: 0o600)
        defer { Host.remove(scratch("archive")) }
        let byteCount = try ArchiveWriter(to: file.borrowed).write(tree)
        let archive = try scratch.read(scratch("archive"))
        #expect(archive.count == byteCount)
        #expect(byteCount % 4096 == 0)
        var result: [(name: String, mode: UInt32, data: [UInt8])] = []
        var reader = CpioReader(archive.span.raw)
        while let entry = try reader.next() {
            result.append(
                (
                    String(decoding: archive[entry.name], as: UTF8.self), entry.mode,
                    Array(archive[entry.data])
                ))
        }
        return result
    }

    @Test("a folder goes in with all it holds, links and modes kept")
    func addsFolders() throws {
        let manager = FileManager.default
        try manager.createDirectory(
            atPath: "\(scratch.path)/tree/sub", withIntermediateDirectories: true)
        try scratch.write("tree/a", [1, 2, 3], permissions: 0o640)
        try scratch.write("tree/sub/empty", [], permissions: 0o755)
        try manager.createSymbolicLink(
            atPath: "\(scratch.path)/tree/link", withDestinationPath: "../nowhere")
        var tree = FileTree()
        try tree.add(host: scratch("tree"), at: path("/srv/www"))
        let found = try contents(of: tree)
        #expect(
            found.map(\.name) == [
                "srv/www", "srv/www/a", "srv/www/link", "srv/www/sub", "srv/www/sub/empty",
            ])
        #expect(
            found.map { $0.mode & 0o170000 } == [0o040000, 0o100000, 0o120000, 0o040000, 0o100000])
        #expect(found[1].mode & 0o7777 == 0o640)
        #expect(found[1].data == [1, 2, 3])
        #expect(found[2].data == Array("../nowhere".utf8))
        #expect(found[4].data.isEmpty)
    }

    @Test("a tree is copied with modes, times and links, and its manifest tells each change")
    func copies() throws {
        let manager = FileManager.default
        try manager.createDirectory(
            atPath: "\(scratch.path)/tree/sub", withIntermediateDirectories: true)
        try scratch.write("tree/sub/a", [1, 2, 3], permissions: 0o640)
        try manager.createSymbolicLink(
            atPath: "\(scratch.path)/tree/link", withDestinationPath: "sub/a")
        let date = Date(timeIntervalSince1970: 1_000_000)
        try manager.setAttributes(
            [.modificationDate: date], ofItemAtPath: "\(scratch.path)/tree/sub/a")
        try manager.setAttributes(
            [.posixPermissions: 0o500], ofItemAtPath: "\(scratch.path)/tree/sub")
        var tree = FileTree()
        try tree.add(host: scratch("tree"), at: path("/usr/share/tree"))
        try Host.makeFolder(scratch("copy"))
        try tree.copy(to: scratch("copy"))
        let copy = "\(scratch.path)/copy/usr/share/tree"
        #expect(try scratch.read(Array("\(copy)/sub/a".utf8)) == [1, 2, 3])
        #expect(try Host.target(ofLink: Array("\(copy)/link".utf8)) == Array("sub/a".utf8))
        let status = try Host.status(of: Array("\(copy)/sub/a".utf8), .keep)
        #expect(status.mode & 0o7777 == 0o640 && status.modificationTime == 1_000_000)

        func manifest() throws -> [UInt8] {
            var manifest = FolderManifest()
            try manifest.add(scratch("tree"))
            #expect(manifest.count == 4 && manifest.contentByteCount == 3)
            return manifest.bytes
        }
        let before = try manifest()
        #expect(try manifest() == before)
        try manager.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: "\(scratch.path)/tree/sub/a")
        #expect(try manifest() != before)
        var without = FolderManifest()
        try without.add(scratch("tree"), except: [Array("sub".utf8)])
        #expect(without.count == 2)

        // Compiled modules are replaced by renaming, which their folder tells.
        let compiled = "\(scratch.path)/tree/__pycache__"
        try manager.createDirectory(atPath: compiled, withIntermediateDirectories: false)
        try Data([1]).write(to: URL(fileURLWithPath: "\(compiled)/a.pyc"))
        func whole() throws -> (bytes: [UInt8], count: Int) {
            var manifest = FolderManifest()
            try manifest.add(scratch("tree"))
            return (manifest.bytes, manifest.count)
        }
        let first = try whole()
        #expect(first.count == 5)
        try Data([2]).write(to: URL(fileURLWithPath: "\(compiled)/new"))
        try manager.removeItem(atPath: "\(compiled)/a.pyc")
        try manager.moveItem(atPath: "\(compiled)/new", toPath: "\(compiled)/a.pyc")
        #expect(try whole().bytes != first.bytes)
        Host.removeTree(scratch("copy"))
        #expect(!manager.fileExists(atPath: "\(scratch.path)/copy"))
    }
    @Test("two files at one place are refused, folders are merged")
    func refusesDuplicates() throws {
        let file = try scratch.write("a", [1])
        var tree = FileTree()
        try tree.add(host: file, at: path("/x"))
        #expect(throws: ImageFailure("two files are to be put at /x")) {
            try tree.add(host: file, at: path("/./y/../x"))
        }
        try tree.add(host: Array(scratch.path.utf8), at: path("/d"))
        try FileManager.default.createDirectory(
            atPath: "\(scratch.path)/other", withIntermediateDirectories: false)
        try tree.add(host: scratch("other"), at: path("/d"))
        #expect(throws: ImageFailure.self) { try tree.add(host: file, at: .root) }
    }

    @Test("what can't be put in says why")
    func refusesSpecialFiles() throws {
        var tree = FileTree()
        #expect(
            throws: ImageFailure(
                Array("/dev/null".utf8), "is a device, pipe or socket, which an image cannot hold")
        ) { try tree.add(host: Array("/dev/null".utf8), at: path("/n")) }
        #expect(throws: ImageFailure.self) {
            try tree.add(host: scratch("nothing"), at: path("/n"))
        }
        // A sparse file: nothing of it is read.
        let large = try scratch.write("large", [])
        try #require(truncate(String(decoding: large, as: UTF8.self), 5 << 30) == 0)
        #expect(throws: ImageFailure.self) { try tree.add(host: large, at: path("/n")) }
    }

    @Test("a file that shrinks meanwhile is noticed")
    func noticesChanges() throws {
        let file = try scratch.write("a", [1, 2, 3])
        var tree = FileTree()
        try tree.add(host: file, at: path("/a"))
        try scratch.write("a", [1])
        #expect(throws: ImageFailure(file, "changed while it was read")) {
            try contents(of: tree)
        }
    }

    @Test("paths are resolved as inside, where .. of the root is the root")
    func resolvesPaths() {
        let base = path("/srv/x")
        for (text, expected) in [
            ("a", "/srv/x/a"), ("./a", "/srv/x/a"), ("../a/", "/srv/a"), ("/a//b", "/a/b"),
            ("../../../../a", "/a"), ("", "/srv/x"), ("/", "/"), ("/..", "/"),
        ] {
            let resolved = GuestPath(Array(text.utf8), relativeTo: base)
            #expect(String(decoding: resolved.bytes, as: UTF8.self) == expected)
        }
    }

    @Test("a folder is added only where nothing makes it")
    func addsMissingFolders() throws {
        var tree = FileTree()
        try tree.add(host: scratch.write("a", []), at: path("/srv/a"))
        tree.addFolder(at: path("/srv"))
        tree.addFolder(at: path("/var/lib"))
        tree.addFolder(at: .root)
        #expect(try contents(of: tree).map(\.name) == ["srv/a", "var/lib"])
    }
}
