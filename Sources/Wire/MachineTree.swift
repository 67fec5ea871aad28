package import Base

/// What boot needs to know of an arm64 machine, out of its device tree.
///
/// A value of fixed size (below 4 KB) without a heap behind it: what there is several of stands in
/// bounded lists, which count what they left out because it did not fit or makes no sense. Bindings
/// are Linux's (Documentation/devicetree/bindings, named at each member); ranges of bytes are
/// offsets into the tree. Nodes whose `status` says that they can't be used are passed by.
package struct MachineTree: Sendable {
    package typealias Region = DeviceTree.Region

    /// RAM: `reg` of the root's children of `device_type` "memory" (section 3.4), in the tree's order.
    package internal(set) var memory = BoundedList<16, Region>()
    /// Memory to leave alone: the reservation block (section 5.3), then `reg` of the children of
    /// /reserved-memory (section 3.5). May lie within `memory`, and overlap.
    package internal(set) var reserved = BoundedList<16, Region>()
    /// CPUs that can be started, and the one that runs (section 3.8), in the tree's order.
    package internal(set) var processors = BoundedList<64, Processor>()
    /// How firmware starts CPUs and stops the machine; `nil` without any.
    package internal(set) var firmware: Firmware?
    package internal(set) var interruptController: InterruptController?
    package internal(set) var timer: Timer?
    /// "arm,pl011" (arm/pl011.yaml).
    package internal(set) var serialPorts = BoundedList<4, Device>()
    /// The serial port that /chosen names, else the first.
    package internal(set) var console: Device?
    /// "arm,pl031", the real-time clock (rtc/arm,pl031.yaml); the first.
    package internal(set) var clock: Device?
    /// "virtio,mmio" (virtio/mmio.yaml), in the tree's order.
    package internal(set) var virtio = BoundedList<32, Device>()
    package internal(set) var chosen = Chosen()

    /// A CPU (arm/cpus.yaml).
    package struct Processor: Equatable, Sendable {
        /// MPIDR_EL1's affinity fields: Aff3 in bits 39:32, Aff2 to Aff0 in 23:0.
        package let affinity: UInt64
        package let startMethod: StartMethod
    }
    /// `enable-method`, of the CPU or of /cpus (section 3.7).
    package enum StartMethod: Equatable, Sendable {
        case psci
        /// It polls the word at this address.
        case spinTable(PhysicalAddress)
        /// Another method, or none is named.
        case unknown
    }

    /// PSCI (arm/psci.yaml).
    package struct Firmware: Equatable, Sendable {
        package let conduit: Conduit
        package let version: Version
        /// Function identifiers, where the node names them; from version 0.2 on the standard's hold.
        package let startProcessor: UInt32?
        package let stopProcessor: UInt32?

        /// The instruction that calls it.
        package enum Conduit: Sendable { case hypervisorCall, secureMonitorCall }
        /// "arm,psci", "arm,psci-0.2", "arm,psci-1.0".
        package enum Version: Sendable { case legacy, since0_2, since1_0 }
    }

    package enum InterruptController: Equatable, Sendable {
        /// "arm,cortex-a15-gic", "arm,gic-400" (interrupt-controller/arm,gic.yaml).
        case version2(distributor: Region, processorInterface: Region)
        /// "arm,gic-v3" (interrupt-controller/arm,gic-v3.yaml).
        case version3(distributor: Region, redistributors: Redistributors)
    }
    /// Where a GICv3's redistributors are.
    package struct Redistributors: Equatable, Sendable {
        /// Regions that the node names; more than `capacity` are not in `self`.
        package let regionCount: Int
        /// Bytes from one redistributor to the next; `nil` where GICR_TYPER tells.
        package let stride: UInt64?
        let regions: InlineArray<8, Region?>

        package static let capacity = 8
        /// Region `index`, from 0; `nil` where there is none.
        package subscript(index: Int) -> Region? {
            index >= 0 && index < Self.capacity ? regions[index] : nil
        }
        package static func == (a: Self, b: Self) -> Bool {
            for index in 0..<capacity where a[index] != b[index] { return false }
            return a.regionCount == b.regionCount && a.stride == b.stride
        }
    }

    /// An interrupt of the GIC.
    package struct Interrupt: Equatable, Sendable {
        /// INTID: 16 to 31 are each CPU's own, 32 to 1019 are shared.
        package let identifier: UInt32
        package let trigger: Trigger

        package enum Trigger: Sendable { case edge, level }
    }

    /// The generic timer, "arm,armv8-timer" or "arm,armv7-timer" (timer/arm,arch_timer.yaml): each
    /// one's private interrupt.
    package struct Timer: Equatable, Sendable {
        package let securePhysical: Interrupt?
        package let physical: Interrupt?
        package let virtual: Interrupt?
        package let hypervisor: Interrupt?
        /// Hz, where firmware left CNTFRQ_EL0 unset.
        package let frequency: UInt32?
    }

    /// A window of registers.
    package struct Device: Equatable, Sendable {
        /// `DeviceTree.Node.offset`.
        package let node: Int
        package let window: Region
        /// `nil` where it has none, or one that is not the GIC's.
        package let interrupt: Interrupt?
    }

    /// What the loader says (section 3.6; Linux's binding chosen.txt and schema chosen.yaml).
    package struct Chosen: Equatable, Sendable {
        /// `bootargs`, without its NUL.
        package internal(set) var arguments: Range<Int>?
        /// `linux,initrd-start` and `linux,initrd-end`.
        package internal(set) var archive: Region?
        /// `rng-seed`: bytes from a good source of randomness.
        package internal(set) var seed: Range<Int>?
        package internal(set) var kaslrSeed: UInt64?
        /// `stdout-path` without what follows its colon, an alias already replaced by its path.
        package internal(set) var console: Range<Int>?
    }
}

/// What drives a device, by its `compatible`.
enum Binding: Equatable {
    case gic2, gic3, timer, serialPort, clock, virtio
    case firmware(MachineTree.Firmware.Version)

    /// The first string of the list that is known: the list goes from special to general.
    init?(of node: DeviceTree.Node, in tree: borrowing DeviceTree) {
        guard let list = node.compatible else { return nil }
        var start = list.lowerBound
        while let entry = tree.string(in: start..<list.upperBound) {
            if let binding = Self(entry, in: tree) {
                self = binding
                return
            }
            start = entry.upperBound + 1
        }
        return nil
    }
    private init?(_ entry: Range<Int>, in tree: borrowing DeviceTree) {
        func isOne(_ name: StaticString) -> Bool {
            name.utf8CodeUnitCount == entry.count
                && tree.hasBytes(at: entry.lowerBound, to: entry.upperBound, name.bytes)
        }
        if isOne("virtio,mmio") {
            self = .virtio
        } else if isOne("arm,cortex-a15-gic") || isOne("arm,gic-400") {
            self = .gic2
        } else if isOne("arm,gic-v3") {
            self = .gic3
        } else if isOne("arm,armv8-timer") || isOne("arm,armv7-timer") {
            self = .timer
        } else if isOne("arm,pl011") {
            self = .serialPort
        } else if isOne("arm,pl031") {
            self = .clock
        } else if isOne("arm,psci-1.0") {
            self = .firmware(.since1_0)
        } else if isOne("arm,psci-0.2") {
            self = .firmware(.since0_2)
        } else if isOne("arm,psci") {
            self = .firmware(.legacy)
        } else {
            return nil
        }
    }
}
