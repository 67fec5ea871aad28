import Testing

@testable import Wire

@Suite("Device trees: format") struct DeviceTreeTests {
    private func failure(_ bytes: [UInt8]) -> DeviceTree.Failure? {
        do throws(DeviceTree.Failure) {
            _ = try DeviceTree(checking: bytes.span.bytes)
            return nil
        } catch { return error }
    }
    /// What a structure of these tokens is refused for; it begins at byte 56.
    private func failure(_ body: (inout FlatTree) -> Void) -> DeviceTree.Failure? {
        var tree = FlatTree()
        body(&tree)
        return failure(tree.bytes)
    }
    /// `name@depth` of each node.
    private func nodes(_ bytes: [UInt8]) throws -> [String] {
        let tree = try DeviceTree(checking: bytes.span.bytes)
        var cursor = tree.cursor()
        var names: [String] = []
        while let node = cursor.next() {
            names.append("\(node.depth) \(bytes.text(node.name) ?? "")")
        }
        return names
    }
    /// The first region of the node of that name, and how many its `reg` has.
    private func region(
        _ name: String, in bytes: [UInt8], index: Int = 0
    ) throws -> (first: DeviceTree.Region?, count: Int) {
        let tree = try DeviceTree(checking: bytes.span.bytes)
        var cursor = tree.cursor()
        while let node = cursor.next() {
            guard bytes.text(node.name) == name else { continue }
            return (cursor.region(index, of: node), cursor.regionCount(of: node))
        }
        return (nil, 0)
    }

    private func root(of tree: borrowing DeviceTree) throws -> DeviceTree.Node {
        var cursor = tree.cursor()
        let node = cursor.next()
        return try #require(node)
    }

    private let small = FlatTree.bytes {
        $0.property("model", strings: "test")
        $0.node("a@1") { $0.node("deep") }
        $0.node("b")
    }

    @Test("nodes come in order with their depths; NOPs are passed by (5.4.1)")
    func walks() throws {
        #expect(try nodes(small) == ["0 ", "1 a@1", "2 deep", "1 b"])
        var tree = FlatTree()
        tree.token(4)
        tree.begin("")
        tree.token(4)
        tree.property("p", cells: 1)
        tree.token(4)
        tree.property("q", cells: 2)
        tree.token(4)
        tree.node("n")
        tree.token(4)
        tree.token(2)
        tree.token(4)
        tree.token(9)
        let bytes = tree.bytes
        #expect(try nodes(bytes) == ["0 ", "1 n"])
        let view = try DeviceTree(checking: bytes.span.bytes)
        let root = try root(of: view)
        let second = view.number(view.property("q", of: root))
        #expect(second == 2)
        let missing = view.property("r", of: root)
        #expect(missing == nil)
    }

    @Test("the header tells the size, before the rest is mapped (5.2)")
    func size() {
        let header = Array(small.prefix(40))
        #expect(DeviceTree.byteCount(header: header.span.bytes) == small.count)
        #expect(DeviceTree.byteCount(header: small.span.bytes) == small.count)
        let short = Array(small.prefix(39))
        #expect(DeviceTree.byteCount(header: short.span.bytes) == nil)
        for (offset, value) in [(0, 0), (4, 39), (4, (2 << 20) + 1), (4, .max)] as [(Int, UInt32)] {
            let changed = small.storing(value, at: offset)
            #expect(DeviceTree.byteCount(header: changed.span.bytes) == nil)
        }
    }

    @Test("bytes behind the tree are none of its own")
    func ignoresRest() throws {
        let more = small + [1, 2, 3]
        let count = try DeviceTree(checking: more.span.bytes).bytes.byteCount
        #expect(count == small.count)
    }

    @Test("each damaged header is refused (5.2)")
    func refusesHeader() {
        #expect(failure(small) == nil)
        #expect(failure([]) == .truncated)
        #expect(failure(Array(small.prefix(39))) == .truncated)
        #expect(failure(Array(small.dropLast())) == .truncated)
        #expect(failure(small.storing(0xedfe_0dd0, at: 0)) == .badMagic)
        #expect(failure(small.storing(39, at: 4)) == .truncated)
        #expect(failure(small.storing(.max, at: 4)) == .tooLarge)
        #expect(failure(small.storing(16, at: 20)) == .otherVersion)
        #expect(failure(small.storing(18, at: 24)) == .otherVersion)
        #expect(failure(small.storing(18, at: 20)) == nil, "newer, and compatible with 17")
        for (offset, value) in [
            (8, 58), (8, 36), (8, .max), (8, UInt32(small.count) + 4), (36, .max), (12, 39),
            (12, .max), (32, .max), (32, 1000), (16, 44), (16, 32), (16, .max - 7),
        ] as [(Int, UInt32)] {
            #expect(failure(small.storing(value, at: offset)) == .badBlock, "\(offset), \(value)")
        }
    }

    @Test("blocks without their ends are refused (5.3, 5.5)")
    func refusesBlocks() {
        var tree = FlatTree()
        tree.node("") { $0.property("p") }
        tree.token(9)
        #expect(failure(tree.bytes) == nil)
        var strings = tree.bytes
        strings[strings.count - 1] = 1
        #expect(failure(strings) == .unterminatedStrings)
        // The structure's end is no pair of zeros either.
        tree.reservations = [UInt8](repeating: 1, count: 16)
        #expect(failure(tree.bytes) == .unterminatedReservations)
    }

    @Test("each damaged structure is refused where it is damaged (5.4)")
    func refusesStructure() {
        #expect(failure { _ in } == .unfinished)
        #expect(failure { $0.begin("") } == .unfinished)
        #expect(failure { $0.node("") } == .unfinished)
        #expect(failure { $0.token(9) } == .misplaced(offset: 56))
        #expect(failure { $0.token(2) } == .misplaced(offset: 56))
        #expect(failure { $0.property("p") } == .misplaced(offset: 56))
        #expect(failure { $0.token(5) } == .badToken(offset: 56))
        #expect(failure { $0.token(0) } == .badToken(offset: 56))
        #expect(
            failure {
                $0.begin(""); $0.token(9)
            } == .misplaced(offset: 64), "not ended")
        #expect(
            failure {
                $0.node(""); $0.node("")
            } == .misplaced(offset: 68), "a second root")
        #expect(
            failure {
                $0.node("") {
                    $0.node("n"); $0.property("p")
                }
            } == .misplaced(offset: 76),
            "behind a child")
        #expect(
            failure {
                $0.token(1); $0.token(0x6162_6364)
            } == .badName(offset: 56), "without NUL")
        #expect(failure { $0.token(1) } == .badName(offset: 56))
    }

    @Test("a property beyond the structure or the strings is refused (5.4.1)")
    func refusesProperty() {
        // The words begin at byte 76, and "name" is all of the strings.
        func property(_ words: UInt32...) -> DeviceTree.Failure? {
            failure {
                $0.begin("")
                $0.property("name")
                for word in words { $0.token(word) }
            }
        }
        #expect(property(3) == .badProperty(offset: 76))
        #expect(property(3, 0) == .badProperty(offset: 76))
        #expect(property(3, 1, 0) == .badProperty(offset: 76))
        #expect(property(3, .max, 0, 0) == .badProperty(offset: 76))
        #expect(property(3, 5, 0, 0) == .badProperty(offset: 76))
        #expect(property(3, 0, 5) == .badProperty(offset: 76), "a name behind the strings")
        #expect(property(3, 0, .max) == .badProperty(offset: 76))
        #expect(property(3, 0, 4, 2, 9) == nil, "an empty name is one")
        #expect(property(3, 4, 0, 0, 2, 9) == nil)
    }

    @Test("nodes may lie 16 deep, and no deeper")
    func refusesDepth() {
        func nested(_ count: Int) -> DeviceTree.Failure? {
            failure {
                for _ in 0..<count { $0.begin("") }
                for _ in 0..<count { $0.token(2) }
                $0.token(9)
            }
        }
        #expect(nested(16) == nil)
        #expect(nested(17) == .tooDeep(offset: 56 + 16 * 8))
        #expect(nested(100_000) == .tooDeep(offset: 56 + 16 * 8))
    }

    @Test("every shorter tree is refused, and no changed byte traps")
    func corruption() {
        for count in 0..<small.count {
            #expect(failure(Array(small.prefix(count))) == .truncated)
        }
        for index in small.indices {
            for value in [0x00, 0x01, 0x03, 0x7f, 0x80, 0xff] as [UInt8] {
                var changed = small
                changed[index] = value
                _ = fuzzDeviceTree(changed.span.bytes)
            }
        }
    }

    @Test("a tree of the largest size is read in one pass", .timeLimit(.minutes(1)))
    func large() throws {
        var tree = FlatTree()
        tree.begin("")
        for _ in 0..<60_000 {
            tree.begin("n")
            tree.token(3)
            tree.token(8)
            tree.token(0)
            tree.token(0)
            tree.token(0)
            tree.token(2)
        }
        tree.token(2)
        tree.token(9)
        let bytes = tree.bytes + [0]
        let sized = bytes.storing(UInt32(bytes.count), at: 4).storing(1, at: 32)
        #expect(sized.count > 1_900_000)
        #expect(try nodes(sized).count == 60_001)
        #expect(try sized.machine().memory.count == 0)
    }

    @Test("reservations are pairs up to the one of zeros (5.3)")
    func reservations() throws {
        var tree = FlatTree()
        tree.node("")
        tree.token(9)
        tree.reserve(0x4000_0000, 0x1000)
        tree.reserve(.max, 2)
        tree.reserve(0, 0x8000)
        let bytes = tree.bytes
        let view = try DeviceTree(checking: bytes.span.bytes)
        let found = [-1, 0, 1, 2, 3].map { view.reservation($0) }
        #expect(view.reservationCount == 3)
        #expect(found == [nil, .init(0x4000_0000, 0x1000), nil, .init(0, 0x8000), nil])
    }

    @Test("reg has as many cells as the parent says, 2 and 1 where it does not (2.3.5, 2.3.6)")
    func cells() throws {
        func tree(_ address: UInt32?, _ size: UInt32?, _ words: [UInt32]) -> [UInt8] {
            FlatTree.bytes {
                if let address { $0.property("#address-cells", cells: address) }
                if let size { $0.property("#size-cells", cells: size) }
                $0.node("n") { $0.property("reg", words.flatMap(FlatTree.bigEndian)) }
            }
        }
        #expect(try region("n", in: tree(nil, nil, [1, 2, 3])).first == .init(0x1_0000_0002, 3))
        #expect(try region("n", in: tree(1, 1, [2, 3])).first == .init(2, 3))
        #expect(try region("n", in: tree(1, 2, [2, 1, 3])).first == .init(2, 0x1_0000_0003))
        #expect(try region("n", in: tree(2, 2, [0, 2, 0, 3, 0, 4, 0, 5, 6])).count == 2)
        #expect(try region("n", in: tree(1, 1, [2, 3, 4, 5]), index: 1).first == .init(4, 5))
        #expect(try region("n", in: tree(1, 1, [2, 3]), index: 1).first == nil)
        #expect(try region("n", in: tree(1, 1, [2])).count == 0)
        for (address, size) in [(3, 1), (1, 3), (0, 1), (.max, 1), (1, .max)] as [(UInt32, UInt32)]
        {
            let found = try region("n", in: tree(address, size, [1, 2, 3, 4, 5, 6]))
            #expect(found.first == nil && found.count == 0, "\(address), \(size)")
        }
        #expect(try region("n", in: tree(1, 0, [7])).first == nil, "without a size")
    }

    @Test("a region that is empty or wraps around is none")
    func wraps() throws {
        for words in [[.max, .max, 0, 1], [0, 1, .max, .max], [0, 1, 0, 0]] as [[UInt32]] {
            let bytes = FlatTree.bytes {
                $0.cells(2, 2)
                $0.node("n") { $0.property("reg", words.flatMap(FlatTree.bigEndian)) }
            }
            let found = try region("n", in: bytes)
            #expect(found.first == nil && found.count == 1)
        }
    }

    @Test("ranges move a bus's children to the root; what they leave out is none (2.3.8)")
    func ranges() throws {
        func bus(
            _ ranges: [UInt32]?, _ words: [UInt32], cells: UInt32 = 1
        ) throws -> DeviceTree.Region? {
            try region(
                "n",
                in: FlatTree.bytes {
                    $0.cells(2, 2)
                    $0.node("bus") {
                        $0.cells(cells, 1)
                        if let ranges { $0.property("ranges", ranges.flatMap(FlatTree.bigEndian)) }
                        $0.node("inner") {
                            $0.cells(cells, 1)
                            $0.property("ranges")
                            $0.node("n") { $0.property("reg", words.flatMap(FlatTree.bigEndian)) }
                        }
                    }
                }
            ).first
        }
        #expect(try bus([], [0x100, 8]) == .init(0x100, 8))
        #expect(try bus(nil, [0x100, 8]) == nil, "not mapped at all")
        #expect(try bus([0, 0, 0x900_0000, 0x1000], [0x100, 8]) == .init(0x900_0100, 8))
        #expect(try bus([0x100, 4, 0, 8], [0x100, 8]) == .init(0x4_0000_0000, 8))
        #expect(try bus([0x100, 4, 0, 7], [0x100, 8]) == nil, "partly mapped")
        #expect(try bus([0x101, 4, 0, 8], [0x100, 8]) == nil)
        #expect(
            try bus([0, 1, 0, 8, 0x100, 2, 0, 8], [0x100, 8]) == .init(0x2_0000_0000, 8),
            "the second entry")
        #expect(try bus([0, .max, .max, 0x1000], [0x100, 8]) == nil, "beyond 64 bits")
        #expect(try bus([0, .max, 0xffff_fff8, 0x1000], [0, 8]) == nil, "ends beyond 64 bits")
        #expect(try bus([0, 0, 0x900_0000], [0x100, 8]) == nil, "an entry cut short")
        #expect(
            try bus([0, 0, 0, 0, 0, 0x1000], [0, 0, 0x100, 8], cells: 3) == nil, "PCI's cells")
        let many = (0..<64).flatMap { [$0, 0, 0, 1] as [UInt32] } + [0x100, 0, 0, 8] as [UInt32]
        #expect(try bus(many, [0x100, 8]) == nil, "behind 64 entries")
    }

    @Test("paths name nodes, with or without unit addresses (2.2.3)")
    func paths() throws {
        let paths = [
            "/", "/soc", "/soc/uart@1", "/soc/uart@2", "/soc//uart", "/uart@1", "/so", "/soc@",
            "soc", "", "/soc/uart@1/x", "/late/uart@1",
        ]
        let bytes = FlatTree.bytes {
            for path in paths { $0.property("path", strings: path) }
            $0.node("soc") {
                $0.node("uart@1") { $0.property("id", cells: 1) }
                $0.node("uart@2") { $0.property("id", cells: 2) }
            }
            $0.node("late") { $0.node("other") { $0.node("uart@1") } }
        }
        let view = try DeviceTree(checking: bytes.span.bytes)
        let root = try root(of: view)
        var position = root.propertiesStart
        var found: [String: String] = [:]
        while let property = view.nextProperty(at: &position) {
            let value = view.string(property.value)
            let range = try #require(value)
            let node = view.node(at: range)
            found[bytes.text(range) ?? ""] = node.map { bytes.text($0.name) ?? "" } ?? "none"
        }
        #expect(
            found == [
                "/": "", "/soc": "soc", "/soc/uart@1": "uart@1", "/soc/uart@2": "uart@2",
                "/soc//uart": "uart@1", "/uart@1": "none", "/so": "none", "/soc@": "none",
                "soc": "none", "": "none", "/soc/uart@1/x": "none", "/late/uart@1": "none",
            ])
    }

    @Test("a list of strings has the whole ones (2.2.4)")
    func lists() throws {
        let bytes = FlatTree.bytes {
            $0.property("compatible", strings: "arm,psci-1.0", "arm,psci", "x")
            $0.property("cut", Array("a\0bc".utf8))
        }
        let view = try DeviceTree(checking: bytes.span.bytes)
        let root = try root(of: view)
        let list = view.property("compatible", of: root)
        let cut = view.property("cut", of: root)
        let indexes = [
            view.index(of: "arm,psci-1.0", inList: list), view.index(of: "arm,psci", inList: list),
            view.index(of: "arm", inList: list), view.index(of: "psci", inList: list),
            view.index(of: "bc", inList: cut), view.index(of: "aa", inList: nil),
        ]
        #expect(indexes == [0, 1, nil, nil, nil, nil])
        let isString = [view.isString(list, "arm,psci-1.0"), view.isString(cut, "bc")]
        #expect(isString == [true, false])
    }
}
