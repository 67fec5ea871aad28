package import Base

extension DeviceTree {
    /// Bytes of the machine's address space: at least one, and no end beyond 64 bits.
    package struct Region: Equatable, Sendable {
        package let base: PhysicalAddress
        package let byteCount: UInt64

        /// `nil` where it is empty or wraps around.
        package init?(base: UInt64, byteCount: UInt64) {
            guard byteCount > 0, !base.addingReportingOverflow(byteCount).overflow else {
                return nil
            }
            self.base = PhysicalAddress(rawValue: base)
            self.byteCount = byteCount
        }
        package var end: PhysicalAddress { PhysicalAddress(rawValue: base.rawValue &+ byteCount) }
    }

    /// Entries of `ranges` that are looked at, so that a hostile tree can't make a walk quadratic.
    private static var maximumRangeCount: Int { 64 }
    /// Addresses and sizes of more cells (PCI has 3) are not understood.
    private static var maximumCells: UInt32 { 2 }

    /// Cells of addresses and sizes, as integers; `nil` of what does not fit 64 bits.
    private static func cells(_ count: UInt32) -> Int? { count <= maximumCells ? Int(count) : nil }

    /// Moves a region of a bus's children to the bus's own parent, by `ranges` (section 2.3.8).
    private func moved(_ region: Region, from bus: Bus, to parent: Bus) -> Region? {
        guard let ranges = bus.ranges else { return nil }
        if ranges.isEmpty { return region }
        guard let childCells = Self.cells(bus.addressCells), childCells > 0,
            let parentCells = Self.cells(parent.addressCells), parentCells > 0,
            let sizeCells = Self.cells(bus.sizeCells), sizeCells > 0
        else { return nil }
        let entryByteCount = (childCells + parentCells + sizeCells) * 4
        for index in 0..<min(ranges.count / entryByteCount, Self.maximumRangeCount) {
            let child = ranges.lowerBound + index * entryByteCount
            let parent = child + childCells * 4
            let (offset, isBelow) = region.base.rawValue.subtractingReportingOverflow(
                number(child, cells: childCells))
            let byteCount = number(parent + parentCells * 4, cells: sizeCells)
            guard !isBelow, offset <= byteCount, region.byteCount <= byteCount - offset else {
                continue
            }
            let (base, overflow) = number(parent, cells: parentCells)
                .addingReportingOverflow(offset)
            return overflow ? nil : Region(base: base, byteCount: region.byteCount)
        }
        return nil
    }

    /// Moves a region of the children of the bus at `depth` up to the root.
    fileprivate func moved(_ region: Region, from depth: Int, at cursor: borrowing Cursor)
        -> Region?
    {
        var region = region
        var depth = depth
        while depth > 0 {
            guard let next = moved(region, from: cursor.bus(depth), to: cursor.bus(depth - 1))
            else {
                return nil
            }
            region = next
            depth -= 1
        }
        return region
    }

    /// How the `reg` of a bus's children is laid out; `nil` of what is not understood.
    fileprivate static func layout(of bus: Bus) -> (addressCells: Int, sizeCells: Int)? {
        guard let addressCells = cells(bus.addressCells), addressCells > 0,
            let sizeCells = cells(bus.sizeCells)
        else { return nil }
        return (addressCells, sizeCells)
    }
}

extension DeviceTree.Cursor {
    /// How many entries the `reg` of the node has that `next()` returned last (section 2.3.6).
    package func regionCount(of node: DeviceTree.Node) -> Int {
        guard let value = node.region, let layout = DeviceTree.layout(of: bus(node.depth - 1))
        else {
            return 0
        }
        return value.count / ((layout.addressCells + layout.sizeCells) * 4)
    }

    /// Entry `index` of its `reg`, in the root's addresses. `nil` where there is none, it is empty,
    /// wraps around, has more cells than two, or lies on a bus that does not map it.
    package func region(_ index: Int, of node: DeviceTree.Node) -> DeviceTree.Region? {
        guard let value = node.region, index >= 0, index < regionCount(of: node),
            let layout = DeviceTree.layout(of: bus(node.depth - 1))
        else { return nil }
        let address = value.lowerBound + index * (layout.addressCells + layout.sizeCells) * 4
        let size = address + layout.addressCells * 4
        guard
            let region = DeviceTree.Region(
                base: tree.number(address, cells: layout.addressCells),
                byteCount: tree.number(size, cells: layout.sizeCells))
        else { return nil }
        return tree.moved(region, from: node.depth - 1, at: self)
    }

    /// The first address of its `reg` where addresses have no size, as those of CPUs (section 3.8.1).
    package func unsizedAddress(of node: DeviceTree.Node) -> UInt64? {
        guard regionCount(of: node) > 0, let value = node.region,
            let layout = DeviceTree.layout(of: bus(node.depth - 1)), layout.sizeCells == 0
        else { return nil }
        return tree.number(value.lowerBound, cells: layout.addressCells)
    }
}
