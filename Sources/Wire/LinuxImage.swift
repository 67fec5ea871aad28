package import Base

/// The header of a Linux `Image` for arm64 (Linux: Documentation/arm64/booting.rst), checked.
///
/// An `Image` is a kernel as it lies in memory; boot loaders, QEMU among them, find out by this header
/// where to put it. Two of its three reserved words are ours: where a Martlet note lies in the file,
/// and how many bytes the kernel itself has, in an image that `martlet build` made; else zero.
package struct LinuxImageHeader: Equatable, Sendable {
    package static let byteCount = 64
    /// "ARM\u{64}" as a little-endian integer.
    package static let magic: UInt32 = 0x644d_5241

    /// From a boundary of 2 MiB to the kernel's first byte.
    package let textOffset: UInt64
    /// Bytes of memory that the kernel takes from its first byte on.
    package let imageByteCount: UInt64
    package let noteOffset: UInt64
    package let kernelByteCount: UInt64

    /// Byte offsets of the fields.
    package enum Offset {
        package static let textOffset = 8
        package static let imageByteCount = 16
        package static let flags = 24
        package static let noteOffset = 32
        package static let kernelByteCount = 40
        static let magic = 56
    }

    /// Reads the header at the start of a file; `nil` where there is none, or one of a big-endian
    /// kernel.
    package init?(checking bytes: RawSpan) {
        guard bytes.byteCount >= Self.byteCount,
            bytes.littleEndian(UInt32.self, at: Offset.magic) == Self.magic,
            bytes.byte(at: Offset.flags) & 1 == 0
        else { return nil }
        textOffset = bytes.littleEndian(UInt64.self, at: Offset.textOffset)
        imageByteCount = bytes.littleEndian(UInt64.self, at: Offset.imageByteCount)
        noteOffset = bytes.littleEndian(UInt64.self, at: Offset.noteOffset)
        kernelByteCount = bytes.littleEndian(UInt64.self, at: Offset.kernelByteCount)
    }
}

/// An ELF file's loadable bytes as they lie in physical memory, without the file around them, as
/// `objcopy -O binary` makes of it.
package struct FlatLayout: Equatable, Sendable {
    /// Bytes of the file, and where they go.
    package struct Part: Equatable, Sendable {
        package let file: Range<Int>
        package let offset: Int
    }
    /// In order of their places, which do not overlap.
    package let parts: [Part]
    /// The physical address of the first byte.
    package let base: PhysicalAddress
    /// Bytes up to the last one that the file has.
    package var byteCount: Int { parts.last.map { $0.offset + $0.file.count } ?? 0 }
    /// Bytes of memory, with those that begin as zero.
    package let memoryByteCount: Int

    /// What is spread wider is no kernel.
    private static let maximumByteCount: UInt64 = 64 << 20

    package init(_ segments: borrowing ELFSegments) throws(ELFFailure) {
        var loads: [ELFSegment] = []
        for index in 0..<segments.count {
            let segment = segments[index]
            guard segment.kind == .load, segment.memoryByteCount > 0 else { continue }
            if let last = loads.last, segment.physicalAddress < last.physicalAddress {
                throw .segmentsOutOfOrder
            }
            loads.append(segment)
        }
        guard let first = loads.first else { throw .noLoadableSegments }
        var parts: [Part] = []
        var end: UInt64 = 0
        for load in loads {
            let offset = load.physicalAddress.rawValue - first.physicalAddress.rawValue
            guard offset <= Self.maximumByteCount, load.memoryByteCount <= Self.maximumByteCount
            else { throw .hugeSegment }
            guard offset >= end else { throw .overlappingSegments }
            end = offset + load.memoryByteCount
            guard load.fileByteCount > 0 else { continue }
            // The checked segments lie within the file.
            let start = Int(load.fileOffset)
            parts.append(Part(file: start..<start + Int(load.fileByteCount), offset: Int(offset)))
        }
        self.parts = parts
        base = first.physicalAddress
        memoryByteCount = Int(end)
    }

    /// The flat bytes; `read` gives all bytes of a range of the file.
    package func bytes<Failure: Error>(
        _ read: (Range<Int>) throws(Failure) -> [UInt8]
    ) throws(Failure) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(byteCount)
        for part in parts {
            result += [UInt8](repeating: 0, count: part.offset - result.count)
            result += try read(part.file)
        }
        return result
    }
}
