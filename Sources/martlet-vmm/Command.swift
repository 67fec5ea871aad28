internal import LinuxABI
internal import LinuxHost
internal import VirtualMachine

/// The command: parse, build, run, report.
enum Command {
    /// Exit status of wrong usage (sysexits.h, EX_USAGE).
    private static let usageStatus: Int32 = 64

    static func run(_ arguments: [String], startTimeStamp: UInt64) -> Int32 {
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
        let configuration = MachineConfiguration(
            kernel: kernel, files: files, memoryByteCount: options.memoryByteCount,
            commandLine: try options.readCommandLine(), startTimeStamp: startTimeStamp)
        var machine = try MachineBuilder.build(configuration)
        do {
            try machine.run()
            return 0
        } catch {
            if options.isDebugging {
                for line in machine.report() { say(line) }
            }
            throw error
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

    static func say(_ line: String) { Descriptor.standardError.writeLine("martlet: \(line)") }
}
