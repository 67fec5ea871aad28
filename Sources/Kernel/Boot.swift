internal import Base
internal import Hardware
internal import Insight
internal import Memory
internal import NucleusInterface
internal import Scheduler
internal import Trace

@main enum Kernel {
    /// The linker wants a `main`; the machine enters by `kernel_entry`, which calls `library_boot`.
    static func main() {}
}

/// Called once on the boot stack, masked, with the boot record.
@c func library_boot(_ record: UInt, _ byteCount: Int) {
    CPU.start()
    BootMemory.withRecord(at: record, byteCount: byteCount) { bytes in
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
    Machine.startClocks(record)
    Interrupts.start()
    CPU.probeGate()
    let greeting: StaticString = "memory ready\n"
    CPU.writeEarlyConsole(greeting.bytes)
    CPU.powerOff()
    Crash.end(because: "power-off came back")
}
