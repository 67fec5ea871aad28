package import LinuxABI

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
            guard node.kind != .directory else { throw .invalidArgument }
            base = node.byteCount
        case .data, .hole:
            guard node.kind == .regular else { throw .invalidArgument }
            // Without holes, as lseek(2) allows: data up to the end.
            guard distance >= 0, distance < node.byteCount else {
                throw .noSuchDeviceOrAddress
            }
            offset = whence == .data ? distance : node.byteCount
            return offset
        }
        let (target, overflow) = base.addingReportingOverflow(distance)
        if overflow { throw distance > 0 ? .overflow : .invalidArgument }
        guard target >= 0 else { throw .invalidArgument }
        offset = target
        return target
    }
}
