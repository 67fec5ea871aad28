internal import Base

/// The notes of a PT_NOTE segment (System V ABI, "Note Section"), one after the other.
package struct ELFNotes: ~Escapable {
    private let bytes: RawSpan
    private var offset = 0

    /// A note: who defined its type, the type, and its descriptor.
    package struct Note: ~Escapable {
        /// The owner's name without its NUL.
        package let owner: RawSpan
        package let type: UInt32
        package let descriptor: RawSpan

        @_lifetime(copy owner, copy descriptor)
        fileprivate init(owner: RawSpan, type: UInt32, descriptor: RawSpan) {
            self.owner = owner
            self.type = type
            self.descriptor = descriptor
        }
        /// Whether the owner's name is `name`.
        package func isOwned(by name: StaticString) -> Bool {
            guard owner.byteCount == name.utf8CodeUnitCount else { return false }
            for index in 0..<owner.byteCount where owner.byte(at: index) != name.byte(at: index) {
                return false
            }
            return true
        }
    }

    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan) { self.bytes = bytes }

    /// The next note, or `nil` at the end; names and descriptors are padded to 4 bytes.
    @_lifetime(copy self)
    package mutating func next() throws(ELFFailure) -> Note? {
        let left = bytes.byteCount - offset
        guard left > 0 else { return nil }
        guard left >= 12 else { throw .badNotes }
        let nameSize = Int(bytes.littleEndian(UInt32.self, at: offset))
        let descriptorSize = Int(bytes.littleEndian(UInt32.self, at: offset + 4))
        let type = bytes.littleEndian(UInt32.self, at: offset + 8)
        let nameEnd = 12 + nameSize
        let descriptorStart = (nameEnd + 3) & ~3
        let descriptorEnd = descriptorStart + descriptorSize
        guard descriptorEnd <= left else { throw .badNotes }
        let owner = bytes.extracting(offset + 12..<offset + 12 + max(nameSize - 1, 0))
        let descriptor = bytes.extracting(offset + descriptorStart..<offset + descriptorEnd)
        offset += min((descriptorEnd + 3) & ~3, left)
        return Note(owner: owner, type: type, descriptor: descriptor)
    }
}
