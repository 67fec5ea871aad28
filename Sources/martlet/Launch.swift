import Images
import LinuxABI
import LinuxHost
import MonitorCommand
import QEMU
import Wire

/// The start of a machine: this process is or becomes the VMM, so that no second one stays.
struct Launch {
    let architecture: Architecture
    let kernel: [UInt8]
    let memory: MemorySize
    let processors: ProcessorCount
    /// What the machine's clock starts from, where that is not the host's time.
    let clockStart: ClockStart?
    /// Where the program's memory goes when a signal ends it.
    let core: [UInt8]?
    /// The root file system's image, if there is one.
    let rootImage: FileRange?
    /// Bytes of a file.
    struct FileRange {
        let path: [UInt8]
        let range: Range<Int>
        /// As the VMM reads it.
        var word: [UInt8] { path + Array(":\(range.lowerBound):\(range.count)".utf8) }
    }
    let commandLine: CommandLine
    let logLevel: UInt8
    let showsTimeline: Bool
    let vmm: VMMChoice?
    let accelerator: AcceleratorChoice?
    /// The terminal that this process is on, if any.
    let terminal: TerminalSetting?

    /// Where the archive of the program and its files is.
    enum Files: ~Copyable {
        case archive(OwnedDescriptor)
        case range(of: [UInt8], Range<Int>)
    }

    /// The kernel refuses a longer argument (execve(2), MAX_ARG_STRLEN), its NUL included.
    private static let longestArgument = 1 << 17

    /// What became of a start that this process survived.
    enum Outcome {
        case failed(String)
        /// What was asked for can't be done, whatever the host has.
        case refused(String)
        /// The machine ran beside this process, and ended so.
        case ended(TerminalWatch.Ending)
    }

    /// Runs the VMM: in this process, or in its place, or, on a terminal, beside it, so that somebody
    /// is there to put the terminal back whatever happens.
    func perform(_ files: consuming Files) -> Outcome {
        // QEMU is looked for, and KVM tried, only where it may be needed.
        let isOurs = architecture == .x86_64
        let problem = isOurs ? Self.virtualizationProblem : nil
        let mayUseQEMU =
            vmm != .martlet && (!isOurs || vmm != nil || accelerator != nil || problem != nil)
        let choice = Self.platform(
            vmm, accelerator, architecture, problem: problem,
            hasQEMU: mayUseQEMU && Emulator(architecture).isInstalled)
        let platform: Platform?
        switch choice {
        case .none(let line): return .failed(line)
        case .unfit(let line): return .refused(line)
        case .martlet: platform = nil
        case .qemu(let place, let notice):
            platform = place
            if let notice { Descriptor.standardError.writeLine("martlet: \(notice)") }
        }
        switch arguments(files, platform) {
        case .failure(let problem): return .failed(problem.line)
        case .success(let arguments):
            if let terminal, terminal.isShared {
                return watch(terminal, arguments)
            }
            // Our own VMM is part of this process already, which saves the start of another.
            if Installation.otherMonitor == nil, let words = Self.words(arguments),
                !words.contains("--qemu")
            {
                Host.exit(status: MonitorCommand.run(words, startTimeStamp: Self.startTimeStamp))
            }
            let error = ThisProcess.replace(by: Installation.monitor, arguments: arguments)
            return .failed(ImageFailure(Installation.monitor, "cannot be started", error).line)
        }
    }
    /// When this process began, for the timeline; `Main` reads it first of all.
    static let startTimeStamp = HostClock.timeStamp
    /// The words as text, where all of them are.
    private static func words(_ arguments: [[UInt8]]) -> [String]? {
        var words: [String] = []
        for argument in arguments {
            guard let word = String(validating: argument, as: UTF8.self) else { return nil }
            words.append(word)
        }
        return words
    }
    private func watch(_ terminal: TerminalSetting, _ arguments: [[UInt8]]) -> Outcome {
        do throws(Errno) {
            return .ended(
                try TerminalWatch.run(
                    Installation.monitor, on: terminal.descriptor, modes: terminal.modes
                ) { connection in
                    arguments + [
                        Array("--terminal".utf8), Array("--guardian-fd".utf8),
                        Array("\(connection)".utf8),
                    ]
                })
        } catch {
            return .failed(ImageFailure(Installation.monitor, "cannot be started", error).line)
        }
    }

    /// The VMM's words.
    private func arguments(
        _ files: consuming Files, _ platform: Platform?
    ) -> Result<[[UInt8]], ImageFailure> {
        var arguments = [Installation.monitor, Array("--kernel".utf8), kernel]
        func add(_ option: String, _ value: [UInt8]) {
            arguments += [Array(option.utf8), value]
        }
        switch consume files {
        case .archive(let descriptor):
            add("--files-fd", Array("\(descriptor.leak().rawValue)".utf8))
        case .range(let path, let range):
            add("--files", path + Array(":\(range.lowerBound):\(range.count)".utf8))
        }
        // An image's kernel has no symbols: the installed one's will do where it is the same build.
        let installed = Installation.kernel(for: architecture)
        if kernel != installed { add("--symbols", installed) }
        if let platform { add("--qemu", Array(platform.text.utf8)) }
        // No memory at all is too little like any other amount: the VMM says how much will do.
        add("--memory", Array("\(max(memory.byteCount, 1))".utf8))
        if processors != .one { add("--cpus", Array("\(processors.count)".utf8)) }
        if let clockStart { add("--rtc", Array("\(clockStart.nanoseconds)".utf8)) }
        if let core { add("--core", core) }
        if let rootImage { add("--root-image", rootImage.word) }
        do throws(CommandLineError) {
            let line = try commandLine.encoded()
            // The VMM reads its arguments as text, which not every line is.
            guard line.count < Self.longestArgument else {
                return .failure(
                    ImageFailure("arguments and environment are longer than 128 KiB"))
            }
            if String(validating: line, as: UTF8.self) != nil {
                add("--command-line", line)
            } else {
                do throws(Errno) {
                    let file = try OwnedDescriptor.memoryFile(named: "command-line")
                    try file.borrowed.write(all: line)
                    add("--command-line-file", Array("/proc/self/fd/\(file.leak().rawValue)".utf8))
                } catch {
                    return .failure(
                        ImageFailure(
                            "the command line cannot be handed over: \(Host.description(of: error))"
                        ))
                }
            }
        } catch {
            return .failure(ImageFailure("an argument holds a NUL"))
        }
        add("--log-level", Array("\(logLevel)".utf8))
        if showsTimeline {
            arguments.append(Array("--timeline".utf8))
            // Without the list the program runs all the same.
            if let connection = try? MissingFilesReport.start() {
                add("--missing-files-fd", Array("\(connection.rawValue)".utf8))
            }
        }
        return .success(arguments)
    }
}

extension FileTree {
    /// The tree as an archive in memory.
    func written() throws(ImageFailure) -> OwnedDescriptor {
        let file = try Self.memoryFile()
        _ = try ArchiveWriter(to: file.borrowed).write(self)
        return file
    }
    /// The files of an image and these, which come later and so replace what they name again.
    func written(
        after image: Image, of executable: borrowing Executable
    ) throws(ImageFailure) -> OwnedDescriptor {
        let file = try Self.memoryFile()
        _ = try ArchiveWriter(to: file.borrowed, copying: image, of: executable).write(self)
        return file
    }
    private static func memoryFile() throws(ImageFailure) -> OwnedDescriptor {
        do throws(Errno) {
            return try OwnedDescriptor.memoryFile(named: "martlet-files")
        } catch {
            throw ImageFailure("no file in memory can be made: \(Host.description(of: error))")
        }
    }
}
