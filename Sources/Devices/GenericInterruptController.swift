internal import NucleusLayout

/// How a CPU takes interrupts from a generic interrupt controller, and sends them: by registers in memory
/// in version 2, by system registers in version 3. What is read and written is the CPU's own.
package protocol GenericInterruptInterface: AnyObject {
    /// Lets every priority and group 1 through.
    func start()
    /// Acknowledges one interrupt; its INTID, or 1020 to 1023 where none is pending.
    func acknowledge() -> UInt32
    /// Ends what `acknowledge` answered.
    func end(_ acknowledged: UInt32)
    /// What other CPUs send this one interrupts by.
    var identifier: UInt64 { get }
    /// Sends the interrupt 0 to 15 to the CPU with an identifier.
    func send(_ number: UInt32, to identifier: UInt64)
}

/// Version 2's interface (Arm IHI 0048B, section 4.4), and the distributor's registers that each CPU has
/// for itself.
package final class GenericInterruptWindow: GenericInterruptInterface {
    private enum Register {
        static let control: UInt32 = 0x00
        static let priorityMask: UInt32 = 0x04
        static let acknowledge: UInt32 = 0x0c
        static let endOfInterrupt: UInt32 = 0x10
    }
    private let window: any DeviceWindow
    private let distributor: any DeviceWindow
    package init(_ window: any DeviceWindow, distributor: any DeviceWindow) {
        self.window = window
        self.distributor = distributor
    }

    package func start() {
        window.store32(GenericInterruptController.lowestPriorityMask, at: Register.priorityMask)
        window.store32(1, at: Register.control)
    }
    package func acknowledge() -> UInt32 { window.load32(at: Register.acknowledge) }
    package func end(_ acknowledged: UInt32) {
        window.store32(acknowledged, at: Register.endOfInterrupt)
    }
    /// The CPU's bit in lists of targets. A controller of one CPU has no such register; that takes any.
    package var identifier: UInt64 {
        let own = distributor.load32(at: GenericInterruptController.Distributor.target) & 0xff
        return UInt64(own == 0 ? 1 : own)
    }
    package func send(_ number: UInt32, to identifier: UInt64) {
        distributor.store32(
            UInt32(truncatingIfNeeded: identifier) << 16 | number,
            at: GenericInterruptController.Distributor.softwareInterrupt)
    }
}

/// The generic interrupt controller, versions 2 and 3, as one CPU sees it: group 1, one priority, every
/// device's interrupt to CPU 0.
///
/// Sources: Arm IHI 0048B (GICv2), IHI 0069H (GICv3; security disabled or seen from non-secure state).
package final class GenericInterruptController {
    fileprivate enum Distributor {
        static let control: UInt32 = 0x000
        static let type: UInt32 = 0x004
        static let group: UInt32 = 0x080
        static let setEnable: UInt32 = 0x100
        static let priority: UInt32 = 0x400
        static let target: UInt32 = 0x800
        static let configuration: UInt32 = 0xc00
        static let softwareInterrupt: UInt32 = 0xf00
        static let route: UInt32 = 0x6000
        // GICD_CTLR: enable group 1 (non-secure view: group 0's bit), affinity routing.
        static let enableGroups: UInt32 = 0b11
        static let affinityRouting: UInt32 = 1 << 4
    }
    private enum Redistributor {
        static let type: UInt32 = 0x0008
        static let affinity: UInt32 = 0x000c
        static let waker: UInt32 = 0x0014
        // GICR_TYPER: frames for virtual interrupts too, the last one of its region.
        static let hasVirtualFrames: UInt32 = 1 << 1
        static let isLast: UInt32 = 1 << 4
        /// The frame with the private interrupts' registers, laid out as the distributor's.
        static let privateFrame: UInt32 = 0x10000
        static let processorSleep: UInt32 = 1 << 1
        static let childrenAsleep: UInt32 = 1 << 2
    }
    package static let lowestPriorityMask: UInt32 = 0xff
    private static let priority: UInt32 = 0xa0
    private static let firstSpecial: UInt32 = 1020
    /// Private interrupts: 16 sent by software, 16 of the CPU's own devices.
    private static let privateCount: UInt32 = 32

    private let distributor: any DeviceWindow
    /// Version 3 has one for each CPU.
    private let redistributor: (any DeviceWindow)?
    private let interface: any GenericInterruptInterface
    /// Which vector an interrupt is, by its INTID: FIRST_DEVICE_VECTOR + n, or 0.
    private var vectors = InlineArray<256, UInt8>(repeating: 0)
    /// What was acknowledged and is to be ended when its handler has run.
    private var active = InlineArray<32, UInt32>(repeating: 0)
    private var activeCount = 0

    /// Turns the controller on for this CPU: version 3 where there is a redistributor.
    package init(
        distributor: any DeviceWindow, redistributor: (any DeviceWindow)?,
        interface: any GenericInterruptInterface
    ) {
        self.distributor = distributor
        self.redistributor = redistributor
        self.interface = interface
        if let redistributor {
            distributor.store32(
                Distributor.enableGroups | Distributor.affinityRouting, at: Distributor.control)
            let waker = redistributor.load32(at: Redistributor.waker)
            redistributor.store32(waker & ~Redistributor.processorSleep, at: Redistributor.waker)
            // Bounded: hardware answers within microseconds, and nothing depends on the bit alone.
            for _ in 0..<100_000 {
                let isAsleep =
                    redistributor.load32(at: Redistributor.waker) & Redistributor.childrenAsleep
                    != 0
                guard isAsleep else { break }
            }
        } else {
            distributor.store32(Distributor.enableGroups, at: Distributor.control)
        }
        interface.start()
    }
    /// Turns it on for a further CPU, which calls, with the private interrupts of the first one.
    package convenience init(
        like first: GenericInterruptController, redistributor: (any DeviceWindow)?
    ) {
        self.init(
            distributor: first.distributor, redistributor: redistributor,
            interface: first.interface)
        for interrupt in 0..<Self.privateCount where first.vectors[Int(interrupt)] != 0 {
            connect(
                interrupt: interrupt, vector: Int(first.vectors[Int(interrupt)]), isEdge: false)
        }
    }
    /// Finds the redistributor of the CPU with an affinity in a region of `byteCount` bytes. `window` maps
    /// the one at an offset; `stride` is what the device tree says.
    package static func findRedistributor<Window: DeviceWindow>(
        affinity: UInt64, byteCount: UInt64, stride: UInt64?,
        window: (_ offset: UInt64) -> Window?
    ) -> Window? {
        // Aff3 is in bits 39-32 of an affinity, and in 31-24 here.
        let packed = UInt32(truncatingIfNeeded: affinity >> 8 & 0xff00_0000 | affinity & 0xff_ffff)
        var offset: UInt64 = 0
        while offset + frameByteCount <= byteCount, let frame = window(offset) {
            guard frame.load32(at: Redistributor.affinity) != packed else { return frame }
            let type = frame.load32(at: Redistributor.type)
            guard type & Redistributor.isLast == 0 else { break }
            offset +=
                stride
                ?? (type & Redistributor.hasVirtualFrames == 0 ? 1 : 2) * frameByteCount
        }
        return nil
    }
    /// Bytes of a redistributor: its own frame, and that of the private interrupts.
    package static let frameByteCount: UInt64 = 0x20000
    /// Where the second frame begins.
    package static var privateFrameOffset: UInt32 { Redistributor.privateFrame }
    /// Interrupts that there are, private ones among them.
    package var count: Int { Int(distributor.load32(at: Distributor.type) & 31 + 1) * 32 }

    /// Gives an interrupt a vector and lets it through. Precondition: INTID below `count` and 256.
    package func connect(interrupt: UInt32, vector: Int, isEdge: Bool) {
        precondition(
            interrupt < 256 && (0..<Int(DEVICE_VECTORS)).contains(vector - Int(FIRST_DEVICE_VECTOR))
        )
        vectors[Int(interrupt)] = UInt8(vector)
        let isPrivate = interrupt < Self.privateCount
        let frame = isPrivate && redistributor != nil ? Redistributor.privateFrame : 0
        let window = isPrivate ? redistributor ?? distributor : distributor
        let bit = UInt32(1) << (interrupt % 32)
        func update(_ register: UInt32, clear: UInt32, set: UInt32) {
            let old = window.load32(at: frame + register)
            window.store32(old & ~clear | set, at: frame + register)
        }
        func setByte(_ register: UInt32, _ value: UInt32) {
            let shift = interrupt % 4 * 8
            update(register + interrupt / 4 * 4, clear: 0xff << shift, set: value << shift)
        }
        if redistributor != nil {
            update(Distributor.group + interrupt / 32 * 4, clear: 0, set: bit)
        }
        setByte(Distributor.priority, Self.priority)
        if !isPrivate {
            let shift = interrupt % 16 * 2
            update(
                Distributor.configuration + interrupt / 16 * 4, clear: 3 << shift,
                set: (isEdge ? 2 : 0) << shift)
            if redistributor != nil {
                // To the CPU with affinity 0, the one that boots.
                distributor.store32(0, at: Distributor.route + interrupt * 8)
                distributor.store32(0, at: Distributor.route + interrupt * 8 + 4)
            } else {
                setByte(Distributor.target, 1)
            }
        }
        window.store32(bit, at: frame + Distributor.setEnable + interrupt / 32 * 4)
    }

    /// Acknowledges what is pending; bit n is vector FIRST_DEVICE_VECTOR + n. What has no vector is
    /// ended at once; the rest stays active, so that it does not come again, until `finish`.
    /// `release` is called with each vector, to take back a line that its device holds.
    package func take(_ release: (_ vector: Int) -> Void) -> UInt32 {
        var pending: UInt32 = 0
        while activeCount < active.count {
            let acknowledged = interface.acknowledge()
            let number = acknowledged & 0x3ff
            guard number < Self.firstSpecial else { break }
            let vector = number < 256 ? vectors[Int(number)] : 0
            guard vector != 0 else {
                interface.end(acknowledged)
                continue
            }
            release(Int(vector))
            pending |= 1 << (UInt32(vector) - UInt32(FIRST_DEVICE_VECTOR))
            active[activeCount] = acknowledged
            activeCount += 1
        }
        return pending
    }
    /// Ends what was taken.
    package func finish() {
        while activeCount > 0 {
            activeCount -= 1
            interface.end(active[activeCount])
        }
    }

    /// This CPU's identifier.
    package var identifier: UInt64 { interface.identifier }
    /// Sends the interrupt 0 to 15, which was connected there, to the CPU with an identifier.
    package func send(_ number: UInt32, to identifier: UInt64) {
        precondition(number < 16)
        interface.send(number, to: identifier)
    }
    /// What version 3's ICC_SGI1R_EL1 is told to send an interrupt to the CPU with an affinity (IHI 0069H,
    /// 12.2.19).
    package static func command(_ number: UInt32, to affinity: UInt64) -> UInt64 {
        func level(_ shift: UInt64) -> UInt64 { affinity >> shift & 0xff }
        let range = level(0) >> 4
        let targets = UInt64(1) << (level(0) & 15)
        return level(32) << 48 | range << 44 | level(16) << 32 | UInt64(number) << 24
            | level(8) << 16 | targets
    }
}
