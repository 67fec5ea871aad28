internal import Base

/// A name in a directory of an EROFS image.
package struct EROFSDirectoryRecord: Equatable, Sendable {
    /// The inode's number.
    package let number: UInt64
    /// Where the name lies in the image: 1 to 255 bytes, without "/" and NUL.
    package let name: Range<Int>
    /// Where the next record is looked for.
    package let next: Int64
}

extension EROFSImage {
    private enum Field {
        static let number = 0
        static let nameOffset = 8
    }

    /// The record at a position, or the first one of the next block; `nil` at the end.
    ///
    /// Position 0 is the first, `next` of a record that of the one behind; "." and ".." are among
    /// them. Precondition: the inode is a directory. `damaged`, also for a position that none had.
    package func record(
        of directory: EROFSInode, at position: Int64
    ) throws(EROFSFailure) -> EROFSDirectoryRecord? {
        precondition(directory.isDirectory)
        guard position >= 0, position <= directory.byteCount else { throw .damaged }
        guard position < directory.byteCount else { return nil }
        let within = Int(position & Int64(Page.size - 1))
        guard within.isMultiple(of: EROFS.directoryRecordByteCount) else { throw .damaged }
        let start = position - Int64(within)
        let block = try directoryBlock(of: directory, at: start)
        let index = within / EROFS.directoryRecordByteCount
        guard index < block.recordCount else { throw .damaged }
        let next =
            index + 1 < block.recordCount
            ? position + Int64(EROFS.directoryRecordByteCount)
            : min(start + Int64(Page.size), directory.byteCount)
        return try record(index, of: block, next: next)
    }

    /// The record of a name, `nil` where there is none: by bisection, first of the blocks, then
    /// within one. Precondition: the inode is a directory. `damaged`.
    package func find(
        _ name: RawSpan, in directory: EROFSInode
    ) throws(EROFSFailure) -> EROFSDirectoryRecord? {
        precondition(directory.isDirectory)
        let size = Int64(Page.size)
        // The last block whose first name is not beyond `name`.
        var low: Int64 = 0
        var high = (directory.byteCount + size - 1) / size
        while high - low > 1 {
            let middle = low + (high - low) / 2
            let block = try directoryBlock(of: directory, at: middle * size)
            let first = try record(0, of: block, next: 0)
            if compare(name, first.name) < 0 { high = middle } else { low = middle }
        }
        guard low < high else { return nil }
        let block = try directoryBlock(of: directory, at: low * size)
        var range = 0..<block.recordCount
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            let next =
                middle + 1 < block.recordCount
                ? low * size + Int64((middle + 1) * EROFS.directoryRecordByteCount)
                : min((low + 1) * size, directory.byteCount)
            let found = try record(middle, of: block, next: next)
            let order = compare(name, found.name)
            if order == 0 { return found }
            range = order < 0 ? range.lowerBound..<middle : middle + 1..<range.upperBound
        }
        return nil
    }

    /// A block of a directory: where it lies, and its number of records, at least one.
    private func directoryBlock(
        of directory: EROFSInode, at offset: Int64
    ) throws(EROFSFailure) -> (range: Range<Int>, recordCount: Int) {
        let byteCount = Int(min(Int64(Page.size), directory.byteCount - offset))
        guard case .bytes(let found) = try extent(of: directory, at: offset),
            found.count >= byteCount
        else { throw .damaged }
        let range = found.lowerBound..<found.lowerBound + byteCount
        // The first name begins where the records end.
        guard byteCount >= EROFS.directoryRecordByteCount else { throw .damaged }
        let names = nameOffset(0, range)
        guard names >= EROFS.directoryRecordByteCount, names < byteCount,
            names.isMultiple(of: EROFS.directoryRecordByteCount)
        else { throw .damaged }
        return (range, names / EROFS.directoryRecordByteCount)
    }
    private func nameOffset(_ index: Int, _ block: Range<Int>) -> Int {
        let start = block.lowerBound + index * EROFS.directoryRecordByteCount
        return Int(bytes.littleEndian(UInt16.self, at: start + Field.nameOffset))
    }

    /// A record of a block. Precondition: the block has it.
    private func record(
        _ index: Int, of block: (range: Range<Int>, recordCount: Int), next: Int64
    ) throws(EROFSFailure) -> EROFSDirectoryRecord {
        let isLast = index + 1 == block.recordCount
        let first = nameOffset(index, block.range)
        var end = isLast ? block.range.count : nameOffset(index + 1, block.range)
        let records = block.recordCount * EROFS.directoryRecordByteCount
        guard first >= records, first < end, end <= block.range.count else { throw .damaged }
        let base = block.range.lowerBound
        // The block's last name ends with it, or with a NUL where it is shorter.
        if isLast {
            var stop = first
            while stop < end, bytes.byte(at: base + stop) != 0 { stop += 1 }
            end = stop
        }
        guard (1...EROFS.maximumNameByteCount).contains(end - first) else { throw .damaged }
        for offset in first..<end {
            let byte = bytes.byte(at: base + offset)
            guard byte != 0, byte != 0x2f else { throw .damaged }
        }
        let start = base + index * EROFS.directoryRecordByteCount
        return EROFSDirectoryRecord(
            number: bytes.littleEndian(UInt64.self, at: start + Field.number),
            name: base + first..<base + end, next: next)
    }

    /// The order of names in a directory: by bytes, shorter first where one begins the other.
    private func compare(_ name: RawSpan, _ other: Range<Int>) -> Int {
        for index in 0..<min(name.byteCount, other.count) {
            let difference =
                Int(name.byte(at: index)) - Int(bytes.byte(at: other.lowerBound + index))
            if difference != 0 { return difference }
        }
        return name.byteCount - other.count
    }
}
