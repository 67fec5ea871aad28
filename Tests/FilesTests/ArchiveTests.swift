import Base
import Hardware
import LinuxABI
import Memory
import TestSupport
import Testing
import Wire

@testable import Files

@Suite("Files from an archive", .serialized) struct ArchiveTests {
    @Test("data, modes, links and missing parents", arguments: [true, false])
    func populates(isAligned: Bool) throws {
        let tree = try Tree()
        let big = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        try tree.populate(
            archive(
                [
                    ("bin/busybox", 0o100755, big), ("./bin/sh", 0o120777, Array("busybox".utf8)),
                    ("/etc", 0o40700, []), ("etc/passwd", 0o100600, Array("x".utf8)),
                    ("a/b/c/empty", 0o100644, []), (".", 0o40711, []),
                ], isAligned ? .pageAligned : .packed))
        #expect(try tree.read("/bin/sh") == big)
        #expect(try tree.resolve("/bin/busybox").node.mode.rawValue == 0o755)
        #expect(try tree.resolve("/bin/busybox").node.times.modification.seconds == 1_700_000_000)
        #expect(try tree.resolve("/etc").node.mode.rawValue == 0o700)
        #expect(try tree.resolve("/").node.mode.rawValue == 0o711)
        #expect(try tree.resolve("/a/b").node.mode.rawValue == 0o755)
        #expect(try tree.names("/a/b/c") == ["empty"])
        #expect(try tree.names("/") == ["dev", "proc", "sys", "bin", "etc", "a"])
        try tree.system.addBuiltIns(input: NullDevice(), output: NullDevice(), terminal: nil)
        #expect(try tree.read("/etc/passwd") == Array("x".utf8))
        #expect(try tree.read("/etc/localtime").count == 114)
        #expect(try tree.resolve("/tmp").node.mode.rawValue == 0o1777)
    }

    @Test("built-in folders that are on a file's way have their own modes")
    func builtInParents() throws {
        let tree = try Tree()
        try tree.populate(
            archive(
                [("tmp/a/program", 0o100755, [1]), ("/root/b", 0o100644, [2])], .packed))
        try tree.system.addBuiltIns(input: NullDevice(), output: NullDevice(), terminal: nil)
        #expect(try tree.resolve("/tmp").node.mode.rawValue == 0o1777)
        #expect(try tree.resolve("/tmp/a").node.mode.rawValue == 0o755)
        #expect(try tree.resolve("/root").node.mode.rawValue == 0o700)
    }

    @Test("what is built in is there for who looks, lists, asks for the status or removes")
    func builtInsOnDemand() throws {
        let looks: [(Tree) throws -> Void] = [
            { (tree: Tree) throws in
                #expect(try tree.read("/etc/hostname") == Array("martlet\n".utf8))
            },
            { (tree: Tree) throws in #expect(try tree.names("/etc").count == 6) },
            { (tree: Tree) throws in
                #expect(try tree.resolve("/etc").node.status.byteCount == 8 * 20)
            },
            { (tree: Tree) throws in
                let path = Array("/etc".utf8)
                #expect(throws: Errno.notEmpty) {
                    try tree.context.removeDirectory(path.span.bytes, from: tree.system.root)
                }
            },
        ]
        for look in looks {
            let tree = try Tree()
            try tree.system.addBuiltIns(input: NullDevice(), output: NullDevice(), terminal: nil)
            try look(tree)
        }
    }

    @Test("built-in files that memory was missing for come later", arguments: 1...6)
    func builtInsAfterShortage(admission: Int) throws {
        let tree = try Tree()
        try tree.system.addBuiltIns(input: NullDevice(), output: NullDevice(), terminal: nil)
        KernelReserve.injectFailure(at: admission)
        #expect(throws: Errno.outOfMemory) { try tree.names("/etc") }
        KernelReserve.injectFailure(at: 0)
        #expect(
            try tree.names("/etc") == [
                "passwd", "group", "hosts", "hostname", "nsswitch.conf", "localtime",
            ])
        #expect(try tree.names("/dev").count == 13)
    }

    @Test("aligned pages stay in place, the others are freed")
    func adopts() throws {
        let tree = try Tree()
        let data = [UInt8](repeating: 5, count: 3 * 4096 + 10)
        let bytes = try archive([("f", 0o100644, data), ("g", 0o100644, data)])
        let before = Frames.freeCount
        try tree.populate(bytes)
        let used = before - Frames.freeCount
        #expect(used <= 8 + 2, "8 pages of data and a little heap")
        let pages = try #require(try tree.resolve("/f").node as? RegularNode).pages
        let first = try #require(pages.existingFrame(at: 0)).number
        #expect(pages.existingFrame(at: 1)?.number == first + 1)
        #expect(pages.existingFrame(at: 2)?.number == first + 2)
        let tail = try #require(pages.existingFrame(at: 3))
        tail.withBytes { bytes in
            for index in 10..<4096 { #expect(bytes.byte(at: index) == 0) }
        }
        #expect(try tree.read("/f") == data)
        #expect(try tree.read("/g") == data)
    }

    @Test("records of one file share its node, wherever the data comes")
    func hardLinks() throws {
        let tree = try Tree()
        try tree.populate(
            archive(
                [("a", 0o100644, []), ("b", 0o100644, Array("data".utf8)), ("c", 0o100644, [1])],
                links: [0: 7, 1: 7, 2: 8]))
        let node = try tree.resolve("/a").node
        #expect(try tree.resolve("/b").node === node)
        #expect(try tree.resolve("/c").node !== node)
        #expect(node.linkCount == 2)
        #expect(try tree.read("/a") == Array("data".utf8))
    }

    @Test("names that end in .. and names below files are refused")
    func badNames() throws {
        for name in ["a/..", "f/g"] {
            let tree = try Tree()
            #expect(throws: ArchiveFailure.self) {
                try tree.populate(archive([("f", 0o100644, [1]), (name, 0o100644, [])]))
            }
        }
    }

    @Test("changed bytes anywhere never trap", arguments: [1, 2, 3] as [UInt64])
    func corruption(seed: UInt64) throws {
        let good = try archive(
            [
                ("bin/a", 0o100755, [UInt8](repeating: 1, count: 5000)),
                ("bin/b", 0o120777, Array("a".utf8)), ("etc", 0o40755, []),
                ("etc/c", 0o100644, Array("text".utf8)), ("p", 0o10644, []),
            ], links: [0: 3, 3: 3])
        var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
        func next(_ limit: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(limit))
        }
        for _ in 0..<60 {
            var bytes = good
            for _ in 0...next(4) {
                bytes[next(bytes.count)] = [0, 0x2f, 0x2e, 0x30, 0x37, 0x46, 0xff][next(7)]
            }
            let tree = try Tree()
            // Whatever it says: an error or another tree.
            do { try tree.populate(bytes) } catch {}
        }
    }

    @Test("a damaged archive is an error")
    func damaged() throws {
        let tree = try Tree()
        var bytes = try archive([("f", 0o100644, [1])])
        bytes[2] = 0
        #expect(throws: ArchiveFailure.damaged(offset: 0)) { try tree.populate(bytes) }
    }
}
