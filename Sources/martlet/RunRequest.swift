import Images
import LinuxHost
import Wire

/// What `martlet run` is asked for.
struct RunRequest: Equatable {
    var contents = Contents()
    var memory = MemorySize.standard
    var processors = ProcessorCount.one
    var verbosity = 0
    /// `--rtc`
    var clockStart: ClockStart?
    /// `--core`
    var core: [UInt8]?
    /// `--rootfs`: an EROFS image or a folder.
    var rootImage: [UInt8]?
    /// `--no-rewrite`
    var leavesCallSites = false
    var vmm: VMMChoice?
    var accelerator: AcceleratorChoice?
    /// The program as it was named, and what follows it.
    var program: [UInt8] = []
    var arguments: [[UInt8]] = []
}

extension RunRequest {
    /// What can't be meant so; `nil` where all is well.
    var problem: String? {
        if rootImage != nil, contents.product != nil {
            return Contents.productInRoot
        }
        return vmm == .martlet && accelerator != nil
            ? "'--accelerator' is QEMU's; martlet's own VMM uses KVM" : nil
    }

    /// Reads the words behind `run` where all of them are options in their plain form and good
    /// values; `nil` leaves everything else to the argument parser.
    init?(plain words: ArraySlice<[UInt8]>) {
        self.init()
        var words = words
        while let word = words.popFirst() {
            if word == Array("--".utf8) {
                guard let program = words.popFirst() else { return nil }
                self.program = program
            } else if word.first != UInt8(ascii: "-") {
                program = word
            } else {
                guard readOption(word, &words) else { return nil }
                continue
            }
            arguments = Array(words)
            guard !program.isEmpty, contents.problem == nil else { return nil }
            return
        }
        return nil
    }

    private mutating func readOption(_ word: [UInt8], _ words: inout ArraySlice<[UInt8]>) -> Bool {
        switch String(decoding: word, as: UTF8.self) {
        case "-v", "--verbose": verbosity += 1
        case "-vv": verbosity += 2
        case "--no-rewrite": leavesCallSites = true
        case "--env":
            guard let value = Self.value(&words) else { return false }
            contents.environment.append(value)
        case "--file":
            guard let value = Self.value(&words) else { return false }
            contents.files.append(value)
        case "--workdir":
            guard contents.workingDirectory == nil, let value = Self.value(&words) else {
                return false
            }
            contents.workingDirectory = value
        case "--memory":
            guard memory == .standard, let value = Self.value(&words),
                let size = MemorySize(argument: String(decoding: value, as: UTF8.self))
            else { return false }
            memory = size
        case "--cpus":
            guard processors == .one, let value = Self.value(&words),
                let count = ProcessorCount(argument: String(decoding: value, as: UTF8.self))
            else { return false }
            processors = count
        case "--rtc":
            guard clockStart == nil, let value = Self.value(&words),
                let start = ClockStart(argument: String(decoding: value, as: UTF8.self))
            else { return false }
            clockStart = start
        case "--rootfs":
            guard rootImage == nil, let value = Self.value(&words) else { return false }
            rootImage = value
        case "--product":
            guard contents.product == nil, let value = Self.value(&words) else { return false }
            contents.product = String(decoding: value, as: UTF8.self)
        case "--core":
            guard core == nil, let value = Self.value(&words) else { return false }
            core = value
        case "--vmm":
            guard vmm == nil, let value = Self.value(&words),
                let choice = VMMChoice(rawValue: String(decoding: value, as: UTF8.self))
            else { return false }
            vmm = choice
        case "--accelerator":
            guard accelerator == nil, let value = Self.value(&words),
                let choice = AcceleratorChoice(rawValue: String(decoding: value, as: UTF8.self))
            else { return false }
            accelerator = choice
        default: return false
        }
        return problem == nil
    }
    /// The next word where it is a value without doubt.
    private static func value(_ words: inout ArraySlice<[UInt8]>) -> [UInt8]? {
        guard let value = words.popFirst(), let first = value.first, first != UInt8(ascii: "-")
        else { return nil }
        return value
    }
}

extension RunRequest {
    /// Turns this process into the VMM, or waits for it on a terminal; returns the status to end
    /// with.
    func perform() -> Int32 {
        var request = self
        var words = [program] + arguments
        do throws(ImageFailure) {
            if let rootImage { return try start(in: RootImage(of: rootImage)) }
            var path = Host.lookUp(program)
            if let built = try request.contents.build(path) {
                path = built
                words[0] = built
            }
            let executable = try request.contents.open(path, &words)
            switch try executable.kind() {
            case .program: return try request.start(executable, words)
            case .image: return try start(image: executable)
            case .kernel:
                throw ImageFailure(
                    executable.path, "is Martlet's kernel without a program; give it one")
            }
        } catch {
            return Martlet.fail(error.line, .badInput)
        }
    }

    private func start(
        _ executable: borrowing Executable, _ words: [[UInt8]]
    ) throws(ImageFailure) -> Int32 {
        try executable.checkProgram()
        let architecture = try executable.architecture()
        let kernel = try kernel(for: architecture)
        let items = RuntimeFiles.items(of: executable.path)
        let runtime = runtimeImage(of: executable.path, items, architecture)
        let files = try contents.files(
            of: executable, with: runtime == nil ? items : [], besides: runtime?.files ?? [])
        let commandLine = contents.commandLine(
            of: executable, arguments: words)
        return launch(
            architecture, kernel: kernel, files: .archive(try files.written()), commandLine,
            image: runtime?.image.range)
    }
    /// An image of what a language runtime reads; `nil` where it is little, or can't be used or made: then it
    /// is copied as other files are.
    private func runtimeImage(
        of program: [UInt8], _ items: [RuntimeFiles.Item], _ architecture: Architecture
    ) -> (image: RootImage, files: Set<[UInt8]>)? {
        guard !items.isEmpty, architecture == .x86_64 else { return nil }
        do throws(ImageFailure) {
            guard
                let kept = try RootImageCache.image(
                    of: items, for: LinkChain(from: program).end, libraryPath: contents.libraryPath)
            else { return nil }
            return (try RootImage(opening: kept.path), kept.files)
        } catch {
            if verbosity > 0 {
                Descriptor.standardError.writeLine(
                    "martlet: \(error.line); its files are copied at each start")
            }
            return nil
        }
    }

    /// Starts a program of a root file system.
    private func start(in image: RootImage) throws(ImageFailure) -> Int32 {
        let (architecture, commandLine) = try contents.program([program] + arguments, in: image)
        let files = try contents.files(workingDirectory: contents.workingDirectory)
        return launch(
            architecture, kernel: try kernel(for: architecture),
            files: .archive(try files.written()), commandLine,
            image: image.range)
    }

    private func start(image executable: borrowing Executable) throws(ImageFailure) -> Int32 {
        let image = try executable.checkedImage()
        let architecture = try executable.architecture()
        var commandLine = image.commandLine
        if !arguments.isEmpty {
            commandLine.arguments = commandLine.arguments.prefix(1) + arguments
        }
        contents.change(&commandLine)
        let root = image.rootImage.map { Launch.FileRange(path: image.path, range: $0) }
        if contents.files.isEmpty {
            return launch(
                architecture, kernel: image.path, files: .range(of: image.path, image.archive),
                commandLine, image: root)
        }
        let more = try contents.files(workingDirectory: commandLine.workingDirectory)
        let archive = try more.written(after: image, of: executable)
        return launch(
            architecture, kernel: image.path, files: .archive(archive), commandLine, image: root)
    }

    /// The installed kernel for a CPU; says so where there is none, before anything starts.
    private func kernel(for architecture: Architecture) throws(ImageFailure) -> [UInt8] {
        let path = Installation.kernel(for: architecture)
        guard let problem = Host.problem(with: path, for: .reading) else { return path }
        throw ImageFailure(
            path, "the kernel for \(architecture.title) can't be read", problem)
    }

    private func launch(
        _ architecture: Architecture, kernel: [UInt8], files: consuming Launch.Files,
        _ commandLine: CommandLine, image: Launch.FileRange? = nil
    ) -> Int32 {
        var commandLine = commandLine
        // Warnings, with -v what else may matter, with -vv everything.
        let logLevel = UInt8(min(2 + verbosity, 4))
        commandLine.logLevel = logLevel
        if leavesCallSites { commandLine.changesCallSites = false }
        commandLine.takesCore = core != nil
        let terminal = TerminalSetting()
        terminal?.describe(to: &commandLine)
        let launch = Launch(
            architecture: architecture, kernel: kernel, memory: memory, processors: processors,
            clockStart: clockStart, core: core, rootImage: image,
            commandLine: commandLine, logLevel: logLevel,
            showsTimeline: verbosity > 0, vmm: vmm, accelerator: accelerator,
            terminal: terminal)
        switch launch.perform(files) {
        case .failed(let line): return Martlet.fail(line, .hostFailure)
        case .refused(let line): return Martlet.fail(line, .badInput)
        case .ended(let ending):
            if ending.signal != 0 {
                Descriptor.standardError.writeLine(
                    "martlet: the VMM was killed by \(Host.signalName(ending.signal))")
            }
            return ending.status
        }
    }
}
