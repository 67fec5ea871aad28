internal import Base

/// A flattened device tree (Devicetree Specification 0.4, chapter 5), checked as a whole.
///
/// All of its integers are big-endian. The header names three blocks: the memory reservations, the
/// structure (a row of tokens that begin and end nodes and hold their properties), and the strings
/// (the properties' names). The initialiser walks the structure once and refuses what is damaged, so
/// that what reads it afterwards can't fail; values that make no sense read as `nil`. What is found
/// is offsets into the tree's bytes. Nothing is allocated and nothing recurses: it is read at boot,
/// before there is a heap.
package struct DeviceTree: ~Escapable {
    /// Bytes that tell the tree's size (section 5.2).
    package static let headerByteCount = 40
    /// No tree is larger, as Linux has it (arch/arm64/include/asm/boot.h, MAX_FDT_SIZE).
    package static let maximumByteCount = 2 << 20
    /// Nodes within each other, the root included. Trees of real machines have up to seven.
    package static let maximumDepth = 16

    /// The whole tree, and not a byte more.
    package let bytes: RawSpan
    let structure: Range<Int>
    let strings: Range<Int>
    private let reservations: Range<Int>
    /// The `reg` of the CPU that boots, as far as 32 bits tell it (boot_cpuid_phys).
    package let bootProcessor: UInt32

    /// Why bytes are no tree; an offset is that of the token at fault, from the tree's start.
    package enum Failure: Error, Equatable, Sendable {
        /// Fewer bytes than a header, or than the header says.
        case truncated
        case badMagic
        /// Not version 17, or one that is compatible with it.
        case otherVersion
        /// More than `maximumByteCount`.
        case tooLarge
        /// A block that is misaligned, reaches into the header or beyond the tree.
        case badBlock
        /// No entry of zeros ends the memory reservations.
        case unterminatedReservations
        /// The last byte of the strings is no NUL.
        case unterminatedStrings
        /// The structure ends before its FDT_END.
        case unfinished
        case badToken(offset: Int)
        /// A node's name without its NUL.
        case badName(offset: Int)
        /// A property whose value or name lies beyond its block.
        case badProperty(offset: Int)
        /// A property outside any node or behind a child, or a node outside the root.
        case misplaced(offset: Int)
        /// Nodes that are nested deeper than `maximumDepth`.
        case tooDeep(offset: Int)
    }

    /// Byte offsets of the header's fields (section 5.2).
    private enum Field: Int {
        case magic = 0
        case byteCount = 4
        case structureStart = 8
        case stringsStart = 12
        case reservationsStart = 16
        case version = 20
        case oldestCompatible = 24
        case bootProcessor = 28
        case stringsByteCount = 32
        case structureByteCount = 36
    }
    private static let magic: UInt32 = 0xd00d_feed
    private static let version: UInt32 = 17
    private static let reservationByteCount = 16

    /// How many bytes the tree has whose first `headerByteCount` bytes these are (totalsize); `nil`
    /// where they are no header or the tree is larger than `maximumByteCount`.
    package static func byteCount(header bytes: RawSpan) -> Int? {
        guard bytes.byteCount >= headerByteCount, field(.magic, of: bytes) == magic else {
            return nil
        }
        let count = Int(field(.byteCount, of: bytes))
        return (headerByteCount...maximumByteCount).contains(count) ? count : nil
    }

    /// Checks a tree at the start of these bytes. Cost: one pass over the structure.
    @_lifetime(copy bytes)
    package init(checking bytes: RawSpan) throws(Failure) {
        guard bytes.byteCount >= Self.headerByteCount else { throw .truncated }
        func field(_ field: Field) -> Int { Int(Self.field(field, of: bytes)) }
        guard Self.field(.magic, of: bytes) == Self.magic else { throw .badMagic }
        guard Self.field(.version, of: bytes) >= Self.version,
            Self.field(.oldestCompatible, of: bytes) <= Self.version
        else { throw .otherVersion }
        let byteCount = field(.byteCount)
        guard byteCount <= Self.maximumByteCount else { throw .tooLarge }
        guard byteCount >= Self.headerByteCount, byteCount <= bytes.byteCount else {
            throw .truncated
        }
        func block(_ start: Int, _ count: Int, alignment: Int) throws(Failure) -> Range<Int> {
            guard start % alignment == 0, start >= Self.headerByteCount, start <= byteCount,
                count <= byteCount - start
            else { throw .badBlock }
            return start..<start + count
        }
        let tree = bytes.extracting(first: byteCount)
        structure = try block(
            field(.structureStart), field(.structureByteCount), alignment: Token.alignment)
        strings = try block(field(.stringsStart), field(.stringsByteCount), alignment: 1)
        // With its last byte a NUL, every name in the block ends within it (section 5.5).
        guard strings.isEmpty || tree.byte(at: strings.upperBound - 1) == 0 else {
            throw .unterminatedStrings
        }
        reservations = try Self.reservations(
            of: tree, in: block(field(.reservationsStart), 0, alignment: 8).lowerBound)
        bootProcessor = Self.field(.bootProcessor, of: bytes)
        self.bytes = tree
        try checkStructure()
    }

    private static func field(_ field: Field, of bytes: RawSpan) -> UInt32 {
        bytes.bigEndian(UInt32.self, at: field.rawValue)
    }

    /// Section 5.3: pairs of address and size; the one of zeros ends them.
    private static func reservations(
        of tree: RawSpan, in start: Int
    ) throws(Failure) -> Range<Int> {
        var end = start
        while reservationByteCount <= tree.byteCount - end {
            if tree.bigEndian(UInt64.self, at: end) == 0,
                tree.bigEndian(UInt64.self, at: end + 8) == 0
            {
                return start..<end
            }
            end += reservationByteCount
        }
        throw .unterminatedReservations
    }

    /// Entries of the memory reservation block.
    package var reservationCount: Int { reservations.count / Self.reservationByteCount }

    /// Memory to leave alone; `nil` where the entry is empty or wraps around, or there is none.
    package func reservation(_ index: Int) -> Region? {
        guard index >= 0, index < reservationCount else { return nil }
        let offset = reservations.lowerBound + index * Self.reservationByteCount
        return Region(
            base: bytes.bigEndian(UInt64.self, at: offset),
            byteCount: bytes.bigEndian(UInt64.self, at: offset + 8))
    }
}

extension DeviceTree {
    /// What a word of the structure says (section 5.4.1).
    enum Token: UInt32 {
        case beginNode = 1
        case endNode = 2
        case property = 3
        case nothing = 4
        case end = 9

        static let byteCount = 4
        static let alignment = 4
        /// The token, the value's length, the name's offset.
        static let propertyHeaderByteCount = 12
        static func aligned(_ offset: Int) -> Int { (offset + alignment - 1) & ~(alignment - 1) }
    }

    /// Walks the structure by the grammar of section 5.4.2.
    private func checkStructure() throws(Failure) {
        var position = structure.lowerBound
        var depth = 0
        var hasRoot = false
        var takesProperties = false
        while Token.byteCount <= structure.upperBound - position {
            let start = position
            position += Token.byteCount
            switch Token(rawValue: bytes.bigEndian(UInt32.self, at: start)) {
            case .beginNode:
                guard depth > 0 || !hasRoot else { throw .misplaced(offset: start) }
                guard depth < Self.maximumDepth else { throw .tooDeep(offset: start) }
                guard let end = string(in: position..<structure.upperBound)?.upperBound else {
                    throw .badName(offset: start)
                }
                position = Token.aligned(end + 1)
                depth += 1
                hasRoot = true
                takesProperties = true
            case .endNode:
                guard depth > 0 else { throw .misplaced(offset: start) }
                depth -= 1
                takesProperties = false
            case .property:
                guard takesProperties else { throw .misplaced(offset: start) }
                position = try checkProperty(at: start)
            case .nothing: break
            case .end:
                guard hasRoot, depth == 0 else { throw .misplaced(offset: start) }
                return
            case nil: throw .badToken(offset: start)
            }
        }
        throw .unfinished
    }

    /// Returns where the token behind a property would begin; it may lie beyond the structure.
    private func checkProperty(at start: Int) throws(Failure) -> Int {
        guard Token.propertyHeaderByteCount <= structure.upperBound - start else {
            throw .badProperty(offset: start)
        }
        let property = property(at: start)
        guard property.value.upperBound <= structure.upperBound,
            property.name < strings.upperBound
        else { throw .badProperty(offset: start) }
        return Token.aligned(property.value.upperBound)
    }
}
