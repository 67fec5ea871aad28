internal import Base
internal import DeviceModels
internal import KVM
package import LinuxHost
internal import NucleusInterface
internal import NucleusLayoutX86_64
internal import Synchronization

/// A machine ready to run: one CPU, its memory, its devices.
package struct Machine: ~Copyable {
    private let virtual: KVMachine
    private let processor: KVMProcessor
    private let devices: MachineDevices
    private let layout: GuestLayout
    private var console = EarlyConsole()
    /// Ticks of the time-stamp counter per second, for a timeline.
    package let timeStampFrequency: UInt64
    /// Guest's counter less the host's.
    package let timeStampOffset: UInt64

    init(
        virtual: consuming KVMachine, processor: consuming KVMProcessor, devices: MachineDevices,
        layout: GuestLayout, facts: BootFacts
    ) {
        self.virtual = virtual
        self.processor = processor
        self.devices = devices
        self.layout = layout
        timeStampFrequency = facts.timeStampFrequency
        timeStampOffset = facts.timeStampOffset
    }

    private var memory: GuestMemory { devices.memory }

    /// What `run` shows besides the program's own output.
    package struct Reporting: Sendable {
        /// Log records up to this level are shown.
        package var logLevel: UInt8
        package var timeline: Timeline?
        /// Whether a machine that failed shows its registers.
        package var showsRegisters: Bool
        package var showLine: @Sendable (String) -> Void
        /// Puts names to the code addresses of a crash report.
        package var annotate: @Sendable (String) -> String
        /// The thread that is to make a forbidden system call, to show what that leads to.
        package var offender: ThreadRights?

        package init(
            logLevel: UInt8, timeline: Timeline?, showsRegisters: Bool,
            showLine: @escaping @Sendable (String) -> Void,
            annotate: @escaping @Sendable (String) -> String
        ) {
            self.logLevel = logLevel
            self.timeline = timeline
            self.showsRegisters = showsRegisters
            self.showLine = showLine
            self.annotate = annotate
        }
    }

    /// Runs the machine to its end and all its output out; calls `finish` with how it ended.
    ///
    /// The calling thread becomes CPU 0, another serves the devices; `finish` is called on that one
    /// and must end the process, as a CPU that runs a guest is stopped by nothing else.
    package mutating func run(
        signals: consuming ForwardedSignals, on terminal: HostTerminal?, _ reporting: Reporting,
        finish: @escaping @Sendable (Ending) -> Never
    ) throws(MachineFailure) -> Never {
        let end = try MachineEnd()
        console.annotate = reporting.annotate
        try Self.dropRights()
        let loop = try startLoop(signals, terminal, end, reporting, finish)
        do throws(MachineFailure) {
            try ThreadRights.processor.enforce()
            if reporting.offender == .processor { throw ThreadRights.processor.makeForbiddenCall() }
            try markEntry(reporting)
            try runProcessor()
            console.flush()
            end.tell(.poweredOff)
        } catch {
            console.flush()
            if reporting.showsRegisters {
                for line in report() { reporting.showLine(line) }
            }
            end.tell(.failed(error))
        }
        loop.join()
        Host.exit(status: Ending.crashStatus)
    }

    /// Gives up what the process needs no more; each thread then takes a filter of its own.
    private static func dropRights() throws(MachineFailure) {
        _ = Confinement.enterNamespaces()
        do { try Confinement.giveUpNewPrivileges() } catch {
            throw .host("the host keeps privileges", error)
        }
    }

    private func startLoop(
        _ signals: consuming ForwardedSignals, _ terminal: HostTerminal?, _ end: MachineEnd,
        _ reporting: Reporting, _ finish: @escaping @Sendable (Ending) -> Never
    ) throws(MachineFailure) -> HostThread {
        let descriptor = signals.leak()
        let devices = devices
        devices.console.withLock { $0.model.host.terminal = terminal }
        do {
            return try HostThread {
                do throws(MachineFailure) {
                    try ThreadRights.devices.enforce()
                    if reporting.offender == .devices {
                        throw ThreadRights.devices.makeForbiddenCall()
                    }
                } catch { finish(Ending(error)) }
                var loop = DeviceLoop(
                    devices: devices, signals: ForwardedSignals(descriptor), end: end,
                    reporting: reporting, terminal: terminal)
                let ending = loop.run()
                terminal?.leave()
                finish(ending)
            }
        } catch { throw .host("the host gives no thread", error) }
    }

    /// Tells the guest when it was entered.
    private func markEntry(_ reporting: Reporting) throws(MachineFailure) {
        let field = layout.record.base + UInt64(BootRecord.enterTSC.offset)
        let now = HostClock.timeStamp
        if let timeline = reporting.timeline {
            reporting.showLine(timeline.line("VMM ready", at: now))
        }
        try inGuest { () throws(GuestMemoryError) in
            try memory.store64(now &+ timeStampOffset, at: PhysicalAddress(rawValue: field))
        }
    }

    // MARK: The CPU

    private mutating func runProcessor() throws(MachineFailure) {
        while true {
            let exit: KVMProcessor.Exit
            do { exit = try processor.runUntilExit() } catch { throw MachineFailure(error) }
            while let store = processor.nextDeferredStore() {
                try onDevice { () throws(GuestFault) in
                    try devices.store(store.value, at: store.address, byteCount: store.byteCount)
                }
            }
            if try handle(exit) == .poweredOff { return }
        }
    }

    private enum Next {
        case goOn
        case poweredOff
    }

    private mutating func handle(_ exit: KVMProcessor.Exit) throws(MachineFailure) -> Next {
        switch exit {
        case .memoryRead(let address, let byteCount):
            try onDevice { () throws(GuestFault) in
                processor.answer(try devices.load(address, byteCount: byteCount))
            }
        case .memoryWrite(let address, let byteCount, let value):
            try onDevice { () throws(GuestFault) in
                try devices.store(value, at: address, byteCount: byteCount)
            }
        case .portWrite(let port, _, let bytes) where port == UInt16(VMM_EARLY_CONSOLE_PORT):
            console.append(bytes)
        case .portWrite(let port, _, _) where port == UInt16(VMM_POWER_OFF_PORT):
            return .poweredOff
        case .portWrite(let port, _, _):
            throw .guest(
                "the kernel wrote to port \(hexadecimal(UInt64(port))), which nothing uses")
        case .portRead: processor.answerAbsentPort()
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

    private func onDevice(_ access: () throws(GuestFault) -> Void) throws(MachineFailure) {
        do { try access() } catch { throw .guest(error.line) }
    }

    // MARK: Debugging

    /// Registers and the CPU area of a machine that stopped, for those who debug the kernel.
    private func report() -> [String] {
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
        func field(_ name: String, _ offset: Int32) -> String {
            let address = PhysicalAddress(rawValue: layout.processorArea.base + UInt64(offset))
            return "\(name) \(hexadecimal((try? memory.load64(address)) ?? 0))"
        }
        lines.append(
            [
                field("masked+pending", DATA_MASKED), field("interrupted", DATA_INTERRUPTED_RIP),
                field("saved rax", DATA_SAVED_RAX), field("fault address", DATA_FAULT_ADDRESS),
                field("vector", DATA_VECTOR), field("program rsp", DATA_PROGRAM_RSP),
            ].joined(separator: ", "))
        // The frame that the last exception left: error code where it has one, RIP, CS, RFLAGS…
        let frame = (0..<6).map { word in
            field("", AREA_EXCEPTION_STACK + Int32(Page.size) - 48 + Int32(word * 8))
        }
        lines.append("exception stack" + frame.joined())
        return lines
    }
}
