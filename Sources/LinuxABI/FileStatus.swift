internal import Base

/// What stat(2) and statx(2) tell of a file, apart from how either lays it out.
package struct FileStatus: Sendable {
    package var deviceMajor: UInt32 = 0
    package var deviceMinor: UInt32 = 0
    package var number: UInt64 = 0
    /// Kind and permission bits together.
    package var mode: UInt32 = 0
    package var linkCount: UInt64 = 0
    package var owner: UInt32 = 0
    package var group: UInt32 = 0
    package var specialMajor: UInt32 = 0
    package var specialMinor: UInt32 = 0
    package var byteCount: Int64 = 0
    /// In units of 512 bytes.
    package var blockCount: Int64 = 0
    package var access = TimeSpecification(seconds: 0, nanoseconds: 0)
    package var modification = TimeSpecification(seconds: 0, nanoseconds: 0)
    package var change = TimeSpecification(seconds: 0, nanoseconds: 0)
    package var birth = TimeSpecification(seconds: 0, nanoseconds: 0)

    package init() {}

    /// Bytes that are best read or written at a time (`st_blksize`).
    package static let blockSize = 4096
    /// Size of `struct stat`.
    package static func byteCountOfStat(_ abi: ABI) -> Int { StatLayout(abi).structure }
    /// Size of `struct statx`.
    package static let byteCountOfStatx = 256

    /// A device number as `st_dev` and `st_rdev` have it (makedev(3)).
    package static func encode(major: UInt32, minor: UInt32) -> UInt64 {
        let (major, minor) = (UInt64(major), UInt64(minor))
        return (major & 0xfff) << 8 | (major & ~0xfff) << 32 | minor & 0xff | (minor & ~0xff) << 12
    }

    /// Where the fields of `struct stat` lie that have the same place everywhere.
    private enum Stat {
        static let device = 0
        static let number = 8
        static let byteCount = 48
        static let blockSize = 56
        static let blockCount = 64
        static let access = 72
        static let modification = 88
        static let change = 104
    }
    /// Where the others lie (x86-64: asm/stat.h; arm64: asm-generic/stat.h, whose link count and block
    /// size have 32 bits).
    private struct StatLayout {
        let mode: Int
        let linkCount: Int
        let owner: Int
        let group: Int
        let special: Int
        let structure: Int

        init(_ abi: ABI) {
            switch abi {
            case .x86_64:
                (linkCount, mode, owner, group, special, structure) = (16, 24, 28, 32, 40, 144)
            case .arm64:
                (mode, linkCount, owner, group, special, structure) = (16, 20, 24, 28, 32, 128)
            }
        }
    }
    /// Writes a `struct stat` into bytes that are zero. Precondition: there are `byteCountOfStat`.
    package func encodeStat(as abi: ABI, into bytes: inout MutableRawSpan) {
        let layout = StatLayout(abi)
        bytes.storeLittleEndian(
            Self.encode(major: deviceMajor, minor: deviceMinor), at: Stat.device)
        bytes.storeLittleEndian(number, at: Stat.number)
        switch abi {
        case .x86_64: bytes.storeLittleEndian(linkCount, at: layout.linkCount)
        case .arm64:
            bytes.storeLittleEndian(UInt32(truncatingIfNeeded: linkCount), at: layout.linkCount)
        }
        bytes.storeLittleEndian(mode, at: layout.mode)
        bytes.storeLittleEndian(owner, at: layout.owner)
        bytes.storeLittleEndian(group, at: layout.group)
        bytes.storeLittleEndian(
            Self.encode(major: specialMajor, minor: specialMinor), at: layout.special)
        bytes.storeLittleEndian(byteCount, at: Stat.byteCount)
        // What is behind 32 bits of it is padding.
        bytes.storeLittleEndian(Int64(Self.blockSize), at: Stat.blockSize)
        bytes.storeLittleEndian(blockCount, at: Stat.blockCount)
        access.encode(into: &bytes, at: Stat.access)
        modification.encode(into: &bytes, at: Stat.modification)
        change.encode(into: &bytes, at: Stat.change)
    }

    /// Where the fields of `struct statx` lie (linux/stat.h).
    private enum Statx {
        static let mask = 0
        static let blockSize = 4
        static let linkCount = 16
        static let owner = 20
        static let group = 24
        static let mode = 28
        static let number = 32
        static let byteCount = 40
        static let blockCount = 48
        static let access = 64
        static let birth = 80
        static let change = 96
        static let modification = 112
        static let specialMajor = 128
        static let specialMinor = 132
        static let deviceMajor = 136
        static let deviceMinor = 140
    }
    /// STATX_BASIC_STATS and STATX_BTIME: what is filled in, whatever was asked for.
    private static let statxMask: UInt32 = 0x7ff | 0x800

    /// Writes a `struct statx` into bytes that are zero. Precondition: there are `byteCountOfStatx`.
    package func encodeStatx(into bytes: inout MutableRawSpan) {
        bytes.storeLittleEndian(Self.statxMask, at: Statx.mask)
        bytes.storeLittleEndian(UInt32(Self.blockSize), at: Statx.blockSize)
        bytes.storeLittleEndian(UInt32(truncatingIfNeeded: linkCount), at: Statx.linkCount)
        bytes.storeLittleEndian(owner, at: Statx.owner)
        bytes.storeLittleEndian(group, at: Statx.group)
        bytes.storeLittleEndian(UInt16(truncatingIfNeeded: mode), at: Statx.mode)
        bytes.storeLittleEndian(number, at: Statx.number)
        bytes.storeLittleEndian(byteCount, at: Statx.byteCount)
        bytes.storeLittleEndian(blockCount, at: Statx.blockCount)
        access.encodeStatx(into: &bytes, at: Statx.access)
        birth.encodeStatx(into: &bytes, at: Statx.birth)
        change.encodeStatx(into: &bytes, at: Statx.change)
        modification.encodeStatx(into: &bytes, at: Statx.modification)
        bytes.storeLittleEndian(specialMajor, at: Statx.specialMajor)
        bytes.storeLittleEndian(specialMinor, at: Statx.specialMinor)
        bytes.storeLittleEndian(deviceMajor, at: Statx.deviceMajor)
        bytes.storeLittleEndian(deviceMinor, at: Statx.deviceMinor)
    }
}

/// What statfs(2) tells of a file system.
package struct FileSystemStatus: Sendable {
    package var magic: UInt64 = 0
    package var blockCount: UInt64 = 0
    package var freeBlocks: UInt64 = 0
    package var fileCount: UInt64 = 0
    package var freeFiles: UInt64 = 0
    package var flags: UInt64 = 0

    package init() {}

    /// Size of `struct statfs` (asm-generic/statfs.h).
    package static let byteCount = 120
    private enum Offset {
        static let magic = 0
        static let blockSize = 8
        static let blockCount = 16
        static let freeBlocks = 24
        static let availableBlocks = 32
        static let fileCount = 40
        static let freeFiles = 48
        static let nameLength = 64
        static let fragmentSize = 72
        static let flags = 80
    }
    /// Writes a `struct statfs` into bytes that are zero. Precondition: there are `byteCount`.
    package func encode(into bytes: inout MutableRawSpan) {
        bytes.storeLittleEndian(magic, at: Offset.magic)
        bytes.storeLittleEndian(UInt64(FileStatus.blockSize), at: Offset.blockSize)
        bytes.storeLittleEndian(blockCount, at: Offset.blockCount)
        bytes.storeLittleEndian(freeBlocks, at: Offset.freeBlocks)
        bytes.storeLittleEndian(freeBlocks, at: Offset.availableBlocks)
        bytes.storeLittleEndian(fileCount, at: Offset.fileCount)
        bytes.storeLittleEndian(freeFiles, at: Offset.freeFiles)
        bytes.storeLittleEndian(UInt64(255), at: Offset.nameLength)
        bytes.storeLittleEndian(UInt64(FileStatus.blockSize), at: Offset.fragmentSize)
        bytes.storeLittleEndian(flags, at: Offset.flags)
    }
}
