internal import LinuxABI
internal import LinuxHost
internal import NucleusInterface
internal import QEMU
internal import VirtualMachine

/// Wrong usage, in one line.
struct UsageError: Error {
    let line: String
}

/// The command line of martlet-vmm; small enough to need no library, which would need Foundation.
struct Options {
    private(set) var kernel = ""
    private(set) var symbols: String?
    private(set) var files: FilesSource?
    /// The root file system's image.
    private(set) var image: FilesSource?
    private(set) var memoryByteCount: UInt64 = 0
    private(set) var processorCount = 1
    private(set) var commandLine: CommandLineSource = .text("")
    private(set) var logLevel: UInt8 = NucleusInterface.LogLevel.warning.rawValue
    private(set) var showsTimeline = false
    /// The connection to the process that watches over the terminal, where standard input is one.
    private(set) var guardian: Int32?
    private(set) var isOnTerminal = false
    /// What the machine's clock starts from, in nanoseconds since 1970.
    private(set) var clockStart: Int64?
    /// The file that takes the memory of a program which a signal ends.
    private(set) var core: String?
    /// The connection to who lists the files that the program looked for in vain.
    private(set) var missingFiles: Int32?
    private(set) var asksForHelp = false
    /// What QEMU is to be, where the machine runs on that.
    private(set) var platform: Platform?
    /// The thread that is to make a forbidden system call; for tests, and not in `usage`.
    private(set) var offender: ThreadRights?

    enum FilesSource {
        case descriptor(Int32)
        /// A file, or a part of it.
        case path(String, offset: Int64, byteCount: UInt64?)
    }
    enum CommandLineSource {
        case text(String)
        case file(String)
    }

    var isDebugging: Bool { logLevel >= NucleusInterface.LogLevel.debug.rawValue }

    static let usage = """
        Usage: martlet-vmm --kernel FILE --memory BYTES [OPTION…]
        Runs one Martlet machine; `martlet run` calls it.

          --kernel FILE              the kernel's ELF image
          --symbols FILE             the kernel with its symbols, to name what crashed
          --files FILE[:OFFSET:SIZE] archive of the program and its files (cpio newc)
          --files-fd NUMBER          the same, as an open descriptor
          --root-image FILE[:OFFSET:SIZE]
                                     EROFS image of the root file system, in memory of its own
          --memory BYTES             RAM of the machine; K, M or G may follow the number
          --cpus NUMBER              CPUs of the machine, 1 to 64
          --command-line TEXT        the kernel's command line
          --command-line-file FILE   the same, from a file
          --log-level LEVEL          critical, error, warning, info, debug, or 0 to 4
          --rtc NANOSECONDS          what the clock starts from, since 1970
          --core FILE                where the program's memory goes when a signal ends it
          --qemu BOARD:ACCELERATOR   run on QEMU: microvm, q35 or virt, tcg or kvm
          --terminal                 hand the terminal to the program when it wants input
          --guardian-fd NUMBER       who puts the terminal back if this process can't
          --missing-files-fd NUMBER  who lists the files that the program looked for in vain
          --timeline                 show when each stage of the start was reached
        """

    init(parsing arguments: [String]) throws(UsageError) {
        var rest = arguments[...]
        func value(of option: String) throws(UsageError) -> String {
            guard let value = rest.popFirst() else {
                throw UsageError(line: "\(option) needs a value")
            }
            return value
        }
        while let option = rest.popFirst() {
            switch option {
            case "--kernel": kernel = try value(of: option)
            case "--symbols": symbols = try value(of: option)
            case "--files": files = try Self.parseFiles(value(of: option))
            case "--files-fd":
                let text = try value(of: option)
                guard let number = Int32(text), number >= 0 else {
                    throw UsageError(line: "--files-fd needs a number, not \(text)")
                }
                files = .descriptor(number)
            case "--root-image": image = try Self.parseFiles(value(of: option))
            case "--memory": memoryByteCount = try Self.parseByteCount(value(of: option))
            case "--cpus":
                let text = try value(of: option)
                guard let number = Int(text), (1...64).contains(number) else {
                    throw UsageError(line: "--cpus needs a number from 1 to 64, not \(text)")
                }
                processorCount = number
            case "--command-line": commandLine = .text(try value(of: option))
            case "--command-line-file": commandLine = .file(try value(of: option))
            case "--log-level": logLevel = try Self.parseLevel(value(of: option))
            case "--qemu":
                let text = try value(of: option)
                guard let platform = Platform(text) else {
                    throw UsageError(line: "--qemu needs a board and an accelerator, not \(text)")
                }
                self.platform = platform
            case "--rtc":
                let text = try value(of: option)
                guard let number = Int64(text), number >= 0 else {
                    throw UsageError(line: "--rtc needs nanoseconds since 1970, not \(text)")
                }
                clockStart = number
            case "--core": core = try value(of: option)
            case "--timeline": showsTimeline = true
            case "--terminal": isOnTerminal = true
            case "--guardian-fd":
                guardian = try Self.parseConnection(option, value(of: option))
            case "--missing-files-fd":
                missingFiles = try Self.parseConnection(option, value(of: option))
            case "--forbidden-call": offender = try Self.parseThread(value(of: option))
            case "--help", "-h": asksForHelp = true
            default: throw UsageError(line: "unknown option \(option)")
            }
        }
        guard !asksForHelp else { return }
        guard !kernel.isEmpty else { throw UsageError(line: "--kernel is missing") }
        guard memoryByteCount > 0 else { throw UsageError(line: "--memory is missing") }
    }

    private static func parseFiles(_ text: String) throws(UsageError) -> FilesSource {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count >= 3, let offset = Int64(parts[parts.count - 2]), offset >= 0,
            let byteCount = UInt64(parts[parts.count - 1])
        {
            let path = parts.dropLast(2).joined(separator: ":")
            return .path(path, offset: offset, byteCount: byteCount)
        }
        return .path(text, offset: 0, byteCount: nil)
    }

    private static func parseByteCount(_ text: String) throws(UsageError) -> UInt64 {
        let shift: UInt64 =
            switch text.last {
            case "K": 10
            case "M": 20
            case "G": 30
            default: 0
            }
        let unit: UInt64 = 1 << shift
        let digits = shift == 0 ? text[...] : text.dropLast()
        guard let number = UInt64(digits), number > 0 else {
            throw UsageError(line: "--memory needs a number of bytes, not \(text)")
        }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit)
        guard !overflow, product < 1 << 62 else {
            throw UsageError(line: "--memory \(text) is too much")
        }
        return product
    }

    private static func parseConnection(
        _ option: String, _ text: String
    ) throws(UsageError) -> Int32 {
        guard let number = Int32(text), number > 2 else {
            throw UsageError(line: "\(option) needs a number, not \(text)")
        }
        return number
    }

    private static func parseLevel(_ text: String) throws(UsageError) -> UInt8 {
        let names = ["critical", "error", "warning", "info", "debug"]
        if let index = names.firstIndex(of: text) { return UInt8(index) }
        guard let number = UInt8(text), number < names.count else {
            throw UsageError(line: "--log-level needs one of \(names.joined(separator: ", "))")
        }
        return number
    }

    private static func parseThread(_ text: String) throws(UsageError) -> ThreadRights {
        switch text {
        case "processor": return .processor
        case "devices": return .devices
        default: throw UsageError(line: "--forbidden-call needs processor or devices, not \(text)")
        }
    }

    // MARK: Files

    func openFiles() throws(MachineFailure) -> MachineConfiguration.FileRange? {
        try Self.open(files)
    }
    func openImage() throws(MachineFailure) -> MachineConfiguration.FileRange? {
        try Self.open(image)
    }
    private static func open(
        _ source: FilesSource?
    ) throws(MachineFailure) -> MachineConfiguration.FileRange? {
        switch source {
        case nil: return nil
        case .descriptor(let number):
            let file = Descriptor(rawValue: number)
            return try whole(file, "descriptor \(number)")
        case .path(let path, let offset, let byteCount):
            let file = try MonitorCommand.open(path)
            guard let byteCount else { return try whole(file, path) }
            return MachineConfiguration.FileRange(file: file, offset: offset, byteCount: byteCount)
        }
    }

    private static func whole(
        _ file: Descriptor, _ name: String
    ) throws(MachineFailure) -> MachineConfiguration.FileRange {
        do {
            let status = try file.status()
            return MachineConfiguration.FileRange(
                file: file, offset: 0, byteCount: UInt64(max(status.byteCount, 0)))
        } catch {
            throw .refused("\(name): \(Host.description(of: error))")
        }
    }

    func readCommandLine() throws(MachineFailure) -> [UInt8] {
        switch commandLine {
        case .text(let text): return Array(text.utf8)
        case .file(let path):
            let file = try MonitorCommand.open(path)
            do {
                return try file.contents(from: 0, atMost: 1 << 17)
            } catch {
                throw .refused("\(path): \(Host.description(of: error))")
            }
        }
    }
}
