internal import Base

/// Why an archive can't be read further; `offset` is the record's start.
package enum CpioError: Error, Equatable, Sendable {
    case truncated(offset: Int)
    case badMagic(offset: Int)
    case badNumber(offset: Int)
    /// An empty name, one without its NUL, or one beyond `Cpio.maximumNameByteCount`.
    case badName(offset: Int)
    /// No TRAILER!!! record before the end.
    case noTrailer
}

/// The newc format of cpio(5): records of a 110-byte header in ASCII, a name and data.
///
/// Header and name together, and the data, are padded to 4 bytes. `namesize` may count NULs after
/// the name's own: that is how a writer moves the data to a page boundary.
package enum Cpio {
    package static let headerByteCount = 110
    /// A name and its padding to the next page are no longer.
    package static let maximumNameByteCount = 2 * Page.size
    package static let alignment = 4
    package static let trailer: StaticString = "TRAILER!!!"

    /// Where each header field's eight hexadecimal digits begin.
    enum Field: Int, CaseIterable {
        case number = 6
        case mode = 14
        case owner = 22
        case group = 30
        case linkCount = 38
        case modificationTime = 46
        case dataByteCount = 54
        case deviceMajor = 62
        case deviceMinor = 70
        case specialMajor = 78
        case specialMinor = 86
        case nameByteCount = 94
        case checksum = 102
    }
}

/// One record: the values of its header, and where in the archive its name and data lie.
package struct CpioEntry: Equatable, Sendable {
    /// Equal in records of one file's hard links, together with both device fields; data comes with
    /// only one of them.
    package var number: UInt32 = 0
    /// Kind and permission bits, as `st_mode`.
    package var mode: UInt32 = 0
    package var owner: UInt32 = 0
    package var group: UInt32 = 0
    package var linkCount: UInt32 = 1
    /// Seconds since 1970.
    package var modificationTime: UInt32 = 0
    package var deviceMajor: UInt32 = 0
    package var deviceMinor: UInt32 = 0
    /// The device that a device node stands for.
    package var specialMajor: UInt32 = 0
    package var specialMinor: UInt32 = 0
    /// The name's bytes, without its NULs.
    package var name: Range<Int> = 0..<0
    package var data: Range<Int> = 0..<0

    package init() {}
}

/// Reads the records of an archive in order; each is checked before it is returned.
package struct CpioReader: ~Escapable {
    private let bytes: RawSpan
    private var offset = 0
    private var isAtEnd = false

    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan) { self.bytes = bytes }

    /// The next record, or `nil` after TRAILER!!!.
    @_lifetime(self: copy self)
    package mutating func next() throws(CpioError) -> CpioEntry? {
        guard !isAtEnd else { return nil }
        let start = offset
        guard start < bytes.byteCount else { throw .noTrailer }
        guard bytes.byteCount - start >= Cpio.headerByteCount else {
            throw .truncated(offset: start)
        }
        try checkMagic(at: start)
        // The fields follow one another, the checksum last; it is not looked at.
        var values = InlineArray<12, UInt32>(repeating: 0)
        for index in 0..<12 {
            values[index] = try field(
                at: start + Cpio.Field.number.rawValue + index * 8, ofHeader: start)
        }
        func value(_ field: Cpio.Field) -> UInt32 {
            values[(field.rawValue - Cpio.Field.number.rawValue) / 8]
        }
        var entry = CpioEntry()
        entry.number = value(.number)
        entry.mode = value(.mode)
        entry.owner = value(.owner)
        entry.group = value(.group)
        entry.linkCount = value(.linkCount)
        entry.modificationTime = value(.modificationTime)
        entry.deviceMajor = value(.deviceMajor)
        entry.deviceMinor = value(.deviceMinor)
        entry.specialMajor = value(.specialMajor)
        entry.specialMinor = value(.specialMinor)
        let nameByteCount = Int(value(.nameByteCount))
        let dataByteCount = Int(value(.dataByteCount))

        let nameStart = start + Cpio.headerByteCount
        guard nameByteCount > 1, nameByteCount <= Cpio.maximumNameByteCount else {
            throw .badName(offset: start)
        }
        guard nameByteCount <= bytes.byteCount - nameStart else { throw .truncated(offset: start) }
        var nameEnd = nameStart
        while nameEnd < nameStart + nameByteCount, bytes.byte(at: nameEnd) != 0 { nameEnd += 1 }
        guard nameEnd > nameStart, nameEnd < nameStart + nameByteCount else {
            throw .badName(offset: start)
        }
        entry.name = nameStart..<nameEnd
        if isTrailer(entry.name) {
            isAtEnd = true
            return nil
        }
        let dataStart = Self.aligned(nameStart + nameByteCount)
        guard dataStart <= bytes.byteCount, dataByteCount <= bytes.byteCount - dataStart else {
            throw .truncated(offset: start)
        }
        entry.data = dataStart..<(dataStart + dataByteCount)
        // The last record's padding may be cut off; that is then no trailer, not a trap.
        offset = Self.aligned(entry.data.upperBound)
        return entry
    }

    private static func aligned(_ offset: Int) -> Int {
        (offset + Cpio.alignment - 1) & ~(Cpio.alignment - 1)
    }
    private func isTrailer(_ name: Range<Int>) -> Bool {
        guard name.count == Cpio.trailer.utf8CodeUnitCount else { return false }
        for index in 0..<name.count
        where bytes.byte(at: name.lowerBound + index) != Cpio.trailer.byte(at: index) {
            return false
        }
        return true
    }
    /// "070701", or "070702" of the variant whose check field is a sum (not looked at).
    private func checkMagic(at start: Int) throws(CpioError) {
        let expected: StaticString = "07070"
        for index in 0..<5 where bytes.byte(at: start + index) != expected.byte(at: index) {
            throw .badMagic(offset: start)
        }
        let last = bytes.byte(at: start + 5)
        guard last == 0x31 || last == 0x32 else { throw .badMagic(offset: start) }
    }
    private func field(at start: Int, ofHeader header: Int) throws(CpioError) -> UInt32 {
        var value: UInt32 = 0
        for index in 0..<8 {
            let byte = bytes.byte(at: start + index)
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x37
            case 0x61...0x66: digit = byte - 0x57
            default: throw .badNumber(offset: header)
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}

/// Reads any bytes as an archive and checks what the reader promises: ranges within the bytes and in
/// order, names without NUL.
package func fuzzCpio(_ input: RawSpan) {
    var reader = CpioReader(input)
    var end = 0
    do {
        while let entry = try reader.next() {
            precondition(entry.name.lowerBound >= end && !entry.name.isEmpty)
            precondition(entry.data.lowerBound > entry.name.upperBound)
            precondition(entry.data.upperBound <= input.byteCount)
            for index in entry.name { precondition(input.byte(at: index) != 0) }
            end = entry.data.upperBound
        }
    } catch {}
}
