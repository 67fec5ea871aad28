import Devices
import NucleusLayout
import Testing

/// A distributor, or a redistributor's frame: enable bits are set by ones (IHI 0048B, 4.3.5).
private final class InterruptWindow: ModelWindow {
    var frame: UInt32 = 0
    override func store32(_ value: UInt32, at offset: UInt32) {
        let old = load32(at: offset)
        let enable = frame + 0x100..<frame + 0x180
        super.store32(value, at: offset)
        if enable.contains(offset) { words[offset] = old | value }
    }
}
/// A CPU interface with interrupts that are pending.
private final class Interface: GenericInterruptInterface {
    var pending: [UInt32] = []
    var ended: [UInt32] = []
    var starts = 0
    var sent: [(number: UInt32, identifier: UInt64)] = []
    let identifier: UInt64 = 0x102
    func send(_ number: UInt32, to identifier: UInt64) { sent.append((number, identifier)) }
    func start() { starts += 1 }
    func acknowledge() -> UInt32 { pending.isEmpty ? 1023 : pending.removeFirst() }
    func end(_ acknowledged: UInt32) { ended.append(acknowledged) }
}

@Suite("Generic interrupt controller") struct GenericInterruptControllerTests {
    private let distributor = InterruptWindow()
    private let redistributor = InterruptWindow()
    private let interface = Interface()
    private let first = Int(FIRST_DEVICE_VECTOR)

    private func versionTwo() -> GenericInterruptController {
        GenericInterruptController(
            distributor: distributor, redistributor: nil, interface: interface)
    }
    private func versionThree() -> GenericInterruptController {
        redistributor.frame = 0x10000
        return GenericInterruptController(
            distributor: distributor, redistributor: redistributor, interface: interface)
    }

    @Test("version 2 starts by GICD_CTLR and the CPU's interface (IHI 0048B, 4.3.1)")
    func startsVersionTwo() {
        _ = versionTwo()
        #expect(distributor.stores == [.init(0, 0b11)])
        #expect(interface.starts == 1)
    }
    @Test("version 2's interface lets each priority through (IHI 0048B, 4.4.1 and 4.4.2)")
    func interfaceOfVersionTwo() {
        let window = ModelWindow()
        let interface = GenericInterruptWindow(window, distributor: distributor)
        interface.start()
        #expect(window.stores == [.init(0x04, 0xff), .init(0x00, 1)])
        window.words[0x0c] = 0x425
        #expect(interface.acknowledge() == 0x425)
        interface.end(0x425)
        #expect(window.stores.last == .init(0x10, 0x425))
    }
    @Test(
        "version 2 sends by GICD_SGIR to the bit that GICD_ITARGETSR0 shows each CPU (IHI 0048B, 4.3.12)"
    )
    func sendsInVersionTwo() {
        let interface = GenericInterruptWindow(ModelWindow(), distributor: distributor)
        // A controller of one CPU reads as zero.
        #expect(interface.identifier == 1)
        distributor.words[0x800] = 0x0404_0404
        #expect(interface.identifier == 4)
        interface.send(12, to: 4)
        #expect(distributor.stores == [.init(0xf00, 0x0004_000c)])
    }
    @Test("version 3 routes by affinity and wakes its redistributor (IHI 0069H, 12.11.42)")
    func startsVersionThree() {
        // ProcessorSleep and a bit that is to stay; ChildrenAsleep is clear at once.
        redistributor.words[0x14] = 0x8000_0002
        _ = versionThree()
        #expect(distributor.stores == [.init(0, 0b1_0011)])
        #expect(redistributor.stores == [.init(0x14, 0x8000_0000)])
        #expect(interface.starts == 1)
    }
    @Test("a redistributor that never wakes ends the wait")
    func sleepsOn() {
        redistributor.words[0x14] = 0b110
        _ = versionThree()
        #expect(interface.starts == 1)
    }
    @Test("GICD_TYPER counts interrupts in 32s", arguments: [0, 2, 31] as [UInt32])
    func counts(lines: UInt32) {
        distributor.words[4] = 0xffff_ffe0 | lines
        #expect(versionTwo().count == Int(lines + 1) * 32)
    }

    @Test("a shared interrupt of version 2: priority, trigger, target, then its enable bit")
    func connectsShared() {
        let controller = versionTwo()
        // The neighbours' fields stay.
        distributor.words[0x400 + 48] = 0x1122_3344
        distributor.words[0x800 + 48] = 0x0808_0808
        distributor.words[0xc00 + 12] = 0xffff_ffff
        distributor.words[0x100 + 4] = 1
        distributor.stores = []
        controller.connect(interrupt: 50, vector: first + 3, isEdge: true)
        let expected: [ModelWindow.Store] = [
            .init(0x430, 0x11a0_3344), .init(0xc0c, 0xffff_ffef), .init(0x830, 0x0801_0808),
            .init(0x104, 0x0004_0000),
        ]
        #expect(distributor.stores == expected)
        #expect(distributor.words[0x104] == 0x0004_0001)
    }
    @Test("a level-triggered one clears both bits of its trigger")
    func connectsLevel() {
        let controller = versionTwo()
        distributor.words[0xc00 + 12] = 0xffff_ffff
        controller.connect(interrupt: 50, vector: first, isEdge: false)
        #expect(distributor.words[0xc00 + 12] == 0xffff_ffcf)
    }
    @Test("a private interrupt of version 3 is its redistributor's")
    func connectsPrivate() {
        let controller = versionThree()
        distributor.stores = []
        redistributor.stores = []
        controller.connect(interrupt: 27, vector: first, isEdge: false)
        #expect(distributor.stores.isEmpty)
        let expected: [ModelWindow.Store] = [
            .init(0x10080, 0x0800_0000), .init(0x10418, 0xa000_0000), .init(0x10100, 0x0800_0000),
        ]
        #expect(redistributor.stores == expected)
    }
    @Test("a shared interrupt of version 3 goes to the CPU of affinity 0, in group 1")
    func connectsSharedOfVersionThree() {
        let controller = versionThree()
        distributor.words[0x6000 + 33 * 8] = 5
        distributor.words[0x6000 + 33 * 8 + 4] = 6
        controller.connect(interrupt: 33, vector: first, isEdge: true)
        #expect(distributor.words[0x084] == 1 << 1)
        #expect(distributor.words[0x6000 + 33 * 8] == 0)
        #expect(distributor.words[0x6000 + 33 * 8 + 4] == 0)
        #expect(distributor.words[0x104] == 1 << 1)
        #expect(distributor.words[0x820] == nil)
    }

    @Test("what is taken stays active until its handlers ran; the last is ended first")
    func takesAndFinishes() {
        let controller = versionTwo()
        controller.connect(interrupt: 27, vector: first + 7, isEdge: false)
        controller.connect(interrupt: 40, vector: first + 1, isEdge: true)
        // With the number of the CPU that sent it, which its end must have too.
        interface.pending = [27, 40 | 3 << 10]
        var released: [Int] = []
        #expect(controller.take { released.append($0) } == 1 << 7 | 1 << 1)
        #expect(released == [first + 7, first + 1])
        #expect(interface.ended.isEmpty)
        controller.finish()
        #expect(interface.ended == [40 | 3 << 10, 27])
        #expect(controller.take { _ in } == 0)
        controller.finish()
        #expect(interface.ended.count == 2)
    }
    @Test("an interrupt without a vector is ended at once, also beyond the table")
    func endsStrangers() {
        let controller = versionTwo()
        interface.pending = [33, 300, 1019]
        #expect(controller.take { _ in } == 0)
        #expect(interface.ended == [33, 300, 1019])
    }
    @Test("32 at most are active at a time; the next are taken afterwards")
    func takesABoundedNumber() {
        let controller = versionTwo()
        controller.connect(interrupt: 40, vector: first, isEdge: true)
        interface.pending = [UInt32](repeating: 40, count: 40)
        #expect(controller.take { _ in } == 1)
        #expect(interface.pending.count == 8)
        controller.finish()
        #expect(controller.take { _ in } == 1)
        #expect(interface.pending.isEmpty)
    }
    @Test("software's interrupts are connected as private ones and sent by the CPU's interface")
    func sends() {
        let controller = versionThree()
        controller.connect(interrupt: 3, vector: first + 3, isEdge: true)
        #expect(redistributor.words[0x10080] == 1 << 3)
        #expect(redistributor.words[0x10100] == 1 << 3)
        controller.send(3, to: controller.identifier)
        #expect(interface.sent.count == 1)
        #expect(interface.sent[0] == (3, 0x102))
        interface.pending = [3]
        #expect(controller.take { _ in } == 1 << 3)
    }
    @Test(
        "ICC_SGI1R_EL1: INTID, Aff3 to Aff1, range and bit of Aff0 (IHI 0069H, 12.2.19)",
        arguments: [
            (0x0, 0x0c00_0001), (0x1, 0x0c00_0002), (0xf, 0x0c00_8000), (0x103, 0x0c01_0008),
            (0x2_0000, 0x0000_0002_0c00_0001), (0x37, 0x0000_3000_0c00_0080),
            (0x5_0000_0000, 0x0005_0000_0c00_0001),
            (0xff_00ff_ffff, 0x00ff_f0ff_0cff_8000),
        ] as [(UInt64, UInt64)])
    func commands(affinity: UInt64, command: UInt64) {
        #expect(GenericInterruptController.command(12, to: affinity) == command)
    }
    @Test("a further CPU gets the private interrupts of the first, and takes and ends its own")
    func startsFurther() {
        let first = versionThree()
        first.connect(interrupt: 27, vector: self.first + 31, isEdge: false)
        first.connect(interrupt: 12, vector: self.first + 28, isEdge: true)
        first.connect(interrupt: 40, vector: self.first, isEdge: true)
        distributor.stores = []
        let other = InterruptWindow()
        other.frame = 0x10000
        other.words[0x14] = 0b010
        let second = GenericInterruptController(like: first, redistributor: other)
        #expect(interface.starts == 2)
        #expect(other.words[0x14] == 0)
        #expect(other.words[0x10080] == 1 << 27 | 1 << 12)
        #expect(other.words[0x10100] == 1 << 27 | 1 << 12)
        // What goes to CPU 0 stays there.
        #expect(distributor.stores == [.init(0, 0b1_0011)])
        interface.pending = [27]
        #expect(first.take { _ in } == 1 << 31)
        interface.pending = [12]
        #expect(second.take { _ in } == 1 << 28)
        second.finish()
        #expect(interface.ended == [12])
        first.finish()
        #expect(interface.ended == [12, 27])
    }
    /// Redistributors one behind the other: affinities, and GICR_TYPER's low words.
    private func redistributors(_ all: [(affinity: UInt32, type: UInt32)], stride: UInt64)
        -> (UInt64) -> ModelWindow?
    {
        { offset in
            guard offset % stride == 0, offset / stride < UInt64(all.count) else { return nil }
            let window = ModelWindow()
            window.words[0x08] = all[Int(offset / stride)].type
            window.words[0x0c] = all[Int(offset / stride)].affinity
            return window
        }
    }
    @Test(
        "a redistributor is found by its affinity, in steps that GICR_TYPER or the tree tells (12.11.40)"
    )
    func findsRedistributor() {
        func find(
            _ affinity: UInt64, _ all: [(affinity: UInt32, type: UInt32)], stride: UInt64 = 0x20000,
            byteCount: UInt64 = 1 << 24, told: UInt64? = nil
        ) -> UInt32? {
            GenericInterruptController.findRedistributor(
                affinity: affinity, byteCount: byteCount, stride: told,
                window: redistributors(all, stride: stride))?.load32(at: 0x0c)
        }
        let plain: [(affinity: UInt32, type: UInt32)] = [
            (0, 0), (1, 0), (0x0500_0102, 1 << 4), (7, 0),
        ]
        #expect(find(0, plain) == 0)
        #expect(find(1, plain) == 1)
        #expect(find(0x05_0000_0102, plain) == 0x0500_0102)
        // Behind the last one, and beyond the region.
        #expect(find(7, plain) == nil)
        #expect(find(0x05_0000_0102, plain, byteCount: 0x5ffff) == nil)
        #expect(find(0x05_0000_0102, plain, byteCount: 0x60000) == 0x0500_0102)
        let virtual: [(affinity: UInt32, type: UInt32)] = [(0, 2), (1, 2 | 1 << 4)]
        #expect(find(1, virtual, stride: 0x40000) == 1)
        #expect(find(1, plain, stride: 0x80000, told: 0x80000) == 1)
    }
}
