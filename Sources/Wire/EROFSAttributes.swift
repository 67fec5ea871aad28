internal import Base

/// One extended attribute of a file in an EROFS image.
package struct EROFSAttribute: Equatable, Sendable {
    /// What its name begins with, as xattr(7) spells it.
    package enum Prefix: UInt8, Sendable {
        case user = 1
        /// The whole name: `system.posix_acl_access`, `system.posix_acl_default`.
        case accessList = 2
        case defaultAccessList = 3
        case trusted = 4
        case security = 6

        package var text: StaticString {
            switch self {
            case .user: "user."
            case .accessList: "system.posix_acl_access"
            case .defaultAccessList: "system.posix_acl_default"
            case .trusted: "trusted."
            case .security: "security."
            }
        }
    }
    package let prefix: Prefix
    /// Where the rest of the name lies in the image, and where the value does.
    package let name: Range<Int>
    package let value: Range<Int>
}

/// Goes through the extended attributes of a file: its shared ones, then its own.
package struct EROFSAttributes: ~Escapable {
    private let image: EROFSImage
    /// The shared attributes' numbers that are left, and the own attributes'.
    private var shared: Range<Int>
    private var own: Range<Int>

    /// Fields of the header before a file's attributes, and of an attribute.
    private enum Field {
        static let headerByteCount = 12
        static let sharedCount = 4
        static let entryByteCount = 4
        static let nameByteCount = 0
        static let prefix = 1
        static let valueByteCount = 2
        static let alignment = 4
    }
    /// What an inode's attributes take, where it says `units`.
    static func byteCount(units: Int) -> Int {
        units == 0 ? 0 : Field.headerByteCount + (units - 1) * Field.alignment
    }

    /// The attributes of an inode of `image`. `damaged`.
    @_lifetime(copy image)
    package init(of inode: EROFSInode, in image: borrowing EROFSImage) throws(EROFSFailure) {
        let whole = inode.attributes
        var middle = whole.lowerBound
        var start = whole.lowerBound
        if !whole.isEmpty {
            let count = Int(image.bytes.byte(at: whole.lowerBound + Field.sharedCount))
            start += Field.headerByteCount
            middle = start + count * Field.alignment
            guard middle <= whole.upperBound else { throw .damaged }
        }
        self.image = copy image
        shared = start..<middle
        own = middle..<whole.upperBound
    }

    /// The next attribute, `nil` at the end. Those whose prefix is not known are left out, as Linux
    /// does. `damaged`.
    @_lifetime(self: copy self)
    package mutating func next() throws(EROFSFailure) -> EROFSAttribute? {
        while true {
            let start: Int
            let limit: Int
            let isShared = !shared.isEmpty
            if isShared {
                let number = image.bytes.littleEndian(UInt32.self, at: shared.lowerBound)
                shared = shared.lowerBound + Field.alignment..<shared.upperBound
                start = image.attributesStart + Int(number) * Field.alignment
                limit = image.bytes.byteCount
            } else {
                guard !own.isEmpty else { return nil }
                start = own.lowerBound
                limit = own.upperBound
            }
            guard start <= limit, limit - start >= Field.entryByteCount else { throw .damaged }
            let nameByteCount = Int(image.bytes.byte(at: start + Field.nameByteCount))
            let valueByteCount = Int(
                image.bytes.littleEndian(UInt16.self, at: start + Field.valueByteCount))
            let name = start + Field.entryByteCount
            let value = name + nameByteCount
            let end = value + valueByteCount
            guard end <= limit else { throw .damaged }
            if !isShared {
                let next = (end + Field.alignment - 1) & ~(Field.alignment - 1)
                own = min(next, own.upperBound)..<own.upperBound
            }
            let rawPrefix = image.bytes.byte(at: start + Field.prefix)
            guard let prefix = EROFSAttribute.Prefix(rawValue: rawPrefix) else { continue }
            return EROFSAttribute(prefix: prefix, name: name..<value, value: value..<end)
        }
    }
}
