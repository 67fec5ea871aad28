internal import Base

/// Reads any bytes as a device tree and checks what the readers promise: for the fuzzer, which also
/// looks for traps. Returns the machine where the bytes are a tree.
package func fuzzDeviceTree(_ input: RawSpan) -> MachineTree? {
    let tree: DeviceTree
    do throws(DeviceTree.Failure) { tree = try DeviceTree(checking: input) } catch { return nil }
    let byteCount = tree.bytes.byteCount
    precondition(DeviceTree.byteCount(header: input) == byteCount && byteCount <= input.byteCount)
    for index in 0..<tree.reservationCount { check(tree.reservation(index)) }
    check(nodesOf: tree)
    let machine = MachineTree(tree)
    check(machine, byteCount)
    if let path = machine.chosen.console { _ = tree.node(at: path) }
    return machine
}

/// Nodes come in order and lie within each other, names without NUL.
private func check(nodesOf tree: borrowing DeviceTree) {
    var cursor = tree.cursor()
    var last: DeviceTree.Node?
    while let node = cursor.next() {
        precondition(node.depth < DeviceTree.maximumDepth)
        precondition(node.depth <= (last?.depth ?? -1) + 1 && (node.depth > 0 || last == nil))
        precondition(node.offset > last?.offset ?? 0)
        precondition(node.name.upperBound < tree.structure.upperBound)
        for index in node.name { precondition(tree.bytes.byte(at: index) != 0) }
        for index in 0..<min(cursor.regionCount(of: node), 100) {
            check(cursor.region(index, of: node))
        }
        _ = cursor.unsizedAddress(of: node)
        var position = node.propertiesStart
        while let property = tree.nextProperty(at: &position) {
            precondition(property.value.upperBound <= tree.structure.upperBound)
            precondition(tree.strings.contains(property.name))
            _ = (tree.number(property.value), tree.string(property.value))
        }
        last = node
    }
    precondition(last != nil)
}

private func check(_ machine: MachineTree, _ byteCount: Int) {
    for index in 0..<16 {
        check(machine.memory[index])
        check(machine.reserved[index])
    }
    for index in 0..<32 { check(machine.virtio[index]?.interrupt) }
    check(machine.timer?.virtual)
    check(machine.timer?.physical)
    check(machine.chosen.archive)
    for range in [machine.chosen.arguments, machine.chosen.seed, machine.chosen.console] {
        precondition(range?.upperBound ?? 0 <= byteCount)
    }
    for index in 0..<machine.processors.count {
        precondition(machine.processors[index]?.affinity ?? 0 < 1 << 40)
    }
    precondition((machine.console == nil) == (machine.serialPorts.count == 0))
}
private func check(_ region: DeviceTree.Region?) {
    guard let region else { return }
    precondition(region.end > region.base)
}
private func check(_ interrupt: MachineTree.Interrupt?) {
    guard let interrupt else { return }
    precondition((16..<1020).contains(interrupt.identifier))
}
