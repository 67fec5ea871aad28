internal import Base
internal import Drivers
internal import Hardware
internal import NucleusInterface
internal import NucleusLayout
internal import NucleusLayoutX86_64
internal import Virtio
internal import Wire

/// Devices of a machine that no boot record describes, found where QEMU has them.
///
/// microvm (QEMU: hw/i386/microvm.c) has virtio-mmio windows at fixed places and an I/O APIC pin for
/// each; every other machine is taken for a PC with four serial ports. ACPI would say the same in
/// AML, which takes an interpreter.
enum PlatformDevices {
    private enum MicroVM {
        static let windows: UInt64 = 0xfeb0_0000
        static let windowSize: UInt64 = 512
        static let windowCount = 24
        /// Without a second I/O APIC there are fewer windows, on the first one's pins.
        static let windowCountOfOne = 8
        static let firstPinWithACPI = 16
        static let firstPinWithoutACPI = 5
        /// Generic event device: its registers' page, and the sleep control register in it.
        static let eventRegisters: UInt64 = 0xfea0_0000
        static let sleepControl: UInt32 = 0x200
    }
    /// Devices that have room in the record and vectors of their own.
    private static let maximumCount = 8

    /// The I/O APIC `index`; `nil` where there is none. Precondition: its page is mapped.
    private static func apic(_ index: Int) -> IOAPIC? {
        let page = UInt64(IO_APIC_WINDOW) + UInt64(index * Page.size)
        return RegisterWindow(at: VirtualAddress(rawValue: page), byteCount: Page.size)
            .flatMap { IOAPIC($0) }
    }

    static func find(
        _ tables: BootTables, _ info: PVHStartInfo, _ record: inout BootRecordBuilder
    ) {
        let controller = InterruptController.enable()
        guard
            tables.mapDevice(UInt64(IO_APIC_WINDOW), to: UInt64(IO_APIC_PHYSICAL)),
            tables.mapDevice(
                UInt64(IO_APIC_WINDOW) + UInt64(Page.size),
                to: UInt64(IO_APIC_PHYSICAL) + UInt64(IO_APIC_STRIDE)),
            let lines = apic(0)
        else { return }
        let second = apic(1)
        let firstPin =
            info.rootPointer == nil ? MicroVM.firstPinWithoutACPI : MicroVM.firstPinWithACPI
        let windowCount = second == nil ? MicroVM.windowCountOfOne : MicroVM.windowCount
        var count = 0
        for index in 0..<windowCount where count < maximumCount {
            guard isDevice(index, tables) else { continue }
            let base = MicroVM.windows + UInt64(index) * MicroVM.windowSize
            let vector = UInt8(FIRST_DEVICE_VECTOR) + UInt8(count)
            guard
                tables.mapDevice(
                    UInt64(DEVICE_WINDOW_BASE) + UInt64((1 + count) * Page.size),
                    to: base & ~Page.offsetMask)
            else { return }
            if let second {
                second.connect(pin: index, vector: vector, to: controller)
            } else {
                lines.connect(pin: firstPin + index, vector: vector, to: controller)
            }
            add(.virtioMMIOWithLine, vector, vector, base, MicroVM.windowSize, &record)
            count += 1
        }
        if count > 0 {
            useSleepControl(tables, info)
        } else {
            Power.method = .port
            addSerialPorts(lines, controller, &record)
        }
        // On a microvm without ACPI a virtio device may have the clock's pin.
        if count == 0 || second != nil || firstPin > clockPin {
            addClock(lines, controller, &record)
        }
    }

    private static func add(
        _ kind: BootRecord.DeviceKind, _ queueVector: UInt8, _ configurationVector: UInt8,
        _ base: UInt64, _ byteCount: UInt64, _ record: inout BootRecordBuilder
    ) {
        record.append(
            BootRecord.devices,
            UInt64(kind.rawValue) | UInt64(queueVector) << 32 | UInt64(configurationVector) << 40,
            base, byteCount)
    }

    /// Whether a window holds a virtio device.
    private static func isDevice(_ index: Int, _ tables: BootTables) -> Bool {
        let offset = UInt64(index) * MicroVM.windowSize
        let page = Int(offset / UInt64(Page.size))
        if offset % UInt64(Page.size) == 0 {
            guard
                tables.mapDevice(
                    UInt64(PROBE_WINDOW) + UInt64(page * Page.size), to: MicroVM.windows + offset)
            else { return false }
        }
        guard let window = RegisterWindow.probe(page: page) else { return false }
        let start = UInt32(offset % UInt64(Page.size))
        guard window.load32(at: start + Virtio.Register<UInt32>.magic.offset) == VirtioMMIO.magic
        else { return false }
        let device = window.load32(at: start + Virtio.Register<DeviceIdentifier>.device.offset)
        return DeviceIdentifier(bits: device) != .none
    }

    private static func useSleepControl(_ tables: BootTables, _ info: PVHStartInfo) {
        guard info.rootPointer != nil,
            tables.mapDevice(UInt64(POWER_WINDOW), to: MicroVM.eventRegisters),
            let window = RegisterWindow(
                at: VirtualAddress(rawValue: UInt64(POWER_WINDOW)), byteCount: Page.size)
        else { return }
        Power.method = .sleepControl(window, offset: MicroVM.sleepControl)
    }

    /// The clock's line, ISA's 8.
    private static let clockPin = 8
    private static func addClock(
        _ lines: IOAPIC, _ controller: UInt8, _ record: inout BootRecordBuilder
    ) {
        guard RealTimeClock.isThere else { return }
        let vector = UInt8(FIRST_DEVICE_VECTOR) + UInt8(maximumCount)
        lines.connect(pin: clockPin, vector: vector, to: controller)
        add(.clock, vector, vector, 0, 0, &record)
    }

    /// COM1 to COM4, whose lines are 4, 3, 4 and 3.
    private static func addSerialPorts(
        _ lines: IOAPIC, _ controller: UInt8, _ record: inout BootRecordBuilder
    ) {
        let input = UInt8(FIRST_DEVICE_VECTOR)
        lines.connect(pin: 4, vector: input, to: controller)
        lines.connect(pin: 3, vector: input + 1, to: controller)
        add(.serialPorts, input, input + 1, 0, 0, &record)
    }
}
