internal import Base
internal import CPUAssembly
internal import NucleusLayout
internal import NucleusLayoutARM64

/// The generic interrupt controller, versions 2 and 3, as far as one CPU uses it: group 1, one
/// priority, every interrupt to CPU 0.
///
/// Sources: Arm IHI 0048B (GICv2), IHI 0069H (GICv3; security disabled or seen from non-secure state).
/// Its windows are mapped by boot at fixed places. Version 3's CPU interface is system registers, which
/// only the nucleus can touch.
package enum InterruptController {
    package enum Version: Sendable {
        case two
        case three
    }
    // Set once at boot.
    private nonisolated(unsafe) static var version = Version.two
    /// Which vector an interrupt is, by its INTID: FIRST_DEVICE_VECTOR + n, or 0.
    private nonisolated(unsafe) static var vectors = InlineArray<256, UInt8>(repeating: 0)
    /// What was acknowledged and is to be ended when its handler has run.
    private nonisolated(unsafe) static var active = InlineArray<32, UInt32>(repeating: 0)
    private nonisolated(unsafe) static var activeCount = 0

    private enum Distributor {
        static let control: UInt32 = 0x000
        static let type: UInt32 = 0x004
        static let group: UInt32 = 0x080
        static let setEnable: UInt32 = 0x100
        static let clearEnable: UInt32 = 0x180
        static let priority: UInt32 = 0x400
        static let target: UInt32 = 0x800
        static let configuration: UInt32 = 0xc00
        static let softwareInterrupt: UInt32 = 0xf00
        static let route: UInt32 = 0x6000
        // GICD_CTLR: enable group 1 (non-secure view: group 0's bit), affinity routing.
        static let enableGroups: UInt32 = 0b11
        static let affinityRouting: UInt32 = 1 << 4
    }
    private enum CPUInterface {
        static let control: UInt32 = 0x00
        static let priorityMask: UInt32 = 0x04
        static let acknowledge: UInt32 = 0x0c
        static let endOfInterrupt: UInt32 = 0x10
    }
    private enum Redistributor {
        static let waker: UInt32 = 0x0014
        /// The frame with the private interrupts' registers, laid out as the distributor's.
        static let privateFrame: UInt32 = 0x10000
        static let processorSleep: UInt32 = 1 << 1
        static let childrenAsleep: UInt32 = 1 << 2
    }
    private static let lowestPriorityMask: UInt64 = 0xff
    private static let priority: UInt32 = 0xa0
    private static let spurious: UInt32 = 1020
    /// Private interrupts: 16 sent by software, 16 of the CPU's own devices.
    private static let privateCount: UInt32 = 32

    // SAFETY (both): boot maps the windows before the first call; offsets are constants or bounded.
    private static func load(_ window: UInt64, _ offset: UInt32) -> UInt32 {
        guard let at = unsafe UnsafeRawPointer(bitPattern: UInt(window) + UInt(offset)) else {
            return 0
        }
        return unsafe cpu_register_load_32(at)
    }
    private static func store(_ value: UInt32, _ window: UInt64, _ offset: UInt32) {
        guard let at = unsafe UnsafeMutableRawPointer(bitPattern: UInt(window) + UInt(offset))
        else {
            return
        }
        unsafe cpu_register_store_32(at, value)
    }
    private static var distributor: UInt64 { UInt64(GIC_DISTRIBUTOR_WINDOW) }
    private static var redistributor: UInt64 { UInt64(GIC_REDISTRIBUTOR_WINDOW) }
    private static var processor: UInt64 { UInt64(GIC_CPU_WINDOW) }

    /// Turns the controller on for this CPU. Precondition: its windows are mapped.
    package static func start(_ version: Version) {
        unsafe self.version = version
        switch version {
        case .two:
            store(Distributor.enableGroups, distributor, Distributor.control)
            store(UInt32(lowestPriorityMask), processor, CPUInterface.priorityMask)
            store(1, processor, CPUInterface.control)
        case .three:
            store(
                Distributor.enableGroups | Distributor.affinityRouting, distributor,
                Distributor.control)
            let waker = load(redistributor, Redistributor.waker)
            store(waker & ~Redistributor.processorSleep, redistributor, Redistributor.waker)
            // Bounded: hardware answers within microseconds, and nothing depends on the bit alone.
            for _ in 0..<100_000
            where load(redistributor, Redistributor.waker) & Redistributor.childrenAsleep != 0 {
                CPU.pause()
            }
            CPU.write(lowestPriorityMask, to: .priorityMask)
            CPU.write(0, to: .controllerControl)
            CPU.write(1, to: .groupEnable)
        }
    }
    /// Interrupts that there are, private ones among them.
    package static var count: Int {
        Int(load(distributor, Distributor.type) & 31 + 1) * 32
    }

    /// Gives an interrupt a vector and lets it through. Precondition: INTID below `count` and 256.
    package static func connect(interrupt: UInt32, vector: Int, isEdge: Bool) {
        precondition(
            interrupt < 256 && (0..<Int(DEVICE_VECTORS)).contains(vector - Int(FIRST_DEVICE_VECTOR))
        )
        unsafe vectors[Int(interrupt)] = UInt8(vector)
        let isPrivate = interrupt < privateCount
        var window = distributor
        if isPrivate, unsafe version == .three {
            window = redistributor + UInt64(Redistributor.privateFrame)
        }
        let word = interrupt / 32 * 4
        let bit = UInt32(1) << (interrupt % 32)
        if unsafe version == .three {
            store(load(window, Distributor.group + word) | bit, window, Distributor.group + word)
        }
        let byteShift = interrupt % 4 * 8
        let byteWord = interrupt / 4 * 4
        func setByte(_ register: UInt32, _ value: UInt32) {
            let old = load(window, register + byteWord) & ~(0xff << byteShift)
            store(old | value << byteShift, window, register + byteWord)
        }
        setByte(Distributor.priority, priority)
        if !isPrivate {
            let shift = interrupt % 16 * 2
            let register = Distributor.configuration + interrupt / 16 * 4
            let old = load(window, register) & ~(3 << shift)
            store(old | (isEdge ? 2 : 0) << shift, window, register)
            if unsafe version == .three {
                // To the CPU with affinity 0, the one that boots.
                store(0, window, Distributor.route + interrupt * 8)
                store(0, window, Distributor.route + interrupt * 8 + 4)
            } else {
                setByte(Distributor.target, 1)
            }
        }
        store(bit, window, Distributor.setEnable + word)
    }

    /// Acknowledges one interrupt; its INTID, `nil` where none is pending.
    private static func acknowledge() -> UInt32? {
        let answer =
            unsafe version == .three
            ? UInt32(truncatingIfNeeded: CPU.read(.interruptAcknowledge))
            : load(processor, CPUInterface.acknowledge)
        return answer & 0x3ff < spurious ? answer : nil
    }
    private static func end(_ acknowledged: UInt32) {
        if unsafe version == .three {
            CPU.write(UInt64(acknowledged), to: .endOfInterrupt)
        } else {
            store(acknowledged, processor, CPUInterface.endOfInterrupt)
        }
    }
    /// Acknowledges what is pending; bit n is vector FIRST_DEVICE_VECTOR + n. What has no vector is
    /// ended at once; the rest stays active, so that it does not come again, until `finish`.
    fileprivate static func take() -> UInt32 {
        var pending: UInt32 = 0
        while unsafe activeCount < active.count, let acknowledged = acknowledge() {
            let number = acknowledged & 0x3ff
            let vector = number < 256 ? unsafe vectors[Int(number)] : 0
            guard vector != 0 else {
                end(acknowledged)
                continue
            }
            // The timer holds its line; nobody else would take it back.
            if Int(vector) == LocalTimer.vector { LocalTimer.disarm() }
            pending |= 1 << (UInt32(vector) - UInt32(FIRST_DEVICE_VECTOR))
            unsafe active[activeCount] = acknowledged
            unsafe activeCount += 1
        }
        return pending
    }
    fileprivate static func finish() {
        while unsafe activeCount > 0 {
            unsafe activeCount -= 1
            end(unsafe active[activeCount])
        }
    }

    /// Interrupts sent by software that stand for vectors in tests: INTID 0 to 15.
    package static func interruptSelf(vector: Int) {
        let number = UInt32(vector & 15)
        unsafe vectors[Int(number)] = UInt8(vector)
        if unsafe version == .three {
            let window = redistributor + UInt64(Redistributor.privateFrame)
            let bit = UInt32(1) << number
            store(load(window, Distributor.group) | bit, window, Distributor.group)
            store(bit, window, Distributor.setEnable)
            // Target list 1 at affinity 0.0.0: this CPU.
            CPU.write(UInt64(number) << 24 | 1, to: .softwareInterrupt)
        } else {
            let selfOnly: UInt32 = 2 << 24
            store(selfOnly | number, distributor, Distributor.softwareInterrupt)
        }
    }
}

extension CPU {
    /// Takes the vectors that are pending on this CPU; bit n is FIRST_DEVICE_VECTOR + n.
    package static func takePendingVectors() -> UInt32 { InterruptController.take() }
    /// To be called when the handlers of what was taken have run.
    package static func finishVectors() { InterruptController.finish() }
}
