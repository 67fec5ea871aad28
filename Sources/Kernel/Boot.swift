internal import Base
internal import Drivers
internal import Hardware
internal import Insight
internal import Memory
internal import NucleusInterface
#if arch(x86_64)
    internal import PlatformX86_64
#else
    internal import PlatformARM64
#endif
internal import Scheduler
internal import Trace
internal import Wire

@main enum Kernel {
    /// The linker wants a `main`; the machine enters by `kernel_entry`, which calls `library_boot`.
    static func main() {}
}

/// Called once on the boot stack, masked, with the boot record: our VMM's, or the one that the
/// platform's own entry wrote.
@c func library_boot(_ record: UInt, _ byteCount: Int) {
    CPU.start()
    BootMemory.withMapped(at: record, byteCount: byteCount) { bytes in
        do throws(BootRecordView.Failure) {
            boot(try BootRecordView(checking: bytes))
        } catch {
            Crash.end(because: "the boot record is damaged or of another version")
        }
    }
}

/// Everything between the entry and the program's first instruction, in order.
private func boot(_ record: borrowing BootRecordView) -> Never {
    guard Machine.startMemory(record) else { Crash.end(because: "no usable memory") }
    Log.current = LogRing()
    let devices = Devices()
    if record[BootRecord.entryProtocol] != BootRecord.EntryProtocol.martlet.rawValue {
        devices.records.reach(.handedOver, at: record[BootRecord.enterTSC])
    }
    devices.records.reach(.kernelEntered)
    Machine.startClocks(record)
    Interrupts.start()
    CPU.probeGate()
    Devices.seedEntropy(record)
    devices.records.reach(.memoryReady)
    devices.start(record)
    LibrarySpace.setCurrent(
        LibrarySpace(root: PhysicalAddress(rawValue: record[BootRecord.pageTableRoot])))
    Platform.findProcessors(record)
    Interrupts.register(ProcessorCalls(), vector: Processors.interruptVector)
    Crash.start(reporter: CrashRecords(devices))
    devices.records.reach(.devicesReady)
    BootMemory.withBytes(
        at: PhysicalAddress(rawValue: record[BootRecord.commandLine]),
        byteCount: Int(clamping: record[BootRecord.commandLineSize])
    ) { bytes in
        do throws(CommandLineError) {
            let line = try CommandLineView(checking: bytes)
            run(record, line, devices)
        } catch {
            devices.refuse("the kernel's command line can't be read")
        }
    }
    Crash.end(because: "the program's start came back")
}

private func run(
    _ record: borrowing BootRecordView, _ line: borrowing CommandLineView, _ devices: Devices
) {
    if let level = line.logLevel, let level = NucleusInterface.LogLevel(rawValue: level) {
        Log.current?.level = level
    }
    Log.debug(CPU.gateDescription)
    logHardening()
    if let name = line.selfTest, name.equals("crash-at-end") {
        SelfTest.crashAtEnd()
    } else if let name = line.selfTest {
        guard let test = SelfTest.named(name) else { devices.refuse("no such self test") }
        let passed = test.run(kernelBase: PhysicalAddress(rawValue: record[BootRecord.kernelBase]))
        devices.end { $0.sendExit(status: passed ? 0 : 1) }
    }
    Program(record, line, devices).start(record, line)
}

private func logHardening() {
    let hardening = Hardening.current
    guard hardening.name(0) != nil else { return }
    Log.line(.debug) { text in
        text.append("hardening:")
        var index = 0
        while let name = hardening.name(index) {
            text.append(index == 0 ? " " : ", ")
            text.append(name)
            index += 1
        }
    }
}
