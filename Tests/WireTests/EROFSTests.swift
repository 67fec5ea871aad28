import Base
import Foundation
import Testing

@testable import Wire

// Glibc's module has no sys/xattr.h.
@_silgen_name("setxattr") private func setxattr(
    _ path: UnsafePointer<CChar>, _ name: UnsafePointer<CChar>, _ value: UnsafeRawPointer,
    _ byteCount: Int, _ flags: CInt
) -> CInt
@_silgen_name("getxattr") private func getxattr(
    _ path: UnsafePointer<CChar>, _ name: UnsafePointer<CChar>, _ value: UnsafeMutableRawPointer,
    _ byteCount: Int
) -> Int

private let maker = "/usr/bin/mkfs.erofs"
private func isInstalled(_ tool: String) -> Bool {
    FileManager.default.isExecutableFile(atPath: tool)
}

/// A folder of many kinds of files, and images that mkfs.erofs makes of it.
private final class Tree {
    let folder = FileManager.default.temporaryDirectory
        .appending(path: "erofs-\(UInt64.random(in: 0 ... .max))")
    var root: URL { folder.appending(path: "root") }

    init() throws {
        try FileManager.default.createDirectory(
            at: root.appending(path: "many"), withIntermediateDirectories: true)
        // Sizes around a block, the longest name that mkfs.erofs 1.5 takes, and a directory of several blocks.
        for size in [0, 1, 60, 4095, 4096, 4097, 8192, 100_000] {
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ size) }
            try write(bytes, "size-\(size)")
        }
        for index in 0..<900 { try write([UInt8(index & 255)], "many/\(index)-name") }
        try write([1], String(repeating: "n", count: 254))
        try write(
            [UInt8](repeating: 7, count: 4096) + [UInt8](repeating: 0, count: 65536)
                + [UInt8](repeating: 9, count: 10), "sparse")
        link(path("size-60"), path("hard"))
        symlink("size-60", path("link"))
        symlink(String(repeating: "t", count: 3000), path("long-link"))
        mkfifo(path("pipe"), 0o640)
        chmod(path("size-1"), 0o4751)
        if getuid() == 0 {
            mknod(path("device"), S_IFCHR | 0o600, (1 << 8) | 5)
            chown(path("size-4096"), 70_000, 1234)
        }
        for name in ["size-0", "many", "hard"] {
            _ = setxattr(path(name), "user.own-\(name)", "value of \(name)", 10, 0)
            _ = setxattr(path(name), "user.same", "the same everywhere", 19, 0)
        }
        var times = [timespec(tv_sec: 12, tv_nsec: 345), timespec(tv_sec: 1_234_567, tv_nsec: 89)]
        utimensat(AT_FDCWD, path("size-60"), &times, 0)
    }
    deinit { try? FileManager.default.removeItem(at: folder) }

    func path(_ name: String) -> String { root.path + "/" + name }
    private func write(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
    }

    func image(_ options: [String]) throws -> [UInt8] {
        let file = folder.appending(path: "image")
        try? FileManager.default.removeItem(at: file)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: maker)
        process.arguments = ["--quiet"] + options + [file.path, root.path]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "mkfs.erofs \(options)")
        return Array(try Data(contentsOf: file))
    }
}

/// An image's contents as values, for comparison; methods only for what a test asks.
private func names(_ bytes: [UInt8], _ directory: UInt64? = nil) throws -> [String: UInt64] {
    let image = try EROFSImage(checking: bytes.span.bytes)
    let inode = try image.inode(directory ?? image.rootNumber)
    var names: [String: UInt64] = [:]
    var position: Int64 = 0
    while let record = try image.record(of: inode, at: position) {
        position = record.next
        names[String(decoding: bytes[record.name], as: UTF8.self)] = record.number
    }
    return names
}
private func contents(_ bytes: [UInt8], _ number: UInt64) throws -> [UInt8] {
    let image = try EROFSImage(checking: bytes.span.bytes)
    let inode = try image.inode(number)
    var contents: [UInt8] = []
    while Int64(contents.count) < inode.byteCount {
        switch try image.extent(of: inode, at: Int64(contents.count)) {
        case .bytes(let range): contents += bytes[range]
        case .hole(let count): contents += [UInt8](repeating: 0, count: Int(count))
        }
    }
    return contents
}
private func attributes(_ bytes: [UInt8], _ number: UInt64) throws -> [String: [UInt8]] {
    let image = try EROFSImage(checking: bytes.span.bytes)
    var reader = try EROFSAttributes(of: image.inode(number), in: image)
    var attributes: [String: [UInt8]] = [:]
    while let next = try reader.next() {
        let name = next.prefix.text.description + String(decoding: bytes[next.name], as: UTF8.self)
        attributes[name] = Array(bytes[next.value])
    }
    return attributes
}
private func find(_ bytes: [UInt8], _ name: String, _ directory: UInt64) throws -> UInt64? {
    let image = try EROFSImage(checking: bytes.span.bytes)
    return try image.find(Array(name.utf8).span.bytes, in: image.inode(directory))?.number
}
private func inode(_ bytes: [UInt8], _ number: UInt64) throws -> EROFSInode {
    try EROFSImage(checking: bytes.span.bytes).inode(number)
}

@Suite(
    "EROFS: images that mkfs.erofs makes",
    .enabled(if: isInstalled(maker), "mkfs.erofs is not installed (erofs-utils)"))
struct EROFSToolTests {
    @Test(
        "every file has the host's kind, mode, owner, size, times, links, contents and attributes",
        arguments: [
            [], ["-Enosbcrc", "-x1"], ["--chunksize=4096"], ["--chunksize=16384"],
            ["-Eforce-inode-extended"], ["-Enoinline_data"],
            ["-Eforce-chunk-indexes", "--chunksize=4096"],
        ])
    func reads(options: [String]) throws {
        let tree = try Tree()
        let bytes = try tree.image(options)
        let root = try names(bytes)
        #expect(root["."] == root[".."])
        for folder in ["", "many"] {
            let number = folder.isEmpty ? root["."]! : root["many"]!
            let found = try names(bytes, number)
            let expected = try FileManager.default.contentsOfDirectory(atPath: tree.path(folder))
            #expect(Set(found.keys) == Set(expected + [".", ".."]))
            for name in expected {
                let path = tree.path(folder.isEmpty ? name : "\(folder)/\(name)")
                let number = try #require(found[name])
                #expect(try find(bytes, name, found["."]!) == number)
                try compare(bytes, number, path)
            }
            for missing in ["", "0", "zzz", "many-", "size-41", "\u{1}", "~"] {
                #expect(try find(bytes, missing, number) == nil)
            }
        }
    }

    private func compare(_ bytes: [UInt8], _ number: UInt64, _ path: String) throws {
        let inode = try inode(bytes, number)
        var status = stat()
        try #require(lstat(path, &status) == 0)
        #expect(inode.mode == status.st_mode, "\(path)")
        #expect(inode.owner == status.st_uid && inode.group == status.st_gid, "\(path)")
        #expect(inode.linkCount == UInt32(status.st_nlink), "\(path)")
        #expect(inode.modificationSeconds == Int64(status.st_mtim.tv_sec), "\(path)")
        #expect(inode.modificationNanoseconds == UInt32(status.st_mtim.tv_nsec), "\(path)")
        if inode.isRegular {
            #expect(inode.byteCount == Int64(status.st_size))
            let expected = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
            #expect(try contents(bytes, number) == expected, "\(path)")
        } else if inode.isSymbolicLink {
            var target = [CChar](repeating: 0, count: 4096)
            let count = readlink(path, &target, 4096)
            let expected = target[..<count].map { UInt8(bitPattern: $0) }
            #expect(try contents(bytes, number) == expected, "\(path)")
        } else if inode.kind == S_IFCHR {
            #expect(inode.deviceMajor == 1 && inode.deviceMinor == 5)
        }
        guard !inode.isSymbolicLink else { return }
        var expected: [String: [UInt8]] = [:]
        for name in ["user.same"] + ["size-0", "many", "hard"].map({ "user.own-\($0)" }) {
            var value = [UInt8](repeating: 0, count: 100)
            let count = getxattr(path, name, &value, 100)
            if count >= 0 { expected[name] = Array(value[..<count]) }
        }
        #expect(try attributes(bytes, number) == expected, "\(path)")
    }

    @Test("an image with compressed files is refused as such")
    func refusesCompression() throws {
        let bytes = try Tree().image(["-zlz4hc"])
        #expect(throws: EROFSFailure.compressed) {
            let image = try EROFSImage(checking: bytes.span.bytes)
            _ = try image.inode(names(bytes)["size-100000"]!)
        }
    }

    @Test("a disturbed superblock, a shortened image and any disturbed byte are errors, not traps")
    func withstands() throws {
        let bytes = try Tree().image(["-Enosbcrc"])
        #expect(fuzzEROFS(bytes.span.bytes) == 200)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<100 {
            var disturbed = bytes
            for _ in 0..<3 {
                let at = Int.random(in: 1024..<40_000, using: &generator)
                disturbed[at] = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &generator)!
            }
            _ = fuzzEROFS(disturbed.span.bytes)
        }
        let short = Array(bytes.dropLast(Page.size))
        #expect(throws: EROFSFailure.truncated) { _ = try EROFSImage(checking: short.span.bytes) }
        var checked = try Tree().image([])
        checked[1024 + 30] ^= 1
        #expect(throws: EROFSFailure.badChecksum) {
            _ = try EROFSImage(checking: checked.span.bytes)
        }
    }
}

@Suite("EROFS: superblocks") struct EROFSSuperblockTests {
    private func superblock(_ change: (inout [UInt8]) -> Void) -> EROFSFailure? {
        var bytes = [UInt8](repeating: 0, count: 8192)
        bytes.replaceSubrange(1024..<1028, with: [0xe2, 0xe1, 0xf5, 0xe0])
        bytes[1024 + 12] = 12
        bytes[1024 + 36] = 2
        change(&bytes)
        do throws(EROFSFailure) {
            _ = try EROFSImage(checking: bytes.span.bytes)
            return nil
        } catch { return error }
    }
    @Test("each field that a reader must know is checked")
    func checks() {
        #expect(superblock { _ in } == nil)
        #expect(superblock { $0 = Array($0[..<1100]) } == .notAnImage)
        #expect(superblock { $0[1024] = 0 } == .notAnImage)
        #expect(superblock { $0[1024 + 12] = 9 } == .unsupportedBlockSize)
        #expect(superblock { $0[1024 + 36] = 0 } == .damaged)
        #expect(superblock { $0[1024 + 36] = 3 } == .truncated)
        #expect(superblock { $0[1024 + 80] = 2 } == .compressed)
        #expect(superblock { $0[1024 + 80] = 8 } == .unsupportedFeatures(8))
        #expect(superblock { $0[1024 + 83] = 0x80 } == .unsupportedFeatures(0x8000_0000))
        #expect(superblock { $0[1024 + 80] = 1 } == .compressed)
        #expect(superblock { $0[1024 + 80] = 4 } == nil)
        #expect(superblock { $0[1024 + 35] = 0x80 } == .damaged)
    }
}
