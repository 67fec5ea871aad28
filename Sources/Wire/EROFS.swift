internal import Base

/// Why an image, or something in it, can't be used.
package enum EROFSFailure: Error, Equatable, Sendable {
    /// The bytes are no EROFS image: too few, or without its magic number.
    case notAnImage
    /// The bytes end before the image does.
    case truncated
    case badChecksum
    /// Blocks are not of 4096 bytes, and data can't be used where it lies.
    case unsupportedBlockSize
    /// The image has compressed files: `mkfs.erofs` without `-z` makes one that has none.
    case compressed
    /// Incompatible features that are not known (the superblock's bits).
    case unsupportedFeatures(UInt32)
    /// Something in the image contradicts itself or leads out of it.
    case damaged
}

/// The on-disk format of EROFS (Linux Documentation/filesystems/erofs.rst, fs/erofs/erofs_fs.h).
package enum EROFS {
    /// Where the superblock begins.
    package static let superblockOffset = 1024
    package static let superblockByteCount = 128
    package static let magic: UInt32 = 0xe0f5_e1e2
    /// Inode numbers count slots of so many bytes.
    static let slotByteCount = 32
    static let directoryRecordByteCount = 12
    package static let maximumNameByteCount = 255

    /// Fields of the superblock, from its start.
    enum Field {
        static let magic = 0
        static let checksum = 4
        static let compatibleFeatures = 8
        static let blockSizeBits = 12
        static let rootNumber = 14
        static let inodeCount = 16
        static let buildSeconds = 24
        static let buildNanoseconds = 32
        static let blockCount = 36
        static let metadataBlock = 40
        static let attributesBlock = 44
        static let incompatibleFeatures = 80
        static let directoryBlockSizeBits = 90
    }
    /// Bits that a reader may ignore.
    enum CompatibleFeatures {
        static let checksum: UInt32 = 1 << 0
    }
    /// Bits that a reader must know.
    enum IncompatibleFeatures {
        /// Compressed data is padded at its start; mkfs.erofs sets it where it may compress.
        static let zeroPadding: UInt32 = 1 << 0
        static let compressionConfigurations: UInt32 = 1 << 1
        static let chunkedFiles: UInt32 = 1 << 2
        /// Second compression heads; the same bit says that there is a table of devices.
        static let deviceTable: UInt32 = 1 << 3
        static let tailPacking: UInt32 = 1 << 4
        static let fragments: UInt32 = 1 << 5

        static let known = chunkedFiles
        static let ofCompression =
            zeroPadding | compressionConfigurations | tailPacking | fragments
    }
}

/// An EROFS image whose superblock was checked: read-only, uncompressed, with blocks of a page.
///
/// Nothing but the superblock is looked at before it is asked for, so an image of any size costs the
/// same to begin with. Every answer is checked against the image's bounds; what is wrong throws
/// `damaged` and never traps. Directories may contain themselves in a hostile image: who walks a tree
/// bounds the depth.
package struct EROFSImage: ~Escapable {
    /// The image's blocks, without what follows them.
    package let bytes: RawSpan
    /// The root directory's inode.
    package let rootNumber: UInt64
    /// How many inodes the image says that it has.
    package let inodeCount: UInt64
    /// When the image was made, in seconds since 1970 and nanoseconds: the time of compact inodes.
    package let buildSeconds: Int64
    package let buildNanoseconds: UInt32
    /// Where inode 0 would be.
    let metadataStart: Int
    /// Where shared attribute 0 would be.
    let attributesStart: Int

    /// Whether the superblock's checksum is looked at, which takes some 25,000 steps.
    package enum ChecksumPolicy: Sendable {
        case checked
        /// It was checked before.
        case trusted
    }

    /// Checks the superblock. Any `EROFSFailure`.
    ///
    /// Of a file with `fileByteCount` bytes, `bytes` may be the first page alone: the superblock is
    /// checked against the file, and nothing beyond the page can be asked for.
    @_lifetime(copy bytes)
    package init(
        checking bytes: RawSpan, _ policy: ChecksumPolicy = .checked, fileByteCount: Int? = nil
    ) throws(EROFSFailure) {
        let start = EROFS.superblockOffset
        guard bytes.byteCount >= start + EROFS.superblockByteCount,
            bytes.littleEndian(UInt32.self, at: start + EROFS.Field.magic) == EROFS.magic
        else { throw .notAnImage }
        func field<Value: FixedWidthInteger & BitwiseCopyable>(
            _ type: Value.Type, _ offset: Int
        ) -> Value { bytes.littleEndian(type, at: start + offset) }

        let incompatible = field(UInt32.self, EROFS.Field.incompatibleFeatures)
        guard incompatible & EROFS.IncompatibleFeatures.ofCompression == 0 else {
            throw .compressed
        }
        let unknown = incompatible & ~EROFS.IncompatibleFeatures.known
        guard unknown == 0 else { throw .unsupportedFeatures(unknown) }
        guard field(UInt8.self, EROFS.Field.blockSizeBits) == Page.shift,
            field(UInt8.self, EROFS.Field.directoryBlockSizeBits) == 0
        else { throw .unsupportedBlockSize }
        let byteCount = Int(field(UInt32.self, EROFS.Field.blockCount)) << Page.shift
        guard byteCount >= Page.size else { throw .damaged }
        guard byteCount <= fileByteCount ?? bytes.byteCount, bytes.byteCount >= Page.size else {
            throw .truncated
        }
        let compatible = field(UInt32.self, EROFS.Field.compatibleFeatures)
        if policy == .checked, compatible & EROFS.CompatibleFeatures.checksum != 0 {
            guard field(UInt32.self, EROFS.Field.checksum) == Self.checksum(bytes) else {
                throw .badChecksum
            }
        }
        let nanoseconds = field(UInt32.self, EROFS.Field.buildNanoseconds)
        guard nanoseconds < 1_000_000_000 else { throw .damaged }
        self.bytes = bytes.extracting(first: min(byteCount, bytes.byteCount))
        rootNumber = UInt64(field(UInt16.self, EROFS.Field.rootNumber))
        inodeCount = field(UInt64.self, EROFS.Field.inodeCount)
        buildSeconds = Int64(
            bitPattern: field(UInt64.self, EROFS.Field.buildSeconds))
        buildNanoseconds = nanoseconds
        metadataStart = Int(field(UInt32.self, EROFS.Field.metadataBlock)) << Page.shift
        attributesStart = Int(field(UInt32.self, EROFS.Field.attributesBlock)) << Page.shift
    }

    /// CRC-32C over the superblock and the rest of its block, the checksum itself taken as zero;
    /// begun with ones and not inverted at the end.
    private static func checksum(_ bytes: RawSpan) -> UInt32 {
        let own = EROFS.superblockOffset + EROFS.Field.checksum
        var value: UInt32 = .max
        for index in EROFS.superblockOffset..<Page.size {
            let isOwn = index >= own && index < own + MemoryLayout<UInt32>.size
            value ^= isOwn ? 0 : UInt32(bytes.byte(at: index))
            for _ in 0..<8 { value = value >> 1 ^ (value & 1 == 0 ? 0 : 0x82f6_3b78) }
        }
        return value
    }
}
