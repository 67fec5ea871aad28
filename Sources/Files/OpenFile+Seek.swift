internal import Base
package import LinuxABI
internal import Memory

/// From where lseek(2) counts.
package enum Whence: UInt32, Sendable {
    /// SEEK_SET
    case start = 0
    /// SEEK_CUR
    case current = 1
    /// SEEK_END
    case end = 2
    /// SEEK_DATA
    case data = 3
    /// SEEK_HOLE
    case hole = 4
}

extension OpenFile {
    /// Moves the file's offset, as lseek(2). EINVAL, ENXIO, ESPIPE.
    package func seek(by distance: Int64, from whence: Whence) throws(Errno) -> Int64 {
        guard node.isSeekable else {
            // Devices like /dev/null take any offset and stay at 0.
            guard node.ignoresOffset else { throw .illegalSeek }
            return 0
        }
        let base: Int64
        switch whence {
        case .start: base = 0
        case .current: base = offset
        case .end:
            // A directory's positions have no end that could be told (tmpfs).
            guard node.kind != .directory, node.hasEnd else { throw .invalidArgument }
            base = node.byteCount
        case .data, .hole:
            guard node is RegularNode else { throw .invalidArgument }
            guard distance >= 0, distance < node.byteCount else {
                throw .noSuchDeviceOrAddress
            }
            offset = try boundary(from: distance, whence)
            return offset
        }
        let (target, overflow) = base.addingReportingOverflow(distance)
        guard !overflow, target >= 0 else { throw .invalidArgument }
        offset = target
        return target
    }

    /// Where data or a hole begins, at or behind an offset within the file: lseek(2), "Seeking file
    /// data and holes". The end of the file counts as a hole. ENXIO: no more data.
    private func boundary(from offset: Int64, _ whence: Whence) throws(Errno) -> Int64 {
        guard let pages = (node as? RegularNode)?.pages else {
            return whence == .data ? offset : node.byteCount
        }
        var index = Int(offset >> Int64(Page.shift))
        let end = pages.pageCount
        if whence == .data {
            index = pages.nextPage(from: index) ?? end
        } else {
            while index < end, pages.existingFrame(at: index) != nil { index += 1 }
        }
        guard index < end else {
            if whence == .data { throw .noSuchDeviceOrAddress }
            return node.byteCount
        }
        return max(offset, Int64(index) << Int64(Page.shift))
    }
}
