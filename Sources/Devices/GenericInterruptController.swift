internal import NucleusLayout

/// How one CPU takes interrupts from a generic interrupt controller: by registers in memory in
/// version 2, by system registers in version 3.
package protocol GenericInterruptInterface: AnyObject {
    /// Lets every priority and group 1 through.
    func start()
    /// Acknowledges one interrupt; its INTID, or 1020 to 1023 where none is pending.
    func acknowledge() -> UInt32
    /// Ends what `acknowledge` answered.
    func end(_ acknowledged: UInt32)
}

/// Version 2's interface (Arm IHI 0048B, section 4.4).
package final class GenericInterruptWindow: GenericInterruptInterface {
    private enum Register {
        static let control: UInt32 = 0x00
        static let priorityMask: UInt32 = 0x04
        static let acknowledge: UInt32 = 0x0c
        static let endOfInterrupt: UInt32 = 0x10
    }
    private let window: any DeviceWindow
    package init(_ window: any DeviceWindow) { self.window = window }

    package func start() {
        window.store32(GenericInterruptController.lowestPriorityMask, at: Register.priorityMask)
        window.store32(1, at: Register.control)
    }
    package func acknowledge() -> UInt32 { window.load32(at: Register.acknowledge) }
    package func end(_ acknowledged: UInt32) {
        window.store32(acknowledged, at: Register.endOfInterrupt)
    }
}

/// The generic interrupt controller, versions 2 and 3, as far as one CPU uses it: group 1, one
/// priority, every interrupt to CPU 0.
///
/// Sources: Arm IHI 0048B (GICv2), IHI 0069H (GICv3; security disabled or seen from non-secure state).
package final class GenericInterruptController {
    private enum Distributor {
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
        static let waker: UInt32 = 0x0014
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

    /// Makes the interrupt 0 to 15, which software sends, stand for a vector. Version 2 sends it to
    /// this CPU at once; in version 3 a system register does: returns whether that is to be done.
    package func prepareSoftwareInterrupt(_ number: UInt32, vector: Int) -> Bool {
        precondition(number < 16)
        vectors[Int(number)] = UInt8(vector)
        guard let redistributor else {
            let selfOnly: UInt32 = 2 << 24
            distributor.store32(selfOnly | number, at: Distributor.softwareInterrupt)
            return false
        }
        let bit = UInt32(1) << number
        let group = Redistributor.privateFrame + Distributor.group
        redistributor.store32(redistributor.load32(at: group) | bit, at: group)
        redistributor.store32(bit, at: Redistributor.privateFrame + Distributor.setEnable)
        return true
    }
}
