internal import Base

/// Says that the image of a root file system lies behind an archive of files: the last bytes of both together.
///
/// Boot loaders hand over one file beside the kernel. Both parts begin on page boundaries of it:
///
///     archive (cpio) | image (EROFS) | zeroes | footer
///
/// The footer is a magic (16 bytes), then the image's start and size in bytes (u64 each, little endian).
package struct RootImageFooter: Equatable, Sendable {
    package static let byteCount = 32
    private static let magic: StaticString = "Martlet/rootfs 1"

    /// The image's bytes in the whole.
    package let image: Range<Int>

    /// A footer for an image behind an archive; all is a multiple of the page size but what the image holds.
    package init(archiveByteCount: Int, imageByteCount: Int) {
        image = archiveByteCount..<archiveByteCount + imageByteCount
    }
    /// Reads the last bytes of a whole of `byteCount` bytes; `nil` where there is no footer, or one that can't be.
    package init?(_ last: RawSpan, of byteCount: Int) {
        guard last.byteCount == Self.byteCount else { return nil }
        for index in 0..<Self.magic.utf8CodeUnitCount
        where last.byte(at: index) != Self.magic.byte(at: index) { return nil }
        guard let start = Int(exactly: last.littleEndian(UInt64.self, at: 16)),
            let count = Int(exactly: last.littleEndian(UInt64.self, at: 24)),
            byteCount >= Self.byteCount, start <= byteCount - Self.byteCount,
            count > 0, count <= byteCount - Self.byteCount - start,
            start & Int(Page.offsetMask) == 0
        else { return nil }
        image = start..<start + count
    }

    /// What follows the image, the footer at its end: up to a page boundary of the whole.
    package var bytes: [UInt8] {
        let end = (image.upperBound + Self.byteCount + Page.size - 1) / Page.size * Page.size
        var bytes = [UInt8](repeating: 0, count: end - image.upperBound)
        var place = bytes.count - Self.byteCount
        for index in 0..<Self.magic.utf8CodeUnitCount {
            bytes[place] = Self.magic.byte(at: index)
            place += 1
        }
        for value in [UInt64(image.lowerBound), UInt64(image.count)] {
            for shift in stride(from: 0, to: 64, by: 8) {
                bytes[place] = UInt8(truncatingIfNeeded: value >> UInt64(shift))
                place += 1
            }
        }
        return bytes
    }
}
