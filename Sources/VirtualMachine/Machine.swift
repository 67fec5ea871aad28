internal import Base
internal import DeviceModels
internal import KVM
package import LinuxHost
internal import NucleusInterface
internal import NucleusLayoutX86_64
internal import Synchronization

/// A machine ready to run: its CPUs, its memory, its devices.
package struct Machine: ~Copyable {
    private let virtual: KVMachine
    private let processor: KVMProcessor
    private let devices: MachineDevices
    private let layout: GuestLayout
    private let further: FurtherProcessors
    /// Ticks of the time-stamp counter per second, for a timeline.
    package let timeStampFrequency: UInt64
    /// Guest's counter less the host's.
    package let timeStampOffset: UInt64

    init(
        virtual: consuming KVMachine, processor: consuming KVMProcessor, devices: MachineDevices,
        further: FurtherProcessors, layout: GuestLayout, facts: BootFacts
    ) {
        self.further = further
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
        /// What takes the memory of a program that a signal ends.
        package var core: CoreFile?
        /// Takes the paths of files that the program looked for in vain.
        package var missing: MissingFileList?
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
        let work = ProcessorLoop(devices, further, annotate: reporting.annotate)
        let exits = reporting.timeline.map { _ in ExitReport(processor, further, work) }
        try Self.dropRights()
        let loop = try startLoop(signals, terminal, end, reporting) { ending in
            if let exits { reporting.showLine(exits.line) }
            finish(ending)
        }
        try further.startThreads { Self.run($0, work, end) }
        do throws(MachineFailure) {
            try ThreadRights.processor.enforce()
            if reporting.offender == .processor { throw ThreadRights.processor.makeForbiddenCall() }
            try markEntry(reporting)
            try work.run(processor)
            work.flushConsole()
            end.tell(.poweredOff)
        } catch {
            work.flushConsole()
            if reporting.showsRegisters {
                for line in report() { reporting.showLine(line) }
            }
            end.tell(.failed(error))
        }
        loop.join()
        Host.exit(status: Ending.crashStatus)
    }

    /// Runs a further CPU. Its registers are loaded before it takes its filter, which lets it do no more
    /// than run.
    private static func run(
        _ further: FurtherProcessor, _ work: ProcessorLoop, _ end: MachineEnd
    ) -> Never {
        do throws(MachineFailure) {
            try further.waitForStart()
            try ThreadRights.processor.enforce()
            try work.run(further.processor)
            work.flushConsole()
            end.tell(.poweredOff)
        } catch {
            work.flushConsole()
            end.tell(.failed(error))
        }
        // The devices' thread ends the process.
        var nothing = Poll()
        while true { nothing.wait(milliseconds: nil) }
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
