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
        let interface = GenericInterruptWindow(window)
        interface.start()
        #expect(window.stores == [.init(0x04, 0xff), .init(0x00, 1)])
        window.words[0x0c] = 0x425
        #expect(interface.acknowledge() == 0x425)
        interface.end(0x425)
        #expect(window.stores.last == .init(0x10, 0x425))
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
    @Test("software's interrupts: GICD_SGIR to this CPU alone, or a system register's to write")
    func sendsToItself() {
        let two = versionTwo()
        #expect(!two.prepareSoftwareInterrupt(3, vector: first + 3))
        #expect(distributor.stores.last == .init(0xf00, 2 << 24 | 3))
        let three = versionThree()
        #expect(three.prepareSoftwareInterrupt(3, vector: first + 3))
        #expect(redistributor.words[0x10080] == 1 << 3)
        #expect(redistributor.words[0x10100] == 1 << 3)
    }
}
