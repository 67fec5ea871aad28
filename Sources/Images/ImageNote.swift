internal import Base
internal import NucleusInterface

/// The note that makes an ELF file a Martlet image, and where in the file everything lies.
///
///     kernel        the kernel's file without its symbols; in the room behind its program headers
///                   one more of them and what it names: the note, owner "Martlet", type 2, and
///                   where there is room the sizes of the kernel's modules (type 3)
///     archive       on a page boundary, whole pages: cpio of the program and its files, and behind
///                   it the image of a root file system where there is one (RootImageFooter)
///     command line  program, arguments, environment, as the kernel reads them
///     checksum      CRC-32C of all that comes before it, the file's last four bytes
struct ImageNote: Equatable, Sendable {
    /// Changes when what is written here changes.
    static let currentVersion: UInt32 = 1
    static let type: UInt32 = 2
    static let owner: StaticString = "Martlet"
    static let descriptorByteCount = 48
    /// Header, owner with its NUL, descriptor.
    static let byteCount = 12 + 8 + descriptorByteCount
    static let checksumByteCount = 4

    let archive: Range<Int>
    let commandLine: Range<Int>
    let imageByteCount: Int

    /// Byte offsets within the descriptor.
    private enum Offset {
        static let version = 0
        static let interfaceVersion = 4
        static let archiveStart = 8
        static let archiveByteCount = 16
        static let commandLineStart = 24
        static let commandLineByteCount = 32
        static let imageByteCount = 40
    }

    enum Failure: Error, Equatable {
        case otherVersion
        case damaged
    }

    init(archive: Range<Int>, commandLine: Range<Int>, imageByteCount: Int) {
        self.archive = archive
        self.commandLine = commandLine
        self.imageByteCount = imageByteCount
    }

    /// Reads a descriptor of a file of `fileByteCount` bytes; all ranges then lie within the file.
    init(checking descriptor: RawSpan, fileByteCount: Int) throws(Failure) {
        guard descriptor.byteCount >= 8 else { throw .damaged }
        guard
            descriptor.littleEndian(UInt32.self, at: Offset.version) == Self.currentVersion,
            descriptor.littleEndian(UInt32.self, at: Offset.interfaceVersion)
                == NucleusInterface.version
        else { throw .otherVersion }
        guard descriptor.byteCount == Self.descriptorByteCount else { throw .damaged }
        imageByteCount = Int(
            clamping: descriptor.littleEndian(UInt64.self, at: Offset.imageByteCount))
        guard imageByteCount == fileByteCount else { throw .damaged }
        archive = try Self.range(descriptor, at: Offset.archiveStart, within: fileByteCount)
        commandLine = try Self.range(descriptor, at: Offset.commandLineStart, within: fileByteCount)
        guard archive.lowerBound % Page.size == 0, archive.count % Page.size == 0 else {
            throw .damaged
        }
    }

    private static func range(
        _ descriptor: RawSpan, at offset: Int, within fileByteCount: Int
    ) throws(Failure) -> Range<Int> {
        let start = descriptor.littleEndian(UInt64.self, at: offset)
        let byteCount = descriptor.littleEndian(UInt64.self, at: offset + 8)
        guard start <= UInt64(fileByteCount), byteCount <= UInt64(fileByteCount) - start else {
            throw .damaged
        }
        return Int(start)..<Int(start) + Int(byteCount)
    }

    /// The whole note, as it is in the file.
    var bytes: [UInt8] {
        var descriptor = Self.bytes(Self.currentVersion) + Self.bytes(NucleusInterface.version)
        for value in [
            archive.lowerBound, archive.count, commandLine.lowerBound, commandLine.count,
            imageByteCount,
        ] { descriptor += Self.bytes(UInt64(value)) }
        return Self.note(Self.type, descriptor)
    }

    /// A note of Martlet's (System V ABI, "Note Section"), padded to 4 bytes.
    static func note(_ type: UInt32, _ descriptor: [UInt8]) -> [UInt8] {
        var result =
            bytes(UInt32(owner.utf8CodeUnitCount + 1)) + bytes(UInt32(descriptor.count))
            + bytes(type)
        for index in 0..<owner.utf8CodeUnitCount { result.append(owner.byte(at: index)) }
        result.append(0)
        result += descriptor
        return result + [UInt8](repeating: 0, count: -result.count & 3)
    }
    private static func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Value(8 * $0)) }
    }
}

/// Reads any bytes as the note of an image, for the fuzzer: the file's size (u32), then the note's
/// descriptor. Traps where an accepted note reaches outside the file.
package func fuzzImageNote(_ bytes: RawSpan, isPlanted: Bool) {
    guard bytes.byteCount >= 4 else { return }
    let fileByteCount = Int(bytes.littleEndian(UInt32.self, at: 0))
    let descriptor = bytes.extracting(droppingFirst: 4)
    guard let note = try? ImageNote(checking: descriptor, fileByteCount: fileByteCount) else {
        return
    }
    precondition(note.archive.upperBound <= fileByteCount)
    precondition(note.commandLine.upperBound <= fileByteCount)
    precondition(!isPlanted || note.archive.lowerBound == 0, "the planted bug")
}
