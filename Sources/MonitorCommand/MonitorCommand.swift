internal import Base
internal import LinuxABI
internal import LinuxHost
internal import QEMU
internal import VirtualMachine

/// The VMM's command: parse, build, run, report. `martlet-vmm` is nothing else, and `martlet run`
/// turns into it where it can.
package enum MonitorCommand {
    /// Exit status of wrong usage (sysexits.h, EX_USAGE).
    private static let usageStatus: Int32 = 64

    /// Runs one machine; returns its exit status, or ends the process with it. `arguments` are words
    /// as `martlet-vmm` takes them, its own name first.
    package static func run(_ arguments: [String], startTimeStamp: UInt64) -> Int32 {
        guard Host.fillStandardDescriptors() else { return MachineFailure.host("").exitStatus }
        let options: Options
        do {
            options = try Options(parsing: Array(arguments.dropFirst()))
        } catch {
            say(error.line)
            Descriptor.standardError.writeLine(Options.usage)
            return usageStatus
        }
        if options.asksForHelp {
            Descriptor.standardOutput.writeLine(Options.usage)
            return 0
        }
        do {
            return try run(options, startTimeStamp: startTimeStamp)
        } catch {
            say(error.line)
            return error.exitStatus
        }
    }

    private static func run(
        _ options: Options, startTimeStamp: UInt64
    ) throws(MachineFailure) -> Int32 {
        let kernel = try open(options.kernel)
        let files = try options.openFiles()
        var configuration = MachineConfiguration(
            kernel: kernel, files: files, memoryByteCount: options.memoryByteCount,
            commandLine: try options.readCommandLine(), startTimeStamp: startTimeStamp)
        if let image = try options.openImage() {
            configuration.image = image
            configuration.memoryByteCount +=
                (image.byteCount + Page.offsetMask) & ~Page.offsetMask
        }
        configuration.processorCount = options.processorCount
        if let start = options.clockStart { configuration.clock = MachineClock(start: start) }
        var core: CoreFile?
        if let path = options.core {
            core = try CoreFile(path: path, memoryByteCount: options.memoryByteCount)
        }
        let missing = options.missingFiles.map {
            MissingFileList(connection: Descriptor(rawValue: $0))
        }
        // Missing names are no reason not to start.
        configuration.symbols = options.symbols.flatMap { try? open($0) }
        // Before any thread, so that all inherit the mask.
        let terminal =
            options.isOnTerminal
            ? HostTerminal(guardian: options.guardian.map { Descriptor(rawValue: $0) }) : nil
        let signals = try blockSignals(onTerminal: terminal == nil ? .absent : .present)
        if let platform = options.platform {
            return try run(
                configuration, on: platform, options, core, missing, terminal, signals: signals)
        }
        var machine = try MachineBuilder.build(configuration)
        let names = CrashNames(configuration)
        var reporting = reporting(options, startTimeStamp, machine, names)
        reporting.core = core
        reporting.missing = missing
        try machine.run(signals: signals, on: terminal, reporting) { [core] ending in
            report(ending, names, core)
            missing?.handOver()
            Host.exit(status: ending.status)
        }
    }

    /// The same on QEMU.
    private static func run(
        _ configuration: MachineConfiguration, on platform: Platform, _ options: Options,
        _ core: CoreFile?, _ missing: MissingFileList?, _ terminal: HostTerminal?,
        signals: consuming ForwardedSignals
    ) throws(MachineFailure) -> Int32 {
        let names = CrashNames(configuration)
        let timeline = Timeline(start: configuration.startTimeStamp)
        var reporting = Machine.Reporting(
            logLevel: options.logLevel, timeline: options.showsTimeline ? timeline : nil,
            showsRegisters: false, showLine: say, annotate: names.annotate)
        reporting.core = core
        reporting.missing = missing
        let ending = try QEMUMachine.run(
            configuration, platform, signals: signals, terminal: terminal, reporting)
        report(ending, names, core)
        missing?.handOver()
        return ending.status
    }

    private static func report(_ ending: Ending, _ names: CrashNames, _ core: CoreFile?) {
        defer { if let line = core?.report { say(line) } }
        guard let line = ending.line else { return }
        say(ending.isCrash ? names.annotate(line) : line)
    }

    private static func reporting(
        _ options: Options, _ startTimeStamp: UInt64, _ machine: borrowing Machine,
        _ names: CrashNames
    ) -> Machine.Reporting {
        var reporting = Machine.Reporting(
            logLevel: options.logLevel,
            timeline: options.showsTimeline
                ? Timeline(
                    start: startTimeStamp, frequency: machine.timeStampFrequency,
                    guestOffset: machine.timeStampOffset) : nil,
            showsRegisters: options.isDebugging, showLine: say,
            annotate: names.annotate)
        reporting.offender = options.offender
        return reporting
    }

    private static func blockSignals(
        onTerminal presence: ForwardedSignals.TerminalPresence
    ) throws(MachineFailure) -> ForwardedSignals {
        do { return try ForwardedSignals(onTerminal: presence) } catch {
            throw .host("signals", error)
        }
    }

    /// Opens a file for the rest of the process's life.
    static func open(_ path: String) throws(MachineFailure) -> Descriptor {
        do {
            return try OwnedDescriptor.reading(path: path).leak()
        } catch {
            throw .refused("\(path): \(Host.description(of: error))")
        }
    }

    @Sendable static func say(_ line: String) {
        Descriptor.standardError.writeLine("martlet: \(line)")
    }
}
