import Base
import Devices
import Testing

@Suite("PL031 (Arm DDI 0224)") struct RealTimeClockPL031Tests {
    private let window = ModelWindow()
    private var clock: RealTimeClockPL031 { RealTimeClockPL031(window) }

    @Test("RTCDR is the time, all 32 bits of it")
    func reads() {
        window.words[0] = 0xffff_fff0
        #expect(clock.read() == 4_294_967_280)
    }
    @Test("the time is set by RTCLR, and the clock started")
    func sets() {
        clock.set(RealTimeClockPL031.range.upperBound)
        #expect(window.stores == [.init(0x08, .max), .init(0x0c, 1)])
    }
    @Test("an alarm's old interrupt is cleared before the new one is let through")
    func alarm() {
        clock.setAlarm(1000)
        #expect(window.stores == [.init(0x04, 1000), .init(0x1c, 1), .init(0x10, 1)])
        window.stores = []
        clock.stopAlarm()
        #expect(window.stores == [.init(0x10, 0), .init(0x1c, 1)])
    }
}

@Suite("PL011 (Arm DDI 0183)") struct SerialPortPL011Tests {
    /// Full for a number of looks.
    private final class Port: ModelWindow {
        var looks = 0
        override func load32(at offset: UInt32) -> UInt32 {
            guard offset == 0x18, looks > 0 else { return 0 }
            looks -= 1
            return 1 << 5
        }
    }
    @Test("a byte waits until the port has room, but not for ever", arguments: [0, 1, 1_000_000])
    func writes(looks: Int) {
        let window = Port()
        window.looks = looks
        SerialPortPL011(window).write(0xe9)
        #expect(window.stores == [.init(0, 0xe9)])
        #expect(window.looks == max(0, looks - SerialPortPL011.patience))
    }
}

@Suite("PSCI (Arm DEN0022)") struct PSCITests {
    /// Firmware that answers by function, and "not supported" to others.
    private final class Firmware: @unchecked Sendable {
        var answers: [UInt32: Int64] = [:]
        var calls: [[UInt64]] = []
        func interface(on: UInt32? = nil, off: UInt32? = nil) -> PSCI {
            PSCI(processorOn: on, processorOff: off) {
                self.calls.append([UInt64($0), $1, $2, $3])
                return self.answers[$0] ?? 0xffff_ffff
            }
        }
    }
    private let firmware = Firmware()
    private let on: UInt32 = 0xc400_0003

    @Test("results are of 32 bits: version 1.1, and an error without firmware's version")
    func version() {
        #expect(firmware.interface().version == nil)
        firmware.answers[0x8400_0000] = 0x7fff_0001_0001
        #expect(firmware.interface().version.map { [$0.major, $0.minor] } == [1, 1])
    }
    @Test("CPUs start where PSCI_FEATURES of 1.0 says so; 0.2 has it, 0.1 where the tree names it")
    func starts() {
        #expect(!firmware.interface().canStartProcessors)
        #expect(firmware.interface(on: 0x95c1_ba60).canStartProcessors)
        firmware.answers[0x8400_0000] = 2
        #expect(firmware.interface().canStartProcessors)
        firmware.answers[0x8400_0000] = 1 << 16
        #expect(!firmware.interface().canStartProcessors)
        firmware.answers[0x8400_000a] = 0
        #expect(firmware.interface().canStartProcessors)
        #expect(firmware.calls.last == [0x8400_000a, UInt64(on), 0, 0])
    }
    @Test("CPU_ON has affinity, entry and context, and the tree's identifier where it names one")
    func startProcessor() {
        let entry = PhysicalAddress(rawValue: 0x4020_0000)
        #expect(!firmware.interface().startProcessor(affinity: 1, at: entry, context: 7))
        #expect(firmware.calls.last == [UInt64(on), 1, 0x4020_0000, 7])
        firmware.answers[0x95c1_ba60] = 0
        let named = firmware.interface(on: 0x95c1_ba60)
        #expect(named.startProcessor(affinity: 1, at: entry, context: 7))
    }
    @Test("CPU_OFF, SYSTEM_OFF and SYSTEM_RESET")
    func ends() {
        let interface = firmware.interface()
        interface.stopProcessor()
        interface.turnOff()
        interface.reset()
        #expect(firmware.calls.map { $0[0] } == [0x8400_0002, 0x8400_0008, 0x8400_0009])
        firmware.interface(off: 0x95c1_ba5f).stopProcessor()
        #expect(firmware.calls.last?[0] == 0x95c1_ba5f)
    }
}

/// Registers behind a selector, as the I/O APIC's.
private final class SelectedRegisters: ModelWindow {
    var registers: [UInt32: UInt32] = [:]
    var log: [Store] = []
    override func load32(at offset: UInt32) -> UInt32 {
        offset == 0x10 ? registers[words[0] ?? 0] ?? 0 : 0
    }
    override func store32(_ value: UInt32, at offset: UInt32) {
        super.store32(value, at: offset)
        guard offset == 0x10, let number = words[0] else { return }
        registers[number] = value
        log.append(Store(number, value))
    }
}
@Suite("I/O APIC (82093AA)") struct IOAPICTests {
    private let window = SelectedRegisters()

    @Test("version and number of pins are those of register 1 (section 3.2.2)")
    func counts() {
        window.registers[1] = 0x0017_0020
        #expect(IOAPIC(window)?.pinCount == 24)
        window.registers[1] = 0x00ef_0011
        #expect(IOAPIC(window)?.pinCount == 240)
    }
    @Test(
        "what no I/O APIC says is none",
        arguments: [0, .max, 0x0017_0030, 0x0000_0011, 0x00f0_0011] as [UInt32])
    func absent(version: UInt32) {
        window.registers[1] = version
        #expect(IOAPIC(window) == nil)
    }
    @Test(
        "a pin's destination is written before its vector, edge-triggered, not masked (section 3.2.4)"
    )
    func connects() throws {
        window.registers[1] = 0x0017_0011
        try #require(IOAPIC(window)).connect(pin: 8, vector: 0x48, to: 3)
        #expect(window.log == [.init(0x21, 3 << 24), .init(0x20, 0x48)])
    }
}

/// The chip's registers, the time in binary and 24 hours.
private final class ClockChip: ClockRegisters {
    var registers: [UInt8: UInt8] = [0x0b: 0b110, 0x32: 20]
    var log: [UInt8] = []
    func load(_ register: UInt8) -> UInt8 { registers[register] ?? 0 }
    func store(_ value: UInt8, _ register: UInt8) {
        registers[register] = value
        log.append(register)
    }
}
@Suite("MC146818") struct RealTimeClockMC146818Tests {
    private let chip = ClockChip()
    private var clock: RealTimeClockMC146818<ClockChip> { RealTimeClockMC146818(chip) }

    @Test("an empty bus, which reads as ones, is no clock")
    func absent() {
        #expect(clock.isThere)
        chip.registers[0x0d] = 0xff
        #expect(!clock.isThere)
    }
    @Test(
        "the time that is set is read, and nothing counts while it is being set (SET of register B)"
    )
    func sets() {
        clock.set(951_868_799)
        #expect(clock.read() == 951_868_799)
        #expect(chip.log.first == 0x0b && chip.log.last == 0x0b)
        #expect(chip.registers[0x0b] == 0b110)
        #expect(chip.registers[0x06] == 3)  // 29 February 2000 was a Tuesday
    }
    @Test("the alarm is a time of day, and interrupts until it is stopped (AIE of register B)")
    func alarms() {
        clock.setAlarm(951_868_799)
        #expect(chip.registers[0x01] == 59 && chip.registers[0x03] == 59)
        #expect(chip.registers[0x05] == 23)
        #expect(chip.registers[0x0b] == 0b10_0110)
        clock.stopAlarm()
        #expect(chip.registers[0x0b] == 0b110)
    }
    @Test("without a register for the century years end in 2069")
    func range() {
        #expect(clock.range.upperBound == 253_402_300_799)
        chip.registers[0x32] = 0
        #expect(clock.range.upperBound == 3_155_759_999)
    }
}
