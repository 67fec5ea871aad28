internal import Base

/// A file of an EROFS image: the values of its inode, and where in the image its parts lie.
package struct EROFSInode: Equatable, Sendable {
    /// How a file's contents lie in the image.
    package enum Layout: UInt16, Sendable {
        /// In consecutive blocks.
        case plain = 0
        /// As `plain`, but for what does not fill the last block: that follows the inode.
        case inlineTail = 2
        /// In chunks of one size, each anywhere or a hole, by a table that follows the inode.
        case chunks = 4
    }
    /// What directories refer to it by.
    package let number: UInt64
    /// The number that stat(2) shows, which the image's maker gave it.
    package let shownNumber: UInt32
    package let layout: Layout
    /// Kind and permission bits, as `st_mode`.
    package let mode: UInt32
    package let owner: UInt32
    package let group: UInt32
    package let linkCount: UInt32
    package let byteCount: Int64
    /// Seconds since 1970 and nanoseconds.
    package let modificationSeconds: Int64
    package let modificationNanoseconds: UInt32
    /// First block, device number or chunk format, by kind and layout.
    let value: UInt32
    /// The inode's own extended attributes.
    let attributes: Range<Int>

    /// What follows inode and attributes: an inline tail, or (aligned) the chunk table.
    var tail: Int { attributes.upperBound }
    package var kind: UInt32 { mode & EROFSInode.kindMask }
    package var isDirectory: Bool { kind == EROFSInode.directory }
    package var isRegular: Bool { kind == EROFSInode.regular }
    package var isSymbolicLink: Bool { kind == EROFSInode.symbolicLink }
    /// The device that a device node stands for, as Linux packs it into 32 bits (new_encode_dev).
    package var deviceMajor: UInt32 { isDevice ? value >> 8 & 0xfff : 0 }
    package var deviceMinor: UInt32 { isDevice ? value & 0xff | value >> 12 & 0xfff00 : 0 }
    private var isDevice: Bool { kind == 0o020000 || kind == 0o060000 }

    // The kinds of st_mode (inode(7)) that matter to the format.
    static let kindMask: UInt32 = 0o170000
    static let directory: UInt32 = 0o040000
    static let regular: UInt32 = 0o100000
    static let symbolicLink: UInt32 = 0o120000
    /// Bytes of a symbolic link's target.
    static let linkLimit: Int64 = 4095
}

extension EROFSImage {
    /// Fields of both kinds of inode, and of one each.
    private enum Field {
        static let format = 0
        static let attributeUnits = 2
        static let mode = 4
        static let value = 16
        static let shownNumber = 20
        enum Compact {
            static let byteCount = 32
            static let linkCount = 6
            static let size = 8
            static let owner = 24
            static let group = 26
        }
        enum Extended {
            static let byteCount = 64
            static let size = 8
            static let owner = 24
            static let group = 28
            static let seconds = 32
            static let nanoseconds = 40
            static let linkCount = 44
        }
        // Parts of `format`.
        static let isExtended: UInt16 = 1
        static let layoutShift: UInt16 = 1
        static let layoutMask: UInt16 = 7
        static let known: UInt16 = isExtended | layoutMask << layoutShift
    }

    /// The inode of a number. `compressed`, `damaged`.
    package func inode(_ number: UInt64) throws(EROFSFailure) -> EROFSInode {
        let slots = UInt64(bytes.byteCount / EROFS.slotByteCount)
        guard number < slots else { throw .damaged }
        let start = metadataStart + Int(number) * EROFS.slotByteCount
        guard contains(start, Field.Compact.byteCount) else { throw .damaged }
        let format = bytes.littleEndian(UInt16.self, at: start + Field.format)
        guard format & ~Field.known == 0 else { throw .damaged }
        let isExtended = format & Field.isExtended != 0
        let ownByteCount = isExtended ? Field.Extended.byteCount : Field.Compact.byteCount
        guard contains(start, ownByteCount) else { throw .damaged }
        let rawLayout = format >> Field.layoutShift & Field.layoutMask
        guard let layout = EROFSInode.Layout(rawValue: rawLayout) else {
            throw rawLayout == 1 || rawLayout == 3 ? .compressed : .damaged
        }

        func half(_ offset: Int) -> UInt32 {
            UInt32(bytes.littleEndian(UInt16.self, at: start + offset))
        }
        func word(_ offset: Int) -> UInt32 { bytes.littleEndian(UInt32.self, at: start + offset) }
        func long(_ offset: Int) -> UInt64 { bytes.littleEndian(UInt64.self, at: start + offset) }
        let size = isExtended ? long(Field.Extended.size) : UInt64(word(Field.Compact.size))
        let nanoseconds = isExtended ? word(Field.Extended.nanoseconds) : buildNanoseconds
        guard let byteCount = Int64(exactly: size), nanoseconds < 1_000_000_000 else {
            throw .damaged
        }
        let attributesStart = start + ownByteCount
        let attributesByteCount = EROFSAttributes.byteCount(
            units: Int(half(Field.attributeUnits)))
        guard contains(attributesStart, attributesByteCount) else { throw .damaged }
        let inode = EROFSInode(
            number: number, shownNumber: word(Field.shownNumber), layout: layout,
            mode: half(Field.mode),
            owner: isExtended ? word(Field.Extended.owner) : half(Field.Compact.owner),
            group: isExtended ? word(Field.Extended.group) : half(Field.Compact.group),
            linkCount: isExtended
                ? word(Field.Extended.linkCount) : half(Field.Compact.linkCount),
            byteCount: byteCount,
            modificationSeconds: isExtended
                ? Int64(bitPattern: long(Field.Extended.seconds)) : buildSeconds,
            modificationNanoseconds: nanoseconds, value: word(Field.value),
            attributes: attributesStart..<attributesStart + attributesByteCount)
        try check(inode)
        return inode
    }

    /// Whether `count` bytes from `start` on are the image's.
    func contains(_ start: Int, _ count: Int) -> Bool {
        start >= 0 && start <= bytes.byteCount && count <= bytes.byteCount - start
    }

    private func check(_ inode: EROFSInode) throws(EROFSFailure) {
        switch inode.kind {
        case EROFSInode.regular: break
        case EROFSInode.directory:
            // Its records lie in the image, which holds no byte twice.
            guard inode.byteCount <= Int64(bytes.byteCount) else { throw .damaged }
        case EROFSInode.symbolicLink:
            guard (1...EROFSInode.linkLimit).contains(inode.byteCount), inode.layout != .chunks
            else { throw .damaged }
        case 0o010000, 0o020000, 0o060000, 0o140000:
            // Pipes, devices and sockets have no contents.
            return
        default: throw .damaged
        }
        try checkExtent(of: inode)
    }
}
