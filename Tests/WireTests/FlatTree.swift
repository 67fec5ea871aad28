import Wire

/// Writes flattened device trees for tests (Devicetree Specification 0.4, chapter 5), damaged ones too.
struct FlatTree {
    private(set) var structure: [UInt8] = []
    private(set) var strings: [UInt8] = []
    var reservations: [UInt8] = [UInt8](repeating: 0, count: 16)

    /// A tree whose root has what `body` writes.
    static func bytes(_ body: (inout FlatTree) -> Void) -> [UInt8] {
        var tree = FlatTree()
        tree.node("", body)
        tree.token(9)
        return tree.bytes
    }
    mutating func node(_ name: String, _ body: (inout FlatTree) -> Void = { _ in }) {
        begin(name)
        body(&self)
        token(2)
    }
    mutating func begin(_ name: String) {
        token(1)
        structure += Array(name.utf8) + [0]
        align()
    }
    mutating func token(_ value: UInt32) { structure += Self.bigEndian(value) }
    mutating func property(_ name: String, _ value: [UInt8] = []) {
        token(3)
        token(UInt32(value.count))
        token(UInt32(strings.count))
        strings += Array(name.utf8) + [0]
        structure += value
        align()
    }
    mutating func property(_ name: String, cells: UInt32...) {
        property(name, cells.flatMap(Self.bigEndian))
    }
    mutating func property(_ name: String, strings: String...) {
        property(name, strings.flatMap { Array($0.utf8) + [0] })
    }
    /// Cells of the addresses and the sizes of children.
    mutating func cells(_ address: UInt32, _ size: UInt32) {
        property("#address-cells", cells: address)
        property("#size-cells", cells: size)
    }
    mutating func reserve(_ base: UInt64, _ byteCount: UInt64) {
        reservations.insert(
            contentsOf: Self.bigEndian(base) + Self.bigEndian(byteCount),
            at: reservations.count - 16)
    }
    private mutating func align() {
        structure += [UInt8](repeating: 0, count: -structure.count & 3)
    }

    /// Header, reservations, structure, strings.
    var bytes: [UInt8] {
        let structureStart = 40 + reservations.count
        let stringsStart = structureStart + structure.count
        let header: [UInt32] = [
            0xd00d_feed, UInt32(stringsStart + strings.count), UInt32(structureStart),
            UInt32(stringsStart), 40, 17, 16, 0, UInt32(strings.count), UInt32(structure.count),
        ]
        return header.flatMap(Self.bigEndian) + reservations + structure + strings
    }
    static func bigEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        (0..<Value.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}

extension [UInt8] {
    /// The same with a 32-bit word stored at `offset`.
    func storing(_ value: UInt32, at offset: Int) -> [UInt8] {
        var changed = self
        changed.replaceSubrange(offset..<offset + 4, with: FlatTree.bigEndian(value))
        return changed
    }
    func machine() throws -> MachineTree {
        try MachineTree(DeviceTree(checking: span.bytes))
    }
    func text(_ range: Range<Int>?) -> String? {
        range.map { String(decoding: self[$0], as: UTF8.self) }
    }
}
extension BoundedList {
    var values: [Element] { (0..<count).compactMap { self[$0] } }
}
extension DeviceTree.Region {
    init?(_ base: UInt64, _ byteCount: UInt64) { self.init(base: base, byteCount: byteCount) }
}
