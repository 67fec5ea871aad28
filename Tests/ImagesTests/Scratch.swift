import Foundation
import LinuxHost

@testable import Images

/// A folder of a test's own, removed at the end.
final class Scratch {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "martlet-images-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a name in the folder, as bytes.
    func callAsFunction(_ name: String) -> [UInt8] { Array("\(path)/\(name)".utf8) }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8], permissions: Int = 0o755) throws -> [UInt8] {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        try FileManager.default.setAttributes(
            [.posixPermissions: permissions], ofItemAtPath: "\(path)/\(name)")
        return self(name)
    }
    func read(_ path: [UInt8]) throws -> [UInt8] {
        try Array(
            Data(contentsOf: URL(fileURLWithPath: String(decoding: path, as: UTF8.self))))
    }
}

/// A small ELF file, field by field (System V ABI).
struct ELFBuilder {
    struct Segment {
        var kind: UInt32 = 1
        var flags: UInt32 = 5
        var offset: UInt64 = 0
        var address: UInt64 = 0x40_0000
        var fileSize: UInt64 = 0x1000
        var memorySize: UInt64 = 0x1000
        var alignment: UInt64 = 0x1000
    }
    var fileClass: UInt8 = 2
    var encoding: UInt8 = 1
    var type: UInt16 = 2
    var machine: UInt16 = 62
    var entry: UInt64 = 0x40_0100
    var segments = [Segment()]
    var byteCount = 0x2000
    /// Bytes placed somewhere in the file.
    var patches: [(offset: Int, bytes: [UInt8])] = []

    static func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    var bytes: [UInt8] {
        var file: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, fileClass, encoding, 1, 0]
        file += [UInt8](repeating: 0, count: 8)
        file += Self.bytes(type) + Self.bytes(machine) + Self.bytes(UInt32(1))
        file += Self.bytes(entry) + Self.bytes(UInt64(64)) + Self.bytes(UInt64(0))
        file += Self.bytes(UInt32(0)) + Self.bytes(UInt16(64)) + Self.bytes(UInt16(56))
        file += Self.bytes(UInt16(segments.count)) + Self.bytes(UInt16(64)) + [0, 0, 0, 0]
        for segment in segments {
            file += Self.bytes(segment.kind) + Self.bytes(segment.flags)
            file += Self.bytes(segment.offset) + Self.bytes(segment.address)
            file += Self.bytes(segment.address) + Self.bytes(segment.fileSize)
            file += Self.bytes(segment.memorySize) + Self.bytes(segment.alignment)
        }
        file += [UInt8](repeating: 0, count: max(0, byteCount - file.count))
        for patch in patches {
            file.replaceSubrange(patch.offset..<patch.offset + patch.bytes.count, with: patch.bytes)
        }
        return Array(file.prefix(byteCount))
    }

    /// The same for arm64, whose first loaded bytes are the header of a Linux Image; it takes three
    /// pages of memory, the last of which begins as zero.
    static var arm64Kernel: [UInt8] {
        var builder = ELFBuilder()
        builder.machine = 183
        builder.segments[0].offset = 0x1000
        builder.segments[0].memorySize = 0x2800
        builder.segments.append(
            Segment(
                kind: 4, flags: 4, offset: 0x1100, fileSize: 52, memorySize: 52, alignment: 4))
        builder.patches = [
            (0x1000, bytes(UInt64(0x1400_0010))), (0x1010, bytes(UInt64(0x2800))),
            (0x1038, Array("ARM\u{64}".utf8)),
            (
                0x1100,
                bytes(UInt32(8)) + bytes(UInt32(32)) + bytes(UInt32(1))
                    + Array("Martlet\0".utf8) + [UInt8](repeating: 0, count: 32)
            ),
        ]
        builder.byteCount = 0x2123
        return builder.bytes
    }

    /// A file that has the kernel's note and room for one more.
    static var kernel: [UInt8] {
        var builder = ELFBuilder()
        let note =
            bytes(UInt32(8)) + bytes(UInt32(32)) + bytes(UInt32(1)) + Array("Martlet\0".utf8)
            + [UInt8](repeating: 0, count: 32)
        builder.segments[0].offset = 0x1000
        builder.segments.append(
            Segment(
                kind: 4, flags: 4, offset: 0x1000, fileSize: UInt64(note.count),
                memorySize: UInt64(note.count), alignment: 4))
        builder.patches = [(0x1000, note)]
        builder.byteCount = 0x2123
        return builder.bytes
    }
}
