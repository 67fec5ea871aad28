internal import Base
internal import Drivers
internal import Files
internal import Hardware
internal import Insight
internal import LinuxABI
internal import Memory
internal import NucleusInterface
internal import Scheduler
internal import Trace
internal import Virtio

/// The machine's devices, found in the boot record; the one owner of their drivers.
final class Devices {
    let records = ControlChannel()
    private(set) var console: ConsoleDriver?
    private var entropy: EntropyDriver?
    /// /dev/rtc0, where the machine has a clock with an alarm.
    private(set) var clock: (any CharacterDevice)?

    /// Starts every device that has a driver; what fails is left out with a line in the log.
    func start(_ record: borrowing BootRecordView) {
        // Lines that come before the console is up wait in the channel's backlog.
        Log.current?.sink = records
        records.wantsClock =
            record[BootRecord.entryProtocol] != BootRecord.EntryProtocol.martlet.rawValue
        for index in 0..<record.count(BootRecord.devices) {
            let device = record.device(at: index)
            let kind = BootRecord.DeviceKind(rawValue: device.kind)
            if kind == .serialPorts { startSerialConsole(device) }
            if kind == .clock { startClock(device) }
            guard kind == .virtioMMIO || kind == .virtioMMIOWithLine,
                let window = RegisterWindow.device(
                    index, base: device.base, byteCount: device.byteCount)
            else { continue }
            do throws(DriverError) {
                let handler = try start(
                    try Self.transport(record, device, index, window), device)
                guard let handler else { continue }
                if kind == .virtioMMIOWithLine {
                    Interrupts.register(
                        InterruptLine(window, handler), vector: Int(device.queueVector))
                } else {
                    Interrupts.register(handler, vector: Int(device.queueVector))
                    Interrupts.register(handler, vector: Int(device.configurationVector))
                }
            } catch {
                Log.line(.error) { text in
                    text.append("device ")
                    text.append(UInt64(index))
                    text.append(" can't be used")
                }
            }
        }
    }

    /// The console by serial ports.
    private func startSerialConsole(_ device: BootRecordView.Device) {
        do throws(DriverError) {
            var rings = PreparedRings()
            let serial = try SerialConsole(rings: &rings, allocate: Self.frames)
            var transport = VirtioTransport(
                serial, prepared: rings, device: .console, features: SerialConsole.features)
            transport.isPolled = true
            let driver = try ConsoleDriver(
                transport, records: records, sizes: .init(frameCount: Frames.totalCount),
                allocate: Self.frames)
            Wait.register(serial)
            Wait.register(driver)
            Interrupts.register(serial, vector: Int(device.queueVector))
            Interrupts.register(serial, vector: Int(device.configurationVector))
            console = driver
        } catch { Log.error("the serial ports can't be used") }
    }

    private func startClock(_ device: BootRecordView.Device) {
        let driver = ClockDevice(MachineAlarmClock())
        Interrupts.register(driver, vector: Int(device.queueVector))
        clock = driver
    }

    /// The way to a device: its rings where it was prepared, else its registers from the start.
    private static func transport(
        _ record: borrowing BootRecordView, _ device: BootRecordView.Device, _ index: Int,
        _ window: RegisterWindow
    ) throws(DriverError) -> VirtioTransport {
        guard device.features != 0 else { return try VirtioTransport(window) }
        var rings = PreparedRings()
        for entry in 0..<record.count(BootRecord.queues) {
            let queue = record.queue(at: entry)
            guard queue.device == index else { continue }
            rings.add(queue: queue.index, size: queue.size, base: queue.base.rawValue)
        }
        return VirtioTransport(
            window, prepared: rings, device: DeviceIdentifier(bits: UInt32(device.identifier)),
            features: Features(rawValue: device.features))
    }

    /// Starts a device's driver; returns what its interrupts are for.
    private func start(
        _ transport: consuming VirtioTransport, _ device: BootRecordView.Device
    ) throws(DriverError) -> (any InterruptHandler)? {
        switch transport.device {
        case .console:
            let driver = try ConsoleDriver(
                transport, records: records, sizes: .init(frameCount: Frames.totalCount),
                allocate: Self.frames)
            Wait.register(driver)
            console = driver
            return driver
        case .entropy:
            let driver = try EntropyDriver(transport, allocate: Self.frames)
            Entropy.register(driver)
            driver.request()
            entropy = driver
            return driver
        default: return nil
        }
    }

    private static func frames(order: Int) -> Frame? {
        guard let run = Frames.allocateRun(order: order) else { return nil }
        return run.leak()
    }

    /// Seeds the generator from what the boot record and the CPU offer; virtio-rng follows later.
    static func seedEntropy(_ record: borrowing BootRecordView) {
        if record.flags.contains(.seeded) {
            for word in 0..<BootRecord.seedSize / 8 {
                var value: UInt64 = 0
                for byte in 0..<8 {
                    value |= UInt64(record.seedByte(at: word * 8 + byte)) << UInt64(byte * 8)
                }
                Entropy.mix(value)
            }
        }
        _ = Entropy.mixHardware(4)
        Entropy.mix(TimeStampCounter.read())
    }

    /// Tells the host that a signal stopped the program, after everything that it wrote.
    func stop(by signal: Signal) {
        console?.flush()
        records.sendStopped(by: signal.rawValue)
        records.flush()
    }
    /// Ends the machine with the reason why the program could not be started.
    func refuse(_ reason: StaticString) -> Never { end { $0.sendRefused(reason.bytes) } }
    /// Sends everything that is still in a buffer and ends the machine.
    func end(_ record: (ControlChannel) -> Void) -> Never {
        console?.flush()
        record(records)
        records.flush()
        Power.turnOff()
    }
}

/// Sends the crash screen on the control channel, once that exists.
final class CrashRecords: CrashReporter {
    private let devices: Devices
    init(_ devices: Devices) { self.devices = devices }

    func report(_ text: RawSpan) -> Bool {
        guard devices.console != nil else { return false }
        devices.records.sendCrash(text)
        devices.records.flush()
        return true
    }
}
