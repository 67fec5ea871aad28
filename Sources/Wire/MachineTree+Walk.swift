internal import Base

extension MachineTree {
    /// Finds everything. Cost: a pass to the interrupt controller, which others refer to, one over
    /// the tree, and one to what /chosen names; about 16 KB of stack.
    package init(_ tree: borrowing DeviceTree) {
        for index in 0..<tree.reservationCount {
            if let region = tree.reservation(index) {
                reserved.append(region)
            } else {
                reserved.ignoreOne()
            }
        }
        let reader = InterruptReader(tree)
        interruptController = reader.controller
        var place = Place.other
        var cursor = tree.cursor()
        while let node = cursor.next() {
            if node.depth == 1 { place = Place(of: node, in: tree) }
            switch place {
            case .processors(let method):
                // Not a matter of usability: a CPU that is "disabled" waits.
                if node.depth == 2 { addProcessor(node, cursor, commonMethod: method) }
            case .reservedMemory:
                if node.depth == 2, cursor.isUsable { reserved.append(all: node, cursor) }
            case .chosen:
                if node.depth == 1 { readChosen(node, tree) }
            case .memory:
                if node.depth == 1, cursor.isUsable { memory.append(all: node, cursor) }
            case .other:
                if cursor.isUsable { addDevice(node, cursor, reader) }
            }
        }
        chooseConsole(tree)
    }

    /// What the root's child is in whose subtree the walk is.
    private enum Place {
        /// /cpus, with the start method of CPUs that name none.
        case processors(method: Range<Int>?)
        case reservedMemory
        case chosen
        case memory
        case other

        init(of node: DeviceTree.Node, in tree: borrowing DeviceTree) {
            if tree.isNamed(node, "cpus") {
                self = .processors(method: tree.property("enable-method", of: node))
            } else if tree.isNamed(node, "reserved-memory") {
                self = .reservedMemory
            } else if tree.isNamed(node, "chosen") {
                self = .chosen
            } else if tree.isString(tree.property("device_type", of: node), "memory") {
                self = .memory
            } else {
                self = .other
            }
        }
    }

    private mutating func addDevice(
        _ node: DeviceTree.Node, _ cursor: borrowing DeviceTree.Cursor,
        _ reader: InterruptReader
    ) {
        switch Binding(of: node, in: cursor.tree) {
        case .virtio: virtio.append(device: reader.device(node, cursor))
        case .serialPort: serialPorts.append(device: reader.device(node, cursor))
        case .clock: if clock == nil { clock = reader.device(node, cursor) }
        case .timer: if timer == nil { timer = reader.timer(node, cursor) }
        case .firmware(let version):
            if firmware == nil { firmware = Firmware(version, node, in: cursor.tree) }
        case .gic2, .gic3, nil: break
        }
    }

    private mutating func addProcessor(
        _ node: DeviceTree.Node, _ cursor: borrowing DeviceTree.Cursor, commonMethod: Range<Int>?
    ) {
        let tree = cursor.tree
        guard
            tree.isNamed(node, "cpu")
                || tree.isString(tree.property("device_type", of: node), "cpu")
        else { return }
        guard !tree.isFailed(node) else { return }
        // The fields that name a CPU (Arm ARM, MPIDR_EL1).
        let affinityMask: UInt64 = 0xff_00ff_ffff
        guard let affinity = cursor.unsizedAddress(of: node), affinity & ~affinityMask == 0,
            !hasProcessor(affinity)
        else { return processors.ignoreOne() }
        let method = tree.property("enable-method", of: node) ?? commonMethod
        var startMethod = StartMethod.unknown
        if tree.index(of: "psci", inList: method) != nil {
            startMethod = .psci
        } else if tree.index(of: "spin-table", inList: method) != nil,
            let address = tree.number(tree.property("cpu-release-addr", of: node))
        {
            startMethod = .spinTable(PhysicalAddress(rawValue: address))
        }
        processors.append(Processor(affinity: affinity, startMethod: startMethod))
    }
    private func hasProcessor(_ affinity: UInt64) -> Bool {
        for index in 0..<processors.count where processors[index]?.affinity == affinity {
            return true
        }
        return false
    }

    private mutating func readChosen(_ node: DeviceTree.Node, _ tree: borrowing DeviceTree) {
        chosen.arguments = tree.string(tree.property("bootargs", of: node))
        chosen.seed = tree.property("rng-seed", of: node)
        chosen.kaslrSeed = tree.number(tree.property("kaslr-seed", of: node))
        if let start = tree.number(tree.property("linux,initrd-start", of: node)),
            let end = tree.number(tree.property("linux,initrd-end", of: node)), start < end
        {
            chosen.archive = Region(base: start, byteCount: end - start)
        }
        chosen.console = consolePath(tree.string(tree.property("stdout-path", of: node)), tree)
    }

    /// Takes options ("serial0:115200n8") off a path, and follows an alias.
    private func consolePath(
        _ value: Range<Int>?, _ tree: borrowing DeviceTree
    ) -> Range<Int>? {
        guard let value, !value.isEmpty else { return nil }
        var end = value.lowerBound
        while end < value.upperBound, tree.bytes.byte(at: end) != UInt8(ascii: ":") { end += 1 }
        let path = value.lowerBound..<end
        guard !path.isEmpty else { return nil }
        if tree.bytes.byte(at: path.lowerBound) == UInt8(ascii: "/") { return path }
        return tree.path(ofAlias: path)
    }

    private mutating func chooseConsole(_ tree: borrowing DeviceTree) {
        console = serialPorts[0]
        guard let path = chosen.console, let node = tree.node(at: path) else { return }
        for index in 0..<serialPorts.count where serialPorts[index]?.node == node.offset {
            console = serialPorts[index]
        }
    }
}

extension MachineTree.Firmware {
    /// `nil` where the node names no conduit.
    fileprivate init?(
        _ version: Version, _ node: DeviceTree.Node, in tree: borrowing DeviceTree
    ) {
        let method = tree.property("method", of: node)
        if tree.isString(method, "hvc") {
            conduit = .hypervisorCall
        } else if tree.isString(method, "smc") {
            conduit = .secureMonitorCall
        } else {
            return nil
        }
        self.version = version
        startProcessor = tree.number32(tree.property("cpu_on", of: node))
        stopProcessor = tree.number32(tree.property("cpu_off", of: node))
    }
}

extension BoundedList<16, DeviceTree.Region> {
    /// Takes every entry of a node's `reg`.
    fileprivate mutating func append(
        all node: DeviceTree.Node, _ cursor: borrowing DeviceTree.Cursor
    ) {
        for index in 0..<cursor.regionCount(of: node) {
            if let region = cursor.region(index, of: node) { append(region) } else { ignoreOne() }
        }
    }
}
extension BoundedList where Element == MachineTree.Device {
    fileprivate mutating func append(device: MachineTree.Device?) {
        if let device { append(device) } else { ignoreOne() }
    }
}
