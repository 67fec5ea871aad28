internal import Base

/// One record of getdents(2) or getdents64(2).
package enum DirectoryRecord {
    /// The two layouts.
    package enum Layout: Sendable {
        /// `struct linux_dirent`: the type is in the record's last byte.
        case old
        /// `struct linux_dirent64`
        case wide
    }
    /// A record of the longest name is no larger.
    package static let maximumByteCount = 280

    private static let number = 0
    private static let nextPosition = 8
    private static let byteCount = 16
    private static let oldName = 18
    private static let wideType = 18
    private static let wideName = 19

    /// Bytes of a record whose name has `count`.
    package static func size(nameByteCount count: Int, _ layout: Layout) -> Int {
        // The name and its NUL; the old layout's type byte; rounded up to 8.
        let end = layout == .wide ? wideName + count + 1 : oldName + count + 2
        return (end + 7) & ~7
    }
    /// Writes a record into bytes that are zero. Precondition: there are `size` of them.
    package static func encode(
        number: UInt64, nextPosition: Int64, type: UInt8, name: RawSpan, _ layout: Layout,
        into bytes: inout MutableRawSpan
    ) {
        let size = size(nameByteCount: name.byteCount, layout)
        bytes.storeLittleEndian(number, at: Self.number)
        bytes.storeLittleEndian(nextPosition, at: Self.nextPosition)
        bytes.storeLittleEndian(UInt16(size), at: byteCount)
        bytes.storeLittleEndian(type, at: layout == .wide ? wideType : size - 1)
        let start = layout == .wide ? wideName : oldName
        for index in 0..<name.byteCount {
            bytes.storeLittleEndian(name.byte(at: index), at: start + index)
        }
    }
}
