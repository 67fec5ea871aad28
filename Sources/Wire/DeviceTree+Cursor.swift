internal import Base

extension DeviceTree {
    /// A node, as far as every reader needs it; offsets are from the tree's start.
    package struct Node: Equatable, Sendable {
        /// Of its FDT_BEGIN_NODE: tells nodes apart.
        package let offset: Int
        /// The root's is 0.
        package let depth: Int
        /// With its unit address ("pl011@9000000"), without its NUL.
        package let name: Range<Int>
        let propertiesStart: Int
        /// The list of what drives it (section 2.3.1).
        package fileprivate(set) var compatible: Range<Int>?
        /// 0 where it has none, which is no valid one (section 2.3.3).
        package fileprivate(set) var handle: UInt32 = 0
        fileprivate(set) var region: Range<Int>?
        fileprivate(set) var status: Range<Int>?
    }

    /// What a node says of its children, or hands down to them.
    struct Bus: Sendable {
        /// Cells of an address and of a size; not handed down (section 2.3.5).
        var addressCells: UInt32 = 2
        var sizeCells: UInt32 = 1
        /// `nil` where the children's addresses are not the parent's (section 2.3.8).
        var ranges: Range<Int>?
        /// The handle of the controller that the children's interrupts reach; 0 where none is named.
        var interruptParent: UInt32 = 0
        /// Whether it and all nodes above it can be used.
        var isUsable = true
    }

    /// Properties that every node is searched for (sections 2.3 and 2.4).
    private enum StandardName {
        case compatible, region, status, handle, addressCells, sizeCells, ranges
        case interruptParent, interruptController, interruptMap
    }
    /// The standard's property of that name. Its first byte leaves few to compare with.
    private func standardName(of property: Property) -> StandardName? {
        switch bytes.byte(at: property.name) {
        case UInt8(ascii: "#"):
            if isName(property, "#address-cells") { return .addressCells }
            if isName(property, "#size-cells") { return .sizeCells }
        case UInt8(ascii: "c"):
            if isName(property, "compatible") { return .compatible }
        case UInt8(ascii: "i"):
            if isName(property, "interrupt-parent") { return .interruptParent }
            if isName(property, "interrupt-controller") { return .interruptController }
            if isName(property, "interrupt-map") { return .interruptMap }
        case UInt8(ascii: "p"):
            if isName(property, "phandle") { return .handle }
        case UInt8(ascii: "r"):
            if isName(property, "reg") { return .region }
            if isName(property, "ranges") { return .ranges }
        case UInt8(ascii: "s"):
            if isName(property, "status") { return .status }
        default: break
        }
        return nil
    }

    /// Stands before the root.
    @_lifetime(copy self)
    package func cursor() -> Cursor { Cursor(self) }

    /// Goes through the nodes in their order, each before its children; a copy would be 800 bytes.
    package struct Cursor: ~Copyable, ~Escapable {
        package let tree: DeviceTree
        private var position: Int
        /// Nodes that are begun and not ended.
        private var openCount = 0
        /// What each of them says, the root first.
        private var buses = InlineArray<16, Bus>(repeating: Bus())

        @_lifetime(copy tree)
        init(_ tree: DeviceTree) {
            self.tree = tree
            position = tree.structure.lowerBound
        }

        /// The next node, `nil` behind the last. Cost: its properties and what ends before it.
        @_lifetime(self: copy self)
        package mutating func next() -> Node? {
            while Token.byteCount <= tree.structure.upperBound - position {
                let start = position
                switch Token(rawValue: tree.bytes.bigEndian(UInt32.self, at: start)) {
                case .beginNode: return begin(at: start)
                case .endNode: openCount -= 1
                case .property: _ = tree.nextProperty(at: &position)
                case .nothing: break
                case .end, nil: return nil
                }
                if position == start { position += Token.byteCount }
            }
            return nil
        }

        @_lifetime(self: copy self)
        private mutating func begin(at start: Int) -> Node? {
            let nameStart = start + Token.byteCount
            guard let name = tree.string(in: nameStart..<tree.structure.upperBound),
                openCount >= 0, openCount < DeviceTree.maximumDepth
            else { return nil }
            position = Token.aligned(name.upperBound + 1)
            var node = Node(offset: start, depth: openCount, name: name, propertiesStart: position)
            var bus = Bus()
            var ownParent: UInt32?
            var isController = false
            while let property = tree.nextProperty(at: &position) {
                let value = property.value
                switch tree.standardName(of: property) {
                case .compatible: node.compatible = value
                case .region: node.region = value
                case .status: node.status = value
                case .handle: node.handle = tree.number32(value) ?? 0
                case .addressCells: bus.addressCells = tree.number32(value) ?? .max
                case .sizeCells: bus.sizeCells = tree.number32(value) ?? .max
                case .ranges: bus.ranges = value
                case .interruptParent: ownParent = tree.number32(value)
                case .interruptController, .interruptMap: isController = true
                case nil: break
                }
            }
            interruptParent = ownParent ?? self.bus(node.depth - 1).interruptParent
            isUsable = tree.isUsable(node) && self.bus(node.depth - 1).isUsable
            bus.isUsable = isUsable
            // What is neither a handle nor 0 stands for a controller that can't be named.
            let handle = node.handle == 0 ? .max : node.handle
            bus.interruptParent = isController ? handle : interruptParent
            buses[openCount] = bus
            openCount += 1
            return node
        }

        // Of the node that `next()` returned last:

        /// The handle of the controller that its interrupts reach, 0 where none is named; a nexus
        /// (section 2.4.3) is not looked through.
        package private(set) var interruptParent: UInt32 = 0
        /// Whether it and all nodes above it can be used.
        package private(set) var isUsable = true

        /// What the open node at this depth says; the standard's values where there is none.
        func bus(_ depth: Int) -> Bus {
            depth >= 0 && depth < min(openCount, buses.count) ? buses[depth] : Bus()
        }
    }

    /// Whether a node stands for something that works (section 2.3.4); Linux takes "ok" too.
    package func isUsable(_ node: Node) -> Bool {
        guard node.status != nil else { return true }
        return isString(node.status, "okay") || isString(node.status, "ok")
    }
    /// Whether it failed: of a CPU "disabled" means that it waits to be started (section 3.8.1).
    package func isFailed(_ node: Node) -> Bool {
        guard let status = node.status else { return false }
        return hasBytes(
            at: status.lowerBound, to: status.upperBound, ("fail" as StaticString).bytes)
    }
}
