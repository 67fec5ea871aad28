import Base
import Hardware
import LinuxABI
import Memory
import TestSupport
import Testing

@testable import Files

/// Calls `body` with the address of `count` bytes, as if they were the program's; returns the bytes.
func withProgramBytes(
    _ bytes: [UInt8], _ body: (VirtualAddress) throws -> Void
) rethrows -> [UInt8] {
    var bytes = bytes
    try bytes.withUnsafeMutableBytes { buffer in
        try body(VirtualAddress(rawValue: UInt64(UInt(bitPattern: buffer.baseAddress))))
    }
    return bytes
}

@Suite("Open files", .serialized) struct OpenFileTests {
    @Test("reads and writes move the offset; O_APPEND writes at the end")
    func offsets() throws {
        let tree = try Tree()
        let file = try tree.open("/f", [.create, .readWrite])
        _ = try withProgramBytes(Array("hello world".utf8)) { (address: VirtualAddress) throws in
            #expect(try file.write(count: 11, from: address) == 11)
        }
        #expect(file.offset == 11)
        #expect(try file.seek(by: -5, from: .end) == 6)
        let word = try withProgramBytes([UInt8](repeating: 0, count: 8)) {
            (address: VirtualAddress) throws in
            #expect(try file.read(count: 8, to: address) == 5)
        }
        #expect(word == Array("world".utf8) + [0, 0, 0])
        let appending = try tree.open("/f", [.writeOnly, .append])
        _ = try withProgramBytes([0x21]) { (address: VirtualAddress) throws in
            #expect(try appending.write(count: 1, from: address) == 1)
            #expect(throws: Errno.badDescriptor) { try appending.read(count: 1, to: address) }
        }
        #expect(try tree.read("/f") == Array("hello world!".utf8))
        #expect(appending.offset == 12)
    }

    @Test("a write beyond the end leaves a hole of zeroes without memory")
    func holes() throws {
        let tree = try Tree()
        let file = try tree.open("/f", [.create, .readWrite])
        _ = try withProgramBytes([7]) { (address: VirtualAddress) throws in
            #expect(try file.write(at: 1 << 20, count: 1, from: address) == 1)
        }
        #expect(file.node.byteCount == 1 << 20 + 1)
        #expect(file.node.blockCount == 8)
        let bytes = try withProgramBytes([UInt8](repeating: 1, count: 5000)) {
            (address: VirtualAddress) throws in
            #expect(try file.read(at: 4000, count: 5000, to: address) == 5000)
        }
        #expect(bytes.allSatisfy { $0 == 0 })
    }

    @Test("a removed file lives until its last close")
    func unlinkedButOpen() throws {
        let tree = try Tree()
        try tree.write("/f", "data")
        let file = try tree.open("/f", [])
        let path = Array("/f".utf8)
        try tree.context.unlink(path.span.bytes, from: tree.system.root)
        #expect(throws: Errno.noSuchFile) { try tree.resolve("/f") }
        #expect(file.node.linkCount == 0)
        let data = try withProgramBytes([0, 0, 0, 0]) { (address: VirtualAddress) throws in
            #expect(try file.read(count: 4, to: address) == 4)
        }
        #expect(data == Array("data".utf8))
        file.release()
    }

    @Test("a running program can't be written, a written file can't run (ETXTBSY)")
    func textBusy() throws {
        let tree = try Tree()
        try tree.write("/p", "x")
        let node = try #require(try tree.resolve("/p").node as? RegularNode)
        let writer = try tree.open("/p", .writeOnly)
        #expect(throws: Errno.textBusy) { try node.denyWriting() }
        writer.release()
        try node.denyWriting()
        #expect(throws: Errno.textBusy) { try tree.open("/p", .writeOnly) }
        #expect(throws: Errno.textBusy) { try tree.open("/p", [.truncate]) }
        #expect(try tree.open("/p", []).node === node)
        node.allowWriting()
        try tree.open("/p", .writeOnly).release()
    }

    @Test("flock(2) is between open files, not between descriptors")
    func locks() throws {
        let tree = try Tree()
        try tree.write("/f", "")
        let first = try tree.open("/f", [])
        let second = try tree.open("/f", [])
        try first.setLock(.shared, .nonblocking)
        try second.setLock(.shared, .nonblocking)
        #expect(throws: Errno.tryAgain) { try first.setLock(.exclusive, .nonblocking) }
        try second.setLock(.none, .nonblocking)
        try first.setLock(.exclusive, .nonblocking)
        #expect(throws: Errno.tryAgain) { try second.setLock(.shared, .nonblocking) }
        first.release()
        try second.setLock(.exclusive, .nonblocking)
    }

    @Test("generated text is made once an open file, and longer than a page if need be")
    func generated() throws {
        let tree = try Tree()
        var calls = 0
        let node = GeneratedNode(in: tree.system.processes) { text in
            calls += 1
            for line in 0..<3000 {
                text.append(UInt64(line))
                text.append(byte: 0x0a)
            }
        }
        let directory = tree.system.processDirectory
        let name = Array("numbers".utf8)
        try #require(directory.directory).add(node, named: name.span.bytes, in: directory)
        let text = try tree.read("/proc/numbers")
        #expect(String(decoding: text, as: UTF8.self) == (0..<3000).map { "\($0)\n" }.joined())
        #expect(calls <= 3)
        #expect(throws: Errno.noSuchFile) { try tree.open("/proc/new", .create) }
        #expect(throws: Errno.operationNotPermitted) {
            try tree.context.unlink(
                Array("/proc/numbers".utf8).span.bytes, from: tree.system.root)
        }
    }
}

@Suite("Pipes", .serialized) struct PipeTests {
    @Test("bytes come out as they went in, around the ring")
    func roundTrip() throws {
        let tree = try Tree()
        let (reading, writing) = try tree.context.openPipe(.nonblocking)
        var sent: UInt8 = 0
        var received: UInt8 = 0
        for step in 0..<400 {
            let count = 1 + step * 37 % 5000
            let bytes = (0..<count).map { _ -> UInt8 in
                sent &+= 1
                return sent
            }
            _ = try withProgramBytes(bytes) { (address: VirtualAddress) throws in
                #expect(try writing.write(count: count, from: address) == count)
            }
            let back = try withProgramBytes([UInt8](repeating: 0, count: count)) {
                (address: VirtualAddress) throws in
                #expect(try reading.read(count: count, to: address) == count)
            }
            for byte in back {
                received &+= 1
                #expect(byte == received)
            }
        }
    }

    @Test("full, empty, end and broken: pipe(7)")
    func states() throws {
        let tree = try Tree()
        let (reading, writing) = try tree.context.openPipe(.nonblocking)
        _ = try withProgramBytes([UInt8](repeating: 1, count: 70000)) {
            (address: VirtualAddress) throws in
            #expect(throws: Errno.tryAgain) { try reading.read(count: 1, to: address) }
            #expect(!reading.isReadable && writing.isWritable)
            #expect(try writing.write(count: 70000, from: address) == 65536)
            #expect(throws: Errno.tryAgain) { try writing.write(count: 1, from: address) }
            #expect(reading.isReadable && !writing.isWritable)
            #expect(try reading.read(count: 100, to: address) == 100)
            // A small write is whole or not at all.
            #expect(throws: Errno.tryAgain) { try writing.write(count: 4096, from: address) }
            // What was read of a slot is no room before all of it was.
            #expect(throws: Errno.tryAgain) { try writing.write(count: 5000, from: address) }
            #expect(try reading.read(count: 3996, to: address) == 3996)
            #expect(try writing.write(count: 5000, from: address) == 4096)
            #expect(throws: Errno.busy) { try writing.setPipeCapacity(4096, .none) }
            #expect(throws: Errno.operationNotPermitted) {
                try writing.setPipeCapacity(1 << 21, .ofSystem)
            }
            #expect(try writing.setPipeCapacity(1 << 17, .ofSystem) == 1 << 17)
            #expect(try reading.read(count: 70000, to: address) == 65536)
            writing.release()
            #expect(try reading.read(count: 1, to: address) == 0)
            #expect(reading.readiness.contains(.hungUp))
        }
        let (other, broken) = try tree.context.openPipe(.nonblocking)
        other.release()
        _ = try withProgramBytes([1]) { (address: VirtualAddress) throws in
            #expect(throws: Errno.brokenPipe) { try broken.write(count: 1, from: address) }
        }
    }
}

@Suite("Directories", .serialized) struct DirectoryTests {
    private func record(_ bytes: [UInt8]) -> [(name: String, next: Int64, type: UInt8)] {
        var records: [(name: String, next: Int64, type: UInt8)] = []
        var offset = 0
        while offset < bytes.count {
            let span = bytes.span.bytes
            let size = Int(span.littleEndian(UInt16.self, at: offset + 16))
            guard size > 0 else { break }
            #expect(size % 8 == 0)
            let name = bytes[(offset + 19)..<(offset + size)].prefix { $0 != 0 }
            records.append(
                (
                    String(decoding: name, as: UTF8.self),
                    span.littleEndian(Int64.self, at: offset + 8), bytes[offset + 18]
                ))
            offset += size
        }
        return records
    }

    @Test("10,000 entries are made, listed in pieces and removed while listed")
    func large() throws {
        let tree = try Tree()
        let root = tree.system.root
        try tree.context.makeDirectory(
            Array("/big".utf8).span.bytes, from: root, mode: FileMode(rawValue: 0o755))
        for index in 0..<10_000 {
            let path = Array("/big/file\(index)".utf8)
            try tree.context.makeSymbolicLink(
                to: path.span.bytes, path.span.bytes, from: root)
        }
        let file = try tree.open("/big", .directory)
        var names: Set<String> = []
        while true {
            var count = 0
            let bytes = try withProgramBytes([UInt8](repeating: 0, count: 32768)) {
                (address: VirtualAddress) throws in
                count = try file.readDirectory(.wide, byteCount: 32768, to: address)
            }
            if count == 0 { break }
            for record in record(Array(bytes.prefix(count))) where record.name.hasPrefix("file") {
                #expect(names.insert(record.name).inserted, "listed twice")
                #expect(record.type == 10)
                let path = Array("/big/\(record.name)".utf8)
                try tree.context.unlink(path.span.bytes, from: root)
            }
        }
        #expect(names.count == 10_000)
        try tree.context.removeDirectory(Array("/big".utf8).span.bytes, from: root)
        // A removed directory lists nothing (getdents(2): ENOENT).
        _ = try file.seek(by: 0, from: .start)
        _ = try withProgramBytes([UInt8](repeating: 0, count: 512)) {
            (address: VirtualAddress) throws in
            #expect(throws: Errno.noSuchFile) {
                try file.readDirectory(.wide, byteCount: 512, to: address)
            }
        }
    }

    @Test("a buffer for no record is EINVAL, for some records the rest comes later")
    func smallBuffers() throws {
        let tree = try Tree()
        try tree.write("/a", "")
        let file = try tree.open("/", .directory)
        var names: [String] = []
        _ = try withProgramBytes([UInt8](repeating: 0, count: 23)) {
            (address: VirtualAddress) throws in
            #expect(throws: Errno.invalidArgument) {
                try file.readDirectory(.wide, byteCount: 23, to: address)
            }
        }
        while true {
            var count = 0
            let bytes = try withProgramBytes([UInt8](repeating: 0, count: 32)) {
                (address: VirtualAddress) throws in
                count = try file.readDirectory(.wide, byteCount: 32, to: address)
            }
            if count == 0 { break }
            names += record(Array(bytes.prefix(count))).map(\.name)
        }
        #expect(names == [".", "..", "dev", "proc", "sys", "a"])
    }

    @Test("names with equal hashes and any order of removal keep the tree right")
    func treeAgainstSet() throws {
        let tree = try Tree()
        let root = tree.system.root
        var generator = SystemRandomNumberGenerator()
        let seed = generator.next()
        var state = seed | 1
        func next(_ limit: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(limit))
        }
        var expected: Set<String> = []
        for _ in 0..<5000 {
            let name = "n\(next(300))"
            let path = Array("/tmp-\(name)".utf8)
            if expected.contains(name) {
                try tree.context.unlink(path.span.bytes, from: root)
                expected.remove(name)
            } else {
                try tree.context.makeSymbolicLink(to: path.span.bytes, path.span.bytes, from: root)
                expected.insert(name)
            }
        }
        let found = Set(try tree.names("/").filter { $0.hasPrefix("tmp-") })
        #expect(found == Set(expected.map { "tmp-\($0)" }), "seed \(seed)")
        for name in expected { _ = try tree.resolve("/tmp-\(name)", .keep) }
    }
}

@Suite("Holes, named pipes, files without names", .serialized) struct SpecialFileTests {
    @Test("punched pages go, partial ones become zero, the length stays")
    func holes() throws {
        let tree = try Tree()
        let data = (0..<(12 * 4096)).map { UInt8(truncatingIfNeeded: $0 / 4096 + 1) }
        let file = try tree.open("/f", [.create, .readWrite])
        _ = try file.write(at: 0, data.span.bytes)
        let pages = try #require(file.node as? RegularNode).pages
        let before = Frames.freeCount
        pages.punchHole(from: 4000, to: 9 * 4096 + 100)
        #expect(Frames.freeCount == before + 8)
        #expect(file.node.byteCount == Int64(data.count))
        var expected = data
        for index in 4000..<(9 * 4096 + 100) { expected[index] = 0 }
        #expect(try tree.read("/f") == expected)
        #expect(try file.seek(by: 0, from: .hole) == 4096)
        #expect(try file.seek(by: 4096, from: .data) == 9 * 4096)
        #expect(pages.nextPage(from: 0) == 0)
        #expect(pages.nextPage(from: 10) == 10)
        #expect(pages.nextPage(from: 12) == nil)
    }

    @Test("the next page of a sparse file is found without looking at each")
    func sparse() throws {
        let tree = try Tree()
        let file = try tree.open("/f", [.create, .readWrite])
        for shift in [13, 22, 33, 44] {
            _ = try file.write(at: 1 << Int64(shift), [1].span.bytes)
        }
        var found: [Int] = []
        let pages = try #require(file.node as? RegularNode).pages
        var next = pages.nextPage(from: 0)
        while let page = next {
            found.append(page)
            next = pages.nextPage(from: page + 1)
        }
        #expect(found == [1 << 1, 1 << 10, 1 << 21, 1 << 32])
        pages.punchHole(from: 0, to: .max)
        #expect(pages.nextPage(from: 0) == nil)
        #expect(pages.allocatedPages == 0)
    }

    @Test("a named pipe: fifo(7)") func namedPipe() throws {
        let tree = try Tree()
        let path = Array("/p".utf8)
        try tree.context.makeNode(
            path.span.bytes, from: tree.system.root, kind: .pipe,
            mode: FileMode(rawValue: 0o666))
        #expect(throws: Errno.noSuchDeviceOrAddress) {
            try tree.open("/p", [.writeOnly, .nonblocking])
        }
        let reading = try tree.open("/p", .nonblocking)
        let writing = try tree.open("/p", .writeOnly)
        let sent: [UInt8] = [1, 2, 3]
        _ = try writing.write(sent.span.bytes, .nonblocking)
        writing.release()
        let bytes = try withProgramBytes([0, 0, 0, 0]) { (address: VirtualAddress) throws in
            #expect(try reading.read(count: 4, to: address) == 3)
            #expect(try reading.read(count: 4, to: address) == 0)
        }
        #expect(bytes == [1, 2, 3, 0])
        reading.release()
    }

    @Test("O_TMPFILE has no name until it is linked") func temporary() throws {
        let tree = try Tree()
        let file = try tree.open("/", [.temporaryFile, .directory, .readWrite])
        #expect(file.node.linkCount == 0)
        #expect(try tree.names("/") == ["dev", "proc", "sys"])
        try tree.context.makeLink(
            to: file.entry, Array("/named".utf8).span.bytes, from: tree.system.root)
        #expect(try tree.resolve("/named").node === file.node)
        #expect(file.node.linkCount == 1)
        let hidden = try tree.open("/", [.temporaryFile, .directory, .readWrite, .exclusive])
        #expect(throws: Errno.noSuchFile) {
            try tree.context.makeLink(
                to: hidden.entry, Array("/other".utf8).span.bytes, from: tree.system.root)
        }
    }
}

@Suite("Paths of entries", .serialized) struct EntryPathTests {
    private func path(_ entry: DirectoryEntry, from root: DirectoryEntry) -> (String, Bool) {
        var storage = [UInt8](repeating: 0, count: 4096)
        var isTruncated = false
        var count = 0
        do {
            var span = storage.mutableSpan
            var text = TextBuffer(into: span.mutableBytes)
            entry.writePath(from: root, to: &text)
            isTruncated = text.isTruncated
            count = text.writtenCount
        }
        return (String(decoding: storage.prefix(count), as: UTF8.self), isTruncated)
    }

    @Test("a path goes from the root asked for, and follows a rename") func paths() throws {
        var tree = try Tree()
        let root = tree.system.root
        for name in ["/a", "/a/b", "/a/b/c"] {
            try tree.context.makeDirectory(
                Array(name.utf8).span.bytes, from: root, mode: FileMode(rawValue: 0o755))
        }
        let entry = try tree.resolve("/a/b/c")
        #expect(path(entry, from: root) == ("/a/b/c", false))
        #expect(path(entry, from: try tree.resolve("/a")) == ("/b/c", false))
        #expect(path(root, from: root) == ("/", false))
        try tree.context.rename(
            Array("/a/b".utf8).span.bytes, from: root, to: Array("/new".utf8).span.bytes, from: root
        )
        #expect(path(entry, from: root) == ("/new/c", false))
        tree.context.root = try tree.resolve("/new")
        #expect(try tree.resolve("/c") === entry)
        #expect(try tree.resolve("/../../c") === entry)
    }

    @Test("a path too deep for any buffer is told in time", .timeLimit(.minutes(1)))
    func deep() throws {
        var tree = try Tree()
        let name = Array("d".utf8)
        for _ in 0..<50_000 {
            let here = tree.context.workingDirectory
            try tree.context.makeDirectory(
                name.span.bytes, from: here, mode: FileMode(rawValue: 0o755))
            tree.context.workingDirectory = try tree.resolve("d")
        }
        let deepest = tree.context.workingDirectory
        #expect(path(deepest, from: tree.system.root).1)
        // Taken apart from below, so that nothing is freed by recursion.
        while let up = tree.context.workingDirectory.parent {
            tree.context.workingDirectory = up
            try tree.context.removeDirectory(name.span.bytes, from: up)
        }
    }
}
