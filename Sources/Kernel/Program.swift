internal import Base
internal import Drivers
internal import Files
internal import Hardware
internal import Insight
internal import LinuxABI
internal import Memory
internal import NucleusInterface
internal import Processes
internal import Scheduler
internal import Trace
internal import Wire

/// From the command line to the program's first instruction.
struct Program: ~Copyable {
    private let files: RootFileSystem
    private let console: ConsoleDriver
    private let devices: Devices
    private let terminal: Terminal?
    private let terminalStreams: TerminalDescription.Streams

    /// Makes the machine's files out of its modules and what is built in.
    init(
        _ record: borrowing BootRecordView, _ line: borrowing CommandLineView, _ devices: Devices
    ) {
        guard let console = devices.console else {
            Crash.end(because: "there is no console device")
        }
        self.console = console
        self.devices = devices
        let description = Self.terminal(line)
        terminalStreams = description?.streams ?? []
        terminal = description.map { Terminal(console, records: devices.records, $0) }
        do throws(Errno) {
            files = try RootFileSystem()
        } catch {
            devices.refuse("there is too little memory for any program; try --memory 8M")
        }
        Self.addImage(record, to: files, devices)
        for index in 0..<record.count(BootRecord.modules) {
            let module = record.range(BootRecord.modules, at: index)
            guard module.kind == BootRecord.ModuleKind.files.rawValue else { continue }
            let byteCount =
                Self.footer(of: module).map { $0.image.lowerBound }
                ?? Int(clamping: module.byteCount)
            do throws(ArchiveFailure) {
                try files.populate(
                    fromArchive: Self.frames(at: module.base, byteCount), byteCount: byteCount)
            } catch {
                switch error {
                case .damaged: devices.refuse("the image's files are damaged")
                case .badName: devices.refuse("the image holds a file with an impossible name")
                case .outOfMemory:
                    devices.refuse("the image's files do not fit into memory; give more --memory")
                }
            }
        }
        do throws(Errno) {
            try files.addBuiltIns(
                input: ConsoleInput(console), output: ConsoleOutput(console, console.output),
                terminal: terminal, clock: devices.clock,
                pseudoTerminals: { PseudoTerminals(in: $0) })
        } catch {
            devices.refuse("there is too little memory for any program; try --memory 8M")
        }
    }

    /// Makes the image among the modules, or behind the archive in one, the root file system, if there is one.
    private static func addImage(
        _ record: borrowing BootRecordView, to files: RootFileSystem, _ devices: Devices
    ) {
        for index in 0..<record.count(BootRecord.modules) {
            let module = record.range(BootRecord.modules, at: index)
            var base = module.base
            var byteCount = Int(clamping: module.byteCount)
            if module.kind == BootRecord.ModuleKind.files.rawValue {
                guard let footer = footer(of: module) else { continue }
                base = PhysicalAddress(
                    rawValue: base.rawValue + UInt64(footer.image.lowerBound))
                byteCount = footer.image.count
            } else if module.kind != BootRecord.ModuleKind.rootImage.rawValue {
                continue
            }
            guard base.rawValue & Page.offsetMask == 0 else {
                devices.refuse("the root file system's image does not begin on a page boundary")
            }
            do throws(Errno) {
                try files.populate(fromImage: frames(at: base, byteCount), byteCount: byteCount)
            } catch {
                if error == .outOfMemory {
                    devices.refuse("there is too little memory for any program; try --memory 8M")
                }
                devices.refuse("the root file system's image is damaged")
            }
        }
    }
    /// What the last bytes of a module say of an image in it.
    private static func footer(of module: BootRecordView.Range) -> RootImageFooter? {
        guard module.kind == BootRecord.ModuleKind.files.rawValue,
            let byteCount = Int(exactly: module.byteCount), byteCount >= RootImageFooter.byteCount
        else { return nil }
        // The loader checked that the module lies in memory.
        let last = PhysicalAddress(
            rawValue: module.base.rawValue + UInt64(byteCount - RootImageFooter.byteCount))
        return BootMemory.withBytes(at: last, byteCount: RootImageFooter.byteCount) {
            RootImageFooter($0, of: byteCount)
        }
    }
    private static func frames(at base: PhysicalAddress, _ byteCount: Int) -> Range<UInt32> {
        let first = Frame(containing: base).number
        return first..<first + UInt32(clamping: Page.count(holding: UInt64(byteCount)) ?? 0)
    }

    /// The host's terminal, where the command line tells of one.
    private static func terminal(_ line: borrowing CommandLineView) -> TerminalDescription? {
        guard let word = line.terminal, word.byteCount == TerminalDescription.digitCount else {
            return nil
        }
        var digits = InlineArray<90, UInt8>(repeating: 0)
        do {
            var span = digits.mutableSpan
            var bytes = span.mutableRaw
            _ = word.copy(into: &bytes, at: 0)
        }
        return TerminalDescription(checking: digits.span.raw)
    }

    /// Starts the program that the command line names.
    consuming func start(_ record: borrowing BootRecordView, _ line: borrowing CommandLineView) {
        makeProcess(record, line.changesCallSites ? .change : .leave, takesCore: line.takesCore)
        if let word = line.shortage, !Shortage.start(word) {
            devices.refuse("the command line names no kind of shortage")
        }
        guard let registers = load(line) else { devices.end { _ in } }
        devices.records.awaitClock()
        devices.records.reach(.programLoaded)
        CPU.area.programFrame.reset(instruction: registers.entry, stack: registers.stack)
        Crash.programStarted(at: registers.entry)
        Self.logCost(since: record[BootRecord.enterTSC])
        devices.records.reach(.programEntered)
        CPU.enterProgram()
    }

    /// Says how far the counter came since the kernel was entered: instructions, where an emulator
    /// counts them by it (QEMU's `-icount shift=0`).
    private static func logCost(since entered: UInt64) {
        // Of no use to the crash screen, which shows the ring.
        guard Log.current?.level == .debug else { return }
        Log.line(.debug) { text in
            text.append("start: ")
            text.append(TimeStampCounter.read() &- entered)
            text.append(" ticks from the kernel's entry to the program")
        }
    }

    /// Loads the program; without one the reason was sent.
    private func load(_ line: borrowing CommandLineView) -> ProgramStart.Registers? {
        guard let word = line.program else {
            return refused("the command line names no program")
        }
        let directoryCount = line.workingDirectory?.byteCount ?? 0
        guard var path = FixedBuffer<UInt8>(count: word.byteCount + 1, repeating: 0),
            var directory = FixedBuffer<UInt8>(count: directoryCount + 1, repeating: 0),
            var arguments = ProgramStrings(), var environment = ProgramStrings(),
            Self.append(line.arguments, count: line.argumentCount, to: &arguments),
            Self.append(line.environment, count: line.environmentCount, to: &environment)
        else { return refused("there is too little memory for the program's arguments") }
        let pathCount = Self.copy(word, into: &path)
        if let word = line.workingDirectory { _ = Self.copy(word, into: &directory) }
        do throws(StartFailure) {
            guard directoryCount > 0 else {
                return try ProgramStart.load(
                    path: path.bytes.extracting(first: pathCount), arguments: arguments,
                    environment: environment, workingDirectory: nil)
            }
            return try ProgramStart.load(
                path: path.bytes.extracting(first: pathCount), arguments: arguments,
                environment: environment,
                workingDirectory: directory.bytes.extracting(first: directoryCount))
        } catch {
            sendRefusal(error, path.bytes.extracting(first: pathCount))
            return nil
        }
    }

    private func makeProcess(
        _ record: borrowing BootRecordView, _ callSites: CallSites.Policy, takesCore: Bool
    ) {
        let thread = Thread(identifier: 1)
        Thread.setCurrent(thread)
        Threads.start(entry: library_thread_started, idleEntry: library_idle_started)
        let space = AddressSpace(
            root: PhysicalAddress(rawValue: record[BootRecord.pageTableRoot]),
            layout: ProgramStart.layout(for: nil))
        let process = Process(
            addressSpace: space, root: files.root, workingDirectory: files.root, thread: thread,
            callSites: callSites)
        Process.setCurrent(process)
        let devices = devices
        if takesCore { process.setCore { devices.records.sendCore($1, at: $0) } }
        Process.setEnd { end in
            Scheduler.stopOthers()
            Process.current.callSites.report()
            logFlushes(of: Process.current.addressSpace)
            SelfTest.programEnded()
            Shortage.programEnded()
            devices.end { records in
                switch end {
                case .exited(let status): records.sendExit(status: Int32(status))
                case .killed(let signal): records.sendKilled(by: signal.rawValue)
                }
            }
        }
        let terminal = terminal
        devices.records.onSignal = { number in
            guard let signal = Signal(rawValue: number) else { return }
            Self.post(signal, of: terminal, to: process)
        }
        let records = devices.records
        records.onReport = { ThreadReport.write { records.sendReport($0) } }
        if let log = Log.current, log.level.rawValue >= NucleusInterface.LogLevel.info.rawValue {
            MissingFiles.tell { records.sendMissing($0) }
        }
        // Other monitors know nothing of stopping.
        let canStop =
            record[BootRecord.entryProtocol] == BootRecord.EntryProtocol.martlet.rawValue
            || terminal != nil
        if let terminal { terminal.jobs.give(terminal, to: process) }
        devices.records.onResume = {
            // Whoever lets the machine go on as a job puts its group into the foreground first.
            if process.signals.isStopped { terminal?.jobs.returnForeground(to: process.group) }
            process.signals.resume()
        }
        Process.setStop { signal in
            guard canStop else { return .impossible }
            terminal?.flush()
            devices.stop(by: signal)
            return .told
        }
        do throws(Errno) {
            ProcessFiles.add(to: files)
            try openStandardFiles(process)
        } catch {
            devices.refuse("there is too little memory for any program; try --memory 8M")
        }
    }

    /// Hands on a signal of the host: to the first process, but what a terminal or a shell there sends to all
    /// of a job goes to all of one here too.
    private static func post(_ signal: Signal, of terminal: Terminal?, to process: Process) {
        switch signal {
        case .interrupt, .quit, .terminalStop:
            // As long as the host makes signals of keys itself.
            if let terminal, !terminal.isAttached, terminal.jobs.foreground != 0 {
                return terminal.jobs.raise(signal)
            }
        case .continue where terminal != nil:
            return Processes.post(signal, toGroup: process.group)
        default: break
        }
        process.send(signal)
    }

    /// Standard input, output and error: the terminal where the host's are, else channels of their
    /// own, as pipes of a container are.
    private func openStandardFiles(_ process: Process) throws(Errno) {
        let streams: [3 of TerminalDescription.Streams] = [.input, .output, .error]
        for index in streams.indices {
            let isTerminal = terminal != nil && terminalStreams.contains(streams[index])
            _ = try process.descriptors.insert(
                isTerminal ? try openTerminal() : try openChannel(index),
                limit: process.descriptorLimit, flags: [])
        }
    }
    private func openChannel(_ index: Int) throws(Errno) -> OpenFile {
        let number = DeviceNumber(major: 5, minor: 1)
        return switch index {
        case 0:
            try files.openUnnamed(
                ConsoleInput(console), number: number, description: "/dev/stdin", [])
        case 1:
            try files.openUnnamed(
                ConsoleOutput(console, console.output), number: number,
                description: "/dev/stdout", .writeOnly)
        default:
            try files.openUnnamed(
                ConsoleOutput(console, console.error), number: number,
                description: "/dev/stderr", .writeOnly)
        }
    }
    private func openTerminal() throws(Errno) -> OpenFile {
        let path: StaticString = "/dev/console"
        return try files.context.open(
            path.bytes, from: files.root, .readWrite, creationMode: FileMode(rawValue: 0))
    }

    private func refused(_ reason: StaticString) -> ProgramStart.Registers? {
        devices.records.sendRefused(reason.bytes)
        return nil
    }
    private func sendRefusal(_ failure: StartFailure, _ path: RawSpan) {
        var line = InlineArray<512, UInt8>(repeating: 0)
        var length = 0
        do {
            var span = line.mutableSpan
            var text = TextBuffer(into: span.mutableRaw)
            failure.describe(path, to: &text)
            length = text.writtenCount
        }
        devices.records.sendRefused(line.span.raw.extracting(first: length))
    }

    private static func copy(
        _ word: borrowing CommandLineWord, into buffer: inout FixedBuffer<UInt8>
    ) -> Int {
        var bytes = buffer.mutableBytes
        return word.copy(into: &bytes, at: 0)
    }
    private static func append(
        _ words: consuming CommandLineWords, count: Int, to strings: inout ProgramStrings
    ) -> Bool {
        var words = words
        for _ in 0..<count {
            guard let word = words.next() else { return false }
            guard strings.append(byteCount: word.byteCount, { word.copy(into: &$0, at: 0) }) else {
                return false
            }
        }
        return true
    }
}

/// Says how often a space faulted, and how often that and its changes made the CPUs drop translations.
private func logFlushes(of space: AddressSpace) {
    Log.line(.info) {
        let counts = Processors.flushCounts
        $0.append("memory: ")
        $0.append(UInt64(space.faultCount))
        $0.append(" page faults, ")
        $0.append(counts.pages)
        $0.append(" flushes of a page, ")
        $0.append(counts.spaces)
        $0.append(" of all, ")
        $0.append(counts.interrupts)
        $0.append(" interrupts of other CPUs for it")
    }
    Log.line(.info) {
        $0.append("nucleus: ")
        $0.append(CPU.gateCallCount)
        $0.append(" calls")
    }
}
