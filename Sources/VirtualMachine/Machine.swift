internal import Base
internal import KVM
internal import LinuxHost
internal import NucleusInterface
internal import NucleusLayout

/// A machine ready to run, or running: one CPU, its memory.
package struct Machine: ~Copyable {
    private let virtual: KVMachine
    private let processor: KVMProcessor
    private let memory: GuestMemory
    private let layout: GuestLayout
    private var console = EarlyConsole()

    init(
        virtual: consuming KVMachine, processor: consuming KVMProcessor, memory: GuestMemory,
        layout: GuestLayout
    ) {
        self.virtual = virtual
        self.processor = processor
        self.memory = memory
        self.layout = layout
    }

    /// Runs the guest until it powers off; throws where it, or the host, failed.
    package mutating func run() throws(MachineFailure) {
        try markEntry()
        do throws(MachineFailure) {
            while true {
                let exit: KVMProcessor.Exit
                do {
                    exit = try processor.runUntilExit()
                } catch {
                    throw MachineFailure(error)
                }
                if try handle(exit) == .poweredOff { break }
            }
            console.flush()
        } catch {
            console.flush()
            throw error
        }
    }

    private enum Next {
        case goOn
        case poweredOff
    }

    /// Tells the guest when it was entered.
    private func markEntry() throws(MachineFailure) {
        let field = layout.record.base + UInt64(BootRecord.enterTSC.offset)
        try inGuest { () throws(GuestMemoryError) in
            try memory.store64(HostClock.timeStamp, at: PhysicalAddress(rawValue: field))
        }
    }

    private mutating func handle(_ exit: KVMProcessor.Exit) throws(MachineFailure) -> Next {
        switch exit {
        case .portWrite(let port, _, let bytes) where port == UInt16(VMM_EARLY_CONSOLE_PORT):
            console.append(bytes)
        case .portWrite(let port, _, _) where port == UInt16(VMM_POWER_OFF_PORT):
            return .poweredOff
        case .portWrite(let port, _, _):
            throw .guest(
                "the kernel wrote to port \(hexadecimal(UInt64(port))), which nothing uses")
        case .portRead: processor.answerAbsentPort()
        case .memoryRead(let address, _):
            throw .guest("the kernel read at \(hexadecimal(address.rawValue)), where nothing is")
        case .memoryWrite(let address, _, _):
            throw .guest("the kernel wrote at \(hexadecimal(address.rawValue)), where nothing is")
        case .interrupted: break
        case .shutdown: throw .guest("the kernel failed while it handled a failure (triple fault)")
        case .halted: throw .guest("the kernel stopped the CPU")
        case .systemEvent(let event): throw .guest("the kernel raised system event \(event)")
        case .internalError(let code):
            throw .host("the host's KVM could not go on (internal error \(code))")
        case .entryFailure(let reason):
            throw .host("the host's KVM could not enter the machine (\(hexadecimal(reason)))")
        case .other(let reason): throw .host("the host's KVM stopped for reason \(reason)")
        }
        return .goOn
    }

    /// Registers and the CPU area of a machine that stopped, for those who debug the kernel.
    package func report() -> [String] {
        var lines: [String] = []
        if let registers = processor.registerReport() {
            lines.append(
                "rip \(hexadecimal(registers.instructionPointer)) rsp"
                    + " \(hexadecimal(registers.stackPointer)) cr2"
                    + " \(hexadecimal(registers.faultAddress)) cr3"
                    + " \(hexadecimal(registers.pageTableRoot)) cs"
                    + " \(hexadecimal(UInt64(registers.codeSelector)))")
            lines.append(
                registers.general.map { "\($0.name) \(hexadecimal($0.value))" }
                    .joined(separator: " "))
        }
        let area = layout.processorArea.base
        func field(_ name: String, _ offset: Int32) -> String {
            let value = try? memory.load64(PhysicalAddress(rawValue: area + UInt64(offset)))
            return "\(name) \(hexadecimal(value ?? 0))"
        }
        lines.append(
            [
                field("masked+pending", DATA_MASKED), field("interrupted", DATA_INTERRUPTED_RIP),
                field("saved rax", DATA_SAVED_RAX), field("fault address", DATA_FAULT_ADDRESS),
                field("vector", DATA_VECTOR), field("program rsp", DATA_PROGRAM_RSP),
            ].joined(separator: " "))
        // The frame that the last exception left: error code, where the CPU pushed one, then RIP…
        let frame = (0..<6).map { word in
            let top = AREA_EXCEPTION_STACK + Int32(Page.size) - 48 + Int32(word * 8)
            return field("", top)
        }
        lines.append("exception stack" + frame.joined())
        return lines
    }
}

/// The kernel's words through the early console port, shown on standard error.
struct EarlyConsole {
    private var pending: [UInt8] = []
    private var shown = 0
    /// A line is shown when it ends or has this many bytes.
    private static let lineLimit = 4096
    /// A kernel that says more than this says nothing new.
    private static let totalLimit = 1 << 20

    mutating func append(_ bytes: [UInt8]) {
        guard shown + pending.count < Self.totalLimit else { return }
        pending += bytes
        if pending.last == UInt8(ascii: "\n") || pending.count >= Self.lineLimit { flush() }
    }

    mutating func flush() {
        guard !pending.isEmpty else { return }
        shown += pending.count
        Descriptor.standardError.writeAll(pending)
        pending.removeAll(keepingCapacity: true)
        if shown >= Self.totalLimit {
            Descriptor.standardError.writeLine("martlet: the kernel's further words are dropped")
        }
    }
}
