internal import Base

extension DeviceTree {
    /// A property of a node: where its name begins, and where its value lies, from the tree's start.
    package struct Property: Equatable, Sendable {
        package let name: Int
        package let value: Range<Int>
    }

    /// The property whose token is at `offset`. Precondition: its three words lie in the structure.
    func property(at offset: Int) -> Property {
        // Both are 32 bits wide, so that no sum overflows.
        let start = offset + Token.propertyHeaderByteCount
        let count = Int(bytes.bigEndian(UInt32.self, at: offset + 4))
        let name = Int(bytes.bigEndian(UInt32.self, at: offset + 8))
        return Property(name: strings.lowerBound + name, value: start..<start + count)
    }

    /// The next of a node's properties, and where to look for the one behind it; `nil` behind the
    /// last. `position` is then that of the first token that is no property.
    func nextProperty(at position: inout Int) -> Property? {
        while Token.byteCount <= structure.upperBound - position {
            switch Token(rawValue: bytes.bigEndian(UInt32.self, at: position)) {
            case .nothing: position += Token.byteCount
            case .property:
                let property = property(at: position)
                position = Token.aligned(property.value.upperBound)
                return property
            case .beginNode, .endNode, .end, nil: return nil
            }
        }
        return nil
    }

    /// The first property of that name. Cost: the node's properties.
    package func property(_ name: StaticString, of node: Node) -> Range<Int>? {
        var position = node.propertiesStart
        while let property = nextProperty(at: &position) {
            if isName(property, name) { return property.value }
        }
        return nil
    }
    /// Whether the node has a property of that name, be it empty.
    package func has(_ name: StaticString, in node: Node) -> Bool {
        property(name, of: node) != nil
    }

    /// Whether the property is called so.
    package func isName(_ property: Property, _ name: StaticString) -> Bool {
        isString(from: property.name, to: strings.upperBound, name.bytes)
    }

    // Values (section 2.2.4).

    /// A value of one cell.
    package func number32(_ value: Range<Int>?) -> UInt32? {
        guard let value, value.count == 4 else { return nil }
        return bytes.bigEndian(UInt32.self, at: value.lowerBound)
    }
    /// A value of one cell or two.
    package func number(_ value: Range<Int>?) -> UInt64? {
        guard let value, value.count == 4 || value.count == 8 else { return nil }
        return number(value.lowerBound, cells: value.count / 4)
    }
    /// The integer of one or two cells at `offset`; 0 of none. Precondition: they lie in the tree.
    func number(_ offset: Int, cells: Int) -> UInt64 {
        switch cells {
        case 1: UInt64(bytes.bigEndian(UInt32.self, at: offset))
        case 2: bytes.bigEndian(UInt64.self, at: offset)
        default: 0
        }
    }

    /// The bytes of a value before its first NUL; `nil` where it has none.
    package func string(_ value: Range<Int>?) -> Range<Int>? {
        guard let value else { return nil }
        return string(in: value)
    }
    func string(in range: Range<Int>) -> Range<Int>? {
        for index in range where bytes.byte(at: index) == 0 { return range.lowerBound..<index }
        return nil
    }
    /// Whether the value is this string.
    package func isString(_ value: Range<Int>?, _ text: StaticString) -> Bool {
        guard let value else { return false }
        return isString(from: value.lowerBound, to: value.upperBound, text.bytes)
    }
    /// Whether `text` and a NUL lie at `start`.
    private func isString(from start: Int, to limit: Int, _ text: RawSpan) -> Bool {
        hasBytes(at: start, to: limit, text) && start + text.byteCount < limit
            && bytes.byte(at: start + text.byteCount) == 0
    }
    /// Whether `text` lies at `start`, and before `limit`.
    func hasBytes(at start: Int, to limit: Int, _ text: RawSpan) -> Bool {
        guard text.byteCount <= limit - start else { return false }
        var index = 0
        // Eight at a time: a walk is mostly this.
        while text.byteCount - index >= 8 {
            guard
                bytes.littleEndian(UInt64.self, at: start + index)
                    == text.littleEndian(UInt64.self, at: index)
            else { return false }
            index += 8
        }
        while index < text.byteCount {
            guard bytes.byte(at: start + index) == text.byte(at: index) else { return false }
            index += 1
        }
        return true
    }

    /// Where in a list of strings this one stands, from 0; `nil` where it does not.
    package func index(of text: StaticString, inList value: Range<Int>?) -> Int? {
        guard let value else { return nil }
        var start = value.lowerBound
        var index = 0
        while let entry = string(in: start..<value.upperBound) {
            if entry.count == text.utf8CodeUnitCount,
                hasBytes(at: start, to: entry.upperBound, text.bytes)
            {
                return index
            }
            start = entry.upperBound + 1
            index += 1
        }
        return nil
    }

    // Paths and aliases (sections 2.2.3 and 3.3).

    /// Longer names of properties, and so of aliases, are against section 2.2.4.1.
    private static let maximumAliasByteCount = 31

    /// The path that an alias, given by its bytes in the tree, stands for; `nil` where it is none.
    func path(ofAlias alias: Range<Int>) -> Range<Int>? {
        guard alias.count <= Self.maximumAliasByteCount, !alias.isEmpty,
            let aliases = child(named: "aliases")
        else { return nil }
        var position = aliases.propertiesStart
        while let property = nextProperty(at: &position) {
            if isString(from: property.name, to: strings.upperBound, bytes.extracting(alias)) {
                return string(property.value)
            }
        }
        return nil
    }

    /// The root's child of that name.
    package func child(named name: StaticString) -> Node? {
        var cursor = cursor()
        while let node = cursor.next() {
            if node.depth == 1, isNamed(node, name) { return node }
        }
        return nil
    }
    /// Whether the node's name, whatever its unit address, is this.
    package func isNamed(_ node: Node, _ name: StaticString) -> Bool {
        isName(node.name, name.bytes)
    }
    private func isName(_ range: Range<Int>, _ name: RawSpan) -> Bool {
        guard hasBytes(at: range.lowerBound, to: range.upperBound, name) else { return false }
        return range.count == name.byteCount
            || bytes.byte(at: range.lowerBound + name.byteCount) == UInt8(ascii: "@")
    }

    /// The node at a path, given by its bytes in the tree: names behind slashes; one without a unit
    /// address is the first that has any (section 2.2.3). Cost: one pass at most.
    package func node(at path: Range<Int>) -> Node? {
        let slash = UInt8(ascii: "/")
        guard path.lowerBound >= 0, path.upperBound <= bytes.byteCount, !path.isEmpty,
            bytes.byte(at: path.lowerBound) == slash
        else { return nil }
        var cursor = cursor()
        guard var found = cursor.next() else { return nil }
        var position = path.lowerBound
        while true {
            while position < path.upperBound, bytes.byte(at: position) == slash { position += 1 }
            let start = position
            while position < path.upperBound, bytes.byte(at: position) != slash { position += 1 }
            if start == position { return found }
            let name = bytes.extracting(start..<position)
            var child: Node?
            while child == nil, let node = cursor.next(), node.depth > found.depth {
                if node.depth == found.depth + 1, isName(node.name, name) { child = node }
            }
            guard let child else { return nil }
            found = child
        }
    }
}
