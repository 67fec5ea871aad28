import Base
import Hardware
import LinuxABI
import Memory
import TestSupport
import Wire

@testable import Files

/// A fresh tree for one test, and short ways to work in it.
struct Tree {
    let system: RootFileSystem
    var context: FileContext

    init() throws {
        TestArena.prepare()
        system = try RootFileSystem()
        context = FileContext(root: system.root, workingDirectory: system.root)
    }
    func open(_ path: String, _ flags: OpenFlags, mode: UInt32 = 0o666) throws(Errno) -> OpenFile {
        let bytes = Array(path.utf8)
        return try context.open(
            bytes.span.bytes, from: context.workingDirectory, flags,
            creationMode: FileMode(rawValue: mode))
    }
    func resolve(_ path: String, _ link: FinalLink = .follow) throws(Errno) -> DirectoryEntry {
        let bytes = Array(path.utf8)
        return try context.resolve(bytes.span.bytes, link)
    }
    func write(_ path: String, _ text: String) throws {
        let file = try open(path, [.create, .writeOnly])
        let bytes = Array(text.utf8)
        _ = try file.node.write(file, at: 0, bytes.span.bytes, .blocking)
        file.release()
    }
    func read(_ path: String) throws -> [UInt8] {
        let file = try open(path, [])
        defer { file.release() }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        var done = 0
        while true {
            var span = bytes.mutableSpan
            var raw = span.mutableBytes
            var rest = raw._mutatingExtracting(done..<raw.byteCount)
            let count = try file.node.read(file, at: Int64(done), into: &rest)
            if count == 0 { break }
            done += count
        }
        return Array(bytes.prefix(done))
    }
    func names(_ path: String) throws -> [String] {
        let entry = try resolve(path)
        guard let directory = entry.directory else { throw Errno.notDirectory }
        var names: [String] = []
        try directory.list(from: 0) { listed throws(Errno) in
            names.append(
                String(
                    decoding: (0..<listed.name.byteCount).map { listed.name.byte(at: $0) },
                    as: UTF8.self))
            return true
        }
        return names
    }
    /// Puts an archive into frames of its own and populates the tree from it.
    func populate(_ archive: [UInt8]) throws(ArchiveFailure) {
        let frames = TestArena.takeReserved((archive.count + 4095) / 4096)
        let first = frames.lowerBound
        for page in 0..<frames.count {
            let start = page * Page.size
            Frame(number: first + UInt32(page)).withMutableBytes { bytes in
                for index in 0..<Page.size where start + index < archive.count {
                    bytes.storeLittleEndian(archive[start + index], at: index)
                }
            }
        }
        try system.populate(
            fromArchive: frames, byteCount: archive.count)
    }
}

/// An archive of (name, mode, data) records.
func archive(
    _ files: [(name: String, mode: UInt32, data: [UInt8])], links: [Int: UInt32] = [:],
    _ placement: CpioWriter.Placement = .pageAligned
) throws -> [UInt8] {
    var writer = CpioWriter()
    var bytes: [UInt8] = []
    for (index, file) in files.enumerated() {
        var entry = CpioEntry()
        entry.mode = file.mode
        entry.modificationTime = 1_700_000_000
        if let number = links[index] {
            entry.number = number
            entry.linkCount = 2
        }
        bytes += try writer.header(
            entry, name: Array(file.name.utf8), dataByteCount: UInt32(file.data.count), placement)
        bytes += file.data
        bytes += writer.padding()
    }
    bytes += writer.trailer()
    return bytes
}
