internal import Base

/// The tree's interrupt controller, and what the interrupts of other nodes mean to it.
struct InterruptReader: Sendable {
    private(set) var controller: MachineTree.InterruptController?
    /// Its phandle; 0 where it has none, as in a tree whose nodes name no parent.
    private var handle: UInt32 = 0
    /// Cells of an interrupt: 3, or 4 where some are of certain CPUs only.
    private var cells = 0

    /// Finds the first GIC. Cost: a pass as far as it.
    init(_ tree: borrowing DeviceTree) {
        var cursor = tree.cursor()
        while let node = cursor.next() {
            guard cursor.isUsable, let controller = Self.controller(node, cursor)
            else { continue }
            self.controller = controller
            handle = node.handle
            let cells = tree.number32(tree.property("#interrupt-cells", of: node)) ?? 0
            self.cells = cells == 3 || cells == 4 ? Int(cells) : 0
            return
        }
    }

    private static func controller(
        _ node: DeviceTree.Node, _ cursor: borrowing DeviceTree.Cursor
    ) -> MachineTree.InterruptController? {
        let binding = Binding(of: node, in: cursor.tree)
        guard binding == .gic2 || binding == .gic3, let distributor = cursor.region(0, of: node)
        else { return nil }
        if binding == .gic3 {
            return redistributors(node, cursor).map {
                .version3(distributor: distributor, redistributors: $0)
            }
        }
        return cursor.region(1, of: node).map {
            .version2(distributor: distributor, processorInterface: $0)
        }
    }

    /// `reg` has them behind the distributor, and behind them the CPU interfaces of GICv2.
    private static func redistributors(
        _ node: DeviceTree.Node, _ cursor: borrowing DeviceTree.Cursor
    ) -> MachineTree.Redistributors? {
        let tree = cursor.tree
        let named = tree.property("#redistributor-regions", of: node)
        let count = named == nil ? 1 : Int(tree.number32(named) ?? 0)
        guard count > 0, count < cursor.regionCount(of: node) else { return nil }
        var regions = InlineArray<8, DeviceTree.Region?>(repeating: nil)
        for index in 0..<min(count, MachineTree.Redistributors.capacity) {
            guard let region = cursor.region(index + 1, of: node) else { return nil }
            regions[index] = region
        }
        return MachineTree.Redistributors(
            regionCount: count,
            stride: tree.number(tree.property("redistributor-stride", of: node)), regions: regions)
    }

    /// Interrupt `index` of the node that `next()` returned last; `interrupts-extended` goes before
    /// `interrupts` (section 2.4.1). `nil` where it is not the GIC's.
    func interrupt(
        _ index: Int, of node: DeviceTree.Node, _ cursor: borrowing DeviceTree.Cursor
    ) -> MachineTree.Interrupt? {
        let tree = cursor.tree
        guard cells > 0 else { return nil }
        if let value = tree.property("interrupts-extended", of: node) {
            // Handle and cells, each; those before it have to be of the same controller.
            let byteCount = (1 + cells) * 4
            guard handle != 0, index < value.count / byteCount else { return nil }
            for entry in 0...index {
                let start = value.lowerBound + entry * byteCount
                guard tree.number(start, cells: 1) == UInt64(handle) else { return nil }
            }
            return Self.interrupt(tree, at: value.lowerBound + index * byteCount + 4)
        }
        guard let value = tree.property("interrupts", of: node), cursor.interruptParent == handle,
            index < value.count / (cells * 4)
        else { return nil }
        return Self.interrupt(tree, at: value.lowerBound + index * cells * 4)
    }

    /// Three cells of arm,gic.yaml: kind, number, flags. Precondition: they lie in the tree.
    private static func interrupt(
        _ tree: borrowing DeviceTree, at offset: Int
    ) -> MachineTree.Interrupt? {
        let number = UInt32(truncatingIfNeeded: tree.number(offset + 4, cells: 1))
        let identifier: UInt32
        // SPI 0 is INTID 32, PPI 0 is INTID 16; from 1020 on they are special (GICv3, section 2.2).
        switch tree.number(offset, cells: 1) {
        case 0 where number < 988: identifier = number + 32
        case 1 where number < 16: identifier = number + 16
        default: return nil
        }
        // Bits 3:0 are one of IRQ_TYPE_*; 15:8 have the CPUs of a GICv2's PPI.
        switch tree.number(offset + 8, cells: 1) & 0xf {
        case 1, 2: return MachineTree.Interrupt(identifier: identifier, trigger: .edge)
        case 4, 8: return MachineTree.Interrupt(identifier: identifier, trigger: .level)
        default: return nil
        }
    }

    /// A device by its first window and interrupt; `nil` without a window.
    func device(
        _ node: DeviceTree.Node, _ cursor: borrowing DeviceTree.Cursor
    ) -> MachineTree.Device? {
        guard let window = cursor.region(0, of: node) else { return nil }
        return MachineTree.Device(
            node: node.offset, window: window, interrupt: interrupt(0, of: node, cursor))
    }

    /// By the binding's order, or by `interrupt-names`.
    func timer(
        _ node: DeviceTree.Node, _ cursor: borrowing DeviceTree.Cursor
    ) -> MachineTree.Timer {
        let tree = cursor.tree
        let names = tree.property("interrupt-names", of: node)
        func interrupt(_ position: Int, _ name: StaticString) -> MachineTree.Interrupt? {
            let index = names == nil ? position : tree.index(of: name, inList: names)
            return index.flatMap { self.interrupt($0, of: node, cursor) }
        }
        return MachineTree.Timer(
            securePhysical: interrupt(0, "sec-phys"), physical: interrupt(1, "phys"),
            virtual: interrupt(2, "virt"), hypervisor: interrupt(3, "hyp-phys"),
            frequency: tree.number32(tree.property("clock-frequency", of: node)))
    }
}
