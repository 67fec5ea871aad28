import Base
import Testing

@testable import Wire

@Suite("Device trees: machines") struct MachineTreeTests {
    private func machine(_ body: (inout FlatTree) -> Void) throws -> MachineTree {
        try FlatTree.bytes {
            $0.cells(2, 2)
            body(&$0)
        }.machine()
    }
    /// A GICv3 with handle 1 at 128 MiB, which the root's interrupts reach.
    private func gic(_ tree: inout FlatTree, cells: UInt32 = 3, handle: UInt32 = 1) {
        tree.node("intc@8000000") {
            $0.property("compatible", strings: "arm,gic-v3")
            $0.property("interrupt-controller")
            $0.property("#interrupt-cells", cells: cells)
            $0.property("phandle", cells: handle)
            $0.property("reg", cells: 0, 0x800_0000, 0, 0x1_0000, 0, 0x80a_0000, 0, 0xf6_0000)
        }
    }
    /// The interrupt of a device with these properties, below a root whose interrupts reach handle 1.
    private func interrupt(
        cells: UInt32 = 3, handle: UInt32 = 1, _ body: (inout FlatTree) -> Void
    ) throws -> MachineTree.Interrupt? {
        let machine = try machine {
            $0.property("interrupt-parent", cells: 1)
            $0.node("device") {
                $0.property("compatible", strings: "arm,pl031", "arm,primecell")
                $0.property("reg", cells: 0, 0x901_0000, 0, 0x1000)
                body(&$0)
            }
            gic(&$0, cells: cells, handle: handle)
        }
        return try #require(machine.clock).interrupt
    }

    @Test("an empty tree is a machine of which nothing is known")
    func nothing() throws {
        let machine = try machine { _ in }
        #expect(machine.memory.count == 0 && machine.reserved.count == 0)
        #expect(machine.processors.count == 0 && machine.virtio.count == 0)
        #expect(machine.firmware == nil && machine.interruptController == nil)
        #expect(machine.timer == nil && machine.console == nil && machine.clock == nil)
        #expect(machine.chosen == MachineTree.Chosen())
        #expect(MemoryLayout<MachineTree>.size <= 4096, "it stands on a boot stack")
    }

    @Test("memory is the root's usable children of that device_type; 16 ranges of it (3.4)")
    func memory() throws {
        func memory(_ tree: inout FlatTree, _ name: String, _ base: UInt32, status: String? = nil) {
            tree.node(name) {
                $0.property("device_type", strings: "memory")
                if let status { $0.property("status", strings: status) }
                $0.property("reg", cells: 0, base, 0, 0x1000, 1, base, 0, 0x2000)
            }
        }
        let few = try machine {
            memory(&$0, "memory@1000", 0x1000)
            memory(&$0, "m", 0x8000, status: "okay")
            memory(&$0, "off", 0x9000, status: "disabled")
            $0.node("bus") { memory(&$0, "memory@a000", 0xa000) }
            $0.node("memory@b000") { $0.property("reg", cells: 0, 1, 0, 1) }
            $0.node("bad") {
                $0.property("device_type", strings: "memory")
                $0.property("reg", cells: .max, .max, 0, 1, 0, 0, 0, 0)
            }
        }
        #expect(
            few.memory.values.map(\.base.rawValue) == [
                0x1000, 0x1_0000_1000, 0x8000, 0x1_0000_8000,
            ])
        #expect(few.memory.ignoredCount == 2)
        let many = try machine {
            for index in 1...9 { memory(&$0, "memory", UInt32(index) << 16) }
        }
        #expect(many.memory.count == 16 && many.memory.ignoredCount == 2)
        #expect(many.memory[16] == nil && many.memory[-1] == nil)
    }

    @Test("reserved is the reservation block and /reserved-memory's children with a reg (3.5)")
    func reserved() throws {
        var tree = FlatTree()
        tree.reserve(0x1000, 0x2000)
        tree.reserve(0, 0x3000)
        tree.reserve(.max, 1)
        tree.node("") {
            $0.cells(2, 2)
            $0.node("reserved-memory") {
                $0.cells(2, 1)
                $0.property("ranges")
                $0.node("a@8000") { $0.property("reg", cells: 0, 0x8000, 0x10, 0, 0x9000, 0x20) }
                $0.node("dynamic") { $0.property("size", cells: 0, 0x9000) }
                $0.node("off") {
                    $0.property("status", strings: "disabled")
                    $0.property("reg", cells: 0, 0xa000, 0x10)
                }
            }
        }
        tree.token(9)
        let machine = try tree.bytes.machine()
        #expect(
            machine.reserved.values
                == [
                    .init(0x1000, 0x2000), .init(0, 0x3000), .init(0x8000, 0x10),
                    .init(0x9000, 0x20),
                ].compactMap(\.self))
        #expect(machine.reserved.ignoredCount == 1)
    }

    @Test(
        "CPUs are told by affinity and start method; a disabled one waits, a failed one is none (3.8)"
    )
    func processors() throws {
        let machine = try machine {
            $0.node("cpus") {
                $0.cells(2, 0)
                $0.property("enable-method", strings: "psci")
                $0.node("cpu-map") { $0.node("cpu@7") { $0.property("reg", cells: 0, 7) } }
                $0.node("cpu@0") { $0.property("reg", cells: 0, 0) }
                $0.node("cpu@101") {
                    $0.property("reg", cells: 1, 0x101)
                    $0.property("status", strings: "disabled")
                    $0.property("enable-method", strings: "spin-table")
                    $0.property("cpu-release-addr", cells: 0, 0xfff8)
                }
                $0.node("other") {
                    $0.property("device_type", strings: "cpu")
                    $0.property("enable-method", strings: "vendor,smp")
                    $0.property("reg", cells: 0, 3)
                }
                $0.node("cpu@4") {
                    $0.property("reg", cells: 0, 4)
                    $0.property("status", strings: "fail-hot")
                }
                $0.node("cpu@5") { $0.property("reg", cells: 0, 0x0100_0000) }
                $0.node("cpu@0") { $0.property("reg", cells: 0, 0) }
                $0.node("cpu@6")
                $0.node("l2-cache") { $0.property("reg", cells: 0, 9) }
            }
        }
        #expect(
            machine.processors.values == [
                .init(affinity: 0, startMethod: .psci),
                .init(
                    affinity: 0x1_0000_0101,
                    startMethod: .spinTable(PhysicalAddress(rawValue: 0xfff8))),
                .init(affinity: 3, startMethod: .unknown),
            ])
        #expect(machine.processors.ignoredCount == 3, "bits that name none, a second 0, no reg")
    }

    @Test("64 CPUs are kept and the rest counted")
    func manyProcessors() throws {
        let machine = try machine {
            $0.node("cpus") {
                $0.cells(1, 0)
                for index in 0..<70 as Range<UInt32> {
                    $0.node("cpu@\(index)") { $0.property("reg", cells: index) }
                }
            }
        }
        #expect(machine.processors.count == 64 && machine.processors.ignoredCount == 6)
        #expect(machine.processors[63]?.affinity == 63)
    }

    @Test("PSCI is called by its method, the old binding by its own identifiers")
    func firmware() throws {
        func firmware(
            _ compatible: String, _ method: String?, identifiers: Bool = false
        ) throws -> MachineTree.Firmware? {
            try machine {
                $0.node("psci") {
                    $0.property(
                        "compatible",
                        compatible.split(separator: " ").flatMap { Array($0.utf8) + [0] })
                    if let method { $0.property("method", strings: method) }
                    if identifiers {
                        $0.property("cpu_on", cells: 0x8400_0003)
                        $0.property("cpu_off", cells: 0x8400_0002)
                    }
                }
            }.firmware
        }
        #expect(
            try firmware("arm,psci-1.0 arm,psci-0.2", "hvc")
                == .init(
                    conduit: .hypervisorCall, version: .since1_0, startProcessor: nil,
                    stopProcessor: nil))
        #expect(
            try firmware("arm,psci", "smc", identifiers: true)
                == .init(
                    conduit: .secureMonitorCall, version: .legacy, startProcessor: 0x8400_0003,
                    stopProcessor: 0x8400_0002))
        #expect(try firmware("arm,psci-0.2 arm,psci", "smc")?.version == .since0_2)
        #expect(try firmware("arm,psci-1.0", nil) == nil)
        #expect(try firmware("arm,psci-1.0", "svc") == nil)
        #expect(try firmware("arm,psci-9", "hvc") == nil)
    }

    @Test("a GICv2 has a distributor and a CPU interface, within its bus too")
    func gic2() throws {
        func controller(
            _ compatible: String, _ words: [UInt32]
        ) throws -> MachineTree.InterruptController? {
            try machine {
                $0.node("soc") {
                    $0.cells(1, 1)
                    $0.property("ranges", cells: 0, 0, 0x3f00_0000, 0x100_0000)
                    $0.node("intc") {
                        $0.property("compatible", strings: compatible)
                        $0.property("reg", words.flatMap(FlatTree.bigEndian))
                    }
                }
            }.interruptController
        }
        let distributor = try #require(DeviceTree.Region(0x3f00_1000, 0x1000))
        let interface = try #require(DeviceTree.Region(0x3f00_2000, 0x2000))
        for compatible in ["arm,gic-400", "arm,cortex-a15-gic"] {
            #expect(
                try controller(compatible, [0x1000, 0x1000, 0x2000, 0x2000])
                    == .version2(distributor: distributor, processorInterface: interface))
        }
        #expect(try controller("arm,gic-400", [0x1000, 0x1000]) == nil)
        #expect(try controller("arm,gic-400", [0x1000, 0x1000, 0x2000, 0xffff_ffff]) == nil)
        #expect(try controller("arm,gic-v2m-frame", [0x1000, 0x1000, 0x2000, 0x2000]) == nil)
    }

    @Test("a GICv3 has as many regions of redistributors as it says, and they must be there")
    func gic3() throws {
        func controller(
            _ count: UInt32?, regions: Int, stride: UInt32? = nil
        ) throws -> MachineTree.Redistributors? {
            let machine = try machine {
                $0.node("intc") {
                    $0.property("compatible", strings: "arm,gic-v3")
                    if let count { $0.property("#redistributor-regions", cells: count) }
                    if let stride { $0.property("redistributor-stride", cells: 0, stride) }
                    $0.property(
                        "reg",
                        (0...regions).flatMap { [0, UInt32($0 + 1) << 16, 0, 0x8000] as [UInt32] }
                            .flatMap(FlatTree.bigEndian))
                }
            }
            guard case .version3(let distributor, let redistributors) = machine.interruptController
            else { return nil }
            #expect(distributor == DeviceTree.Region(0x1_0000, 0x8000))
            return redistributors
        }
        let one = try #require(try controller(nil, regions: 4))
        #expect(one.regionCount == 1 && one[0] == .init(0x2_0000, 0x8000) && one[1] == nil)
        #expect(one.stride == nil)
        let two = try #require(try controller(2, regions: 2, stride: 0x4_0000))
        #expect(two.regionCount == 2 && two[1] == .init(0x3_0000, 0x8000) && two[2] == nil)
        #expect(two.stride == 0x4_0000)
        let many = try #require(try controller(9, regions: 9))
        #expect(many.regionCount == 9 && many[7] == .init(0x9_0000, 0x8000) && many[8] == nil)
        #expect(try controller(3, regions: 2) == nil)
        #expect(try controller(0, regions: 2) == nil)
        #expect(try controller(.max, regions: 2) == nil)
        #expect(try controller(nil, regions: 0) == nil)
    }

    @Test("interrupts are three cells: kind, number, flags (arm,gic.yaml)")
    func decodesInterrupts() throws {
        func decoded(_ words: UInt32...) throws -> MachineTree.Interrupt? {
            try interrupt { $0.property("interrupts", words.flatMap(FlatTree.bigEndian)) }
        }
        #expect(try decoded(0, 1, 4) == .init(identifier: 33, trigger: .level))
        #expect(try decoded(0, 16, 1) == .init(identifier: 48, trigger: .edge))
        #expect(try decoded(1, 14, 0xf08) == .init(identifier: 30, trigger: .level))
        #expect(try decoded(1, 15, 2) == .init(identifier: 31, trigger: .edge))
        #expect(try decoded(0, 987, 1) == .init(identifier: 1019, trigger: .edge))
        #expect(try decoded(0, 1, 4, 9, 9, 9) == .init(identifier: 33, trigger: .level))
        for words in [[0, 988, 1], [0, .max, 1], [1, 16, 4], [2, 0, 4], [.max, 0, 4]] as [[UInt32]]
        {
            #expect(try decoded(words[0], words[1], words[2]) == nil, "\(words)")
        }
        for flags in [0, 3, 5, 16] as [UInt32] { #expect(try decoded(0, 1, flags) == nil) }
        #expect(try decoded(0, 1) == nil)
        #expect(try decoded() == nil)
    }

    @Test("an interrupt counts that reaches the GIC, by what the nodes above say too (2.4.1)")
    func interruptParents() throws {
        let good = MachineTree.Interrupt(identifier: 34, trigger: .level)
        #expect(try interrupt { $0.property("interrupts", cells: 0, 2, 4) } == good)
        #expect(
            try interrupt(cells: 4) { $0.property("interrupts", cells: 0, 2, 4, 0) } == good)
        #expect(try interrupt(cells: 2) { $0.property("interrupts", cells: 0, 2) } == nil)
        #expect(try interrupt(handle: 5) { $0.property("interrupts", cells: 0, 2, 4) } == nil)
        #expect(
            try interrupt(handle: 5) {
                $0.property("interrupt-parent", cells: 5)
                $0.property("interrupts", cells: 0, 2, 4)
            } == good)
        #expect(
            try interrupt {
                $0.property("interrupt-parent", cells: 7)
                $0.property("interrupts-extended", cells: 1, 0, 2, 4)
                $0.property("interrupts", cells: 0, 9, 4)
            } == good)
        #expect(try interrupt { $0.property("interrupts-extended", cells: 7, 0, 2, 4) } == nil)
        #expect(try interrupt { $0.property("interrupts-extended", cells: 1, 0, 2) } == nil)
    }

    @Test("what lies below another controller or a nexus is not the GIC's (2.4.3)")
    func otherControllers() throws {
        func interrupt(_ property: String) throws -> MachineTree.Interrupt? {
            try machine {
                $0.property("interrupt-parent", cells: 1)
                gic(&$0)
                $0.node("bus") {
                    $0.cells(2, 2)
                    $0.property("ranges")
                    $0.property(property)
                    $0.node("rtc") {
                        $0.property("compatible", strings: "arm,pl031")
                        $0.property("reg", cells: 0, 1, 0, 1)
                        $0.property("interrupts", cells: 0, 2, 4)
                    }
                }
            }.clock?.interrupt
        }
        #expect(try interrupt("some-property") != nil)
        #expect(try interrupt("interrupt-controller") == nil)
        #expect(try interrupt("interrupt-map") == nil)
    }

    @Test("the timer's interrupts stand in the binding's order, or by their names")
    func timer() throws {
        func timer(_ names: String?) throws -> MachineTree.Timer? {
            try machine {
                $0.property("interrupt-parent", cells: 1)
                $0.node("timer") {
                    $0.property("compatible", strings: "arm,armv8-timer", "arm,armv7-timer")
                    $0.property("interrupts", cells: 1, 13, 8, 1, 14, 8, 1, 11, 8)
                    $0.property("clock-frequency", cells: 62_500_000)
                    if let names {
                        $0.property(
                            "interrupt-names",
                            names.split(separator: " ").flatMap { Array($0.utf8) + [0] })
                    }
                }
                gic(&$0)
            }.timer
        }
        func level(_ identifier: UInt32) -> MachineTree.Interrupt {
            .init(identifier: identifier, trigger: .level)
        }
        #expect(
            try timer(nil)
                == .init(
                    securePhysical: level(29), physical: level(30), virtual: level(27),
                    hypervisor: nil, frequency: 62_500_000))
        #expect(
            try timer("virt hyp-phys phys")
                == .init(
                    securePhysical: nil, physical: level(27), virtual: level(29),
                    hypervisor: level(30), frequency: 62_500_000))
    }

    @Test("32 virtio windows are kept; ones that are off or lie nowhere are not")
    func virtio() throws {
        func window(_ tree: inout FlatTree, _ index: UInt32, status: String = "okay") {
            tree.node("virtio_mmio@\(index)") {
                $0.property("compatible", strings: "virtio,mmio")
                $0.property("status", strings: status)
                $0.property("reg", cells: 0, index << 12, 0, 0x200)
                $0.property("interrupts", cells: 0, index, index % 2 == 0 ? 4 : 1)
            }
        }
        let machine = try machine {
            $0.property("interrupt-parent", cells: 1)
            window(&$0, 1)
            window(&$0, 2, status: "disabled")
            $0.node("off") {
                $0.property("ranges")
                $0.property("status", strings: "reserved")
                $0.cells(2, 2)
                window(&$0, 3)
            }
            $0.node("unmapped") {
                $0.cells(2, 2)
                window(&$0, 4)
            }
            gic(&$0)
            for index in 5...38 as ClosedRange<UInt32> { window(&$0, index) }
        }
        #expect(machine.virtio.count == 32 && machine.virtio.ignoredCount == 4)
        #expect(machine.virtio[0]?.window == .init(0x1000, 0x200))
        #expect(machine.virtio[0]?.interrupt == .init(identifier: 33, trigger: .edge))
        #expect(machine.virtio[2]?.window == .init(0x6000, 0x200))
        #expect(machine.virtio[2]?.interrupt == .init(identifier: 38, trigger: .level))
    }

    @Test("/chosen has what the loader says; addresses have one cell or two (3.6)")
    func chosen() throws {
        let bytes = FlatTree.bytes {
            $0.node("chosen") {
                $0.property("bootargs", strings: "program=/a -- b")
                $0.property("linux,initrd-start", cells: 0x4800_0000)
                $0.property("linux,initrd-end", cells: 1, 0)
                $0.property("rng-seed", cells: 0x0102_0304, 0x0506_0708)
                $0.property("kaslr-seed", cells: 1, 2)
            }
        }
        let chosen = try bytes.machine().chosen
        #expect(bytes.text(chosen.arguments) == "program=/a -- b")
        #expect(chosen.archive == .init(0x4800_0000, 0xb800_0000))
        #expect(chosen.seed.map { Array(bytes[$0]) } == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(chosen.kaslrSeed == 0x1_0000_0002)
        #expect(chosen.console == nil)
    }

    @Test("what makes no sense in /chosen is as if it were not there")
    func damagedChosen() throws {
        let machine = try machine {
            $0.node("chosen") {
                $0.property("bootargs", Array("without NUL".utf8))
                $0.property("linux,initrd-start", cells: 8)
                $0.property("linux,initrd-end", cells: 8)
                $0.property("kaslr-seed", cells: 1, 2, 3)
                $0.property("stdout-path", [])
            }
        }
        #expect(machine.chosen == MachineTree.Chosen())
    }

    @Test(
        "the console is the port that stdout-path names, by path or alias, or the first (3.3)",
        arguments: [
            ("/pl011@2000", 0x2000, "/pl011@2000"), ("serial1", 0x2000, "/pl011@2000"),
            ("serial1:115200n8", 0x2000, "/pl011@2000"), ("/pl011", 0x1000, "/pl011"),
            ("serial9", 0x1000, nil), (":9600", 0x1000, nil), ("/nothing", 0x1000, "/nothing"),
            ("broken", 0x1000, nil), (String(repeating: "s", count: 32), 0x1000, nil),
        ] as [(String, UInt64, String?)])
    func console(path: String, base: UInt64, found: String?) throws {
        let bytes = FlatTree.bytes {
            $0.cells(2, 2)
            $0.node("chosen") { $0.property("stdout-path", strings: path) }
            for base in [0x1000, 0x2000] as [UInt32] {
                $0.node("pl011@\(String(base, radix: 16))") {
                    $0.property("compatible", strings: "arm,pl011", "arm,primecell")
                    $0.property("reg", cells: 0, base, 0, 0x1000)
                }
            }
            $0.node("aliases") {
                $0.property("serial0", strings: "/pl011@1000")
                $0.property("broken", Array("/pl011@2000".utf8))
                $0.property(String(repeating: "s", count: 32), strings: "/pl011@2000")
                $0.property("serial1", strings: "/pl011@2000")
            }
        }
        let machine = try bytes.machine()
        #expect(machine.serialPorts.count == 2)
        #expect(machine.console?.window.base.rawValue == base)
        #expect(bytes.text(machine.chosen.console) == found)
    }

    @Test("a machine that is disturbed at any byte is another machine or none, never a trap")
    func corruption() throws {
        let bytes = FlatTree.bytes {
            $0.cells(2, 2)
            $0.property("interrupt-parent", cells: 1)
            gic(&$0)
            $0.node("cpus") {
                $0.cells(1, 0)
                $0.node("cpu@0") { $0.property("reg", cells: 0) }
            }
            $0.node("memory") {
                $0.property("device_type", strings: "memory")
                $0.property("reg", cells: 0, 0x4000_0000, 0, 0x1000_0000)
            }
            $0.node("timer") {
                $0.property("compatible", strings: "arm,armv8-timer")
                $0.property("interrupts", cells: 1, 13, 8, 1, 14, 8, 1, 11, 8, 1, 10, 8)
            }
            $0.node("aliases") { $0.property("s", strings: "/pl011") }
            $0.node("chosen") { $0.property("stdout-path", strings: "s") }
            $0.node("pl011") {
                $0.property("compatible", strings: "arm,pl011")
                $0.property("reg", cells: 0, 1, 0, 1)
            }
        }
        #expect(try bytes.machine().console != nil)
        for index in bytes.indices {
            for value in [0x00, 0x02, 0x3a, 0x7f, 0xff] as [UInt8] {
                var changed = bytes
                changed[index] = value
                _ = fuzzDeviceTree(changed.span.bytes)
            }
        }
    }
}
