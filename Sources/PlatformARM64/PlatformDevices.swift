internal import Base
internal import Drivers
internal import Hardware
internal import NucleusInterface
internal import NucleusLayout
internal import NucleusLayoutARM64
internal import Virtio
internal import Wire

/// Devices that the device tree describes: their windows are mapped, their interrupts connected, and
/// the virtio devices among them written into the boot record.
enum PlatformDevices {
    /// Devices that have room in the record and vectors of their own.
    private static let maximumCount = 8
    private static let maximumProbes = 16

    private static func page(_ window: DeviceTree.Region) -> UInt64 {
        window.base.rawValue & ~Page.offsetMask
    }

    /// Precondition: the tables are loaded. What there is no room for in them is left out.
    static func find(
        _ machine: MachineTree, _ tables: BootTables, _ record: inout BootRecordBuilder
    ) {
        if let console = machine.console,
            tables.mapDevice(UInt64(SERIAL_WINDOW), to: page(console.window))
        {
            EarlyConsole.found()
        }
        if let clock = machine.clock,
            tables.mapDevice(UInt64(CLOCK_WINDOW), to: page(clock.window))
        {
            RealTimeClock.found()
        }
        if let firmware = machine.firmware {
            CPU.useFirmware(
                firmware.conduit == .hypervisorCall ? .hypervisorCall : .secureCall,
                processorOn: firmware.startProcessor, processorOff: firmware.stopProcessor)
        }
        guard startController(machine, tables) else { return }
        InterruptController.connect(sent: Processors.interruptVector)
        if let timer = machine.timer?.virtual {
            InterruptController.connect(
                interrupt: timer.identifier, vector: LocalTimer.vector, isEdge: false)
        }
        let count = addVirtio(machine, tables, &record)
        addClock(machine, Int(FIRST_DEVICE_VECTOR) + count, &record)
    }

    private static func startController(_ machine: MachineTree, _ tables: BootTables) -> Bool {
        switch machine.interruptController {
        case .version2(let distributor, let processor):
            guard tables.mapDevice(UInt64(GIC_DISTRIBUTOR_WINDOW), to: page(distributor)),
                tables.mapDevice(UInt64(GIC_CPU_WINDOW), to: page(processor))
            else { return false }
            InterruptController.start(.two)
        case .version3(let distributor, let redistributors):
            guard let first = redistributors[0],
                tables.mapDevice(
                    UInt64(GIC_DISTRIBUTOR_WINDOW), to: page(distributor), byteCount: 0x10000),
                tables.mapDevice(
                    UInt64(GIC_REDISTRIBUTOR_WINDOW), to: page(first), byteCount: 0x20000)
            else { return false }
            InterruptController.start(.three)
        case nil: return false
        }
        return true
    }

    /// Writes the clock into the record. Precondition: after all devices with windows by their index.
    private static func addClock(
        _ machine: MachineTree, _ vector: Int, _ record: inout BootRecordBuilder
    ) {
        guard RealTimeClock.isThere, let interrupt = machine.clock?.interrupt,
            interrupt.identifier < UInt32(min(InterruptController.count, 256))
        else { return }
        InterruptController.connect(
            interrupt: interrupt.identifier, vector: vector, isEdge: interrupt.trigger == .edge)
        record.append(
            BootRecord.devices,
            UInt64(BootRecord.DeviceKind.clock.rawValue) | UInt64(vector) << 32
                | UInt64(vector) << 40, 0, 0)
    }

    /// Returns how many devices there are.
    private static func addVirtio(
        _ machine: MachineTree, _ tables: BootTables, _ record: inout BootRecordBuilder
    ) -> Int {
        var count = 0
        var probes = 0
        var probed: UInt64?
        for index in 0..<machine.virtio.count where count < maximumCount {
            guard let device = machine.virtio[index], let interrupt = device.interrupt,
                interrupt.identifier < UInt32(InterruptController.count)
            else { continue }
            let base = page(device.window)
            if base != probed {
                guard probes < maximumProbes,
                    tables.mapDevice(
                        UInt64(PROBE_WINDOW) + UInt64(probes * Page.size), to: base)
                else { return count }
                probes += 1
                probed = base
            }
            guard isDevice(page: probes - 1, offset: device.window.base.rawValue - base),
                tables.mapDevice(
                    UInt64(DEVICE_WINDOW_BASE) + UInt64((1 + count) * Page.size), to: base)
            else { continue }
            let vector = Int(FIRST_DEVICE_VECTOR) + count
            InterruptController.connect(
                interrupt: interrupt.identifier, vector: vector,
                isEdge: interrupt.trigger == .edge)
            record.append(
                BootRecord.devices,
                UInt64(BootRecord.DeviceKind.virtioMMIOWithLine.rawValue)
                    | UInt64(vector) << 32 | UInt64(vector) << 40,
                device.window.base.rawValue, device.window.byteCount)
            count += 1
        }
        return count
    }
    /// Whether a window holds a virtio device.
    private static func isDevice(page: Int, offset: UInt64) -> Bool {
        guard let window = RegisterWindow.probe(page: page) else { return false }
        let start = UInt32(offset)
        guard window.load32(at: start + Virtio.Register<UInt32>.magic.offset) == VirtioMMIO.magic
        else { return false }
        let device = window.load32(at: start + Virtio.Register<DeviceIdentifier>.device.offset)
        return DeviceIdentifier(bits: device) != .none
    }
}
