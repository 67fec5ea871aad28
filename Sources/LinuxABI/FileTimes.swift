internal import Base

/// A `struct timespec`: seconds since 1970 or a length, and nanoseconds below a second.
package struct TimeSpecification: Hashable, Comparable, Sendable {
    package var seconds: Int64
    package var nanoseconds: Int64
    package init(seconds: Int64, nanoseconds: Int64) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }
    package static let byteCount = 16
    package static func < (a: Self, b: Self) -> Bool {
        a.seconds == b.seconds ? a.nanoseconds < b.nanoseconds : a.seconds < b.seconds
    }
}

extension TimeSpecification {
    /// Writes a `struct timespec`.
    package func encode(into bytes: inout MutableRawSpan, at offset: Int) {
        bytes.storeLittleEndian(seconds, at: offset)
        bytes.storeLittleEndian(nanoseconds, at: offset + 8)
    }
    /// Writes a `struct statx_timestamp` (linux/stat.h).
    func encodeStatx(into bytes: inout MutableRawSpan, at offset: Int) {
        bytes.storeLittleEndian(seconds, at: offset)
        bytes.storeLittleEndian(UInt32(truncatingIfNeeded: nanoseconds), at: offset + 8)
    }
}
