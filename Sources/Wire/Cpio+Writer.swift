internal import Base

/// Writes the records of a newc archive piece by piece; the caller puts the bytes where they belong.
///
/// For each file: the bytes of `header(…)`, the data, the bytes of `padding()`; `trailer()` at the
/// end. Used on the host, where an archive is made.
package struct CpioWriter: Sendable {
    /// Bytes written so far, data included.
    package private(set) var byteCount = 0

    package init() {}
    /// Goes on behind records that were copied from another archive. Precondition: `byteCount` is
    /// a multiple of 4.
    package init(continuingAt byteCount: Int) {
        precondition(byteCount % Cpio.alignment == 0)
        self.byteCount = byteCount
    }

    /// Where a record's data begins.
    package enum Placement: Sendable {
        /// At the next multiple of 4 (plain cpio).
        case packed
        /// At the next page boundary: NULs follow the name.
        case pageAligned
    }

    /// A record's header and name, for `dataByteCount` bytes of data to follow.
    ///
    /// The ranges in `entry` are not looked at. `badName` for a name that is empty, holds a NUL or
    /// is longer than a path can be.
    package mutating func header(
        _ entry: CpioEntry, name: [UInt8], dataByteCount: UInt32, _ placement: Placement
    ) throws(CpioError) -> [UInt8] {
        guard !name.isEmpty, name.count < Page.size, !name.contains(0) else {
            throw .badName(offset: byteCount)
        }
        let boundary = placement == .packed ? Cpio.alignment : Page.size
        let start = byteCount
        let dataStart = Self.align(start + Cpio.headerByteCount + name.count + 1, to: boundary)
        // Plain cpio does not count its padding to 4 in the name's size; more must be counted.
        let nameByteCount =
            placement == .packed ? name.count + 1 : dataStart - start - Cpio.headerByteCount
        var bytes: [UInt8] = []
        bytes.reserveCapacity(dataStart - start)
        bytes.append(contentsOf: "070701".utf8)
        for field in Cpio.Field.allCases {
            let value: UInt32 =
                switch field {
                case .number: entry.number
                case .mode: entry.mode
                case .owner: entry.owner
                case .group: entry.group
                case .linkCount: entry.linkCount
                case .modificationTime: entry.modificationTime
                case .dataByteCount: dataByteCount
                case .deviceMajor: entry.deviceMajor
                case .deviceMinor: entry.deviceMinor
                case .specialMajor: entry.specialMajor
                case .specialMinor: entry.specialMinor
                case .nameByteCount: UInt32(nameByteCount)
                case .checksum: 0
                }
            for shift in stride(from: UInt32(28), through: 0, by: -4) {
                let digit = UInt8(value >> shift & 15)
                bytes.append(digit < 10 ? 0x30 + digit : 0x37 + digit)
            }
        }
        bytes.append(contentsOf: name)
        bytes.append(contentsOf: repeatElement(0, count: dataStart - start - bytes.count))
        byteCount = dataStart + Int(dataByteCount)
        return bytes
    }

    /// The NULs between a record's data and the next record.
    package mutating func padding() -> [UInt8] {
        let end = Self.align(byteCount, to: Cpio.alignment)
        defer { byteCount = end }
        return [UInt8](repeating: 0, count: end - byteCount)
    }

    /// The record that ends an archive, filled up to a page boundary.
    package mutating func trailer() -> [UInt8] {
        var name: [UInt8] = []
        for index in 0..<Cpio.trailer.utf8CodeUnitCount {
            name.append(Cpio.trailer.byte(at: index))
        }
        // The name is good, so this can't throw.
        return (try? header(CpioEntry(), name: name, dataByteCount: 0, .pageAligned)) ?? []
    }

    private static func align(_ offset: Int, to boundary: Int) -> Int {
        (offset + boundary - 1) & ~(boundary - 1)
    }
}
