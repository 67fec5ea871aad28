internal import Base

/// Some of a file's bytes, from an offset on.
package enum EROFSExtent: Equatable, Sendable {
    /// They lie here in the image.
    case bytes(Range<Int>)
    /// So many zeroes that the image does not hold.
    case hole(byteCount: Int64)

    package var byteCount: Int64 {
        switch self {
        case .bytes(let range): Int64(range.count)
        case .hole(let byteCount): byteCount
        }
    }
}

extension EROFSImage {
    /// The chunk format of an inode, in place of a block.
    private enum ChunkFormat {
        static let sizeBits: UInt32 = 0x1f
        /// The table's entries are of 8 bytes, with a device each; else of 4.
        static let hasIndexes: UInt32 = 1 << 5
        static let known = sizeBits | hasIndexes
        /// The block of a chunk that is a hole.
        static let hole: UInt32 = .max
        static let entryByteCount = 4
        static let indexByteCount = 8
        /// In an entry of 8 bytes: the device, which is the image where it is 0, and the block.
        static let device = 2
        static let block = 4
    }

    /// The longest run of one kind that begins at `offset` of a file; the whole file's where it is
    /// flat, but for an inline tail. Precondition: `offset` lies within the file. `damaged`.
    package func extent(
        of inode: EROFSInode, at offset: Int64
    ) throws(EROFSFailure) -> EROFSExtent {
        precondition(offset >= 0 && offset < inode.byteCount)
        switch inode.layout {
        case .plain, .inlineTail:
            let (blocks, tail) = flatRanges(of: inode)
            // `inode(_:)` checked that both lie in the image.
            let start = Int(offset)
            if start < blocks.count {
                return .bytes(blocks.lowerBound + start..<blocks.upperBound)
            }
            return .bytes(tail.lowerBound + start - blocks.count..<tail.upperBound)
        case .chunks: return try chunk(of: inode, at: offset)
        }
    }

    /// Checks what `extent(of:at:)` relies on. The contents of a flat file, or a file's chunk table,
    /// lie within the image.
    func checkExtent(of inode: EROFSInode) throws(EROFSFailure) {
        guard inode.byteCount > 0 else { return }
        switch inode.layout {
        case .plain, .inlineTail:
            guard inode.byteCount <= Int64(bytes.byteCount) else { throw .damaged }
            let (blocks, tail) = flatRanges(of: inode)
            guard blocks.isEmpty || contains(blocks.lowerBound, blocks.count),
                tail.isEmpty || contains(tail.lowerBound, tail.count)
            else { throw .damaged }
            // An inline tail is part of the inode's block (fs/erofs/inode.c).
            guard (tail.lowerBound & (Page.size - 1)) + tail.count <= Page.size || tail.isEmpty
            else { throw .damaged }
        case .chunks:
            guard inode.value & ~ChunkFormat.known == 0 else { throw .damaged }
            let table = chunkTable(of: inode)
            let last = UInt64(inode.byteCount - 1) >> UInt64(table.chunkBits)
            guard last < UInt64(bytes.byteCount / table.entryByteCount),
                contains(table.start, (Int(last) + 1) * table.entryByteCount)
            else { throw .damaged }
        }
    }

    /// Where a flat file's whole blocks and its inline tail lie. Precondition: the file is no longer
    /// than the image.
    private func flatRanges(of inode: EROFSInode) -> (blocks: Range<Int>, tail: Range<Int>) {
        let byteCount = Int(inode.byteCount)
        let tailByteCount = inode.layout == .inlineTail ? byteCount & (Page.size - 1) : 0
        let start = Int(inode.value) << Page.shift
        return (
            start..<start + byteCount - tailByteCount, inode.tail..<inode.tail + tailByteCount
        )
    }

    private func chunkTable(
        of inode: EROFSInode
    ) -> (start: Int, entryByteCount: Int, chunkBits: Int) {
        let entryByteCount =
            inode.value & ChunkFormat.hasIndexes != 0
            ? ChunkFormat.indexByteCount : ChunkFormat.entryByteCount
        let start = (inode.tail + entryByteCount - 1) & ~(entryByteCount - 1)
        return (start, entryByteCount, Page.shift + Int(inode.value & ChunkFormat.sizeBits))
    }

    /// The rest of the chunk that holds `offset`.
    private func chunk(
        of inode: EROFSInode, at offset: Int64
    ) throws(EROFSFailure) -> EROFSExtent {
        let table = chunkTable(of: inode)
        let within = offset & ((1 << Int64(table.chunkBits)) - 1)
        let count = min((1 << Int64(table.chunkBits)) - within, inode.byteCount - offset)
        let entry = table.start + Int(offset >> Int64(table.chunkBits)) * table.entryByteCount
        var block = bytes.littleEndian(UInt32.self, at: entry)
        if table.entryByteCount == ChunkFormat.indexByteCount {
            block = bytes.littleEndian(UInt32.self, at: entry + ChunkFormat.block)
            let device = bytes.littleEndian(UInt16.self, at: entry + ChunkFormat.device)
            guard device == 0 || block == ChunkFormat.hole else { throw .damaged }
        }
        if block == ChunkFormat.hole { return .hole(byteCount: count) }
        guard within <= Int64(bytes.byteCount), count <= Int64(bytes.byteCount) else {
            throw .damaged
        }
        let start = Int(block) << Page.shift + Int(within)
        guard contains(start, Int(count)) else { throw .damaged }
        return .bytes(start..<start + Int(count))
    }

    /// Where the target of a symbolic link lies. Precondition: the inode is one. `damaged` for a NUL
    /// in it, too.
    package func target(of inode: EROFSInode) throws(EROFSFailure) -> Range<Int> {
        precondition(inode.isSymbolicLink)
        guard case .bytes(let range) = try extent(of: inode, at: 0),
            Int64(range.count) == inode.byteCount
        else { throw .damaged }
        for index in range where bytes.byte(at: index) == 0 { throw .damaged }
        return range
    }
}
